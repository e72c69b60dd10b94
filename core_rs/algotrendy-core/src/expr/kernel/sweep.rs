//! Aggregates, and passes over a block of them.

use super::lanes::Lanes;
use super::level::Level;

/// What `K` numbers say of some values in a row.
pub(super) trait Aggregate<const K: usize>: Clone + Send + Sync + 'static {
    /// An aggregate of one value begins with the operands' values; its other numbers are 0.
    const OPERANDS: usize = 1;
    /// Whether the two of a join may have values in common.
    const MAY_OVERLAP: bool = false;
    /// What stands for a null.
    const NULL: f64 = f64::NAN;
    /// Whether the first number is relative to the newest value, and 0 for one value; joins are told how far the newest values are apart.
    const IS_RELATIVE: bool = false;
    /// Whether results need the windows' newest values.
    const READS_NEWEST: bool = false;
    /// What a join needs to know of the two counts.
    type Counts: Copy + Send + Sync + 'static;

    /// `newer` is also how many bars the older ends before the newer does.
    fn counts(older: f64, newer: f64) -> Self::Counts;

    /// The aggregates of both together, for `W` bars; `gap` is the newer's newest value less the older's.
    fn join<const W: usize>(
        counts: Self::Counts,
        gap: Lanes<W>,
        older: [Lanes<W>; K],
        newer: [Lanes<W>; K],
    ) -> [Lanes<W>; K];

    /// The results for `W` bars, from their windows' aggregates and newest values.
    fn finish<const W: usize>(&self, window: [Lanes<W>; K], newest: Lanes<W>) -> Lanes<W>;
}

/// The first number of an aggregate of one value.
#[inline]
pub(super) fn leaf_of<A: Aggregate<K>, const K: usize>(value: f64) -> f64 {
    if value.is_nan() {
        A::NULL
    } else {
        value
    }
}

/// How many bars a step computes.
const WIDTH: usize = 8;

/// A pass over a block, several bars a step.
pub(super) trait Sweep: Sized {
    /// Lets the compiler know that everything is as long.
    fn cut(&mut self, bars: usize);

    /// Computes `W` bars from `at` on.
    fn step<const W: usize>(&mut self, at: usize);

    /// Computes all bars.
    #[inline(always)]
    fn sweep(self, bars: usize) {
        self.sweep_by::<WIDTH>(bars);
    }

    /// The same by steps of `WIDTH` bars. Apart from its caller, so that a pass is one tight loop.
    #[inline(never)]
    fn sweep_by<const WIDTH: usize>(mut self, bars: usize) {
        self.cut(bars);
        let mut at = 0;
        while at + WIDTH <= bars {
            self.step::<WIDTH>(at);
            at += WIDTH;
        }
        while at < bars {
            self.step::<1>(at);
            at += 1;
        }
    }
}

/// What newer aggregates are joined with.
pub(super) struct Older<'a, A: Aggregate<K>, const K: usize> {
    pub(super) counts: A::Counts,
    pub(super) numbers: [&'a [f64]; K],
    /// Their newest values, and the newer's, if aggregates are relative to them.
    pub(super) newest: &'a [f64],
    pub(super) newer_newest: &'a [f64],
}

impl<'a, A: Aggregate<K>, const K: usize> Older<'a, A, K> {
    #[inline]
    pub(super) fn new(
        counts: A::Counts,
        level: &'a Level<K>,
        lag: usize,
        values: &'a Level<1>,
        bars: usize,
    ) -> Self {
        let numbers = level.before(lag, bars);
        let newest = |lag| if A::IS_RELATIVE { values.before(lag, bars)[0] } else { &[] };
        Self { counts, numbers, newest: newest(lag), newer_newest: newest(0) }
    }

    #[inline(always)]
    fn cut(&mut self, bars: usize) {
        cut(&mut self.numbers, bars);
        if A::IS_RELATIVE {
            self.newest = &self.newest[..bars];
            self.newer_newest = &self.newer_newest[..bars];
        }
    }

    /// `used` are not 0.
    #[inline(always)]
    fn join<const W: usize>(&self, newer: [Lanes<W>; K], used: usize, at: usize) -> [Lanes<W>; K] {
        let gap = if A::IS_RELATIVE {
            Lanes::load(self.newer_newest, at) - Lanes::load(self.newest, at)
        } else {
            Lanes::splat(0.0)
        };
        A::join(self.counts, gap, load(&self.numbers[..used], at), newer)
    }
}

/// If `OF_LEAVES`, of aggregates of one value.
pub(super) struct Join<'a, A: Aggregate<K>, const K: usize, const OF_LEAVES: bool> {
    pub(super) older: Older<'a, A, K>,
    pub(super) newer: [&'a [f64]; K],
    pub(super) out: [&'a mut [f64]; K],
}

impl<A: Aggregate<K>, const K: usize, const OF_LEAVES: bool> Sweep for Join<'_, A, K, OF_LEAVES> {
    #[inline(always)]
    fn cut(&mut self, bars: usize) {
        self.older.cut(bars);
        cut(&mut self.newer[1..], bars);
        for out in &mut self.out {
            *out = &mut std::mem::take(out)[..bars];
        }
    }

    #[inline(always)]
    fn step<const W: usize>(&mut self, at: usize) {
        // The other numbers are 0, which the compiler sees.
        let used = if OF_LEAVES { A::OPERANDS } else { K };
        let joined = self.older.join::<W>(load(&self.newer[..used], at), used, at);
        for (out, joined) in self.out.iter_mut().zip(joined) {
            joined.store(out, at);
        }
    }
}

/// The last joins of the windows, and their results.
pub(super) struct Finish<'a, A: Aggregate<K>, const K: usize, const PARTS: usize> {
    pub(super) aggregate: &'a A,
    pub(super) parts: [Older<'a, A, K>; PARTS],
    pub(super) newer: [&'a [f64]; K],
    /// The windows' newest values, if results need them.
    pub(super) newest: &'a [f64],
    pub(super) out: &'a mut [f64],
}

impl<A: Aggregate<K>, const K: usize, const PARTS: usize> Sweep for Finish<'_, A, K, PARTS> {
    #[inline(always)]
    fn cut(&mut self, bars: usize) {
        for older in &mut self.parts {
            older.cut(bars);
        }
        cut(&mut self.newer[1..], bars);
        if A::READS_NEWEST {
            self.newest = &self.newest[..bars];
        }
        self.out = &mut std::mem::take(&mut self.out)[..bars];
    }

    #[inline(always)]
    fn step<const W: usize>(&mut self, at: usize) {
        let mut window = load::<W, K>(&self.newer, at);
        for older in &self.parts {
            window = older.join(window, K, at);
        }
        let newest = if A::READS_NEWEST { Lanes::load(self.newest, at) } else { Lanes::splat(0.0) };
        self.aggregate.finish(window, newest).finish(self.out, at);
    }
}

#[inline(always)]
fn load<const W: usize, const K: usize>(numbers: &[&[f64]], at: usize) -> [Lanes<W>; K] {
    let mut lanes = [Lanes::splat(0.0); K];
    for (lanes, numbers) in lanes.iter_mut().zip(numbers) {
        *lanes = Lanes::load(numbers, at);
    }
    lanes
}

#[inline(always)]
fn cut(numbers: &mut [&[f64]], bars: usize) {
    for numbers in numbers {
        *numbers = &numbers[..bars];
    }
}
