//! The table of pre-trade checks, in the order they are made. Each is a function of one `CheckInput`.
//!
//! They fail closed: an input exists only once there are limits and a reference price, and a number that leaves its
//! range is an error, not a pass.
#![allow(clippy::unnecessary_wraps, reason = "all checks have the signature of the table")]

use serde::Serialize;

use super::limits::Limits;
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::order::order::{OrderTerms, Side};
use crate::order::state::{ReferencePrice, State};
use crate::portfolio::cost::{cash_value, Cash};
use crate::price::{NumberError, Price};

/// Why a check refused an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum RejectReason {
    /// The account has no limits.
    LimitsMissing,
    /// The instrument has no reference price.
    ReferencePriceMissing,
    /// The reference price is too old.
    ReferencePriceStale,
    /// The order's quantity is too large.
    QuantityLimitExceeded,
    /// The order's notional is too large.
    NotionalLimitExceeded,
    /// The limit price is too far from the reference price.
    PriceCollarBreached,
    /// Too many orders are open.
    OpenOrderLimitExceeded,
    /// The position could become too large.
    PositionLimitExceeded,
    /// The position could become short.
    ShortNotAllowed,
    /// The free cash does not cover the order.
    InsufficientFunds,
}

impl RejectReason {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LimitsMissing => "LIMITS_MISSING",
            Self::ReferencePriceMissing => "REFERENCE_PRICE_MISSING",
            Self::ReferencePriceStale => "REFERENCE_PRICE_STALE",
            Self::QuantityLimitExceeded => "QUANTITY_LIMIT_EXCEEDED",
            Self::NotionalLimitExceeded => "NOTIONAL_LIMIT_EXCEEDED",
            Self::PriceCollarBreached => "PRICE_COLLAR_BREACHED",
            Self::OpenOrderLimitExceeded => "OPEN_ORDER_LIMIT_EXCEEDED",
            Self::PositionLimitExceeded => "POSITION_LIMIT_EXCEEDED",
            Self::ShortNotAllowed => "SHORT_NOT_ALLOWED",
            Self::InsufficientFunds => "INSUFFICIENT_FUNDS",
        }
    }
}

/// A check that an order failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Why.
    pub reason: RejectReason,
    /// The check.
    pub rule: &'static str,
    /// What the check allows; empty where it has no number.
    pub limit: String,
    /// What the order would have made of it; empty where it has no number.
    pub observed: String,
}

/// What every check looks at.
#[derive(Clone, Copy, Debug)]
struct CheckInput<'a> {
    state: &'a State,
    terms: &'a OrderTerms,
    instrument: &'a Instrument,
    limits: &'a Limits,
    reference: &'a ReferencePrice,
    time_ns: i64,
}

/// What a check allows and what it found.
#[derive(Clone, Copy, Debug)]
struct Breach {
    limit: Decimal,
    observed: Decimal,
}

type Verdict = Result<Option<Breach>, NumberError>;

struct Check {
    rule: &'static str,
    reason: RejectReason,
    run: fn(&CheckInput<'_>) -> Verdict,
}

const CHECKS: [Check; 8] = [
    Check { rule: "reference_age", reason: RejectReason::ReferencePriceStale, run: reference_age },
    Check {
        rule: "order_quantity",
        reason: RejectReason::QuantityLimitExceeded,
        run: order_quantity,
    },
    Check {
        rule: "order_notional",
        reason: RejectReason::NotionalLimitExceeded,
        run: order_notional,
    },
    Check { rule: "price_collar", reason: RejectReason::PriceCollarBreached, run: price_collar },
    Check { rule: "open_orders", reason: RejectReason::OpenOrderLimitExceeded, run: open_orders },
    Check {
        rule: "position_notional",
        reason: RejectReason::PositionLimitExceeded,
        run: position_notional,
    },
    Check { rule: "short", reason: RejectReason::ShortNotAllowed, run: short },
    Check { rule: "funds", reason: RejectReason::InsufficientFunds, run: funds },
];

/// The first check that the order fails.
///
/// # Errors
/// [`NumberError`] if a number leaves its range.
pub fn first_failure(
    state: &State,
    terms: &OrderTerms,
    instrument: &Instrument,
    time_ns: i64,
) -> Result<Option<Failure>, NumberError> {
    let input = match prepare(state, terms, instrument, time_ns) {
        Ok(input) => input,
        Err(mut missing) => return Ok(Some(missing.swap_remove(0))),
    };
    for check in &CHECKS {
        if let Some(breach) = (check.run)(&input)? {
            return Ok(Some(check.failure(breach)));
        }
    }
    Ok(None)
}

/// All checks that the order fails. Without limits or a reference price there is nothing else to measure.
///
/// # Errors
/// [`NumberError`] if a number leaves its range.
pub fn all_failures(
    state: &State,
    terms: &OrderTerms,
    instrument: &Instrument,
    time_ns: i64,
) -> Result<Vec<Failure>, NumberError> {
    let input = match prepare(state, terms, instrument, time_ns) {
        Ok(input) => input,
        Err(missing) => return Ok(missing),
    };
    let mut failures = Vec::new();
    for check in &CHECKS {
        failures.extend((check.run)(&input)?.map(|breach| check.failure(breach)));
    }
    Ok(failures)
}

/// The input of all checks, or what is missing for it, at least one thing.
fn prepare<'a>(
    state: &'a State,
    terms: &'a OrderTerms,
    instrument: &'a Instrument,
    time_ns: i64,
) -> Result<CheckInput<'a>, Vec<Failure>> {
    let limits = state.limits().ok_or(missing("limits", RejectReason::LimitsMissing));
    let reference = state
        .reference_price(&terms.symbol)
        .ok_or(missing("reference_price", RejectReason::ReferencePriceMissing));
    match (limits, reference) {
        (Ok(limits), Ok(reference)) => {
            Ok(CheckInput { state, terms, instrument, limits, reference, time_ns })
        }
        (limits, reference) => Err(limits.err().into_iter().chain(reference.err()).collect()),
    }
}

