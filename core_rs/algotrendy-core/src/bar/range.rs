//! Range bars: a bar closes when its price has moved by a distance from low to high.

use serde::{Deserialize, Serialize};

use super::aggregator::{ClosePolicy, Run, MOST_BARS_OF_A_TICK};
use super::columns::Ticks;
use super::element::{Bar, BarFlags, CloseReason, Tick};
use super::error::BarError;
use super::sink::BarSink;
use super::spec::Trigger;
use crate::price::Price;

/// Closes a bar when its range reaches, or would exceed, a size.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RangePolicy {
    size: i64,
    trigger: Trigger,
    /// Whether the price is taken as continuous, so that a jump makes the bars it spans.
    gaps: bool,
    /// Where the next bar opens, with `gaps`.
    next_open: Option<Price>,
}

impl RangePolicy {
    /// Bars that span `size`.
    ///
    /// # Errors
    /// [`BarError::Parameter`].
    pub fn new(size: i64, trigger: Trigger, gaps: bool) -> Result<Self, BarError> {
        if size < 1 {
            return Err(BarError::parameter("size", &size, "a positive size"));
        }
        Ok(Self { size, trigger, gaps, next_open: None })
    }

    /// The least range that closes a bar.
    #[inline]
    const fn closing_range(&self) -> u64 {
        self.size.unsigned_abs() + matches!(self.trigger, Trigger::Exceed) as u64
    }

    /// The bars that a continuous price makes on its way to a tick.
    fn jump(
        &self,
        bar: &Bar,
        tick: &Tick,
        closed: &mut impl BarSink,
    ) -> Result<(Option<Bar>, Price), BarError> {
        let (time_ns, price) = (tick.bar.close_time_ns, tick.bar.close);
        let distance = bar.high.max(price).0.abs_diff(bar.low.min(price).0);
        if distance / self.size.unsigned_abs() > MOST_BARS_OF_A_TICK {
            let size = self.size.into();
            return Err(BarError::TooManyBars { limit: MOST_BARS_OF_A_TICK, size });
        }
        let is_touch = self.trigger == Trigger::Touch;
        let is_up = price > bar.low;
        let step = if is_up { self.size } else { -self.size };
        let mut end = if is_up { bar.low.0 } else { bar.high.0 } + step;
        let mut first = *bar;
        if is_touch {
            first.add(&tick.bar)?;
        } else if first.trade_count == 0 {
            // It goes on from a bar that was cut short, and no tick is in it.
            first = first.flagged(BarFlags::GAP);
        }
        let (low, high) = (end.min(end - step), end.max(end - step));
        first = Bar { low: Price(low), high: Price(high), close: Price(end), ..first };
        closed.push_bar(&first.ended(CloseReason::Range, time_ns));
        // The rest of the jump. Touching, a bar ends where the price is; exceeding, it must go further.
        while end.abs_diff(price.0) >= self.closing_range() {
            let gap = moved(Price(end), Price(end + step), time_ns).flagged(BarFlags::GAP);
            closed.push_bar(&gap.ended(CloseReason::Range, time_ns));
            end += step;
        }
        let rest = moved(Price(end), price, time_ns);
        let pending = if is_touch {
            (end != price.0).then_some(rest)
        } else {
            Some(Bar { open: rest.open, high: rest.high, low: rest.low, ..tick.bar })
        };
        Ok((pending, Price(end)))
    }
}

/// A move of the price without a trade.
fn moved(open: Price, close: Price, time_ns: i64) -> Bar {
    Bar { close, ..Bar::at(open, time_ns, time_ns).holding(close) }
}

impl ClosePolicy for RangePolicy {
    #[inline]
    fn run(&mut self, pending: &Bar, ticks: &Ticks<'_>) -> Run {
        let is_touch = self.trigger == Trigger::Touch;
        // With a continuous price, the tick that closes a bar is for `turn`.
        let at = |index| match (self.gaps, is_touch) {
            (true, _) => Run { count: index, ends: false },
            (false, true) => Run { count: index + 1, ends: true },
            (false, false) => Run { count: index, ends: true },
        };
        let (mut high, mut low, mut first) = (pending.high.0, pending.low.0, 0);
        if pending.is_blank() {
            // The first tick belongs to the bar it starts, even a smaller bar that spans more than the size alone.
            (high, low, first) = (ticks.highs[0], ticks.lows[0], 1);
        }
        if high.abs_diff(low) >= self.closing_range() {
            // Smaller bars come one by one, so that there is no other tick yet that would exceed the size.
            return if first == 1 && !is_touch { Run { count: 1, ends: false } } else { at(0) };
        }
        let range = self.closing_range();
        let extremes = std::cell::Cell::new((high, low));
        // Whether the range stays open, if prices go this high and this low.
        let widens = |other_high: i64, other_low: i64| {
            let (high, low) = extremes.get();
            let (high, low) = (high.max(other_high), low.min(other_low));
            let stays = high.abs_diff(low) < range;
            if stays {
                extremes.set((high, low));
            }
            stays
        };
        let stops = |index: usize| !widens(ticks.highs[index], ticks.lows[index]);
        match ticks.find_by_extremes(first, widens, stops) {
            Some(index) => at(index),
            None => Run { count: ticks.len(), ends: false },
        }
    }

    #[inline]
    fn end(&mut self, pending: &mut Bar, next_ns: Option<i64>) {
        if let (Trigger::Exceed, Some(next_ns)) = (self.trigger, next_ns) {
            // It is known to be complete when the next tick comes.
            pending.close_time_ns = pending.close_time_ns.max(next_ns);
        }
        pending.close_reason = CloseReason::Range;
    }

    #[inline]
    fn start(
        &mut self,
        bar: &mut Bar,
        ticks: &Ticks<'_>,
        _closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        ticks.start(bar);
        if let Some(open) = self.next_open {
            // A continuous price has been there already.
            *bar = Bar::at(open, bar.open_time_ns, bar.close_time_ns);
        }
        Ok(())
    }

    fn turn(
        &mut self,
        pending: &mut Option<Bar>,
        tick: &Tick,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        let bar = pending.unwrap_or(Bar::at(tick.bar.close, tick.time_ns, tick.time_ns));
        let (next, next_open) = self.jump(&bar, tick, closed)?;
        (*pending, self.next_open) = (next, Some(next_open));
        Ok(())
    }

    fn so_far(&self, pending: &Bar) -> Bar {
        // The rest of a jump, as long as no tick has come.
        let is_jump = self.gaps && pending.trade_count == 0;
        pending.flagged(if is_jump { BarFlags::GAP } else { BarFlags::NONE })
    }

    fn taken(&mut self, bar: &Bar) {
        self.next_open = self.gaps.then_some(bar.close);
    }
}
