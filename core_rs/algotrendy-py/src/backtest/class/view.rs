//! `RunView`: what a strategy sees of its run.

use std::sync::Arc;

use algotrendy_core::backtest::{RunError, Session};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::bar::PyStrategyBars;
use super::present::Present;
use super::run::{RunNames, Unknown};
use crate::backtest::refusal::NotTrading;
use crate::bar::numbers::power_of_ten;
use crate::bar::refusal::parameter;
use crate::errors::to_py;
use crate::trading::order::PyOrder;
use crate::trading::position::{was_traded, PyPosition};

/// What a strategy sees of its run.
#[pyclass(name = "RunView", module = "algotrendy._core", frozen, subclass)]
pub struct PyRunView {
    pub names: Arc<RunNames>,
}

impl PyRunView {
    /// Reads something of the present; what is unknown is refused.
    pub fn read<R>(
        &self,
        py: Python<'_>,
        read: impl FnOnce(&mut Present<'_>) -> Result<R, Unknown>,
    ) -> PyResult<R> {
        self.names.link.with(py, read)?.map_err(|unknown| unknown.into_py(&self.names))
    }

    /// Asks for something that trading has.
    pub fn ask<R>(
        &self,
        py: Python<'_>,
        ask: impl FnOnce(&mut Session) -> Result<R, RunError>,
    ) -> PyResult<R> {
        let answer =
            self.names.link.with(py, |present| present.is_trading.then(|| ask(present.session)))?;
        answer.ok_or_else(|| to_py(NotTrading))?.map_err(to_py)
    }
}

#[pymethods]
#[allow(clippy::cast_precision_loss)] // What a strategy decides by are floats.
impl PyRunView {
    /// A feature's value at the last bar of a series; NaN where it has none.
    #[pyo3(signature = (name, symbol = None))]
    fn feature(
        &self,
        py: Python<'_>,
        name: &Bound<'_, PyString>,
        symbol: Option<&str>,
    ) -> PyResult<f64> {
        self.value(py, name, symbol)
    }

    /// What a model says of the last bar of a series; NaN where it says nothing.
    #[pyo3(signature = (name, symbol = None))]
    fn model(&self, py: Python<'_>, name: &str, symbol: Option<&str>) -> PyResult<f64> {
        self.value(py, &PyString::new(py, &model_feature(name)), symbol)
    }

    /// What is held of an instrument; negative is short.
    #[pyo3(signature = (symbol = None))]
    fn position(&self, py: Python<'_>, symbol: Option<&str>) -> PyResult<f64> {
        self.read(py, |present| {
            let place = self.names.instrument(present, symbol)?;
            Ok(present.session.position(place) as f64 / self.names.traded[place].quantity_factor)
        })
    }

    /// What is held, by symbol, exactly.
    #[getter]
    fn positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let held: Vec<(String, PyPosition)> = self.names.link.with(py, |present| {
            let slots = present.session.state().slots().zip(&self.names.traded);
            let held = slots.filter(|(slot, _)| was_traded(slot) && slot.position.quantity.0 != 0);
            held.map(|(slot, traded)| {
                (traded.instrument.symbol().to_owned(), PyPosition::of(slot, traded.units))
            })
            .collect()
        })?;
        let positions = PyDict::new(py);
        for (symbol, position) in held {
            positions.set_item(symbol, Bound::new(py, position)?)?;
        }
        Ok(positions)
    }

    #[getter]
    fn cash(&self, py: Python<'_>) -> PyResult<f64> {
        let cash = self.names.link.with(py, |present| present.session.cash())?;
        Ok(cash.0 as f64 / self.names.cash_factor)
    }

    #[getter]
    fn equity(&self, py: Python<'_>) -> PyResult<f64> {
        let equity = self.names.link.with(py, |present| present.session.equity())?;
        Ok(equity.map_err(to_py)?.0 as f64 / self.names.cash_factor)
    }

    /// The last price of an instrument that is known; NaN before the first.
    #[pyo3(signature = (symbol = None))]
    fn price(&self, py: Python<'_>, symbol: Option<&str>) -> PyResult<f64> {
        self.read(py, |present| {
            let place = self.names.instrument(present, symbol)?;
            let scale = self.names.traded[place].instrument.price_scale();
            let price = present.session.price(place);
            Ok(price.map_or(f64::NAN, |price| price.0 as f64 / power_of_ten(scale)))
        })
    }

