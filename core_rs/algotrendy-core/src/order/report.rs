//! Execution reports: what a venue tells about an order, against what is known of it.
//!
//! A report that repeats what is known changes nothing, one that contradicts it is refused. A fill may come after a
//! cancel or an expiry, since the venue may have traded before it heard; it is applied and called late.

use super::command::{ExecutionKind, ExecutionReport};
use super::error::DecideError;
use super::event::{
    EventBody, OrderAccepted, OrderCanceled, OrderExpired, OrderFilled, OrderRejected,
    PositionChanged, PositionClosed, PositionOpened,
};
use super::order::{Order, OrderStatus};
use super::state::{Execution, State};
use super::submit::price_is_possible;
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::portfolio::cost::{cash_change, Cash};
use crate::portfolio::position::{Position, Step, StepKind};
use crate::price::{NumberError, Quantity};

const REJECTED_BY_VENUE: &str = "REJECTED_BY_VENUE";

pub(super) fn decide_report(
    state: &State,
    report: &ExecutionReport,
    time_ns: i64,
) -> Result<Vec<EventBody>, DecideError> {
    let Some(order) = state.orders.get(&report.order_id) else {
        return Err(DecideError::UnknownOrder { order_id: report.order_id.clone() });
    };
    match report.kind {
        ExecutionKind::Accepted => accepted(order, report),
        ExecutionKind::Fill => filled(state, order, report),
        ExecutionKind::Rejected => rejected(order, report, time_ns),
        ExecutionKind::Canceled => {
            ended(order, report, OrderCanceled::new(order, OrderStatus::Canceled))
        }
        ExecutionKind::Expired => {
            ended(order, report, OrderExpired::new(order, OrderStatus::Expired))
        }
    }
}

fn accepted(order: &Order, report: &ExecutionReport) -> Result<Vec<EventBody>, DecideError> {
    let conflict = || DecideError::conflict(&report.order_id, order.status, report.kind);
    let status = match order.status {
        OrderStatus::PendingNew => OrderStatus::New,
        OrderStatus::Rejected => return Err(conflict()),
        status => status,
    };
    match (&order.venue_order_id, &report.venue_order_id) {
        (Some(known), Some(told)) if known != told => return Err(conflict()),
        (None, Some(_)) => {}
        _ if status == order.status => return Ok(Vec::new()),
        _ => {}
    }
    let event = OrderAccepted {
        order_id: order.terms.order_id.clone(),
        client_order_id: order.terms.client_order_id.clone(),
        symbol: order.terms.symbol.clone(),
        venue_order_id: report.venue_order_id.clone(),
        status,
    };
    Ok(vec![event.into()])
}

fn rejected(
    order: &Order,
    report: &ExecutionReport,
    time_ns: i64,
) -> Result<Vec<EventBody>, DecideError> {
    let never_accepted = order.venue_order_id.is_none() && order.filled_quantity.0 == 0;
    match order.status {
        OrderStatus::Rejected => Ok(Vec::new()),
        OrderStatus::PendingNew | OrderStatus::PendingCancel if never_accepted => {
            let event = OrderRejected {
                order: order.clone().rejected(REJECTED_BY_VENUE, time_ns),
                reason: REJECTED_BY_VENUE.to_owned(),
                rule: "venue".to_owned(),
                limit: String::new(),
                observed: report.reason.clone().unwrap_or_default(),
            };
            Ok(vec![event.into()])
        }
        status => Err(DecideError::conflict(&report.order_id, status, report.kind)),
    }
}

fn ended(
    order: &Order,
    report: &ExecutionReport,
    event: impl Into<EventBody>,
) -> Result<Vec<EventBody>, DecideError> {
    match order.status {
        status if status.is_open() => Ok(vec![event.into()]),
        // An order that expired here is then canceled at the venue, whose report says nothing new.
        OrderStatus::Canceled | OrderStatus::Expired => Ok(Vec::new()),
        status => Err(DecideError::conflict(&report.order_id, status, report.kind)),
    }
}

