//! The mean that adapts to how straight the way is.

use super::history::History;
use super::lanes::Lanes;
use super::memory::{room, Memory, BLOCK, LANES};
use super::spans::Spans;
use super::sum::Sum;
use super::{finite, Kernel};

/// Kaufman's adaptive mean `y = y₁ + w (x - y₁)`, with a weight of its own at every bar.
///
/// What is computed is how far it is from the value, `e = x - y = d (e₁ + x - x₁)` with `d = 1 - w`, so that a mean of equal values is
/// that value. Four of these steps are one from four bars before, for four bars at once.
#[derive(Clone)]
pub(super) struct Kama {
    fast: f64,
    slow: f64,
    /// How many values come before the first mean, still.
    missing: usize,
    /// The last value; null before the first.
    before: f64,
    history: History,
    /// The sum of the last `n` changes' sizes.
    way: Spans<Sum, 1>,
    /// The last `e`, the oldest first.
    errors: [f64; LANES],
    /// `d (x - x₁)` and `d` of a block and of the three bars before; 0 before the first mean, which distances at the value before.
    moved: Vec<f64>,
    kept: Vec<f64>,
    changes: Vec<f64>,
}

impl Kama {
    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    pub(super) fn new(n: usize, fast: usize, slow: usize) -> Self {
        let weight = |n: usize| 2.0 / (n as f64 + 1.0);
        Self {
            fast: weight(fast),
            slow: weight(slow),
            missing: n,
            before: f64::NAN,
            history: History::new(n),
            way: Spans::new(Sum, n),
            errors: [0.0; LANES],
            moved: vec![0.0; LANES - 1],
            kept: vec![0.0; LANES - 1],
            changes: Vec::new(),
        }
    }

    fn run_block(&mut self, values: &[f64], out: &mut [f64]) {
        let length = values.len();
        let missing = self.missing.min(length);
        self.missing -= missing;
        self.weigh(values, out);
        self.moved[LANES - 1..][..missing].fill(0.0);
        self.kept[LANES - 1..][..missing].fill(0.0);
        let mut errors = Lanes(self.errors);
        let mut at = 0;
        while at + LANES <= length {
            errors = self.error(at, errors);
            (Lanes::load(values, at) - errors).finish(out, at);
            at += LANES;
        }
        self.errors = errors.0;
        for (at, (out, value)) in out.iter_mut().zip(values).enumerate().skip(at) {
            let [e4, e3, e2, e1] = self.errors;
            let [error] = self.error(at, Lanes([e4])).0;
            self.errors = [e3, e2, e1, error];
            *out = finite(value - error);
        }
        out[..missing].fill(f64::NAN);
        for numbers in [&mut self.moved, &mut self.kept] {
            numbers.copy_within(length..length + LANES - 1, 0);
        }
        self.before = values[length - 1];
    }

    /// The steps of a block; `out` is room to work in.
    fn weigh(&mut self, values: &[f64], out: &mut [f64]) {
        let changes = room(&mut self.changes, values.len());
        let moved = &mut room(&mut self.moved, values.len() + LANES - 1)[LANES - 1..];
        let kept = &mut room(&mut self.kept, values.len() + LANES - 1)[LANES - 1..];
        moved[0] = values[0] - self.before;
        for ((moved, &before), &value) in moved[1..].iter_mut().zip(values).zip(&values[1..]) {
            *moved = value - before;
        }
        for (change, moved) in changes.iter_mut().zip(&*moved) {
            *change = moved.abs();
        }
        self.way.run(&[&*changes], out);
        let starts = self.history.extend(values);
        let distances = changes;
        for ((distance, value), start) in distances.iter_mut().zip(values).zip(starts) {
            *distance = (value - start).abs();
        }
        for (((moved, kept), &way), &distance) in
            moved.iter_mut().zip(kept).zip(&*out).zip(&*distances)
        {
            let efficiency = if distance >= way { 1.0 } else { distance / way };
            let weight = efficiency * (self.fast - self.slow) + self.slow;
            *kept = 1.0 - weight * weight;
            *moved *= *kept;
        }
    }

    /// `x - y` after four steps from `before`.
    #[inline]
    fn error<const W: usize>(&self, at: usize, before: Lanes<W>) -> Lanes<W> {
        let step = |lag: usize| {
            let place = at + LANES - 1 - lag;
            (Lanes::<W>::load(&self.moved, place), Lanes::<W>::load(&self.kept, place))
        };
        let ((m3, k3), (m2, k2), (m1, k1), (m, k)) = (step(3), step(2), step(1), step(0));
        let moved = (m + k * m1) + (k * k1) * (m2 + k2 * m3);
        moved + ((k * k1) * (k2 * k3)) * before
    }
}

impl Memory for Kama {
    fn run(&mut self, values: &[f64], out: &mut [f64]) {
        for (values, out) in values.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
            self.run_block(values, out);
        }
    }
}
