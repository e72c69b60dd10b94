//! An order that is sent as soon as it is created, and what its venue answers at once.
//!
//! The events are those of one step after the other, each decided on the order as the one before it left it. They are
//! folded without what nobody can see in between: what the order reserves until it is filled, and its place among the
//! open ones. It is counted once, for what is left of it in the end.

use super::book::EntryIndex;
use super::command::{ExecutionKind, ExecutionReport};
use super::decide::{Decision, Place};
use super::error::{FoldError, TradingError};
use super::event::{Event, EventBody};
use super::order::Order;
use super::state::State;
use super::status::OrderState;
use super::{fill, report};

impl Decision {
    /// The order that is to be sent, where the decision that begins at `first` creates it and does nothing else.
    pub(crate) fn order_to_send(&self, first: Place) -> Option<&Order> {
        match &self.events[first.event..] {
            [Event { body: EventBody::OrderCreated(created), .. }]
                if created.order.state == OrderState::PendingSend =>
            {
                Some(&created.order)
            }
            _ => None,
        }
    }
}

impl State {
    /// Applies the decision that begins at `first` and has an [order to send](Decision::order_to_send), decides and
    /// applies that it was sent, and the first of `reports`, while they accept and fill it. Says how many those were. What
    /// that changes is [valued](Self::value_stale) by the caller, before anything but a report is decided.
    pub(crate) fn send_at_once(
        &mut self,
        first: Place,
        reports: &[ExecutionReport],
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<usize, TradingError> {
        let result = self.take_at_once(first, reports, time_ns, decision);
        if result.is_err() {
            self.value_stale();
        }
        result
    }

    fn take_at_once(
        &mut self,
        first: Place,
        reports: &[ExecutionReport],
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<usize, TradingError> {
        let event = &decision.events[first.event];
        let EventBody::OrderCreated(created) = &event.body else { return Ok(0) };
        let index = self.put_uncounted(event, &created.order)?;
        self.note_folded(event);
        self.count_recorded(&decision.prices_read[first.price..]);
        let told = self.take_answers(index, reports, time_ns, decision);
        self.count_new(index)?;
        told
    }

    /// Takes that an order was sent, and of what was told of it what only accepts and fills it.
    fn take_answers(
        &mut self,
        index: EntryIndex,
        reports: &[ExecutionReport],
        time_ns: i64,
        decision: &mut Decision,
    ) -> Result<usize, TradingError> {
        let sent = decision.events.len();
        self.decide_with(time_ns, decision, |draft| {
            report::sent(draft, &draft.state.book.entry(index).order)
        })?;
        self.fold_uncounted(index, &decision.events[sent..])?;
        for (told, report) in reports.iter().enumerate() {
            let order = &self.book.entry(index).order;
            let is_answer = matches!(report.kind, ExecutionKind::Accepted | ExecutionKind::Fill);
            if !is_answer || !order.state.is_open() || order.terms.order_id != report.order_id {
                return Ok(told);
            }
            let next = decision.events.len();
            let decided = self.decide_with(time_ns, decision, |draft| {
                let entry = draft.state.book.entry(index);
                match report.kind {
                    ExecutionKind::Accepted => report::accepted(draft, &entry.order, report),
                    _ => fill::fill(draft, entry, report),
                }
            });
            if decided.is_err() {
                // Decided again, it is refused again, where that is told.
                return Ok(told);
            }
            self.fold_uncounted(index, &decision.events[next..])?;
        }
        Ok(reports.len())
    }

    /// Folds the events of an order that is not counted yet.
    fn fold_uncounted(&mut self, index: EntryIndex, events: &[Event]) -> Result<(), FoldError> {
        for event in events {
            let entry = self.book.entry_mut(index);
            let slot = entry.slot;
            match &event.body {
                EventBody::OrderSent(_) => entry.order.enter(OrderState::Sent),
                EventBody::OrderAccepted(accepted) => entry.apply_accepted(accepted),
                EventBody::OrderFilled(fill) => {
                    entry.apply_filled(fill);
                    self.take_fill(event, index, fill)?;
                }
                EventBody::PositionOpened(body) => self
                    .set_position(slot, (body.quantity, body.total_cost, body.total_realized_pnl)),
                EventBody::PositionChanged(body) => self
                    .set_position(slot, (body.quantity, body.total_cost, body.total_realized_pnl)),
                EventBody::PositionClosed(body) => self
                    .set_position(slot, (body.quantity, body.total_cost, body.total_realized_pnl)),
                _ => self.fold_body(event)?,
            }
            self.note_folded(event);
        }
        if let Some(last) = events.last() {
            self.book.entry_mut(index).order.update_time_ns = last.time_ns;
        }
        Ok(())
    }
}
