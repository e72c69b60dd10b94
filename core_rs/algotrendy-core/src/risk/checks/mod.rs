//! The pre-trade checks: a table of rows, each a function of one [`Input`], made in the table's order.
//!
//! They fail closed: without limits, a fresh reference price, a rate or whatever else a limit needs, an order is
//! refused; a number that leaves its range is an error, not a pass. Nothing here allocates.

mod active;
mod candidate;
mod finding;
mod glance;
mod input;
mod instrument;
mod loss;
mod order;
mod permission;
mod portfolio;
mod position;
mod price;
mod report;
mod self_trade;
mod table;
mod traffic;

pub use active::ActiveRows;
pub use candidate::{Candidate, Purpose};
pub use finding::Judgement;
pub use report::{report, Report, ReportRow};
pub use self_trade::crossed;
pub use table::{Row, Scopes, ROWS};

use crate::decimal::Decimal;
use crate::order::state::State;
use crate::price::NumberError;
use crate::risk::reason::RejectReason;
use finding::Finding;
use input::Input;

/// A rule that an order breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The stable reason.
    pub reason: RejectReason,
    /// The rule's name.
    pub rule: &'static str,
    /// What the rule allows; none where it has no number.
    pub limit: Option<Decimal>,
    /// What the order would make of it; none where it has no number, or it cannot be known.
    pub observed: Option<Decimal>,
}

/// What the checks say of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be sent.
    Pass,
    /// A person has to consent: the first soft limit it breaks.
    Soft(Breach),
    /// It is refused: the first rule it breaks that no person can consent to.
    Hard(Breach),
}

/// Checks an order at `time_ns`.
///
/// # Errors
/// [`NumberError`] if a number leaves its range.
pub fn decide(
    state: &State,
    candidate: &Candidate<'_>,
    time_ns: i64,
) -> Result<Verdict, NumberError> {
    let verdict = Input::with(state, candidate, (time_ns, false), verdict)?;
    Ok(verdict.unwrap_or_else(|| Verdict::Hard(ROWS[0].breach(None, Finding::HARD))))
}

#[inline]
fn verdict(input: &Input<'_>) -> Result<Verdict, NumberError> {
    let (mut soft, mut hard) = (None, None);
    table::walk(input, |row, finding| {
        // Where prices are negative, even a smaller order can make a sum larger.
        let is_lowered = (9..=12).contains(&row.number) && input.candidate.only_lowers();
        if is_lowered || is_overridden(input, row) {
            return false;
        }
        if finding.judgement == Judgement::Hard {
            hard = Some((row, finding));
        } else {
            soft = soft.or(Some((row, finding)));
        }
        hard.is_some()
    })?;
    let breach = |(row, finding): (&Row, Finding)| row.breach(Some(input), finding);
    Ok(match (hard, soft) {
        (Some(hard), _) => Verdict::Hard(breach(hard)),
        (None, Some(soft)) => Verdict::Soft(breach(soft)),
        (None, None) => Verdict::Pass,
    })
}

/// What one check says of an order, alone: what a table of costs measures.
///
/// # Errors
/// [`NumberError`] if a number leaves its range.
pub fn judge(
    row: &Row,
    state: &State,
    candidate: &Candidate<'_>,
    time_ns: i64,
) -> Result<Judgement, NumberError> {
    let found =
        Input::with(state, candidate, (time_ns, false), |input| Ok((row.find)(input)?.judgement))?;
    Ok(found.unwrap_or(Judgement::Hard))
}

/// Whether a person let the rule pass for now, for everything or for this strategy or instrument.
fn is_overridden(input: &Input<'_>, row: &Row) -> bool {
    let terms = input.candidate.terms;
    input.state.overrides.iter().any(|(granted, _)| {
        granted.rule.as_str() == row.rule
            && input.time_ns < granted.until_ns
            && granted.strategy_id.as_ref().is_none_or(|id| terms.strategy_id.as_ref() == Some(id))
            && granted.symbol.as_ref().is_none_or(|symbol| terms.symbol == *symbol)
    })
}

#[cfg(test)]
mod tests;
