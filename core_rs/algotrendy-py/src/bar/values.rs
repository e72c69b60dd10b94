//! Columns of a table, borrowed wherever their type allows, and their numbers in units.

use std::ops::Range;

use algotrendy_core::bar::INVALID;
use pyo3::PyErr;

use super::numbers::{decimal_units, float_units, overflow, Kind};
use super::refusal::infinite;

/// A column, borrowed or made.
pub enum Column<'a, T> {
    Borrowed(&'a [T]),
    Owned(Vec<T>),
}

impl<T> Column<'_, T> {
    /// The values.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::Borrowed(values) => values,
            Self::Owned(values) => values,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }
}

/// A column of sides, as it came.
pub enum Sides<'a> {
    Bytes(Column<'a, i8>),
    Integers(Column<'a, i64>),
}

impl Sides<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(codes) => codes.len(),
            Self::Integers(codes) => codes.len(),
        }
    }

    /// Some of them as bytes. A code that is too large for one becomes one that is no side.
    pub fn bytes<'b>(&'b self, rows: Range<usize>, buffer: &'b mut Vec<i8>) -> &'b [i8] {
        match self {
            Self::Bytes(codes) => &codes.as_slice()[rows],
            Self::Integers(codes) => {
                #[allow(clippy::cast_possible_truncation)] // Clamped.
                let bytes =
                    codes.as_slice()[rows].iter().map(|code| (*code).clamp(-128, 127) as i8);
                buffer.clear();
                buffer.extend(bytes);
                buffer
            }
        }
    }
}

/// A column of prices or quantities. What is missing is [`INVALID`], not a number, or none.
pub enum Values<'a> {
    Integers(Column<'a, i64>),
    Floats(Column<'a, f64>),
    Decimals { units: Vec<Option<i128>>, scale: u8 },
}

impl Values<'_> {
    /// How the numbers came.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Integers(_) => Kind::Integer,
            Self::Floats(_) => Kind::Float,
            Self::Decimals { .. } => Kind::Decimal,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Decimals { units, .. } => units.len(),
        }
    }

    /// The units of some of them; none if one leaves the range or is infinite: [`Self::refusal`] says which.
    pub fn units<'b>(
        &'b self,
        rows: Range<usize>,
        scale: u8,
        rounded: &mut u64,
        buffer: &'b mut Vec<i64>,
    ) -> Option<&'b [i64]> {
        buffer.clear();
        match self {
            Self::Integers(values) => return Some(&values.as_slice()[rows]),
            Self::Floats(values) => {
                for value in &values.as_slice()[rows] {
                    buffer.push(float_units(*value, scale, rounded)?);
                }
            }
            Self::Decimals { units, scale: own } => {
                for value in &units[rows] {
                    buffer.push(match value {
                        Some(value) => decimal_units(*value, *own, scale, rounded)?,
                        None => INVALID,
                    });
                }
            }
        }
        Some(buffer)
    }

    /// The first of some of them that is infinite, and its place among them.
    pub fn infinite(&self, rows: Range<usize>) -> Option<(usize, f64)> {
        let Self::Floats(values) = self else { return None };
        let mut values = values.as_slice()[rows].iter().copied().enumerate();
        values.find(|(_, value)| value.is_infinite())
    }

    /// The refusal of a column that no units hold, before whose first row so many others are.
    pub fn refusal(&self, role: &str, first_row: usize) -> PyErr {
        match self.infinite(0..self.len()) {
            Some((row, value)) => infinite(role, first_row + row, value),
            None => overflow(role),
        }
    }
}
