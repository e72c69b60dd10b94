//! The mean of windows: their sum over `n`, so that means that tie have the same bits wherever the sums are exact, as those of whole
//! numbers and of quarters are.
//!
//! A sum of tenths is not: the mean of equal ones would be beside them by a last bit, and a price that stands still above or below its
//! mean. A mean that is beside the newest value by rounding alone is that value.

use super::lanes::Lanes;
use super::sum::Sum;
use super::sweep::Aggregate;

/// By how much rounding can move a mean, as a share of it: at most a last bit a join, of which the longest window takes 33, and one for the
/// division. One bound for all windows, so that those whose means tie go the same way.
const ROUNDING: f64 = 32.0 * f64::EPSILON;

/// The mean of `n` values.
#[derive(Clone)]
pub(super) struct Mean {
    n: f64,
    /// One of `n` parts, rounded.
    part: f64,
}

impl Mean {
    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    pub(super) fn new(n: usize) -> Self {
        let n = n as f64;
        Self { n, part: 1.0 / n }
    }
}

impl Aggregate<1> for Mean {
    const READS_NEWEST: bool = true;
    type Counts = ();

    fn counts(_: f64, _: f64) {}

    #[inline(always)]
    fn join<const W: usize>(
        (): (),
        gap: Lanes<W>,
        older: [Lanes<W>; 1],
        newer: [Lanes<W>; 1],
    ) -> [Lanes<W>; 1] {
        Sum::join((), gap, older, newer)
    }

    #[inline(always)]
    fn finish<const W: usize>(&self, [sum]: [Lanes<W>; 1], newest: Lanes<W>) -> Lanes<W> {
        let (n, part) = (Lanes::splat(self.n), Lanes::splat(self.part));
        // `sum / n`, to the last bit (Markstein 1990): what is missing of the rounded product, exactly, and its share added to it. A
        // division takes several times as long.
        let rough = sum * part;
        let mean = rough.map(|rough| -rough).mul_add(n, sum).mul_add(part, rough);
        mean.zip(newest, |mean, newest| {
            // Null compares with nothing.
            let is_newest = (mean - newest).abs() <= newest.abs() * ROUNDING;
            let mask = u64::from(is_newest).wrapping_neg();
            // Chosen by its bits, several at a time.
            f64::from_bits((mean.to_bits() & !mask) | (newest.to_bits() & mask))
        })
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // Exactly.
mod tests {
    use crate::expr::kernel::testing::{run, walk};
    use crate::expr::op::Op;

    fn means(n: usize, values: &[f64]) -> Vec<f64> {
        run(Op::Mean { n }, &[values])[n - 1..].to_vec()
    }

    #[test]
    fn equal_values_are_their_own_mean() {
        for value in [0.1, 100.37, 1e-300, -7.0 / 3.0, 1e300] {
            for n in (1..70).chain([255, 257, 1_023]) {
                assert!(means(n, &[value; 1_100]).iter().all(|mean| *mean == value), "{value} {n}");
            }
        }
    }

    #[test]
    fn a_window_is_divided_by_how_many_it_has() {
        let quarters: Vec<f64> =
            walk(3_000, 5).iter().map(|value| (value * 4.0).round() / 4.0).collect();
        for n in [3, 5, 6, 7, 10, 20, 30, 49, 100] {
            let divisor = f64::from(u32::try_from(n).unwrap());
            for (window, mean) in quarters.windows(n).zip(means(n, &quarters)) {
                let expected = window.iter().sum::<f64>() / divisor;
                assert_eq!(mean, expected, "{n}");
            }
        }
    }

    #[test]
    fn a_product_corrected_is_a_division() {
        let numbers = walk(2_000, 9);
        for n in (1..130).chain([255, 256, 257, 999, 1_000, 4_095]) {
            let n = f64::from(n);
            let part = 1.0 / n;
            for number in &numbers {
                for sum in
                    [number * n, number * 7.3, -number / 3.0, number * 1e290, number * 1e-290]
                {
                    let rough = sum * part;
                    let mean = (-rough).mul_add(n, sum).mul_add(part, rough);
                    assert_eq!(mean, sum / n, "{sum} {n}");
                }
            }
        }
    }

    #[test]
    fn means_that_tie_are_equal() {
        // Each five in a row of 0, 1, 2, 3, 4 quarters, and so each thirty.
        let values: Vec<f64> = (0..200).map(|at| 100.25 + f64::from(at % 5) * 0.25).collect();
        let fives = means(5, &values);
        for n in [10, 15, 30, 35, 60] {
            assert_eq!(means(n, &values), fives[n - 5..], "{n}");
        }
        assert_eq!(fives[0], 100.75);
        // A third, which no float is, of windows that differ.
        let (left, right) = ([1.0, 1.0, 2.0], [2.0, 0.0, 2.0, 1.0, 1.0, 2.0]);
        assert_eq!(means(3, &left), means(6, &right));
    }
}
