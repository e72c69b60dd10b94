//! Events into state. Folding applies what an event says and computes nothing that a rule could change later.

use super::book::{Entry, EntryIndex, Execution};
use super::command::ExecutionKind;
use super::error::FoldError;
use super::event::{
    Event, EventBody, FeeCharged, FillBusted, OrderAccepted, OrderFilled, OrderReplaced,
};
use super::fill::{bust_cash, event_cash, fee_posting};
use super::ids::{OrderId, Symbol};
use super::order::Order;
use super::state::{SlotIndex, State, StrategyIndex};
use super::status::OrderState;
use super::terms::Side;
use crate::price::{Price, Quantity};
use crate::risk::exposure::OrderExposure;

impl State {
    /// Applies one event.
    ///
    /// # Errors
    /// [`FoldError`] if the event does not follow the last one.
    pub fn fold(&mut self, event: &Event) -> Result<(), FoldError> {
        self.fold_all(std::slice::from_ref(event))
    }

    /// Applies all events of one decision or record.
    ///
    /// # Errors
    /// [`FoldError`] if an event does not follow the one before it; those before it stay applied.
    pub fn fold_all(&mut self, events: &[Event]) -> Result<(), FoldError> {
        let result = self.fold_unvalued(events);
        self.value_stale();
        result
    }

    /// The same, leaving it to the caller to [value](Self::value_stale) what they changed before it is read.
    pub(super) fn fold_unvalued(&mut self, events: &[Event]) -> Result<(), FoldError> {
        events.iter().try_for_each(|event| self.fold_next(event))
    }

    /// Values what events changed. Valuing it once after several is the same as after each.
    pub(crate) fn value_stale(&mut self) {
        while let Some(slot) = self.stale.pop() {
            self.refresh(slot);
            self.list_unrecorded(slot);
        }
    }

    fn fold_next(&mut self, event: &Event) -> Result<(), FoldError> {
        self.check_place(event)?;
        self.fold_body(event)?;
        self.note_folded(event);
        if let Some(mark) = &event.command {
            self.commands.remember(mark);
        }
        Ok(())
    }

    /// Notes the place of the event that was folded last.
    #[inline]
    pub(super) fn note_folded(&mut self, event: &Event) {
        self.event_sequence = event.sequence;
        self.record_sequence = event.record_sequence;
        self.time_ns = Some(event.time_ns);
    }

    fn check_place(&self, event: &Event) -> Result<(), FoldError> {
        let follows = self.event_sequence.checked_add(1) == Some(event.sequence);
        let same_record = event.record_sequence == self.record_sequence && self.event_sequence > 0;
        let next_record = self.record_sequence.checked_add(1) == Some(event.record_sequence);
        if !follows || !(same_record || next_record) {
            return Err(FoldError::OutOfSequence {
                sequence: event.sequence,
                record_sequence: event.record_sequence,
                last_sequence: self.event_sequence,
                last_record_sequence: self.record_sequence,
            });
        }
        match self.time_ns {
            Some(last_time_ns) if event.time_ns < last_time_ns => Err(FoldError::TimeWentBack {
                sequence: event.sequence,
                time_ns: event.time_ns,
                last_time_ns,
            }),
            _ => Ok(()),
        }
    }

    /// Applies the events of every trade, and leaves the others to those who know them.
    pub(super) fn fold_body(&mut self, event: &Event) -> Result<(), FoldError> {
        match &event.body {
            EventBody::OrderCreated(body) => self.put_order(event, &body.order),
            EventBody::OrderSent(body) => self.enter(event, &body.order_id, OrderState::Sent),
            EventBody::OrderAccepted(body) => {
                self.change_order(event, &body.order_id, |entry| entry.apply_accepted(body))
            }
            EventBody::OrderFilled(body) => self.fold_fill(event, body),
            EventBody::PositionOpened(body) => self.put_position(
                event,
                &body.symbol,
                (body.quantity, body.total_cost, body.total_realized_pnl),
            ),
            EventBody::PositionChanged(body) => self.put_position(
                event,
                &body.symbol,
                (body.quantity, body.total_cost, body.total_realized_pnl),
            ),
            EventBody::PositionClosed(body) => self.put_position(
                event,
                &body.symbol,
                (body.quantity, body.total_cost, body.total_realized_pnl),
            ),
            EventBody::OrderCanceled(body) => self.enter(event, &body.order_id, body.state),
            EventBody::OrderExpired(body) => self.enter(event, &body.order_id, body.state),
            EventBody::OrderRejected(body) => self.fold_rejection(event, &body.order),
            _ => self.fold_change(event),
        }
    }

