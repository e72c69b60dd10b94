//! Windows out of aggregates of 1, 2, 4, 8 … values in a row.
//!
//! Two aggregates of a level, one length apart, join into one of the next level, and those of the lengths that add up to `n` join into
//! the window's: at most `2 log₂ n` joins a bar, each of which runs over a whole block. Nothing is ever taken out of an aggregate, so a
//! window depends on its own values alone: no error builds up, an outlier or a null is forgotten as soon as it has left, and where a block
//! begins does not matter. Bars before the first are null, and so is every window that reaches there.

use super::lanes::Lanes;
use super::level::Level;
use super::sweep::{leaf_of, Aggregate, Finish, Join, Older, Sweep};
use super::{finite, Kernel};

/// How many bars pass through all levels at a time: few enough that they stay in the fastest cache.
const BLOCK: usize = 256;
/// How many joins the last pass does.
const FUSED: usize = 3;

/// An older part of a window: an aggregate of a level that ends `lag` bars ago.
#[derive(Clone, Copy)]
struct Part<C> {
    level: usize,
    lag: usize,
    counts: C,
}

/// The kernel of windows of an aggregate.
#[derive(Clone)]
pub(super) struct Spans<A: Aggregate<K>, const K: usize> {
    aggregate: A,
    /// The values themselves, if aggregates are relative to them.
    values: Level<1>,
    levels: Vec<Level<K>>,
    doubling: Vec<A::Counts>,
    /// The level of a window's newest part.
    newest: usize,
    parts: Vec<Part<A::Counts>>,
    /// The newer parts of a block's windows, joined; and room for the next join.
    joined: [[Vec<f64>; K]; 2],
}

impl<A: Aggregate<K>, const K: usize> Spans<A, K> {
    pub(super) fn new(aggregate: A, n: usize) -> Self {
        let top = n.ilog2() as usize;
        let nulls = |level: usize| {
            let used = if level == 0 { A::OPERANDS } else { K };
            std::array::from_fn(|k| if k < used { A::NULL } else { 0.0 })
        };
        let newest = if A::MAY_OVERLAP { top } else { n.trailing_zeros() as usize };
        Self {
            aggregate,
            values: Level::new(if A::IS_RELATIVE { n } else { 1 }, [f64::NAN]),
            levels: (0..=top).map(|level| Level::new(1 << level, nulls(level))).collect(),
            doubling: (0..top).map(|level| Self::counts(1 << level, 1 << level)).collect(),
            newest,
            parts: if A::MAY_OVERLAP { Self::halves(n, top) } else { Self::parts(n, newest) },
            joined: std::array::from_fn(|_| std::array::from_fn(|_| Vec::new())),
        }
    }

    /// The bits of n from the lowest on, so that a lag is within what its level remembers.
    fn parts(n: usize, newest: usize) -> Vec<Part<A::Counts>> {
        let mut lag = 1 << newest;
        let mut parts = Vec::new();
        while lag < n {
            let level = (n - lag).trailing_zeros() as usize;
            parts.push(Part { level, lag, counts: Self::counts(1 << level, lag) });
            lag += 1 << level;
        }
        parts
    }

    /// Two of the highest level that fits.
    fn halves(n: usize, top: usize) -> Vec<Part<A::Counts>> {
        let lag = n - (1 << top);
        let part = Part { level: top, lag, counts: Self::counts(1 << top, lag) };
        if lag == 0 {
            vec![]
        } else {
            vec![part]
        }
    }

    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    fn counts(older: usize, newer: usize) -> A::Counts {
        A::counts(older as f64, newer as f64)
    }

    fn run_block(&mut self, operands: &[&[f64]], first: usize, out: &mut [f64]) {
        let bars = out.len();
        for level in &mut self.levels {
            level.reserve(bars);
        }
        self.append(operands, first, bars);
        for (index, &counts) in self.doubling.iter().enumerate() {
            let (below, above) = self.levels.split_at_mut(index + 1);
            let level = &below[index];
            let older = Older::new(counts, level, level.span, &self.values, bars);
            let (newer, out) = (level.before(0, bars), above[0].ahead(bars));
            if index == 0 {
                Join::<A, K, true> { older, newer, out }.sweep(bars);
            } else {
                Join::<A, K, false> { older, newer, out }.sweep(bars);
            }
        }
        self.windows(out);
        self.values.next += bars;
        for level in &mut self.levels {
            level.next += bars;
        }
    }

