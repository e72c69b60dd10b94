//! Bars: tables and ticks in, `Bars` and `Bar` out, and `BarStream` between them.

mod arrays;
mod arrow;
pub(crate) mod bars;
mod batch;
pub(crate) mod export;
pub(crate) mod numbers;
pub(crate) mod refusal;
mod roles;
pub(crate) mod stream;
pub(crate) mod table;
pub(crate) mod values;

use algotrendy_core::bar::{Closed, SessionTable, Zone};
use pyo3::prelude::*;

use crate::errors::to_py;

/// Adds these classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<bars::PyBar>()?;
    module.add_class::<bars::PyBars>()?;
    module.add_class::<stream::PyBarStream>()?;
    module.add_class::<stream::PyTickTable>()?;
    module.add_function(wrap_pyfunction!(check_sessions, module)?)?;
    module.add_function(wrap_pyfunction!(check_zone, module)?)
}

/// Refuses times that are no sessions.
#[pyfunction]
fn check_sessions(open_times_ns: Vec<i64>, close_times_ns: Vec<i64>) -> PyResult<()> {
    SessionTable::new(open_times_ns, close_times_ns, Closed::Left).map_err(to_py)?;
    Ok(())
}

/// Refuses a name that is no time zone's.
#[pyfunction]
fn check_zone(name: &str) -> PyResult<()> {
    Zone::new(name, 0).map_err(to_py)?;
    Ok(())
}
