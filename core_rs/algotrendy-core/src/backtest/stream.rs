//! One feed as the run goes along it: what of it is at hand, and how much of that is known.

use std::sync::Arc;

use super::columns::{BarColumns, QuoteColumns, TradeColumns};
use super::error::{DataError, RunError};
use super::feed::{Feed, FeedData, InstrumentId};
use crate::bar::{BarError, BarSeries, Bars, TickColumns};
use crate::error::Refusal;
use crate::price::Price;

/// Where in a time the run is: what closes then comes before what opens then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Closing,
    Opening,
}

/// What of a feed's rows at hand is still needed as more come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// Rows that are not known now.
    pub now_ns: i64,
    /// Bars that close later, which the strategy has not been given with all others.
    pub given_until_ns: i64,
    /// So many rows before these.
    pub rows: usize,
}

/// The ticks of a feed that are at hand.
#[derive(Clone, Debug)]
pub(super) enum Ticks {
    None,
    Trades(Arc<TradeColumns>),
    Quotes(Arc<QuoteColumns>),
}

/// A feed and how far it has been read. Places are those within what is at hand, unless said otherwise.
#[derive(Debug)]
pub(super) struct Stream {
    /// What was told about it, without its data.
    pub feed: Feed,
    pub instrument: InstrumentId,
    /// Whether orders meet its data.
    pub drives: bool,
    /// The bars at hand: the feed's own, or those made of its trades.
    pub bars: Arc<BarColumns>,
    /// The place of the first of them in all that there ever were.
    pub first_bar: usize,
    pub ticks: Ticks,
    /// The place of the first of them in all that there ever were.
    pub first_tick: usize,
    /// All bars before it have closed, and perhaps more: nobody has looked.
    pub next_bar: usize,
    /// All ticks before it have been made, and perhaps more.
    pub next_tick: usize,
    /// Whether the bar `next_bar` is in progress at the venue.
    pub is_open: bool,
    /// Up to how many of its rows venue and account have been brought.
    pub stood: usize,
    /// How many of the bars at hand belong to the run's span.
    pub bar_end: usize,
    /// How many of the ticks at hand do.
    pub tick_end: usize,
    /// Whether the strategy wants to be called as the next bar opens.
    pub wakes_at_open: bool,
    /// Makes bars of trades.
    series: Option<BarSeries>,
}

impl Stream {
    pub fn new(mut feed: Feed, instrument: InstrumentId) -> Result<(Self, FeedData), RunError> {
        let empty = feed.data.emptied();
        let data = std::mem::replace(&mut feed.data, empty);
        let (mut series, mut ticks) = (None, Ticks::None);
        match &feed.data {
            FeedData::Bars(_) => {}
            FeedData::Quotes(quotes) => ticks = Ticks::Quotes(Arc::clone(quotes)),
            FeedData::Trades { trades, bars } => {
                ticks = Ticks::Trades(Arc::clone(trades));
                let made = bars.as_ref().map(|spec| BarSeries::new(spec)).transpose();
                series = made.map_err(|error| bars_invalid(&feed.name, &error))?;
            }
        }
        let stream = Self {
            bars: Arc::default(),
            first_bar: 0,
            ticks,
            first_tick: 0,
            next_bar: 0,
            next_tick: 0,
            is_open: false,
            stood: 0,
            bar_end: 0,
            tick_end: 0,
            wakes_at_open: false,
            drives: false,
            series,
            instrument,
            feed,
        };
        Ok((stream, data))
    }

    /// Whether it brings trades or quotes.
    pub const fn has_ticks(&self) -> bool {
        !matches!(self.ticks, Ticks::None)
    }

    /// The times of the ticks at hand.
    pub fn tick_times(&self) -> &[i64] {
        match &self.ticks {
            Ticks::None => &[],
            Ticks::Trades(trades) => trades.time_ns(),
            Ticks::Quotes(quotes) => quotes.time_ns(),
        }
    }

    /// How many of the bars at hand have closed by `now_ns`.
    pub fn closed_bars(&self, now_ns: i64) -> usize {
        let closes_ns = &self.bars.close_time_ns()[..self.bar_end];
        let mut closed = count_until(closes_ns, self.next_bar, now_ns);
        // A bar of no length that opens now has not closed before it has been looked at.
        while closed > self.next_bar && self.bars.open_time_ns()[closed - 1] == now_ns {
            closed -= 1;
        }
        closed
    }

    /// How many of the ticks at hand have been made by `now_ns`.
    pub fn made_ticks(&self, now_ns: i64) -> usize {
        count_until(&self.tick_times()[..self.tick_end], self.next_tick, now_ns)
    }

