//! Checks 10, 11 and 12: what the whole account could hold, whether it can pay for it, and what credit it uses.
#![allow(clippy::unnecessary_wraps, reason = "all rows have the signature of the table")]

use super::finding::Finding;
use super::input::{Input, Money};
use super::order::{share_within, BPS};
use crate::portfolio::cost::Cash;
use crate::price::NumberError;
use crate::risk::credit::Credit;
use crate::risk::exposure::SlotValue;
use crate::risk::measure::Measure;
use crate::risk::resolved::Bound;

type Found = Result<Finding, NumberError>;

/// An order that only reduces is not held up by what is unknown elsewhere.
pub(super) fn positions_valued(input: &Input<'_>) -> Found {
    if input.only_reduces {
        return Ok(Finding::NOT_APPLICABLE);
    }
    let is_unvalued = input.equity().is_none()
        || input.money.as_ref().is_some_and(|money| money.after.is_unvalued);
    Ok(Finding::refuse_if(is_unvalued))
}

impl Money<'_> {
    /// What a sum over the instruments is with the order, and what its growth is measured from.
    fn grown(&self, input: &Input<'_>, sum: Cash, part: fn(&SlotValue) -> Cash) -> (i128, i128) {
        let others = sum.0 - part(&input.slot.value).0;
        (others + part(self.after).0, others + part(self.before()).0)
    }

    fn gross(&self, input: &Input<'_>) -> (i128, i128) {
        self.grown(input, input.state.totals.sums.gross_notional, |value| value.worst_notional)
    }
}

pub(super) fn gross(input: &Input<'_>) -> Found {
    let bound = input.bound(Measure::Gross);
    if !bound.is_set() {
        return Ok(Finding::NOT_SET);
    }
    let Some(money) = &input.money else { return Ok(Finding::NOT_APPLICABLE) };
    let (after, before) = money.gross(input);
    Ok(Finding::within(bound, after).if_grown(before))
}

pub(super) fn net(input: &Input<'_>) -> Found {
    let bound = input.bound(Measure::Net);
    if !bound.is_set() {
        return Ok(Finding::NOT_SET);
    }
    let Some(money) = &input.money else { return Ok(Finding::NOT_APPLICABLE) };
    let sums = &input.state.totals.sums;
    let (longest, longest_before) =
        money.grown(input, sums.longest_net_notional, |value| value.longest_notional);
    let (shortest, shortest_before) =
        money.grown(input, sums.shortest_net_notional, |value| value.shortest_notional);
    let before = longest_before.abs().max(shortest_before.abs());
    Ok(Finding::within(bound, longest.abs().max(shortest.abs())).if_grown(before))
}

pub(super) fn leverage(input: &Input<'_>) -> Found {
    let Some(money) = &input.money else { return Ok(Finding::NOT_APPLICABLE) };
    share_of_equity(input, Measure::Leverage, money.gross(input))
}

pub(super) fn concentration(input: &Input<'_>) -> Found {
    let Some(money) = &input.money else { return Ok(Finding::NOT_APPLICABLE) };
    let worst = (money.after.worst_notional.0, money.before().worst_notional.0);
    share_of_equity(input, Measure::Concentration, worst)
}

/// Equity does not change by an order, so that a share grows when its part does.
fn share_of_equity(input: &Input<'_>, measure: Measure, (part, before): (i128, i128)) -> Found {
    let bound = input.bound(measure);
    if !bound.is_set() {
        return Ok(Finding::NOT_SET);
    }
    let Some(equity) = input.equity() else { return Ok(Finding::NOT_APPLICABLE) };
    if part <= before {
        return Ok(Finding::PASS);
    }
    if equity.0 <= 0 {
        // No share of nothing is small enough.
        return Ok(Finding::unknown(bound));
    }
    share_within(input, bound, (part, BPS, equity.0))
}

pub(super) fn sector(input: &Input<'_>) -> Found {
    let bound = input.slot.limits.sector;
    let Some(place) = input.slot.sector.filter(|_| bound.is_set()) else {
        return Ok(Finding::NOT_SET);
    };
    let Some(money) = &input.money else { return Ok(Finding::NOT_APPLICABLE) };
    let others = input.state.totals.sectors[place].0 - input.slot.value.worst_notional.0;
    let after = others + money.after.worst_notional.0;
    Ok(Finding::within(bound, after).if_grown(others + money.before().worst_notional.0))
}

pub(super) fn funds(input: &Input<'_>) -> Found {
    let Some(money) = input.money.as_ref().filter(|_| !input.only_reduces) else {
        return Ok(Finding::NOT_APPLICABLE);
    };
    let Some(available) = input.state.totals.available() else {
        return Ok(Finding::NOT_APPLICABLE);
    };
    let margin = |value: &SlotValue| value.initial_margin.0;
    let needed = margin(money.after) - margin(money.base()) + money.fee.0;
    let used = |value: &SlotValue| margin(value) + value.fees.0;
    // Without the order that is replaced, and with those of the list before.
    let available = available.0 + used(&input.slot.value) - used(money.base());
    // A replacement that takes up no more than the order does now is paid for.
    Ok(Finding::at_most(available, needed).if_grown(used(money.before()) - used(money.base())))
}

pub(super) fn credit(input: &Input<'_>) -> Found {
    let account = input.slot.limits.bounds.of(Measure::Credit);
    let strategy = input.strategy_bound(Measure::Credit);
    let Some(money) = &input.money else { return Ok(Finding::NOT_APPLICABLE) };
    let within = |bound: Bound, credit: &Credit| {
        if !bound.is_set() {
            return Ok(Finding::NOT_SET);
        }
        let Some(used) = used_credit(input, credit)? else { return Ok(Finding::unknown(bound)) };
        let (after, before) = (used + money.credit_after, used + money.credit_before);
        Ok(Finding::within(bound, after).if_grown(before))
    };
    let found = within(account, &input.state.throttles.credit)?;
    match input.strategy {
        Some(book) => Ok(found.or_tighter(within(strategy, &book.credit)?)),
        None => Ok(found),
    }
}

/// What is open or was traded, at the rates of now; `None` where one is missing.
fn used_credit(input: &Input<'_>, credit: &Credit) -> Result<Option<i128>, NumberError> {
    let mut sum = Cash::ZERO;
    for used in credit.used() {
        let amount = used.open.checked_add(used.traded)?;
        let Some(value) = input.state.rates.convert(amount, used.currency)? else {
            return Ok(None);
        };
        sum = sum.checked_add(value)?;
    }
    Ok(Some(sum.0))
}
