//! Parametric value at risk: a number of standard deviations of the portfolio's one-day gain or loss.
//!
//! The variance Σ wᵢ·wⱼ·cᵢⱼ is an exact integer: weights are minor units, covariances units of 10⁻¹². It is kept with
//! the products C·w, so that a position's change costs one row of the matrix and an order's check a few
//! multiplications, and that no rounding depends on what happened before.

use crate::order::state::SlotIndex;
use crate::portfolio::cost::Cash;
use crate::price::NumberError;

const OVERFLOW: NumberError = NumberError::Overflow { quantity: "value at risk" };

/// Covariances of one-day returns, and the portfolio they are applied to.
#[derive(Clone, Debug, Default)]
pub struct Covariance {
    /// The place in the matrix, by instrument.
    places: Vec<Option<usize>>,
    /// By rows, in units of 10⁻¹².
    matrix: Vec<i64>,
    deviations_thousandths: u32,
    /// What is held, in minor units of the account's currency, by place.
    weights: Vec<Cash>,
    /// C·w.
    products: Vec<i128>,
    variance: i128,
    /// Instruments that are held and not in the matrix.
    uncovered: Vec<SlotIndex>,
    /// Whether a number has left its range since everything was last reckoned from the start.
    is_out_of_range: bool,
}

impl Covariance {
    /// The covariance of `slots`, by rows in units of 10⁻¹², applied to an empty portfolio.
    ///
    /// # Panics
    /// If the matrix is not square.
    #[must_use]
    pub fn new(slots: &[SlotIndex], matrix: Vec<i64>, deviations_thousandths: u32) -> Self {
        assert_eq!(matrix.len(), slots.len() * slots.len(), "a covariance is square");
        let known = slots.iter().map(|slot| *slot as usize + 1).max().unwrap_or(0);
        let mut places = vec![None; known];
        for (place, slot) in slots.iter().enumerate() {
            places[*slot as usize] = Some(place);
        }
        Self {
            places,
            matrix,
            deviations_thousandths,
            weights: vec![Cash::ZERO; slots.len()],
            products: vec![0; slots.len()],
            ..Self::default()
        }
    }

    /// Takes over what is held of one instrument.
    pub fn set_weight(&mut self, slot: SlotIndex, weight: Cash) {
        let Some(place) = self.place(slot) else {
            self.uncovered.retain(|known| *known != slot);
            if weight != Cash::ZERO {
                self.uncovered.push(slot);
            }
            return;
        };
        if self.weights[place] == weight && !self.is_out_of_range {
            return;
        }
        let before = std::mem::replace(&mut self.weights[place], weight);
        let moved = if self.is_out_of_range { None } else { self.moved(place, before, weight) };
        self.is_out_of_range = moved.or_else(|| self.reckoned()).is_none();
    }

    /// The value at risk if `weight` were held of one instrument; `None` if the matrix does not say.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if it leaves the range.
    pub fn value_at_risk(
        &self,
        slot: SlotIndex,
        weight: Cash,
    ) -> Result<Option<Cash>, NumberError> {
        let Some(place) = self.place(slot).filter(|_| self.uncovered.is_empty()) else {
            return Ok(None);
        };
        if self.is_out_of_range {
            return Err(OVERFLOW);
        }
        let change = weight.checked_sub(self.weights[place])?.0;
        let variance = self.variance_after(place, change).ok_or(OVERFLOW)?;
        Ok(self.risk_of(variance))
    }

    fn place(&self, slot: SlotIndex) -> Option<usize> {
        self.places.get(slot as usize).copied().flatten()
    }

    fn covariance(&self, row: usize, column: usize) -> i128 {
        i128::from(self.matrix[row * self.weights.len() + column])
    }

    /// V + 2δ(C·w)ᵢ + δ²cᵢᵢ.
    fn variance_after(&self, place: usize, change: i128) -> Option<i128> {
        let own = self.covariance(place, place).checked_mul(change)?;
        let slope = self.products[place].checked_mul(2)?.checked_add(own)?;
        self.variance.checked_add(slope.checked_mul(change)?)
    }

    fn moved(&mut self, place: usize, before: Cash, weight: Cash) -> Option<()> {
        let change = weight.0.checked_sub(before.0)?;
        self.variance = self.variance_after(place, change)?;
        // A covariance is symmetric: its rows are its columns, and lie in one piece.
        let row = &self.matrix[place * self.weights.len()..];
        let mut sums = self.products.iter_mut().zip(row);
        match i64::try_from(change) {
            // A product of two 64-bit numbers is one instruction and always fits.
            Ok(change) => {
                let mut is_in_range = true;
                for (product, covariance) in sums {
                    let more = i128::from(*covariance).wrapping_mul(i128::from(change));
                    let (sum, overflows) = product.overflowing_add(more);
                    *product = sum;
                    is_in_range &= !overflows;
                }
                is_in_range.then_some(())
            }
            Err(_) => sums.try_for_each(|(product, covariance)| {
                *product = product.checked_add(i128::from(*covariance).checked_mul(change)?)?;
                Some(())
            }),
        }
    }