    /// Applies what else happens to orders.
    fn fold_change(&mut self, event: &Event) -> Result<(), FoldError> {
        match &event.body {
            EventBody::OrderUncertain(body) => {
                self.enter(event, &body.order_id, OrderState::Unknown)
            }
            EventBody::OrderTriggered(body) => {
                self.change_order(event, &body.order_id, |entry| entry.order.is_triggered = true)
            }
            EventBody::FillBusted(body) => self.fold_bust(event, body),
            EventBody::FeeCharged(body) => self.fold_fee(event, body),
            EventBody::CancelRequested(body) => {
                let index = self.known_order(event, &body.order_id)?;
                let (slot, strategy) = self.sender(index);
                self.note_canceled(slot, strategy);
                self.change_entry(event, index, |entry| entry.order.enter(body.state))
            }
            EventBody::CancelRejected(body) => self.enter(event, &body.order_id, body.state),
            EventBody::OrderAdopted(body) => self.put_order(event, &body.order),
            EventBody::ApprovalRequested(body) => {
                self.is_due_at(body.expire_time_ns);
                self.change_order(event, &body.order_id, |entry| {
                    entry.wait_until(body.expire_time_ns);
                })
            }
            EventBody::OrderApproved(body) => {
                let index = self.known_order(event, &body.order_id)?;
                let terms = self.book.entry(index).order.terms.clone();
                let sender = self.sender(index);
                self.note_sent(&terms, sender, event.time_ns);
                self.change_entry(event, index, |entry| entry.order.enter(OrderState::PendingSend))
            }
            EventBody::OrderReleased(body) => self.change_order(event, &body.order_id, |entry| {
                entry.keep_original();
                entry.order.terms.quantity = body.quantity;
                entry.order.leaves_quantity = entry.order.unfilled();
                entry.order.enter(OrderState::PendingSend);
            }),
            EventBody::ReplaceRequested(body) => {
                let index = self.known_order(event, &body.order_id)?;
                let (slot, strategy) = self.sender(index);
                self.note_replaced(slot, strategy, event.time_ns);
                self.change_entry(event, index, |entry| {
                    entry.order.replacement = Some(Box::new(body.replacement));
                    entry.order.enter(OrderState::PendingReplace);
                })
            }
            EventBody::OrderReplaced(body) => {
                self.change_order(event, &body.order_id, |entry| entry.apply_replaced(body))
            }
            EventBody::ReplaceRejected(body) => self.change_order(event, &body.order_id, |entry| {
                entry.order.replacement = None;
                entry.order.enter(body.state);
            }),
            _ => self.fold_account(event),
        }
    }

    fn put_order(&mut self, event: &Event, order: &Order) -> Result<(), FoldError> {
        let index = self.put_uncounted(event, order)?;
        self.count_new(index)
    }

    /// Takes in an order that is to be [counted](Self::count_new) yet.
    pub(super) fn put_uncounted(
        &mut self,
        event: &Event,
        order: &Order,
    ) -> Result<EntryIndex, FoldError> {
        let slot = self.known_slot(event, &order.terms.symbol)?;
        let index = self.book.insert_unlinked(order, slot);
        if let Some(end_time_ns) = order.end_time_ns {
            self.is_due_at(end_time_ns);
        }
        if matches!(order.state, OrderState::PendingSend | OrderState::Held) {
            let strategy = self.strategy_of(index);
            self.note_sent(&order.terms, (slot, strategy), event.time_ns);
        }
        Ok(index)
    }

    /// Counts a new order for what it may do.
    pub(super) fn count_new(&mut self, index: EntryIndex) -> Result<(), FoldError> {
        self.book.line_up(index);
        self.reckon(index, false)
    }

    fn fold_rejection(&mut self, event: &Event, order: &Order) -> Result<(), FoldError> {
        if self.book.find(order.terms.order_id.as_str()).is_none() {
            let slot = self.known_slot(event, &order.terms.symbol)?;
            self.book.insert(order, slot);
            return Ok(());
        }
        self.change_order(event, &order.terms.order_id, |entry| {
            entry.order.reject_reason = order.reject_reason;
            entry.order.enter(OrderState::Rejected);
        })
    }

