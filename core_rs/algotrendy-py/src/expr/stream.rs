//! `FeatureStream`: one bar in, the values at it out.

use std::sync::Arc;

use algotrendy_core::expr::{BarValues, Field, Stream, NO_TIME};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;

use super::environment::Environment;
use crate::bar::bars::PyBar;
use crate::bar::refusal;

/// An evaluation in progress; its values have the bits that `FeatureSet.evaluate` gives.
#[pyclass(name = "FeatureStream", module = "algotrendy._core")]
pub struct PyFeatureStream {
    stream: Stream,
    environment: Arc<Environment>,
    required: Vec<Field>,
    values: Py<PyArray1<f64>>,
}

impl PyFeatureStream {
    /// A stream of so many values a bar.
    pub fn new(
        py: Python<'_>,
        stream: Stream,
        environment: Arc<Environment>,
        count: usize,
    ) -> Self {
        let required = stream.fields();
        let values = PyArray1::from_vec(py, vec![f64::NAN; count]).unbind();
        Self { stream, environment, required, values }
    }
}

/// The fields of a bar as arguments: in the order of [`Field::ALL`].
pub type FieldArguments = [Option<f64>; Field::COUNT];

/// The bar that was given, whole or by its fields.
fn pushed(
    bar: Option<&Bound<'_, PyBar>>,
    fields: FieldArguments,
    open_time_ns: Option<i64>,
    close_time_ns: Option<i64>,
    required: &[Field],
) -> PyResult<BarValues> {
    match bar {
        Some(bar) => Ok(bar.get().values()),
        None => bar_of(fields, open_time_ns, close_time_ns, required),
    }
}

/// A bar of arguments.
pub fn bar_of(
    fields: FieldArguments,
    open_time_ns: Option<i64>,
    close_time_ns: Option<i64>,
    required: &[Field],
) -> PyResult<BarValues> {
    if let Some(field) = required.iter().find(|field| fields[field.index()].is_none()) {
        return Err(refusal::parameter(
            field.name(),
            "not given",
            "a number: an expression reads it",
        ));
    }
    Ok(BarValues {
        open_time_ns: open_time_ns.unwrap_or(NO_TIME),
        close_time_ns: close_time_ns.unwrap_or(NO_TIME),
        values: fields.map(|value| value.unwrap_or(f64::NAN)),
    })
}

#[pymethods]
impl PyFeatureStream {
    /// Adds one bar and returns the values at it, in the order of the names. The array is the same each time. Without `ask_models`, models
    /// have no output there: the bar only warms up those after it.
    #[allow(unsafe_code)]
    #[pyo3(signature = (bar = None, /, *, open = None, high = None, low = None, close = None, volume = None, notional = None, trade_count = None, buy_volume = None, sell_volume = None, open_time_ns = None, close_time_ns = None, ask_models = true))]
    #[allow(clippy::too_many_arguments)] // A bar's fields.
    fn push(
        &mut self,
        py: Python<'_>,
        bar: Option<&Bound<'_, PyBar>>,
        open: Option<f64>,
        high: Option<f64>,
        low: Option<f64>,
        close: Option<f64>,
        volume: Option<f64>,
        notional: Option<f64>,
        trade_count: Option<f64>,
        buy_volume: Option<f64>,
        sell_volume: Option<f64>,
        open_time_ns: Option<i64>,
        close_time_ns: Option<i64>,
        ask_models: bool,
    ) -> PyResult<Py<PyArray1<f64>>> {
        let fields =
            [open, high, low, close, volume, notional, trade_count, buy_volume, sell_volume];
        let bar = pushed(bar, fields, open_time_ns, close_time_ns, &self.required)?;
        let context = self.environment.context(if ask_models { NO_TIME } else { i64::MAX });
        let values = self.stream.push(&bar, &context);
        let values = values.map_err(|refusal| self.environment.to_py(refusal))?;
        // SAFETY: only this method writes to the array, while it has the stream to itself; who reads it from another thread meanwhile
        // reads the values of this bar or of the one before, as `push` says.
        unsafe { self.values.bind(py).as_slice_mut()? }.copy_from_slice(values);
        Ok(self.values.clone_ref(py))
    }

    /// Adds a bar of another series, which counts for the bars that close when it does or later.
    #[pyo3(signature = (name, bar = None, /, *, open = None, high = None, low = None, close = None, volume = None, notional = None, trade_count = None, buy_volume = None, sell_volume = None, open_time_ns = None, close_time_ns = None))]
    #[allow(clippy::too_many_arguments)] // A bar's fields.
    fn push_other(
        &mut self,
        name: &str,
        bar: Option<&Bound<'_, PyBar>>,
        open: Option<f64>,
        high: Option<f64>,
        low: Option<f64>,
        close: Option<f64>,
        volume: Option<f64>,
        notional: Option<f64>,
        trade_count: Option<f64>,
        buy_volume: Option<f64>,
        sell_volume: Option<f64>,
        open_time_ns: Option<i64>,
        close_time_ns: Option<i64>,
    ) -> PyResult<()> {
        let fields =
            [open, high, low, close, volume, notional, trade_count, buy_volume, sell_volume];
        let required = self.stream.fields_of(name);
        let bar = pushed(bar, fields, open_time_ns, close_time_ns, &required)?;
        let result = self.stream.push_other(name, &bar, &self.environment.context(NO_TIME));
        result.map_err(|refusal| self.environment.to_py(refusal))
    }
}

/// An evaluation of one expression in progress, with the bits that `Expression.evaluate` gives.
#[pyclass(name = "ExpressionStream", module = "algotrendy._core")]
pub struct PyExpressionStream {
    stream: Stream,
    environment: Arc<Environment>,
    required: Vec<Field>,
}

impl PyExpressionStream {
    /// A stream of one value a bar.
    pub fn new(stream: Stream, environment: Arc<Environment>) -> Self {
        let required = stream.fields();
        Self { stream, environment, required }
    }
}

#[pymethods]
impl PyExpressionStream {
    /// Adds one bar and returns the value at it.
    #[pyo3(signature = (bar = None, /, *, open = None, high = None, low = None, close = None, volume = None, notional = None, trade_count = None, buy_volume = None, sell_volume = None, open_time_ns = None, close_time_ns = None))]
    #[allow(clippy::too_many_arguments)] // A bar's fields.
    fn push(
        &mut self,
        bar: Option<&Bound<'_, PyBar>>,
        open: Option<f64>,
        high: Option<f64>,
        low: Option<f64>,
        close: Option<f64>,
        volume: Option<f64>,
        notional: Option<f64>,
        trade_count: Option<f64>,
        buy_volume: Option<f64>,
        sell_volume: Option<f64>,
        open_time_ns: Option<i64>,
        close_time_ns: Option<i64>,
    ) -> PyResult<f64> {
        let fields =
            [open, high, low, close, volume, notional, trade_count, buy_volume, sell_volume];
        let bar = pushed(bar, fields, open_time_ns, close_time_ns, &self.required)?;
        let values = self.stream.push(&bar, &self.environment.context(NO_TIME));
        let values = values.map_err(|refusal| self.environment.to_py(refusal))?;
        Ok(values[0])
    }
}
