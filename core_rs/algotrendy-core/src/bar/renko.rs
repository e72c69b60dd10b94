//! Renko bricks: moves of a size, whatever the time they take.

use serde::{Deserialize, Serialize};

use super::aggregator::{ClosePolicy, Run, MOST_BARS_OF_A_TICK};
use super::columns::Ticks;
use super::element::{Bar, BarFlags, CloseReason, Tick};
use super::error::BarError;
use super::renko_size::Sizer;
use super::sink::BarSink;
use super::spec::{Anchor, Reversal, VolumeRule, Wicks};
use super::split::Shares;
use crate::price::{divide_half_even, Price};

/// The parameters of bricks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RenkoTerms {
    pub(super) anchor: Anchor,
    pub(super) reversal: Reversal,
    pub(super) wicks: Wicks,
    pub(super) volume: VolumeRule,
}

/// Closes a brick when the price has moved by its size from the last one's end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RenkoPolicy {
    terms: RenkoTerms,
    sizer: Sizer,
    /// Where bricks stand; none before the first tick.
    level: Option<Level>,
    /// The price at the end of the last brick, from which the next one's excursion is measured.
    last_price: Option<i64>,
}

/// Where the next brick up and the next brick down start, where the last one ended, and the next one's size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Level {
    close: i64,
    up_from: i64,
    down_from: i64,
    /// None as long as it is unknown.
    size: Option<i64>,
}

#[derive(Clone, Copy)]
struct Brick {
    open: i64,
    close: i64,
}

impl RenkoPolicy {
    /// Bricks of these terms.
    ///
    /// # Errors
    /// [`BarError::Parameter`].
    pub fn new(sizer: Sizer, terms: RenkoTerms) -> Result<Self, BarError> {
        let on_grid = matches!(terms.anchor, Anchor::Floor | Anchor::Nearest);
        if on_grid && !matches!(sizer, Sizer::Fixed(_)) {
            return Err(BarError::parameter(
                "anchor",
                "on a grid",
                "\"first\" or a price, unless the size is fixed",
            ));
        }
        Ok(Self { terms, sizer, level: None, last_price: None })
    }

    fn first_level(&self, price: i64) -> Level {
        let size = self.sizer.size(price);
        let grid = |rounded: fn(i128, i128) -> i128| {
            let step = i128::from(size.unwrap_or(1));
            i64::try_from(rounded(i128::from(price), step) * step).unwrap_or(price)
        };
        let close = match self.terms.anchor {
            Anchor::First => price,
            Anchor::Floor => grid(i128::div_euclid),
            Anchor::Nearest => grid(divide_half_even),
            Anchor::Price(price) => price,
        };
        Level { close, up_from: close, down_from: close, size: self.sizer.size(close) }
    }

    /// Where bricks stand when a tick comes, and what it changes about their size.
    fn before(&self, tick: &Tick) -> (Level, Option<Sizer>) {
        let mut level = self.level.unwrap_or_else(|| self.first_level(tick.bar.close.0));
        let mut watching = self.sizer.watches().map(|_| self.sizer.clone());
        if let Some(sizer) = &mut watching {
            sizer.see(tick);
            level.size = level.size.or(sizer.size(level.close));
        }
        (level, watching)
    }

    /// The level after the next brick that a price completes, if it does.
    fn next_brick(&self, level: Level, price: i64, sizer: &Sizer) -> Option<(Brick, Level)> {
        let brick = level.brick(price)?;
        Some((brick, brick.level(self.terms.reversal, sizer.size(brick.close))))
    }

