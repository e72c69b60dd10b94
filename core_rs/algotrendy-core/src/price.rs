//! Scaled integers: a price of 12.34 at scale 2 is `Price(1234)`. The scale is the instrument's; these types do not carry it.
//!
//! Arithmetic is checked, and leaving the range is an error. A notional's scale is the price's plus the quantity's.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::error::Refusal;

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
            pub fn checked_add(self, other: Self) -> Result<Self, NumberError> {
                self.0.checked_add(other.0).map(Self).ok_or(NumberError::Overflow { quantity: $label })
            }

            /// The difference.
            ///
            /// # Errors
            /// [`NumberError::Overflow`] if it leaves the range.
            pub fn checked_sub(self, other: Self) -> Result<Self, NumberError> {
                self.0.checked_sub(other.0).map(Self).ok_or(NumberError::Overflow { quantity: $label })
            }

            /// Whether this is a whole number of `step`s.
            ///
            /// # Panics
            /// If `step` is zero.
            #[must_use]
            pub const fn is_multiple_of(self, step: $units) -> bool {
                // -1 divides everything, and MIN % -1 would overflow.
                step == -1 || self.0 % step == 0
            }
        }
    )+};
}

checked_arithmetic!(Price(i64) is "price", Quantity(i64) is "quantity", Notional(i128) is "notional");

impl Price {
    /// Price × quantity for a multiplier of 1: exact, and always in range.
    #[must_use]
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

/// The product, where it is in range; `quantity` says what it is.
///
/// # Errors
/// [`NumberError::Overflow`] if it leaves the range.
#[inline]
pub fn multiply(left: i128, right: i128, quantity: &'static str) -> Result<i128, NumberError> {
    // A product of two 64-bit numbers is one instruction and always fits; only larger ones are worth checking.
    match (i64::try_from(left), i64::try_from(right)) {
        (Ok(left), Ok(right)) => Ok(i128::from(left) * i128::from(right)),
        _ => left.checked_mul(right).ok_or(NumberError::Overflow { quantity }),
    }
}

/// 10^0 to 10^38, all that an `i128` holds.
const POWERS_OF_TEN: [i128; 39] = {
    let mut powers = [1; 39];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// Re-expresses `units` of 10^−`from_scale` in units of 10^−`to_scale`, rounding half to even.
///
/// # Errors
/// [`NumberError::Overflow`] if the result leaves the range.
#[inline]
pub fn rescale_half_even(units: i128, from_scale: u8, to_scale: u8) -> Result<i128, NumberError> {
    let factor = POWERS_OF_TEN.get(usize::from(from_scale.abs_diff(to_scale))).copied();
    if to_scale == from_scale || units == 0 {
        return Ok(units);
    }
    match factor {
        Some(factor) if from_scale > to_scale => Ok(divide_half_even(units, factor)),
        Some(factor) => multiply(units, factor, "rescaled amount"),
        // No `i128` reaches half of 10^39.
        None if from_scale > to_scale => Ok(0),
        None => Err(NumberError::Overflow { quantity: "rescaled amount" }),
    }
}

/// `numerator / denominator`, rounded half to even.
///
/// # Panics
/// If `denominator` is not positive.
#[must_use]
#[inline]
pub fn divide_half_even(numerator: i128, denominator: i128) -> i128 {
    assert!(denominator > 0, "a denominator is positive");
    // Dividing 64 bits takes a tenth of the time that dividing 128 takes.
    match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(numerator), Ok(denominator)) => {
            let floor = numerator.div_euclid(denominator);
            let remainder = numerator.rem_euclid(denominator);
            i128::from(match remainder.cmp(&(denominator - remainder)) {
                Ordering::Less => floor,
                Ordering::Equal => floor + (floor & 1),
                Ordering::Greater => floor + 1,
            })
        }
        _ => divide_wide_half_even(numerator, denominator),
    }
}

fn divide_wide_half_even(numerator: i128, denominator: i128) -> i128 {
    let floor = numerator.div_euclid(denominator);
    let remainder = numerator.rem_euclid(denominator);
    // Comparing with the rest of the denominator avoids doubling the remainder, which could overflow.
    match remainder.cmp(&(denominator - remainder)) {
        Ordering::Less => floor,
        Ordering::Equal => floor + (floor & 1),
        Ordering::Greater => floor + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn rescaling_rounds_ties_to_the_even_unit() {
        for (units, expected) in
            [(125, 12), (135, 14), (-125, -12), (-135, -14), (126, 13), (-124, -12)]
        {
            assert_eq!(rescale_half_even(units, 3, 2), Ok(expected), "{units}");
        }
    }

    #[test]
    fn scales_further_apart_than_the_range_round_to_nothing_or_are_an_error() {
        assert_eq!(rescale_half_even(i128::MAX, 40, 1), Ok(0));
        assert_eq!(rescale_half_even(i128::MIN, 38, 0), Ok(-2));
        assert_eq!(rescale_half_even(0, 0, 60), Ok(0));
        assert!(rescale_half_even(1, 0, 39).is_err());
        assert!(rescale_half_even(i128::MAX, 0, 1).is_err());
    }

    #[test]
    fn division_of_64_bits_is_that_of_128_at_the_edges() {
        let edges = [i64::MIN, i64::MIN + 1, -3, -1, 0, 1, 3, i64::MAX - 1, i64::MAX];
        for numerator in edges.map(i128::from) {
            for denominator in edges.map(i128::from).into_iter().filter(|edge| *edge > 0) {
                assert_eq!(
                    divide_half_even(numerator, denominator),
                    divide_wide_half_even(numerator, denominator),
                    "{numerator} / {denominator}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn a_fast_product_or_quotient_is_the_slow_one(
            left in any::<i64>(), right in any::<i64>(), shift in 0..64_u32, more in 0..64_u32, denominator in 1..=i64::MAX,
        ) {
            let (left, right) = (i128::from(left) << shift, i128::from(right) << more);
            prop_assert_eq!(multiply(left, right, "product").ok(), left.checked_mul(right));
            let denominator = i128::from(denominator >> (shift % 63)).max(1);
            prop_assert_eq!(divide_half_even(left, denominator), divide_wide_half_even(left, denominator));
        }

        #[test]
        fn rounding_moves_a_number_by_at_most_half_a_unit(numerator in -10_i128.pow(30)..10_i128.pow(30), denominator in 1..10_i128.pow(18)) {
            let moved = (divide_half_even(numerator, denominator) * denominator - numerator).abs();
            prop_assert!(moved * 2 <= denominator);
        }

        #[test]
        fn scaling_up_and_down_again_changes_nothing(units in any::<i64>(), from_scale in 0..=9_u8, more in 0..=9_u8) {
            let finer = rescale_half_even(i128::from(units), from_scale, from_scale + more).unwrap();
            prop_assert_eq!(rescale_half_even(finer, from_scale + more, from_scale), Ok(i128::from(units)));
        }
    }
}