    /// The last price that is known, and since when.
    pub fn last_price(&self, now_ns: i64) -> Option<(i64, Price)> {
        if !self.has_ticks() {
            let last = self.closed_bars(now_ns).checked_sub(1)?;
            return Some((self.bars.close_time_ns()[last], Price(self.bars.close()[last])));
        }
        let last = self.made_ticks(now_ns).checked_sub(1)?;
        Some((self.tick_times()[last], self.tick_price(last)))
    }

    /// What a tick makes the reference price.
    pub fn tick_price(&self, index: usize) -> Price {
        match &self.ticks {
            Ticks::None => Price::ZERO,
            Ticks::Trades(trades) => Price(trades.price()[index]),
            Ticks::Quotes(quotes) => quotes.quote(index).middle(),
        }
    }

    /// Takes data that follow.
    pub fn extend(&mut self, data: FeedData, kept: Kept) -> Result<(), RunError> {
        let checked = data.check_prices(&self.feed.instrument);
        checked.map_err(|source| self.invalid(source))?;
        match (&self.feed.data, data) {
            (FeedData::Bars(_), FeedData::Bars(more)) => {
                self.check_follows("open_time_ns", more.open_time_ns(), self.bars.close_time_ns())?;
                self.extend_bars(more, kept);
            }
            (FeedData::Trades { .. }, FeedData::Trades { trades: more, .. }) => {
                self.check_follows("time_ns", more.time_ns(), self.tick_times())?;
                let made = self.make_bars(&more)?;
                self.extend_bars(Arc::new(made), kept);
                let first = self.drop_ticks(kept);
                if let Ticks::Trades(trades) = &self.ticks {
                    let is_empty = first == trades.len();
                    let joined = || Arc::new(trades.continued(first, &more));
                    self.ticks = Ticks::Trades(if is_empty { more } else { joined() });
                }
            }
            (FeedData::Quotes(_), FeedData::Quotes(more)) => {
                self.check_follows("time_ns", more.time_ns(), self.tick_times())?;
                let first = self.drop_ticks(kept);
                if let Ticks::Quotes(quotes) = &self.ticks {
                    let is_empty = first == quotes.len();
                    let joined = || Arc::new(quotes.continued(first, &more));
                    self.ticks = Ticks::Quotes(if is_empty { more } else { joined() });
                }
            }
            (_, other) => {
                let (feed, value) = (self.feed.name.clone(), other.kind().to_owned());
                let expected = "of the kind that the feed began with";
                return Err(RunError::FeedInvalid { feed, field: "data", value, expected });
            }
        }
        Ok(())
    }

    /// Makes the bars that have ended by `time_ns`, since no older trade comes: whether there are any.
    pub fn promise(&mut self, time_ns: i64, kept: Kept) -> Result<bool, RunError> {
        self.complete(kept, |series| series.advance(time_ns))
    }

    /// Makes the bar that ends because no trade comes any more: whether there is one.
    pub fn finish(&mut self, kept: Kept) -> Result<bool, RunError> {
        self.complete(kept, BarSeries::finish)
    }

    fn complete(
        &mut self,
        kept: Kept,
        make: impl FnOnce(&mut BarSeries) -> Result<Bars, BarError>,
    ) -> Result<bool, RunError> {
        let Some(series) = &mut self.series else { return Ok(false) };
        let bars = make(series).map_err(|error| bars_invalid(&self.feed.name, &error))?;
        if bars.is_empty() {
            return Ok(false);
        }
        self.extend_bars(Arc::new(columns_of(&bars)), kept);
        Ok(true)
    }

    /// Whether bars are made of its trades.
    pub const fn makes_bars(&self) -> bool {
        self.series.is_some()
    }

    /// How many bars and how many ticks there ever were.
    pub fn ends(&self) -> (usize, usize) {
        (self.first_bar + self.bars.len(), self.first_tick + self.tick_times().len())
    }

    /// How long its first bar lasts.
    pub fn first_length_ns(&self) -> i64 {
        let first = self.bars.open_time_ns().first().zip(self.bars.close_time_ns().first());
        first.map_or(i64::MAX, |(open_ns, close_ns)| close_ns.saturating_sub(*open_ns))
    }

    /// Finds what of the rows at hand belongs to the span of a run: what begins before it is known from the start, and
    /// what ends after it is never seen.
    pub fn see_until(&mut self, start_ns: Option<i64>, end_ns: Option<i64>) {
        let ends_by = |times: &[i64]| {
            end_ns.map_or(times.len(), |end_ns| times.partition_point(|at| *at <= end_ns))
        };
        let begins_by = |times: &[i64], end: usize| {
            start_ns.map_or(0, |start_ns| times.partition_point(|at| *at < start_ns)).min(end)
        };
        self.bar_end = ends_by(self.bars.close_time_ns());
        self.tick_end = ends_by(self.tick_times());
        let bars = begins_by(self.bars.open_time_ns(), self.bar_end);
        let ticks = begins_by(self.tick_times(), self.tick_end);
        self.next_bar = self.next_bar.max(bars);
        self.next_tick = self.next_tick.max(ticks);
        // What is known from the start is not marked.
        self.stood = self.stood.max(if self.has_ticks() { ticks } else { bars });
    }

