//! The last values of a series in one piece, and what reads them one by one.

use super::lanes::Lanes;
use super::mean::Mean;
use super::spans::Spans;
use super::{finite, Kernel};

/// How many bars are computed at a time: few enough that they stay in the fastest cache.
const BLOCK: usize = 256;

/// The last values of a series, null before its first.
#[derive(Clone)]
pub(super) struct History {
    kept: usize,
    /// The place of the next value. The `kept` places before it are in use.
    next: usize,
    values: Vec<f64>,
}

impl History {
    /// A history with room to spare moves less often.
    const SPARE: usize = 16;

    pub(super) fn new(kept: usize) -> Self {
        Self { kept, next: kept, values: vec![f64::NAN; kept + kept.max(Self::SPARE)] }
    }

    /// Appends a block, and returns the `kept` values before it and the block.
    #[inline]
    pub(super) fn extend(&mut self, block: &[f64]) -> &[f64] {
        if self.next + block.len() > self.values.len() {
            self.rewind(block.len());
        }
        let first = self.next;
        self.next += block.len();
        self.values[first..self.next].copy_from_slice(block);
        &self.values[first - self.kept..self.next]
    }

    #[cold]
    fn rewind(&mut self, length: usize) {
        self.values.copy_within(self.next - self.kept..self.next, 0);
        self.next = self.kept;
        if self.next + length > self.values.len() {
            self.values.resize(self.kept + self.kept.max(length), 0.0);
        }
    }
}

/// What compares a value with the one some bars before.
#[derive(Clone)]
pub(super) struct Lagged<F> {
    history: History,
    /// Of the value and the one before.
    function: F,
}

impl<F: Fn(f64, f64) -> f64 + Copy> Lagged<F> {
    pub(super) fn new(n: usize, function: F) -> Self {
        Self { history: History::new(n), function }
    }

    #[inline]
    pub(super) fn run(&mut self, values: &[f64], out: &mut [f64]) {
        let compare = |out: &mut [f64], values: &[f64], before: &[f64]| {
            for (out, (&value, &before)) in out.iter_mut().zip(values.iter().zip(before)) {
                *out = finite((self.function)(value, before));
            }
        };
        let lag = self.history.kept;
        let Some(inside) = values.len().checked_sub(lag) else {
            compare(out, values, self.history.extend(values));
            return;
        };
        compare(&mut out[lag..], &values[lag..], values);
        compare(&mut out[..lag], values, self.history.extend(&values[inside..]));
    }
}

impl<F: Fn(f64, f64) -> f64 + Copy + Send + Sync + 'static> Kernel for Lagged<F> {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        self.run(operands[0], out);
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

/// The mean absolute deviation from the window's mean.
#[derive(Clone)]
pub(super) struct MeanDeviation {
    mean: Spans<Mean, 1>,
    history: History,
    n: usize,
}

/// Sums that are added up side by side.
const SUMS: usize = 4;

impl MeanDeviation {
    pub(super) fn new(n: usize) -> Self {
        Self { mean: Spans::new(Mean::new(n), n), history: History::new(n - 1), n }
    }

    fn run_block(&mut self, values: &[f64], out: &mut [f64]) {
        self.mean.run(&[values], out);
        let known = self.history.extend(values);
        let mut at = 0;
        while at + 8 <= out.len() {
            deviations::<8>(known, self.n, out, at);
            at += 8;
        }
        while at < out.len() {
            deviations::<1>(known, self.n, out, at);
            at += 1;
        }
    }
}

/// Replaces means by the mean deviations from them.
#[inline]
#[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
fn deviations<const W: usize>(known: &[f64], n: usize, out: &mut [f64], at: usize) {
    let mean = Lanes::<W>::load(out, at);
    let deviation = |place: usize| (Lanes::load(known, place) - mean).map(f64::abs);
    let mut sums = [Lanes::splat(0.0); SUMS];
    let whole = n - n % SUMS;
    for first in (at..at + whole).step_by(SUMS) {
        for (offset, sum) in sums.iter_mut().enumerate() {
            *sum = *sum + deviation(first + offset);
        }
    }
    for (sum, place) in sums.iter_mut().zip(at + whole..at + n) {
        *sum = *sum + deviation(place);
    }
    let sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    (sum / n as f64).finish(out, at);
}

