//! Short windows, each straight from its own values.
//!
//! Every bar looks at all values of its window anew, many bars at a time. For short windows that takes less than to join aggregates, and
//! like them it takes nothing out again.

use super::history::History;
use super::lanes::Lanes;
use super::memory::BLOCK;
use super::spans::Spans;
use super::sweep::{Aggregate, Sweep};
use super::Kernel;

/// The longest window for which that is so.
pub(super) const LONGEST: usize = 32;

/// What the values of a window come to without joins.
pub(super) trait OfValues<const K: usize>: Aggregate<K> {
    /// The aggregates of the windows of `n` values that begin at the first `W` places of every operand.
    fn of_values<const W: usize>(n: usize, operands: &[&[f64]]) -> [Lanes<W>; K];
}

/// The kernel of windows of an aggregate.
pub(super) fn windows<A: OfValues<K>, const K: usize>(aggregate: A, n: usize) -> Box<dyn Kernel> {
    if n > LONGEST {
        return Box::new(Spans::new(aggregate, n));
    }
    let histories = vec![History::new(n - 1); A::OPERANDS];
    Box::new(Short { aggregate, n, histories })
}

#[derive(Clone)]
struct Short<A, const K: usize> {
    aggregate: A,
    n: usize,
    histories: Vec<History>,
}

struct Windows<'a, A, const K: usize> {
    aggregate: &'a A,
    n: usize,
    operands: &'a [&'a [f64]],
    out: &'a mut [f64],
}

impl<A: OfValues<K>, const K: usize> Sweep for Windows<'_, A, K> {
    #[inline(always)]
    fn cut(&mut self, bars: usize) {
        self.out = &mut std::mem::take(&mut self.out)[..bars];
    }

    #[inline(always)]
    fn step<const W: usize>(&mut self, at: usize) {
        let mut windows: [&[f64]; 2] = [&[]; 2];
        for (window, operand) in windows.iter_mut().zip(self.operands) {
            *window = &operand[at..at + self.n - 1 + W];
        }
        let window = A::of_values::<W>(self.n, &windows[..A::OPERANDS]);
        self.aggregate.finish(window, Lanes::splat(0.0)).finish(self.out, at);
    }
}

impl<A: OfValues<K>, const K: usize> Kernel for Short<A, K> {
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]) {
        for (index, out) in out.chunks_mut(BLOCK).enumerate() {
            let (first, bars) = (index * BLOCK, out.len());
            let mut known: [&[f64]; 2] = [&[]; 2];
            let histories = self.histories.iter_mut().zip(operands);
            for (known, (history, operand)) in known.iter_mut().zip(histories) {
                *known = history.extend(&operand[first..first + bars]);
            }
            let operands = &known[..A::OPERANDS];
            let windows = Windows { aggregate: &self.aggregate, n: self.n, operands, out };
            // As many sums as there are registers for.
            if K > 2 {
                windows.sweep(bars);
            } else {
                windows.sweep_by::<16>(bars);
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}