    /// When the first row begins that is not known yet.
    pub fn next_begin_ns(&self) -> Option<i64> {
        if self.has_ticks() {
            return self.tick_times()[..self.tick_end].get(self.next_tick).copied();
        }
        self.bars.open_time_ns()[..self.bar_end].get(self.next_bar).copied()
    }

    /// When the last row of the span ends.
    pub fn last_end_ns(&self) -> Option<i64> {
        let bar = self.bars.close_time_ns()[..self.bar_end].last();
        bar.into_iter().chain(self.tick_times()[..self.tick_end].last()).max().copied()
    }

    fn extend_bars(&mut self, more: Arc<BarColumns>, kept: Kept) {
        let is_given = |close_ns: &i64| *close_ns <= kept.given_until_ns;
        let given = self.bars.close_time_ns().partition_point(is_given);
        let first = self.closed_bars(kept.now_ns).min(given).saturating_sub(kept.rows);
        self.bars = if first == self.bars.len() {
            more
        } else {
            Arc::new(self.bars.continued(first, &more))
        };
        self.first_bar += first;
        self.next_bar = self.next_bar.max(first) - first;
        if !self.has_ticks() {
            self.stood = self.stood.saturating_sub(first);
        }
    }

    /// Forgets known ticks: the place of the first that stays.
    fn drop_ticks(&mut self, kept: Kept) -> usize {
        let first = self.made_ticks(kept.now_ns).saturating_sub(kept.rows);
        self.first_tick += first;
        self.next_tick = self.next_tick.max(first) - first;
        self.stood = self.stood.saturating_sub(first);
        first
    }

    fn make_bars(&mut self, trades: &TradeColumns) -> Result<BarColumns, RunError> {
        let Some(series) = &mut self.series else { return Ok(BarColumns::default()) };
        let name = &self.feed.name;
        let columns = TickColumns::new(trades.time_ns(), trades.price(), trades.quantity());
        let columns = columns.and_then(|columns| match trades.side() {
            Some(side) => columns.with_sides(side),
            None => Ok(columns),
        });
        let columns = columns.map_err(|error| bars_invalid(name, &error))?;
        let made = series.push_ticks(columns).map_err(|error| bars_invalid(name, &error))?;
        Ok(columns_of(&made))
    }

    fn check_follows(
        &self,
        column: &'static str,
        more: &[i64],
        held: &[i64],
    ) -> Result<(), RunError> {
        match (more.first(), held.last()) {
            (Some(&value), Some(last)) if value < *last => {
                let expected = "at or after the end of the data before it";
                Err(self.invalid(DataError::ValueInvalid { column, index: 0, value, expected }))
            }
            _ => Ok(()),
        }
    }

    fn invalid(&self, source: DataError) -> RunError {
        RunError::DataInvalid { feed: self.feed.name.clone(), source }
    }
}

fn bars_invalid(feed: &str, error: &impl Refusal) -> RunError {
    let (feed, reason) = (feed.to_owned(), error.reason());
    RunError::BarsInvalid { feed, reason, message: error.to_string() }
}

/// Bars as the venue trades them.
fn columns_of(bars: &Bars) -> BarColumns {
    BarColumns::made([
        bars.open_time_ns().to_vec(),
        bars.close_time_ns().to_vec(),
        bars.open().to_vec(),
        bars.high().to_vec(),
        bars.low().to_vec(),
        bars.close().to_vec(),
        bars.volume().to_vec(),
    ])
}

/// How many of `times`, which rise, are at or before `now_ns`; `from` of them are known to be.
pub(super) fn count_until(times: &[i64], from: usize, now_ns: i64) -> usize {
    let mut step = 1;
    let mut low = from;
    // The next one nearly always tells; farther ones are looked for in leaps.
    while low + step <= times.len() && times[low + step - 1] <= now_ns {
        low += step;
        step *= 2;
    }
    let high = times.len().min(low + step);
    low + times[low..high].partition_point(|time_ns| *time_ns <= now_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn leaps_count_as_a_look_at_each_does(
            mut times in prop::collection::vec(0..50_i64, 0..60),
            now_ns in -1..51_i64,
            from in any::<prop::sample::Index>(),
        ) {
            times.sort_unstable();
            let counted = times.iter().filter(|time_ns| **time_ns <= now_ns).count();
            let from = from.index(counted + 1);
            prop_assert_eq!(count_until(&times, from, now_ns), counted);
        }
    }
}
