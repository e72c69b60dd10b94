//! `Features`: columns of values out.

use std::sync::Arc;

use algotrendy_core::expr::Kind;
use arrow_array::{ArrayRef, BooleanArray, Float64Array, RecordBatch};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, Field, Schema};
use numpy::ndarray::ArrayView1;
use numpy::PyArray1;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::spare;
use crate::bar::export;

/// Named columns of one length. NumPy columns and Arrow exports share its memory.
#[pyclass(name = "Features", module = "algotrendy._core", frozen)]
pub struct PyFeatures {
    names: Vec<String>,
    kinds: Vec<Kind>,
    columns: Vec<ScalarBuffer<f64>>,
    length: usize,
}

impl PyFeatures {
    /// Columns of one length.
    pub fn new(
        names: Vec<String>,
        kinds: Vec<Kind>,
        columns: Vec<Vec<f64>>,
        length: usize,
    ) -> Self {
        let columns = columns.into_iter().map(ScalarBuffer::from).collect();
        Self { names, kinds, columns, length }
    }

    fn batch(&self) -> PyResult<RecordBatch> {
        let arrays: Vec<ArrayRef> = self
            .columns
            .iter()
            .zip(&self.kinds)
            .map(|(column, kind)| array(column, *kind))
            .collect();
        let field =
            |(name, array): (&String, &ArrayRef)| Field::new(name, array.data_type().clone(), true);
        let fields: Vec<Field> = self.names.iter().zip(&arrays).map(field).collect();
        let batch = || -> Result<RecordBatch, ArrowError> {
            RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        };
        batch().map_err(export::to_py)
    }
}

impl Drop for PyFeatures {
    /// Columns that were not exported are left for evaluations to come.
    fn drop(&mut self) {
        for column in self.columns.drain(..) {
            if let Ok(column) = column.into_inner().into_vec() {
                spare::give(column);
            }
        }
    }
}

/// A column as Arrow has it: what is no number is null.
fn array(column: &ScalarBuffer<f64>, kind: Kind) -> ArrayRef {
    let nulls = column.iter().map(|value| !value.is_nan()).collect::<NullBuffer>();
    let nulls = (nulls.null_count() > 0).then_some(nulls);
    match kind {
        Kind::Number => Arc::new(Float64Array::new(column.clone(), nulls)),
        Kind::Boolean => {
            let values = column.iter().map(|value| *value > 0.5).collect();
            Arc::new(BooleanArray::new(values, nulls))
        }
    }
}

#[pymethods]
impl PyFeatures {
    #[getter]
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn keys(&self) -> Vec<String> {
        self.names.clone()
    }

    fn __len__(&self) -> usize {
        self.length
    }

    fn __contains__(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// A column, NaN where there is no value; read-only, without a copy.
    #[allow(unsafe_code)]
    fn __getitem__<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let this = slf.get();
        let Some(place) = this.names.iter().position(|known| known == name) else {
            let known = this.names.join(", ");
            return Err(PyKeyError::new_err(format!("{name:?}; there are {known}")));
        };
        let view = ArrayView1::from(&this.columns[place][..]);
        // SAFETY: the array keeps this object alive, which is frozen and holds the memory; the array cannot be written to.
        let array = unsafe { PyArray1::borrow_from_array(&view, slf.clone().into_any()) };
        array.call_method1("setflags", (false,))?;
        Ok(array.into_any())
    }

    fn __repr__(&self) -> String {
        format!("<Features: {} of {} bars>", self.names.join(", "), self.length)
    }

    // The protocol lets an exporter ignore the schema that was asked for.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema;
        export::array_capsules(py, &self.batch()?)
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        export::stream_capsule(py, &self.batch()?)
    }
}

/// The type of a column, as Python names it.
pub fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "number",
        Kind::Boolean => "boolean",
    }
}
