//! The size of a Renko brick: fixed, a share of the price, or the average true range.

use serde::{Deserialize, Serialize};

use super::columns::Ticks;
use super::element::Tick;
use super::error::BarError;
use super::spec::BrickSize;
use crate::price::divide_half_even;
use crate::time::interval_start_ns;

/// A percentage in parts per this many: `1%` is `10^16`.
pub const PERCENT_SCALE: i128 = 1_000_000_000_000_000_000;

/// Tells the size of the next brick.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Sizer {
    /// Always the same.
    Fixed(i64),
    /// This share of the last close, in units of one in [`PERCENT_SCALE`].
    Share(i64),
    /// Wilder's average true range.
    AverageTrueRange(TrueRange),
}

impl Sizer {
    /// From what was asked for.
    ///
    /// # Errors
    /// [`BarError::Parameter`].
    pub fn new(size: &BrickSize) -> Result<Self, BarError> {
        let positive = |value: i64| {
            if value > 0 {
                return Ok(value);
            }
            Err(BarError::parameter("size", &value, "a positive size"))
        };
        Ok(match size {
            BrickSize::Fixed { size } => Self::Fixed(positive(*size)?),
            BrickSize::Share { share } => Self::Share(positive(*share)?),
            BrickSize::Atr { periods, interval_ns } => {
                positive(i64::from(*periods))?;
                if let Some(interval_ns) = interval_ns {
                    positive(*interval_ns)?;
                }
                Self::AverageTrueRange(TrueRange::new(*periods, *interval_ns))
            }
        })
    }

    /// The size after a close, in units; none as long as it is unknown.
    pub fn size(&self, close: i64) -> Option<i64> {
        match self {
            Self::Fixed(size) => Some(*size),
            Self::Share(share) => {
                let exact = i128::from(close.unsigned_abs()) * i128::from(*share);
                i64::try_from(divide_half_even(exact, PERCENT_SCALE).max(1)).ok()
            }
            Self::AverageTrueRange(range) => range.size(),
        }
    }

    /// Whether all the bricks of one tick have the same size.
    pub fn is_constant(&self) -> bool {
        !matches!(self, Self::Share(_))
    }

    /// Whether every tick must be seen one by one.
    pub fn watches(&self) -> Option<&TrueRange> {
        match self {
            Self::AverageTrueRange(range) => Some(range),
            _ => None,
        }
    }

    /// Learns of a tick.
    pub fn see(&mut self, tick: &Tick) {
        if let Self::AverageTrueRange(range) = self {
            range.see(tick.time_ns, tick.bar.high.0, tick.bar.low.0, tick.bar.close.0);
        }
    }

    /// Learns of leading ticks.
    pub fn see_run(&mut self, ticks: &Ticks<'_>, count: usize) {
        if let Self::AverageTrueRange(range) = self {
            for index in 0..count {
                let (high, low) = (ticks.highs[index], ticks.lows[index]);
                range.see(ticks.times_ns[index], high, low, ticks.closes[index]);
            }
        }
    }
}

/// Wilder's average true range over closed intervals (*New Concepts in Technical Trading Systems*, 1978): the mean of the first
/// `periods` true ranges, then `(average × (periods − 1) + range) / periods`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrueRange {
    periods: u32,
    /// None: each tick, a smaller bar, is an interval.
    interval_ns: Option<i64>,
    end_ns: i64,
    open: Option<(i64, i64, i64)>,
    last_close: Option<i64>,
    seen: u32,
    average: f64,
}

impl TrueRange {
    fn new(periods: u32, interval_ns: Option<i64>) -> Self {
        Self {
            periods,
            interval_ns,
            end_ns: i64::MIN,
            open: None,
            last_close: None,
            seen: 0,
            average: 0.0,
        }
    }

    /// Whether a tick at this time ends an interval, so that the average may change.
    pub fn changes_at(&self, time_ns: i64) -> bool {
        self.interval_ns.is_none() || (self.open.is_some() && time_ns >= self.end_ns)
    }

    /// Whether the average is known.
    pub fn is_known(&self) -> bool {
        self.seen >= self.periods
    }

    fn see(&mut self, time_ns: i64, high: i64, low: i64, close: i64) {
        let Some(interval_ns) = self.interval_ns else {
            self.open = Some((high, low, close));
            self.close_interval();
            return;
        };
        if self.changes_at(time_ns) {
            self.close_interval();
        }
        if self.open.is_none() {
            let start_ns = interval_start_ns(time_ns, interval_ns).unwrap_or(i64::MIN);
            self.end_ns = start_ns.saturating_add(interval_ns);
        }
        let (highest, lowest, _) = self.open.unwrap_or((high, low, close));
        self.open = Some((highest.max(high), lowest.min(low), close));
    }

    #[allow(clippy::cast_precision_loss)] // An average is a float, here as everywhere.
    fn close_interval(&mut self) {
        let Some((high, low, close)) = self.open.take() else { return };
        let reference = self.last_close.unwrap_or(low.max(high.min(close)));
        let range = high.max(reference).abs_diff(low.min(reference)) as f64;
        self.last_close = Some(close);
        let periods = f64::from(self.periods);
        if self.is_known() {
            self.average = (self.average * (periods - 1.0) + range) / periods;
            return;
        }
        self.average += range;
        self.seen += 1;
        if self.is_known() {
            self.average /= periods;
        }
    }

