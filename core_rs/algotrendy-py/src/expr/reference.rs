//! The function table, for the reference and for editors.

use algotrendy_core::expr::{derived_fields, functions, Expression, Field, Function};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// Adds this file's functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(expression_functions, module)?)?;
    module.add_function(wrap_pyfunction!(expression_fields, module)?)?;
    module.add_function(wrap_pyfunction!(expression_caret, module)?)
}

/// The line of a text that is no expression, with its fault underlined; None if it is one.
#[pyfunction]
fn expression_caret(text: &str) -> Option<String> {
    Expression::parse(text).err().map(|refusal| refusal.caret(text))
}

/// Every function of the language, in the order of the reference.
#[pyfunction]
fn expression_functions(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let entries = functions().map(|function| entry(py, function));
    PyList::new(py, entries.collect::<PyResult<Vec<_>>>()?)
}

fn entry<'py>(py: Python<'py>, function: &Function) -> PyResult<Bound<'py, PyDict>> {
    let entry = PyDict::new(py);
    entry.set_item("name", function.name)?;
    entry.set_item("group", function.group.title())?;
    entry.set_item("signature", function.signature())?;
    entry.set_item("summary", function.summary)?;
    entry.set_item("formula", function.formula())?;
    entry.set_item("warm_up", function.warm_up)?;
    entry.set_item("convention", function.convention)?;
    entry.set_item("source", function.source)?;
    let outputs = function.outputs().iter();
    let outputs = outputs.map(|output| (output.name, output.definition, output.warm_up));
    entry.set_item("outputs", outputs.collect::<Vec<_>>())?;
    Ok(entry)
}

/// The names that stand for a column, and those that stand for text: pairs of name and text, which is empty for a column.
#[pyfunction]
fn expression_fields() -> Vec<(&'static str, &'static str)> {
    let fields = Field::ALL.into_iter().map(|field| (field.name(), ""));
    fields.chain(derived_fields().iter().map(|field| (field.name, field.definition))).collect()
}