    /// Orders that may still fill, of one instrument or of all.
    #[pyo3(signature = (symbol = None))]
    fn open_orders(&self, py: Python<'_>, symbol: Option<&str>) -> PyResult<Vec<PyOrder>> {
        self.read(py, |present| {
            let only = symbol.map(|_| self.names.instrument(present, symbol)).transpose()?;
            let session = &*present.session;
            let open = session.state().open_orders().filter_map(|order| {
                let place = session.find_instrument(order.terms.symbol.as_str())?;
                let units = self.names.traded.get(place)?.units;
                let is_asked_for = only.is_none_or(|only| only == place);
                is_asked_for.then(|| PyOrder { order: Box::new(order.clone()), units })
            });
            Ok(open.collect())
        })
    }

    /// Whether an instrument is in the universe now.
    #[pyo3(signature = (symbol = None))]
    fn is_member(&self, py: Python<'_>, symbol: Option<&str>) -> PyResult<bool> {
        self.read(py, |present| {
            let place = self.names.instrument(present, symbol)?;
            Ok(present.session.is_member(place))
        })
    }

    /// The symbols that are in the universe now, in the order of the data.
    #[getter]
    fn members(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.names.link.with(py, |present| {
            let symbols = self.names.symbols().enumerate();
            let members = symbols.filter(|(place, _)| present.session.is_member(*place));
            members.map(|(_, symbol)| symbol.to_owned()).collect()
        })
    }

    /// All symbols of the run, in the order of the data.
    #[getter]
    fn symbols(&self) -> Vec<String> {
        self.names.symbols().map(str::to_owned).collect()
    }

    #[getter]
    fn now_ns(&self, py: Python<'_>) -> PyResult<i64> {
        self.names.link.with(py, |present| present.session.now_ns())
    }

    /// The last values of a field of a series, up to now, oldest first; fewer where there are no more.
    #[pyo3(signature = (count, field = "close", symbol = None))]
    fn history<'py>(
        &self,
        py: Python<'py>,
        count: usize,
        field: &str,
        symbol: Option<&str>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        if count == 0 {
            return Err(parameter("count", "0", "1 or more"));
        }
        let values = self.read(py, |present| {
            let (feed, last) = self.names.last_bar(present, symbol)?;
            let (bars, first) = present.session.bars(feed);
            let terms = &self.names.series[feed];
            let (column, factor) = match field {
                "open" => (bars.open(), terms.price_factor),
                "high" => (bars.high(), terms.price_factor),
                "low" => (bars.low(), terms.price_factor),
                "close" => (bars.close(), terms.price_factor),
                "volume" => (bars.volume(), terms.quantity_factor),
                _ => return Ok(None),
            };
            let end = last.map_or(0, |last| last + 1 - first);
            let rows = &column[end.saturating_sub(count)..end];
            Ok(Some(rows.iter().map(|units| *units as f64 / factor).collect()))
        })?;
        match values {
            Some(values) => Ok(PyArray1::from_vec(py, values)),
            None => {
                Err(parameter("field", format!("{field:?}"), "open, high, low, close or volume"))
            }
        }
    }

    /// The bars of the series that the callback is about.
    #[getter]
    fn bars(&self, py: Python<'_>) -> PyResult<PyStrategyBars> {
        self.series(py, None)
    }

    /// The bars of a series.
    #[pyo3(signature = (symbol = None))]
    fn series(&self, py: Python<'_>, symbol: Option<&str>) -> PyResult<PyStrategyBars> {
        let feed = self.read(py, |present| self.names.feed(present, symbol))?;
        Ok(PyStrategyBars { terms: Arc::clone(&self.names.series[feed]) })
    }

    /// Writes a line to the log `algotrendy.strategy`, with the time of the run.
    fn log(&self, py: Python<'_>, message: &Bound<'_, PyAny>) -> PyResult<()> {
        let time_ns = self.now_ns(py)?;
        let time = py
            .import("numpy")?
            .call_method1("datetime64", (time_ns, "ns"))?
            .call_method1("astype", ("datetime64[ms]",))?;
        let logger = py.import("logging")?.call_method1("getLogger", ("algotrendy.strategy",))?;
        logger.call_method1("info", ("%s  %s", time, message))?;
        Ok(())
    }

    fn __repr__(&self) -> String {
        let symbols: Vec<&str> = self.names.symbols().collect();
        format!("<Run of {}>", symbols.join(", "))
    }
}

impl PyRunView {
    fn value(
        &self,
        py: Python<'_>,
        name: &Bound<'_, PyString>,
        symbol: Option<&str>,
    ) -> PyResult<f64> {
        self.read(py, |present| {
            let feature = match present.features.place(name) {
                Ok(feature) => feature,
                Err(error) => return Ok(Err(error)),
            };
            let (feed, last) = self.names.last_bar(present, symbol)?;
            Ok(Ok(last.map_or(f64::NAN, |bar| present.features.value(feature, feed, bar))))
        })?
    }
}

/// The name of the feature that a model is.
pub fn model_feature(name: &str) -> String {
    format!("model({name:?})")
}
