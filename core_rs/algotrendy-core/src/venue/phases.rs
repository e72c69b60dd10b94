//! A bar in two phases: at its open, and at its close. What is decided in between is on the way along the rest of it only
//! if it was decided by the open, as the exits of an entry that filled there are.
//!
//! So bars of different intervals meet orders in the order of time: one instrument's day is in progress while another's
//! minutes come and go. An order decided at the time of the open, after it, still fills at it. What is due between the two
//! phases happens in between.

use super::config::MarketFill;
use super::data::VenueBar;
use super::error::VenueError;
use super::market::{Depth, Spot};
use super::simulated::SimulatedVenue;
use super::simulation::{Simulation, SimulationError, CLOSE};
use super::walk::{Data, Walk};
use crate::order::ids::Symbol;
use crate::price::Price;

/// A bar that has opened, and not closed yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct InProgress {
    walk: Walk,
    open_time_ns: i64,
    close: Price,
}

impl InProgress {
    /// Whether its open is past: nothing trades there any more.
    pub(super) const fn has_begun_before(&self, time_ns: i64) -> bool {
        self.open_time_ns < time_ns
    }
}

impl SimulatedVenue {
    /// Leaves a walk where it is, at its bar's open, to go on later.
    fn pause(&mut self, bar: &VenueBar) {
        if let Some(walk) = self.walk.take() {
            let (open_time_ns, close) = (bar.open_time_ns, bar.close);
            self.markets[walk.market].in_progress = Some(InProgress { walk, open_time_ns, close });
        }
    }

    /// Whether no order meets a bar, which is then passed over.
    ///
    /// # Errors
    /// As [`begin_bar`](Self::begin_bar).
    pub(super) fn meets_nothing(
        &mut self,
        symbol: &str,
        bar: &VenueBar,
    ) -> Result<bool, VenueError> {
        let index = self.market_index(symbol)?;
        let market = &self.markets[index];
        bar.validate(&market.instrument, market.last_time_ns)?;
        if self.walk.is_some() || !market.orders.is_empty() {
            return Ok(false);
        }
        self.pass_over(index, bar);
        Ok(true)
    }

    /// Leaves a market where a bar leaves it that no order meets: one without orders.
    fn pass_over(&mut self, index: usize, bar: &VenueBar) {
        let market = &mut self.markets[index];
        market.in_progress = None;
        market.last_time_ns = bar.close_time_ns;
        market.spot = None;
        if market.is_halted {
            return;
        }
        market.last_price = Some(bar.close);
        if self.config.market_fill == MarketFill::SameClose {
            market.spot = Some(Spot {
                buy: bar.close,
                sell: bar.close,
                time_ns: bar.close_time_ns,
                decided_until_ns: bar.close_time_ns,
                is_jump: false,
                can_take: true,
                has_own_spread: false,
                limit_distance: market.limit_distance(&self.config),
                depth: Depth::shared(bar.volume, self.config.participation),
            });
        }
    }
}

impl Simulation {
    /// Opens a bar: time passes to its open, and orders meet that one price. The rest of it waits for
    /// [`close_bar`](Self::close_bar); of one instrument, one bar is in progress at a time.
    ///
    /// # Errors
    /// [`SimulationError::Venue`] if the bar is impossible: time has passed to its open, and nothing more.
    pub fn open_bar(&mut self, symbol: &Symbol, bar: &VenueBar) -> Result<(), SimulationError> {
        self.begin();
        self.pass(bar.open_time_ns)?;
        self.venue.begin_bar(symbol.as_str(), bar, &mut self.reports)?;
        while self.venue.next_here(&mut self.reports)? {
            self.settle(self.time_ns, bar.open_time_ns)?;
        }
        self.venue.pause(bar);
        self.settle(self.time_ns, bar.open_time_ns)
    }