fn filled(
    state: &State,
    order: &Order,
    report: &ExecutionReport,
) -> Result<Vec<EventBody>, DecideError> {
    if let Some(known) = state.executions.get(&report.execution_id) {
        return repeated(known, report);
    }
    if order.status == OrderStatus::Rejected {
        return Err(DecideError::conflict(&report.order_id, order.status, report.kind));
    }
    let Some(instrument) = state.instrument(&order.terms.symbol) else {
        return Err(DecideError::UnknownInstrument { symbol: order.terms.symbol.clone() });
    };
    validate_fill(instrument, order, report)?;
    let position = state.position(&order.terms.symbol).cloned();
    let position = position.unwrap_or_else(|| Position::flat(&order.terms.symbol));
    let steps = position.filled(instrument, order.terms.side, report.quantity, report.price)?;
    let fill = order_filled(instrument, order, report)?;
    // Folding adds the same amounts; an overflow must be found before anything is journalled.
    state.account.after_fill(
        (fill.currency, fill.cash_change),
        (fill.fee_currency, Cash(fill.fee.into())),
    )?;
    let mut events = vec![fill.into()];
    events.extend(steps.into_iter().map(|step| position_event(instrument, report, step)));
    Ok(events)
}

fn repeated(known: &Execution, report: &ExecutionReport) -> Result<Vec<EventBody>, DecideError> {
    let told = Execution {
        order_id: report.order_id.clone(),
        quantity: report.quantity,
        price: report.price,
        fee: report.fee,
    };
    if *known == told {
        return Ok(Vec::new());
    }
    Err(DecideError::ExecutionConflict {
        order_id: report.order_id.clone(),
        execution_id: report.execution_id.to_string(),
    })
}

fn validate_fill(
    instrument: &Instrument,
    order: &Order,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let decimal = |quantity: Quantity| Decimal::new(quantity.0.into(), instrument.quantity_scale());
    if report.execution_id.as_str().is_empty() {
        let (field, value) = ("execution_id", String::new());
        return Err(DecideError::FieldInvalid { field, value, expected: "not empty" });
    }
    if report.quantity.0 <= 0 {
        return Err(DecideError::QuantityNotPositive { quantity: decimal(report.quantity) });
    }
    if !price_is_possible(instrument, report.price) {
        let price = Decimal::new(report.price.0.into(), instrument.price_scale());
        return Err(DecideError::PriceNotPositive { price });
    }
    let unfilled = order.terms.quantity.checked_sub(order.filled_quantity)?;
    if report.quantity > unfilled {
        return Err(DecideError::Overfill {
            order_id: report.order_id.clone(),
            unfilled: decimal(unfilled),
            fill: decimal(report.quantity),
        });
    }
    Ok(())
}

fn order_filled(
    instrument: &Instrument,
    order: &Order,
    report: &ExecutionReport,
) -> Result<OrderFilled, NumberError> {
    let terms = &order.terms;
    let filled_quantity = order.filled_quantity.checked_add(report.quantity)?;
    let unfilled = terms.quantity.checked_sub(filled_quantity)?;
    let late = !order.status.is_open();
    let status = match order.status {
        _ if unfilled.0 == 0 => OrderStatus::Filled,
        OrderStatus::PendingNew | OrderStatus::New => OrderStatus::PartiallyFilled,
        status => status,
    };
    Ok(OrderFilled {
        order_id: terms.order_id.clone(),
        client_order_id: terms.client_order_id.clone(),
        execution_id: report.execution_id.clone(),
        symbol: terms.symbol.clone(),
        side: terms.side,
        quantity: report.quantity,
        price: report.price,
        fee: report.fee,
        fee_currency: report.fee_currency.unwrap_or(instrument.currency()),
        currency: instrument.currency(),
        cash_change: cash_change(instrument, terms.side, report.quantity, report.price)?,
        filled_quantity,
        leaves_quantity: if late { Quantity::ZERO } else { unfilled },
        average_price_numerator: order
            .average_price_numerator
            .checked_add(report.price.times(report.quantity))?,
        status,
        late,
        strategy_id: terms.strategy_id.clone(),
        transact_time_ns: report.transact_time_ns,
    })
}

fn position_event(instrument: &Instrument, report: &ExecutionReport, step: Step) -> EventBody {
    let Step { kind, position, realized_pnl } = step;
    let Position { symbol, quantity, total_cost, realized_pnl: total_realized_pnl } = position;
    let execution_id = report.execution_id.clone();
    let currency = instrument.currency();
    macro_rules! event {
        ($name:ident) => {
            $name {
                symbol,
                execution_id,
                quantity,
                total_cost,
                realized_pnl,
                total_realized_pnl,
                currency,
            }
            .into()
        };
    }
    match kind {
        StepKind::Opened => event!(PositionOpened),
        StepKind::Changed => event!(PositionChanged),
        StepKind::Closed => event!(PositionClosed),
    }
}
