//! Least-squares lines over bar numbers, and the linearly weighted mean, which follows from the same two sums.

use super::lanes::Lanes;
use super::sweep::Aggregate;

/// The mean, the sum of the products of the deviations of bar numbers and values, and if `K` is 3 that of the values' squared deviations.
#[derive(Clone)]
pub(super) struct Line<const K: usize> {
    statistic: Statistic,
    n: f64,
}

#[derive(Clone, Copy)]
enum Statistic {
    Weighted,
    Slope,
    RSquared,
}

#[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
impl Line<2> {
    pub(super) fn weighted(n: usize) -> Self {
        Self { statistic: Statistic::Weighted, n: n as f64 }
    }

    pub(super) fn slope(n: usize) -> Self {
        Self { statistic: Statistic::Slope, n: n as f64 }
    }
}

#[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
impl Line<3> {
    pub(super) fn r_squared(n: usize) -> Self {
        Self { statistic: Statistic::RSquared, n: n as f64 }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Shares {
    newer: f64,
    /// Of the distance of the two means, whose bars are half of both counts apart.
    product: f64,
    square: f64,
}

impl<const K: usize> Aggregate<K> for Line<K> {
    type Counts = Shares;

    fn counts(older: f64, newer: f64) -> Shares {
        let both = older + newer;
        Shares { newer: newer / both, product: older * newer / 2.0, square: older * newer / both }
    }

    #[inline(always)]
    fn join<const W: usize>(
        shares: Shares,
        _: Lanes<W>,
        a: [Lanes<W>; K],
        b: [Lanes<W>; K],
    ) -> [Lanes<W>; K] {
        let distance = b[0] - a[0];
        let mut both = [a[0] + distance * shares.newer; K];
        both[1] = a[1] + b[1] + distance * shares.product;
        if K > 2 {
            both[2] = a[2] + b[2] + distance * (distance * shares.square);
        }
        both
    }

    #[inline(always)]
    fn finish<const W: usize>(&self, window: [Lanes<W>; K], _: Lanes<W>) -> Lanes<W> {
        let n = self.n;
        let (mean, product, squares) = (window[0], window[1], window[K - 1]);
        // Σ (i - (n - 1) / 2)² over the bar numbers.
        let spread = n * (n * n - 1.0) / 12.0;
        match self.statistic {
            Statistic::Weighted => mean + product * (2.0 / (n * (n + 1.0))),
            Statistic::Slope => product / spread,
            Statistic::RSquared => {
                (product / spread * (product / squares))
                    .map(|share| if share > 1.0 { 1.0 } else { share })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::kernel::testing::run;
    use crate::expr::op::Op;

    #[test]
    fn a_straight_line_is_its_own_fit() {
        let values: Vec<f64> = (0..50).map(|at| 3.0 - 0.25 * f64::from(at)).collect();
        for n in [2, 5, 14] {
            let last = |op| run(op, &[&values])[49];
            assert!((last(Op::Slope { n }) + 0.25).abs() < 1e-14);
            assert!((last(Op::RSquared { n }) - 1.0).abs() < 1e-14);
        }
        assert!(
            (run(Op::LinearWeighted { n: 3 }, &[&values])[2]
                - (3.0 + 2.0 * 2.75 + 3.0 * 2.5) / 6.0)
                .abs()
                < 1e-14
        );
    }

    #[test]
    #[allow(clippy::float_cmp)] // Exactly.
    fn equal_values_have_no_slope_and_no_fit() {
        let values = [0.1; 40];
        assert!(run(Op::Slope { n: 9 }, &[&values])[8..].iter().all(|&slope| slope == 0.0));
        assert!(run(Op::RSquared { n: 9 }, &[&values]).iter().all(|fit| fit.is_nan()));
        assert!(run(Op::LinearWeighted { n: 9 }, &[&values])[8..].iter().all(|&mean| mean == 0.1));
    }
}
