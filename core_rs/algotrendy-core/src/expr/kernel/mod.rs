//! How each operation computes: over blocks of bars, with what it remembers of the bars before.
//!
//! A value is finite or NaN, which is null; operands are so, and so is what comes out. Whatever the blocks, the values have the same bits.

// Vectors stay in registers only if everything is in one function.
#![allow(clippy::inline_always)]

mod bars;
mod cross_section;
mod elementwise;
mod extreme;
mod filter;
mod history;
mod kama;
mod lanes;
mod level;
mod line;
mod mean;
mod memory;
mod moments;
mod pair;
mod rsi;
mod running;
mod short;
mod spans;
mod sum;
mod sweep;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use extreme::Extreme;
use filter::Filter;
use history::{Lagged, MeanDeviation, Quantile, Rank};
use line::Line;
use mean::Mean;
use moments::Moments;
use pair::Pair;
use spans::Spans;
use sum::{Product, Sum};

use super::op::Op;

pub use cross_section::{cross_section, Order};
pub use elementwise::{elementwise, elementwise_run};

/// An operation with a state, on its way over a series.
pub trait Kernel: Send + Sync {
    /// Goes on over the next bars. Every operand is as long as `out`.
    fn run(&mut self, operands: &[&[f64]], out: &mut [f64]);

    /// The same, in the same state.
    fn clone_box(&self) -> Box<dyn Kernel>;
}

/// The kernel of an operation that is not elementwise, before its first bar.
#[must_use]
pub fn kernel(op: Op) -> Box<dyn Kernel> {
    match op {
        Op::Sum { n } => Box::new(Spans::new(Sum, n)),
        Op::Product { n } => Box::new(Spans::new(Product, n)),
        Op::Mean { n } => Box::new(Spans::new(Mean::new(n), n)),
        Op::Var { n, ddof } => short::windows(Moments::var(n, ddof), n),
        Op::Std { n, ddof } => short::windows(Moments::std(n, ddof), n),
        Op::Skew { n } => Box::new(Spans::new(Moments::skew(n), n)),
        Op::Kurt { n } => Box::new(Spans::new(Moments::kurt(n), n)),
        Op::LinearWeighted { n } if n <= short::LONGEST => Box::new(Filter::weighted(n)),
        Op::Slope { n } if n <= short::LONGEST => Box::new(Filter::slope(n)),
        Op::LinearWeighted { n } => Box::new(Spans::new(Line::weighted(n), n)),
        Op::Slope { n } => Box::new(Spans::new(Line::slope(n), n)),
        Op::RSquared { n } => Box::new(Spans::new(Line::r_squared(n), n)),
        Op::Covariance { n, ddof } => short::windows(Pair::covariance(n, ddof), n),
        Op::Beta { n } => short::windows(Pair::beta(), n),
        Op::Correlation { n } => short::windows(Pair::correlation(), n),
        Op::Min { n } => extreme::windows::<false>(n),
        Op::Max { n } => extreme::windows::<true>(n),
        Op::ArgMin { n } => Box::new(Spans::new(Extreme::<2, false>, n)),
        Op::ArgMax { n } => Box::new(Spans::new(Extreme::<2, true>, n)),
        Op::Lag { n } => Box::new(Lagged::new(n, |_, before| before)),
        Op::Delta { n } => Box::new(Lagged::new(n, |value, before| value - before)),
        Op::MeanDeviation { n } => Box::new(MeanDeviation::new(n)),
        Op::Rank { n } => Box::new(Rank::new(n)),
        Op::Quantile { n, q } => Box::new(Quantile::new(n, q.get())),
        // The value itself.
        Op::Ema { n: 1, .. } | Op::Wilder { n: 1, .. } => {
            Box::new(Lagged::new(0, |value, _| value))
        }
        Op::Ema { n, seed } => skipping(memory::Smooth::ema(n, seed)),
        Op::Wilder { n, seed } => skipping(memory::Smooth::wilder(n, seed)),
        Op::Kama { n, fast, slow } => skipping(kama::Kama::new(n, fast, slow)),
        Op::Rsi { n, seed } => skipping(rsi::Rsi::new(n, seed)),
        Op::CumulativeSum => Box::new(running::CumulativeSum::default()),
        Op::BarsSince => Box::new(running::BarsSince::default()),
        Op::OnBalanceVolume => Box::new(running::OnBalanceVolume::default()),
        Op::TrueRange => Box::new(bars::TrueRange::default()),
        Op::PlusMovement => Box::new(bars::Movement::plus()),
        Op::MinusMovement => Box::new(bars::Movement::minus()),
        Op::ParabolicSar { step, max } => Box::new(bars::ParabolicSar::new(step.get(), max.get())),
        _ => unreachable!("{op:?} is elementwise"),
    }
}

fn skipping(memory: impl memory::Memory) -> Box<dyn Kernel> {
    Box::new(memory::Skipping::new(memory))
}

/// Null where the operand is.
#[inline]
fn unless_null(operand: f64, value: f64) -> f64 {
    if operand.is_nan() {
        f64::NAN
    } else {
        value
    }
}

/// Null for what is infinite or undefined, one NaN for all of them.
#[inline]
#[must_use]
pub fn finite(value: f64) -> f64 {
    if value.is_finite() {
        value
    } else {
        f64::NAN
    }
}
