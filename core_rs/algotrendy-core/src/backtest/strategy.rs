//! What a run asks of a strategy.

use super::error::RunError;
use super::feed::FeedId;
use super::session::Session;
use crate::order::event::Event;

/// A timer that the strategy set.
pub type TimerId = u64;

/// A bar, a trade or a quote: its feed, and its place in all that the feed ever brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The feed.
    pub feed: FeedId,
    /// Its place.
    pub index: usize,
}

/// What a strategy is told of at one time, in the order in which it is to be told.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// When.
    pub time_ns: i64,
    /// Timers that are due.
    pub timers: &'a [TimerId],
    /// What became of orders and positions since it was told last. Empty if it does not [want events](Strategy::wants_events).
    pub events: &'a [Event],
    /// Trades and quotes that it asked for.
    pub ticks: &'a [Row],
    /// Bars that have closed and that it asked for.
    pub bars: &'a [Row],
}

/// Decides what to trade.
///
/// It is woken only where it asks to be: between two wakes of a feed nothing is told of it, and what it holds is not even
/// looked at unless an order works. So a strategy that knows when it may act makes a run fast, and one that does not is
/// woken at every bar.
pub trait Strategy {
    /// Before anything: nothing is known yet.
    ///
    /// # Errors
    /// Any [`RunError`] ends the run.
    fn on_start(&mut self, _session: &mut Session) -> Result<(), RunError> {
        Ok(())
    }

    /// A feed has new rows, from the place `first` on. Whatever is computed of them ahead may be used only as they become
    /// known: [`Session::known_bars`] says how many are.
    ///
    /// # Errors
    /// Any [`RunError`] ends the run.
    fn on_data(
        &mut self,
        _session: &Session,
        _feed: FeedId,
        _first: usize,
    ) -> Result<(), RunError> {
        Ok(())
    }

    /// All feeds have been given what they were to be given: nothing is missing of what happens by [`Session::given_until_ns`].
    ///
    /// # Errors
    /// Any [`RunError`] ends the run.
    fn on_given(&mut self, _session: &Session) -> Result<(), RunError> {
        Ok(())
    }

    /// The first bar of `feed` at or after the place `from` at whose close it wants to be woken. Asked again after each
    /// moment that was about the feed or its instrument. The default is every bar.
    fn next_wake(&mut self, _session: &Session, _feed: FeedId, from: usize) -> Option<usize> {
        Some(from)
    }

    /// The same for trades and quotes. The default is none.
    fn next_tick(&mut self, _session: &Session, _feed: FeedId, _from: usize) -> Option<usize> {
        None
    }

    /// Whether it wants to be told of events. Without, a run is faster.
    fn wants_events(&self) -> bool {
        true
    }

    /// Something that it asked for has happened. Orders that it sends now meet what comes from now on.
    ///
    /// # Errors
    /// Any [`RunError`] ends the run.
    fn on_moment(&mut self, session: &mut Session, moment: &Moment<'_>) -> Result<(), RunError>;

    /// The bar `index` of `feed` has opened, which it [asked for](Session::wake_at_open): of the bar, its open is known
    /// and nothing else. An order sent now still fills at that open.
    ///
    /// # Errors
    /// Any [`RunError`] ends the run.
    fn on_open(
        &mut self,
        _session: &mut Session,
        _feed: FeedId,
        _index: usize,
    ) -> Result<(), RunError> {
        Ok(())
    }

    /// After everything, before open positions are closed where that is asked for.
    ///
    /// # Errors
    /// Any [`RunError`] ends the run.
    fn on_stop(&mut self, _session: &mut Session) -> Result<(), RunError> {
        Ok(())
    }
}
