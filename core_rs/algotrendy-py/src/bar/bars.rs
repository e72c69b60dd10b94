//! `Bars` and `Bar`: what comes out.

use std::sync::OnceLock;

use algotrendy_core::bar::{Bar, BarFlags, Bars, CloseReason, Repeated, NO_ID};
use algotrendy_core::expr::BarValues;
use arrow_array::RecordBatch;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

use super::export::{self, floats, wide_floats, Format};
use super::numbers::{decimal, power_of_ten, Kind};

/// Bars of one instrument as columns. NumPy columns are copies; Arrow exports share memory.
#[pyclass(name = "Bars", module = "algotrendy._core", frozen)]
pub struct PyBars {
    bars: Bars,
    format: Format,
    /// Made when it is first asked for: a chunk of a hundred ticks seldom is.
    batch: OnceLock<RecordBatch>,
    report: OnceLock<Py<PyAny>>,
}

impl PyBars {
    /// Bars that go out in a format.
    pub fn new(bars: Bars, format: Format) -> Self {
        Self { bars, format, batch: OnceLock::new(), report: OnceLock::new() }
    }

    /// These bars, with the account of the series.
    pub fn with_report(self, report: Py<PyAny>) -> Self {
        Self { report: report.into(), ..self }
    }

    fn batch(&self) -> PyResult<&RecordBatch> {
        if let Some(batch) = self.batch.get() {
            return Ok(batch);
        }
        let batch = export::batch_from_bars(&self.bars, self.format).map_err(export::to_py)?;
        Ok(self.batch.get_or_init(|| batch))
    }

    fn prices<'py>(&self, py: Python<'py>, units: &[i64]) -> Bound<'py, PyAny> {
        if self.format.price == Kind::Integer {
            return PyArray1::from_slice(py, units).into_any();
        }
        let mut prices = floats(units, self.format.price_scale);
        if self.format.null_empty {
            for (price, flags) in prices.iter_mut().zip(self.bars.flags.iter()) {
                if flags.contains(BarFlags::EMPTY) {
                    *price = f64::NAN;
                }
            }
        }
        PyArray1::from_vec(py, prices).into_any()
    }

    fn quantities<'py>(&self, py: Python<'py>, units: &[i64]) -> Bound<'py, PyAny> {
        if self.format.quantity == Kind::Integer {
            return PyArray1::from_slice(py, units).into_any();
        }
        PyArray1::from_vec(py, floats(units, self.format.quantity_scale)).into_any()
    }
}