    /// The same for one bar, without the care that long passes take.
    fn push(&mut self, operands: &[&[f64]]) -> f64 {
        let mut numbers = [Lanes([0.0]); K];
        for (number, operand) in numbers.iter_mut().zip(&operands[..A::OPERANDS]) {
            *number = Lanes([leaf_of::<A, K>(operand[0])]);
        }
        let mut value = f64::NAN;
        if A::IS_RELATIVE {
            value = operands[0][0];
            numbers[0] = Lanes([difference(value, value)]);
            self.values.reserve(1);
            self.values.put([Lanes([value])]);
        }
        let top = self.levels.len() - 1;
        for (index, level) in self.levels.iter_mut().enumerate() {
            level.reserve(1);
            level.put(numbers);
            if index < top {
                let (older, gap) = Self::older(level, level.span, &self.values, value);
                numbers = A::join(self.doubling[index], gap, older, numbers);
            }
        }
        let newest = &self.levels[self.newest];
        let mut window = newest.get(0);
        for part in &self.parts {
            let (older, gap) = Self::older(&self.levels[part.level], part.lag, &self.values, value);
            window = A::join(part.counts, gap, older, window);
        }
        self.values.next += usize::from(A::IS_RELATIVE);
        for level in &mut self.levels {
            level.next += 1;
        }
        let [result] = self.aggregate.finish(window, Lanes([operands[0][0]])).0;
        finite(result)
    }

    /// An aggregate `lag` bars ago, and how far its newest value is from the newest of all.
    #[inline]
    fn older(
        level: &Level<K>,
        lag: usize,
        values: &Level<1>,
        value: f64,
    ) -> ([Lanes<1>; K], Lanes<1>) {
        let gap = if A::IS_RELATIVE { Lanes([value]) - values.get(lag)[0] } else { Lanes([0.0]) };
        (level.get(lag), gap)
    }

    /// Appends the aggregates of one value.
    fn append(&mut self, operands: &[&[f64]], first: usize, bars: usize) {
        let leaves = self.levels[0].ahead(bars);
        if A::IS_RELATIVE {
            self.values.reserve(bars);
            let values = &operands[0][first..first + bars];
            self.values.ahead(bars)[0].copy_from_slice(values);
            for (leaf, value) in leaves[0].iter_mut().zip(values) {
                *leaf = difference(*value, *value);
            }
            return;
        }
        for (leaves, operand) in leaves.into_iter().zip(operands) {
            for (leaf, &value) in leaves.iter_mut().zip(&operand[first..first + bars]) {
                *leaf = leaf_of::<A, K>(value);
            }
        }
    }

    /// The results of the bars that all levels have.
    fn windows(&mut self, out: &mut [f64]) {
        let bars = out.len();
        let mut newer = self.levels[self.newest].before(0, bars);
        let older = |part: &Part<A::Counts>| {
            Older::new(part.counts, &self.levels[part.level], part.lag, &self.values, bars)
        };
        let (first, last) = self.parts.split_at(self.parts.len().saturating_sub(FUSED));
        let [mut joined, mut room] = self.joined.each_mut();
        for part in first {
            for numbers in &mut *room {
                if numbers.len() < bars {
                    numbers.resize(bars, 0.0);
                }
            }
            let out = room.each_mut().map(|numbers| &mut numbers[..bars]);
            Join::<A, K, false> { older: older(part), newer, out }.sweep(bars);
            std::mem::swap(&mut joined, &mut room);
            newer = joined.each_ref().map(|numbers| &numbers[..bars]);
        }
        let aggregate = &self.aggregate;
        let newest = if A::READS_NEWEST { self.levels[0].before(0, bars)[0] } else { &[] };
        let part = |place: usize| older(&last[place]);
        match last.len() {
            0 => Finish { aggregate, parts: [], newer, newest, out }.sweep(bars),
            1 => Finish { aggregate, parts: [part(0)], newer, newest, out }.sweep(bars),
            2 => Finish { aggregate, parts: [part(0), part(1)], newer, newest, out }.sweep(bars),
            _ => {
                let parts = [part(0), part(1), part(2)];
                Finish { aggregate, parts, newer, newest, out }.sweep(bars);
            }
        }
    }
}

impl<A: Aggregate<K>, const K: usize> Kernel for Spans<A, K> {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        if let [out] = out {
            *out = self.push(operands);
            return;
        }
        for (index, out) in out.chunks_mut(BLOCK).enumerate() {
            self.run_block(&operands[..A::OPERANDS], index * BLOCK, out);
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

#[inline]
fn difference(a: f64, b: f64) -> f64 {
    a - b
}
