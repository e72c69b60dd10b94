//! Checks 9 and 13: what the position could become, and how many orders are open.
#![allow(clippy::unnecessary_wraps, reason = "all rows have the signature of the table")]

use super::finding::{Finding, Judgement};
use super::input::{Cases, Input};
use crate::order::terms::Side;
use crate::price::{multiply, NumberError};
use crate::risk::measure::Measure;
use crate::risk::resolved::Bound;

type Found = Result<Finding, NumberError>;

pub(super) fn position_quantity(input: &Input<'_>) -> Found {
    let bound = input.slot.limits.bounds.of(Measure::PositionQuantity);
    let found = Finding::within(bound, input.after.worst()).if_grown(input.before.worst());
    let Some(limit) = input.strategy.and_then(|strategy| strategy.position_quantity) else {
        return Ok(found);
    };
    let bound = Bound::new(Some(limit), input.slot.instrument.quantity_scale());
    let (after, before) = strategy_cases(input);
    Ok(found.or_tighter(Finding::within(bound, after.worst()).if_grown(before.worst())))
}

pub(super) fn position_notional(input: &Input<'_>) -> Found {
    let Some(money) = &input.money else { return Ok(Finding::NOT_APPLICABLE) };
    let bound = input.slot.limits.bounds.of(Measure::PositionNotional);
    let found = Finding::within(bound, money.after.worst_notional.0)
        .if_grown(money.before().worst_notional.0);
    let bound = input.strategy_bound(Measure::PositionNotional);
    let Some(reference) = input.slot.reference.as_ref().filter(|_| bound.is_set()) else {
        return Ok(found);
    };
    let (after, before) = strategy_cases(input);
    let multiplier = input.slot.instrument.multiplier();
    let worth = |cases: Cases| {
        let units = multiply(reference.price.0.into(), multiplier.into(), "notional")?;
        let units = multiply(units, cases.worst(), "notional")?;
        Ok(input.account_value(units)?.unwrap_or_default().0.abs())
    };
    let own = Finding::within(bound, worth(after)?);
    if own.judgement < Judgement::Soft {
        return Ok(found.or_tighter(own));
    }
    Ok(found.or_tighter(own.if_grown(worth(before)?)))
}

/// What the strategy's own fills and orders can become, with the order and without it: it moves them as it moves the instrument's.
fn strategy_cases(input: &Input<'_>) -> (Cases, Cases) {
    let own = input.strategy.map(|book| book.position(input.candidate.slot)).unwrap_or_default();
    let moved_to = |cases: Cases| Cases {
        longest: own.net + own.open_buys + (cases.longest - input.now.longest),
        shortest: own.net - own.open_sells + (cases.shortest - input.now.shortest),
    };
    (moved_to(input.after), moved_to(input.before))
}

pub(super) fn open_orders(input: &Input<'_>) -> Found {
    if !input.is_new() {
        return Ok(Finding::NOT_APPLICABLE);
    }
    let more = i128::from(input.count_ahead()) + 1;
    let [buys, sells] = input.slot.activity.open_orders;
    let counted = |bound, open: usize| Finding::within(bound, open as i128 + more);
    let account = input.slot.limits.bounds.of(Measure::OpenOrders);
    let found = counted(account, input.state.book.open_count())
        .or_tighter(counted(input.slot.limits.own_open_orders, (buys + sells) as usize));
    let Some(book) = input.strategy else { return Ok(found) };
    let strategy = input.strategy_bound(Measure::OpenOrders);
    Ok(found.or_tighter(counted(strategy, book.open_orders as usize)))
}

pub(super) fn short(input: &Input<'_>) -> Found {
    if input.limits.allow_short {
        return Ok(Finding::NOT_SET);
    }
    // The limit is a position: what is counted has its sign turned, as in a minimum.
    Ok(shorted(input, 0))
}

pub(super) fn locate(input: &Input<'_>) -> Found {
    let Some(located) = input.slot.limits.located else { return Ok(Finding::NOT_SET) };
    Ok(shorted(input, located))
}

/// Refuses an order by which more than `limit` could become short.
fn shorted(input: &Input<'_>, limit: i128) -> Finding {
    if input.candidate.terms.side == Side::Buy || input.candidate.terms.reduce_only {
        return Finding::NOT_APPLICABLE;
    }
    Finding::at_most(limit, -input.after.shortest).if_grown(-input.before.shortest)
}

pub(super) fn reduce_only(input: &Input<'_>) -> Found {
    let terms = input.candidate.terms;
    if !terms.reduce_only {
        return Ok(Finding::NOT_APPLICABLE);
    }
    let held = i128::from(input.slot.position.quantity.0) + i128::from(input.candidate.awaited());
    let reducible = match terms.side {
        Side::Buy => (-held).max(0),
        Side::Sell => held.max(0),
    };
    Ok(Finding::at_most(reducible, input.candidate.leaves.0.into()))
}
