//! `Expression` and `ExpressionStream`.

use std::hash::{DefaultHasher, Hash, Hasher};

use algotrendy_core::expr::{Expression, ExpressionStream, Field, FieldColumns, FieldValues};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::columns::Column;
use crate::errors::to_py;

/// A parsed expression over the fields of a bar.
#[pyclass(name = "Expression", module = "algotrendy._core", frozen)]
struct PyExpression {
    inner: Expression,
}

#[pymethods]
impl PyExpression {
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        Ok(Self { inner: text.parse().map_err(to_py)? })
    }

    #[getter]
    fn text(&self) -> &str {
        self.inner.text()
    }

    /// How many bars come before the first value, whatever the data.
    #[getter]
    fn warm_up(&self) -> usize {
        self.inner.warm_up()
    }

    /// The fields it reads.
    #[getter]
    fn fields(&self) -> Vec<&'static str> {
        self.inner.fields().into_iter().map(Field::name).collect()
    }

    /// Its value at every bar; NaN during warm-up. Columns that are no fields are ignored.
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        columns: &Bound<'py, PyMapping>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let mut arrays = Vec::with_capacity(Field::COUNT);
        for field in Field::ALL {
            if columns.contains(field.name())? {
                let column =
                    Column::<f64>::extract(field.name(), &columns.get_item(field.name())?)?;
                arrays.push((field, column));
            }
        }
        let values: Vec<_> =
            arrays.iter().map(|(field, column)| (*field, column.values())).collect();
        let mut field_columns = FieldColumns::default();
        for (field, values) in &values {
            field_columns = field_columns.with(*field, values).map_err(to_py)?;
        }
        let result = py.detach(|| self.inner.evaluate(&field_columns)).map_err(to_py)?;
        Ok(PyArray1::from_vec(py, result))
    }

    /// An evaluation that has seen no bar.
    fn stream(&self) -> PyExpressionStream {
        PyExpressionStream { inner: self.inner.stream(), fields: self.inner.fields() }
    }

    // Equal texts are equal expressions; `a+b` and `a + b` are not.
    fn __eq__(&self, other: &Self) -> bool {
        self.inner.text() == other.inner.text()
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.inner.text().hash(&mut hasher);
        hasher.finish()
    }

    fn __getnewargs__(&self) -> (&str,) {
        (self.inner.text(),)
    }

    fn __repr__(&self) -> String {
        format!("Expression({:?})", self.inner.text())
    }
}

/// An evaluation in progress: one bar in, one value out, with the bits that `Expression.evaluate` gives.
#[pyclass(name = "ExpressionStream", module = "algotrendy._core")]
struct PyExpressionStream {
    inner: ExpressionStream,
    fields: Vec<Field>,
}

#[pymethods]
impl PyExpressionStream {
    /// Adds one bar and returns the value at it. Fields that the expression does not read may be left out.
    #[pyo3(signature = (*, open = None, high = None, low = None, close = None, volume = None))]
    fn push(
        &mut self,
        open: Option<f64>,
        high: Option<f64>,
        low: Option<f64>,
        close: Option<f64>,
        volume: Option<f64>,
    ) -> PyResult<f64> {
        let bar = FieldValues::from_given([open, high, low, close, volume], &self.fields)
            .map_err(to_py)?;
        Ok(self.inner.push(&bar))
    }
}

/// Adds this file's classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyExpression>()?;
    module.add_class::<PyExpressionStream>()
}
