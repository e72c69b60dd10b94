//! Tables in: anything that exports Arrow, or a mapping of NumPy arrays.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::bar::{INVALID, INVALID_NOTIONAL};
use algotrendy_core::price::rescale_half_even;
use arrow_array::{Array, ArrayRef, RecordBatch};
use numpy::PyArray1;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use super::arrays::{borrowed, from_dict, from_mapping};
use super::arrow;
use super::numbers::{inferred_scale, overflow, power_of_ten, Kind};
use super::refusal;
use super::roles::Layout;
use super::values::{Column, Sides, Values};

/// A table, in batches of columns.
pub struct Table {
    layout: Arc<Layout>,
    batches: Vec<Vec<Raw>>,
}

/// A column as it came.
pub enum Raw {
    Arrow(ArrayRef),
    Integers(Py<PyArray1<i64>>),
    Floats(Py<PyArray1<f64>>),
    Bytes(Py<PyArray1<i8>>),
}

impl Table {
    /// Reads what exports Arrow or maps names to arrays; `given` names columns by part. `known` is the layout of the table before
    /// this one, which this one mostly shares.
    pub fn read(
        object: &Bound<'_, PyAny>,
        given: &HashMap<String, String>,
        known: Option<&Arc<Layout>>,
    ) -> PyResult<Self> {
        let (names, batches) = if let Ok(columns) = object.cast::<PyDict>() {
            if let Some(layout) = known {
                if let Some(batch) = from_dict(columns, &layout.names) {
                    return Ok(Self { layout: Arc::clone(layout), batches: vec![batch] });
                }
            }
            one_batch(from_mapping(columns.as_mapping())?)
        } else if object.hasattr("__arrow_c_stream__")? {
            let (names, batches) = arrow::from_stream(object)?;
            let columns =
                |batch: RecordBatch| batch.columns().iter().cloned().map(Raw::Arrow).collect();
            (names, batches.into_iter().map(columns).collect())
        } else if let Ok(columns) = object.cast::<PyMapping>() {
            one_batch(from_mapping(columns)?)
        } else {
            let type_name = object.get_type().qualname()?;
            return Err(PyTypeError::new_err(format!(
                "expected a table that exports Arrow (polars, pandas, pyarrow, DuckDB) or a mapping of NumPy arrays, not {type_name}"
            )));
        };
        let layout = match known {
            Some(layout) if layout.names == names => Arc::clone(layout),
            _ => Arc::new(Layout::new(names, given)?),
        };
        Ok(Self { layout, batches })
    }

    /// Its columns, and which plays which part.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Whether a part has a column.
    pub fn has(&self, role: &str) -> bool {
        self.layout.place(role).is_some()
    }

    /// The refusal of this table, for want of a column.
    pub fn refuse(&self, problem: impl Into<String>) -> PyErr {
        refusal::columns(problem, &self.layout.names)
    }

    /// How many batches there are.
    pub fn batch_count(&self) -> usize {
        self.batches.len()
    }

    /// The columns of one batch.
    pub fn batch<'a>(&'a self, py: Python<'a>, index: usize) -> Batch<'a> {
        Batch { table: self, py, columns: &self.batches[index] }
    }

    /// How the numbers of some parts came: their kind and the smallest scale that holds them.
    pub fn numbers(&self, py: Python<'_>, roles: &[&'static str]) -> PyResult<Option<(Kind, u8)>> {
        let mut found: Option<(Kind, u8)> = None;
        let mut floats: Vec<Column<'_, f64>> = Vec::new();
        for index in 0..self.batches.len() {
            for role in roles {
                let batch = self.batch(py, index);
                let (kind, scale) = match batch.values(role)? {
                    None => continue,
                    Some(Values::Integers(_)) => (Kind::Integer, 0),
                    Some(Values::Floats(values)) => {
                        floats.push(values);
                        (Kind::Float, 0)
                    }
                    Some(Values::Decimals { scale, .. }) => (Kind::Decimal, scale),
                };
                if found.is_some_and(|(other, _)| other != kind) {
                    let problem =
                        format!("the columns {} are of several kinds of number", roles.join(", "));
                    return Err(self.refuse(problem));
                }
                found = Some((kind, scale.max(found.map_or(0, |(_, scale)| scale))));
            }
        }
        if floats.is_empty() {
            return Ok(found);
        }
        let scale = py.detach(|| inferred_scale(floats.iter().map(Column::as_slice)));
        let unknown = "numbers with at most 9 digits after the point, or a named scale to round to: price_scale and quantity_scale, tick_size, or instrument";
        let scale = scale.ok_or_else(|| {
            refusal::parameter(roles[0], "a float that is no such number", unknown)
        })?;
        Ok(Some((Kind::Float, scale)))
    }
}

