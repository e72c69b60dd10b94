//! Between an account and its venue: which events are requests, and what the venue is told besides.

use super::order::VenueOrder;
use super::simulation::{Simulation, SimulationError};
use crate::order::book::EntryIndex;
use crate::order::command::ExecutionReport;
use crate::order::error::TradingError;
use crate::order::event::EventBody;
use crate::order::ids::OrderId;
use crate::order::status::OrderState;
use crate::order::terms::OrderTerms;
use crate::price::Quantity;

impl Simulation {
    /// Decides all reports and sends all requests, one after the other, until there are none.
    pub(super) fn settle(
        &mut self,
        time_ns: i64,
        decided_time_ns: i64,
    ) -> Result<(), SimulationError> {
        let result = self.settle_all(time_ns, decided_time_ns);
        // Reports read nothing of what the account is worth, so that all of them are valued together.
        self.state.value_stale();
        result
    }

    /// Submits an order. The venue has it before the account takes it in, so that the account takes in what the venue
    /// answers with it.
    pub(super) fn submit_now(&mut self, terms: &OrderTerms) -> Result<(), SimulationError> {
        let time_ns = self.time_ns;
        let first = self.state.decide_submit_behind(terms, time_ns, &mut self.decision)?;
        let Some(order) = self.decision.order_to_send(first) else {
            return Ok(self.state.apply_for_now(&self.decision, first)?);
        };
        let sent = self.venue.send_order(order, time_ns, time_ns, &mut self.reports);
        let answers = if sent.is_ok() { &self.reports[..] } else { &[] };
        self.told = self.state.send_at_once(first, answers, time_ns, &mut self.decision)?;
        self.routed = self.decision.events.len();
        if sent.is_err() {
            self.state.value_stale();
        }
        Ok(sent?)
    }

    fn settle_all(&mut self, time_ns: i64, decided_time_ns: i64) -> Result<(), SimulationError> {
        loop {
            // All reports first: they may answer a request before it is made, as when the venue ends an OCO's other order.
            while let Some(report) = self.reports.get(self.told) {
                self.told += 1;
                self.state
                    .report_behind(report, time_ns, &mut self.decision)
                    .map_err(|error| refused(report, error))?;
            }
            self.reports.clear();
            self.told = 0;
            if self.routed == self.decision.events.len() {
                return Ok(());
            }
            self.routed += 1;
            self.route(self.routed - 1, time_ns, decided_time_ns)?;
        }
    }

    /// Tells the venue of an event, if it asks for that.
    fn route(
        &mut self,
        event: usize,
        time_ns: i64,
        decided_time_ns: i64,
    ) -> Result<(), SimulationError> {
        match &self.decision.events[event].body {
            EventBody::OrderCreated(created) => {
                let index = self.state.book().find_again(&created.order.terms.order_id);
                self.send(index, time_ns, decided_time_ns)
            }
            EventBody::OrderReleased(released) => {
                let index = self.state.book().find_again(&released.order_id);
                self.send(index, time_ns, decided_time_ns)
            }
            EventBody::OrderApproved(approved) => {
                let index = self.state.book().find_again(&approved.order_id);
                self.send(index, time_ns, decided_time_ns)
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

    /// Gives an order that is to be sent to the venue, if it is known.
    fn send(
        &mut self,
        index: Option<EntryIndex>,
        time_ns: i64,
        decided_time_ns: i64,
    ) -> Result<(), SimulationError> {
        let Some(index) = index else { return Ok(()) };
        if self.state.book().entry(index).order.state != OrderState::PendingSend {
            return Ok(());
        }
        self.state.sent_behind(index, time_ns, &mut self.decision)?;
        // When it was released or approved, which may be long after it was created.
        let order = &self.state.book().entry(index).order;
        Ok(self.venue.send_order(order, decided_time_ns, time_ns, &mut self.reports)?)
    }

    /// Takes what the account learnt otherwise than from this venue into the venue's position.
    fn move_position(&mut self, event: usize, change: Quantity) -> Result<(), SimulationError> {
        let symbol = match &self.decision.events[event].body {
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

    pub(super) fn list_all(&mut self) -> Result<(), SimulationError> {
        for slot in self.state.slots() {
            let symbol = slot.instrument.symbol();
            self.venue.set_instrument(&slot.instrument)?;
            self.venue.set_halted(symbol, slot.is_halted)?;
            self.venue.set_position(symbol, slot.position.quantity)?;
        }
        Ok(())
    }

    /// Sends what the venue had, and what it was to be sent or asked.
    pub(super) fn send_open_orders(&mut self) -> Result<(), SimulationError> {
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
                self.send(Some(index), self.time_ns, decided_time_ns)?;
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

/// The account does not take what the venue told.
fn refused(report: &ExecutionReport, error: TradingError) -> SimulationError {
    match error {
        TradingError::Decide(source) => {
            let order_id = report.order_id.clone();
            SimulationError::Report { order_id, kind: report.kind, source }
        }
        other => other.into(),
    }
}
