//! Covariance, regression and correlation of two series.

use super::lanes::Lanes;
use super::short::OfValues;
use super::sweep::Aggregate;

/// Both means, the sum of the products of the deviations, then the sums of the squared deviations of the second and of the first, as far
/// as `K` goes.
#[derive(Clone)]
pub(super) struct Pair<const K: usize> {
    statistic: Statistic,
}

#[derive(Clone, Copy)]
enum Statistic {
    Covariance { divisor: f64 },
    Beta,
    Correlation,
}

impl Pair<3> {
    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    pub(super) fn covariance(n: usize, ddof: usize) -> Self {
        Self { statistic: Statistic::Covariance { divisor: n as f64 - ddof as f64 } }
    }
}

impl Pair<4> {
    pub(super) fn beta() -> Self {
        Self { statistic: Statistic::Beta }
    }
}

impl Pair<5> {
    pub(super) fn correlation() -> Self {
        Self { statistic: Statistic::Correlation }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Shares {
    newer: f64,
    square: f64,
}

impl<const K: usize> Aggregate<K> for Pair<K> {
    const OPERANDS: usize = 2;
    type Counts = Shares;

    fn counts(older: f64, newer: f64) -> Shares {
        let both = older + newer;
        Shares { newer: newer / both, square: older * newer / both }
    }

    #[inline(always)]
    fn join<const W: usize>(
        shares: Shares,
        _: Lanes<W>,
        a: [Lanes<W>; K],
        b: [Lanes<W>; K],
    ) -> [Lanes<W>; K] {
        let (first, second) = (b[0] - a[0], b[1] - a[1]);
        let share = second * shares.square;
        let mut both = [a[0] + first * shares.newer; K];
        both[1] = a[1] + second * shares.newer;
        both[2] = a[2] + b[2] + first * share;
        if K > 3 {
            both[3] = a[3] + b[3] + second * share;
        }
        if K > 4 {
            both[4] = a[4] + b[4] + first * (first * shares.square);
        }
        both
    }

    #[inline(always)]
    fn finish<const W: usize>(&self, window: [Lanes<W>; K], _: Lanes<W>) -> Lanes<W> {
        let products = window[2];
        let squares_of_second = window[3.min(K - 1)];
        match self.statistic {
            Statistic::Covariance { divisor } => products / divisor,
            Statistic::Beta => products / squares_of_second,
            Statistic::Correlation => {
                let scale = squares_of_second.map(f64::sqrt) * window[K - 1].map(f64::sqrt);
                (products / scale).map(within_one)
            }
        }
    }
}

/// By their distances from the newest, as [`super::moments`] has them.
impl<const K: usize> OfValues<K> for Pair<K> {
    #[inline(always)]
    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    fn of_values<const W: usize>(n: usize, operands: &[&[f64]]) -> [Lanes<W>; K] {
        let newest = [Lanes::<W>::load(operands[0], n - 1), Lanes::load(operands[1], n - 1)];
        // Null where one of the newest is.
        let mut sums = [(newest[0] + newest[1]) * 0.0; K];
        for (first, second) in operands[0].windows(W).zip(operands[1].windows(W)).take(n - 1) {
            let first = Lanes::load(first, 0) - newest[0];
            let second = Lanes::load(second, 0) - newest[1];
            sums[0] = sums[0] + first;
            sums[1] = sums[1] + second;
            sums[2] = first.mul_add(second, sums[2]);
            if K > 3 {
                sums[3] = second.mul_add(second, sums[3]);
            }
            if K > 4 {
                sums[4] = first.mul_add(first, sums[4]);
            }
        }
        let share = 1.0 / n as f64;
        let (first, second) = (sums[0] * share, sums[1] * share);
        sums[2] = sums[2] - sums[0] * second;
        if K > 3 {
            sums[3] = sums[3] - sums[1] * second;
        }
        if K > 4 {
            sums[4] = sums[4] - sums[0] * first;
        }
        (sums[0], sums[1]) = (first, second);
        sums
    }
}

/// Rounding may lead just beyond.
#[inline(always)]
fn within_one(correlation: f64) -> f64 {
    let at_most = if correlation > 1.0 { 1.0 } else { correlation };
    if at_most < -1.0 {
        -1.0
    } else {
        at_most
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::kernel::testing::{run, walk};
    use crate::expr::op::Op;

    #[test]
    fn a_series_follows_itself() {
        let x = walk(100, 1);
        let y: Vec<f64> = x.iter().map(|x| 5.0 - 2.0 * x).collect();
        for n in [3, 8, 30] {
            let last = |op, x: &[f64], y: &[f64]| run(op, &[x, y])[99];
            assert!((last(Op::Correlation { n }, &x, &x) - 1.0).abs() < 1e-15);
            assert!((last(Op::Correlation { n }, &x, &y) + 1.0).abs() < 1e-14);
            assert!(run(Op::Correlation { n }, &[&x, &y])[n - 1..]
                .iter()
                .all(|value| value.abs() <= 1.0));
            assert!((last(Op::Beta { n }, &y, &x) + 2.0).abs() < 1e-12);
            let var = run(Op::Var { n, ddof: 1 }, &[&x])[99];
            assert!((last(Op::Covariance { n, ddof: 1 }, &x, &x) - var).abs() < 1e-12 * var);
        }
    }

    #[test]
    fn what_does_not_vary_has_no_correlation() {
        let (x, y) = (walk(50, 1), [0.1; 50]);
        assert!(run(Op::Correlation { n: 7 }, &[&x, &y]).iter().all(|value| value.is_nan()));
        assert!(run(Op::Beta { n: 7 }, &[&x, &y]).iter().all(|value| value.is_nan()));
        assert!(run(Op::Beta { n: 7 }, &[&y, &x])[6..].iter().all(|value| value.abs() < 1e-300));
    }
}
