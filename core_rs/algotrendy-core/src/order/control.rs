//! What people decide about an account: its limits, its switches, and who lets what pass.

use super::change::cancel_where;
use super::command::{
    Kill, Override, Rearm, Scope, SetConnection, SetCovariance, SetLimits, SetTradingState,
};
use super::decide::Draft;
use super::error::DecideError;
use super::event::{
    ConnectionChanged, CovarianceSet, Killed, LimitsSet, OverrideExpired, OverrideGranted,
    RearmRequested, Rearmed, TradingStateChanged,
};
use super::flatten::flatten;
use super::ids::PersonId;
use super::state::{SlotIndex, State};
use crate::risk::checks::ROWS;

pub(super) fn set_limits(draft: &mut Draft<'_>, set: &SetLimits) -> Result<(), DecideError> {
    set.limits.validate()?;
    match draft.state.limits() {
        Some(current) if *current == *set.limits => {}
        Some(current) if set.limits.version <= current.version => {
            let (version, current) = (set.limits.version, current.version);
            return Err(DecideError::LimitsNotLater { version, current });
        }
        _ => draft.push(LimitsSet { limits: set.limits.clone() }),
    }
    Ok(())
}

pub(super) fn set_covariance(
    draft: &mut Draft<'_>,
    set: &SetCovariance,
) -> Result<(), DecideError> {
    covered_slots(draft.state, set)?;
    let (size, matrix) = (set.symbols.len(), &set.covariance);
    let wrong = |value: String, expected| DecideError::invalid("covariance", &value, expected);
    if size.checked_mul(size) != Some(matrix.len()) {
        return Err(wrong(format!("{} numbers", matrix.len()), "the square of the symbols"));
    }
    for row in 0..size {
        let variance = matrix[row * size + row];
        if variance < 0 {
            return Err(wrong(variance.to_string(), "zero or above on its diagonal"));
        }
        for column in 0..row {
            let (lower, upper) = (matrix[row * size + column], matrix[column * size + row]);
            if lower != upper {
                return Err(wrong(format!("{lower} and {upper}"), "symmetric"));
            }
        }
    }
    if set.deviations_thousandths == 0 {
        return Err(DecideError::invalid("deviations_thousandths", &0, "positive"));
    }
    draft.push(CovarianceSet {
        symbols: set.symbols.clone(),
        covariance: set.covariance.clone(),
        deviations_thousandths: set.deviations_thousandths,
    });
    Ok(())
}

/// The instruments of a covariance: known, and each once.
fn covered_slots(state: &State, set: &SetCovariance) -> Result<Vec<SlotIndex>, DecideError> {
    let mut slots = Vec::with_capacity(set.symbols.len());
    for symbol in &set.symbols {
        let Some(slot) = state.slot_index(symbol.as_str()) else {
            return Err(DecideError::unknown_instrument(symbol));
        };
        if slots.contains(&slot) {
            return Err(DecideError::invalid("symbols", symbol, "each instrument once"));
        }
        slots.push(slot);
    }
    Ok(slots)
}

pub(super) fn kill(draft: &mut Draft<'_>, kill: &Kill) -> Result<(), DecideError> {
    named("person", &kill.person)?;
    if draft.state.switches.is_killed(&kill.scope, kill.flatten) {
        return Ok(());
    }
    draft.push(Killed {
        scope: kill.scope.clone(),
        person: kill.person.clone(),
        note: kill.note.clone(),
        flatten: kill.flatten,
    });
    let strategy_id = match &kill.scope {
        Scope::Global | Scope::Account => None,
        Scope::Strategy(strategy_id) => Some(strategy_id),
    };
    cancel_where(draft, None, strategy_id)?;
    if kill.flatten {
        flatten(draft, strategy_id);
    }
    draft.read_prices(None);
    Ok(())
}

pub(super) fn rearm(draft: &mut Draft<'_>, rearm: &Rearm) -> Result<(), DecideError> {
    named("person", &rearm.person)?;
    let (scope, person) = (&rearm.scope, &rearm.person);
    if !is_stopped(draft.state, scope) {
        return Ok(());
    }
    let requester = draft.state.switches.requester(scope);
    match (rearm.confirm, requester) {
        (false, Some(requester)) if requester == person => {}
        (false, _) => {
            draft.push(RearmRequested { scope: scope.clone(), person: person.clone() });
        }
        (true, Some(_)) => draft.push(Rearmed { scope: scope.clone(), person: person.clone() }),
        (true, None) => return Err(DecideError::RearmNotRequested { scope: scope.to_string() }),
    }
    Ok(())
}

/// Whether a switch or, of a strategy, too many fills stop the scope.
fn is_stopped(state: &State, scope: &Scope) -> bool {
    let is_disabled = match scope {
        Scope::Global | Scope::Account => false,
        Scope::Strategy(strategy_id) => {
            state.strategies.get(strategy_id).is_some_and(|book| book.is_disabled)
        }
    };
    is_disabled || state.switches.is_killed(scope, false)
}

pub(super) fn set_trading_state(
    draft: &mut Draft<'_>,
    set: &SetTradingState,
) -> Result<(), DecideError> {
    named("person", &set.person)?;
    if draft.state.trading_state != set.trading_state {
        let (trading_state, person) = (set.trading_state, set.person.clone());
        draft.push(TradingStateChanged { trading_state, person });
    }
    Ok(())
}

pub(super) fn set_connection(draft: &mut Draft<'_>, set: SetConnection) -> Result<(), DecideError> {
    if draft.state.is_connected == set.connected {
        return Ok(());
    }
    draft.push(ConnectionChanged { connected: set.connected });
    let cancels = draft.state.limits().is_some_and(|limits| limits.cancel_on_disconnect);
    if cancels && !set.connected {
        cancel_where(draft, None, None)?;
    }
    Ok(())
}

/// Lets a rule pass for a time.
pub(super) fn grant_override(
    draft: &mut Draft<'_>,
    approver: &PersonId,
    granted: &Override,
    note: &str,
) -> Result<(), DecideError> {
    named("approver", approver)?;
    let rule = granted.rule.as_str();
    if !ROWS.iter().any(|row| row.rule == rule && row.can_be_overridden()) {
        return Err(DecideError::invalid("rule", rule, "a check that can be overridden"));
    }
    if granted.until_ns <= draft.time_ns {
        return Err(DecideError::invalid("until_ns", &granted.until_ns, "in the future"));
    }
    if let Some(symbol) = &granted.symbol {
        if draft.state.slot_index(symbol.as_str()).is_none() {
            return Err(DecideError::unknown_instrument(symbol));
        }
    }
    if !draft.state.overrides.iter().any(|(known, _)| known == granted) {
        let (granted, approver) = (granted.clone(), approver.clone());
        draft.push(OverrideGranted { granted, approver, note: note.to_owned() });
    }
    Ok(())
}

/// Ends the overrides whose time is over.
pub(super) fn expire_overrides(draft: &mut Draft<'_>) {
    for (granted, _) in &draft.state.overrides {
        if granted.until_ns <= draft.time_ns {
            draft.push(OverrideExpired { granted: granted.clone() });
        }
    }
}

/// A person who answers for it.
pub(super) fn named(field: &'static str, person: &PersonId) -> Result<(), DecideError> {
    if person.as_str().trim().is_empty() {
        return Err(DecideError::invalid(field, person, "the name of a person"));
    }
    Ok(())
}
