//! What happens of itself at a time: instruments end, messages arrive, timers are due, bars open for those who asked.

use std::cmp::Reverse;

use super::error::RunError;
use super::feed::{FeedId, InstrumentId};
use super::requests::order_id;
use super::session::{Session, Timer};
use super::strategy::TimerId;
use super::stream::Phase;
use super::terms::{Finish, RunTerms};
use crate::instrument::InstrumentChange;
use crate::order::command::ChangeInstrument;
use crate::price::Price;
use crate::venue::Costs;

/// The tag of the order that closes what is held of an instrument that stops trading.
pub const DELISTING_TAG: &str = "delisting";
/// The tag of the orders that close what is held as the data end.
pub const FINISH_TAG: &str = "finish";

impl Session {
    /// Looks at a feed's rows at hand: what of them belongs to the run.
    pub(super) fn see(&mut self, feed: FeedId, terms: &RunTerms) {
        let stream = &mut self.streams[feed];
        stream.see_until(terms.start_ns, terms.end_ns);
        let (begin_ns, end_ns) = (stream.next_begin_ns(), stream.last_end_ns());
        if let Some(begin_ns) = begin_ns {
            self.start_time_ns = Some(self.start_time_ns.map_or(begin_ns, |at| at.min(begin_ns)));
        }
        self.last_time_ns = self.last_time_ns.max(end_ns.unwrap_or(i64::MIN));
    }

    /// Ends the instruments whose time has come.
    pub(super) fn delist_due(&mut self) -> Result<(), RunError> {
        while let Some(&ending) = self.delistings.last() {
            if ending.time_ns > self.now_ns {
                break;
            }
            self.delistings.pop();
            let instrument = ending.instrument;
            let price = ending.price.or_else(|| self.price(instrument));
            if let Some(price) = price {
                self.close_out(instrument, price, Costs::None, DELISTING_TAG)?;
            }
            let symbol = self.listed[instrument].symbol.clone();
            let change = InstrumentChange { is_halted: Some(true), ..InstrumentChange::default() };
            self.execute(instrument, ChangeInstrument { symbol, change, effective_time_ns: None })?;
            self.listed[instrument].is_gone = true;
        }
        Ok(())
    }

    /// When a message arrives next, or an order may end of itself.
    pub(super) fn next_due_ns(&self) -> Option<i64> {
        let state = self.simulation.state();
        let has_open_orders = state.book().open().next().is_some();
        let order_end = Some(state.next_due_ns).filter(|at| has_open_orders && *at > self.now_ns);
        self.simulation.venue().next_due_ns().into_iter().chain(order_end).min()
    }

    /// Lets happen what is due at the venue and with orders.
    pub(super) fn pass_due(&mut self) -> Result<(), RunError> {
        let message_ns = self.simulation.venue().next_due_ns();
        let is_due = |at: i64| at <= self.now_ns;
        let has_open_orders = || self.simulation.state().book().open().next().is_some();
        let order_is_due = is_due(self.simulation.state().next_due_ns) && has_open_orders();
        if !order_is_due && !message_ns.is_some_and(is_due) {
            return Ok(());
        }
        let result = self.simulation.advance(self.now_ns);
        // Whichever it is about is found by name.
        self.after(0, result)
    }

    /// Takes the timers that are due; those that repeat are set again.
    pub(super) fn take_timers(&mut self, due: &mut Vec<TimerId>) {
        while let Some(&Reverse(timer)) = self.timers.peek() {
            if timer.due_ns > self.now_ns {
                return;
            }
            self.timers.pop();
            due.push(timer.id);
            let next = timer.interval_ns.and_then(|interval| timer.due_ns.checked_add(interval));
            if let Some(due_ns) = next {
                self.timers.push(Reverse(Timer { due_ns, ..timer }));
            }
        }
    }

    /// Calls `decide` while an instrument's reference price is the open of its bar that has just opened: orders sized at
    /// an open are checked against it.
    pub(crate) fn at_open(
        &mut self,
        feed: FeedId,
        decide: impl FnOnce(&mut Self) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        self.at_opens(&[feed], decide)
    }

    /// The same of several instruments, whose bars have opened together.
    pub(crate) fn at_opens(
        &mut self,
        feeds: &[FeedId],
        decide: impl FnOnce(&mut Self) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let mut held = Vec::with_capacity(feeds.len());
        for feed in feeds {
            self.bring_up(self.streams[*feed].instrument)?;
            let stream = &self.streams[*feed];
            let open = Price(stream.bars.open()[stream.next_bar]);
            let symbol = self.listed[stream.instrument].symbol.clone();
            let reference = self.simulation.reference(&symbol);
            self.simulation.mark_as_of(&symbol, open, self.now_ns)?;
            held.extend(reference.map(|reference| (symbol, reference)));
        }
        let decided = decide(self);
        for (symbol, reference) in held {
            self.simulation.restore_reference(&symbol, reference);
        }
        decided
    }

    /// Whether the next bar of a feed opens now, and orders sent now fill at its open.
    pub(crate) fn opens_now(&self, feed: FeedId) -> bool {
        let stream = &self.streams[feed];
        let opens_ns = &stream.bars.open_time_ns()[..stream.bar_end];
        let opens_ns = opens_ns.get(stream.closed_bars(self.now_ns));
        self.phase == Phase::Opening && opens_ns == Some(&self.now_ns)
    }

    /// Closes what is held after the last data, if that is asked for.
    pub(super) fn close_all(&mut self, finish: Finish) -> Result<(), RunError> {
        if finish == Finish::Hold {
            return Ok(());
        }
        self.cancel_all(None)?;
        let mut held = self.recorder.trips.held().to_vec();
        held.sort_unstable();
        for instrument in held {
            let price = match finish {
                Finish::LastOpen => self.last_open(instrument),
                _ => self.price(instrument),
            };
            if let Some(price) = price {
                self.close_out(instrument, price, Costs::AsConfigured, FINISH_TAG)?;
            }
        }
        Ok(())
    }

    /// The open of an instrument's last bar; the last price of one that has none.
    fn last_open(&self, instrument: InstrumentId) -> Option<Price> {
        let stream = &self.streams[*self.listed[instrument].drivers.first()?];
        if stream.has_ticks() {
            return self.price(instrument);
        }
        stream.bar_end.checked_sub(1).map(|last| Price(stream.bars.open()[last]))
    }

    /// Cancels an instrument's orders, and closes what is held of it at a price.
    fn close_out(
        &mut self,
        instrument: InstrumentId,
        price: Price,
        costs: Costs,
        tag: &str,
    ) -> Result<(), RunError> {
        self.cancel_all(Some(instrument))?;
        if self.position(instrument) == 0 {
            return Ok(());
        }
        self.mark(instrument)?;
        let number = self.order_count() + 1;
        self.recorder.name(number, None, Some(tag.into()));
        let symbol = &self.listed[instrument].symbol;
        let result =
            self.simulation.close_out(symbol, &order_id(number), price, costs, self.now_ns);
        self.after(instrument, result)
    }
}
