//! A method that takes a trade and does nothing: what the call alone costs.

use pyo3::prelude::*;

/// Takes trades and makes nothing of them.
#[pyclass]
struct Noop;

#[pymethods]
impl Noop {
    #[new]
    fn new() -> Self {
        Self
    }

    /// Takes a trade.
    #[pyo3(signature = (time_ns, price, quantity, side = 0))]
    #[allow(unused_variables, clippy::unused_self)] // The arguments are converted, and that is all.
    fn push(&mut self, time_ns: i64, price: i64, quantity: i64, side: i8) {}
}

/// The module `noop`.
#[pymodule]
fn noop(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Noop>()
}
