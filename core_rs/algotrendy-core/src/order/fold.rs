//! Events into state. Folding applies what an event says and computes nothing that a rule could change later.

use super::error::FoldError;
use super::event::{Event, EventBody, OrderFilled};
use super::ids::OrderId;
use super::order::{Order, OrderStatus};
use super::state::{Execution, State};
use crate::portfolio::cost::Cash;
use crate::portfolio::position::Position;
use crate::price::Quantity;

impl State {
    /// Applies one event.
    ///
    /// # Errors
    /// [`FoldError`] if the event does not follow the last one; nothing changes.
    pub fn fold(&mut self, event: &Event) -> Result<(), FoldError> {
        self.check_place(event)?;
        match &event.body {
            EventBody::CashDeposited(cash) => self.account.set_balance(cash.currency, cash.balance),
            EventBody::CashWithdrawn(cash) => self.account.set_balance(cash.currency, cash.balance),
            EventBody::InstrumentRegistered(body) => {
                let symbol = body.instrument.symbol().to_owned();
                self.instruments.insert(symbol, body.instrument.clone());
            }
            EventBody::LimitsSet(body) => self.limits = Some(body.limits.clone()),
            EventBody::OrderCreated(body) => self.put_order(body.order.clone()),
            EventBody::OrderRejected(body) => self.put_order(body.order.clone()),
            EventBody::OrderAccepted(body) => {
                self.change_order(event, &body.order_id, |order| {
                    order.venue_order_id.clone_from(&body.venue_order_id);
                    order.status = body.status;
                })?;
            }
            EventBody::OrderFilled(body) => self.fold_fill(event, body)?,
            EventBody::CancelRequested(body) => {
                self.set_status(event, &body.order_id, body.status)?;
            }
            EventBody::OrderCanceled(body) => {
                self.set_status(event, &body.order_id, body.status)?;
            }
            EventBody::OrderExpired(body) => {
                self.set_status(event, &body.order_id, body.status)?;
            }
            EventBody::PositionOpened(body) => self.put_position(Position {
                symbol: body.symbol.clone(),
                quantity: body.quantity,
                total_cost: body.total_cost,
                realized_pnl: body.total_realized_pnl,
            }),
            EventBody::PositionChanged(body) => self.put_position(Position {
                symbol: body.symbol.clone(),
                quantity: body.quantity,
                total_cost: body.total_cost,
                realized_pnl: body.total_realized_pnl,
            }),
            EventBody::PositionClosed(body) => self.put_position(Position {
                symbol: body.symbol.clone(),
                quantity: body.quantity,
                total_cost: body.total_cost,
                realized_pnl: body.total_realized_pnl,
            }),
        }
        self.event_sequence = event.sequence;
        self.record_sequence = event.record_sequence;
        self.time_ns = Some(event.time_ns);
        Ok(())
    }

    /// Applies all events of one decision or record.
    ///
    /// # Errors
    /// [`FoldError`] if an event does not follow the one before it; those before it stay applied.
    pub fn fold_all(&mut self, events: &[Event]) -> Result<(), FoldError> {
        events.iter().try_for_each(|event| self.fold(event))
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

    fn fold_fill(&mut self, event: &Event, fill: &OrderFilled) -> Result<(), FoldError> {
        let balances = self.account.after_fill(
            (fill.currency, fill.cash_change),
            (fill.fee_currency, Cash(fill.fee.into())),
        )?;
        self.change_order(event, &fill.order_id, |order| {
            order.filled_quantity = fill.filled_quantity;
            order.leaves_quantity = fill.leaves_quantity;
            order.average_price_numerator = fill.average_price_numerator;
            order.status = fill.status;
        })?;
        for (currency, balance) in balances {
            self.account.set_balance(currency, balance);
        }
        let execution = Execution {
            order_id: fill.order_id.clone(),
            quantity: fill.quantity,
            price: fill.price,
            fee: fill.fee,
        };
        self.executions.insert(fill.execution_id.clone(), execution);
        Ok(())
    }

    fn set_status(
        &mut self,
        event: &Event,
        order_id: &OrderId,
        status: OrderStatus,
    ) -> Result<(), FoldError> {
        self.change_order(event, order_id, |order| {
            order.status = status;
            if !status.is_open() {
                order.leaves_quantity = Quantity::ZERO;
            }
        })
    }

    fn change_order(
        &mut self,
        event: &Event,
        order_id: &OrderId,
        change: impl FnOnce(&mut Order),
    ) -> Result<(), FoldError> {
        let Some((index, _, order)) = self.orders.get_full_mut(order_id) else {
            return Err(FoldError::UnknownOrder {
                sequence: event.sequence,
                order_id: order_id.clone(),
            });
        };
        change(order);
        order.update_time_ns = event.time_ns;
        let is_open = order.status.is_open();
        self.keep_open(index, is_open);
        Ok(())
    }

    fn put_order(&mut self, order: Order) {
        let order_id = order.terms.order_id.clone();
        self.client_order_ids.insert(order.terms.client_order_id.clone(), order_id.clone());
        let is_open = order.status.is_open();
        let (index, _) = self.orders.insert_full(order_id, order);
        self.keep_open(index, is_open);
    }

    fn keep_open(&mut self, index: usize, is_open: bool) {
        if is_open {
            self.open_orders.insert(index);
        } else {
            self.open_orders.remove(&index);
        }
    }

    fn put_position(&mut self, position: Position) {
        self.positions.insert(position.symbol.clone(), position);
    }
}
