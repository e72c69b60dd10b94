//! Checks 5, 22 and 23: whether there is a price to check against, and how far the order's are from it.
#![allow(clippy::unnecessary_wraps, reason = "all rows have the signature of the table")]

use super::finding::Finding;
use super::input::Input;
use super::instrument::open_time_since;
use super::order::{share_within, BPS};
use crate::order::state::MarkTrust;
use crate::order::terms::Side;
use crate::price::{NumberError, Price};
use crate::risk::measure::Measure;

type Found = Result<Finding, NumberError>;

pub(super) fn reference_present(input: &Input<'_>) -> Found {
    Ok(Finding::refuse_if(input.fresh_reference().is_none()))
}

pub(super) fn rate_present(input: &Input<'_>) -> Found {
    Ok(Finding::refuse_if(!input.state.rates.covers(input.slot.instrument.currency())))
}

pub(super) fn reference_age(input: &Input<'_>) -> Found {
    let Some(reference) = input.fresh_reference() else { return Ok(Finding::NOT_APPLICABLE) };
    let limit_ns = input.limits.max_reference_age_ns;
    let from_ns = reference.time_ns.min(reference.price_time_ns);
    let age_ns = open_time_since(input, from_ns, limit_ns);
    Ok(Finding::at_most(limit_ns.into(), age_ns.into()))
}

pub(super) fn price_collar(input: &Input<'_>) -> Found {
    let (bound, terms) = (input.bound(Measure::PriceCollar), input.candidate.terms);
    if !bound.is_set() {
        return Ok(Finding::NOT_SET);
    }
    let Some(reference) = &input.slot.reference else { return Ok(Finding::NOT_APPLICABLE) };
    let reference = i128::from(reference.price.0);
    let worse = |price: Price| match terms.side {
        Side::Buy => i128::from(price.0) - reference,
        Side::Sell => reference - i128::from(price.0),
    };
    let distance = [terms.limit_price, terms.stop_price].into_iter().flatten().map(worse).max();
    let Some(distance) = distance else { return Ok(Finding::NOT_APPLICABLE) };
    // Around a price of zero every tick is beyond any share of it.
    share_within(input, bound, (distance, BPS, reference.abs().max(1)))
}

pub(super) fn price_move(input: &Input<'_>) -> Found {
    let bound = input.bound(Measure::PriceMove);
    if !bound.is_set() {
        return Ok(Finding::NOT_SET);
    }
    let extremes = input.slot.activity.moves.as_ref().map(|moves| moves.extremes(input.time_ns));
    match extremes {
        None => Ok(Finding::unknown(bound)),
        // The price did not move while nobody told another.
        Some(None) => Ok(Finding::within(bound, 0)),
        Some(Some((low, high))) => {
            let (low, high) = (i128::from(low.0), i128::from(high.0));
            share_within(input, bound, (high - low, BPS, low.abs().max(1)))
        }
    }
}

pub(super) fn market_data(input: &Input<'_>) -> Found {
    let is_suspect = input.slot.trust == MarkTrust::Suspect;
    Ok(Finding::refuse_if(is_suspect && input.slot.reference.is_some()))
}

pub(super) fn clock(input: &Input<'_>) -> Found {
    let Some(limit_ns) = input.limits.max_clock_skew_ns else { return Ok(Finding::NOT_SET) };
    let time_ns = i128::from(input.time_ns);
    // When an order was made says nothing of the clock by which it is changed or approved later.
    let sender = input.candidate.terms.sending_time_ns.filter(|_| input.is_new());
    let sender = sender.map(|sending_ns| (time_ns - i128::from(sending_ns)).abs());
    // An old price is check 5's; only one from the future tells of a wrong clock.
    let price = input.slot.reference.as_ref();
    let price = price.map(|reference| i128::from(reference.price_time_ns) - time_ns);
    let skew_ns = [sender, price].into_iter().flatten().max();
    Ok(skew_ns.map_or(Finding::NOT_APPLICABLE, |skew_ns| {
        Finding::at_most(limit_ns.into(), skew_ns.max(0))
    }))
}