    fn fold_fill(&mut self, event: &Event, fill: &OrderFilled) -> Result<(), FoldError> {
        let index = self.known_order(event, &fill.order_id)?;
        self.take_fill(event, index, fill)?;
        self.change_entry(event, index, |entry| entry.apply_filled(fill))
    }

    /// Takes in all that a fill does, but for what it makes of its order.
    pub(super) fn take_fill(
        &mut self,
        event: &Event,
        index: EntryIndex,
        fill: &OrderFilled,
    ) -> Result<(), FoldError> {
        self.post_all(&event_cash(fill))?;
        let kind =
            if fill.corrects.is_some() { ExecutionKind::Correct } else { ExecutionKind::Fill };
        self.book.add_execution(
            index,
            Execution {
                execution_id: fill.execution_id.clone(),
                kind,
                reference: fill.corrects.clone(),
                quantity: fill.quantity,
                price: fill.price,
                fee: fill.fee,
                fee_currency: fill.fee_currency,
                is_busted: false,
            },
        );
        let (slot, strategy) = self.sender(index);
        self.note_filled(slot, strategy, (fill.side, fill.quantity, fill.price), event.time_ns)?;
        Ok(())
    }

    fn fold_bust(&mut self, event: &Event, bust: &FillBusted) -> Result<(), FoldError> {
        let index = self.known_order(event, &bust.order_id)?;
        self.post_all(&bust_cash(bust))?;
        let entry = self.book.entry_mut(index);
        let busted = &bust.busted_execution_id;
        if let Some(execution) =
            entry.executions.iter_mut().find(|known| known.execution_id == *busted)
        {
            execution.is_busted = true;
        }
        self.book.add_execution(
            index,
            Execution {
                execution_id: bust.execution_id.clone(),
                kind: ExecutionKind::Bust,
                reference: Some(busted.clone()),
                quantity: Quantity::ZERO,
                price: bust.price,
                fee: 0,
                fee_currency: bust.fee_currency,
                is_busted: false,
            },
        );
        let (slot, strategy) = self.sender(index);
        self.note_busted(slot, strategy, bust.side, bust.quantity);
        self.change_entry(event, index, |entry| {
            let order = &mut entry.order;
            order.filled_quantity = bust.filled_quantity;
            order.leaves_quantity = bust.leaves_quantity;
            order.average_price_numerator = bust.average_price_numerator;
            order.enter(bust.state);
        })
    }

    fn fold_fee(&mut self, event: &Event, fee: &FeeCharged) -> Result<(), FoldError> {
        let index = self.known_order(event, &fee.order_id)?;
        self.post_all(&[fee_posting(fee.fee_currency, -i128::from(fee.fee))])?;
        self.book.add_execution(
            index,
            Execution {
                execution_id: fee.execution_id.clone(),
                kind: ExecutionKind::Fee,
                reference: Some(fee.reference_execution_id.clone()),
                quantity: Quantity::ZERO,
                price: Price::ZERO,
                fee: fee.fee,
                fee_currency: fee.fee_currency,
                is_busted: false,
            },
        );
        Ok(())
    }

    fn enter(
        &mut self,
        event: &Event,
        order_id: &OrderId,
        state: OrderState,
    ) -> Result<(), FoldError> {
        self.change_order(event, order_id, |entry| entry.order.enter(state))
    }

    /// The instrument and the strategy of an order.
    fn sender(&mut self, index: EntryIndex) -> (SlotIndex, StrategyIndex) {
        (self.book.entry(index).slot, self.strategy_of(index))
    }

    fn change_order(
        &mut self,
        event: &Event,
        order_id: &OrderId,
        change: impl FnOnce(&mut Entry),
    ) -> Result<(), FoldError> {
        let index = self.known_order(event, order_id)?;
        self.change_entry(event, index, change)
    }

    /// Changes an order and all that counts it. It may be forgotten afterwards.
    fn change_entry(
        &mut self,
        event: &Event,
        index: EntryIndex,
        change: impl FnOnce(&mut Entry),
    ) -> Result<(), FoldError> {
        let entry = self.book.entry_mut(index);
        let (before, state) = (Counted::of(&entry.order), entry.order.state);
        change(entry);
        entry.note_entered(state);
        entry.order.update_time_ns = event.time_ns;
        if Counted::of(&entry.order) != before || entry.order.replacement.is_some() {
            self.reckon(index, before.is_open)?;
        }
        self.book.settle(index);
        Ok(())
    }

