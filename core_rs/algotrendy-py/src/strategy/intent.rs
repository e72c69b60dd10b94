//! What rules know and want, between the core and Python.

use std::collections::HashMap;

use algotrendy_core::decimal::Decimal;
use algotrendy_core::expr::{BarValues, Field};
use algotrendy_core::instrument::Instrument;
use algotrendy_core::order::terms::Trail;
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::strategy::{Amount, Exits, Intent, View};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::to_py;
use crate::expr::stream::bar_of;
use crate::trading::terms::side_name;
use crate::venue::venue_config;

/// What is closed and what is opened, each an intent as a dict.
pub type Intents<'py> = (Option<Bound<'py, PyDict>>, Option<Bound<'py, PyDict>>);

/// A bar's open, high, low, close, volume, open time and close time.
pub type BarTuple = (f64, f64, f64, f64, f64, i64, i64);

/// How much an intent is for.
#[pyclass(name = "RuleAmount", module = "algotrendy._core", frozen)]
pub struct PyAmount {
    amount: Amount,
    instrument: Instrument,
}

#[pymethods]
impl PyAmount {
    /// Units of the instrument; None where that depends on the open at which it fills.
    #[getter]
    fn units(&self) -> Option<i64> {
        match self.amount {
            Amount::Units(quantity) => Some(quantity.0),
            Amount::ShareAtOpen(_) | Amount::MoneyAtOpen(_) => None,
        }
    }

    /// Units at an open, with what a fill at a venue of these terms costs on top of it.
    #[pyo3(signature = (*, open, equity, venue))]
    fn units_at_open(
        &self,
        open: i64,
        equity: Option<&str>,
        venue: &Bound<'_, PyAny>,
    ) -> PyResult<i64> {
        let (equity, venue) = (decimal(equity)?, venue_config(venue)?);
        let units = self.amount.units_at_open(equity, Price(open), &venue, &self.instrument);
        units.map_err(to_py)
    }
}

/// What protects a position that an intent opens.
#[pyclass(name = "RuleExits", module = "algotrendy._core", frozen)]
pub struct PyExits {
    pub exits: Exits,
    pub instrument: Instrument,
}

#[pymethods]
impl PyExits {
    fn __bool__(&self) -> bool {
        !self.exits.is_empty()
    }

    /// The orders that protect what `side` entered at an average price, in units of the instrument: dicts of order terms.
    fn orders<'py>(
        &self,
        py: Python<'py>,
        side: &str,
        price: i64,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let side = crate::trading::terms::side(side)?;
        let orders = self.exits.orders(side, Price(price), &self.instrument).map_err(to_py)?;
        let orders = orders.into_iter().map(|order| {
            let dict = PyDict::new(py);
            dict.set_item("side", side_name(order.side))?;
            dict.set_item("order_type", order.order_type.name())?;
            dict.set_item("limit_price", order.limit_price.map(|price| price.0))?;
            dict.set_item("stop_price", order.stop_price.map(|price| price.0))?;
            let (offset, bps) = match order.trail {
                None => (None, None),
                Some(Trail::Offset(price)) => (Some(price.0), None),
                Some(Trail::Bps(bps)) => (None, Some(bps)),
            };
            dict.set_item("trail_offset", offset)?;
            dict.set_item("trail_bps", bps)?;
            Ok(dict)
        });
        orders.collect()
    }
}

/// A decimal as it is written.
pub fn decimal(text: Option<&str>) -> PyResult<Option<Decimal>> {
    text.map(str::parse::<Decimal>).transpose().map_err(to_py)
}

/// What a rule knows of the account at a close; money and prices in units of the instrument.
pub fn view(
    position: i64,
    close: i64,
    equity: Option<&str>,
    is_working: bool,
    bars_held: u32,
) -> PyResult<View> {
    let (position, price, equity) = (Quantity(position), Price(close), decimal(equity)?);
    Ok(View { position, price, equity, is_working, bars_held })
}

/// A bar as expressions read it.
pub fn bar_values(bar: BarTuple) -> PyResult<BarValues> {
    let (open, high, low, close, volume, open_time_ns, close_time_ns) = bar;
    let mut fields = [None; Field::COUNT];
    for (place, value) in [open, high, low, close, volume].into_iter().enumerate() {
        fields[place] = Some(value);
    }
    bar_of(fields, Some(open_time_ns), Some(close_time_ns), &[])
}

/// What models said, by name; one that said nothing is missing.
pub fn model_outputs(said: &[(String, usize)], values: &[f64]) -> HashMap<String, f64> {
    let said = said.iter().filter_map(|(name, output)| {
        values.get(*output).filter(|value| !value.is_nan()).map(|value| (name.clone(), *value))
    });
    said.collect()
}

/// An intent as a dict: its side, amount, cause and exits.
pub fn intent_dict<'py>(
    py: Python<'py>,
    intent: &Intent,
    instrument: &Instrument,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let amount = PyAmount { amount: intent.amount, instrument: instrument.clone() };
    let exits = PyExits { exits: intent.exits, instrument: instrument.clone() };
    dict.set_item("side", side_name(intent.side))?;
    dict.set_item("amount", Bound::new(py, amount)?)?;
    dict.set_item("cause", intent.cause.name())?;
    dict.set_item("exits", Bound::new(py, exits)?)?;
    Ok(dict)
}
