//! Products and quotients of scaled integers: checked, and rounded half to even.
//!
//! A decision rescales some ten amounts, so the common case is made cheap: n / 10^k is (n / 2^k) / 5^k, where the first
//! division is a shift and the second a multiplication by a reciprocal. What is too large for that is divided.

use super::NumberError;

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

/// Re-expresses `units` of 10^−`from_scale` in units of 10^−`to_scale`, rounding half to even.
///
/// # Errors
/// [`NumberError::Overflow`] if the result leaves the range.
#[inline]
pub fn rescale_half_even(units: i128, from_scale: u8, to_scale: u8) -> Result<i128, NumberError> {
    let overflow = NumberError::Overflow { quantity: "rescaled amount" };
    if from_scale == to_scale || units == 0 {
        return Ok(units);
    }
    if from_scale > to_scale {
        return Ok(divide_by_power_of_ten(units, usize::from(from_scale - to_scale)));
    }
    let factor = POWERS_OF_TEN.get(usize::from(to_scale - from_scale)).ok_or(overflow)?;
    multiply(units, *factor, "rescaled amount")
}

/// As [`rescale_half_even`], of a number that is known to stay in range.
#[must_use]
#[inline]
pub fn rescale_in_range(units: i128, from_scale: u8, to_scale: u8) -> i128 {
    debug_assert!(rescale_half_even(units, from_scale, to_scale).is_ok());
    if from_scale > to_scale {
        divide_by_power_of_ten(units, usize::from(from_scale - to_scale))
    } else {
        units.wrapping_mul(POWERS_OF_TEN[usize::from(to_scale - from_scale)])
    }
}