    /// How many bricks a price completes, and the level after them.
    fn count_bricks(
        &self,
        mut level: Level,
        price: i64,
        watching: Option<&Sizer>,
    ) -> Result<(u64, Level), BarError> {
        let sizer = watching.unwrap_or(&self.sizer);
        let too_many = |size: i64| {
            Err(BarError::TooManyBars { limit: MOST_BARS_OF_A_TICK, size: size.into() })
        };
        if let Some(size) = level.size.filter(|_| sizer.is_constant()) {
            // Told before counting them. A reversal takes a size more than its first brick has.
            if level.close.abs_diff(price) / size.unsigned_abs() > MOST_BARS_OF_A_TICK + 1 {
                return too_many(size);
            }
        }
        let mut count = 0;
        while let Some((_, next)) = self.next_brick(level, price, sizer) {
            count += 1;
            if count > MOST_BARS_OF_A_TICK {
                return too_many(level.size.unwrap_or_default());
            }
            level = next;
        }
        Ok((count, level))
    }

    /// Bricks of what was traded since the last one.
    fn emit(
        &self,
        mut level: Level,
        count: u64,
        whole: &Bar,
        tick: &Tick,
        closed: &mut impl BarSink,
    ) {
        let time_ns = whole.close_time_ns;
        let takers = if self.terms.volume == VolumeRule::First { 1 } else { count };
        let mut shares = Shares::of(whole, takers);
        let mut is_first = true;
        while let Some((brick, next)) = self.next_brick(level, tick.bar.close.0, &self.sizer) {
            let mut bar = if is_first { *whole } else { Bar::at(tick.bar.close, time_ns, time_ns) };
            (bar.open, bar.close) = (Price(brick.open), Price(brick.close));
            (bar.high, bar.low) = self.wicks(&brick, whole, is_first);
            if count > 1 {
                shares.next_share().give_to(&mut bar);
            }
            let gap = if is_first { BarFlags::NONE } else { BarFlags::GAP };
            bar.flags = bar.flags.without(BarFlags::CARRIED);
            closed.push_bar(&bar.flagged(gap).ended(CloseReason::Brick, time_ns));
            (level, is_first) = (next, false);
        }
    }

    /// How far ticks carry a brick whose size is measured: each end of an interval may tell the first size, so that from there on
    /// they are looked at one by one.
    fn run_watching(&mut self, level: Level, ticks: &Ticks<'_>) -> Run {
        let Some(range) = self.sizer.watches() else { return Run { count: 0, ends: false } };
        let (low, high) = level.bounds().unwrap_or((i64::MIN, i64::MAX));
        let stays = |index: usize| {
            let price = ticks.closes[index];
            let is_quiet = range.is_known() || !range.changes_at(ticks.times_ns[index]);
            is_quiet && (level.size.is_none() || (low < price && price < high))
        };
        let count = (0..ticks.len()).position(|index| !stays(index)).unwrap_or(ticks.len());
        let count = if range.is_known() { count } else { count.min(1) };
        self.sizer.see_run(ticks, count);
        Run { count, ends: false }
    }

    fn wicks(&self, brick: &Brick, whole: &Bar, is_first: bool) -> (Price, Price) {
        let high = Price(brick.open.max(brick.close));
        let low = Price(brick.open.min(brick.close));
        match self.terms.wicks {
            Wicks::None => (high, low),
            Wicks::Both => (high.max(whole.high), low.min(whole.low)),
            Wicks::Against if !is_first => (high, low),
            Wicks::Against => {
                let whole = self.last_price.map_or(*whole, |price| whole.holding(Price(price)));
                let is_up = brick.close > brick.open;
                if is_up {
                    (high, low.min(whole.low))
                } else {
                    (high.max(whole.high), low)
                }
            }
        }
    }
}

impl Level {
    /// Whether a price stays between the bricks on either side.
    #[inline]
    fn bounds(&self) -> Option<(i64, i64)> {
        let size = self.size?;
        Some((self.down_from.saturating_sub(size), self.up_from.saturating_add(size)))
    }

    fn brick(&self, price: i64) -> Option<Brick> {
        let size = self.size?;
        let (up, down) = (self.up_from.checked_add(size), self.down_from.checked_sub(size));
        if let Some(close) = up.filter(|close| price >= *close) {
            return Some(Brick { open: self.up_from, close });
        }
        down.filter(|close| price <= *close).map(|close| Brick { open: self.down_from, close })
    }
}

