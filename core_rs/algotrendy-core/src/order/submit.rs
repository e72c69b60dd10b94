//! A submitted order: refused when its terms are wrong, rejected when a check fails, created otherwise.

use super::error::DecideError;
use super::event::{EventBody, OrderCreated, OrderRejected};
use super::order::{Order, OrderTerms, OrderType, TimeInForce};
use super::state::State;
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::price::{Price, Quantity};
use crate::risk::checks::{self, Failure};

pub(super) fn decide_submit(
    state: &State,
    terms: &OrderTerms,
    time_ns: i64,
) -> Result<Vec<EventBody>, DecideError> {
    if let Some(first) = state.order_by_client_id(terms.client_order_id.as_str()) {
        if first.terms.is_repeated_by(terms) {
            return Ok(Vec::new());
        }
        return Err(DecideError::ClientOrderIdReused {
            client_order_id: terms.client_order_id.clone(),
            order_id: first.terms.order_id.clone(),
        });
    }
    let instrument = validate(state, terms, time_ns)?;
    if state.order(terms.order_id.as_str()).is_some() {
        return Err(DecideError::OrderIdReused { order_id: terms.order_id.clone() });
    }
    let reference_price = state.reference_price(&terms.symbol).map(|reference| reference.price);
    let order = Order::new(terms.clone(), reference_price, time_ns);
    let event = match checks::first_failure(state, terms, instrument, time_ns)? {
        None => OrderCreated { order }.into(),
        Some(failure) => rejection(order, failure, time_ns).into(),
    };
    Ok(vec![event])
}

pub(super) fn failed_checks(
    state: &State,
    terms: &OrderTerms,
    time_ns: i64,
) -> Result<Vec<Failure>, DecideError> {
    let instrument = validate(state, terms, time_ns)?;
    Ok(checks::all_failures(state, terms, instrument, time_ns)?)
}

/// Whether `price` can be one of `instrument`'s.
pub(super) fn price_is_possible(instrument: &Instrument, price: Price) -> bool {
    price.0 > 0 || instrument.allow_negative_prices()
}

fn rejection(order: Order, failure: Failure, time_ns: i64) -> OrderRejected {
    let reason = failure.reason.name();
    OrderRejected {
        order: order.rejected(reason, time_ns),
        reason: reason.to_owned(),
        rule: failure.rule.to_owned(),
        limit: failure.limit,
        observed: failure.observed,
    }
}

/// Refuses what is wrong whatever the account holds.
fn validate<'a>(
    state: &'a State,
    terms: &OrderTerms,
    time_ns: i64,
) -> Result<&'a Instrument, DecideError> {
    for (field, id) in
        [("order_id", terms.order_id.as_str()), ("client_order_id", terms.client_order_id.as_str())]
    {
        if id.is_empty() {
            let value = String::new();
            return Err(DecideError::FieldInvalid { field, value, expected: "not empty" });
        }
    }
    let Some(instrument) = state.instrument(&terms.symbol) else {
        return Err(DecideError::UnknownInstrument { symbol: terms.symbol.clone() });
    };
    validate_quantity(instrument, terms.quantity)?;
    validate_price(instrument, terms)?;
    validate_lifetime(terms, time_ns)?;
    Ok(instrument)
}

fn validate_quantity(instrument: &Instrument, quantity: Quantity) -> Result<(), DecideError> {
    let decimal = |units: i64| Decimal::new(units.into(), instrument.quantity_scale());
    if quantity.0 <= 0 {
        return Err(DecideError::QuantityNotPositive { quantity: decimal(quantity.0) });
    }
    if !quantity.is_multiple_of(instrument.lot_size()) {
        let lot_size = decimal(instrument.lot_size());
        return Err(DecideError::QuantityOffLot { quantity: decimal(quantity.0), lot_size });
    }
    Ok(())
}

fn validate_price(instrument: &Instrument, terms: &OrderTerms) -> Result<(), DecideError> {
    let decimal = |units: i64| Decimal::new(units.into(), instrument.price_scale());
    let price = match (terms.order_type, terms.limit_price) {
        (OrderType::Market, None) => return Ok(()),
        (OrderType::Limit, Some(price)) => price,
        (OrderType::Market, Some(price)) => {
            return Err(DecideError::OrderTermsInvalid {
                field: "limit_price",
                value: decimal(price.0).to_string(),
                expected: "unset for a MARKET order",
            })
        }
        (OrderType::Limit, None) => {
            return Err(DecideError::OrderTermsInvalid {
                field: "limit_price",
                value: String::new(),
                expected: "set for a LIMIT order",
            })
        }
    };
    if !price_is_possible(instrument, price) {
        return Err(DecideError::PriceNotPositive { price: decimal(price.0) });
    }
    if !price.is_multiple_of(instrument.tick_size()) {
        let tick_size = decimal(instrument.tick_size());
        return Err(DecideError::PriceOffTick { price: decimal(price.0), tick_size });
    }
    Ok(())
}

fn validate_lifetime(terms: &OrderTerms, time_ns: i64) -> Result<(), DecideError> {
    let expected = match (terms.time_in_force, terms.expire_time_ns) {
        (TimeInForce::Gtc, None) => return Ok(()),
        (TimeInForce::Day, Some(expire_time_ns)) if expire_time_ns > time_ns => return Ok(()),
        (TimeInForce::Gtc, Some(_)) => "unset for a GTC order",
        (TimeInForce::Day, _) => "later than now for a DAY order",
    };
    let value = terms.expire_time_ns.map(|time_ns| time_ns.to_string()).unwrap_or_default();
    Err(DecideError::OrderTermsInvalid { field: "expire_time_ns", value, expected })
}