#[pymethods]
impl PyBars {
    #[getter]
    fn open<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.prices(py, self.bars.open())
    }

    #[getter]
    fn high<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.prices(py, self.bars.high())
    }

    #[getter]
    fn low<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.prices(py, self.bars.low())
    }

    #[getter]
    fn close<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.prices(py, self.bars.close())
    }

    #[getter]
    fn volume<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.quantities(py, self.bars.volume())
    }

    #[getter]
    fn buy_volume<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.quantities(py, &self.bars.buy_volume.to_vec())
    }

    #[getter]
    fn sell_volume<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.quantities(py, &self.bars.sell_volume.to_vec())
    }

    #[getter]
    fn time_ns<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let label = if self.format.label_close {
            self.bars.close_time_ns()
        } else {
            self.bars.open_time_ns()
        };
        PyArray1::from_slice(py, label)
    }

    #[getter]
    fn open_time_ns<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_slice(py, self.bars.open_time_ns())
    }

    #[getter]
    fn close_time_ns<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_slice(py, self.bars.close_time_ns())
    }

    #[getter]
    fn trade_count<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_slice(py, self.bars.trade_count())
    }

    /// Python integers where prices and quantities are: a notional can be larger than any NumPy integer.
    #[getter]
    fn notional<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if self.format.notional() == Kind::Integer {
            return Ok(PyList::new(py, self.bars.notional())?.into_any());
        }
        let scale = self.format.price_scale + self.format.quantity_scale;
        Ok(PyArray1::from_vec(py, wide_floats(self.bars.notional(), scale)).into_any())
    }

    /// The volume-weighted average price; NaN where there is no volume.
    #[getter]
    #[allow(clippy::cast_precision_loss)]
    fn vwap<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        let sums = self.bars.notional().zip(self.bars.volume());
        let factor = match self.format.price {
            Kind::Integer => 1.0,
            _ => super::numbers::power_of_ten(self.format.price_scale),
        };
        let vwap = sums.map(|(notional, volume)| notional as f64 / *volume as f64 / factor);
        let vwap = vwap.map(|vwap| if vwap.is_finite() { vwap } else { f64::NAN });
        PyArray1::from_vec(py, vwap.collect())
    }

    #[getter]
    fn first_trade_id<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<i64>>> {
        ids(py, self, &self.bars.first_trade_id)
    }

    #[getter]
    fn last_trade_id<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<i64>>> {
        ids(py, self, &self.bars.last_trade_id)
    }

    #[getter]
    fn close_reason(&self) -> Vec<&'static str> {
        self.bars.close_reason.iter().map(CloseReason::name).collect()
    }

    #[getter]
    fn flags<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        let flags: Vec<u8> = self.bars.flags.iter().map(|flags| flags.0).collect();
        PyArray1::from_vec(py, flags)
    }

    /// The style's name.
    #[getter]
    fn style(&self) -> &'static str {
        self.format.style
    }

    /// Digits after the point of a price whose unit is an integer.
    #[getter]
    fn price_scale(&self) -> u8 {
        self.format.price_scale
    }

    #[getter]
    fn quantity_scale(&self) -> u8 {
        self.format.quantity_scale
    }

    /// The series' account of what became bars and what did not; None for a part of a stream.
    #[getter]
    fn report<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.report.get().map(|report| report.bind(py).clone())
    }

    fn __len__(&self) -> usize {
        self.bars.len()
    }

    fn __getitem__(&self, index: isize) -> PyResult<PyBar> {
        let length = self.bars.len();
        let place = if index < 0 { index.checked_add_unsigned(length) } else { Some(index) };
        let bar = place
            .and_then(|place| usize::try_from(place).ok())
            .and_then(|place| self.bars.get(place));
        let refusal =
            || pyo3::exceptions::PyIndexError::new_err(format!("bar {index} of {length}"));
        bar.map(|bar| PyBar::new(bar, self.format)).ok_or_else(refusal)
    }

    fn __repr__(&self) -> String {
        let Some(first) = self.bars.get(0) else { return "<Bars: none>".to_owned() };
        let last = self.bars.get(self.bars.len() - 1).unwrap_or(first);
        format!(
            "<Bars: {} from {} ns to {} ns>",
            self.bars.len(),
            first.open_time_ns,
            last.close_time_ns
        )
    }

    // The protocol lets an exporter ignore the schema that was asked for.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema;
        export::array_capsules(py, self.batch()?)
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        export::stream_capsule(py, self.batch()?)
    }
}

/// A column of ids; bars without one have the smallest integer.
fn ids<'py>(
    py: Python<'py>,
    bars: &PyBars,
    ids: &Repeated<i64>,
) -> Option<Bound<'py, PyArray1<i64>>> {
    bars.format.has_ids.then(|| PyArray1::from_vec(py, ids.to_vec()))
}

/// One bar.
#[pyclass(name = "Bar", module = "algotrendy._core", frozen, eq)]
#[derive(PartialEq)]
pub struct PyBar {
    bar: Bar,
    format: Format,
}

impl PyBar {
    /// A bar that goes out in a format.
    pub const fn new(bar: Bar, format: Format) -> Self {
        Self { bar, format }
    }

    /// As expressions read it: floats, null where there is no price.
    #[allow(clippy::cast_precision_loss)] // As the columns of `Bars`.
    pub fn values(&self) -> BarValues {
        let Self { bar, format } = self;
        let is_empty = format.null_empty && bar.flags.contains(BarFlags::EMPTY);
        let scaled = |units: i64, kind: Kind, scale: u8| match kind {
            Kind::Integer => units as f64,
            _ => units as f64 / power_of_ten(scale),
        };
        let price = |units: i64| {
            if is_empty {
                return f64::NAN;
            }
            scaled(units, format.price, format.price_scale)
        };
        let quantity = |units: i64| scaled(units, format.quantity, format.quantity_scale);
        let notional = match format.notional() {
            Kind::Integer => bar.notional.0 as f64,
            _ => wide_floats([bar.notional.0], format.price_scale + format.quantity_scale)[0],
        };
        BarValues {
            open_time_ns: bar.open_time_ns,
            close_time_ns: bar.close_time_ns,
            values: [
                price(bar.open.0),
                price(bar.high.0),
                price(bar.low.0),
                price(bar.close.0),
                quantity(bar.volume.0),
                notional,
                bar.trade_count as f64,
                quantity(bar.buy_volume.0),
                quantity(bar.sell_volume.0),
            ],
        }
    }