/// As [`rescale_half_even`], of 64 bits; `None` if the result has more.
#[must_use]
#[inline]
pub fn rescale_narrow(units: i64, from_scale: u8, to_scale: u8) -> Option<i64> {
    match from_scale.checked_sub(to_scale) {
        Some(0) => Some(units),
        Some(down @ 1..=18) => Some(divide_narrow(units, usize::from(down))),
        Some(_) => None,
        None => {
            let factor = *SMALL_POWERS_OF_TEN.get(usize::from(to_scale - from_scale))?;
            units.checked_mul(i64::try_from(factor).ok()?)
        }
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
    let (magnitude, divisor) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    let quotient = match (u64::try_from(magnitude), u64::try_from(divisor)) {
        // Dividing 64 bits takes a fraction of the time that dividing 128 takes.
        (Ok(magnitude), Ok(divisor)) => u128::from(magnitude / divisor),
        _ => magnitude / divisor,
    };
    rounded(numerator < 0, magnitude, quotient, divisor)
}

#[inline]
fn divide_by_power_of_ten(numerator: i128, exponent: usize) -> i128 {
    match (i64::try_from(numerator), exponent) {
        (Ok(numerator), 1..=18) => divide_narrow(numerator, exponent).into(),
        _ => divide_wide(numerator, exponent),
    }
}

/// `numerator / 10^exponent`, for an exponent of 1 to 18.
#[inline]
fn divide_narrow(numerator: i64, exponent: usize) -> i64 {
    let magnitude = numerator.unsigned_abs();
    let divisor = SMALL_POWERS_OF_TEN[exponent];
    let quotient = FIFTHS[exponent].times(magnitude >> exponent);
    let remainder = magnitude.wrapping_sub(quotient.wrapping_mul(divisor));
    // Both sides are even, so that the last bit of the quotient decides where they are equal.
    let goes_up = remainder * 2 + (quotient & 1) > divisor;
    let quotient = quotient.wrapping_add(u64::from(goes_up));
    if numerator < 0 {
        0_i64.wrapping_sub_unsigned(quotient)
    } else {
        0_i64.wrapping_add_unsigned(quotient)
    }
}

fn divide_wide(numerator: i128, exponent: usize) -> i128 {
    let Some(divisor) = POWERS_OF_TEN.get(exponent) else {
        // No `i128` reaches half of 10^39.
        return 0;
    };
    let (magnitude, divisor) = (numerator.unsigned_abs(), divisor.unsigned_abs());
    let quotient = match (FIFTHS.get(exponent), u64::try_from(magnitude >> exponent)) {
        (Some(fifths), Ok(shifted)) if shifted <= Reciprocal::MAX => fifths.times(shifted).into(),
        _ => magnitude / divisor,
    };
    rounded(numerator < 0, magnitude, quotient, divisor)
}

/// The whole `quotient`, one more where the remainder is more than half of `divisor`, or half and the quotient is odd.
#[inline]
fn rounded(is_negative: bool, magnitude: u128, quotient: u128, divisor: u128) -> i128 {
    // No more than `magnitude`, and a checked product of 128 bits is slow.
    let remainder = magnitude.wrapping_sub(quotient.wrapping_mul(divisor));
    // Comparing with the rest of the divisor avoids doubling the remainder, which could overflow.
    let rest = divisor - remainder;
    let goes_up = remainder > rest || (remainder == rest && quotient & 1 == 1);
    let quotient = quotient + u128::from(goes_up);
    // −2^127 has no positive counterpart, so that neither direction may be checked.
    if is_negative {
        0_i128.wrapping_sub_unsigned(quotient)
    } else {
        0_i128.wrapping_add_unsigned(quotient)
    }
}

/// 10^0 to 10^18, all that an `i64` holds.
static SMALL_POWERS_OF_TEN: [u64; 19] = {
    let mut powers = [1; 19];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// 10^0 to 10^38, all that an `i128` holds.
static POWERS_OF_TEN: [i128; 39] = powers_of(10);

/// Reciprocals of 5^0 to 5^27, all below 2^63.
static FIFTHS: [Reciprocal; 28] = {
    let powers: [i128; 28] = powers_of(5);
    let mut reciprocals = [Reciprocal { factor: 0, shift: 0 }; 28];
    let mut exponent = 0;
    while exponent < powers.len() {
        reciprocals[exponent] = Reciprocal::of(powers[exponent].unsigned_abs());
        exponent += 1;
    }
    reciprocals
};

const fn powers_of<const COUNT: usize>(base: i128) -> [i128; COUNT] {
    let mut powers = [1; COUNT];
    let mut exponent = 1;
    while exponent < COUNT {
        powers[exponent] = powers[exponent - 1] * base;
        exponent += 1;
    }
    powers
}

/// What to multiply by, and then to shift by, to divide a number below 2^63 (Granlund and Montgomery, "Division by
/// invariant integers using multiplication", 1994, theorem 4.2).
#[derive(Clone, Copy)]
struct Reciprocal {
    factor: u64,
    shift: u32,
}

impl Reciprocal {
    /// The largest number that it divides.
    const MAX: u64 = u64::MAX >> 1;

    const fn of(divisor: u128) -> Self {
        let bits = divisor.next_power_of_two().trailing_zeros();
        let shift = 63 + bits;
        let factor = (1_u128 << shift).div_ceil(divisor);
        #[allow(clippy::cast_possible_truncation, reason = "below 2^64 for a divisor below 2^63")]
        Self { factor: factor as u64, shift }
    }

    #[inline]
    fn times(&self, number: u64) -> u64 {
        let product = u128::from(number) * u128::from(self.factor);
        #[allow(clippy::cast_possible_truncation, reason = "a quotient of a 64-bit number")]
        let quotient = (product >> self.shift) as u64;
        quotient
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: the nearest, and of two the even one.
    fn slow(numerator: i128, denominator: i128) -> i128 {
        let floor = numerator.div_euclid(denominator);
        let remainder = numerator.rem_euclid(denominator);
        match remainder.cmp(&(denominator - remainder)) {
            std::cmp::Ordering::Less => floor,
            std::cmp::Ordering::Equal => floor + floor.rem_euclid(2),
            std::cmp::Ordering::Greater => floor + 1,
        }
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
    fn a_denominator_of_one_changes_nothing_at_the_edges() {
        for numerator in [i128::MIN, i128::MIN + 1, -1, 0, 1, i128::MAX] {
            assert_eq!(divide_half_even(numerator, 1), numerator);
        }
    }

    #[test]
    #[should_panic(expected = "a denominator is positive")]
    fn a_denominator_of_zero_is_a_mistake_of_the_program() {
        let _ = divide_half_even(1, 0);
    }

    #[test]
    fn every_power_of_ten_divides_exactly_around_its_ties_and_where_the_way_changes() {
        for (exponent, &divisor) in POWERS_OF_TEN.iter().enumerate().skip(1) {
            let limit = 1_i128.checked_shl(63 + u32::try_from(exponent).unwrap());
            let centers = [0, divisor / 2, divisor, divisor.saturating_mul(3) / 2, i128::MAX - 2]
                .into_iter()
                .chain([1 << 63, 1 << 64, i128::from(u64::MAX) * 10])
                .chain(limit.filter(|limit| *limit > 0));
            for center in centers {
                for numerator in (-2..=2).map(|near| center + near) {
                    for numerator in [numerator, -numerator] {
                        let exact = slow(numerator, divisor);
                        assert_eq!(divide_by_power_of_ten(numerator, exponent), exact);
                        assert_eq!(divide_half_even(numerator, divisor), exact);
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_fast_product_or_quotient_is_the_slow_one(
            left in any::<i64>(), right in any::<i64>(), shift in 0..64_u32, more in 0..64_u32,
            denominator in 1..=i64::MAX, exponent in 1..39_usize,
        ) {
            let (left, right) = (i128::from(left) << shift, i128::from(right) << more);
            prop_assert_eq!(multiply(left, right, "product").ok(), left.checked_mul(right));
            let denominator = i128::from(denominator >> (shift % 63)).max(1);
            prop_assert_eq!(divide_half_even(left, denominator), slow(left, denominator));
            let power = POWERS_OF_TEN[exponent];
            prop_assert_eq!(divide_by_power_of_ten(left, exponent), slow(left, power));
            // Ties, which random numbers never are.
            let tie = (left >> 64).checked_mul(power).and_then(|tie| tie.checked_add(power / 2));
            if let Some(tie) = tie {
                prop_assert_eq!(divide_by_power_of_ten(tie, exponent), slow(tie, power));
            }
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
