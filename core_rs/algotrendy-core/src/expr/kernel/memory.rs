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
/// It is computed from the mean eight bars before, so that one step need not wait for the last: `y = y₈ + s (z - y₈)` with `s = 1 - r⁸`,
/// `r = 1 - a` and `z` the mean of the last eight values with weights 1, r, r² …, which is that of two means of four. Written with
/// differences, a mean of equal values is that value.
#[derive(Clone)]
pub(super) struct Smooth {
    /// Of the value one, two and three bars before, in a mean of four.
    weights: [f64; 3],
    /// Of the older of two means of four.
    half: f64,
    /// `s`.
    share: f64,
    /// How many values the seed is the mean of.
    seeds: usize,
    seen: usize,
    /// The last values, the oldest first.
    values: [f64; 3],
    /// The last means of four.
    fours: Lanes<LANES>,
    /// The last results.
    means: [Lanes<LANES>; 2],
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
        let powers = [rest, rest * rest, rest * rest * rest];
        let fourth = powers[1] * powers[1];
        let total = 1.0 + powers[0] + powers[1] + powers[2];
        Self {
            weights: powers.map(|power| power / total),
            half: fourth / (1.0 + fourth),
            share: weight * total * (1.0 + fourth),
            seeds: if seed == Seed::Mean { n } else { 1 },
            seen: 0,
            values: [0.0; 3],
            fours: Lanes::splat(0.0),
            means: [Lanes::splat(0.0); 2],
        }
    }

    /// Until it is seeded, the mean so far is in the past. After, all that was before counts as equal to the seed.
    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    fn push_seed(&mut self, value: f64) -> f64 {
        self.seen += 1;
        let before = self.values[0];
        let mean = before + (value - before) / self.seen as f64;
        self.values = [mean; 3];
        self.fours = Lanes::splat(mean);
        self.means = [Lanes::splat(mean); 2];
        if self.seen < self.seeds {
            f64::NAN
        } else {
            finite(mean)
        }
    }

    /// The means of the last four values. Apart, so that this is one plain loop, which the compiler makes vectors of.
    #[inline(never)]
    fn run_fours(&mut self, values: &[f64], out: &mut [f64]) {
        let [w1, w2, w3] = self.weights;
        let four = |x3: f64, x2: f64, x1: f64, x: f64| {
            (x3 - x).mul_add(w3, (x2 - x).mul_add(w2, (x1 - x).mul_add(w1, x)))
        };
        let mut before = self.values;
        for (out, &value) in out.iter_mut().zip(values).take(before.len()) {
            let [x3, x2, x1] = before;
            *out = four(x3, x2, x1, value);
            before = [x2, x1, value];
        }
        self.values = before;
        if let (Some(out), Some(x)) = (out.get_mut(3..), values.get(3..)) {
            let lagged = values.iter().zip(&values[1..]).zip(&values[2..]);
            for ((out, &x), ((&x3, &x2), &x1)) in out.iter_mut().zip(x).zip(lagged) {
                *out = four(x3, x2, x1, x);
            }
            self.values = Lanes::load(values, values.len() - 3).0;
        }
    }

    /// The mean, from those of four now and four bars ago, and the mean eight bars ago.
    #[inline(always)]
    fn mean<const W: usize>(&self, four: Lanes<W>, older: Lanes<W>, before: Lanes<W>) -> Lanes<W> {
        let eight = (older - four).mul_add(Lanes::splat(self.half), four);
        (eight - before).mul_add(Lanes::splat(self.share), before)
    }

    /// Replaces means of four by results, four at a time as long as there are so many. Apart, for the same reason.
    #[inline(never)]
    fn run_quads(&mut self, out: &mut [f64]) {
        let Self { mut fours, means: [mut before, mut newer], .. } = *self;
        for out in out.chunks_exact_mut(LANES) {
            let now = Lanes::load(out, 0);
            let means = self.mean(now, fours, before);
            means.finish(out, 0);
            (fours, before, newer) = (now, newer, means);
        }
        self.fours = fours;
        self.means = [before, newer];
    }

    /// The result for one mean of four.
    fn push_four(&mut self, four: f64) -> f64 {
        let Lanes([f4, f3, f2, f1]) = self.fours;
        let [Lanes([y8, y7, y6, y5]), Lanes([y4, y3, y2, y1])] = self.means;
        let Lanes([mean]) = self.mean(Lanes([four]), Lanes([f4]), Lanes([y8]));
        self.fours = Lanes([f3, f2, f1, four]);
        self.means = [Lanes([y7, y6, y5, y4]), Lanes([y3, y2, y1, mean])];
        finite(mean)
    }
}

impl Memory for Smooth {
    fn run(&mut self, values: &[f64], out: &mut [f64]) {
        let first = (self.seeds - self.seen).min(values.len());
        for (out, &value) in out[..first].iter_mut().zip(values) {
            *out = self.push_seed(value);
        }
        let out = &mut out[first..];
        self.run_fours(&values[first..], out);
        self.run_quads(out);
        for four in out.chunks_exact_mut(LANES).into_remainder() {
            *four = self.push_four(*four);
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
