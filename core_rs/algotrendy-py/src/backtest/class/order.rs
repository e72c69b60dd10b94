//! What a strategy asks for, from Python's numbers: exact ones exactly, floats to the lot and the tick.

use algotrendy_core::backtest::{InstrumentId, NewOrder};
use algotrendy_core::decimal::Decimal;
use algotrendy_core::instrument::Instrument;
use algotrendy_core::order::Side;
use algotrendy_core::price::{Price, MAX_SCALE};
use pyo3::prelude::*;
use pyo3::types::PyFloat;

use crate::bar::numbers::overflow;
use crate::bar::refusal::parameter;
use crate::errors::to_py;
use crate::trading::edge;
use crate::trading::terms::{order_type, time_in_force, trail};

/// The keyword arguments of an order, as they came.
pub struct Asked<'a, 'py> {
    pub side: Side,
    pub quantity: &'a Bound<'py, PyAny>,
    pub limit: Option<&'a Bound<'py, PyAny>>,
    pub stop: Option<&'a Bound<'py, PyAny>>,
    pub trail: Option<&'a Bound<'py, PyAny>>,
    pub trail_bps: Option<u32>,
    pub time_in_force: Option<&'a str>,
    pub expire_time_ns: Option<i64>,
    pub post_only: bool,
    pub reduce_only: bool,
    pub client_order_id: Option<&'a str>,
    pub tag: Option<&'a str>,
}

impl<'a, 'py> Asked<'a, 'py> {
    /// A market order.
    pub const fn market(side: Side, quantity: &'a Bound<'py, PyAny>) -> Self {
        Self {
            side,
            quantity,
            limit: None,
            stop: None,
            trail: None,
            trail_bps: None,
            time_in_force: None,
            expire_time_ns: None,
            post_only: false,
            reduce_only: false,
            client_order_id: None,
            tag: None,
        }
    }

    /// The order; none where a float is less than a lot.
    pub fn order(&self, id: InstrumentId, instrument: &Instrument) -> PyResult<Option<NewOrder>> {
        let quantity = quantity(self.quantity, instrument)?;
        if quantity == 0 && self.quantity.is_instance_of::<PyFloat>() {
            return Ok(None);
        }
        if quantity <= 0 {
            let expected = "positive; what is less than a lot must be a float to be no order";
            return Err(parameter("quantity", self.quantity.repr()?.to_string(), expected));
        }
        let read = |field, value: Option<&Bound<'_, PyAny>>, is_up| {
            value.map(|value| price(field, value, instrument, is_up)).transpose()
        };
        let limit_price = read("limit", self.limit, self.side == Side::Sell)?;
        let stop_price = read("stop", self.stop, self.side == Side::Buy)?;
        let trail =
            trail(self.trail, self.trail_bps, |value| price("trail", value, instrument, true))?;
        if trail.is_some() && limit_price.is_some() {
            return Err(parameter("limit", "set beside a trail", "one or the other"));
        }
        Ok(Some(NewOrder {
            order_type: order_type(limit_price.is_some(), stop_price.is_some(), trail.is_some()),
            limit_price,
            stop_price,
            trail,
            time_in_force: time_in_force(self.time_in_force, self.expire_time_ns)?,
            expire_time_ns: self.expire_time_ns,
            post_only: self.post_only,
            reduce_only: self.reduce_only,
            client_order_id: self.client_order_id.map(Into::into),
            tag: self.tag.map(Into::into),
            ..NewOrder::market(id, self.side, quantity)
        }))
    }
}

/// A quantity in units: a float in whole lots towards zero, any other number exactly.
pub fn quantity(value: &Bound<'_, PyAny>, instrument: &Instrument) -> PyResult<i64> {
    let scale = instrument.quantity_scale();
    if !value.is_instance_of::<PyFloat>() {
        return edge::units("quantity", value, scale);
    }
    let (floor, is_whole) = floor("quantity", value, scale)?;
    let towards_zero = if floor < 0 && !is_whole { floor + 1 } else { floor };
    let lots = towards_zero / i128::from(instrument.lot_size());
    i64::try_from(lots * i128::from(instrument.lot_size())).map_err(|_| overflow("quantity"))
}

/// A price in units: a float to the tick, up or down, any other number exactly.
pub fn price(
    field: &'static str,
    value: &Bound<'_, PyAny>,
    instrument: &Instrument,
    is_up: bool,
) -> PyResult<Price> {
    let scale = instrument.price_scale();
    if !value.is_instance_of::<PyFloat>() {
        return edge::units(field, value, scale).map(Price);
    }
    let (floor, is_whole) = floor(field, value, scale)?;
    let tick = i128::from(instrument.tick_size());
    let down = floor.div_euclid(tick) * tick;
    let is_on_tick = is_whole && down == floor;
    let units = if is_up && !is_on_tick { down + tick } else { down };
    i64::try_from(units).map(Price).map_err(|_| overflow(field))
}

/// The units of a float, rounded down, and whether it has no more than those: as the decimal that it is written as. 0.3 is 0.3, not the
/// binary number beside it.
fn floor(field: &'static str, value: &Bound<'_, PyAny>, scale: u8) -> PyResult<(i128, bool)> {
    let float: f64 = value.extract()?;
    if !float.is_finite() {
        return Err(parameter(field, float.to_string(), "a finite number"));
    }
    // One of more than 18 digits after the point is next to one of 18.
    let read = float.to_string().parse().or_else(|_| format!("{float:.18}").parse());
    let exact: Decimal = read.map_err(|_| overflow(field))?;
    let floor = exact.floor_units(scale).map_err(to_py)?;
    let is_whole =
        exact.floor_units(MAX_SCALE) == Decimal::new(floor, scale).floor_units(MAX_SCALE);
    Ok((floor, is_whole))
}