    /// Counts an order for what it may still do now, instead of what it could do before.
    fn reckon(&mut self, index: EntryIndex, was_open: bool) -> Result<(), FoldError> {
        let entry = self.book.entry_mut(index);
        let slot_index = entry.slot;
        let slot = &mut self.slots[slot_index as usize];
        let now = OrderExposure::of(&slot.instrument, &entry.order)?;
        let is_open = entry.order.state.is_open();
        if now == entry.exposure && is_open == was_open {
            return Ok(());
        }
        let before = std::mem::replace(&mut entry.exposure, now);
        slot.open.replace(before.as_ref(), now.as_ref())?;
        let side: Side = entry.order.terms.side;
        let strategy = self.strategy_of(index);
        self.note_order(
            slot_index,
            (side, strategy),
            (was_open, before.as_ref()),
            (is_open, now.as_ref()),
        )?;
        self.touch(slot_index);
        Ok(())
    }

    /// Has an instrument valued again once the events of the record are folded.
    #[inline]
    pub(super) fn touch(&mut self, index: SlotIndex) {
        if self.stale.last() != Some(&index) && !self.stale.contains(&index) {
            self.stale.push(index);
        }
    }

    /// Keeps track of marks that valuations read and no record holds.
    pub(crate) fn list_unrecorded(&mut self, index: SlotIndex) {
        let slot = self.slot_at(index);
        if slot.is_unrecorded && slot.is_valued_by_account() && !self.unrecorded.contains(&index) {
            self.unrecorded.push(index);
        }
    }

    fn known_order(&mut self, event: &Event, order_id: &OrderId) -> Result<EntryIndex, FoldError> {
        self.book.find_to_change(order_id).ok_or_else(|| FoldError::UnknownOrder {
            sequence: event.sequence,
            order_id: order_id.clone(),
        })
    }

    pub(super) fn known_slot(
        &mut self,
        event: &Event,
        symbol: &Symbol,
    ) -> Result<SlotIndex, FoldError> {
        let index = self.slot_again(symbol).ok_or_else(|| FoldError::UnknownInstrument {
            sequence: event.sequence,
            symbol: symbol.clone(),
        })?;
        self.last_slot = index;
        Ok(index)
    }
}

/// What of an order decides what it counts for, but for a replacement on its way.
#[derive(PartialEq, Eq)]
struct Counted {
    is_open: bool,
    reserves: bool,
    has_replacement: bool,
    leaves_quantity: Quantity,
    prices: [Option<Price>; 2],
}

impl Counted {
    fn of(order: &Order) -> Self {
        Self {
            is_open: order.state.is_open(),
            reserves: order.state.reserves(),
            has_replacement: order.replacement.is_some(),
            leaves_quantity: order.leaves_quantity,
            prices: [order.terms.limit_price, order.terms.stop_price],
        }
    }
}

impl Entry {
    /// Takes over that the venue has the order.
    pub(super) fn apply_accepted(&mut self, accepted: &OrderAccepted) {
        self.order.venue_order_id.clone_from(&accepted.venue_order_id);
        self.order.enter(accepted.state);
    }

    /// Takes over what a fill makes of the order.
    pub(super) fn apply_filled(&mut self, fill: &OrderFilled) {
        let order = &mut self.order;
        order.filled_quantity = fill.filled_quantity;
        order.leaves_quantity = fill.leaves_quantity;
        order.average_price_numerator = fill.average_price_numerator;
        order.enter(fill.state);
    }

    /// Takes over the terms that the venue told.
    fn apply_replaced(&mut self, replaced: &OrderReplaced) {
        self.keep_original();
        let order = &mut self.order;
        order.terms.quantity = replaced.quantity;
        order.terms.limit_price = replaced.limit_price;
        order.terms.stop_price = replaced.stop_price;
        order.leaves_quantity = replaced.leaves_quantity;
        order.replacement = None;
        if replaced.venue_order_id.is_some() {
            order.venue_order_id.clone_from(&replaced.venue_order_id);
        }
        order.enter(replaced.state);
    }
}
