//! What the reference pages say: the table of checks and the order's states.

use algotrendy_core::order::machine;
use algotrendy_core::risk::reference;
use pyo3::prelude::*;

/// The page of the pre-trade checks, as Markdown.
#[pyfunction]
fn pre_trade_checks_page() -> String {
    reference::page()
}

/// What every input does to an order in every state, as a table in Markdown.
#[pyfunction]
fn order_states_table() -> String {
    machine::matrix()
}

/// Adds this file's functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(pre_trade_checks_page, module)?)?;
    module.add_function(wrap_pyfunction!(order_states_table, module)?)
}
