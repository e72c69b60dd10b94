//! Prices, quantities and amounts as people write them, into integers: exactly, or not at all.

use algotrendy_core::decimal::Decimal;
use algotrendy_core::error::Refusal;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

use crate::bar::refusal::parameter;
use crate::errors::to_py;

const EXACT: &str = "a Decimal, a str such as \"412.34\" or an int; a float is not exact";

/// A number that has more digits than its scale.
#[derive(Debug, thiserror::Error)]
#[error("{field} must be a multiple of {step}, not {value}")]
struct TooFine {
    field: String,
    value: Decimal,
    step: Decimal,
}

impl Refusal for TooFine {
    fn reason(&self) -> &'static str {
        match self.field.as_str() {
            "quantity" => "QUANTITY_OFF_LOT",
            "limit_price" | "stop_price" | "price" | "trail" => "PRICE_OFF_TICK",
            _ => "INVALID_ARGUMENT",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("field", self.field.clone()),
            ("value", self.value.to_string()),
            ("expected", format!("a multiple of {}", self.step)),
        ]
    }
}

/// The units of 10^−`scale` that a number is.
pub fn units(field: &str, value: &Bound<'_, PyAny>, scale: u8) -> PyResult<i64> {
    if value.is_exact_instance_of::<PyInt>() {
        let whole = value.extract().ok();
        let units = whole.and_then(|whole: i64| whole.checked_mul(power_of_ten(scale)?));
        return units.ok_or_else(|| crate::bar::numbers::overflow(field));
    }
    if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_cow()?;
        return match plain_units(&text, scale) {
            Some(units) => Ok(units),
            None => decimal_units(field, read(field, &text)?, scale),
        };
    }
    decimal_units(field, decimal(field, value)?, scale)
}

/// The same of a number that may be left out.
pub fn optional_units(
    field: &str,
    value: Option<&Bound<'_, PyAny>>,
    scale: u8,
) -> PyResult<Option<i64>> {
    value.map(|value| units(field, value, scale)).transpose()
}

/// The decimal that a number is.
pub fn decimal(field: &str, value: &Bound<'_, PyAny>) -> PyResult<Decimal> {
    if let Ok(text) = value.cast::<PyString>() {
        return read(field, &text.to_cow()?);
    }
    let is_number = !value.is_instance_of::<PyFloat>() && !value.is_instance_of::<PyBool>();
    let text = is_number.then(|| value.call_method1("__format__", ("f",)).ok()).flatten();
    match text {
        Some(text) if value.hasattr("as_tuple")? => read(field, text.cast::<PyString>()?.to_str()?),
        _ if value.is_exact_instance_of::<PyInt>() => read(field, value.str()?.to_str()?),
        _ => Err(parameter(field, value.repr()?.to_string(), EXACT)),
    }
}

fn read(field: &str, text: &str) -> PyResult<Decimal> {
    text.parse().map_err(|_| {
        parameter(field, format!("{text:?}"), "a decimal of at most 18 digits after the point")
    })
}

fn decimal_units(field: &str, value: Decimal, scale: u8) -> PyResult<i64> {
    let floor = value.floor_units(scale).map_err(to_py)?;
    if floor.checked_mul(10_i128.pow(u32::from(value.scale().saturating_sub(scale))))
        != value.units().checked_mul(10_i128.pow(u32::from(scale.saturating_sub(value.scale()))))
    {
        return Err(to_py(TooFine {
            field: field.to_owned(),
            value,
            step: Decimal::new(1, scale),
        }));
    }
    i64::try_from(floor).map_err(|_| crate::bar::numbers::overflow(field))
}

/// The units of a text of digits with at most `scale` after the point; none where it takes a closer look.
fn plain_units(text: &str, scale: u8) -> Option<i64> {
    let (mut units, mut digits_after, mut has_point) = (0_i64, 0_u8, false);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                units = units.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                digits_after = digits_after.saturating_add(u8::from(has_point));
            }
            b'.' if !has_point && units >= 0 => has_point = true,
            _ => return None,
        }
    }
    let is_number = text.bytes().next()?.is_ascii_digit() && has_point == (digits_after > 0);
    units.checked_mul(power_of_ten(scale.checked_sub(digits_after)?)?).filter(|_| is_number)
}

const fn power_of_ten(scale: u8) -> Option<i64> {
    10_i64.checked_pow(scale as u32)
}