fn one_batch((names, columns): (Vec<String>, Vec<Raw>)) -> (Vec<String>, Vec<Vec<Raw>>) {
    (names, vec![columns])
}

/// One batch of a table.
pub struct Batch<'a> {
    table: &'a Table,
    py: Python<'a>,
    columns: &'a [Raw],
}

impl<'a> Batch<'a> {
    fn raw(&self, role: &str) -> Option<&'a Raw> {
        self.table.layout.place(role).map(|place| &self.columns[place])
    }

    fn widened(&self, array: &Py<PyArray1<i8>>) -> Vec<i64> {
        borrowed(self.py, array).iter().map(|value| i64::from(*value)).collect()
    }

    /// A column of prices or quantities.
    pub fn values(&self, role: &'static str) -> PyResult<Option<Values<'a>>> {
        Ok(Some(match self.raw(role) {
            None => return Ok(None),
            Some(Raw::Integers(array)) => {
                Values::Integers(Column::Borrowed(borrowed(self.py, array)))
            }
            Some(Raw::Floats(array)) => Values::Floats(Column::Borrowed(borrowed(self.py, array))),
            Some(Raw::Bytes(array)) => Values::Integers(Column::Owned(self.widened(array))),
            Some(Raw::Arrow(array)) => arrow::values(role, array)?,
        }))
    }

    /// A column of times, in nanoseconds.
    pub fn times(&self, role: &'static str) -> PyResult<Option<Column<'a, i64>>> {
        match self.raw(role) {
            Some(Raw::Arrow(array)) => arrow::times(role, array).map(Some),
            Some(Raw::Integers(array)) => Ok(Some(Column::Borrowed(borrowed(self.py, array)))),
            Some(Raw::Bytes(array)) => Ok(Some(Column::Owned(self.widened(array)))),
            Some(Raw::Floats(_)) => Err(refusal::value(role, "floats", arrow::TIMES)),
            None => Ok(None),
        }
    }

    /// A column of integers.
    pub fn integers(&self, role: &'static str) -> PyResult<Option<Column<'a, i64>>> {
        match self.values(role)? {
            None => Ok(None),
            Some(Values::Integers(values)) => Ok(Some(values)),
            Some(_) => Err(refusal::value(role, "no integers", "a column of integers")),
        }
    }

    /// Notionals, which have 128 bits. Where prices and quantities are units, so are they, even as decimals: that is how bars of
    /// integers leave. Before this batch's rows come so many others.
    pub fn notionals(
        &self,
        scale: u8,
        in_units: bool,
        first_row: usize,
    ) -> PyResult<Option<Vec<i128>>> {
        let exact = |value: Option<i128>, own| {
            let Some(value) = value else { return Ok(INVALID_NOTIONAL) };
            rescale_half_even(value, own, scale).map_err(|_| overflow("notional"))
        };
        let of_integer = |value: &i64| match *value {
            INVALID => INVALID_NOTIONAL,
            value => i128::from(value),
        };
        match self.values("notional")? {
            None => Ok(None),
            Some(Values::Integers(values)) => {
                Ok(Some(values.as_slice().iter().map(of_integer).collect()))
            }
            Some(Values::Decimals { units, scale: 0 }) if in_units => {
                Ok(Some(units.into_iter().map(|value| value.unwrap_or(INVALID_NOTIONAL)).collect()))
            }
            Some(Values::Decimals { units, scale: own }) => {
                units.into_iter().map(|value| exact(value, own)).collect::<PyResult<_>>().map(Some)
            }
            Some(Values::Floats(values)) => {
                if values.as_slice().iter().any(|value| value.is_infinite()) {
                    return Err(Values::Floats(values).refusal("notional", first_row));
                }
                // More digits than a float has need not be exact.
                #[allow(clippy::cast_possible_truncation)] // A float that large saturates.
                let of_float = |value: &f64| {
                    if value.is_nan() {
                        return INVALID_NOTIONAL;
                    }
                    (value * power_of_ten(scale)).round_ties_even() as i128
                };
                Ok(Some(values.as_slice().iter().map(of_float).collect()))
            }
        }
    }

    /// Who took the liquidity: 1 a buyer, −1 a seller, 0 unknown.
    pub fn sides(&self) -> PyResult<Option<Sides<'a>>> {
        if let Some(makers) = self.flags("is_buyer_maker")? {
            // Who was there before did not take.
            let side = |maker: Option<bool>| maker.map_or(0, |maker| if maker { -1 } else { 1 });
            let sides = makers.into_iter().map(side).collect();
            return Ok(Some(Sides::Bytes(Column::Owned(sides))));
        }
        Ok(Some(match self.raw("side") {
            None => return Ok(None),
            Some(Raw::Bytes(array)) => Sides::Bytes(Column::Borrowed(borrowed(self.py, array))),
            Some(Raw::Integers(array)) => {
                Sides::Integers(Column::Borrowed(borrowed(self.py, array)))
            }
            Some(Raw::Floats(_)) => return Err(refusal::value("side", "floats", arrow::SIDES)),
            Some(Raw::Arrow(array)) => arrow::sides(array)?,
        }))
    }

    fn flags(&self, role: &'static str) -> PyResult<Option<Vec<Option<bool>>>> {
        let is_set = |flag: &i64| Some(*flag != 0);
        Ok(Some(match self.raw(role) {
            None => return Ok(None),
            Some(Raw::Arrow(array)) => arrow::flags(role, array)?,
            Some(Raw::Integers(array)) => borrowed(self.py, array).iter().map(is_set).collect(),
            Some(Raw::Bytes(array)) => self.widened(array).iter().map(is_set).collect(),
            Some(Raw::Floats(_)) => {
                return Err(refusal::value(role, "floats", "true and false"));
            }
        }))
    }

    /// Each row's texts: its conditions.
    pub fn texts(&self, role: &'static str) -> PyResult<Option<Vec<Vec<String>>>> {
        let text = |code: &i64| vec![code.to_string()];
        Ok(Some(match self.raw(role) {
            None => return Ok(None),
            Some(Raw::Arrow(array)) => arrow::texts(role, array)?,
            Some(Raw::Integers(array)) => borrowed(self.py, array).iter().map(text).collect(),
            Some(Raw::Bytes(array)) => self.widened(array).iter().map(text).collect(),
            Some(Raw::Floats(_)) => return Err(refusal::value(role, "floats", arrow::CODES)),
        }))
    }

    /// Each row's text, or integer as text, one after the other: whose row it is.
    pub fn each_name(&self, role: &'static str, mut add: impl FnMut(&str)) -> PyResult<()> {
        match self.raw(role) {
            None => return Err(self.table.refuse(format!("there is no {role}"))),
            Some(Raw::Arrow(array)) => arrow::each_name(role, array, add)?,
            Some(Raw::Integers(array)) => {
                for code in borrowed(self.py, array) {
                    add(&code.to_string());
                }
            }
            Some(Raw::Bytes(array)) => {
                for code in self.widened(array) {
                    add(&code.to_string());
                }
            }
            Some(Raw::Floats(_)) => return Err(refusal::value(role, "floats", arrow::NAMES)),
        }
        Ok(())
    }

    /// How many rows it has: as many as its first column.
    pub fn row_count(&self) -> usize {
        self.columns.first().map_or(0, |column| match column {
            Raw::Arrow(array) => array.len(),
            Raw::Integers(array) => borrowed(self.py, array).len(),
            Raw::Floats(array) => borrowed(self.py, array).len(),
            Raw::Bytes(array) => borrowed(self.py, array).len(),
        })
    }
}
