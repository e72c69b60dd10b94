//! Execution reports: what a venue tells about an order, against what is known of it.
//!
//! A report that repeats what is known changes nothing, one that contradicts it is refused. What moves cash is in
//! `fill.rs`.

use super::book::Entry;
use super::command::{ExecutionKind, ExecutionReport};
use super::decide::Draft;
use super::error::DecideError;
use super::event::{
    CancelRejected, OrderAccepted, OrderCanceled, OrderExpired, OrderRejected, OrderReplaced,
    OrderSent, OrderTriggered, OrderUncertain, ReplaceRejected,
};
use super::machine::{self, Input, Step};
use super::order::{Order, Replacement};
use super::status::OrderState;
use super::validate::price_is_possible;
use super::{fill, list};
use crate::decimal::Decimal;
use crate::price::{Price, Quantity};
use crate::risk::reason::RejectReason;

/// The rule that a venue's refusal is told as.
const VENUE: &str = "venue";

pub(super) fn report(draft: &mut Draft<'_>, report: &ExecutionReport) -> Result<(), DecideError> {
    let state = draft.state;
    let Some(index) = state.book.find_again(&report.order_id) else {
        return Err(DecideError::UnknownOrder { order_id: report.order_id.clone() });
    };
    let entry = state.book.entry(index);
    match report.kind {
        ExecutionKind::Sent => sent(draft, &entry.order),
        ExecutionKind::Uncertain => uncertain(draft, &entry.order),
        ExecutionKind::Accepted => accepted(draft, &entry.order, report),
        ExecutionKind::Rejected => rejected(draft, &entry.order, report),
        ExecutionKind::Triggered => triggered(draft, &entry.order, report),
        ExecutionKind::Fill => fill::fill(draft, entry, report),
        ExecutionKind::Replaced => replaced(draft, entry, report),
        ExecutionKind::ReplaceRejected => replace_rejected(draft, &entry.order, report),
        ExecutionKind::Canceled => ended(draft, &entry.order, Input::Canceled),
        ExecutionKind::CancelRejected => cancel_rejected(draft, entry, report),
        ExecutionKind::Expired => ended(draft, &entry.order, Input::Expired),
        ExecutionKind::Bust => fill::bust(draft, entry, report),
        ExecutionKind::Correct => fill::correct(draft, entry, report),
        ExecutionKind::Fee => fill::fee(draft, entry, report),
    }
}

/// The state that `input` leaves `order` in; none where it tells nothing new.
pub(super) fn stepped(order: &Order, input: Input) -> Result<Option<OrderState>, DecideError> {
    match machine::next(order.state, input) {
        Step::Move(state) => Ok(Some(state)),
        // Where an order goes back to is known beside it.
        Step::Stay | Step::Back => Ok(Some(order.state)),
        Step::Repeat => Ok(None),
        Step::Impossible => Err(DecideError::impossible(order, input)),
    }
}

pub(super) fn sent(draft: &mut Draft<'_>, order: &Order) -> Result<(), DecideError> {
    if stepped(order, Input::Sent)?.is_some() {
        draft.push(OrderSent { order_id: order.terms.order_id.clone() });
    }
    Ok(())
}

fn uncertain(draft: &mut Draft<'_>, order: &Order) -> Result<(), DecideError> {
    if stepped(order, Input::Uncertain)?.is_some() {
        draft.push(OrderUncertain { order_id: order.terms.order_id.clone() });
    }
    Ok(())
}

pub(super) fn accepted(
    draft: &mut Draft<'_>,
    order: &Order,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let Some(state) = stepped(order, Input::Accepted)? else { return Ok(()) };
    match (&order.venue_order_id, &report.venue_order_id) {
        (Some(known), Some(told)) if known != told => {
            return Err(DecideError::impossible(order, Input::Accepted));
        }
        (None, Some(_)) => {}
        _ if state == order.state => return Ok(()),
        _ => {}
    }
    push_accepted(draft, order, state, report);
    list::follow(draft, order, state);
    Ok(())
}

fn push_accepted(
    draft: &mut Draft<'_>,
    order: &Order,
    state: OrderState,
    report: &ExecutionReport,
) {
    draft.push_with(|| OrderAccepted {
        order_id: order.terms.order_id.clone(),
        client_order_id: order.terms.client_order_id.clone(),
        symbol: order.terms.symbol.clone(),
        venue_order_id: report.venue_order_id.as_ref().or(order.venue_order_id.as_ref()).cloned(),
        state,
        status: state.status(order.filled_quantity),
    });
}

