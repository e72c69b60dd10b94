//! What a strategy may see and do at the present moment: its account, its instruments, and what is known of its feeds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::columns::{BarColumns, QuoteColumns, TradeColumns};
use super::error::RunError;
use super::feed::{Feed, FeedId, InstrumentId};
use super::outcome::OrderNumber;
use super::recorder::Recorder;
use super::strategy::TimerId;
use super::stream::{Phase, Stream, Ticks};
use crate::instrument::Instrument;
use crate::order::event::Event;
use crate::order::ids::{StrategyId, Symbol};
use crate::order::state::State;
use crate::portfolio::cost::Cash;
use crate::portfolio::equity::Equity;
use crate::price::Price;
use crate::venue::{Simulation, VenueConfig};

/// One instrument of a run.
#[derive(Debug)]
pub(super) struct Listed {
    pub symbol: Symbol,
    /// The feeds whose data orders meet, in order.
    pub drivers: Vec<FeedId>,
    /// All its feeds, in order.
    pub feeds: Vec<FeedId>,
    /// Whether something may have changed that decides when its feeds are looked at next.
    pub is_dirty: bool,
    /// Whether it was delisted.
    pub is_gone: bool,
}

impl Listed {
    pub fn new(instrument: &Instrument) -> Self {
        Self {
            symbol: instrument.symbol().into(),
            drivers: Vec::new(),
            feeds: Vec::new(),
            is_dirty: false,
            is_gone: false,
        }
    }
}

/// When an instrument stops trading, and what is then paid for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub time_ns: i64,
    pub instrument: InstrumentId,
    pub price: Option<Price>,
}

/// A timer that is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer {
    pub due_ns: i64,
    pub id: TimerId,
    pub interval_ns: Option<i64>,
}

/// The present moment of a run.
#[derive(Debug)]
pub struct Session {
    pub(super) simulation: Simulation,
    pub(super) streams: Vec<Stream>,
    pub(super) listed: Vec<Listed>,
    pub(super) recorder: Recorder,
    pub(super) strategy_id: Option<StrategyId>,
    pub(super) max_orders: u64,
    pub(super) now_ns: i64,
    /// When the last row at hand ends.
    pub(super) last_time_ns: i64,
    /// When the first row that can be traded begins.
    pub(super) start_time_ns: Option<i64>,
    pub(super) given_until_ns: i64,
    pub(super) phase: Phase,
    pub(super) wants_events: bool,
    /// What the strategy was not told of yet.
    pub(super) pending: Vec<Event>,
    /// Instruments that are dirty.
    pub(super) dirty: Vec<InstrumentId>,
    /// The next one last.
    pub(super) delistings: Vec<Ending>,
    pub(super) timers: BinaryHeap<Reverse<Timer>>,
    pub(super) timer_count: TimerId,
    /// How many order lists were sent.
    pub(super) list_count: u64,
}

impl Session {
    /// The present time.
    #[must_use]
    pub const fn now_ns(&self) -> i64 {
        self.now_ns
    }

    /// Up to when all feeds have been given all their rows: every bar that closes by then is at hand, as is every row that begins by then.
    #[must_use]
    pub const fn given_until_ns(&self) -> i64 {
        self.given_until_ns
    }

    /// The account, with marks of what is held or was just traded; read what is not held from the feeds.
    #[must_use]
    pub fn state(&self) -> &State {
        self.simulation.state()
    }

    /// How the venue trades.
    #[must_use]
    pub fn venue(&self) -> &VenueConfig {
        self.simulation.venue().config()
    }

    /// How many instruments there are.
    #[must_use]
    pub fn instrument_count(&self) -> usize {
        self.listed.len()
    }

    /// An instrument.
    ///
    /// # Panics
    /// If there is none of that number.
    #[must_use]
    pub fn instrument(&self, instrument: InstrumentId) -> &Instrument {
        &self.streams[self.listed[instrument].feeds[0]].feed.instrument
    }

    /// The instrument with a symbol.
    #[must_use]
    pub fn find_instrument(&self, symbol: &str) -> Option<InstrumentId> {
        self.state().slot_index(symbol).map(|index| index as usize)
    }

    /// How many feeds there are.
    #[must_use]
    pub fn feed_count(&self) -> usize {
        self.streams.len()
    }

    /// What was told about a feed. Of its data only the kind: see [`bars`](Self::bars).
    ///
    /// # Panics
    /// If there is none of that number.
    #[must_use]
    pub fn feed(&self, feed: FeedId) -> &Feed {
        &self.streams[feed].feed
    }

    /// The feed with a name.
    #[must_use]
    pub fn find_feed(&self, name: &str) -> Option<FeedId> {
        self.streams.iter().position(|stream| stream.feed.name == name)
    }

    /// The feeds of an instrument.
    ///
    /// # Panics
    /// If there is no such instrument.
    #[must_use]
    pub fn feeds_of(&self, instrument: InstrumentId) -> &[FeedId] {
        &self.listed[instrument].feeds
    }

    /// The instrument of a feed.
    ///
    /// # Panics
    /// If there is no such feed.
    #[must_use]
    pub fn instrument_of(&self, feed: FeedId) -> InstrumentId {
        self.streams[feed].instrument
    }

    /// A feed's bars that are at hand, those of the future too, and the place of the first of them: what is computed of
    /// them ahead may be used only as it becomes [known](Self::known_bars).
    ///
    /// # Panics
    /// If there is no such feed.
    #[must_use]
    pub fn bars(&self, feed: FeedId) -> (&BarColumns, usize) {
        let stream = &self.streams[feed];
        (&stream.bars, stream.first_bar)
    }

