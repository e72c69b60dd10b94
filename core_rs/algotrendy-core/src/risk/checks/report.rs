//! A dry run: what every row says of an order, with its numbers.

use super::candidate::Candidate;
use super::finding::{Finding, Judgement};
use super::input::Input;
use super::table::{Row, ROWS};
use super::{is_overridden, Breach};
use crate::decimal::Decimal;
use crate::order::state::State;
use crate::price::NumberError;

/// What one row says. Its numbers become decimals when they are looked at: most never are.
#[derive(Clone, Copy, Debug)]
pub struct ReportRow {
    /// The row.
    pub row: &'static Row,
    /// How it judges the order; an overridden breach passes.
    pub judgement: Judgement,
    scale: u8,
    finding: Finding,
}

impl ReportRow {
    /// What it allows, of its scopes the one that decides; none where it has no number.
    #[must_use]
    pub fn limit(&self) -> Option<Decimal> {
        self.finding.limit().map(|units| self.row.decimal_at(units, self.scale))
    }

    /// What the order would make of it; none where it has no number, or it cannot be known.
    #[must_use]
    pub fn observed(&self) -> Option<Decimal> {
        self.finding.observed().map(|units| self.row.decimal_at(units, self.scale))
    }

    /// How much more would pass; negative where it is exceeded.
    #[must_use]
    pub fn head_room(&self) -> Option<Decimal> {
        self.finding.head_room().map(|units| Decimal::new(units, self.scale))
    }

    /// The breach, if it is one.
    #[must_use]
    pub fn breach(&self) -> Option<Breach> {
        let is_breach = self.judgement >= Judgement::Soft;
        let Row { reason, rule, .. } = *self.row;
        let (limit, observed) = (self.limit(), self.observed());
        is_breach.then_some(Breach { reason, rule, limit, observed })
    }
}

/// What every row says, in the table's order; nothing before it was asked.
#[derive(Clone, Debug, Default)]
pub struct Report {
    rows: Vec<ReportRow>,
}

impl Report {
    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[ReportRow] {
        &self.rows
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
    report.rows.clear();
    report.rows.reserve(ROWS.len());
    let told = Input::with(state, candidate, (time_ns, true), |input| {
        for row in ROWS {
            let finding = (row.find)(input)?;
            let mut told = tell(row, row.scale(input), finding);
            if finding.judgement >= Judgement::Soft && is_overridden(input, row) {
                told.judgement = Judgement::Pass;
            }
            report.rows.push(told);
        }
        Ok(())
    })?;
    if told.is_none() {
        report.rows.extend(ROWS.iter().map(|row| tell(row, 0, Finding::NOT_APPLICABLE)));
        report.rows[0].judgement = Judgement::Hard;
    }
    Ok(())
}

const fn tell(row: &'static Row, scale: u8, finding: Finding) -> ReportRow {
    ReportRow { row, judgement: finding.judgement, scale, finding }
}
