//! Check 18: losses that stop what is not to reduce them, and the value at risk after the trade.
#![allow(clippy::unnecessary_wraps, reason = "all rows have the signature of the table")]

use super::finding::{Finding, Judgement};
use super::input::Input;
use super::order::{share_within, BPS};
use crate::order::terms::Side;
use crate::price::NumberError;
use crate::risk::exposure::SlotValue;
use crate::risk::measure::Measure;

type Found = Result<Finding, NumberError>;

pub(super) fn daily_loss(input: &Input<'_>) -> Found {
    let bound = input.bound(Measure::DailyLoss);
    if !bound.is_set() {
        return Ok(Finding::NOT_SET);
    }
    if input.only_reduces {
        return Ok(Finding::NOT_APPLICABLE);
    }
    let (Some(base), Some(equity)) = (input.state.losses.day_equity, input.equity()) else {
        return Ok(Finding::unknown(bound));
    };
    Ok(Finding::within(bound, base.checked_sub(equity)?.0))
}

pub(super) fn drawdown(input: &Input<'_>) -> Found {
    let bound = input.bound(Measure::Drawdown);
    if !bound.is_set() {
        return Ok(Finding::NOT_SET);
    }
    if input.only_reduces {
        return Ok(Finding::NOT_APPLICABLE);
    }
    let (Some(peak), Some(equity)) = (input.state.losses.peak_equity, input.equity()) else {
        return Ok(Finding::unknown(bound));
    };
    let loss = peak.checked_sub(equity)?.0.max(0);
    if loss > 0 && peak.0 <= 0 {
        return Ok(Finding::unknown(bound));
    }
    share_within(input, bound, (loss, BPS, peak.0.max(1)))
}

pub(super) fn value_at_risk(input: &Input<'_>) -> Found {
    let bound = input.bound(Measure::ValueAtRisk);
    if !bound.is_set() {
        return Ok(Finding::NOT_SET);
    }
    if input.only_reduces {
        return Ok(Finding::NOT_APPLICABLE);
    }
    let (Some(money), Some(covariance)) = (&input.money, &input.state.covariance) else {
        return Ok(Finding::unknown(bound));
    };
    let slot = input.candidate.slot;
    let case = |value: &SlotValue| match input.candidate.terms.side {
        Side::Buy => value.longest_notional,
        Side::Sell => value.shortest_notional,
    };
    let Some(risk) = covariance.value_at_risk(slot, case(money.after))? else {
        return Ok(Finding::unknown(bound));
    };
    let found = Finding::within(bound, risk.0);
    if found.judgement < Judgement::Soft {
        return Ok(found);
    }
    let before = covariance.value_at_risk(slot, case(money.before()))?.unwrap_or_default();
    Ok(found.if_grown(before.0))
}