fn rejected(
    draft: &mut Draft<'_>,
    order: &Order,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let Some(state) = stepped(order, Input::Rejected)? else { return Ok(()) };
    if order.venue_order_id.is_some() || order.filled_quantity.0 != 0 {
        return Err(DecideError::impossible(order, Input::Rejected));
    }
    let reason = RejectReason::RejectedByVenue;
    draft.push(OrderRejected {
        order: Box::new(order.clone().rejected(reason, draft.time_ns)),
        reason,
        rule: VENUE.into(),
        limit: None,
        observed: None,
        text: report.reason.clone().unwrap_or_default(),
    });
    list::follow(draft, order, state);
    Ok(())
}

fn triggered(
    draft: &mut Draft<'_>,
    order: &Order,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let Some(state) = stepped(order, Input::Triggered)? else { return Ok(()) };
    if !order.terms.order_type.has_trigger() {
        return Err(DecideError::impossible(order, Input::Triggered));
    }
    if order.is_triggered {
        return Ok(());
    }
    if state != order.state {
        push_accepted(draft, order, state, report);
    }
    draft.push(OrderTriggered { order_id: order.terms.order_id.clone() });
    list::follow(draft, order, state);
    Ok(())
}

/// What the report tells of the new terms: what it leaves out is as was asked for.
fn replaced(
    draft: &mut Draft<'_>,
    entry: &Entry,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let order = &entry.order;
    let asked = order.replacement.as_deref().copied().unwrap_or_default();
    let told = Replacement {
        quantity: (report.quantity != Quantity::ZERO).then_some(report.quantity).or(asked.quantity),
        limit_price: (report.price != Price::ZERO).then_some(report.price).or(asked.limit_price),
        stop_price: asked.stop_price,
    };
    let after = order.replaced(&told);
    let has_new_id =
        report.venue_order_id.is_some() && report.venue_order_id != order.venue_order_id;
    if order.replacement.is_none() && after.terms == order.terms && !has_new_id {
        return Ok(());
    }
    let Some(state) = stepped(order, Input::Replaced)? else { return Ok(()) };
    validate_replaced(draft, entry, &told)?;
    let state = if after.unfilled().0 == 0 { OrderState::Filled } else { state };
    fill::check_exposure(draft, entry, &after)?;
    draft.push(OrderReplaced {
        order_id: order.terms.order_id.clone(),
        venue_order_id: report.venue_order_id.clone(),
        quantity: after.terms.quantity,
        leaves_quantity: after.leaves_quantity,
        limit_price: after.terms.limit_price,
        stop_price: after.terms.stop_price,
        state,
        status: state.status(order.filled_quantity),
    });
    list::follow(draft, &after, state);
    Ok(())
}

fn validate_replaced(
    draft: &Draft<'_>,
    entry: &Entry,
    told: &Replacement,
) -> Result<(), DecideError> {
    let instrument = &draft.state.slot_at(entry.slot).instrument;
    if let Some(quantity) = told.quantity.filter(|quantity| quantity.0 < 0) {
        let quantity = Decimal::new(quantity.0.into(), instrument.quantity_scale());
        return Err(DecideError::QuantityNotPositive { quantity });
    }
    match told.limit_price {
        Some(_) if entry.order.terms.limit_price.is_none() => {
            Err(DecideError::impossible(&entry.order, Input::Replaced))
        }
        Some(price) if !price_is_possible(instrument, price) => {
            let price = Decimal::new(price.0.into(), instrument.price_scale());
            Err(DecideError::PriceNotPositive { price })
        }
        _ => Ok(()),
    }
}

fn replace_rejected(
    draft: &mut Draft<'_>,
    order: &Order,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let Some(state) = stepped(order, Input::ReplaceRejected)? else { return Ok(()) };
    if order.replacement.is_none() {
        return Ok(());
    }
    draft.push(ReplaceRejected {
        order_id: order.terms.order_id.clone(),
        state,
        status: state.status(order.filled_quantity),
        text: report.reason.clone().unwrap_or_default(),
    });
    Ok(())
}

fn cancel_rejected(
    draft: &mut Draft<'_>,
    entry: &Entry,
    report: &ExecutionReport,
) -> Result<(), DecideError> {
    let order = &entry.order;
    if stepped(order, Input::CancelRejected)?.is_none() {
        return Ok(());
    }
    let state = entry.without_cancel();
    draft.push(CancelRejected {
        order_id: order.terms.order_id.clone(),
        state,
        status: state.status(order.filled_quantity),
        text: report.reason.clone().unwrap_or_default(),
    });
    Ok(())
}

fn ended(draft: &mut Draft<'_>, order: &Order, input: Input) -> Result<(), DecideError> {
    let Some(state) = stepped(order, input)? else { return Ok(()) };
    match input {
        Input::Expired => draft.push(OrderExpired::new(order, state)),
        _ => draft.push(OrderCanceled::new(order, state)),
    }
    list::follow(draft, order, state);
    Ok(())
}
