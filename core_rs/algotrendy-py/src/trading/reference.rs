//! What the reference pages say: the table of checks and the order's states.

use algotrendy_core::order::machine;
use algotrendy_core::risk::checks::{Row, Scopes, ROWS};
use algotrendy_core::risk::RejectReason;
use pyo3::prelude::*;
use serde::Serialize;

use crate::convert::to_python;

#[derive(Serialize)]
struct CheckRow {
    number: u8,
    rule: &'static str,
    reason: RejectReason,
    unit: &'static str,
    scopes: &'static str,
    can_be_soft: bool,
    can_be_overridden: bool,
    description: &'static str,
}

impl From<&Row> for CheckRow {
    fn from(row: &Row) -> Self {
        Self {
            number: row.number,
            rule: row.rule,
            reason: row.reason,
            unit: row.unit.name(),
            scopes: match row.scopes {
                Scopes::Account => "account",
                Scopes::All | Scopes::AllHard => "all, account, strategy, instrument",
                Scopes::Sector => "sector",
                Scopes::Instrument => "instrument",
            },
            can_be_soft: row.can_be_soft(),
            can_be_overridden: row.can_be_overridden(),
            description: row.description,
        }
    }
}

/// The pre-trade checks, in the order they are made.
#[pyfunction]
fn pre_trade_checks(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    to_python(py, &ROWS.iter().map(CheckRow::from).collect::<Vec<_>>())
}

/// What every input does to an order in every state, as a table in Markdown.
#[pyfunction]
fn order_states() -> String {
    machine::matrix()
}

/// Adds this file's functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(pre_trade_checks, module)?)?;
    module.add_function(wrap_pyfunction!(order_states, module)?)
}