    /// Closes the bar that is in progress: time passes to just before its close, orders meet what comes after its open, and
    /// the close is marked. What is due at its close happens after it. Without a bar in progress nothing happens.
    ///
    /// # Errors
    /// [`SimulationError`] if a number leaves its range; what happened before stays.
    pub fn close_bar(&mut self, symbol: &Symbol) -> Result<(), SimulationError> {
        self.begin();
        let index = self.venue.market_index(symbol.as_str())?;
        let Some(bar) = self.venue.markets[index].in_progress else { return Ok(()) };
        let close_time_ns = bar.walk.end_time_ns;
        self.pass_before(close_time_ns)?;
        self.venue.markets[index].in_progress = None;
        self.venue.walk = Some(bar.walk);
        self.walk(close_time_ns, bar.open_time_ns)?;
        self.mark(symbol, bar.close, &CLOSE)
    }

    /// Leaves everything as a bar does that no order of its instrument met, and marks its close as of its own time; time
    /// does not pass. Bars before it need not have been told.
    ///
    /// # Errors
    /// [`SimulationError::Venue`] if the instrument is not listed.
    pub fn pass_over(&mut self, symbol: &Symbol, bar: &VenueBar) -> Result<(), SimulationError> {
        let index = self.venue.market_index(symbol.as_str())?;
        debug_assert!(self.venue.markets[index].orders.is_empty(), "orders meet every bar");
        self.venue.pass_over(index, bar);
        self.time_ns = self.time_ns.max(bar.close_time_ns);
        self.mark_as_of(symbol, bar.close, bar.close_time_ns)
    }

    /// Marks a price that has been known since `price_time_ns`.
    ///
    /// # Errors
    /// [`SimulationError::Trading`] if the instrument is unknown or the price is none of its.
    pub fn mark_as_of(
        &mut self,
        symbol: &Symbol,
        price: Price,
        price_time_ns: i64,
    ) -> Result<(), SimulationError> {
        Ok(self.state.mark_price(symbol, (price, &CLOSE), price_time_ns, self.time_ns)?)
    }

    /// Lets happen what is due before `time_ns`.
    fn pass_before(&mut self, time_ns: i64) -> Result<(), SimulationError> {
        while let Some(due_ns) = self.venue.next_due_ns().filter(|&due_ns| due_ns < time_ns) {
            self.pass_to(due_ns)?;
        }
        Ok(())
    }
}

impl SimulatedVenue {
    /// As [`next`](Self::next), but never beyond the open of the bar that was begun; once there is nothing more there, the
    /// rest of it waits for [`resume_bar`](Self::resume_bar).
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn next_at_open(
        &mut self,
        bar: &VenueBar,
        reports: &mut Vec<crate::order::command::ExecutionReport>,
    ) -> Result<bool, VenueError> {
        let acted = self.next_here(reports)?;
        if !acted {
            self.pause(bar);
        }
        Ok(acted)
    }

    /// Takes up an instrument's bar that waits after its open, for [`next`](Self::next) to walk the rest of it. False where
    /// none waits.
    ///
    /// # Errors
    /// [`VenueError`] if the instrument is not listed.
    pub fn resume_bar(&mut self, symbol: &str) -> Result<bool, VenueError> {
        let index = self.market_index(symbol)?;
        let Some(bar) = self.markets[index].in_progress.take() else { return Ok(false) };
        self.walk = Some(bar.walk);
        Ok(true)
    }

    /// As [`next`](Self::next), but never beyond the open of the bar that was begun.
    fn next_here(
        &mut self,
        reports: &mut Vec<crate::order::command::ExecutionReport>,
    ) -> Result<bool, VenueError> {
        let Some(walk) = self.walk else { return Ok(false) };
        debug_assert!(matches!(walk.data, Data::Bar { reached: 1, .. }), "at the open");
        let acted = self.act(walk.market, reports);
        if acted.is_err() {
            self.leave(walk);
        }
        acted
    }
}
