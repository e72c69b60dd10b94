//! `OrderTerms`: what a sender asks for, read once and sent as often as wanted.

use algotrendy_core::instrument::Instrument;
use algotrendy_core::order::terms::Trail;
use algotrendy_core::order::{OrderTerms, OrderType, Side, TimeInForce};
use algotrendy_core::price::{Price, Quantity};
use pyo3::prelude::*;

use super::edge::{optional_units, units};
use super::shown::{Show, Units};
use crate::bar::refusal::parameter;
use crate::convert::to_python;

/// What a sender asks for.
#[pyclass(name = "OrderTerms", module = "algotrendy._core", frozen)]
pub struct PyOrderTerms {
    pub terms: OrderTerms,
    pub units: Units,
}

/// The keyword arguments of an order, as they came.
pub struct Asked<'a, 'py> {
    pub side: &'a str,
    pub quantity: &'a Bound<'py, PyAny>,
    pub limit_price: Option<&'a Bound<'py, PyAny>>,
    pub stop_price: Option<&'a Bound<'py, PyAny>>,
    pub trail: Option<&'a Bound<'py, PyAny>>,
    pub trail_bps: Option<u32>,
    pub time_in_force: Option<&'a str>,
    pub expire_time_ns: Option<i64>,
    pub post_only: bool,
    pub reduce_only: bool,
    pub strategy_id: Option<&'a str>,
    pub trader_id: Option<&'a str>,
    pub client_order_id: Option<&'a str>,
    pub order_id: Option<&'a str>,
    pub sending_time_ns: Option<i64>,
}

impl Asked<'_, '_> {
    /// The terms in an instrument's units; ids that were not given are empty.
    pub fn terms(&self, instrument: &Instrument) -> PyResult<OrderTerms> {
        let scale = instrument.price_scale();
        let limit_price = optional_units("limit_price", self.limit_price, scale)?.map(Price);
        let stop_price = optional_units("stop_price", self.stop_price, scale)?.map(Price);
        let trail =
            trail(self.trail, self.trail_bps, |value| Ok(Price(units("trail", value, scale)?)))?;
        Ok(OrderTerms {
            order_id: self.order_id.unwrap_or_default().into(),
            client_order_id: self.client_order_id.unwrap_or_default().into(),
            symbol: instrument.terms().symbol.clone(),
            side: side(self.side)?,
            order_type: order_type(limit_price.is_some(), stop_price.is_some(), trail.is_some()),
            quantity: Quantity(units("quantity", self.quantity, instrument.quantity_scale())?),
            limit_price,
            stop_price,
            trail,
            time_in_force: time_in_force(self.time_in_force, self.expire_time_ns)?,
            expire_time_ns: self.expire_time_ns,
            post_only: self.post_only,
            reduce_only: self.reduce_only,
            strategy_id: self.strategy_id.map(Into::into),
            trader_id: self.trader_id.map(Into::into),
            sending_time_ns: self.sending_time_ns,
        })
    }
}

/// How far a stop trails: by an offset, which is read as `read` does, or by basis points.
pub fn trail<T>(
    offset: Option<T>,
    bps: Option<u32>,
    read: impl FnOnce(T) -> PyResult<Price>,
) -> PyResult<Option<Trail>> {
    match (offset, bps) {
        (Some(_), Some(bps)) => {
            Err(parameter("trail_bps", bps.to_string(), "unset where there is a trail"))
        }
        (Some(offset), None) => Ok(Some(Trail::Offset(read(offset)?))),
        (None, bps) => Ok(bps.map(Trail::Bps)),
    }
}

/// Until it is canceled, or until it expires where it says when.
pub fn time_in_force(name: Option<&str>, expire_time_ns: Option<i64>) -> PyResult<TimeInForce> {
    match name {
        None if expire_time_ns.is_some() => Ok(TimeInForce::Gtd),
        None => Ok(TimeInForce::Gtc),
        Some(name) => TimeInForce::ALL
            .into_iter()
            .find(|known| known.name() == name)
            .ok_or_else(|| parameter("time_in_force", name, "DAY, GTC, IOC, FOK or GTD")),
    }
}

/// Prices tell what kind of order it is.
pub const fn order_type(has_limit: bool, has_stop: bool, has_trail: bool) -> OrderType {
    match (has_limit, has_stop, has_trail) {
        (_, _, true) => OrderType::TrailingStop,
        (true, true, false) => OrderType::StopLimit,
        (true, false, false) => OrderType::Limit,
        (false, true, false) => OrderType::Stop,
        (false, false, false) => OrderType::Market,
    }
}

/// A side from its name.
pub fn side(name: &str) -> PyResult<Side> {
    match name {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        _ => Err(parameter("side", format!("{name:?}"), "BUY or SELL")),
    }
}

/// The name of a side.
pub const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

macro_rules! entries {
    ($($name:ident),+ $(,)?) => {
        #[pymethods]
        impl PyOrderTerms {
            $(
                #[getter]
                fn $name<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                    self.terms.$name.show(py, self.units)
                }
            )+

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                let mut shown = Vec::new();
                $(
                    let value = self.$name(py)?;
                    if value.is_truthy()? {
                        shown.push(format!("{}={}", stringify!($name), value.repr()?));
                    }
                )+
                Ok(format!("OrderTerms({})", shown.join(", ")))
            }

            fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                to_python(py, &self.terms)
            }

            fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
                other.cast::<Self>().is_ok_and(|other| other.get().terms == self.terms)
            }
        }
    };
}

entries!(
    order_id,
    client_order_id,
    symbol,
    side,
    order_type,
    quantity,
    limit_price,
    stop_price,
    trail,
    time_in_force,
    expire_time_ns,
    post_only,
    reduce_only,
    strategy_id,
    trader_id,
    sending_time_ns,
);
