//! One account that trades at one simulated venue, in lock-step: what a backtest, a paper account and a benchmark drive.
//!
//! A command is decided and applied; what is to be sent goes to the venue; each report that comes of it is decided before
//! the next thing happens. Whatever a call led to is left in [`Simulation::events`] until the next call.
//!
//! Time passes by calls: each first lets everything happen that is due by then. A bar lets it pass to its open, and what
//! the bar does is decided at its close, when it is known. So give the bars of all instruments that close together before
//! anything else at that time. What the account itself does at a time (settling, expiring) waits for a call at that time.

use super::data::{VenueBar, VenueQuote, VenueTrade};
use super::error::VenueError;
use super::simulated::SimulatedVenue;
use crate::error::Refusal;
use crate::order::command::{Command, ExecutionKind, ExecutionReport};
use crate::order::decide::Decision;
use crate::order::error::{DecideError, TradingError};
use crate::order::event::Event;
use crate::order::ids::{OrderId, PriceSource, Symbol};
use crate::order::state::State;
use crate::order::terms::OrderTerms;
use crate::price::Price;

/// An account and the venue that it trades at.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(super) state: State,
    pub(super) venue: SimulatedVenue,
    pub(super) time_ns: i64,
    /// What the last call led to: each decision is written behind the one before it.
    pub(super) decision: Decision,
    /// How many of the events the venue was told of.
    pub(super) routed: usize,
    pub(super) reports: Vec<ExecutionReport>,
    /// How many of the reports were decided.
    pub(super) told: usize,
}

impl Simulation {
    /// Lists the account's instruments at the venue, and sends it the orders that it should have, as after a restart: what
    /// comes of that is in [`events`](Self::events).
    ///
    /// # Errors
    /// [`SimulationError`] if the venue refuses an instrument or a number leaves its range.
    pub fn new(state: State, venue: SimulatedVenue, time_ns: i64) -> Result<Self, SimulationError> {
        let mut simulation = Self {
            state,
            venue,
            time_ns,
            decision: Decision::default(),
            routed: 0,
            reports: Vec::new(),
            told: 0,
        };
        simulation.list_all()?;
        simulation.send_open_orders()?;
        simulation.settle(time_ns, time_ns)?;
        Ok(simulation)
    }

    /// The account.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The venue.
    #[must_use]
    pub fn venue(&self) -> &SimulatedVenue {
        &self.venue
    }

