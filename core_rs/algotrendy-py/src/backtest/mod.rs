//! Backtests: market data in, runs of specs and of Python classes, and what came of them.

mod class;
mod drive;
mod feed;
mod outcome;
mod refusal;
mod run;
mod shared;
mod sweep;
mod terms;
mod units;
mod watch;

use pyo3::prelude::*;

/// Adds these classes and functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    class::register(module)?;
    run::register(module)?;
    sweep::register(module)?;
    module.add_class::<feed::PyFeed>()?;
    module.add_class::<outcome::PyOutcome>()
}
