//! The smallest and the largest of a window, and how long ago they were.

use super::lanes::Lanes;
use super::level::Level;
use super::memory::BLOCK;
use super::spans::Spans;
use super::sweep::{leaf_of, Aggregate, Sweep};
use super::{short, Kernel};

/// The extreme value, and if `K` is 2 how many bars ago it was: the latest of equals.
#[derive(Clone)]
pub(super) struct Extreme<const K: usize, const IS_MAX: bool>;

impl<const K: usize, const IS_MAX: bool> Aggregate<K> for Extreme<K, IS_MAX> {
    const MAY_OVERLAP: bool = true;
    /// Beyond every value, so that it is the extreme of its windows.
    const NULL: f64 = if IS_MAX { f64::INFINITY } else { f64::NEG_INFINITY };
    /// How many bars the older ends before the newer does.
    type Counts = f64;

    fn counts(_: f64, newer: f64) -> f64 {
        newer
    }

    #[inline(always)]
    fn join<const W: usize>(
        lag: f64,
        _: Lanes<W>,
        a: [Lanes<W>; K],
        b: [Lanes<W>; K],
    ) -> [Lanes<W>; K] {
        let mut both = b;
        for lane in 0..W {
            let (older, newer) = (a[0].0[lane], b[0].0[lane]);
            both[0].0[lane] = further::<IS_MAX>(older, newer);
            if K > 1 {
                let since = a[1].0[lane] + lag;
                both[1].0[lane] =
                    if is_further::<IS_MAX>(older, newer) { since } else { b[1].0[lane] };
            }
        }
        both
    }

    #[inline(always)]
    fn finish<const W: usize>(&self, window: [Lanes<W>; K], _: Lanes<W>) -> Lanes<W> {
        let known = |extreme: f64, result| if extreme.is_finite() { result } else { f64::NAN };
        window[0].zip(window[K - 1], known)
    }
}

#[inline(always)]
fn is_further<const IS_MAX: bool>(older: f64, newer: f64) -> bool {
    if IS_MAX {
        older > newer
    } else {
        older < newer
    }
}

/// In this form it is one vector instruction.
#[inline(always)]
fn further<const IS_MAX: bool>(older: f64, newer: f64) -> f64 {
    if is_further::<IS_MAX>(older, newer) {
        older
    } else {
        newer
    }
}

/// The kernel of the extremes of windows.
pub(super) fn windows<const IS_MAX: bool>(n: usize) -> Box<dyn Kernel> {
    if !(4..=short::LONGEST).contains(&n) {
        return Box::new(Spans::new(Extreme::<1, IS_MAX>, n));
    }
    let null = [<Extreme<1, IS_MAX> as Aggregate<1>>::NULL];
    Box::new(Short::<IS_MAX> { n, values: Level::new(4, null), fours: Level::new(n, null) })
}

/// Short windows, from the extremes of four values in a row, every fourth of them.
#[derive(Clone)]
struct Short<const IS_MAX: bool> {
    n: usize,
    values: Level<1>,
    fours: Level<1>,
}

impl<const IS_MAX: bool> Short<IS_MAX> {
    fn run_block(&mut self, values: &[f64], out: &mut [f64]) {
        let bars = out.len();
        self.values.reserve(bars);
        self.fours.reserve(bars);
        let [leaves] = self.values.ahead(bars);
        for (leaf, &value) in leaves.iter_mut().zip(values) {
            *leaf = leaf_of::<Extreme<1, IS_MAX>, 1>(value);
        }
        let [[x3], [x2], [x1], [x]] = [3, 2, 1, 0].map(|lag| self.values.before(lag, bars));
        let [fours] = self.fours.ahead(bars);
        for (four, (((&x3, &x2), &x1), &x)) in
            fours.iter_mut().zip(x3.iter().zip(x2).zip(x1).zip(x))
        {
            *four = further::<IS_MAX>(further::<IS_MAX>(x3, x2), further::<IS_MAX>(x1, x));
        }
        let [fours] = self.fours.before(self.n - 4, self.n - 4 + bars);
        Windows::<IS_MAX> { lag: self.n - 4, fours, out }.sweep_by::<16>(bars);
        self.values.next += bars;
        self.fours.next += bars;
    }
}

struct Windows<'a, const IS_MAX: bool> {
    /// How many bars ago the oldest four of a window ended.
    lag: usize,
    fours: &'a [f64],
    out: &'a mut [f64],
}

impl<const IS_MAX: bool> Sweep for Windows<'_, IS_MAX> {
    #[inline(always)]
    fn cut(&mut self, bars: usize) {
        self.out = &mut std::mem::take(&mut self.out)[..bars];
    }

    #[inline(always)]
    fn step<const W: usize>(&mut self, at: usize) {
        let window = &self.fours[at..at + self.lag + W];
        let mut extreme = Lanes::<W>::load(window, 0);
        let mut rest = &window[self.lag % 4..];
        while let Some(fours) = rest.get(..W) {
            extreme = extreme.zip(Lanes::load(fours, 0), further::<IS_MAX>);
            rest = rest.get(4..).unwrap_or_default();
        }
        extreme.finish(self.out, at);
    }
}

impl<const IS_MAX: bool> Kernel for Short<IS_MAX> {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        for (values, out) in operands[0].chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
            self.run_block(values, out);
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::kernel::testing::{run, NAN};
    use crate::expr::op::Op;

    #[test]
    fn the_latest_of_equals_counts() {
        let values = [2.0, 1.0, 3.0, 1.0, 3.0, 2.0];
        assert_eq!(run(Op::ArgMin { n: 4 }, &[&values])[3..], [0.0, 1.0, 2.0]);
        assert_eq!(run(Op::ArgMax { n: 4 }, &[&values])[3..], [1.0, 0.0, 1.0]);
    }

    #[test]
    fn a_null_is_no_extreme_but_makes_its_windows_null() {
        let values = [2.0, 1.0, NAN, 4.0, 3.0, 5.0];
        let known =
            |op| run(op, &[&values]).iter().map(|value| !value.is_nan()).collect::<Vec<_>>();
        for op in [Op::Min { n: 3 }, Op::Max { n: 3 }, Op::ArgMin { n: 3 }, Op::ArgMax { n: 3 }] {
            assert_eq!(known(op), [false, false, false, false, false, true], "{op:?}");
        }
    }
}
