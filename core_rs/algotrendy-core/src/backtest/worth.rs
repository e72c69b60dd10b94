//! What a position is worth at a price, by the rules of [`portfolio::valuation`](crate::portfolio::valuation), for many
//! prices at once.

use super::outcome::Curve;
use super::recorder::amount;
use super::terms::CurveDetail;
use crate::instrument::Instrument;
use crate::price::{rescale_half_even, NumberError};

/// What positions add to an account, in minor units of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Worth {
    /// To its equity.
    pub equity: i128,
    /// To its gross exposure.
    pub gross: i128,
    /// To its net exposure.
    pub net: i128,
}

impl Worth {
    pub const fn with(self, other: Self) -> Self {
        Self {
            equity: self.equity + other.equity,
            gross: self.gross + other.gross,
            net: self.net + other.net,
        }
    }

    pub const fn without(self, other: Self) -> Self {
        Self {
            equity: self.equity - other.equity,
            gross: self.gross - other.gross,
            net: self.net - other.net,
        }
    }
}

/// A position that is valued at many prices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Valued {
    /// Quantity × multiplier.
    unit: i128,
    /// What it cost, where only the difference is worth something.
    cost: Option<i128>,
    notional_scale: u8,
    cash_scale: u8,
}

impl Valued {
    pub fn new(instrument: &Instrument, quantity: i64, cost: i128) -> Self {
        Self {
            unit: i128::from(quantity) * i128::from(instrument.multiplier()),
            cost: (!instrument.kind().is_paid_in_full()).then_some(cost),
            notional_scale: instrument.notional_scale(),
            cash_scale: instrument.currency().cash_scale(),
        }
    }

    /// What it is worth at a price.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if that leaves its range.
    pub fn worth(&self, price: i64) -> Result<Worth, NumberError> {
        let overflow = NumberError::Overflow { quantity: "account value" };
        let units = self.unit.checked_mul(price.into()).ok_or(overflow)?;
        let cash = |units| rescale_half_even(units, self.notional_scale, self.cash_scale);
        let notional = cash(units)?;
        let equity = match self.cost {
            None => notional,
            Some(cost) => cash(units.checked_sub(cost).ok_or(overflow)?)?,
        };
        Ok(Worth { equity, gross: notional.abs(), net: notional })
    }

    /// What divides notional units into minor units, where everything fits 64 bits for prices as large as `most`.
    fn narrow(&self, most: u64) -> Option<(i64, i64)> {
        let unit = i64::try_from(self.unit).ok().filter(|_| self.cost.is_none())?;
        let digits = self.notional_scale.checked_sub(self.cash_scale)?;
        let largest = u128::from(most) * u128::from(unit.unsigned_abs());
        let divisor = 10_i64.checked_pow(digits.into())?;
        (largest < 1 << 62).then_some((unit, divisor))
    }
}

impl Curve {
    pub(super) fn reserve(&mut self, count: usize, detail: CurveDetail) {
        self.equity.reserve(count);
        if detail == CurveDetail::Full {
            self.gross.reserve(count);
            self.net.reserve(count);
        }
    }

    /// Adds the times of as many points as were valued.
    pub(super) fn push_times(&mut self, mut times: Vec<i64>, count: usize) {
        times.truncate(count);
        if self.time_ns.is_empty() {
            self.time_ns = times;
        } else {
            self.time_ns.extend_from_slice(&times);
        }
    }

    /// Adds points that are all the same.
    pub(super) fn push_many(
        &mut self,
        cash: i64,
        worth: Worth,
        count: usize,
        detail: CurveDetail,
    ) -> Result<(), super::error::RunError> {
        let length = self.equity.len() + count;
        self.equity.resize(length, amount(i128::from(cash) + worth.equity)?);
        if detail == CurveDetail::Full {
            self.gross.resize(length, amount(worth.gross)?);
            self.net.resize(length, amount(worth.net)?);
        }
        Ok(())
    }

    /// Adds a point for each price of the one position that is held.
    pub(super) fn push_run(
        &mut self,
        cash: i64,
        valued: &Valued,
        prices: &[i64],
        detail: CurveDetail,
    ) -> Result<(), super::error::RunError> {
        let most = prices.iter().fold(0, |most, price| price.unsigned_abs().max(most));
        let Some((unit, divisor)) = valued.narrow(most) else {
            return prices
                .iter()
                .try_for_each(|price| self.push_many(cash, valued.worth(*price)?, 1, detail));
        };
        // Each sum of cash and worth is in range, if that of the largest worth is.
        let largest = i128::from(most) * i128::from(unit).abs() / i128::from(divisor) + 1;
        amount(i128::from(cash).abs() + largest)?;
        match divisor {
            1 => self.push_narrow(cash, prices, detail, |price| price * unit),
            100 => self.push_narrow(cash, prices, detail, |price| rounded::<100>(price * unit)),
            10_000 => {
                self.push_narrow(cash, prices, detail, |price| rounded::<10_000>(price * unit));
            }
            1_000_000 => {
                self.push_narrow(cash, prices, detail, |price| rounded::<1_000_000>(price * unit));
            }
            _ => self.push_narrow(cash, prices, detail, |price| divided(price * unit, divisor)),
        }
        Ok(())
    }

    fn push_narrow(
        &mut self,
        cash: i64,
        prices: &[i64],
        detail: CurveDetail,
        notional: impl Fn(i64) -> i64,
    ) {
        match detail {
            CurveDetail::Equity => {
                self.equity.extend(prices.iter().map(|price| cash + notional(*price)));
            }
            CurveDetail::Full => {
                let first = self.net.len();
                self.net.extend(prices.iter().map(|price| notional(*price)));
                let net = &self.net[first..];
                self.equity.extend(net.iter().map(|net| cash + net));
                self.gross.extend(net.iter().map(|net| net.abs()));
            }
        }
    }
}

/// `units / DIVISOR`, half to even, with a division that is a multiplication.
fn rounded<const DIVISOR: i64>(units: i64) -> i64 {
    divided(units, DIVISOR)
}

/// `units / divisor`, half to even; the divisor is one or even.
#[inline(always)]
#[allow(clippy::inline_always, reason = "so that a constant divisor is one")]
fn divided(units: i64, divisor: i64) -> i64 {
    let (quotient, rest) = (units.div_euclid(divisor), units.rem_euclid(divisor));
    let half = divisor / 2;
    quotient + i64::from(rest > half || (rest == half && divisor > 1 && quotient & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::testing::{coin, instrument, spy};
    use crate::instrument::InstrumentTerms;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn many_prices_are_valued_as_one_is(
            prices in prop::collection::vec(1..2_000_000_000_i64, 1..20),
            quantity in -1_000_000..1_000_000_i64,
            quantity_scale in 0..8_u8,
            cash in -10_i64.pow(12)..10_i64.pow(12),
        ) {
            for base in [spy(), coin()] {
                let traded = instrument(InstrumentTerms { quantity_scale, ..base });
                let valued = Valued::new(&traded, quantity, 0);
                let (mut many, mut each) = (Curve::default(), Curve::default());
                many.push_run(cash, &valued, &prices, CurveDetail::Full).unwrap();
                for price in &prices {
                    each.push_many(cash, valued.worth(*price).unwrap(), 1, CurveDetail::Full).unwrap();
                }
                prop_assert_eq!(&many, &each);
                let mut equity = Curve::default();
                equity.push_run(cash, &valued, &prices, CurveDetail::Equity).unwrap();
                prop_assert_eq!(equity.equity, each.equity);
            }
        }
    }
}
