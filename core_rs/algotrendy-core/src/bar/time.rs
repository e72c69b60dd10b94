//! Time bars: a bar for each interval of a grid that has ticks, or for each interval.

use serde::{Deserialize, Serialize};

use super::aggregator::{ClosePolicy, Run, MOST_BARS_OF_A_TICK};
use super::calendar::{Grid, Interval};
use super::columns::Ticks;
use super::element::{Bar, BarFlags, CloseReason, Tick};
use super::error::BarError;
use super::sink::BarSink;
use super::spec::{Closed, Empty};
use crate::price::Price;

/// Closes a bar when time passes the end of its interval.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TimePolicy {
    grid: Grid,
    closed: Closed,
    empty: Empty,
    /// The last nanosecond of the pending bar's interval.
    last_ns: i64,
    /// Where the last interval ended that had a bar, or is having one, and the price then.
    reached: Option<(i64, Price)>,
}

impl TimePolicy {
    /// Bars for the intervals of `grid`.
    ///
    /// # Errors
    /// [`BarError::Parameter`].
    pub fn new(grid: Grid, closed: Closed, empty: Empty) -> Result<Self, BarError> {
        grid.check()?;
        Ok(Self { grid, closed, empty, last_ns: i64::MIN, reached: None })
    }

    /// The interval that a tick belongs to. Closed on the right, that is the one that holds the nanosecond before it.
    fn interval(&self, time_ns: i64) -> Result<Interval, BarError> {
        match (self.closed, &self.grid) {
            // Sessions closed on the right are so in their table.
            (Closed::Left, _) => self.grid.interval(time_ns),
            (Closed::Right, Grid::InSessions { interval_ns, sessions }) => {
                let before_ns =
                    time_ns.checked_sub(1).ok_or(BarError::TimeOutOfRange { time_ns })?;
                super::calendar::in_segment(sessions.segment(time_ns)?, *interval_ns, before_ns)
                    .ok_or(BarError::TimeOutOfRange { time_ns })
            }
            (Closed::Right, grid) => {
                grid.interval(time_ns.checked_sub(1).ok_or(BarError::TimeOutOfRange { time_ns })?)
            }
        }
    }

    /// Whether a tick belongs to the interval after the last one, and when that ends: mostly it does, and this takes no division.
    #[inline]
    fn adjacent_end_ns(&self, start_ns: i64, ticks: &Ticks<'_>) -> Option<i64> {
        let Grid::Fixed { interval_ns, .. } = self.grid else { return None };
        let end_ns = start_ns.checked_add(interval_ns)?;
        let (time_ns, is_left) = (ticks.times_ns[0], self.closed == Closed::Left);
        let belongs = is_left && start_ns <= time_ns && time_ns < end_ns;
        (belongs && !ticks.end_after(end_ns)).then_some(end_ns)
    }

    fn last_ns(&self, interval: Interval) -> i64 {
        interval.end_ns - i64::from(self.closed == Closed::Left)
    }

    /// The interval after one that ended at `end_ns`.
    fn next(&self, end_ns: i64) -> Result<Interval, BarError> {
        match (self.closed, &self.grid) {
            (Closed::Right, Grid::InSessions { sessions, .. }) => {
                let time_ns =
                    end_ns.checked_add(1).ok_or(BarError::TimeOutOfRange { time_ns: end_ns })?;
                let segment = sessions.segment(time_ns)?;
                self.interval(if segment.is_session { time_ns } else { segment.end_ns + 1 })
            }
            _ => self.grid.next(end_ns),
        }
    }

