//! Dicts to the core's values and back, by serde.

use algotrendy_core::error::Refusal;
use pyo3::prelude::*;
use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::errors::to_py;

/// A dict is not what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{what} is malformed: {problem}")]
struct MalformedError {
    what: &'static str,
    problem: String,
}

impl Refusal for MalformedError {
    fn reason(&self) -> &'static str {
        "INVALID_ARGUMENT"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("argument", self.what.to_owned()), ("problem", self.problem.clone())]
    }
}

/// The core's value of a Python one.
pub fn from_python<T: DeserializeOwned>(
    what: &'static str,
    value: &Bound<'_, PyAny>,
) -> PyResult<T> {
    pythonize::depythonize(value)
        .map_err(|error| to_py(MalformedError { what, problem: error.to_string() }))
}

/// The Python value of one of the core's.
pub fn to_python<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    Ok(pythonize::pythonize(py, value)?)
}
