//! What is wrong with an order whatever the account holds: ids, steps, and terms that contradict each other.

use super::error::DecideError;
use super::ids::{PersonId, StrategyId};
use super::terms::{OrderTerms, OrderType, TimeInForce, Trail};
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::price::{Price, Quantity};

/// Refuses terms that no order in `instrument` can have.
pub(super) fn validate(instrument: &Instrument, terms: &OrderTerms) -> Result<(), DecideError> {
    validate_ids(terms)?;
    validate_terms(instrument, terms)
}

/// The same, whatever the order is called.
pub(super) fn validate_terms(
    instrument: &Instrument,
    terms: &OrderTerms,
) -> Result<(), DecideError> {
    validate_quantity(instrument, terms.quantity)?;
    validate_prices(instrument, terms)?;
    validate_lifetime(terms)?;
    validate_post_only(terms)
}

/// Whether `price` can be one of `instrument`'s.
pub(super) fn price_is_possible(instrument: &Instrument, price: Price) -> bool {
    price.0 > 0 || instrument.allow_negative_prices()
}

fn validate_ids(terms: &OrderTerms) -> Result<(), DecideError> {
    let strategy_id = terms.strategy_id.as_ref().map(StrategyId::as_str);
    let trader_id = terms.trader_id.as_ref().map(PersonId::as_str);
    for (field, id) in [
        ("order_id", Some(terms.order_id.as_str())),
        ("client_order_id", Some(terms.client_order_id.as_str())),
        ("strategy_id", strategy_id),
        ("trader_id", trader_id),
    ] {
        if id == Some("") {
            return Err(DecideError::invalid(field, "", "not empty"));
        }
    }
    Ok(())
}

/// Refuses a quantity that is not positive or off the lot.
pub(super) fn validate_quantity(
    instrument: &Instrument,
    quantity: Quantity,
) -> Result<(), DecideError> {
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

/// Refuses a price that is not possible or off the tick.
pub(super) fn validate_price(instrument: &Instrument, price: Price) -> Result<(), DecideError> {
    let decimal = |units: i64| Decimal::new(units.into(), instrument.price_scale());
    if !price_is_possible(instrument, price) {
        return Err(DecideError::PriceNotPositive { price: decimal(price.0) });
    }
    if !price.is_multiple_of(instrument.tick_size()) {
        let tick_size = decimal(instrument.tick_size());
        return Err(DecideError::PriceOffTick { price: decimal(price.0), tick_size });
    }
    Ok(())
}

fn validate_prices(instrument: &Instrument, terms: &OrderTerms) -> Result<(), DecideError> {
    let shown = |price: Option<Price>| {
        price.map_or_else(String::new, |price| {
            Decimal::new(price.0.into(), instrument.price_scale()).to_string()
        })
    };
    let wrong = |field, price, expected| {
        Err(DecideError::OrderTermsInvalid { field, value: shown(price), expected })
    };
    let order_type = terms.order_type;
    match terms.limit_price {
        Some(_) if !order_type.has_limit() => {
            return wrong("limit_price", terms.limit_price, "unset unless LIMIT or STOP_LIMIT");
        }
        None if order_type.has_limit() => {
            return wrong("limit_price", None, "set for a LIMIT or STOP_LIMIT order");
        }
        Some(price) => validate_price(instrument, price)?,
        None => {}
    }
    match terms.stop_price {
        Some(_) if !order_type.has_trigger() => {
            return wrong("stop_price", terms.stop_price, "unset unless the order has a stop");
        }
        None if matches!(order_type, OrderType::Stop | OrderType::StopLimit) => {
            return wrong("stop_price", None, "set for a STOP or STOP_LIMIT order");
        }
        Some(price) => validate_price(instrument, price)?,
        None => {}
    }
    validate_trail(instrument, terms)
}

fn validate_trail(instrument: &Instrument, terms: &OrderTerms) -> Result<(), DecideError> {
    let (value, expected) = match (terms.order_type, terms.trail) {
        (OrderType::TrailingStop, Some(Trail::Bps(1..=9_999))) => return Ok(()),
        (OrderType::TrailingStop, Some(Trail::Bps(bps))) => {
            (bps.to_string(), "between 1 and 9999 basis points")
        }
        (OrderType::TrailingStop, Some(Trail::Offset(offset))) => {
            if offset.0 > 0 && offset.is_multiple_of(instrument.tick_size()) {
                return Ok(());
            }
            let value = Decimal::new(offset.0.into(), instrument.price_scale()).to_string();
            (value, "a positive multiple of the tick size")
        }
        (OrderType::TrailingStop, None) => (String::new(), "set for a TRAILING_STOP order"),
        (_, None) => return Ok(()),
        (_, Some(_)) => ("set".to_owned(), "unset unless TRAILING_STOP"),
    };
    Err(DecideError::OrderTermsInvalid { field: "trail", value, expected })
}

fn validate_lifetime(terms: &OrderTerms) -> Result<(), DecideError> {
    let expected = match (terms.time_in_force, terms.expire_time_ns) {
        (TimeInForce::Gtd, None) => "set for a GTD order",
        (TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok, Some(_)) => {
            "unset unless GTD or DAY"
        }
        _ => return Ok(()),
    };
    let value = terms.expire_time_ns.map_or_else(String::new, |time_ns| time_ns.to_string());
    Err(DecideError::OrderTermsInvalid { field: "expire_time_ns", value, expected })
}

/// An order that may not trade at once has to be able to rest.
fn validate_post_only(terms: &OrderTerms) -> Result<(), DecideError> {
    let rests = !matches!(terms.time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
    if terms.post_only && !(rests && terms.order_type.has_limit()) {
        return Err(DecideError::OrderTermsInvalid {
            field: "post_only",
            value: "true".to_owned(),
            expected: "false unless LIMIT or STOP_LIMIT, and neither IOC nor FOK",
        });
    }
    Ok(())
}
