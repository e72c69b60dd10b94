//! Bringing the account and the venue up to the present where nothing was looked at for a while.

use super::error::RunError;
use super::feed::{FeedId, InstrumentId};
use super::session::Session;
use super::stream::{Phase, Ticks};
use crate::order::event::EventBody;
use crate::venue::SimulationError;

impl Session {
    /// Brings an instrument up to now, so that an order can be sent: its last price is marked, the venue stands where the
    /// data have left it, and a bar that has opened is in progress.
    pub(super) fn bring_up(&mut self, instrument: InstrumentId) -> Result<(), RunError> {
        self.mark(instrument)?;
        for place in 0..self.listed[instrument].drivers.len() {
            let feed = self.listed[instrument].drivers[place];
            self.enter_bar(feed)?;
        }
        Ok(())
    }

    /// Marks what is held.
    pub(super) fn bring_up_held(&mut self) -> Result<(), RunError> {
        for place in 0..self.recorder.trips.held().len() {
            let instrument = self.recorder.trips.held()[place];
            self.mark(instrument)?;
        }
        Ok(())
    }

    /// Marks the last known price of an instrument.
    pub(super) fn mark(&mut self, instrument: InstrumentId) -> Result<(), RunError> {
        match self.listed[instrument].drivers[..] {
            [] => Ok(()),
            [feed] if !self.streams[feed].has_ticks() => self.mark_bar(feed),
            _ => self.mark_ticks(instrument),
        }
    }

    fn mark_bar(&mut self, feed: FeedId) -> Result<(), RunError> {
        let stream = &mut self.streams[feed];
        let closed = stream.closed_bars(self.now_ns);
        if closed > stream.next_bar {
            (stream.next_bar, stream.is_open) = (closed, false);
        }
        if stream.next_bar > stream.stood {
            stream.stood = stream.next_bar;
            let bar = stream.bars.bar(stream.next_bar - 1);
            let symbol = &self.listed[stream.instrument].symbol;
            self.simulation.pass_over(symbol, &bar)?;
        }
        Ok(())
    }

    /// The last tick of each feed, in the order of time, then of feeds: what came before has left nothing behind.
    fn mark_ticks(&mut self, instrument: InstrumentId) -> Result<(), RunError> {
        let mut last: Vec<(i64, FeedId)> = Vec::new();
        for &feed in &self.listed[instrument].drivers {
            let stream = &mut self.streams[feed];
            stream.next_tick = stream.made_ticks(self.now_ns);
            if stream.next_tick > stream.stood {
                last.push((stream.tick_times()[stream.next_tick - 1], feed));
            }
        }
        last.sort_unstable();
        for (_, feed) in last {
            let next_tick = self.streams[feed].next_tick;
            self.streams[feed].stood = next_tick;
            self.walk_tick(feed, next_tick - 1)?;
        }
        Ok(())
    }

    /// Opens the bar of a feed that is in progress now, if the venue has not been told of it.
    pub(super) fn enter_bar(&mut self, feed: FeedId) -> Result<(), RunError> {
        if !self.streams[feed].is_open && self.has_opened(feed) {
            self.open_bar(feed)?;
        }
        Ok(())
    }

    /// Whether a feed's next bar to close is in progress.
    pub(super) fn has_opened(&self, feed: FeedId) -> bool {
        let stream = &self.streams[feed];
        let open_times_ns = &stream.bars.open_time_ns()[..stream.bar_end];
        !stream.has_ticks()
            && open_times_ns.get(stream.next_bar).is_some_and(|&open_ns| {
                open_ns < self.now_ns || (open_ns == self.now_ns && self.phase == Phase::Opening)
            })
    }

    /// Opens the next bar of a feed.
    pub(super) fn open_bar(&mut self, feed: FeedId) -> Result<(), RunError> {
        let stream = &mut self.streams[feed];
        let (bar, instrument) = (stream.bars.bar(stream.next_bar), stream.instrument);
        stream.is_open = true;
        let result = self.simulation.open_bar(&self.listed[instrument].symbol, &bar);
        self.after(instrument, result)
    }

    /// Closes the bar of a feed that is in progress.
    pub(super) fn close_bar(&mut self, feed: FeedId) -> Result<(), RunError> {
        let stream = &mut self.streams[feed];
        let instrument = stream.instrument;
        stream.next_bar += 1;
        (stream.is_open, stream.stood) = (false, stream.next_bar);
        let result = self.simulation.close_bar(&self.listed[instrument].symbol);
        self.after(instrument, result)
    }

    /// Lets orders meet a tick of a feed.
    pub(super) fn walk_tick(&mut self, feed: FeedId, index: usize) -> Result<(), RunError> {
        let stream = &self.streams[feed];
        let instrument = stream.instrument;
        let symbol = &self.listed[instrument].symbol;
        let result = match &stream.ticks {
            Ticks::Trades(trades) => self.simulation.on_trade(symbol, &trades.trade(index)),
            Ticks::Quotes(quotes) => self.simulation.on_quote(symbol, &quotes.quote(index)),
            Ticks::None => Ok(()),
        };
        self.after(instrument, result)
    }

    /// Takes down what a call of the simulation led to, also where it failed; most of it is about `instrument`.
    pub(super) fn after(
        &mut self,
        instrument: InstrumentId,
        result: Result<(), SimulationError>,
    ) -> Result<(), RunError> {
        let recorded = self.record(instrument);
        result?;
        recorded
    }

    fn record(&mut self, instrument: InstrumentId) -> Result<(), RunError> {
        if self.simulation.events().is_empty() {
            return Ok(());
        }
        let moment = (self.now_ns, self.phase);
        let (state, events, makers) = self.simulation.told();
        for event in events {
            let symbol = &self.listed[instrument].symbol;
            let find = |named: &str| {
                if named == symbol.as_str() {
                    return Some(instrument);
                }
                state.slot_index(named).map(|index| index as usize)
            };
            let about = self.recorder.take(event, moment, find, makers)?;
            if let Some(about) = about {
                if !std::mem::replace(&mut self.listed[about].is_dirty, true) {
                    self.dirty.push(about);
                }
            }
        }
        if self.wants_events {
            let (_, events) = self.simulation.take_events();
            self.pending.extend(events.filter(|event| is_news(&event.body)));
        }
        Ok(())
    }
}

/// Whether a strategy is told of an event: not where it says that time has passed, or that a price was looked at.
const fn is_news(body: &EventBody) -> bool {
    !matches!(body, EventBody::DayStarted(_) | EventBody::EquityPeaked(_))
}
