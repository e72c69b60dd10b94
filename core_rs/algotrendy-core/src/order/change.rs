//! Cancels: of one order, or of many. No limit ever refuses one.

use super::command::{Cancel, CancelAll};
use super::decide::Draft;
use super::error::DecideError;
use super::event::{CancelRequested, OrderCanceled};
use super::ids::{StrategyId, Symbol};
use super::list;
use super::machine::Input;
use super::order::Order;
use super::report::stepped;
use super::status::OrderState;

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
        if fits_symbol && fits_strategy {
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
