//! `Bars`, `TimeBarAggregator` and `time_bars`.

use algotrendy_core::bar::{Aggregator, Bar, Bars, TimeBarAggregator, TimePolicy};
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::trade::{AggressorSide, Trade, TradeColumns};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::RecordBatch;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::arrow;
use crate::columns::Column;
use crate::errors::to_py;

/// Bars of one instrument as columns. NumPy columns are copies; Arrow exports share memory.
#[pyclass(name = "Bars", module = "algotrendy._core", frozen)]
pub struct PyBars {
    batch: RecordBatch,
    late_trades: u64,
}

impl PyBars {
    fn new(bars: Bars) -> PyResult<Self> {
        let late_trades = bars.late_trades;
        Ok(Self { batch: arrow::batch_from_bars(bars).map_err(arrow::to_py)?, late_trades })
    }

    fn integers<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let column =
            self.batch.column(self.batch.schema_ref().index_of(name).map_err(arrow::to_py)?);
        Ok(PyArray1::from_slice(py, column.as_primitive::<Int64Type>().values()))
    }
}

#[pymethods]
impl PyBars {
    #[getter]
    fn open_time_ns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.integers(py, "open_time_ns")
    }

    #[getter]
    fn close_time_ns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.integers(py, "close_time_ns")
    }

    #[getter]
    fn open<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.integers(py, "open")
    }

    #[getter]
    fn high<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.integers(py, "high")
    }

    #[getter]
    fn low<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.integers(py, "low")
    }

    #[getter]
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.integers(py, "close")
    }

    #[getter]
    fn volume<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.integers(py, "volume")
    }

    #[getter]
    fn trade_count<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.integers(py, "trade_count")
    }

    #[getter]
    fn buy_volume<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.integers(py, "buy_volume")
    }

    #[getter]
    fn sell_volume<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.integers(py, "sell_volume")
    }

    /// Python integers: a notional can be larger than any NumPy integer.
    #[getter]
    fn notional(&self) -> Vec<i128> {
        self.batch.column(arrow::NOTIONAL_INDEX).as_primitive::<Decimal128Type>().values().to_vec()
    }

    /// Why each bar ended: `"INTERVAL"`, or `"FINISH"` for a partial bar.
    #[getter]
    fn close_reason(&self) -> Vec<&'static str> {
        arrow::close_reasons(&self.batch)
    }

    /// How many trades came too late to be in any of these bars.
    #[getter]
    fn late_trades(&self) -> u64 {
        self.late_trades
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    fn __repr__(&self) -> String {
        format!("<Bars: {} bars, {} late trades>", self.batch.num_rows(), self.late_trades)
    }

    // The protocol lets an exporter ignore the schema that was asked for.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema;
        arrow::array_capsules(py, &self.batch)
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        arrow::stream_capsule(py, &self.batch)
    }
}

/// The borrowed columns of a batch of trades.
struct TradeArrays<'py> {
    times_ns: Column<'py, i64>,
    prices: Column<'py, i64>,
    quantities: Column<'py, i64>,
    aggressor_sides: Option<Column<'py, i8>>,
}

impl<'py> TradeArrays<'py> {
    fn extract(
        times_ns: &Bound<'py, PyAny>,
        prices: &Bound<'py, PyAny>,
        quantities: &Bound<'py, PyAny>,
        aggressor_sides: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self {
            times_ns: Column::extract("times_ns", times_ns)?,
            prices: Column::extract("prices", prices)?,
            quantities: Column::extract("quantities", quantities)?,
            aggressor_sides: aggressor_sides
                .map(|sides| Column::extract("aggressor_sides", sides))
                .transpose()?,
        })
    }

    /// Folds the trades, with the GIL released.
    fn fold<E: algotrendy_core::error::Refusal + Send>(
        &self,
        py: Python<'py>,
        fold: impl FnOnce(TradeColumns<'_>) -> Result<Bars, E> + Send,
    ) -> PyResult<PyBars> {
        let (times_ns, prices) = (self.times_ns.values(), self.prices.values());
        let quantities = self.quantities.values();
        let aggressor_sides = self.aggressor_sides.as_ref().map(Column::values);
        let mut trades = TradeColumns::new(&times_ns, &prices, &quantities).map_err(to_py)?;
        if let Some(sides) = &aggressor_sides {
            trades = trades.with_aggressor_sides(sides).map_err(to_py)?;
        }
        PyBars::new(py.detach(|| fold(trades)).map_err(to_py)?)
    }
}

/// All time bars of a batch of trades, the last of them partial.
#[pyfunction]
#[pyo3(signature = (times_ns, prices, quantities, *, interval_ns, aggressor_sides = None))]
fn time_bars(
    py: Python<'_>,
    times_ns: &Bound<'_, PyAny>,
    prices: &Bound<'_, PyAny>,
    quantities: &Bound<'_, PyAny>,
    interval_ns: i64,
    aggressor_sides: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyBars> {
    let policy = TimePolicy::new(interval_ns).map_err(to_py)?;
    let arrays = TradeArrays::extract(times_ns, prices, quantities, aggressor_sides)?;
    arrays.fold(py, |trades| Aggregator::fold(policy, trades))
}

/// Folds trades into time bars as they come.
#[pyclass(name = "TimeBarAggregator", module = "algotrendy._core")]
struct PyTimeBarAggregator {
    inner: TimeBarAggregator,
}

#[pymethods]
impl PyTimeBarAggregator {
    #[new]
    fn new(interval_ns: i64) -> PyResult<Self> {
        let policy = TimePolicy::new(interval_ns).map_err(to_py)?;
        Ok(Self { inner: Aggregator::with_policy(policy) })
    }

    /// Adds one trade; returns the bar it closed, if any.
    #[pyo3(signature = (time_ns, price, quantity, aggressor_side = 0))]
    fn push<'py>(
        &mut self,
        py: Python<'py>,
        time_ns: i64,
        price: i64,
        quantity: i64,
        aggressor_side: i8,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let trade = Trade {
            event_time_ns: time_ns,
            price: Price(price),
            quantity: Quantity(quantity),
            aggressor_side: AggressorSide::from_code(aggressor_side),
        };
        let mut closed = Vec::new();
        self.inner.push(&trade, &mut closed).map_err(to_py)?;
        closed.pop().map(|bar| bar_dict(py, &bar)).transpose()
    }

    /// Adds many trades; returns the bars they closed. When it raises, nothing has changed.
    #[pyo3(signature = (times_ns, prices, quantities, *, aggressor_sides = None))]
    fn push_many(
        &mut self,
        py: Python<'_>,
        times_ns: &Bound<'_, PyAny>,
        prices: &Bound<'_, PyAny>,
        quantities: &Bound<'_, PyAny>,
        aggressor_sides: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyBars> {
        let arrays = TradeArrays::extract(times_ns, prices, quantities, aggressor_sides)?;
        arrays.fold(py, |trades| self.inner.push_many(trades))
    }

    /// Takes out the pending bar, which is partial.
    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.inner.finish().map(|bar| bar_dict(py, &bar)).transpose()
    }

    /// How many trades were older than the one before them, and so are in no bar.
    #[getter]
    fn late_trades(&self) -> u64 {
        self.inner.late_trades()
    }
}

fn bar_dict<'py>(py: Python<'py>, bar: &Bar) -> PyResult<Bound<'py, PyAny>> {
    Ok(pythonize::pythonize(py, bar)?)
}

/// Adds this file's classes and functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyBars>()?;
    module.add_class::<PyTimeBarAggregator>()?;
    module.add_function(wrap_pyfunction!(time_bars, module)?)
}
