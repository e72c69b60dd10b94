//! Refusals of the core become the exceptions of `algotrendy.errors`, which knows a class for every reason.

use algotrendy_core::error::Refusal;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// The exception for a refusal: what `algotrendy.errors.from_reason(reason, message, metadata)` returns.
// By value, so that it reads as `map_err(to_py)`.
#[allow(clippy::needless_pass_by_value)]
pub fn to_py<E: Refusal>(refusal: E) -> PyErr {
    Python::attach(|py| {
        let message = refusal.to_string();
        from_reason(py, refusal.reason(), &message, &refusal.metadata())
            .unwrap_or_else(|error| error)
    })
}

fn from_reason(
    py: Python<'_>,
    reason: &str,
    message: &str,
    metadata: &[(&'static str, String)],
) -> PyResult<PyErr> {
    static FROM_REASON: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let values = PyDict::new(py);
    for (name, value) in metadata {
        values.set_item(name, value)?;
    }
    let exception = FROM_REASON
        .import(py, "algotrendy.errors", "from_reason")?
        .call1((reason, message, values))?;
    Ok(PyErr::from_value(exception))
}
