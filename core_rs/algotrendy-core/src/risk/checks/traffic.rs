//! Checks 6, 7 and 8: repeated orders, too many messages, and strategies that rest.
#![allow(clippy::unnecessary_wraps, reason = "all rows have the signature of the table")]

use super::finding::Finding;
use super::input::Input;
use super::order::share_within;
use crate::price::NumberError;
use crate::risk::measure::Measure;
use crate::risk::rate::RateWindow;
use crate::risk::resolved::Bound;
use crate::risk::throttle::{Counts, Rates};

type Found = Result<Finding, NumberError>;

pub(super) fn duplicate_terms(input: &Input<'_>) -> Found {
    if input.limits.duplicate_window_ns == 0 {
        return Ok(Finding::NOT_SET);
    }
    if !input.is_new() {
        return Ok(Finding::NOT_APPLICABLE);
    }
    let (terms, slot) = (input.candidate.terms, input.candidate.slot);
    let age_ns = input.state.throttles.recent.age_ns(terms, slot, input.time_ns);
    // Younger than the window is too young: the limit is the least age that passes.
    let window_ns = i128::from(input.limits.duplicate_window_ns);
    Ok(age_ns.map_or(Finding::PASS, |age_ns| Finding::at_most(-window_ns, -i128::from(age_ns))))
}

pub(super) fn order_rate(input: &Input<'_>) -> Found {
    if input.replaced().is_some() {
        return Ok(Finding::NOT_APPLICABLE);
    }
    Ok(rate(input, |rates| rates.orders.as_ref()))
}

pub(super) fn replace_rate(input: &Input<'_>) -> Found {
    if input.replaced().is_none() {
        return Ok(Finding::NOT_APPLICABLE);
    }
    Ok(rate(input, |rates| rates.replacements.as_ref()))
}

fn rate<'a>(input: &Input<'a>, window: fn(&'a Rates) -> Option<&'a RateWindow>) -> Finding {
    let throttles = &input.state.throttles;
    let strategy = input.strategy.map(|strategy| &strategy.rates);
    let scopes = [
        Some(&throttles.global),
        Some(&throttles.account),
        Some(&input.slot.activity.rates),
        strategy,
    ];
    let mut tightest: Option<(i64, i64)> = None;
    for window in scopes.into_iter().flatten().filter_map(window) {
        let observed = i64::from(window.count_at(input.time_ns) + input.count_ahead() + 1);
        let count = i64::from(window.rate().count);
        if tightest.is_none_or(|(limit, known)| count - observed < limit - known) {
            tightest = Some((count, observed));
        }
    }
    tightest.map_or(Finding::NOT_SET, |(count, observed)| {
        Finding::at_most(count.into(), observed.into())
    })
}

pub(super) fn order_to_trade(input: &Input<'_>) -> Found {
    let account = input.slot.limits.bounds.of(Measure::OrderToTrade);
    let own = input.slot.limits.own_order_to_trade;
    let strategy = input.strategy_bound(Measure::OrderToTrade);
    let mut found = messages_per_fill(input, account, &input.state.throttles.counts)?;
    found = found.or_tighter(messages_per_fill(input, own, &input.slot.activity.counts)?);
    if let Some(book) = input.strategy {
        found = found.or_tighter(messages_per_fill(input, strategy, &book.counts)?);
    }
    Ok(found)
}

fn messages_per_fill(input: &Input<'_>, bound: Bound, counts: &Counts) -> Found {
    if !bound.is_set() {
        return Ok(Finding::NOT_SET);
    }
    let sent = counts.messages + u64::from(input.count_ahead());
    if sent < u64::from(input.limits.order_to_trade_minimum) {
        return Ok(Finding::PASS);
    }
    // In hundredths.
    share_within(input, bound, (i128::from(sent) + 1, 100, i128::from(counts.fills.max(1))))
}

pub(super) fn strategy_disabled(input: &Input<'_>) -> Found {
    Ok(input.strategy.map_or(Finding::NOT_APPLICABLE, |book| Finding::refuse_if(book.is_disabled)))
}
