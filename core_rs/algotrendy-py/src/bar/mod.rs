//! Bars: tables and ticks in, `Bars` and `Bar` out, and `BarStream` between them.

mod arrays;
mod arrow;
mod bars;
mod batch;
mod export;
mod numbers;
mod refusal;
mod roles;
mod stream;
mod table;
mod values;

use algotrendy_core::bar::Zone;
use pyo3::prelude::*;

/// Adds these classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<bars::PyBar>()?;
    module.add_class::<bars::PyBars>()?;
    module.add_class::<stream::PyBarStream>()?;
    module.add_class::<stream::PyTickTable>()?;
    module.add_function(wrap_pyfunction!(zone_exists, module)?)
}

/// Whether a time zone is known by a name.
#[pyfunction]
fn zone_exists(name: &str) -> bool {
    Zone::new(name, 0).is_ok()
}