    /// A feed's trades that are at hand, likewise, if it brings any.
    ///
    /// # Panics
    /// If there is no such feed.
    #[must_use]
    pub fn trades(&self, feed: FeedId) -> Option<(&TradeColumns, usize)> {
        let stream = &self.streams[feed];
        match &stream.ticks {
            Ticks::Trades(trades) => Some((trades, stream.first_tick)),
            _ => None,
        }
    }

    /// A feed's quotes that are at hand, likewise, if it brings any.
    ///
    /// # Panics
    /// If there is no such feed.
    #[must_use]
    pub fn quotes(&self, feed: FeedId) -> Option<(&QuoteColumns, usize)> {
        let stream = &self.streams[feed];
        match &stream.ticks {
            Ticks::Quotes(quotes) => Some((quotes, stream.first_tick)),
            _ => None,
        }
    }

    /// How many bars of a feed have closed by now, of all that it ever brought.
    ///
    /// # Panics
    /// If there is no such feed.
    #[must_use]
    pub fn known_bars(&self, feed: FeedId) -> usize {
        let stream = &self.streams[feed];
        stream.first_bar + stream.closed_bars(self.now_ns)
    }

    /// How many trades or quotes of a feed have been made by now, of all that it ever brought.
    ///
    /// # Panics
    /// If there is no such feed.
    #[must_use]
    pub fn known_ticks(&self, feed: FeedId) -> usize {
        let stream = &self.streams[feed];
        stream.first_tick + stream.made_ticks(self.now_ns)
    }

    /// The last price of an instrument that is known: a close, a trade's price or the middle of a quote.
    ///
    /// # Panics
    /// If there is no such instrument.
    #[must_use]
    pub fn price(&self, instrument: InstrumentId) -> Option<Price> {
        let last = |feed: &FeedId| self.streams[*feed].last_price(self.now_ns);
        let latest = self.listed[instrument].drivers.iter().filter_map(last);
        latest.max_by_key(|(time_ns, _)| *time_ns).map(|(_, price)| price)
    }

    /// What is held of an instrument; negative is short.
    ///
    /// # Panics
    /// If there is no such instrument.
    #[must_use]
    pub fn position(&self, instrument: InstrumentId) -> i64 {
        self.state().slots[instrument].position.quantity.0
    }

    /// How many orders of an instrument are open.
    ///
    /// # Panics
    /// If there is no such instrument.
    #[must_use]
    pub fn open_order_count(&self, instrument: InstrumentId) -> usize {
        self.state().slots[instrument].open.count as usize
    }

    /// Cash, in minor units of the account's currency.
    #[must_use]
    pub fn cash(&self) -> Cash {
        self.state().totals().cash
    }

    /// What the account is worth, in minor units of its currency.
    ///
    /// # Errors
    /// [`RunError::Equity`] if something that is held has no price or rate.
    pub fn equity(&self) -> Result<Cash, RunError> {
        match self.state().equity() {
            Some(equity) => Ok(equity),
            None => Ok(Equity::of(self.state())?.equity),
        }
    }

    /// How many orders were sent.
    #[must_use]
    pub fn order_count(&self) -> OrderNumber {
        self.recorder.orders.len() as OrderNumber
    }

    /// Whether an instrument is in the universe now, as its first feed says.
    ///
    /// # Panics
    /// If there is no such instrument.
    #[must_use]
    pub fn is_member(&self, instrument: InstrumentId) -> bool {
        let listed = &self.listed[instrument];
        !listed.is_gone && self.feed(listed.feeds[0]).is_member(self.now_ns)
    }

    /// Asks for a call of [`on_open`](super::strategy::Strategy::on_open) as the next bar of a feed opens.
    ///
    /// # Errors
    /// [`RunError::RequestInvalid`] if orders do not meet the feed's bars.
    pub fn wake_at_open(&mut self, feed: FeedId) -> Result<(), RunError> {
        let stream = &mut self.streams[feed];
        if !stream.drives || stream.has_ticks() {
            let expected = "one whose bars orders meet";
            return Err(RunError::request("feed", &stream.feed.name, expected));
        }
        stream.wakes_at_open = true;
        let instrument = stream.instrument;
        self.touch(instrument);
        Ok(())
    }

    /// Sets a timer that is due once, or from then on again and again.
    ///
    /// # Errors
    /// [`RunError::RequestInvalid`] if it would be due now or before, or the interval is not positive.
    pub fn set_timer(
        &mut self,
        due_ns: i64,
        interval_ns: Option<i64>,
    ) -> Result<TimerId, RunError> {
        if due_ns <= self.now_ns {
            return Err(RunError::request("due_ns", &due_ns, "in the future"));
        }
        if let Some(interval_ns) = interval_ns.filter(|interval_ns| *interval_ns <= 0) {
            return Err(RunError::request("interval_ns", &interval_ns, "positive"));
        }
        self.timer_count += 1;
        let id = self.timer_count;
        self.timers.push(Reverse(Timer { due_ns, id, interval_ns }));
        Ok(id)
    }

    /// Ends a timer; one that has ended stays so.
    pub fn end_timer(&mut self, id: TimerId) {
        self.timers.retain(|Reverse(timer)| timer.id != id);
    }

    /// Notes that an instrument's feeds may have to be looked at earlier or later than was thought.
    pub(super) fn touch(&mut self, instrument: InstrumentId) {
        if !std::mem::replace(&mut self.listed[instrument].is_dirty, true) {
            self.dirty.push(instrument);
        }
    }
}