impl Kernel for MeanDeviation {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        for (values, out) in operands[0].chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
            self.run_block(values, out);
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

/// The rank of the last value in its window.
#[derive(Clone)]
pub(super) struct Rank {
    history: History,
    n: usize,
    /// How many values came since the last null, up to `n`.
    known: usize,
}

impl Rank {
    pub(super) fn new(n: usize) -> Self {
        Self { history: History::new(n - 1), n, known: 0 }
    }
}

impl Kernel for Rank {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        for (values, out) in operands[0].chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
            let windows = self.history.extend(values).windows(self.n);
            for ((out, &value), window) in out.iter_mut().zip(values).zip(windows) {
                self.known = if value.is_nan() { 0 } else { self.n.min(self.known + 1) };
                *out = if self.known == self.n { rank(window, value) } else { f64::NAN };
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

#[inline]
#[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
#[allow(clippy::float_cmp)] // Equals share a rank.
fn rank(window: &[f64], value: f64) -> f64 {
    let (mut below, mut equal) = (0_u64, 0_u64);
    for &other in window {
        below = below.wrapping_add(u64::from(other < value));
        equal = equal.wrapping_add(u64::from(other == value));
    }
    let twice = below.wrapping_mul(2).wrapping_add(equal).wrapping_add(1);
    finite(twice as f64 / (2.0 * window.len() as f64))
}

/// A quantile of the window.
#[derive(Clone)]
pub(super) struct Quantile {
    history: History,
    n: usize,
    /// The place of the result among the sorted values, and how far it is on the way to the next.
    place: usize,
    way: f64,
    /// The values since the last null, the last `n` of them.
    sorted: Vec<f64>,
}

impl Quantile {
    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Within the window.
    pub(super) fn new(n: usize, q: f64) -> Self {
        let place = q.clamp(0.0, 1.0) * (n - 1) as f64;
        Self {
            history: History::new(n),
            n,
            place: place as usize,
            way: place.fract(),
            sorted: Vec::with_capacity(n),
        }
    }
}

impl Kernel for Quantile {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        for (values, out) in operands[0].chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
            let leaving = self.history.extend(values);
            for ((out, &value), &leaving) in out.iter_mut().zip(values).zip(leaving) {
                *out = f64::NAN;
                if value.is_nan() {
                    self.sorted.clear();
                    continue;
                }
                if self.sorted.len() < self.n {
                    let place = self.sorted.partition_point(|&other| other < value);
                    self.sorted.insert(place, value);
                } else {
                    replace(&mut self.sorted, leaving, value);
                }
                if self.sorted.len() == self.n {
                    let below = self.sorted[self.place];
                    let above = self.sorted[(self.place + 1).min(self.n - 1)];
                    *out = finite(below + (above - below) * self.way);
                }
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

/// Takes one value out and puts another in.
#[inline]
fn replace(sorted: &mut [f64], leaving: f64, entering: f64) {
    let from = sorted.partition_point(|&other| other < leaving);
    let to = sorted.partition_point(|&other| other < entering);
    if from < to {
        sorted.copy_within(from + 1..to, from);
        sorted[to - 1] = entering;
    } else {
        sorted.copy_within(to..from, to + 1);
        sorted[to] = entering;
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::kernel::testing::{run, NAN};
    use crate::expr::op::{Op, Real};

    #[test]
    fn a_quantile_lies_between_the_two_nearest() {
        let values = [4.0, 1.0, 3.0, 2.0, 9.0];
        let quantile = |q| run(Op::Quantile { n: 4, q: Real::new(q) }, &[&values])[3..].to_vec();
        assert_eq!(quantile(0.0), [1.0, 1.0]);
        assert_eq!(quantile(0.5), [2.5, 2.5]);
        assert_eq!(quantile(1.0), [4.0, 9.0]);
        assert_eq!(quantile(0.25), [1.75, 1.75]);
    }

    #[test]
    fn a_window_that_held_a_null_starts_anew() {
        let values = [1.0, NAN, 5.0, 7.0, 6.0];
        let known =
            |op| run(op, &[&values]).iter().map(|value| !value.is_nan()).collect::<Vec<_>>();
        let n = 2;
        for op in [
            Op::Quantile { n, q: Real::new(0.5) },
            Op::Rank { n },
            Op::MeanDeviation { n },
            Op::Delta { n: 1 },
        ] {
            assert_eq!(known(op), [false, false, false, true, true], "{op:?}");
        }
    }

    #[test]
    fn equals_share_their_rank() {
        assert_eq!(run(Op::Rank { n: 4 }, &[&[1.0, 2.0, 3.0, 2.0]])[3..], [0.625]);
    }
}
