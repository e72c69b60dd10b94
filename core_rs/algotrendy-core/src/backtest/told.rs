//! What events tell, written down as rows and in the ledger.

use std::collections::VecDeque;

use super::error::RunError;
use super::feed::InstrumentId;
use super::outcome::{OrderNumber, OrderRow, Rejection};
use super::recorder::{amount, Filled, Moved, Recorder};
use super::stream::Phase;
use crate::order::event::{
    Event, EventBody, OrderFilled, OrderRejected, OrderReplaced, PositionChanged, PositionClosed,
};
use crate::order::ids::{ExecutionId, OrderId, Symbol};
use crate::order::order::Order;
use crate::order::status::OrderStatus;

impl Recorder {
    /// Takes an event; `find` tells the instrument of a symbol, `makers` whether the next fills made liquidity. The
    /// instrument that the event is about, where it may change when that is looked at next.
    pub fn take(
        &mut self,
        event: &Event,
        moment: (i64, Phase),
        find: impl Fn(&str) -> Option<InstrumentId>,
        makers: &mut VecDeque<bool>,
    ) -> Result<Option<InstrumentId>, RunError> {
        let time_ns = event.time_ns;
        match &event.body {
            EventBody::OrderCreated(created) => {
                let instrument = find(created.order.terms.symbol.as_str());
                self.add(&created.order, instrument);
                Ok(instrument)
            }
            EventBody::OrderRejected(rejected) => {
                let instrument = find(rejected.order.terms.symbol.as_str());
                self.reject(rejected, time_ns, instrument);
                Ok(instrument)
            }
            EventBody::OrderFilled(filled) => {
                let is_maker = makers.pop_front().unwrap_or_default();
                self.fill(&Filled::told(filled, time_ns, is_maker))
            }
            EventBody::OrderReplaced(replaced) => Ok(self.replace(replaced)),
            EventBody::OrderAccepted(on) => Ok(self.set_status(&on.order_id, on.status)),
            EventBody::ReplaceRejected(on) => Ok(self.set_status(&on.order_id, on.status)),
            EventBody::CancelRejected(on) => Ok(self.set_status(&on.order_id, on.status)),
            EventBody::CancelRequested(on) => Ok(self.set_status(&on.order_id, on.status)),
            EventBody::OrderCanceled(on) => Ok(self.end(&on.order_id, on.status, time_ns)),
            EventBody::OrderExpired(on) => Ok(self.end(&on.order_id, on.status, time_ns)),
            EventBody::OrderReleased(on) => {
                let row = self.row_mut(number_of(&on.order_id));
                Ok(row.map(|row| {
                    row.quantity = on.quantity.0;
                    row.instrument
                }))
            }
            body => {
                self.take_position(body, time_ns, moment, find)?;
                Ok(None)
            }
        }
    }

    /// Takes what became of a position: the fill that did it has told which instrument it is about.
    fn take_position(
        &mut self,
        body: &EventBody,
        time_ns: i64,
        (now_ns, phase): (i64, Phase),
        find: impl Fn(&str) -> Option<InstrumentId>,
    ) -> Result<(), RunError> {
        // What was due before now came after the closes of its own time.
        let is_after_closes = time_ns < now_ns || phase == Phase::Opening;
        let moved = |symbol: &Symbol, quantity, total_cost, realized_pnl| {
            let instrument = find(symbol.as_str())?;
            Some(Moved { instrument, quantity, total_cost, realized_pnl, time_ns, is_after_closes })
        };
        let moved = match body {
            EventBody::PositionOpened(opened) => {
                moved(&opened.symbol, opened.quantity, opened.total_cost, None)
            }
            EventBody::PositionChanged(PositionChanged {
                symbol,
                quantity,
                total_cost,
                realized_pnl,
                ..
            })
            | EventBody::PositionClosed(PositionClosed {
                symbol,
                quantity,
                total_cost,
                realized_pnl,
                ..
            }) => moved(symbol, *quantity, *total_cost, Some(*realized_pnl)),
            EventBody::VariationSettled(settled) => {
                let change = self.own(settled.currency, settled.amount.0)?;
                self.cash = amount(i128::from(self.cash) + change)?;
                let moved = moved(&settled.symbol, settled.quantity, settled.total_cost, None);
                if let Some(moved) = &moved {
                    self.trips.settle(moved.instrument, settled.amount);
                    self.enter(moved);
                }
                return Ok(());
            }
            _ => None,
        };
        moved.map_or(Ok(()), |moved| self.moved(&moved))
    }

