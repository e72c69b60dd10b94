//! The aggregates of one length.

use super::lanes::Lanes;

/// How many aggregates move at once.
const STEP: usize = 16;

/// The aggregates of the last bars, each of `span` values.
#[derive(Clone)]
pub(super) struct Level<const K: usize> {
    pub(super) span: usize,
    /// `span` rounded up: how many places before the next bar's are kept.
    kept: usize,
    /// The place of the next bar.
    pub(super) next: usize,
    numbers: [Vec<f64>; K],
}

impl<const K: usize> Level<K> {
    pub(super) fn new(span: usize, nulls: [f64; K]) -> Self {
        let kept = span.next_multiple_of(STEP);
        let numbers = nulls.map(|null| vec![null; 2 * kept]);
        Self { span, kept, next: kept, numbers }
    }

    /// Makes room for `bars` more.
    #[inline]
    pub(super) fn reserve(&mut self, bars: usize) {
        if self.next + bars > self.numbers[0].len() {
            self.rewind(bars);
        }
    }

    fn rewind(&mut self, bars: usize) {
        let length = self.kept + self.kept.max(bars);
        let first = self.next - self.kept;
        for numbers in &mut self.numbers {
            for at in (0..self.kept).step_by(STEP) {
                Lanes::<STEP>::load(numbers, first + at).store(numbers, at);
            }
            if numbers.len() < length {
                numbers.resize(length, 0.0);
            }
        }
        self.next = self.kept;
    }

    /// The aggregates of `bars` bars, `lag` bars before the next ones.
    #[inline]
    pub(super) fn before(&self, lag: usize, bars: usize) -> [&[f64]; K] {
        let first = self.next - lag;
        self.numbers.each_ref().map(|numbers| &numbers[first..][..bars])
    }

    /// The aggregate `lag` bars before the next.
    #[inline]
    pub(super) fn get(&self, lag: usize) -> [Lanes<1>; K] {
        let mut lanes = [Lanes([0.0]); K];
        for (lanes, numbers) in lanes.iter_mut().zip(&self.numbers) {
            *lanes = Lanes([numbers[self.next - lag]]);
        }
        lanes
    }

    /// Sets the next aggregate.
    #[inline]
    pub(super) fn put(&mut self, lanes: [Lanes<1>; K]) {
        for (numbers, Lanes([number])) in self.numbers.iter_mut().zip(lanes) {
            numbers[self.next] = number;
        }
    }

    /// Room for the aggregates of the next bars.
    #[inline]
    pub(super) fn ahead(&mut self, bars: usize) -> [&mut [f64]; K] {
        let first = self.next;
        self.numbers.each_mut().map(|numbers| &mut numbers[first..][..bars])
    }
}
