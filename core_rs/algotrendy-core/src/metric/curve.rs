//! What an equity curve amounts to: one pass over it, in blocks that stay in the nearest cache.

use std::borrow::Cow;

use crate::time::DAY_NS;

/// A year of 365.25 days.
pub const YEAR_NS: i64 = 365 * DAY_NS + DAY_NS / 4;

/// What makes a day's statistics a year's: the days on which exchanges trade.
pub const DAYS_PER_YEAR: f64 = 252.0;

/// What an equity curve at bar closes amounts to; fractions, not per cent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Performance {
    /// Last ÷ first − 1.
    pub total_return: f64,
    /// (last ÷ first)^(1 ÷ years) − 1, a year being 365.25 days; 0 where no time passed.
    pub cagr: f64,
    /// Mean over standard deviation (n − 1) of daily returns, times √252; no risk-free rate is taken off (Sharpe 1994). 0 where the
    /// returns do not vary. A day's equity is its last one, in UTC.
    pub sharpe_ratio: f64,
    /// Standard deviation (n − 1) of daily returns, times √252.
    pub volatility: f64,
    /// The largest loss from a running peak, as a fraction of that peak.
    pub max_drawdown: f64,
}

/// Measures an equity curve, in any unit, at times in order. Of fewer than two values everything is 0; an account that lost more than it had
/// has ratios that are no numbers, which NaN says.
#[must_use]
pub fn performance(times_ns: &[i64], equity: &[i64]) -> Performance {
    let (Some(&first), Some(&last)) = (equity.first(), equity.last()) else {
        return Performance::default();
    };
    let (growth, span_ns) =
        (as_f64(last) / as_f64(first), times_ns[times_ns.len() - 1] - times_ns[0]);
    let years = as_f64(span_ns) / as_f64(YEAR_NS);
    let returns = Moments::of(&day_ends(times_ns, equity));
    let deviation = returns.deviation();
    Performance {
        total_return: growth - 1.0,
        cagr: if years > 0.0 { libm::pow(growth, 1.0 / years) - 1.0 } else { 0.0 },
        sharpe_ratio: if deviation > 0.0 {
            returns.mean / deviation * DAYS_PER_YEAR.sqrt()
        } else {
            0.0
        },
        volatility: deviation * DAYS_PER_YEAR.sqrt(),
        max_drawdown: max_drawdown(equity),
    }
}

/// The last equity of each day. What closes at midnight closes the day before.
fn day_ends<'a>(times_ns: &[i64], equity: &'a [i64]) -> Cow<'a, [i64]> {
    let mut ends = Vec::new();
    let mut day_end_ns = i64::MIN;
    for (index, &time_ns) in times_ns.iter().enumerate() {
        if time_ns <= day_end_ns {
            continue;
        }
        if index > 0 {
            ends.push(equity[index - 1]);
        }
        let day = (time_ns.saturating_sub(1)).div_euclid(DAY_NS);
        day_end_ns = day.saturating_add(1).saturating_mul(DAY_NS);
    }
    if ends.len() + 1 == equity.len() {
        return Cow::Borrowed(equity);
    }
    ends.extend(equity.last());
    Cow::Owned(ends)
}

/// How many values are taken at once.
const BLOCK: usize = 256;
/// How many sums run side by side.
const LANES: usize = 8;

/// Mean and sum of squared deviations of the returns from value to value.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Block by block, each around its own mean, and then together (Chan, Golub & `LeVeque` 1979): no digits are lost to a mean far from 0.
    fn of(equity: &[i64]) -> Self {
        let mut moments = Self::default();
        let mut returns = [0.0; BLOCK];
        let mut last = equity.first().copied().unwrap_or(0);
        for block in equity.get(1..).unwrap_or_default().chunks(BLOCK) {
            let before = as_f64(last);
            let mut changes = false;
            let mut values = [0.0; BLOCK];
            for (value, equity) in values.iter_mut().zip(block) {
                *value = as_f64(*equity);
                changes |= *equity != last;
            }
            let values = &values[..block.len()];
            if changes {
                let returns = &mut returns[..block.len()];
                returns[0] = values[0] / before - 1.0;
                for (value, pair) in returns[1..].iter_mut().zip(values.windows(2)) {
                    *value = pair[1] / pair[0] - 1.0;
                }
                moments.add(Self::of_block(returns));
            } else {
                // Nothing was held.
                moments.add(Self { count: length(block.len()), mean: 0.0, squares: 0.0 });
            }
            last = block[block.len() - 1];
        }
        moments
    }

    fn of_block(values: &[f64]) -> Self {
        let count = length(values.len());
        let mean = sum(values, |value| value) / count;
        Self { count, mean, squares: sum(values, |value| (value - mean) * (value - mean)) }
    }

    fn add(&mut self, other: Self) {
        let count = self.count + other.count;
        let apart = other.mean - self.mean;
        self.mean += apart * other.count / count;
        self.squares += other.squares + apart * apart * self.count * other.count / count;
        self.count = count;
    }

    /// Divided by n − 1; 0 of fewer than two.
    fn deviation(&self) -> f64 {
        if self.count > 1.0 {
            (self.squares / (self.count - 1.0)).sqrt()
        } else {
            0.0
        }
    }
}

/// In lanes, so that the processor adds several at a time; whatever it is built for, in the same order.
fn sum(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let mut groups = values.chunks_exact(LANES);
    for group in &mut groups {
        for (lane, value) in lanes.iter_mut().zip(group) {
            *lane += of(*value);
        }
    }
    let rest: f64 = groups.remainder().iter().map(|value| of(*value)).sum();
    lanes.iter().sum::<f64>() + rest
}

/// Under one peak the lowest value is the largest loss, so a division a peak is enough.
fn max_drawdown(equity: &[i64]) -> f64 {
    let Some(&first) = equity.first() else { return 0.0 };
    let (mut peak, mut lowest, mut largest) = (first, first, 0.0_f64);
    let loss = |peak: i64, lowest: i64| 1.0 - as_f64(lowest) / as_f64(peak);
    for block in equity.chunks(BLOCK) {
        let highest = block.iter().copied().fold(i64::MIN, i64::max);
        if highest <= peak {
            lowest = block.iter().copied().fold(lowest, i64::min);
            continue;
        }
        for &value in block {
            if value > peak {
                largest = largest.max(loss(peak, lowest));
                (peak, lowest) = (value, value);
            } else {
                lowest = lowest.min(value);
            }
        }
    }
    largest.max(loss(peak, lowest))
}

#[allow(clippy::cast_precision_loss)] // Amounts of more than 2^53 minor units are rounded.
fn as_f64(units: i64) -> f64 {
    units as f64
}

#[allow(clippy::cast_precision_loss)] // A curve has fewer than 2^53 points.
fn length(count: usize) -> f64 {
    count as f64
}