    fn add(&mut self, order: &Order, instrument: Option<InstrumentId>) {
        let Some(instrument) = instrument else { return };
        let terms = &order.terms;
        self.orders.push(OrderRow {
            instrument,
            side: terms.side,
            order_type: terms.order_type,
            time_in_force: terms.time_in_force,
            status: order.status,
            quantity: terms.quantity.0,
            limit_price: terms.limit_price.map(|price| price.0),
            stop_price: terms.stop_price.map(|price| price.0),
            reference_price: order.reference_price.map(|price| price.0),
            filled_quantity: order.filled_quantity.0,
            create_time_ns: order.create_time_ns,
            end_time_ns: None,
            reason: order.reject_reason,
        });
    }

    fn reject(&mut self, rejected: &OrderRejected, time_ns: i64, instrument: Option<InstrumentId>) {
        let Some(instrument) = instrument else { return };
        let order = number_of(&rejected.order.terms.order_id);
        if self.row(order).is_none() {
            self.add(&rejected.order, Some(instrument));
        }
        self.end(&rejected.order.terms.order_id, OrderStatus::Rejected, time_ns);
        if let Some(row) = self.row_mut(order) {
            row.reason = Some(rejected.reason);
        }
        self.rejections.push(Rejection {
            order,
            instrument,
            time_ns,
            reason: rejected.reason,
            rule: rejected.rule.clone(),
            limit: rejected.limit,
            observed: rejected.observed,
        });
    }

    fn replace(&mut self, replaced: &OrderReplaced) -> Option<InstrumentId> {
        let row = self.row_mut(number_of(&replaced.order_id))?;
        row.quantity = replaced.quantity.0;
        row.limit_price = replaced.limit_price.map(|price| price.0);
        row.stop_price = replaced.stop_price.map(|price| price.0);
        row.status = replaced.status;
        Some(row.instrument)
    }

    fn set_status(&mut self, order_id: &OrderId, status: OrderStatus) -> Option<InstrumentId> {
        let row = self.row_mut(number_of(order_id))?;
        row.status = status;
        Some(row.instrument)
    }

    fn end(
        &mut self,
        order_id: &OrderId,
        status: OrderStatus,
        time_ns: i64,
    ) -> Option<InstrumentId> {
        let row = self.row_mut(number_of(order_id))?;
        row.status = status;
        row.end_time_ns.get_or_insert(time_ns);
        Some(row.instrument)
    }
}

impl Filled {
    /// As an event tells it.
    fn told(filled: &OrderFilled, time_ns: i64, is_maker: bool) -> Self {
        Self {
            order: number_of(&filled.order_id),
            report: report_of(&filled.execution_id),
            quantity: filled.quantity,
            price: filled.price,
            fee: filled.fee,
            cash_change: filled.cash_change,
            total_quantity: filled.filled_quantity,
            status: filled.status,
            traded_ns: filled.transact_time_ns.unwrap_or(time_ns),
            time_ns,
            is_maker,
        }
    }
}

/// The number in `o-123`; zero, which no order has, of any other id.
pub(super) fn number_of(order_id: &OrderId) -> OrderNumber {
    order_id.as_str().strip_prefix("o-").map_or(0, digits)
}

/// The last number in `o-123-4`.
fn report_of(execution_id: &ExecutionId) -> u32 {
    let number = execution_id.as_str().rsplit_once('-').map_or(0, |(_, number)| digits(number));
    u32::try_from(number).unwrap_or_default()
}

fn digits(text: &str) -> u64 {
    text.bytes().fold(0, |number, byte| {
        number.wrapping_mul(10).wrapping_add(u64::from(byte.wrapping_sub(b'0')))
    })
}
