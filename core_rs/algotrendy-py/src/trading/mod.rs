//! The trading core: `TradingCore` in dicts and records, and `CoreAccount` in objects.

mod account;
mod check;
mod core;
mod driven;
pub(crate) mod edge;
pub(crate) mod event;
mod event_class;
mod generic;
pub(crate) mod order;
pub(crate) mod position;
mod reference;
pub(crate) mod shown;
pub(crate) mod terms;

use pyo3::prelude::*;

/// Adds these classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    check::register(module)?;
    event_class::register(module)?;
    module.add_class::<account::PyCoreAccount>()?;
    module.add_class::<order::PyOrder>()?;
    module.add_class::<position::PyPosition>()?;
    module.add_class::<terms::PyOrderTerms>()?;
    reference::register(module)?;
    generic::register(module)
}