    /// Everything again from the weights.
    fn reckoned(&mut self) -> Option<()> {
        self.variance = 0;
        for row in 0..self.products.len() {
            let mut product: i128 = 0;
            for column in 0..self.weights.len() {
                let part = self.covariance(row, column).checked_mul(self.weights[column].0)?;
                product = product.checked_add(part)?;
            }
            self.products[row] = product;
            let part = product.checked_mul(self.weights[row].0)?;
            self.variance = self.variance.checked_add(part)?;
        }
        Some(())
    }

    /// Rounded up to the minor unit. A matrix that is no covariance can make a variance negative: that says nothing.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a statistic")]
    fn risk_of(&self, variance: i128) -> Option<Cash> {
        if variance < 0 {
            return None;
        }
        // √10⁻¹² and the thousandth of a deviation together.
        let deviations = f64::from(self.deviations_thousandths) / 1e9;
        Some(Cash(((variance as f64).sqrt() * deviations).ceil() as i128))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SLOTS: [SlotIndex; 3] = [4, 0, 2];

    /// Rows in the order of `SLOTS`: 1 %, 2 % and 3 % a day, the first two with a correlation of a half.
    fn covariance() -> Covariance {
        let matrix =
            vec![100_000_000, 100_000_000, 0, 100_000_000, 400_000_000, 0, 0, 0, 900_000_000];
        Covariance::new(&SLOTS, matrix, 1_645)
    }

    #[test]
    fn one_position_risks_its_volatility() {
        // 1 % of 10,000.00, 1.645 times.
        assert_eq!(covariance().value_at_risk(4, Cash(1_000_000)), Ok(Some(Cash(16_450))));
        assert_eq!(covariance().value_at_risk(4, Cash(-1_000_000)), Ok(Some(Cash(16_450))));
    }

    #[test]
    fn a_hedge_risks_less_than_its_parts() {
        let mut covariance = covariance();
        covariance.set_weight(4, Cash(1_000_000));
        let alone = covariance.value_at_risk(0, Cash::ZERO).unwrap();
        assert!(covariance.value_at_risk(0, Cash(-250_000)).unwrap() < alone);
        assert!(covariance.value_at_risk(0, Cash(250_000)).unwrap() > alone);
    }

    #[test]
    fn what_the_matrix_does_not_cover_has_no_value_at_risk() {
        let mut covariance = covariance();
        assert_eq!(covariance.value_at_risk(1, Cash(1)), Ok(None));
        covariance.set_weight(1, Cash(5));
        assert_eq!(covariance.value_at_risk(4, Cash(1)), Ok(None));
        covariance.set_weight(1, Cash::ZERO);
        assert!(covariance.value_at_risk(4, Cash(1)).unwrap().is_some());
    }

    #[test]
    fn a_matrix_that_is_no_covariance_says_nothing() {
        let mut covariance = Covariance::new(&[0, 1], vec![1, 9, 9, 1], 1_000);
        covariance.set_weight(0, Cash(10));
        assert_eq!(covariance.value_at_risk(1, Cash(-10)), Ok(None));
    }

    #[test]
    fn an_overflow_is_an_error_until_the_position_is_gone() {
        let mut covariance = covariance();
        assert!(covariance.value_at_risk(4, Cash(i128::MAX / 2)).is_err());
        covariance.set_weight(4, Cash(i128::MAX / 2));
        assert!(covariance.value_at_risk(0, Cash(1)).is_err());
        covariance.set_weight(4, Cash(1_000_000));
        assert_eq!(covariance.value_at_risk(0, Cash::ZERO), Ok(Some(Cash(16_450))));
    }

    proptest! {
        #[test]
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a statistic")]
        fn the_kept_variance_is_that_of_a_double_loop(
            changes in prop::collection::vec((0..3_usize, -10_i128.pow(10)..10_i128.pow(10)), 1..20),
            order in (0..3_usize, -10_i128.pow(10)..10_i128.pow(10)),
            entries in prop::array::uniform6(-1_000_000_000..1_000_000_000_i64),
        ) {
            let [a, b, c, d, e, f] = entries;
            let matrix = vec![a.abs(), b, c, b, d.abs(), e, c, e, f.abs()];
            let mut covariance = Covariance::new(&SLOTS, matrix.clone(), 2_326);
            let mut weights = [0_i128; 3];
            for (place, weight) in changes {
                covariance.set_weight(SLOTS[place], Cash(weight));
                weights[place] = weight;
            }
            weights[order.0] = order.1;
            let mut variance = 0;
            for row in 0..3 {
                for column in 0..3 {
                    variance += weights[row] * weights[column] * i128::from(matrix[row * 3 + column]);
                }
            }
            let found = covariance.value_at_risk(SLOTS[order.0], Cash(order.1)).unwrap();
            let expected = (variance >= 0).then(|| ((variance as f64).sqrt() * (2_326.0 / 1e9)).ceil() as i128);
            prop_assert_eq!(found.map(|cash| cash.0), expected);
        }
    }
}
