//! Means with a memory: null at a null, and after it as if that bar had not been.

use crate::expr::op::Seed;

use super::lanes::Lanes;
use super::{finite, Kernel};

/// What sees the values of a series without its nulls.
pub(super) trait Memory: Clone + Send + Sync + 'static {
    /// Goes on over the next values, of which none is null.
    fn run(&mut self, values: &[f64], out: &mut [f64]);
}

/// The kernel of a memory.
#[derive(Clone)]
pub(super) struct Skipping<M> {
    memory: M,
    known: Vec<f64>,
    results: Vec<f64>,
}

impl<M> Skipping<M> {
    pub(super) fn new(memory: M) -> Self {
        Self { memory, known: Vec::new(), results: Vec::new() }
    }
}

impl<M: Memory> Kernel for Skipping<M> {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        let values = operands[0];
        // Counted in full, which takes less than looking for the first.
        if values.iter().map(|value| u64::from(value.is_nan())).fold(0, u64::wrapping_add) == 0 {
            self.memory.run(values, out);
            return;
        }
        self.known.clear();
        self.known.extend(values.iter().filter(|value| !value.is_nan()));
        self.results.resize(self.known.len(), f64::NAN);
        self.memory.run(&self.known, &mut self.results);
        let mut results = self.results.iter();
        for (out, value) in out.iter_mut().zip(values) {
            *out = if value.is_nan() { f64::NAN } else { *results.next().unwrap_or(&f64::NAN) };
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

/// How many bars a mean with a memory is computed for at once.
pub(super) const LANES: usize = 4;
/// How many values pass through at a time: few enough that they stay in the fastest cache.
pub(super) const BLOCK: usize = 256;

/// The exponential mean `y = y₁ + a (x - y₁)`, where `y₁` is the mean before.
///
/// It is computed four bars at once, from the mean four bars before: `y = y₄ + s (z - y₄)` with `s = 1 - (1 - a)⁴` and `z` the mean of
/// the last four values with weights 1, 1 - a, (1 - a)², (1 - a)³. Written with differences, a mean of equal values is that value.
#[derive(Clone)]
pub(super) struct Smooth {
    /// Of the value one, two and three bars before, in `z`.
    weights: [f64; LANES - 1],
    /// `s`.
    share: f64,
    /// How many values the seed is the mean of.
    seeds: usize,
    seen: usize,
    /// The last values, the oldest first.
    values: [f64; LANES - 1],
    /// The last means, the oldest first.
    means: [f64; LANES],
}

impl Smooth {
    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    pub(super) fn ema(n: usize, seed: Seed) -> Self {
        Self::new(2.0 / (n as f64 + 1.0), n, seed)
    }

    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    pub(super) fn wilder(n: usize, seed: Seed) -> Self {
        Self::new(1.0 / n as f64, n, seed)
    }

    fn new(weight: f64, n: usize, seed: Seed) -> Self {
        let rest = 1.0 - weight;
        let total = 1.0 + rest + rest * rest + rest * rest * rest;
        Self {
            weights: [rest / total, rest * rest / total, rest * rest * rest / total],
            share: weight * total,
            seeds: if seed == Seed::Mean { n } else { 1 },
            seen: 0,
            values: [0.0; LANES - 1],
            means: [0.0; LANES],
        }
    }

    /// `values` are those three bars ago, two, one and now; `before` are the means four bars ago.
    #[inline]
    fn next<const W: usize>(&self, values: [Lanes<W>; LANES], before: Lanes<W>) -> Lanes<W> {
        let [x3, x2, x1, x] = values;
        let [w1, w2, w3] = self.weights;
        let mean = x + ((x1 - x) * w1 + ((x2 - x) * w2 + (x3 - x) * w3));
        before + (mean - before) * self.share
    }

    /// The mean after one more value; null while the seed is incomplete.
    #[inline]
    pub(super) fn push(&mut self, value: f64) -> f64 {
        if self.seen < self.seeds {
            return self.push_seed(value);
        }
        let [x3, x2, x1] = self.values;
        let [mean] = self.next([x3, x2, x1, value].map(Lanes::splat), Lanes([self.means[0]])).0;
        self.values = [x2, x1, value];
        self.means = [self.means[1], self.means[2], self.means[3], mean];
        finite(mean)
    }

    /// Until it is seeded, the mean so far is in `means`. After, all that was before counts as equal to the seed.
    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    fn push_seed(&mut self, value: f64) -> f64 {
        self.seen += 1;
        let mean = self.means[0] + (value - self.means[0]) / self.seen as f64;
        self.means = [mean; LANES];
        self.values = [mean; LANES - 1];
        if self.seen < self.seeds {
            f64::NAN
        } else {
            finite(mean)
        }
    }
}

impl Memory for Smooth {
    fn run(&mut self, values: &[f64], out: &mut [f64]) {
        // One by one up to where the three values before are in this block too.
        let first = (self.seeds - self.seen + LANES - 1).min(values.len());
        for (out, &value) in out[..first].iter_mut().zip(values) {
            *out = self.push(value);
        }
        let mut means = Lanes(self.means);
        let mut at = first;
        while at + LANES <= values.len() {
            let lagged = |lag: usize| Lanes::load(values, at - lag);
            means = self.next([lagged(3), lagged(2), lagged(1), lagged(0)], means);
            means.finish(out, at);
            at += LANES;
        }
        self.means = means.0;
        if at > first {
            self.values = Lanes::load(values, at - (LANES - 1)).0;
        }
        for (out, &value) in out[at..].iter_mut().zip(&values[at..]) {
            *out = self.push(value);
        }
    }
}

/// The first places, which were made at the longest block so far.
#[inline]
pub(super) fn room(numbers: &mut Vec<f64>, length: usize) -> &mut [f64] {
    if numbers.len() < length {
        numbers.resize(length, 0.0);
    }
    &mut numbers[..length]
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // Exactly.
mod tests {
    use crate::expr::kernel::testing::{run, NAN};
    use crate::expr::op::{Op, Seed};

    #[test]
    fn a_mean_of_equal_values_is_that_value() {
        let values = [0.1; 60];
        for seed in [Seed::Mean, Seed::First] {
            for op in [
                Op::Ema { n: 7, seed },
                Op::Wilder { n: 7, seed },
                Op::Kama { n: 7, fast: 2, slow: 30 },
            ] {
                assert!(
                    run(op, &[&values])[op.warm_up()..].iter().all(|&mean| mean == 0.1),
                    "{op:?}"
                );
            }
        }
    }

    #[test]
    fn a_null_is_passed_over() {
        let (with, without) = ([1.0, 2.0, NAN, 6.0, NAN, 5.0], [1.0, 2.0, 6.0, 5.0]);
        let op = Op::Ema { n: 3, seed: Seed::Mean };
        let (with, without) = (run(op, &[&with]), run(op, &[&without]));
        assert_eq!(without[2..], [3.0, 4.0]);
        assert_eq!([with[3], with[5]], [3.0, 4.0]);
        assert!(with[2].is_nan() && with[4].is_nan());
    }

    #[test]
    fn a_mean_of_one_value_is_the_value() {
        let values = [1e12, 1.0, 3.0, 1e-3, 5.0, 7.0, 11.0];
        assert_eq!(run(Op::Ema { n: 1, seed: Seed::Mean }, &[&values]), values);
        assert_eq!(run(Op::Wilder { n: 1, seed: Seed::First }, &[&values]), values);
    }
}