    /// The intervals without ticks that follow the last one that had a bar and are over, by `until_ns` at the latest.
    fn empty_intervals(
        &self,
        until_ns: i64,
        is_over: impl Fn(Interval) -> bool,
    ) -> Result<Vec<Interval>, BarError> {
        let mut intervals = Vec::new();
        let Some((mut end_ns, _)) = self.reached.filter(|_| self.empty != Empty::Omit) else {
            return Ok(intervals);
        };
        let span_ns = u64::try_from(i128::from(until_ns) - i128::from(end_ns)).unwrap_or(0);
        if span_ns > 0 {
            // No calendar reaches that far: told before all the days that it does reach are looked up.
            if let Err(refusal @ BarError::TimeOutOfRange { .. }) = self.interval(until_ns) {
                return Err(refusal);
            }
        }
        if let Some(longest_ns) = self.grid.longest_ns() {
            // Told beforehand, because counting so many would take seconds.
            if span_ns / longest_ns.unsigned_abs() > MOST_BARS_OF_A_TICK {
                return Err(BarError::TooManyBars {
                    limit: MOST_BARS_OF_A_TICK,
                    size: longest_ns.into(),
                });
            }
        }
        loop {
            // Past the last session there is none to fill.
            let interval = match self.next(end_ns) {
                Err(BarError::SessionsMissing { .. }) => break,
                interval => interval?,
            };
            if !is_over(interval) {
                break;
            }
            if intervals.len() as u64 >= MOST_BARS_OF_A_TICK {
                let size = i128::from(interval.end_ns) - i128::from(interval.start_ns);
                return Err(BarError::TooManyBars { limit: MOST_BARS_OF_A_TICK, size });
            }
            end_ns = interval.end_ns;
            intervals.push(interval);
        }
        Ok(intervals)
    }

    /// Starts a bar in whatever interval the first tick belongs to. Takes a copy of the ticks, so that the caller's own need not be in
    /// memory.
    #[cold]
    fn start_anywhere(
        &mut self,
        bar: &mut Bar,
        ticks: Ticks<'_>,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        let interval = self.interval(ticks.times_ns[0])?;
        if ticks.end_after(interval.end_ns) {
            return Err(straddles(interval));
        }
        let gap = self.skip_to(interval, closed)?;
        self.last_ns = self.last_ns(interval);
        ticks.start(bar);
        bar.flags = bar.flags.with(gap).with(interval.flags());
        (bar.open_time_ns, bar.close_time_ns) = (interval.start_ns, interval.end_ns);
        Ok(())
    }

    /// Goes on to the next interval that has ticks: fills those between, or tells of a gap.
    #[inline]
    fn skip_to(
        &mut self,
        interval: Interval,
        closed: &mut impl BarSink,
    ) -> Result<BarFlags, BarError> {
        let Some((end_ns, _)) = self.reached.filter(|reached| reached.0 < interval.start_ns) else {
            return Ok(BarFlags::NONE);
        };
        if self.empty == Empty::Omit {
            // Breaks between sessions are no gaps.
            let is_gap = self.next(end_ns).is_ok_and(|next| next.start_ns < interval.start_ns);
            return Ok(if is_gap { BarFlags::GAP } else { BarFlags::NONE });
        }
        let empty =
            self.empty_intervals(interval.start_ns, |empty| empty.end_ns <= interval.start_ns)?;
        self.fill(&empty, closed);
        Ok(BarFlags::NONE)
    }

    fn fill(&mut self, intervals: &[Interval], closed: &mut impl BarSink) {
        for interval in intervals {
            let Some((_, price)) = self.reached else { return };
            self.reached = Some((interval.end_ns, price));
            let bar = Bar::at(price, interval.start_ns, interval.end_ns);
            closed.push_bar(&bar.flagged(BarFlags::EMPTY.with(interval.flags())));
        }
    }
}

/// How many of the first ticks an interval holds, if it ends among them. Short intervals do, long ones end beyond the run: that is
/// where to look before searching. Counted without leaving at the end, which the processor would guess wrong every time.
#[inline]
fn near_end(times_ns: &[i64], last_ns: i64) -> Option<usize> {
    const NEAR: usize = 16;
    let mut count = 0;
    for chunk in times_ns.chunks_exact(NEAR).take(2) {
        let held: usize = chunk.iter().map(|time_ns| usize::from(*time_ns <= last_ns)).sum();
        count += held;
        if held < NEAR {
            return Some(count);
        }
    }
    None
}

impl ClosePolicy for TimePolicy {
    const HAS_INTERVALS: bool = true;

    #[inline(always)]
    #[allow(clippy::inline_always)] // Or the ticks would go through memory, once a bar.
    fn run(&mut self, pending: &Bar, ticks: &Ticks<'_>) -> Run {
        if ticks.end_after(pending.close_time_ns) && ticks.times_ns.first() <= Some(&self.last_ns) {
            return Run { count: 0, ends: false };
        }
        let (times_ns, last_ns) = (ticks.times_ns, self.last_ns);
        let count = near_end(times_ns, last_ns).unwrap_or_else(|| {
            if times_ns.last().is_some_and(|time_ns| *time_ns <= last_ns) {
                times_ns.len()
            } else {
                times_ns.partition_point(|time_ns| *time_ns <= last_ns)
            }
        });
        Run { count, ends: count < times_ns.len() }
    }

