//! What the binding itself refuses: tables, columns and numbers that are none.

use algotrendy_core::error::Refusal;
use pyo3::PyErr;

use crate::errors::to_py;

/// A number leaves its range on its way in.
#[derive(Debug, thiserror::Error)]
#[error("a {field} leaves the range of 64 bits at this scale")]
pub struct Overflow {
    pub field: String,
}

impl Refusal for Overflow {
    fn reason(&self) -> &'static str {
        "VALUE_OVERFLOW"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("field", self.field.clone())]
    }
}

/// An argument is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{field} is {value}; expected {expected}")]
struct Parameter {
    field: String,
    value: String,
    expected: String,
}

impl Refusal for Parameter {
    fn reason(&self) -> &'static str {
        "INVALID_ARGUMENT"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("field", self.field.clone()),
            ("value", self.value.clone()),
            ("expected", self.expected.clone()),
        ]
    }
}

/// The refusal of an argument.
pub fn parameter(field: &str, value: impl Into<String>, expected: &str) -> PyErr {
    to_py(Parameter { field: field.to_owned(), value: value.into(), expected: expected.to_owned() })
}

/// The columns of a table do not tell what they are.
#[derive(Debug, thiserror::Error)]
#[error("{problem}; the table has the columns {columns}, and columns={{\"time\": \"ts\"}} names those whose names do not tell")]
struct Columns {
    problem: String,
    columns: String,
}

impl Refusal for Columns {
    fn reason(&self) -> &'static str {
        "DATA_COLUMNS_UNKNOWN"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("problem", self.problem.clone()), ("columns", self.columns.clone())]
    }
}

/// The refusal of a table's columns.
pub fn columns(problem: impl Into<String>, names: &[String]) -> PyErr {
    to_py(Columns { problem: problem.into(), columns: names.join(", ") })
}

/// A value of a column is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("column {column}: {found}; expected {expected}")]
struct Value {
    column: String,
    found: String,
    expected: &'static str,
}

impl Refusal for Value {
    fn reason(&self) -> &'static str {
        "DATA_VALUE_INVALID"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("column", self.column.clone()),
            ("value", self.found.clone()),
            ("expected", self.expected.to_owned()),
        ]
    }
}

/// The refusal of a value.
pub fn value(column: &str, found: impl Into<String>, expected: &'static str) -> PyErr {
    to_py(Value { column: column.to_owned(), found: found.into(), expected })
}

/// What a number of a column is.
pub const FINITE: &str = "a finite number, or null (NaN) where one is missing";

/// A row of a column holds what is no market data.
#[derive(Debug, thiserror::Error)]
#[error("column {column}, row {row}: {found}; expected {expected}")]
struct RowValue {
    column: String,
    row: usize,
    found: String,
    expected: &'static str,
}

impl Refusal for RowValue {
    fn reason(&self) -> &'static str {
        "DATA_VALUE_INVALID"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("column", self.column.clone()),
            ("row", self.row.to_string()),
            ("value", self.found.clone()),
            ("expected", self.expected.to_owned()),
        ]
    }
}

/// The refusal of the value of a row, counted from 0.
pub fn row_value(
    column: &str,
    row: usize,
    found: impl Into<String>,
    expected: &'static str,
) -> PyErr {
    to_py(RowValue { column: column.to_owned(), row, found: found.into(), expected })
}

/// The refusal of an infinite number.
pub fn infinite(column: &str, row: usize, value: f64) -> PyErr {
    row_value(column, row, value.to_string(), FINITE)
}

/// A value of a column does not fit beside the others.
#[derive(Debug, thiserror::Error)]
#[error("column {column}, row {row}: {value} leaves the range of 128 bits at the {scale} digits after the point that the column needs")]
struct OutOfRange {
    column: String,
    row: usize,
    value: String,
    scale: u8,
}

impl Refusal for OutOfRange {
    fn reason(&self) -> &'static str {
        "VALUE_OVERFLOW"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("field", self.column.clone()),
            ("row", self.row.to_string()),
            ("value", self.value.clone()),
        ]
    }
}

/// The refusal of a value that is too large for the scale of its column.
pub fn out_of_range(column: &str, row: usize, value: &impl ToString, scale: u8) -> PyErr {
    to_py(OutOfRange { column: column.to_owned(), row, value: value.to_string(), scale })
}
