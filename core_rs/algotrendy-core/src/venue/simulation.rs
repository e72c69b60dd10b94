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
use super::order::VenueOrder;
use super::simulated::SimulatedVenue;
use crate::error::Refusal;
use crate::order::command::{Command, ExecutionKind, ExecutionReport, Mark};
use crate::order::decide::{decide_advance, decide_report, decide_submit, Decision};
use crate::order::error::{DecideError, TradingError};
use crate::order::event::{Event, EventBody};
use crate::order::ids::{ExecutionId, OrderId, PriceSource, Symbol};
use crate::order::state::State;
use crate::order::status::OrderState;
use crate::order::terms::OrderTerms;
use crate::price::{Price, Quantity};

/// An account and the venue that it trades at.
#[derive(Clone, Debug)]
pub struct Simulation {
    state: State,
    venue: SimulatedVenue,
    time_ns: i64,
    decision: Decision,
    events: Vec<Event>,
    /// How many of the events the venue was told of.
    routed: usize,
    reports: Vec<ExecutionReport>,
    /// How many of the reports were decided.
    told: usize,
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
            events: Vec::new(),
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
        &self.events
    }

    /// The account, and what the last call led to, to keep.
    pub fn take_events(&mut self) -> (&State, std::vec::Drain<'_, Event>) {
        self.routed = 0;
        (&self.state, self.events.drain(..))
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
        self.state.execute(command, self.time_ns, &mut self.decision)?;
        self.collect();
        self.settle(self.time_ns, self.time_ns)
    }

    /// Submits one order, without making a command of it.
    ///
    /// # Errors
    /// [`SimulationError::Trading`] if it is refused by more than a pre-trade check; what was due before has happened.
    pub fn submit(&mut self, terms: &OrderTerms, time_ns: i64) -> Result<(), SimulationError> {
        self.begin();
        self.pass(time_ns)?;
        decide_submit(&self.state, terms, self.time_ns, &mut self.decision)?;
        self.state.apply(&self.decision)?;
        self.collect();
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
        self.venue.begin_bar(symbol.as_str(), bar, &mut self.reports)?;
        self.walk(bar.close_time_ns, bar.open_time_ns)?;
        self.mark(symbol, bar.close, CLOSE)
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
        let (Price(bid), Price(ask)) = (quote.bid, quote.ask);
        // The bits that both have, and half of those that one has: the middle without their sum.
        self.mark(symbol, Price((bid & ask) + ((bid ^ ask) >> 1)), MIDDLE)
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
        self.mark(symbol, trade.price, TRADE)
    }

    /// Forgets what the last call led to.
    fn begin(&mut self) {
        self.events.clear();
        self.reports.clear();
        (self.routed, self.told) = (0, 0);
    }

    /// Lets happen what is due by `time_ns`, each thing at its time.
    fn pass(&mut self, time_ns: i64) -> Result<(), SimulationError> {
        while let Some(due_ns) = self.venue.next_due_ns().filter(|&due_ns| due_ns <= time_ns) {
            self.pass_to(due_ns)?;
        }
        self.pass_to(time_ns)
    }

    fn pass_to(&mut self, time_ns: i64) -> Result<(), SimulationError> {
        // The venue first: its own report of an expiry comes before the account's own conclusion.
        self.venue.advance(time_ns, &mut self.reports)?;
        self.time_ns = self.time_ns.max(time_ns);
        self.settle(self.time_ns, self.time_ns)?;
        decide_advance(&self.state, self.time_ns, &mut self.decision)?;
        self.state.apply(&self.decision)?;
        self.state.look_ahead(self.time_ns);
        self.collect();
        self.settle(self.time_ns, self.time_ns)
    }

    /// Walks the data that the venue was given to its end.
    fn walk(&mut self, time_ns: i64, decided_time_ns: i64) -> Result<(), SimulationError> {
        self.time_ns = self.time_ns.max(time_ns);
        while self.venue.next(&mut self.reports)? {
            self.settle(self.time_ns, decided_time_ns)?;
        }
        self.settle(self.time_ns, decided_time_ns)
    }

    fn mark(
        &mut self,
        symbol: &Symbol,
        price: Price,
        source: PriceSource,
    ) -> Result<(), SimulationError> {
        let mark = Mark { symbol: symbol.clone(), price, source, price_time_ns: None };
        Ok(self.state.mark(&mark, self.time_ns)?)
    }

    /// Decides all reports and sends all requests, one after the other, until there are none.
    fn settle(&mut self, time_ns: i64, decided_time_ns: i64) -> Result<(), SimulationError> {
        loop {
            // All reports first: they may answer a request before it is made, as when the venue ends an OCO's other order.
            while let Some(report) = self.reports.get(self.told) {
                self.told += 1;
                decide_report(&self.state, report, time_ns, &mut self.decision).map_err(
                    |source| {
                        let order_id = report.order_id.clone();
                        SimulationError::Report { order_id, kind: report.kind, source }
                    },
                )?;
                self.state.apply(&self.decision)?;
                self.events.append(&mut self.decision.events);
            }
            self.reports.clear();
            self.told = 0;
            if self.routed == self.events.len() {
                return Ok(());
            }
            self.routed += 1;
            self.route(self.routed - 1, time_ns, decided_time_ns)?;
        }
    }

    fn collect(&mut self) {
        self.events.append(&mut self.decision.events);
    }

    /// Tells the venue of an event, if it asks for that.
    fn route(
        &mut self,
        event: usize,
        time_ns: i64,
        decided_time_ns: i64,
    ) -> Result<(), SimulationError> {
        match &self.events[event].body {
            EventBody::OrderCreated(created) => {
                let order_id = created.order.terms.order_id.clone();
                self.send(&order_id, time_ns, decided_time_ns)
            }
            EventBody::OrderReleased(released) => {
                let order_id = released.order_id.clone();
                self.send(&order_id, time_ns, decided_time_ns)
            }
            EventBody::OrderApproved(approved) => {
                let order_id = approved.order_id.clone();
                self.send(&order_id, time_ns, decided_time_ns)
            }
            EventBody::ReplaceRequested(asked) => {
                if self.is_in(&asked.order_id, OrderState::PendingReplace) {
                    let (order_id, replacement) = (&asked.order_id, &asked.replacement);
                    self.venue.replace(order_id, replacement, time_ns, &mut self.reports)?;
                }
                Ok(())
            }
            EventBody::CancelRequested(asked) => {
                if self.is_in(&asked.order_id, OrderState::PendingCancel) {
                    self.venue.cancel(&asked.order_id, time_ns, &mut self.reports);
                }
                Ok(())
            }
            EventBody::InstrumentRegistered(registered) => {
                Ok(self.venue.set_instrument(&registered.instrument)?)
            }
            EventBody::InstrumentChanged(changed) => {
                let symbol = changed.symbol.clone();
                self.list(symbol.as_str())
            }
            EventBody::PositionAdjusted(adjusted) => {
                let change = adjusted.quantity.checked_sub(adjusted.previous_quantity)?;
                self.move_position(event, change)
            }
            EventBody::FillBusted(busted) => {
                self.move_position(event, busted.side.opposite().signed(busted.quantity))
            }
            _ => Ok(()),
        }
    }

    fn is_in(&self, order_id: &OrderId, state: OrderState) -> bool {
        self.state.order(order_id.as_str()).is_some_and(|order| order.state == state)
    }

    /// Gives an order that is to be sent to the venue.
    fn send(
        &mut self,
        order_id: &OrderId,
        time_ns: i64,
        decided_time_ns: i64,
    ) -> Result<(), SimulationError> {
        let order = self.state.order(order_id.as_str());
        let Some(order) = order.filter(|order| order.state == OrderState::PendingSend) else {
            return Ok(());
        };
        // When it was released or approved, which may be long after it was created.
        let order = VenueOrder { decided_time_ns, ..VenueOrder::of(order) };
        let sent =
            ExecutionReport::new(order_id.clone(), ExecutionId::default(), ExecutionKind::Sent);
        decide_report(&self.state, &sent, time_ns, &mut self.decision)?;
        self.state.apply(&self.decision)?;
        self.collect();
        Ok(self.venue.send(order, time_ns, &mut self.reports)?)
    }

    /// Takes what the account learnt otherwise than from this venue into the venue's position.
    fn move_position(&mut self, event: usize, change: Quantity) -> Result<(), SimulationError> {
        let symbol = match &self.events[event].body {
            EventBody::PositionAdjusted(adjusted) => &adjusted.symbol,
            EventBody::FillBusted(busted) => &busted.symbol,
            _ => return Ok(()),
        };
        let quantity = self.venue.position(symbol.as_str()).checked_add(change)?;
        Ok(self.venue.set_position(symbol.as_str(), quantity)?)
    }

    fn list(&mut self, symbol: &str) -> Result<(), SimulationError> {
        let Some(slot) = self.state.slot(symbol) else { return Ok(()) };
        self.venue.set_instrument(&slot.instrument)?;
        Ok(self.venue.set_halted(symbol, slot.is_halted)?)
    }

    fn list_all(&mut self) -> Result<(), SimulationError> {
        for slot in self.state.slots() {
            let symbol = slot.instrument.symbol();
            self.venue.set_instrument(&slot.instrument)?;
            self.venue.set_halted(symbol, slot.is_halted)?;
            self.venue.set_position(symbol, slot.position.quantity)?;
        }
        Ok(())
    }

    /// Sends what the venue had, and what it was to be sent or asked.
    fn send_open_orders(&mut self) -> Result<(), SimulationError> {
        let indices: Vec<_> = self.state.book().open().collect();
        for index in indices {
            let entry = self.state.book().entry(index);
            let (order, executions) = (&entry.order, &entry.executions);
            let order_id = order.terms.order_id.clone();
            if !order.state.may_be_at_venue() {
                continue;
            }
            if order.state == OrderState::PendingSend {
                let decided_time_ns = order.update_time_ns;
                self.send(&order_id, self.time_ns, decided_time_ns)?;
                continue;
            }
            let mut sent = VenueOrder::of(order);
            if let Some(last) = executions.last() {
                sent = sent.after(&last.execution_id);
            }
            let replacement = order.replacement.as_deref().copied();
            let is_canceled = order.state == OrderState::PendingCancel;
            self.venue.send(sent, self.time_ns, &mut self.reports)?;
            if is_canceled {
                self.venue.cancel(&order_id, self.time_ns, &mut self.reports);
            } else if let Some(replacement) = replacement {
                self.venue.replace(&order_id, &replacement, self.time_ns, &mut self.reports)?;
            }
        }
        Ok(())
    }
}

const CLOSE: PriceSource = PriceSource(smol_str::SmolStr::new_static("close"));
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
