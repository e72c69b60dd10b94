//! Checks 1, 15 and 24: the instrument, its market, and when the order would end.
#![allow(clippy::unnecessary_wraps, reason = "all rows have the signature of the table")]

use super::finding::Finding;
use super::input::Input;
use crate::instrument::{Calendar, Instrument, InstrumentKind};
use crate::order::state::State;
use crate::price::{NumberError, Price};

type Found = Result<Finding, NumberError>;

/// An input exists only once there are limits: the row refuses where there is none.
pub(super) fn limits_present(_input: &Input<'_>) -> Found {
    Ok(Finding::PASS)
}

pub(super) fn tradable(input: &Input<'_>) -> Found {
    Ok(Finding::refuse_if(input.slot.instrument.kind() == InstrumentKind::Index))
}

pub(super) fn halted(input: &Input<'_>) -> Found {
    Ok(Finding::refuse_if(input.slot.is_halted))
}

pub(super) fn expired(input: &Input<'_>) -> Found {
    let Some(expire_time_ns) = input.slot.instrument.expire_time_ns() else {
        return Ok(Finding::NOT_APPLICABLE);
    };
    Ok(before(input.time_ns, expire_time_ns))
}

/// Refuses a time that is not before another one.
fn before(time_ns: i64, end_ns: i64) -> Finding {
    // The last nanosecond that is allowed; an end is never the first one there is.
    Finding::at_most(i128::from(end_ns) - 1, time_ns.into())
}

/// When the instrument's market is open.
#[derive(Clone, Copy)]
pub(super) enum Market<'a> {
    AlwaysOpen,
    /// Nobody told its calendar: never.
    Unknown,
    Sessions(&'a Calendar),
}

impl<'a> Market<'a> {
    pub fn of(state: &'a State, instrument: &Instrument) -> Self {
        let Some(calendar_id) = instrument.calendar_id() else { return Self::AlwaysOpen };
        state.calendars.get(calendar_id).map_or(Self::Unknown, Self::Sessions)
    }
}

pub(super) fn market_hours(input: &Input<'_>) -> Found {
    Ok(match input.market {
        Market::AlwaysOpen => Finding::NOT_APPLICABLE,
        Market::Unknown => Finding::HARD,
        Market::Sessions(calendar) => {
            let is_closed = calendar.session_at(input.time_ns).is_none();
            Finding::refuse_if(is_closed && !input.limits.queue_when_closed)
        }
    })
}

pub(super) fn order_cutoff(input: &Input<'_>) -> Found {
    let Market::Sessions(calendar) = input.market else { return Ok(Finding::NOT_APPLICABLE) };
    let cutoff_ns = calendar.session_at(input.time_ns).and_then(|open| open.order_cutoff_time_ns);
    Ok(cutoff_ns.map_or(Finding::NOT_APPLICABLE, |cutoff_ns| before(input.time_ns, cutoff_ns)))
}

/// How long the market was open since the older of a mark and its price; counting stops once it is above `enough_ns`.
pub(super) fn open_time_since(input: &Input<'_>, from_ns: i64, enough_ns: i64) -> i64 {
    match input.market {
        Market::Sessions(calendar) => calendar.open_ns_between(from_ns, input.time_ns, enough_ns),
        Market::AlwaysOpen | Market::Unknown => input.time_ns.saturating_sub(from_ns),
    }
}

pub(super) fn price_band(input: &Input<'_>) -> Found {
    let terms = input.candidate.terms;
    Ok(match (input.slot.bands, terms.limit_price.or(terms.stop_price)) {
        ((None, None), _) => Finding::NOT_SET,
        (_, None) => Finding::NOT_APPLICABLE,
        (bands, Some(price)) => {
            let found = within_bands(price, bands);
            terms.stop_price.map_or(found, |stop| found.or_tighter(within_bands(stop, bands)))
        }
    })
}

fn within_bands(price: Price, (lower, upper): (Option<Price>, Option<Price>)) -> Finding {
    let is_below = lower.is_some_and(|lower| price < lower);
    let is_above = upper.is_some_and(|upper| price > upper);
    let nearest = if is_below { lower } else { upper.or(lower) }.unwrap_or(price);
    Finding::refuse_if(is_below || is_above).told_as(nearest.0.into(), price.0.into())
}

pub(super) fn expire_time(input: &Input<'_>) -> Found {
    let Some(expire_time_ns) = input.candidate.terms.expire_time_ns else {
        return Ok(Finding::NOT_APPLICABLE);
    };
    Ok(before(input.time_ns, expire_time_ns))
}
