//! `algotrendy._core`: the Python face of the Rust core.
//!
//! A binding checks its arguments, releases the GIL, calls and converts; rules live in the core. One file per module of it.

mod backtest;
mod bar;
mod convert;
mod errors;
mod expr;
mod instrument;
mod journal;
#[cfg(target_os = "linux")]
mod memory;
mod strategy;
mod trading;
mod venue;

use pyo3::prelude::*;

#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: memory::LargePages = memory::LargePages;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    backtest::register(module)?;
    bar::register(module)?;
    expr::register(module)?;
    instrument::register(module)?;
    journal::register(module)?;
    strategy::register(module)?;
    trading::register(module)?;
    venue::register(module)?;
    Ok(())
}
