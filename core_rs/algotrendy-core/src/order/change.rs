//! Cancels and closes: of one order, of many, of a position. No limit ever refuses a cancel.

use super::command::{Cancel, CancelAll, ClosePosition};
use super::decide::Draft;
use super::error::DecideError;
use super::event::{CancelRequested, OrderCanceled};
use super::ids::{ClientOrderId, OrderId, StrategyId, Symbol};
use super::list;
use super::machine::Input;
use super::order::Order;
use super::report::stepped;
use super::state::Slot;
use super::status::OrderState;
use super::submit::{known_slot, submit_known};
use super::terms::{OrderTerms, OrderType, Side};
use crate::price::{NumberError, Quantity};

pub(super) fn cancel(draft: &mut Draft<'_>, cancel: &Cancel) -> Result<(), DecideError> {
    let state = draft.state;
    let Some(index) = state.book.find(cancel.order_id.as_str()) else {
        return Err(DecideError::UnknownOrder { order_id: cancel.order_id.clone() });
    };
    cancel_order(draft, &state.book.entry(index).order)
}

pub(super) fn cancel_all(draft: &mut Draft<'_>, cancel: &CancelAll) -> Result<(), DecideError> {
    if let Some(symbol) = &cancel.symbol {
        if draft.state.slot(symbol.as_str()).is_none() {
            return Err(DecideError::unknown_instrument(symbol));
        }
    }
    cancel_where(draft, cancel.symbol.as_ref(), cancel.strategy_id.as_ref())
}

/// Cancels the open orders that every given filter fits, in the order they became known.
pub(super) fn cancel_where(
    draft: &mut Draft<'_>,
    symbol: Option<&Symbol>,
    strategy_id: Option<&StrategyId>,
) -> Result<(), DecideError> {
    for order in draft.state.open_orders() {
        let fits_symbol = symbol.is_none_or(|symbol| order.terms.symbol == *symbol);
        let fits_strategy =
            strategy_id.is_none_or(|id| order.terms.strategy_id.as_ref() == Some(id));
        // What one of its list led to may have canceled it already.
        let is_closed = order.list.is_some() && draft.cancels(&order.terms.order_id);
        if fits_symbol && fits_strategy && !is_closed {
            cancel_order(draft, order)?;
        }
    }
    Ok(())
}

/// Cancels one order: asks the venue if it may have the order, else ends it at once.
pub(super) fn cancel_order(draft: &mut Draft<'_>, order: &Order) -> Result<(), DecideError> {
    match stepped(order, Input::Cancel)? {
        None => {}
        Some(OrderState::Canceled) => {
            draft.push(OrderCanceled::new(order, OrderState::Canceled));
            list::follow(draft, order, OrderState::Canceled);
        }
        Some(state) => draft.push(CancelRequested::new(order, state)),
    }
    Ok(())
}

/// Cancels the instrument's open orders, and sends a market order for what is held.
pub(super) fn close_position(
    draft: &mut Draft<'_>,
    close: &ClosePosition,
) -> Result<(), DecideError> {
    let state = draft.state;
    let Some(slot) = state.slot(close.symbol.as_str()) else {
        return Err(DecideError::unknown_instrument(&close.symbol));
    };
    if let Some(first) = state.order_by_client_id(close.client_order_id.as_str()) {
        if is_close(&first.terms, close) {
            return Ok(());
        }
        return Err(DecideError::ClientOrderIdReused {
            client_order_id: close.client_order_id.clone(),
            order_id: first.terms.order_id.clone(),
        });
    }
    let ids = (close.order_id.clone(), close.client_order_id.clone());
    let Some(terms) = closing_terms(slot, ids, close.strategy_id.clone())? else { return Ok(()) };
    let slot = known_slot(state, &terms)?;
    cancel_where(draft, Some(&close.symbol), None)?;
    submit_known(draft, slot, &terms)
}

/// Whether `terms` are of an order that closed the same position; what was held then is not asked.
fn is_close(terms: &OrderTerms, close: &ClosePosition) -> bool {
    terms.symbol == close.symbol
        && terms.strategy_id == close.strategy_id
        && terms.order_type == OrderType::Market
        && terms.reduce_only
}

/// The market order that closes what is held; none where nothing is.
pub(super) fn closing_terms(
    slot: &Slot,
    ids: (OrderId, ClientOrderId),
    strategy_id: Option<StrategyId>,
) -> Result<Option<OrderTerms>, NumberError> {
    let held = slot.position.quantity.0;
    let quantity = held.checked_abs().ok_or(NumberError::Overflow { quantity: "position" })?;
    let side = if held > 0 { Side::Sell } else { Side::Buy };
    Ok((held != 0).then(|| {
        let symbol = slot.position.symbol.clone();
        OrderTerms::closing(ids, symbol, side, Quantity(quantity), strategy_id)
    }))
}
