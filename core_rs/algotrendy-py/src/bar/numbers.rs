//! Prices and quantities between Python's numbers and the core's units.

use std::str::FromStr;

use algotrendy_core::bar::INVALID;
use algotrendy_core::decimal::Decimal;
use algotrendy_core::price::{rescale_half_even, MAX_SCALE};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyInt};
use serde::{Deserialize, Serialize};

use super::refusal::{self, parameter, Overflow, FINITE};
use crate::errors::to_py;

/// How a series' numbers came in, and so go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Units.
    Integer,
    /// Prices as floats.
    Float,
    /// Prices as decimals.
    Decimal,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Integer => "integers, which are units",
            Self::Float => "floats",
            Self::Decimal => "decimals",
        }
    }
}

/// One of a series' two numbers: prices, or quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// Units are 10^−scale.
    pub scale: u8,
    /// Whether someone said so, rather than that it was taken for granted.
    pub is_named: bool,
    /// Known from the first number on.
    pub kind: Option<Kind>,
}

impl Number {
    /// The kind that numbers go out as.
    pub fn kind_out(self) -> Kind {
        self.kind.unwrap_or(Kind::Integer)
    }

    /// Units from a Python number; the first one decides the kind. A missing number is [`INVALID`].
    #[inline]
    pub fn units(
        &mut self,
        field: &'static str,
        value: &Bound<'_, PyAny>,
        rounded: &mut u64,
    ) -> PyResult<i64> {
        let is_integer = value.is_exact_instance_of::<PyInt>();
        if is_integer && self.kind != Some(Kind::Float) {
            self.admit(field, Kind::Integer)?;
            return value.extract().map_err(|_| overflow(field));
        }
        if is_integer || value.is_instance_of::<PyFloat>() {
            return self.of_float(field, value.extract()?, rounded);
        }
        self.of_other(field, value, rounded)
    }

    fn of_float(&mut self, field: &'static str, value: f64, rounded: &mut u64) -> PyResult<i64> {
        self.admit(field, Kind::Float)?;
        float_units(value, self.scale, rounded).ok_or_else(|| {
            if value.is_infinite() {
                return refusal::value(field, value.to_string(), FINITE);
            }
            overflow(field)
        })
    }

    /// Decimals, NumPy's scalars and what else behaves like a number.
    #[cold]
    fn of_other(
        &mut self,
        field: &'static str,
        value: &Bound<'_, PyAny>,
        rounded: &mut u64,
    ) -> PyResult<i64> {
        if value.is_none() {
            return Ok(INVALID);
        }
        if value.is_instance(decimal_class(value.py())?)? {
            self.admit(field, Kind::Decimal)?;
            return self.of_decimal(field, value, rounded);
        }
        if value.is_instance_of::<PyBool>() {
            return Err(parameter(field, "a truth value", "a number"));
        }
        if value.hasattr("__index__")? && self.kind != Some(Kind::Float) {
            self.admit(field, Kind::Integer)?;
            return value.extract().map_err(|_| overflow(field));
        }
        // The text of a float of 32 bits is the shortest decimal that reads as it.
        let is_short = value.get_type().name()?.to_cow()? == "float32";
        let short = if is_short { value.str()?.to_cow()?.parse().ok() } else { None };
        let shown =
            || value.repr().map_or_else(|_| "no number".to_owned(), |repr| repr.to_string());
        let float: f64 = match short {
            Some(float) => float,
            None => value.extract().map_err(|_| parameter(field, shown(), "a number"))?,
        };
        self.of_float(field, float, rounded)
    }

    fn of_decimal(
        self,
        field: &'static str,
        value: &Bound<'_, PyAny>,
        rounded: &mut u64,
    ) -> PyResult<i64> {
        let refuse = |text: String, expected: &'static str| {
            if expected == FINITE {
                return refusal::value(field, text, expected);
            }
            parameter(field, text, expected)
        };
        let Some(decimal) = read_decimal(value, refuse)? else { return Ok(INVALID) };
        decimal_units(decimal.units(), decimal.scale(), self.scale, rounded)
            .ok_or_else(|| overflow(field))
    }

    /// Takes numbers of a kind, or refuses to mix kinds.
    #[inline]
    pub fn admit(&mut self, field: &'static str, kind: Kind) -> PyResult<()> {
        if self.kind == Some(kind) {
            return Ok(());
        }
        self.admit_other(field, kind)
    }

    #[cold]
    fn admit_other(&mut self, field: &'static str, kind: Kind) -> PyResult<()> {
        match self.kind {
            Some(known) => Err(parameter(
                field,
                format!("one of {}", kind.name()),
                &format!("{}, as before", known.name()),
            )),
            None if kind != Kind::Integer && !self.is_named => Err(parameter(
                field,
                format!("one of {}", kind.name()),
                "a named scale: price_scale and quantity_scale, tick_size, or instrument; or integers",
            )),
            None => {
                self.kind = Some(kind);
                Ok(())
            }
        }
    }
}

/// The refusal of a number that leaves its range.
pub fn overflow(field: &str) -> PyErr {
    to_py(Overflow { field: field.to_owned() })
}

fn decimal_class(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    DECIMAL.import(py, "decimal", "Decimal")
}

