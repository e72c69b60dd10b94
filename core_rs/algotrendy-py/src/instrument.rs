//! `Instrument`: frozen, valid by construction, compared and hashed by its terms.

use algotrendy_core::instrument::{Instrument, InstrumentTerms};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::to_py;

/// Something with a price: its scales, steps and currency.
#[pyclass(name = "Instrument", module = "algotrendy._core", frozen, eq, hash, from_py_object)]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PyInstrument {
    pub inner: Instrument,
}

#[pymethods]
impl PyInstrument {
    #[new]
    #[pyo3(signature = (
        symbol, *, kind, currency, price_scale, quantity_scale, tick_size, lot_size,
        multiplier = 1, allow_negative_prices = false
    ))]
    // One keyword argument per term.
    #[allow(clippy::too_many_arguments)]
    fn new(
        symbol: String,
        kind: &str,
        currency: &str,
        price_scale: u8,
        quantity_scale: u8,
        tick_size: i64,
        lot_size: i64,
        multiplier: i64,
        allow_negative_prices: bool,
    ) -> PyResult<Self> {
        let terms = InstrumentTerms {
            symbol,
            kind: kind.parse().map_err(to_py)?,
            currency: currency.parse().map_err(to_py)?,
            price_scale,
            quantity_scale,
            tick_size,
            lot_size,
            multiplier,
            allow_negative_prices,
        };
        Ok(Self { inner: Instrument::new(terms).map_err(to_py)? })
    }

    #[getter]
    fn symbol(&self) -> &str {
        self.inner.symbol()
    }

    #[getter]
    fn kind(&self) -> &'static str {
        self.inner.kind().name()
    }

    #[getter]
    fn currency(&self) -> &'static str {
        self.inner.currency().code()
    }

    #[getter]
    fn cash_scale(&self) -> u8 {
        self.inner.currency().cash_scale()
    }

    #[getter]
    fn price_scale(&self) -> u8 {
        self.inner.price_scale()
    }

    #[getter]
    fn quantity_scale(&self) -> u8 {
        self.inner.quantity_scale()
    }

    #[getter]
    fn tick_size(&self) -> i64 {
        self.inner.tick_size()
    }

    #[getter]
    fn lot_size(&self) -> i64 {
        self.inner.lot_size()
    }

    #[getter]
    fn multiplier(&self) -> i64 {
        self.inner.multiplier()
    }

    #[getter]
    fn allow_negative_prices(&self) -> bool {
        self.inner.allow_negative_prices()
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((&str,), Bound<'py, PyDict>)> {
        let terms = PyDict::new(py);
        terms.set_item("kind", self.kind())?;
        terms.set_item("currency", self.currency())?;
        terms.set_item("price_scale", self.price_scale())?;
        terms.set_item("quantity_scale", self.quantity_scale())?;
        terms.set_item("tick_size", self.tick_size())?;
        terms.set_item("lot_size", self.lot_size())?;
        terms.set_item("multiplier", self.multiplier())?;
        terms.set_item("allow_negative_prices", self.allow_negative_prices())?;
        Ok(((self.symbol(),), terms))
    }

    fn __repr__(&self) -> String {
        format!(
            "Instrument({:?}, kind={:?}, currency={:?}, price_scale={}, quantity_scale={}, tick_size={}, lot_size={}, \
             multiplier={}, allow_negative_prices={})",
            self.symbol(),
            self.kind(),
            self.currency(),
            self.price_scale(),
            self.quantity_scale(),
            self.tick_size(),
            self.lot_size(),
            self.multiplier(),
            if self.allow_negative_prices() { "True" } else { "False" },
        )
    }
}

/// Adds this file's classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyInstrument>()
}