    #[inline]
    fn end(&mut self, pending: &mut Bar, _next_ns: Option<i64>) {
        self.reached = Some((pending.close_time_ns, pending.close));
        pending.close_reason = CloseReason::Interval;
    }

    #[inline]
    fn start(
        &mut self,
        bar: &mut Bar,
        ticks: &Ticks<'_>,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        if let Some((start_ns, _)) = self.reached {
            if let Some(end_ns) = self.adjacent_end_ns(start_ns, ticks) {
                ticks.start(bar);
                (bar.open_time_ns, bar.close_time_ns) = (start_ns, end_ns);
                self.last_ns = end_ns - 1;
                return Ok(());
            }
        }
        self.start_anywhere(bar, *ticks, closed)
    }

    fn turn(
        &mut self,
        pending: &mut Option<Bar>,
        _tick: &Tick,
        _closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        // The one tick that a run declines: a smaller bar that ends after the pending one.
        let (start_ns, end_ns) =
            pending.map_or((0, 0), |bar| (bar.open_time_ns, bar.close_time_ns));
        Err(straddles(Interval { start_ns, end_ns, is_cut: false }))
    }

    fn advance(
        &mut self,
        watermark_ns: i64,
        pending: &mut Option<Bar>,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        if let Some(bar) = pending {
            if watermark_ns <= self.last_ns {
                return Ok(());
            }
            self.reached = Some((bar.close_time_ns, bar.close));
        }
        let empty =
            self.empty_intervals(watermark_ns, |empty| self.last_ns(empty) < watermark_ns)?;
        if let Some(mut bar) = pending.take() {
            self.end(&mut bar, None);
            closed.push_bar(&bar);
        }
        self.fill(&empty, closed);
        Ok(())
    }

    fn taken(&mut self, bar: &Bar) {
        self.reached = Some((bar.close_time_ns, bar.close));
    }
}

fn straddles(interval: Interval) -> BarError {
    let length_ns = i128::from(interval.end_ns) - i128::from(interval.start_ns);
    let expected = "to end where a bar ends that it is made of; or closed=\"right\", which goes by when those close";
    BarError::parameter("interval", &format!("{length_ns} ns"), expected)
}

#[cfg(test)]
mod tests {
    use super::super::calendar::Zone;
    use super::super::series::BarSeries;
    use super::super::spec::Style;
    use super::super::testing::{bytes, spec, trade};
    use super::*;
    use crate::bar::Marks;
    use crate::time::DAY_NS;

    fn calendar(count: i32) -> [Grid; 3] {
        let zone = || Zone::new("America/New_York", 0).unwrap();
        [
            Grid::Days { count, zone: zone() },
            Grid::Weeks { count, zone: zone() },
            Grid::Months { count, zone: zone() },
        ]
    }

    fn flat(grid: Grid) -> BarSeries {
        let style = Style::Time { grid, closed: Closed::Left, empty: Empty::Flat };
        BarSeries::new(&spec(style)).unwrap()
    }

    #[test]
    fn a_time_that_no_calendar_reaches_is_refused_and_changes_nothing() {
        for grid in calendar(1) {
            let mut series = flat(grid);
            series.push(&trade(0, 5, 1), Marks::default()).unwrap();
            let before = bytes(&series);
            let refusal = BarError::TimeOutOfRange { time_ns: i64::MAX };
            assert_eq!(series.push(&trade(i64::MAX, 5, 1), Marks::default()), Err(refusal.clone()));
            assert_eq!(series.advance(i64::MAX).map(|bars| bars.len()), Err(refusal));
            assert_eq!(bytes(&series), before);
        }
    }

    #[test]
    fn a_time_that_a_calendar_reaches_is_filled_up_to() {
        let mut series = flat(calendar(1)[0].clone());
        series.push(&trade(DAY_NS, 5, 1), Marks::default()).unwrap();
        let bars = series.advance(101 * DAY_NS).unwrap();
        assert_eq!(bars.len(), 100);
        assert!(bars.iter().skip(1).all(|bar| bar.flags.contains(BarFlags::EMPTY)));
    }
}
