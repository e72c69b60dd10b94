//! What `on_trade`, `on_quote` and `on_timer` are given.

use std::sync::Arc;

use algotrendy_core::backtest::TimerId;
use algotrendy_core::venue::{VenueQuote, VenueTrade};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::bar::SeriesTerms;

/// A trade of the market.
#[pyclass(name = "StrategyTrade", module = "algotrendy._core", frozen)]
pub struct PyStrategyTrade {
    pub terms: Arc<SeriesTerms>,
    pub trade: VenueTrade,
    /// 1 a buyer that took liquidity, −1 a seller, 0 unknown.
    pub side: i8,
}

#[pymethods]
#[allow(clippy::cast_precision_loss)] // What a strategy decides by are floats.
impl PyStrategyTrade {
    #[getter]
    fn time_ns(&self) -> i64 {
        self.trade.time_ns
    }

    #[getter]
    fn price(&self) -> f64 {
        self.trade.price.0 as f64 / self.terms.price_factor
    }

    #[getter]
    fn quantity(&self) -> f64 {
        self.trade.quantity.0 as f64 / self.terms.quantity_factor
    }

    #[getter]
    fn side(&self) -> i8 {
        self.side
    }

    #[getter]
    fn symbol(&self, py: Python<'_>) -> Py<PyString> {
        self.terms.symbol.clone_ref(py)
    }

    fn __repr__(&self) -> String {
        let (price, quantity) = (self.price(), self.quantity());
        let time_ns = self.trade.time_ns;
        format!(
            "StrategyTrade({}, time_ns={time_ns}, price={price}, quantity={quantity})",
            self.terms.symbol
        )
    }
}

/// The best bid and ask of the market.
#[pyclass(name = "StrategyQuote", module = "algotrendy._core", frozen)]
pub struct PyStrategyQuote {
    pub terms: Arc<SeriesTerms>,
    pub quote: VenueQuote,
}

#[pymethods]
#[allow(clippy::cast_precision_loss)] // What a strategy decides by are floats.
impl PyStrategyQuote {
    #[getter]
    fn time_ns(&self) -> i64 {
        self.quote.time_ns
    }

    #[getter]
    fn bid(&self) -> f64 {
        self.quote.bid.0 as f64 / self.terms.price_factor
    }

    #[getter]
    fn ask(&self) -> f64 {
        self.quote.ask.0 as f64 / self.terms.price_factor
    }

    #[getter]
    fn bid_size(&self) -> f64 {
        self.quote.bid_size.0 as f64 / self.terms.quantity_factor
    }

    #[getter]
    fn ask_size(&self) -> f64 {
        self.quote.ask_size.0 as f64 / self.terms.quantity_factor
    }

    #[getter]
    fn symbol(&self, py: Python<'_>) -> Py<PyString> {
        self.terms.symbol.clone_ref(py)
    }

    fn __repr__(&self) -> String {
        let (bid, ask) = (self.bid(), self.ask());
        let time_ns = self.quote.time_ns;
        format!("StrategyQuote({}, time_ns={time_ns}, bid={bid}, ask={ask})", self.terms.symbol)
    }
}

/// A timer that is due.
#[pyclass(name = "Timer", module = "algotrendy._core", frozen)]
pub struct PyTimer {
    pub id: TimerId,
    pub name: Option<String>,
    pub time_ns: i64,
}

#[pymethods]
impl PyTimer {
    /// What `context.timer` returned.
    #[getter]
    fn timer_id(&self) -> TimerId {
        self.id
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    #[getter]
    fn time_ns(&self) -> i64 {
        self.time_ns
    }

    fn __repr__(&self) -> String {
        let Self { id, name, time_ns } = self;
        format!("Timer({id}, name={name:?}, time_ns={time_ns})")
    }
}
