//! Cash in minor units, and the two roundings there are: notional to cash, and cost shared out. Both half to even.

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::instrument::{Currency, Instrument};
use crate::order::terms::Side;
use crate::price::{divide_half_even, rescale_half_even, Notional, NumberError, Price, Quantity};

/// An amount in minor units of its currency, 10^−`cash_scale`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cash(pub i128);

impl Cash {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if it leaves the range.
    #[inline]
    pub fn checked_add(self, other: Self) -> Result<Self, NumberError> {
        self.0.checked_add(other.0).map(Self).ok_or(NumberError::Overflow { quantity: "cash" })
    }

    /// The difference.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if it leaves the range.
    #[inline]
    pub fn checked_sub(self, other: Self) -> Result<Self, NumberError> {
        self.0.checked_sub(other.0).map(Self).ok_or(NumberError::Overflow { quantity: "cash" })
    }

    /// The size, without its sign.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if it leaves the range.
    #[inline]
    pub fn absolute(self) -> Result<Self, NumberError> {
        self.0.checked_abs().map(Self).ok_or(NumberError::Overflow { quantity: "cash" })
    }

    /// The amount as a decimal of `currency`.
    #[must_use]
    pub const fn in_currency(self, currency: Currency) -> Decimal {
        Decimal::new(self.0, currency.cash_scale())
    }
}

/// A notional of `instrument` in minor units of its currency.
///
/// # Errors
/// [`NumberError::Overflow`] if it leaves the range.
#[inline]
pub fn cash_value(instrument: &Instrument, notional: Notional) -> Result<Cash, NumberError> {
    let cash_scale = instrument.currency().cash_scale();
    rescale_half_even(notional.0, instrument.notional_scale(), cash_scale).map(Cash)
}

/// What a fill does to cash, its fee not counted: negative for a buy.
///
/// # Errors
/// [`NumberError::Overflow`] if it leaves the range.
#[inline]
pub fn cash_change(
    instrument: &Instrument,
    side: Side,
    quantity: Quantity,
    price: Price,
) -> Result<Cash, NumberError> {
    let bought = price.notional(side.signed(quantity), instrument.multiplier())?;
    Cash::ZERO.checked_sub(cash_value(instrument, bought)?)
}

/// `part` of `whole`'s share in `cost`, half to even. `0 <= part <= whole`, and `whole` is positive.
#[must_use]
#[inline]
pub fn share_of_cost(cost: Notional, part: Quantity, whole: Quantity) -> Notional {
    if part == whole {
        return cost;
    }
    match i64::try_from(cost.0) {
        // A product of two 64-bit numbers is in range.
        Ok(cost) => {
            Notional(divide_half_even(i128::from(cost) * i128::from(part.0), i128::from(whole.0)))
        }
        Err(_) => share_of_wide_cost(cost, part, whole),
    }
}

fn share_of_wide_cost(cost: Notional, part: Quantity, whole: Quantity) -> Notional {
    let (part, whole) = (i128::from(part.0), i128::from(whole.0));
    // Dividing before multiplying keeps every step in range: a remainder is below 2^63, and so is a part.
    let scaled_remainder = cost.0 % whole * part;
    let floor = cost.0 / whole * part + scaled_remainder.div_euclid(whole);
    let remainder = scaled_remainder.rem_euclid(whole);
    Notional(match remainder.cmp(&(whole - remainder)) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Equal => floor + (floor & 1),
        std::cmp::Ordering::Greater => floor + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_share_of_an_extreme_cost_stays_in_range() {
        for cost in [i128::MIN, i128::MIN + 1, i128::MAX] {
            let whole = Quantity(i64::MAX);
            assert_eq!(share_of_cost(Notional(cost), whole, whole), Notional(cost));
            let one = share_of_cost(Notional(cost), Quantity(1), whole);
            assert_eq!(one.0, divide_half_even(cost, i128::from(i64::MAX)));
        }
    }

    proptest! {
        #[test]
        fn a_share_is_the_exact_quotient_rounded_half_to_even(
            cost in -10_i128.pow(18)..10_i128.pow(18),
            whole in 1..1_000_000_i64,
            fraction in 0..=100_i64,
        ) {
            let part = whole / 100 * fraction;
            let exact = divide_half_even(cost * i128::from(part), i128::from(whole));
            prop_assert_eq!(share_of_cost(Notional(cost), Quantity(part), Quantity(whole)).0, exact);
        }

        #[test]
        fn a_fast_share_is_the_slow_one(cost in any::<i64>(), whole in 1..=i64::MAX, part in 0..=i64::MAX) {
            let (cost, part, whole) = (Notional(cost.into()), Quantity(part.min(whole)), Quantity(whole));
            prop_assert_eq!(share_of_cost(cost, part, whole), share_of_wide_cost(cost, part, whole));
        }
    }
}
