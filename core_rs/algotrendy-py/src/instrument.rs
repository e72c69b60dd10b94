//! `Instrument`: frozen, valid by construction, compared and hashed by its terms.

use algotrendy_core::instrument::{Instrument, InstrumentTerms};
use algotrendy_core::order::ids::{CalendarId, Sector};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::de::DeserializeOwned;

use crate::convert::{from_python, to_python};
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
        multiplier = 1, allow_negative_prices = false, initial_margin = None,
        maintenance_margin = None, commission = None, expire_time_ns = None, calendar_id = None,
        sector = None
    ))]
    // One keyword argument per term.
    #[allow(clippy::too_many_arguments)]
    fn new(
        symbol: &str,
        kind: &str,
        currency: &str,
        price_scale: u8,
        quantity_scale: u8,
        tick_size: i64,
        lot_size: i64,
        multiplier: i64,
        allow_negative_prices: bool,
        initial_margin: Option<&Bound<'_, PyAny>>,
        maintenance_margin: Option<&Bound<'_, PyAny>>,
        commission: Option<&Bound<'_, PyAny>>,
        expire_time_ns: Option<i64>,
        calendar_id: Option<&str>,
        sector: Option<&str>,
    ) -> PyResult<Self> {
        let terms = InstrumentTerms {
            symbol: symbol.into(),
            kind: kind.parse().map_err(to_py)?,
            currency: currency.parse().map_err(to_py)?,
            price_scale,
            quantity_scale,
            tick_size,
            lot_size,
            multiplier,
            allow_negative_prices,
            initial_margin: optional("initial_margin", initial_margin)?,
            maintenance_margin: optional("maintenance_margin", maintenance_margin)?,
            commission: optional("commission", commission)?,
            expire_time_ns,
            calendar_id: calendar_id.map(Into::into),
            sector: sector.map(Into::into),
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

    #[getter]
    fn initial_margin<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.inner.terms().initial_margin)
    }

    #[getter]
    fn maintenance_margin<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.inner.terms().maintenance_margin)
    }

    #[getter]
    fn commission<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.inner.terms().commission)
    }

    #[getter]
    fn expire_time_ns(&self) -> Option<i64> {
        self.inner.terms().expire_time_ns
    }

    #[getter]
    fn calendar_id(&self) -> Option<&str> {
        self.inner.terms().calendar_id.as_ref().map(CalendarId::as_str)
    }

    #[getter]
    fn sector(&self) -> Option<&str> {
        self.inner.terms().sector.as_ref().map(Sector::as_str)
    }

    /// The terms as `RegisterInstrument` takes them.
    #[getter]
    fn terms<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, self.inner.terms())
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((&str,), Bound<'py, PyAny>)> {
        let terms = self.terms(py)?;
        terms.del_item("symbol")?;
        Ok(((self.symbol(),), terms))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut shown = vec![format!("{:?}", self.symbol())];
        for (name, value) in self.terms(py)?.cast_into::<PyDict>()? {
            // What an instrument need not have is shown where it has it.
            if name.to_string() != "symbol" && !value.is_none() {
                shown.push(format!("{name}={}", value.repr()?));
            }
        }
        Ok(format!("Instrument({})", shown.join(", ")))
    }
}

/// A value that may be left out.
fn optional<T: DeserializeOwned>(
    what: &'static str,
    value: Option<&Bound<'_, PyAny>>,
) -> PyResult<Option<T>> {
    value.map(|value| from_python(what, value)).transpose()
}

/// Adds this file's classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyInstrument>()
}
