//! `algotrendy._core`: the Python face of the Rust core.
//!
//! A binding checks its arguments, releases the GIL, calls and converts; rules live in the core. One file per module of it.

mod arrow;
mod bar;
mod columns;
mod errors;
mod expr;
mod instrument;

use pyo3::prelude::*;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    bar::register(module)?;
    expr::register(module)?;
    instrument::register(module)?;
    Ok(())
}
