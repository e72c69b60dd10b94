//! Scaled integers: a price of 12.34 at scale 2 is `Price(1234)`. The scale is the instrument's; these types do not carry it.
//!
//! Arithmetic is checked, and leaving the range is an error. A notional's scale is the price's plus the quantity's.

mod rounding;

use serde::{Deserialize, Serialize};

use crate::error::Refusal;

pub use rounding::{
    divide_half_even, multiply, rescale_half_even, rescale_in_range, rescale_narrow,
};

/// The largest scale: 10^18 is the largest power of ten in an `i64`.
pub const MAX_SCALE: u8 = 18;

/// Quote currency per base unit, in units of 10^−`price_scale`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Price(pub i64);

/// Base units (shares, coins, contracts), in units of 10^−`quantity_scale`; signed where it is a position's.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Quantity(pub i64);

/// Price × quantity (× multiplier), in units of 10^−(`price_scale` + `quantity_scale`).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Notional(pub i128);

/// Why a number could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// The exact result does not fit its type.
    #[error("{quantity} leaves the range of its type")]
    Overflow {
        /// What was computed.
        quantity: &'static str,
    },
}

impl Refusal for NumberError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Overflow { .. } => "VALUE_OVERFLOW",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Overflow { quantity } => vec![("quantity", (*quantity).to_owned())],
        }
    }
}

macro_rules! checked_arithmetic {
    ($($name:ident($units:ty) is $label:literal),+) => {$(
        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// The number of units.
            #[must_use]
            pub const fn units(self) -> $units {
                self.0
            }

            /// The sum.
            ///
            /// # Errors
            /// [`NumberError::Overflow`] if it leaves the range.
            #[inline]
            pub fn checked_add(self, other: Self) -> Result<Self, NumberError> {
                self.0.checked_add(other.0).map(Self).ok_or(NumberError::Overflow { quantity: $label })
            }

            /// The difference.
            ///
            /// # Errors
            /// [`NumberError::Overflow`] if it leaves the range.
            #[inline]
            pub fn checked_sub(self, other: Self) -> Result<Self, NumberError> {
                self.0.checked_sub(other.0).map(Self).ok_or(NumberError::Overflow { quantity: $label })
            }

            /// Whether this is a whole number of `step`s.
            ///
            /// # Panics
            /// If `step` is zero.
            #[must_use]
            pub const fn is_multiple_of(self, step: $units) -> bool {
                // Dividing takes long, and a step is most often one. MIN % -1 would overflow.
                step == 1 || step == -1 || self.0 % step == 0
            }
        }
    )+};
}

checked_arithmetic!(Price(i64) is "price", Quantity(i64) is "quantity", Notional(i128) is "notional");

impl Price {
    /// Price × quantity for a multiplier of 1: exact, and always in range.
    #[must_use]
    #[inline]
    pub fn times(self, quantity: Quantity) -> Notional {
        Notional(i128::from(self.0) * i128::from(quantity.0))
    }

    /// Price × quantity × multiplier.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if it leaves the range.
    #[inline]
    pub fn notional(self, quantity: Quantity, multiplier: i64) -> Result<Notional, NumberError> {
        multiply(self.times(quantity).0, i128::from(multiplier), "notional").map(Notional)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_the_range_is_an_error() {
        assert_eq!(
            Price(i64::MAX).checked_add(Price(1)),
            Err(NumberError::Overflow { quantity: "price" })
        );
        assert_eq!(
            Quantity(i64::MIN).checked_sub(Quantity(1)),
            Err(NumberError::Overflow { quantity: "quantity" })
        );
        assert!(Price(i64::MAX).notional(Quantity(i64::MAX), i64::MAX).is_err());
    }

    #[test]
    fn a_notional_is_exact_at_the_edges_of_its_factors() {
        assert_eq!(Price(i64::MIN).times(Quantity(i64::MIN)), Notional(1 << 126));
    }
}
