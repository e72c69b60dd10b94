//! Check 14: orders of one account that would trade with each other.
#![allow(clippy::unnecessary_wraps, reason = "all rows have the signature of the table")]

use super::candidate::Candidate;
use super::finding::Finding;
use super::input::Input;
use crate::order::order::Order;
use crate::order::state::State;
use crate::order::terms::{OrderTerms, OrderType, Side};
use crate::price::{NumberError, Price};
use crate::risk::limits::SelfTrade;

pub(super) fn self_trade(input: &Input<'_>) -> Result<Finding, NumberError> {
    if input.candidate.waits {
        return Ok(Finding::NOT_APPLICABLE);
    }
    Ok(match input.limits.self_trade {
        SelfTrade::Allow => Finding::NOT_SET,
        SelfTrade::CancelOldest => Finding::PASS,
        SelfTrade::CancelNewest | SelfTrade::CancelBoth => {
            let others = input.slot.activity.open_of(input.candidate.terms.side.opposite());
            // Without an open order of the other side there is none to look for.
            let is_crossed = others > 0 && crossed(input.state, input.candidate).next().is_some();
            Finding::refuse_if(is_crossed)
        }
    })
}

/// The open orders that the candidate would trade with, in the order they became known.
pub fn crossed<'a>(
    state: &'a State,
    candidate: &'a Candidate<'a>,
) -> impl Iterator<Item = &'a Order> {
    let replaced = candidate.own().map(|own| &own.terms.order_id);
    let terms = candidate.terms;
    let price = working_price(terms, candidate.own().is_some_and(|own| own.is_triggered));
    state.open_orders().filter(move |other| {
        other.terms.side != terms.side
            && other.state.reserves()
            && other.terms.symbol == terms.symbol
            && Some(&other.terms.order_id) != replaced
            && crosses(terms.side, price, working_price(&other.terms, other.is_triggered))
    })
}

/// At what price an order trades now: `None` while it waits for its stop.
fn working_price(terms: &OrderTerms, is_triggered: bool) -> Option<Worst> {
    match terms.order_type {
        OrderType::Market => Some(Worst::Any),
        OrderType::Limit => terms.limit_price.map(Worst::Limit),
        OrderType::StopLimit if is_triggered => terms.limit_price.map(Worst::Limit),
        OrderType::Stop | OrderType::TrailingStop if is_triggered => Some(Worst::Any),
        OrderType::Stop | OrderType::StopLimit | OrderType::TrailingStop => None,
    }
}

/// The worst price an order takes.
#[derive(Clone, Copy)]
enum Worst {
    Any,
    Limit(Price),
}

fn crosses(side: Side, price: Option<Worst>, other: Option<Worst>) -> bool {
    match (price, other) {
        (Some(Worst::Limit(price)), Some(Worst::Limit(other))) => match side {
            Side::Buy => price >= other,
            Side::Sell => price <= other,
        },
        (Some(_), Some(_)) => true,
        _ => false,
    }
}
