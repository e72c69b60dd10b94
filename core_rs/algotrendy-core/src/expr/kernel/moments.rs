//! Variance, skewness and kurtosis.
//!
//! An aggregate is the mean, as its distance from the newest value, and the sums of the 2nd, 3rd and 4th powers of the deviations from it, as many as are asked for, joined as in
//! Pébay (2008). They are never differences of large sums: an offset costs no digits, and equal values deviate by exactly 0.

use super::lanes::Lanes;
use super::short::OfValues;
use super::sweep::Aggregate;

/// The mean, and of the powers of the deviations the first `K - 1`, at least one.
#[derive(Clone)]
pub(super) struct Moments<const K: usize> {
    statistic: Statistic,
    n: f64,
}

#[derive(Clone, Copy)]
enum Statistic {
    Var { divisor: f64 },
    Std { divisor: f64 },
    Skew,
    Kurt,
}

#[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
impl Moments<2> {
    pub(super) fn var(n: usize, ddof: usize) -> Self {
        let n = n as f64;
        Self { statistic: Statistic::Var { divisor: n - ddof as f64 }, n }
    }

    pub(super) fn std(n: usize, ddof: usize) -> Self {
        let n = n as f64;
        Self { statistic: Statistic::Std { divisor: n - ddof as f64 }, n }
    }
}

#[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
impl Moments<3> {
    pub(super) fn skew(n: usize) -> Self {
        Self { statistic: Statistic::Skew, n: n as f64 }
    }
}

#[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
impl Moments<4> {
    pub(super) fn kurt(n: usize) -> Self {
        Self { statistic: Statistic::Kurt, n: n as f64 }
    }
}

/// The counts of two aggregates as shares of both together.
#[derive(Clone, Copy)]
pub(super) struct Shares {
    older: f64,
    newer: f64,
    /// Of the squared distance of the two means.
    square: f64,
}

impl<const K: usize> Aggregate<K> for Moments<K> {
    const IS_RELATIVE: bool = true;
    type Counts = Shares;

    fn counts(older: f64, newer: f64) -> Shares {
        let both = older + newer;
        Shares { older: older / both, newer: newer / both, square: older * newer / both }
    }

    #[inline(always)]
    fn join<const W: usize>(
        shares: Shares,
        gap: Lanes<W>,
        a: [Lanes<W>; K],
        b: [Lanes<W>; K],
    ) -> [Lanes<W>; K] {
        let distance = gap + (b[0] - a[0]);
        // How far the mean of both is from the older's and from the newer's.
        let (from_a, from_b) = (distance * shares.newer, distance * shares.older);
        let mut both = [b[0] - from_b; K];
        let squares = distance * (distance * shares.square);
        both[1] = a[1] + b[1] + squares;
        if K > 2 {
            let skewed = (from_b * b[1] - from_a * a[1]) * 3.0 + squares * (from_b - from_a);
            both[2] = a[2] + b[2] + skewed;
        }
        if K > 3 {
            let crossed = (from_b * b[2] - from_a * a[2]) * 4.0;
            let (square_a, square_b) = (from_a * from_a, from_b * from_b);
            let fourths = squares * (square_a - from_a * from_b + square_b);
            both[3] = a[3] + b[3] + crossed + ((square_b * b[1] + square_a * a[1]) * 6.0 + fourths);
        }
        both
    }

    #[inline(always)]
    fn finish<const W: usize>(&self, window: [Lanes<W>; K], _: Lanes<W>) -> Lanes<W> {
        let n = self.n;
        let moment = |power: usize| window[(power - 1).min(K - 1)];
        // A window of one value has joined nothing that could make it null.
        let squares = moment(2) + window[0] * 0.0;
        match self.statistic {
            Statistic::Var { divisor } => squares * (1.0 / divisor),
            Statistic::Std { divisor } => (squares * (1.0 / divisor)).map(f64::sqrt),
            Statistic::Skew => {
                let ratio = moment(3) / moment(2) / moment(2).map(f64::sqrt);
                ratio * (n * (n - 1.0).sqrt() / (n - 2.0))
            }
            Statistic::Kurt => {
                let ratio = moment(4) / moment(2) / moment(2);
                let excess = ratio * ((n + 1.0) * n) - Lanes::splat(3.0 * (n - 1.0));
                excess * ((n - 1.0) / ((n - 2.0) * (n - 3.0)))
            }
        }
    }
}

/// By their distance `d` from the newest, which is in the window itself, so that `Σ d² - (Σ d)² / n` loses no more digits than `n` has.
impl OfValues<2> for Moments<2> {
    #[inline(always)]
    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    fn of_values<const W: usize>(n: usize, operands: &[&[f64]]) -> [Lanes<W>; 2] {
        let values = operands[0];
        let newest = Lanes::<W>::load(values, n - 1);
        // Null where the newest is.
        let mut sum = newest * 0.0;
        let mut squares = sum;
        for values in values.windows(W).take(n - 1) {
            let distance = Lanes::load(values, 0) - newest;
            sum = sum + distance;
            squares = distance.mul_add(distance, squares);
        }
        let mean = sum * (1.0 / n as f64);
        [mean, squares - sum * mean]
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::kernel::testing::{run, NAN};
    use crate::expr::op::Op;

    #[test]
    #[allow(clippy::float_cmp)] // Exactly.
    fn equal_values_deviate_by_exactly_nothing() {
        for n in 4..40 {
            let values = [0.1; 100];
            assert!(run(Op::Std { n, ddof: 1 }, &[&values])[n - 1..].iter().all(|&std| std == 0.0));
            assert!(run(Op::Skew { n }, &[&values]).iter().all(|skew| skew.is_nan()));
            assert!(run(Op::Kurt { n }, &[&values]).iter().all(|kurt| kurt.is_nan()));
        }
    }

    #[test]
    fn an_outlier_leaves_no_trace() {
        let mut values: Vec<f64> = (0..60).map(|at| f64::from(at % 7)).collect();
        let n = 10;
        for op in [Op::Mean { n }, Op::Var { n, ddof: 0 }, Op::Skew { n }, Op::Kurt { n }] {
            let without = run(op, &[&values]);
            for outlier in [1e12, -1e300, NAN] {
                let before = std::mem::replace(&mut values[20], outlier);
                assert_eq!(run(op, &[&values])[30..], without[30..], "{op:?} after {outlier}");
                values[20] = before;
            }
        }
    }

    #[test]
    fn a_window_of_one_value_is_null_where_it_is() {
        assert_eq!(run(Op::Var { n: 1, ddof: 0 }, &[&[5.0, 6.0]]), [0.0, 0.0]);
        assert!(run(Op::Std { n: 1, ddof: 0 }, &[&[NAN]])[0].is_nan());
    }
}
