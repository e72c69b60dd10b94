//! A dry run: what every row says of an order, with its numbers.

use super::candidate::Candidate;
use super::finding::{Finding, Judgement};
use super::input::Input;
use super::table::{Row, ROWS};
use super::{is_overridden, Breach};
use crate::decimal::Decimal;
use crate::order::state::State;
use crate::price::NumberError;

/// What one row says.
#[derive(Clone, Copy, Debug)]
pub struct ReportRow {
    /// The row.
    pub row: &'static Row,
    /// How it judges the order; an overridden breach passes.
    pub judgement: Judgement,
    /// What it allows, of its scopes the one that decides; none where it has no number.
    pub limit: Option<Decimal>,
    /// What the order would make of it; none where it has no number, or it cannot be known.
    pub observed: Option<Decimal>,
    /// How much more would pass; negative where it is exceeded.
    pub head_room: Option<Decimal>,
}

/// What every row says, in the table's order.
#[derive(Clone, Debug)]
pub struct Report {
    rows: [ReportRow; ROWS.len()],
}

impl Default for Report {
    fn default() -> Self {
        let nothing = |row| ReportRow {
            row,
            judgement: Judgement::NotApplicable,
            limit: None,
            observed: None,
            head_room: None,
        };
        Self { rows: std::array::from_fn(|index| nothing(&ROWS[index])) }
    }
}

impl Report {
    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[ReportRow] {
        &self.rows
    }
}

impl ReportRow {
    /// The breach, if it is one.
    #[must_use]
    pub fn breach(&self) -> Option<Breach> {
        let is_breach = self.judgement >= Judgement::Soft;
        let Row { reason, rule, .. } = *self.row;
        is_breach.then_some(Breach { reason, rule, limit: self.limit, observed: self.observed })
    }
}

/// Asks every row, whatever the others say. Without limits nothing else can be measured.
///
/// # Errors
/// [`NumberError`] if a number leaves its range.
pub fn report(
    state: &State,
    candidate: &Candidate<'_>,
    time_ns: i64,
    report: &mut Report,
) -> Result<(), NumberError> {
    let Some(input) = Input::new(state, candidate, time_ns)? else {
        *report = Report::default();
        report.rows[0].judgement = Judgement::Hard;
        return Ok(());
    };
    for (told, row) in report.rows.iter_mut().zip(ROWS) {
        *told = tell(&input, row, (row.find)(&input)?);
    }
    Ok(())
}

fn tell(input: &Input<'_>, row: &'static Row, finding: Finding) -> ReportRow {
    let is_passed = finding.judgement >= Judgement::Soft && is_overridden(input, row);
    let decimal = |units: Option<i128>| units.map(|units| row.decimal(input, units));
    let head_room = finding.head_room().map(|units| Decimal::new(units, row.scale(input)));
    ReportRow {
        row,
        judgement: if is_passed { Judgement::Pass } else { finding.judgement },
        limit: decimal(finding.limit()),
        observed: decimal(finding.observed()),
        head_room,
    }
}