impl Brick {
    /// Where bricks stand after it.
    fn level(self, reversal: Reversal, size: Option<i64>) -> Level {
        let Self { open, close } = self;
        // Turning back by two sizes, a brick starts where the last one did; by one, where it ended.
        let back_from = if reversal == Reversal::TwoBricks { open } else { close };
        let is_up = close > open;
        let (up_from, down_from) = if is_up { (close, back_from) } else { (back_from, close) };
        Level { close, up_from, down_from, size }
    }
}

impl ClosePolicy for RenkoPolicy {
    #[inline]
    fn run(&mut self, _pending: &Bar, ticks: &Ticks<'_>) -> Run {
        let declined = Run { count: 0, ends: false };
        let Some(level) = self.level else { return declined };
        if self.sizer.watches().is_some() {
            return self.run_watching(level, ticks);
        }
        let Some((low, high)) = level.bounds() else { return declined };
        let stays = |highest, lowest| low < lowest && highest < high;
        let stops = |index: usize| !stays(ticks.closes[index], ticks.closes[index]);
        let count = ticks.find_by_extremes(0, stays, stops);
        Run { count: count.unwrap_or(ticks.len()), ends: false }
    }

    fn turn(
        &mut self,
        pending: &mut Option<Bar>,
        tick: &Tick,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        let price = tick.bar.close.0;
        let (level, sizer) = self.before(tick);
        let (count, after) = self.count_bricks(level, price, sizer.as_ref())?;
        let mut whole = tick.bar;
        if let Some(bar) = *pending {
            whole = bar;
            whole.add(&tick.bar)?;
            whole.close_time_ns = bar.close_time_ns.max(tick.bar.close_time_ns);
        }
        if let Some(sizer) = sizer {
            self.sizer = sizer;
        }
        if count == 0 {
            *pending = Some(whole);
        } else {
            self.emit(level, count, &whole, tick, closed);
            self.last_price = Some(price);
            *pending = None;
        }
        self.level = Some(after);
        Ok(())
    }

    fn so_far(&self, pending: &Bar) -> Bar {
        // A brick that is not complete starts where the last one ended.
        let open = self.level.map_or(pending.open, |level| Price(level.close));
        Bar { open, ..pending.holding(open) }
    }

    fn taken(&mut self, _bar: &Bar) {
        self.last_price = self.level.map(|level| level.close);
    }
}

#[cfg(test)]
mod tests {
    use super::super::series::BarSeries;
    use super::super::spec::{BrickSize, Style};
    use super::super::testing::{bytes, spec, trade};
    use super::*;
    use crate::bar::Marks;

    const SIZE: i64 = 10;

    fn bricks() -> BarSeries {
        BarSeries::new(&spec(Style::Renko {
            size: BrickSize::Fixed { size: SIZE },
            anchor: Anchor::First,
            reversal: Reversal::TwoBricks,
            wicks: Wicks::None,
            volume: VolumeRule::First,
        }))
        .unwrap()
    }

    #[test]
    #[allow(clippy::cast_possible_wrap)] // A million.
    fn a_tick_makes_a_million_bricks_and_not_one_more() {
        let most = MOST_BARS_OF_A_TICK as i64;
        let mut series = bricks();
        for (time_ns, price) in [(1, 5 * most * SIZE), (2, 5 * most * SIZE + SIZE)] {
            series.push(&trade(time_ns, price, 1), Marks::default()).unwrap();
        }
        let close = 5 * most * SIZE + SIZE;
        let before = bytes(&series);
        // Against the last brick, the first of them takes two sizes.
        for price in [close + (most + 1) * SIZE, close - (most + 2) * SIZE, i64::MAX] {
            assert_eq!(
                series.push(&trade(3, price, 1), Marks::default()),
                Err(BarError::TooManyBars { limit: MOST_BARS_OF_A_TICK, size: SIZE.into() })
            );
            assert_eq!(bytes(&series), before);
        }
        let bars = series.push(&trade(3, close - (most + 1) * SIZE, 1), Marks::default()).unwrap();
        assert_eq!(bars.len() as u64, MOST_BARS_OF_A_TICK);
    }
}
