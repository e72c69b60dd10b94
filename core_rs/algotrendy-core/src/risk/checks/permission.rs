//! Checks 16, 19, 20 and 21: who may trade what, and whether anybody may trade now.
#![allow(clippy::unnecessary_wraps, reason = "all rows have the signature of the table")]

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::input::Input;
use crate::order::ids::Symbol;
use crate::price::NumberError;
use crate::risk::limits::TradingState;

type Found = Result<Finding, NumberError>;

pub(super) fn restricted(input: &Input<'_>) -> Found {
    Ok(Finding::refuse_if(input.slot.limits.is_restricted))
}

pub(super) fn trader_permission(input: &Input<'_>) -> Found {
    let terms = input.candidate.terms;
    Ok(permitted(
        input.limits.permissions.traders.as_ref(),
        terms.trader_id.as_ref(),
        &terms.symbol,
    ))
}

pub(super) fn strategy_permission(input: &Input<'_>) -> Found {
    let (terms, permissions) = (input.candidate.terms, &input.limits.permissions);
    Ok(permitted(permissions.strategies.as_ref(), terms.strategy_id.as_ref(), &terms.symbol))
}

/// Where there are permissions, nobody's orders are nobody's: they are not permitted.
fn permitted<K: Ord>(
    permissions: Option<&BTreeMap<K, Option<BTreeSet<Symbol>>>>,
    sender: Option<&K>,
    symbol: &Symbol,
) -> Finding {
    let Some(permissions) = permissions else { return Finding::NOT_SET };
    let symbols = sender.and_then(|sender| permissions.get(sender));
    let may = |symbols: &Option<BTreeSet<Symbol>>| {
        symbols.as_ref().is_none_or(|symbols| symbols.contains(symbol))
    };
    Finding::refuse_if(!symbols.is_some_and(may))
}

pub(super) fn kill_switch(input: &Input<'_>) -> Found {
    let strategy_id = input.candidate.terms.strategy_id.as_ref();
    Ok(Finding::refuse_if(input.state.switches.stops(strategy_id)))
}

pub(super) fn connection(input: &Input<'_>) -> Found {
    Ok(Finding::refuse_if(!input.state.is_connected))
}

pub(super) fn trading_halted(input: &Input<'_>) -> Found {
    Ok(Finding::refuse_if(trading_state(input) == TradingState::Halted))
}

pub(super) fn trading_reducing(input: &Input<'_>) -> Found {
    let is_reducing = trading_state(input) == TradingState::Reducing;
    Ok(Finding::refuse_if(is_reducing && !input.only_reduces))
}

/// The strictest of what the account was told, its limits say and a margin call leaves.
fn trading_state(input: &Input<'_>) -> TradingState {
    let told = input.state.trading_state.max(input.limits.trading_state);
    if input.state.losses.is_margin_called {
        told.max(TradingState::Reducing)
    } else {
        told
    }
}
