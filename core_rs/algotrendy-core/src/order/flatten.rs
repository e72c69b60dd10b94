//! The market orders by which a kill switch closes positions. They pass no checks: a switch that a limit could hold up is none.

use super::decide::Draft;
use super::ids::{OrderId, StrategyId};
use super::state::{Slot, SlotIndex};
use super::submit::create_unchecked;
use super::terms::{OrderTerms, Side};
use crate::price::Quantity;

/// Closes what the account holds, or what one strategy does.
pub(super) fn flatten(draft: &mut Draft<'_>, strategy_id: Option<&StrategyId>) {
    let state = draft.state;
    for (index, slot) in (0..).zip(state.slots.values()) {
        let held = closable(draft, slot, index, strategy_id);
        if held == 0 {
            continue;
        }
        // A number out of range holds up the order of one instrument, and none of the others'.
        let _ = create_unchecked(draft, index, &closing_terms(draft, slot, held, strategy_id));
    }
}

/// What is to be closed of one instrument: the position, or as much of it as the strategy's own fills make up.
fn closable(
    draft: &Draft<'_>,
    slot: &Slot,
    index: SlotIndex,
    strategy_id: Option<&StrategyId>,
) -> i64 {
    let held = slot.position.quantity.0;
    let Some(strategy_id) = strategy_id else { return held };
    let book = draft.state.strategies.get(strategy_id);
    let own = book.map_or(0, |book| book.position(index).net);
    let whole = i128::from(held);
    let share = if whole > 0 { own.clamp(0, whole) } else { own.clamp(whole, 0) };
    // Between zero and an i64.
    i64::try_from(share).unwrap_or(held)
}

fn closing_terms(
    draft: &Draft<'_>,
    slot: &Slot,
    held: i64,
    strategy_id: Option<&StrategyId>,
) -> OrderTerms {
    let order_id = unused_id(draft);
    let client_order_id = order_id.as_str().into();
    let side = if held > 0 { Side::Sell } else { Side::Buy };
    // A position of the one quantity without a positive counterpart is closed but for one unit.
    let quantity = Quantity(held.saturating_abs());
    let symbol = slot.position.symbol.clone();
    OrderTerms::closing((order_id, client_order_id), symbol, side, quantity, strategy_id.cloned())
}

/// The id that an order's place in history gives it; longer where a sender took that for an order of its own.
fn unused_id(draft: &Draft<'_>) -> OrderId {
    let book = draft.state.book();
    let mut id = format!("flatten-{}", draft.next_sequence());
    while book.find(&id).is_some() || book.find_client(&id).is_some() {
        id.push('-');
    }
    id.into()
}