    /// What the last call led to, also where it failed.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.decision.events
    }

    /// The account, and what the last call led to, which is the caller's from then on.
    pub fn take_events(&mut self) -> (&State, std::vec::Drain<'_, Event>) {
        self.routed = 0;
        (&self.state, self.decision.events.drain(..))
    }

    /// Up to when time has passed.
    #[must_use]
    pub fn time_ns(&self) -> i64 {
        self.time_ns
    }

    /// Executes any command.
    ///
    /// # Errors
    /// [`SimulationError::Trading`] if it is refused; what was due before has happened.
    pub fn execute(&mut self, command: &Command, time_ns: i64) -> Result<(), SimulationError> {
        self.begin();
        self.pass(time_ns)?;
        self.state.execute_behind(command, self.time_ns, &mut self.decision)?;
        self.settle(self.time_ns, self.time_ns)
    }

    /// Submits one order, without making a command of it.
    ///
    /// # Errors
    /// [`SimulationError::Trading`] if it is refused by more than a pre-trade check; what was due before has happened.
    pub fn submit(&mut self, terms: &OrderTerms, time_ns: i64) -> Result<(), SimulationError> {
        self.begin();
        self.pass(time_ns)?;
        self.submit_now(terms)?;
        self.settle(self.time_ns, self.time_ns)
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// [`SimulationError`] if a number leaves its range; what happened before stays.
    pub fn advance(&mut self, time_ns: i64) -> Result<(), SimulationError> {
        self.begin();
        self.pass(time_ns)
    }

    /// Trades a bar, and marks its close.
    ///
    /// # Errors
    /// [`SimulationError::Venue`] if the bar is impossible: time has passed to its open, and nothing more.
    pub fn on_bar(&mut self, symbol: &Symbol, bar: &VenueBar) -> Result<(), SimulationError> {
        self.begin();
        self.pass(bar.open_time_ns)?;
        if self.venue.meets_nothing(symbol.as_str(), bar)? {
            self.time_ns = self.time_ns.max(bar.close_time_ns);
            return self.mark(symbol, bar.close, &CLOSE);
        }
        self.venue.begin_bar(symbol.as_str(), bar, &mut self.reports)?;
        self.walk(bar.close_time_ns, bar.open_time_ns)?;
        self.mark(symbol, bar.close, &CLOSE)
    }

    /// Trades at a quote, and marks the middle of bid and ask, rounded down.
    ///
    /// # Errors
    /// [`SimulationError::Venue`] if the quote is impossible: time has passed to it, and nothing more.
    pub fn on_quote(&mut self, symbol: &Symbol, quote: &VenueQuote) -> Result<(), SimulationError> {
        self.begin();
        self.pass(quote.time_ns)?;
        self.venue.begin_quote(symbol.as_str(), quote, &mut self.reports)?;
        self.walk(quote.time_ns, quote.time_ns)?;
        self.mark(symbol, quote.middle(), &MIDDLE)
    }

    /// Trades at a trade's price, and marks it.
    ///
    /// # Errors
    /// [`SimulationError::Venue`] if the trade is impossible: time has passed to it, and nothing more.
    pub fn on_trade(&mut self, symbol: &Symbol, trade: &VenueTrade) -> Result<(), SimulationError> {
        self.begin();
        self.pass(trade.time_ns)?;
        self.venue.begin_trade(symbol.as_str(), trade, &mut self.reports)?;
        self.walk(trade.time_ns, trade.time_ns)?;
        self.mark(symbol, trade.price, &TRADE)
    }

    /// Forgets what the last call led to.
    pub(super) fn begin(&mut self) {
        self.decision.clear();
        self.reports.clear();
        (self.routed, self.told) = (0, 0);
    }

    /// Lets happen what is due by `time_ns`, each thing at its time.
    #[inline]
    pub(super) fn pass(&mut self, time_ns: i64) -> Result<(), SimulationError> {
        let later_ns = self.time_ns.max(time_ns);
        let is_quiet = self.venue.next_due_ns().is_none_or(|due_ns| time_ns < due_ns);
        // Nearly always nothing is due.
        if is_quiet && self.state.has_nothing_due(later_ns) {
            self.time_ns = later_ns;
            return Ok(());
        }
        self.pass_all(time_ns)
    }

    fn pass_all(&mut self, time_ns: i64) -> Result<(), SimulationError> {
        while let Some(due_ns) = self.venue.next_due_ns().filter(|&due_ns| due_ns <= time_ns) {
            self.pass_to(due_ns)?;
        }
        self.pass_to(time_ns)
    }

    pub(super) fn pass_to(&mut self, time_ns: i64) -> Result<(), SimulationError> {
        // The venue first: its own report of an expiry comes before the account's own conclusion.
        self.venue.advance(time_ns, &mut self.reports)?;
        self.time_ns = self.time_ns.max(time_ns);
        self.settle(self.time_ns, self.time_ns)?;
        self.state.advance_behind(self.time_ns, &mut self.decision)?;
        self.settle(self.time_ns, self.time_ns)
    }

    /// Walks the data that the venue was given to its end.
    pub(super) fn walk(
        &mut self,
        time_ns: i64,
        decided_time_ns: i64,
    ) -> Result<(), SimulationError> {
        self.time_ns = self.time_ns.max(time_ns);
        while self.venue.next(&mut self.reports)? {
            self.settle(self.time_ns, decided_time_ns)?;
        }
        self.settle(self.time_ns, decided_time_ns)
    }

    pub(super) fn mark(
        &mut self,
        symbol: &Symbol,
        price: Price,
        source: &PriceSource,
    ) -> Result<(), SimulationError> {
        let told = (price, source);
        Ok(self.state.mark_price(symbol, told, self.time_ns, self.time_ns)?)
    }
}

pub(super) const CLOSE: PriceSource = PriceSource(smol_str::SmolStr::new_static("close"));
const MIDDLE: PriceSource = PriceSource(smol_str::SmolStr::new_static("middle"));
const TRADE: PriceSource = PriceSource(smol_str::SmolStr::new_static("trade"));

/// Why a simulation could not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// The account refused a command.
    #[error(transparent)]
    Trading(#[from] TradingError),
    /// The account refused what the venue told: they no longer agree.
    #[error("the venue's {} of order {order_id:?} was refused: {source}", kind.name())]
    Report {
        /// The order.
        order_id: OrderId,
        /// What was told.
        kind: ExecutionKind,
        /// Why it was refused.
        source: DecideError,
    },
    /// The venue refused its data or its configuration.
    #[error(transparent)]
    Venue(#[from] VenueError),
}

impl From<DecideError> for SimulationError {
    fn from(error: DecideError) -> Self {
        Self::Trading(error.into())
    }
}

impl From<crate::price::NumberError> for SimulationError {
    fn from(error: crate::price::NumberError) -> Self {
        Self::Venue(error.into())
    }
}

impl Refusal for SimulationError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Trading(error) => error.reason(),
            Self::Report { source, .. } => source.reason(),
            Self::Venue(error) => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Trading(error) => error.metadata(),
            Self::Report { source, .. } => source.metadata(),
            Self::Venue(error) => error.metadata(),
        }
    }
}
