//! `Expression`: one text, parsed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use algotrendy_core::expr::{Expression, Field, Others, Plan, Stream, NO_TIME};
use numpy::PyArray1;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::columns::BarTable;
use super::environment::Environment;
use super::features::kind_name;
use super::stream::PyExpressionStream;
use crate::bar::table::Table;
use crate::errors::to_py;

/// A parsed expression over the fields of a bar.
#[pyclass(name = "Expression", module = "algotrendy._core", frozen)]
pub struct PyExpression {
    inner: Expression,
    plan: Arc<Plan>,
    environment: Arc<Environment>,
}

#[pymethods]
impl PyExpression {
    #[new]
    #[pyo3(signature = (text, *, models = None, zone = None, sessions = None))]
    fn new(
        text: &str,
        models: Option<HashMap<String, Bound<'_, PyAny>>>,
        zone: Option<&str>,
        sessions: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut environment = Environment::new(models, zone, sessions)?;
        let inner = Expression::with_models(text, &environment).map_err(to_py)?;
        environment.serve(inner.graph());
        let plan = Arc::new(Plan::new(inner.graph().clone()));
        Ok(Self { inner, plan, environment: Arc::new(environment) })
    }

    #[getter]
    fn text(&self) -> &str {
        self.inner.text()
    }

    /// The text as one person would write it.
    #[getter]
    fn canonical(&self) -> String {
        self.inner.canonical()
    }

    /// "number" or "boolean".
    #[getter]
    fn kind(&self) -> &'static str {
        kind_name(self.inner.kind())
    }

    /// How many bars come before the first value, whatever the data.
    #[getter]
    fn warm_up(&self) -> usize {
        self.inner.warm_up()
    }

    /// The fields it reads, those of series that are made from the bars among them.
    #[getter]
    fn fields(&self) -> Vec<&'static str> {
        self.plan.base_fields(|_| false).into_iter().map(Field::name).collect()
    }

    /// Whether it compares the members of a universe.
    #[getter]
    fn needs_universe(&self) -> bool {
        self.inner.needs_universe()
    }

    /// What there is to say of it: type, warm-up, cost and its parts, for people.
    fn describe(&self) -> String {
        self.inner.describe().to_string()
    }

    /// How many operations it takes a bar; equal ones are computed once.
    #[getter]
    fn operations(&self) -> usize {
        self.inner.describe().cost.operations
    }

    /// How many values it remembers from bar to bar.
    #[getter]
    fn memory(&self) -> usize {
        self.inner.describe().cost.memory
    }

    /// Its value at every bar; NaN where there is none. Columns that are no fields are ignored.
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        bars: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let table = Table::read(bars, &HashMap::new(), None)?;
        let bars = BarTable::read(py, &table, &self.plan.base_fields(|_| false))?;
        let series = bars.series()?;
        let context = self.environment.context(NO_TIME);
        let columns = py.detach(|| self.plan.evaluate(&series, &Others::new(), &context));
        let mut columns = columns.map_err(|refusal| self.environment.to_py(refusal))?;
        Ok(PyArray1::from_vec(py, columns.pop().unwrap_or_default()))
    }

    /// An evaluation that has seen no bar.
    fn stream(&self) -> PyResult<PyExpressionStream> {
        let stream = Stream::new(Arc::clone(&self.plan), &[]).map_err(to_py)?;
        Ok(PyExpressionStream::new(stream, Arc::clone(&self.environment)))
    }

    // What computes the same by the same operations in the same surroundings is equal, however it is written.
    fn __eq__(&self, other: &Self) -> bool {
        let is_plain = self.environment.is_empty() && other.environment.is_empty();
        self.inner == other.inner
            && (is_plain || Arc::ptr_eq(&self.environment, &other.environment))
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.inner.hash(&mut hasher);
        hasher.finish()
    }

    fn __getnewargs__(&self) -> PyResult<(&str,)> {
        if self.environment.is_empty() {
            return Ok((self.inner.text(),));
        }
        // They may be anything, such as a session with a file.
        let problem = "an expression with models, a zone or sessions is not copied; make it anew";
        Err(PyTypeError::new_err(problem))
    }

    fn __repr__(&self) -> String {
        format!("Expression({:?})", self.inner.text())
    }
}