/// A Python decimal; none if it is no number. `refuse` says what to raise for one that is infinite or a text that cannot be read, and
/// what was expected.
pub fn read_decimal(
    value: &Bound<'_, PyAny>,
    refuse: impl FnOnce(String, &'static str) -> PyErr,
) -> PyResult<Option<Decimal>> {
    let text: String = value.call_method1("__format__", ("f",))?.extract()?;
    match Decimal::from_str(&text) {
        Ok(decimal) => Ok(Some(decimal)),
        Err(_) if ["NaN", "sNaN"].contains(&text.as_str()) => Ok(None),
        Err(_) if ["Infinity", "-Infinity"].contains(&text.as_str()) => Err(refuse(text, FINITE)),
        Err(_) => Err(refuse(text, "a decimal of at most 18 digits after the point")),
    }
}

/// Python's decimal of units.
pub fn decimal(py: Python<'_>, units: i128, scale: u8) -> PyResult<Bound<'_, PyAny>> {
    decimal_class(py)?.call1((Decimal::new(units, scale).to_string(),))
}

/// 10^scale as a float: exact up to 10^22.
pub fn power_of_ten(scale: u8) -> f64 {
    10_f64.powi(i32::from(scale))
}

/// Adding and taking away this rounds half to even, where the processor has no instruction of its own for it.
#[allow(clippy::cast_precision_loss)] // A power of two.
pub const ROUNDING: f64 = 1.5 * (1_u64 << 52) as f64;
/// Below, what that gives is exact.
#[allow(clippy::cast_precision_loss)] // A power of two.
pub const LARGEST_FAST: f64 = (1_u64 << 50) as f64;

/// The units nearest to a float, half to even; [`INVALID`] if it is no number, none if it leaves the range or is infinite.
#[inline]
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // Checked.
#[allow(clippy::float_cmp)] // Equality is the test: does the decimal read as this float?
pub fn float_units(value: f64, scale: u8, rounded: &mut u64) -> Option<i64> {
    const EXACT: f64 = (1_u64 << 51) as f64;
    let factor = power_of_ten(scale);
    let scaled = value * factor;
    if scaled.abs() < EXACT {
        let whole = (scaled + ROUNDING) - ROUNDING;
        if whole / factor == value {
            return Some(whole as i64);
        }
    }
    if value.is_nan() {
        return Some(INVALID);
    }
    rounded_units(value, scale, rounded)
}

/// Rounds the decimal that a float is written as, rather than the binary number it is, which lies beside every half. None holds an
/// infinite one.
#[cold]
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // Checked.
fn rounded_units(value: f64, scale: u8, rounded: &mut u64) -> Option<i64> {
    if let Ok(decimal) = Decimal::from_str(&value.to_string()) {
        return decimal_units(decimal.units(), decimal.scale(), scale, rounded);
    }
    // More than 18 digits after the point, or a very large number.
    let whole = (value * power_of_ten(scale)).round_ties_even();
    *rounded += 1;
    (whole.abs() < i64::MAX as f64).then_some(whole as i64)
}

/// Decimal units of another scale, rounded half to even.
pub fn decimal_units(units: i128, from: u8, to: u8, rounded: &mut u64) -> Option<i64> {
    let result = rescale_half_even(units, from, to).ok()?;
    if from > to && rescale_half_even(result, to, from) != Ok(units) {
        *rounded += 1;
    }
    i64::try_from(result).ok().filter(|units| *units != INVALID)
}

/// The smallest scale, up to 9, at which every float is exact; none if there is none.
#[allow(clippy::float_cmp)]
pub fn inferred_scale<'a>(columns: impl Iterator<Item = &'a [f64]>) -> Option<u8> {
    const FINEST: u8 = 9;
    let mut scale = 0;
    for block in columns.flat_map(|column| column.chunks(BLOCK)) {
        if are_exact(block, power_of_ten(scale)) {
            continue;
        }
        for value in block.iter().filter(|value| value.is_finite()) {
            while !is_exact(*value, scale) {
                scale += 1;
                if scale > FINEST {
                    return None;
                }
            }
        }
    }
    Some(scale)
}

/// How many floats are looked at together.
pub const BLOCK: usize = 64;

/// Whether all of a block are decimals of this scale that are not large; those that are no numbers are not. A processor looks at several
/// at once.
#[allow(clippy::float_cmp)]
fn are_exact(block: &[f64], factor: f64) -> bool {
    let mut are_exact = true;
    for value in block {
        let whole = (value * factor + ROUNDING) - ROUNDING;
        are_exact &= (whole / factor == *value) & (whole.abs() < LARGEST_FAST);
    }
    are_exact
}

fn is_exact(value: f64, scale: u8) -> bool {
    let mut rounded = 0;
    let units = value * power_of_ten(scale);
    units.abs() < 9e18 && float_units(value, scale, &mut rounded).is_some() && rounded == 0
}

/// Checks a scale.
pub fn scale(field: &'static str, value: i64) -> PyResult<u8> {
    u8::try_from(value)
        .ok()
        .filter(|scale| *scale <= MAX_SCALE)
        .ok_or_else(|| parameter(field, value.to_string(), "0 to 18"))
}
