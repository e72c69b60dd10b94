//! Exact decimals at the edge: limits and rates come in as text (`"2.5"`), amounts go out as text (`"100000.00"`).
//!
//! Inside, everything is scaled integers; a [`Decimal`] is one with its scale.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::price::{NumberError, MAX_SCALE};

/// `units` × 10^−`scale`, exact. Packed, because limits and events hold many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[repr(Rust, packed)]
pub struct Decimal {
    units: i128,
    scale: u8,
}

impl Decimal {
    /// The number of `units` of 10^−`scale`.
    #[must_use]
    pub const fn new(units: i128, scale: u8) -> Self {
        Self { units, scale }
    }

    /// The number of units of 10^−[`scale`](Self::scale).
    #[must_use]
    pub const fn units(self) -> i128 {
        self.units
    }

    /// Digits after the point, trailing zeros included.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The largest number of units of 10^−`scale` that is not above this: what a limit allows.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if it leaves the range.
    pub fn floor_units(self, scale: u8) -> Result<i128, NumberError> {
        if scale == self.scale {
            return Ok(self.units);
        }
        let overflow = NumberError::Overflow { quantity: "decimal" };
        let factor = 10_i128.checked_pow(u32::from(self.scale.abs_diff(scale))).ok_or(overflow)?;
        if scale >= self.scale {
            return self.units.checked_mul(factor).ok_or(overflow);
        }
        Ok(self.units.div_euclid(factor))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.units.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if fraction.is_empty() { "" } else { "." };
        write!(formatter, "{sign}{whole}{point}{fraction}")
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || DecimalError { text: text.to_owned() };
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(invalid()),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits || fraction.len() > usize::from(MAX_SCALE) {
            return Err(invalid());
        }
        let magnitude: i128 = format!("{whole}{fraction}").parse().map_err(|_| invalid())?;
        let units = if text.starts_with('-') { -magnitude } else { magnitude };
        let scale = u8::try_from(fraction.len()).map_err(|_| invalid())?;
        Ok(Self { units, scale })
    }
}

impl TryFrom<String> for Decimal {
    type Error = DecimalError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Decimal> for String {
    fn from(decimal: Decimal) -> Self {
        decimal.to_string()
    }
}

/// A text is not a decimal number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a decimal number such as 2.5, of at most 18 digits after the point")]
pub struct DecimalError {
    /// The text.
    pub text: String,
}

impl Refusal for DecimalError {
    fn reason(&self) -> &'static str {
        "INVALID_ARGUMENT"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("value", self.text.clone())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_that_is_no_decimal_is_refused() {
        for text in
            ["", "-", ".5", "5.", "1e3", "+1", "1,000", " 1", "0.1234567890123456789", "--1"]
        {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_limit_between_two_units_allows_the_lower_one() {
        let limit: Decimal = "1.5".parse().unwrap();
        assert_eq!((limit.floor_units(0), limit.floor_units(3)), (Ok(1), Ok(1500)));
        assert!(Decimal::new(i128::MAX, 0).floor_units(1).is_err());
    }

    proptest! {
        #[test]
        fn a_decimal_is_read_back_from_its_text(units in -10_i128.pow(30)..10_i128.pow(30), scale in 0..=18_u8) {
            let decimal = Decimal::new(units, scale);
            prop_assert_eq!(decimal.to_string().parse(), Ok(decimal));
        }
    }
}
