//! Lines over short windows: a weight for each of the window's changes.
//!
//! A line does not depend on where the values begin, only on how they go on: an offset costs no digits, and equal values have changes of
//! exactly 0. As in [`super::short`], every bar looks at all changes of its window anew.

use super::history::History;
use super::lanes::Lanes;
use super::memory::{room, BLOCK};
use super::{finite, Kernel};

/// How many bars a step computes: as many sums as there are registers for.
const WIDTH: usize = 16;

/// The weighted sum of the changes between the `n` values of a window.
#[derive(Clone)]
pub(super) struct Filter {
    /// The oldest change's first.
    weights: Vec<f64>,
    /// Whether the newest value is added.
    is_mean: bool,
    /// The last value; null before the first.
    before: f64,
    changes: Vec<f64>,
    history: History,
}

#[allow(clippy::cast_precision_loss)] // A window is short.
impl Filter {
    /// The linearly weighted mean: as far before the newest value as the changes since the others lead.
    pub(super) fn weighted(n: usize) -> Self {
        let total = (n * (n + 1)) as f64;
        Self::new((1..n).map(|k| -((k * (k + 1)) as f64) / total).collect(), true)
    }

    pub(super) fn slope(n: usize) -> Self {
        let total = (n * (n * n - 1)) as f64 / 6.0;
        Self::new((1..n).map(|k| (k * (n - k)) as f64 / total).collect(), false)
    }

    fn new(weights: Vec<f64>, is_mean: bool) -> Self {
        let history = History::new(weights.len().saturating_sub(1));
        Self { weights, is_mean, before: f64::NAN, changes: Vec::new(), history }
    }

    fn run_block(&mut self, values: &[f64], out: &mut [f64]) {
        let changes = room(&mut self.changes, values.len());
        changes[0] = values[0] - self.before;
        for ((change, value), before) in changes[1..].iter_mut().zip(&values[1..]).zip(values) {
            *change = value - before;
        }
        self.before = values[values.len() - 1];
        let known = self.history.extend(changes);
        let mut at = 0;
        while at + WIDTH <= out.len() {
            sum::<WIDTH>(&self.weights, &known[at..]).store(out, at);
            at += WIDTH;
        }
        while at < out.len() {
            sum::<1>(&self.weights, &known[at..]).store(out, at);
            at += 1;
        }
        for (out, value) in out.iter_mut().zip(values) {
            *out = finite(if self.is_mean { value + *out } else { *out });
        }
    }
}

/// The weighted sums of `W` bars' changes, of every other one for itself, so that one need not wait for the last.
#[inline(always)]
fn sum<const W: usize>(weights: &[f64], changes: &[f64]) -> Lanes<W> {
    let mut even = Lanes::splat(0.0);
    let mut odd = Lanes::splat(0.0);
    for (weight, changes) in weights.iter().zip(changes.windows(W)) {
        let changes = Lanes::load(changes, 0);
        even = changes.zip(even, |change, sum| change.mul_add(*weight, sum));
        std::mem::swap(&mut even, &mut odd);
    }
    even + odd
}

impl Kernel for Filter {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        for (values, out) in operands[0].chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
            self.run_block(values, out);
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}