fn missing(rule: &'static str, reason: RejectReason) -> Failure {
    Failure { reason, rule, limit: String::new(), observed: String::new() }
}

impl Check {
    fn failure(&self, breach: Breach) -> Failure {
        Failure {
            reason: self.reason,
            rule: self.rule,
            limit: breach.limit.to_string(),
            observed: breach.observed.to_string(),
        }
    }
}

impl CheckInput<'_> {
    /// The price the order is measured at: its limit, or the reference price.
    fn price(&self) -> Price {
        self.terms.limit_price.unwrap_or(self.reference.price)
    }

    fn order_notional(&self) -> Result<Cash, NumberError> {
        let notional = self.price().notional(self.terms.quantity, self.instrument.multiplier())?;
        cash_value(self.instrument, notional)
    }

    fn held(&self) -> i128 {
        self.state.position(&self.terms.symbol).map_or(0, |position| position.quantity.0.into())
    }

    /// The position if the order and all open orders of its side fill and none of the other side does.
    fn worst_position(&self) -> Result<i128, NumberError> {
        let open = self.state.open_quantity(&self.terms.symbol, self.terms.side)?;
        // In range: an i64 and a sum of i64s that open_quantity has checked.
        let added = open + i128::from(self.terms.quantity.0);
        Ok(match self.terms.side {
            Side::Buy => self.held() + added,
            Side::Sell => self.held() - added,
        })
    }

    fn above(&self, limit: Decimal, observed: Cash) -> Verdict {
        let currency = self.instrument.currency();
        let limit = Cash(limit.floor_units(currency.cash_scale())?);
        Ok((observed > limit).then(|| Breach {
            limit: limit.in_currency(currency),
            observed: observed.in_currency(currency),
        }))
    }
}

fn reference_age(input: &CheckInput<'_>) -> Verdict {
    let age_ns = i128::from(input.time_ns) - i128::from(input.reference.time_ns);
    let limit = Decimal::new(input.limits.max_reference_age_ns.into(), 0);
    Ok((age_ns > limit.units()).then_some(Breach { limit, observed: Decimal::new(age_ns, 0) }))
}

fn order_quantity(input: &CheckInput<'_>) -> Verdict {
    let Some(limit) = input.limits.max_order_quantity else { return Ok(None) };
    let scale = input.instrument.quantity_scale();
    let observed = i128::from(input.terms.quantity.0);
    Ok((observed > limit.floor_units(scale)?)
        .then_some(Breach { limit, observed: Decimal::new(observed, scale) }))
}

fn order_notional(input: &CheckInput<'_>) -> Verdict {
    input.above(input.limits.max_order_notional, input.order_notional()?.absolute()?)
}

fn price_collar(input: &CheckInput<'_>) -> Verdict {
    let Some(limit_price) = input.terms.limit_price else { return Ok(None) };
    let reference = i128::from(input.reference.price.0).abs();
    let distance = (i128::from(limit_price.0) - i128::from(input.reference.price.0)).abs();
    let collar = i128::from(input.limits.price_collar_bps);
    if distance * 10_000 <= collar * reference {
        return Ok(None);
    }
    // Hundredths of a basis point, rounded up so that a breach never reads as the limit itself.
    let hundredths = distance * 1_000_000;
    let observed =
        if reference == 0 { hundredths } else { (hundredths + reference - 1) / reference };
    Ok(Some(Breach { limit: Decimal::new(collar, 0), observed: Decimal::new(observed, 2) }))
}

fn open_orders(input: &CheckInput<'_>) -> Verdict {
    let observed = input.state.open_orders().len() + 1;
    let limit = input.limits.max_open_orders;
    let is_above = u32::try_from(observed).map_or(true, |observed| observed > limit);
    Ok(is_above.then(|| Breach {
        limit: Decimal::new(limit.into(), 0),
        observed: Decimal::new(observed as i128, 0),
    }))
}

fn position_notional(input: &CheckInput<'_>) -> Verdict {
    let (held, worst) = (input.held(), input.worst_position()?);
    // What only shrinks a position is never refused, even when a new limit is below what is held.
    if worst.signum() * held.signum() >= 0 && worst.abs() <= held.abs() {
        return Ok(None);
    }
    let overflow = NumberError::Overflow { quantity: "position" };
    let price = i128::from(input.reference.price.0);
    let notional = worst
        .checked_mul(price)
        .and_then(|notional| notional.checked_mul(input.instrument.multiplier().into()))
        .ok_or(overflow)?;
    let observed = cash_value(input.instrument, crate::price::Notional(notional))?;
    input.above(input.limits.max_position_notional, observed.absolute()?)
}

fn short(input: &CheckInput<'_>) -> Verdict {
    if input.limits.allow_short || input.terms.side == Side::Buy {
        return Ok(None);
    }
    let worst = input.worst_position()?;
    let scale = input.instrument.quantity_scale();
    Ok((worst < 0)
        .then(|| Breach { limit: Decimal::new(0, scale), observed: Decimal::new(worst, scale) }))
}

fn funds(input: &CheckInput<'_>) -> Verdict {
    if input.terms.side == Side::Sell {
        return Ok(None);
    }
    let currency = input.instrument.currency();
    let (free, needed) = (input.state.free_cash(currency)?, input.order_notional()?);
    Ok((needed > free).then(|| Breach {
        limit: free.in_currency(currency),
        observed: needed.in_currency(currency),
    }))
}