    fn number(py: Python<'_>, units: i128, kind: Kind, scale: u8) -> PyResult<Bound<'_, PyAny>> {
        match kind {
            Kind::Integer => Ok(units.into_pyobject(py)?.into_any()),
            Kind::Float => Ok(wide_floats([units], scale)[0].into_pyobject(py)?.into_any()),
            Kind::Decimal => decimal(py, units, scale),
        }
    }

    fn price<'py>(&self, py: Python<'py>, units: i64) -> PyResult<Bound<'py, PyAny>> {
        if self.format.null_empty && self.bar.flags.contains(BarFlags::EMPTY) {
            return Ok(py.None().into_bound(py));
        }
        Self::number(py, units.into(), self.format.price, self.format.price_scale)
    }

    fn quantity<'py>(&self, py: Python<'py>, units: i64) -> PyResult<Bound<'py, PyAny>> {
        Self::number(py, units.into(), self.format.quantity, self.format.quantity_scale)
    }
}

#[pymethods]
impl PyBar {
    #[getter]
    fn open<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.price(py, self.bar.open.0)
    }

    #[getter]
    fn high<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.price(py, self.bar.high.0)
    }

    #[getter]
    fn low<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.price(py, self.bar.low.0)
    }

    #[getter]
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.price(py, self.bar.close.0)
    }

    #[getter]
    fn volume<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.quantity(py, self.bar.volume.0)
    }

    #[getter]
    fn buy_volume<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.quantity(py, self.bar.buy_volume.0)
    }

    #[getter]
    fn sell_volume<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.quantity(py, self.bar.sell_volume.0)
    }

    #[getter]
    fn time_ns(&self) -> i64 {
        if self.format.label_close {
            self.bar.close_time_ns
        } else {
            self.bar.open_time_ns
        }
    }

    #[getter]
    fn open_time_ns(&self) -> i64 {
        self.bar.open_time_ns
    }

    #[getter]
    fn close_time_ns(&self) -> i64 {
        self.bar.close_time_ns
    }

    #[getter]
    fn notional<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let scale = self.format.price_scale + self.format.quantity_scale;
        Self::number(py, self.bar.notional.0, self.format.notional(), scale)
    }

    #[getter]
    fn trade_count(&self) -> i64 {
        self.bar.trade_count
    }

    #[getter]
    fn first_trade_id(&self) -> Option<i64> {
        (self.bar.first_trade_id != NO_ID).then_some(self.bar.first_trade_id)
    }

    #[getter]
    fn last_trade_id(&self) -> Option<i64> {
        (self.bar.last_trade_id != NO_ID).then_some(self.bar.last_trade_id)
    }

    #[getter]
    fn close_reason(&self) -> &'static str {
        self.bar.close_reason.name()
    }

    #[getter]
    fn flags(&self) -> u8 {
        self.bar.flags.0
    }

    /// All fields by name.
    fn as_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let values = PyDict::new(slf.py());
        for name in FIELDS {
            values.set_item(name, slf.getattr(name)?)?;
        }
        Ok(values)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let shown = [
            "open_time_ns",
            "close_time_ns",
            "open",
            "high",
            "low",
            "close",
            "volume",
            "close_reason",
        ];
        let mut parts = Vec::new();
        for name in shown {
            parts.push(format!("{name}={}", slf.getattr(name)?.repr()?));
        }
        Ok(format!("Bar({})", parts.join(", ")))
    }
}

const FIELDS: [&str; 15] = [
    "open_time_ns",
    "close_time_ns",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "notional",
    "trade_count",
    "buy_volume",
    "sell_volume",
    "first_trade_id",
    "last_trade_id",
    "close_reason",
    "flags",
];