    /// The average, rounded half to even; at least one unit.
    #[allow(clippy::cast_possible_truncation)] // A float that large saturates.
    fn size(&self) -> Option<i64> {
        self.is_known().then(|| (self.average.round_ties_even() as i64).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::tick;
    use super::*;
    use crate::bar::Bar;
    use crate::price::Price;
    use proptest::prelude::*;

    const PERCENT: i64 = 10_000_000_000_000_000;

    fn average(periods: u32, interval_ns: Option<i64>) -> Sizer {
        Sizer::new(&BrickSize::Atr { periods, interval_ns }).unwrap()
    }

    /// Shows smaller bars: high, low and close.
    fn see_bars(sizer: &mut Sizer, bars: &[(i64, i64, i64)]) {
        for &(high, low, close) in bars {
            let bar = Bar { high: Price(high), low: Price(low), ..Bar::at(Price(close), 0, 0) };
            sizer.see(&Tick { bar, ..tick(0, close, 1) });
        }
    }

    #[test]
    fn a_percentage_is_rounded_half_to_even_and_at_least_a_unit() {
        let sizer = Sizer::new(&BrickSize::Share { share: PERCENT }).unwrap();
        for (close, size) in [
            (0, 1),
            (50, 1),
            (149, 1),
            (150, 2),
            (250, 2),
            (251, 3),
            (350, 4),
            (-250, 2),
            (-350, 4),
        ] {
            assert_eq!(sizer.size(close), Some(size), "{close}");
        }
        assert_eq!(sizer.size(i64::MIN), Some(92_233_720_368_547_758));
    }

    #[test]
    fn a_size_that_is_not_positive_is_refused() {
        for size in [
            BrickSize::Fixed { size: 0 },
            BrickSize::Share { share: -1 },
            BrickSize::Atr { periods: 0, interval_ns: None },
            BrickSize::Atr { periods: 1, interval_ns: Some(0) },
        ] {
            assert!(matches!(Sizer::new(&size), Err(BarError::Parameter { field: "size", .. })));
        }
    }

    #[test]
    fn the_average_true_range_is_wilders() {
        let mut sizer = average(3, None);
        // True ranges: 12 − 8; 13 − 10, the close before; then 12 − 6.
        see_bars(&mut sizer, &[(12, 8, 10), (13, 11, 12)]);
        assert_eq!(sizer.size(10), None);
        see_bars(&mut sizer, &[(12, 6, 7)]);
        let first = (4.0 + 3.0 + 6.0) / 3.0;
        assert_eq!((sizer.watches().unwrap().average, sizer.size(10)), (first, Some(4)));
        // 9 − 7, the close before.
        see_bars(&mut sizer, &[(9, 8, 9)]);
        let second = (first * 2.0 + 2.0) / 3.0;
        assert_eq!((sizer.watches().unwrap().average, sizer.size(10)), (second, Some(4)));
    }

    #[test]
    fn an_average_is_rounded_half_to_even_and_at_least_a_unit() {
        for (low, size) in [(9, 1), (8, 1), (6, 2), (4, 2), (2, 4)] {
            let mut sizer = average(2, None);
            see_bars(&mut sizer, &[(9, 9, 9), (9, low, 9)]);
            assert_eq!(sizer.size(9), Some(size), "{low}");
        }
    }

    #[test]
    fn an_interval_counts_once_it_is_over() {
        let mut sizer = average(1, Some(10));
        for (time_ns, price) in [(-5, 20), (-1, 26), (-3, 23)] {
            sizer.see(&tick(time_ns, price, 1));
        }
        assert_eq!(sizer.size(20), None);
        let range = sizer.watches().unwrap();
        assert!(!range.changes_at(-1) && range.changes_at(0));
        // Intervals without ticks have no range; this one is seen from the last close.
        sizer.see(&tick(50, 30, 1));
        assert_eq!(sizer.size(20), Some(6));
        sizer.see(&tick(60, 30, 1));
        assert_eq!(sizer.size(20), Some(7));
    }

    /// Wilder's formula over all bars at once.
    #[allow(clippy::cast_precision_loss)]
    fn wilder(bars: &[(i64, i64, i64)], periods: usize) -> f64 {
        let range = |index: usize| {
            let (high, low, _) = bars[index];
            let Some((_, _, before)) = index.checked_sub(1).map(|before| bars[before]) else {
                return (high - low) as f64;
            };
            (high - low).max((high - before).abs()).max((low - before).abs()) as f64
        };
        let count = periods as f64;
        let first = (0..periods).map(range).sum::<f64>() / count;
        (periods..bars.len())
            .map(range)
            .fold(first, |mean, range| (mean * (count - 1.0) + range) / count)
    }

    proptest! {
        #[test]
        fn the_average_follows_the_formula(
            bars in prop::collection::vec((0..50_i64, 0..50_i64, 0..50_i64), 5..30),
            periods in 1..=5_u32,
        ) {
            let bars: Vec<_> = bars.into_iter().map(|(low, close, high)| (low + close + high, low, low + close)).collect();
            let mut sizer = average(periods, None);
            see_bars(&mut sizer, &bars);
            let exact = wilder(&bars, periods as usize);
            prop_assert!((sizer.watches().unwrap().average - exact).abs() < 1e-9);
        }
    }
}
