//! `StrategyBar`: a bar as `on_bar` is given it, and `StrategyBars`, the ones before it.

use std::sync::Arc;

use algotrendy_core::backtest::{BarColumns, FeedId};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::present::Link;
use crate::backtest::refusal::Lookahead;
use crate::bar::numbers::power_of_ten;

/// What all bars of a series share.
pub struct SeriesTerms {
    pub feed: FeedId,
    pub name: Py<PyString>,
    pub symbol: Py<PyString>,
    /// What units are divided by to be prices, and volumes.
    pub price_factor: f64,
    pub quantity_factor: f64,
    pub link: Arc<Link>,
}

impl SeriesTerms {
    /// A feed's.
    pub fn new(
        py: Python<'_>,
        feed: FeedId,
        terms: &algotrendy_core::backtest::Feed,
        link: Arc<Link>,
    ) -> Self {
        Self {
            feed,
            name: PyString::intern(py, &terms.name).unbind(),
            symbol: PyString::intern(py, terms.instrument.symbol()).unbind(),
            price_factor: power_of_ten(terms.instrument.price_scale()),
            quantity_factor: power_of_ten(terms.instrument.quantity_scale()),
            link,
        }
    }

    fn bar(&self, py: Python<'_>, index: usize) -> PyResult<Option<Values>> {
        self.link.with(py, |present| {
            let (bars, first) = present.session.bars(self.feed);
            let place = index.checked_sub(first).filter(|place| *place < bars.len())?;
            Some(Values::of(bars, place))
        })
    }

    fn known(&self, py: Python<'_>) -> PyResult<usize> {
        self.link.with(py, |present| present.session.known_bars(self.feed))
    }

    /// A bar by its place in all that the series ever brought.
    fn at(self: &Arc<Self>, py: Python<'_>, index: isize) -> PyResult<PyStrategyBar> {
        let known = self.known(py)?;
        let none = |problem: &str| {
            PyIndexError::new_err(format!("bar {index} of {}: {problem}", self.name))
        };
        let Ok(index) = usize::try_from(index) else {
            return Err(none("the series begins with bar 0"));
        };
        if index >= known {
            return Err(Lookahead::raise(py, self.name.bind(py).to_str()?, index, known));
        }
        let values = self.bar(py, index)?;
        let values = values.ok_or_else(|| none("it is no longer at hand"))?;
        Ok(PyStrategyBar { terms: Arc::clone(self), index, values })
    }
}

/// A bar's numbers, in units.
#[derive(Clone, Copy, Default)]
pub struct Values {
    open_time_ns: i64,
    close_time_ns: i64,
    open: i64,
    high: i64,
    low: i64,
    close: i64,
    volume: i64,
}

impl Values {
    #[inline]
    pub fn of(bars: &BarColumns, place: usize) -> Self {
        Self {
            open_time_ns: bars.open_time_ns()[place],
            close_time_ns: bars.close_time_ns()[place],
            open: bars.open()[place],
            high: bars.high()[place],
            low: bars.low()[place],
            close: bars.close()[place],
            volume: bars.volume()[place],
        }
    }
}

/// A bar that has closed.
#[pyclass(name = "StrategyBar", module = "algotrendy._core")]
pub struct PyStrategyBar {
    terms: Arc<SeriesTerms>,
    /// Its place in all that the series ever brought.
    index: usize,
    values: Values,
}

impl PyStrategyBar {
    /// A bar of a series.
    pub const fn new(terms: Arc<SeriesTerms>, index: usize, values: Values) -> Self {
        Self { terms, index, values }
    }

    /// Makes another bar of the same series of it: for one that nobody else holds.
    pub fn renew(&mut self, index: usize, values: Values) {
        self.index = index;
        self.values = values;
    }

    #[allow(clippy::cast_precision_loss)] // As the columns of `Bars`.
    fn price(&self, units: i64) -> f64 {
        units as f64 / self.terms.price_factor
    }
}

#[pymethods]
impl PyStrategyBar {
    #[getter]
    fn open(&self) -> f64 {
        self.price(self.values.open)
    }

    #[getter]
    fn high(&self) -> f64 {
        self.price(self.values.high)
    }

    #[getter]
    fn low(&self) -> f64 {
        self.price(self.values.low)
    }

    #[getter]
    fn close(&self) -> f64 {
        self.price(self.values.close)
    }

    #[getter]
    #[allow(clippy::cast_precision_loss)] // As the columns of `Bars`.
    fn volume(&self) -> f64 {
        self.values.volume as f64 / self.terms.quantity_factor
    }

    #[getter]
    fn open_time_ns(&self) -> i64 {
        self.values.open_time_ns
    }

    #[getter]
    fn close_time_ns(&self) -> i64 {
        self.values.close_time_ns
    }

    #[getter]
    fn symbol(&self, py: Python<'_>) -> Py<PyString> {
        self.terms.symbol.clone_ref(py)
    }

    /// The series: the symbol, or as in "SPY:1h".
    #[getter]
    fn series(&self, py: Python<'_>) -> Py<PyString> {
        self.terms.name.clone_ref(py)
    }

    /// Its place in the series, from 0.
    #[getter]
    fn index(&self) -> usize {
        self.index
    }

    /// The integers: prices and volume in the instrument's units.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let raw = PyDict::new(py);
        for (name, units) in [
            ("open", self.values.open),
            ("high", self.values.high),
            ("low", self.values.low),
            ("close", self.values.close),
            ("volume", self.values.volume),
        ] {
            raw.set_item(name, units)?;
        }
        Ok(raw)
    }

    /// A bar of the same series, counted from this one: -1 is the one before.
    fn __getitem__(&self, py: Python<'_>, offset: isize) -> PyResult<Self> {
        let index = isize::try_from(self.index).unwrap_or(isize::MAX).saturating_add(offset);
        self.terms.at(py, index)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.borrow();
            Arc::ptr_eq(&other.terms, &self.terms) && other.index == self.index
        })
    }

    fn __repr__(&self) -> String {
        format!(
            "StrategyBar({}, close_time_ns={}, open={}, high={}, low={}, close={}, volume={})",
            self.terms.name,
            self.close_time_ns(),
            self.open(),
            self.high(),
            self.low(),
            self.close(),
            self.volume()
        )
    }
}

/// The bars of a series that have closed.
#[pyclass(name = "StrategyBars", module = "algotrendy._core", frozen)]
pub struct PyStrategyBars {
    pub terms: Arc<SeriesTerms>,
}

#[pymethods]
impl PyStrategyBars {
    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.terms.known(py)
    }

    /// A bar by its place from 0, or from the end: -1 is the last that closed.
    fn __getitem__(&self, py: Python<'_>, index: isize) -> PyResult<PyStrategyBar> {
        if index >= 0 {
            return self.terms.at(py, index);
        }
        let known = isize::try_from(self.terms.known(py)?).unwrap_or(isize::MAX);
        self.terms.at(py, known.saturating_add(index))
    }

    fn __repr__(&self) -> String {
        format!("<StrategyBars of {}>", self.terms.name)
    }
}
