//! What the venue or the custodian knows better: orders that the core has not, and positions. Nothing is checked.

use super::command::{AdjustPosition, AdoptOrder};
use super::decide::Draft;
use super::error::DecideError;
use super::event::{OrderAdopted, PositionAdjusted};
use super::status::OrderState;
use super::submit::{known_slot, new_order};
use super::validate::price_is_possible;
use crate::decimal::Decimal;
use crate::price::Quantity;
use crate::risk::exposure::OrderExposure;

pub(super) fn adopt(draft: &mut Draft<'_>, adopt: &AdoptOrder) -> Result<(), DecideError> {
    let AdoptOrder { terms, filled_quantity, venue_order_id } = adopt;
    if let Some(index) = draft.state.book.find_client(terms.client_order_id.as_str()) {
        let known = draft.state.book.entry(index);
        if known.was_submitted_as(terms)
            && known.order.venue_order_id.as_ref() == Some(venue_order_id)
        {
            return Ok(());
        }
        return Err(DecideError::ClientOrderIdReused {
            client_order_id: terms.client_order_id.clone(),
            order_id: known.order.terms.order_id.clone(),
        });
    }
    let slot = known_slot(draft.state, terms)?;
    if venue_order_id.as_str().is_empty() {
        return Err(DecideError::invalid("venue_order_id", "", "not empty"));
    }
    let instrument = &draft.state.slot_at(slot).instrument;
    if !(0..terms.quantity.0).contains(&filled_quantity.0) {
        let value = Decimal::new(filled_quantity.0.into(), instrument.quantity_scale());
        let expected = "zero or above, and less than the quantity";
        return Err(DecideError::invalid("filled_quantity", &value, expected));
    }
    let mut order = new_order(draft.state, slot, terms, draft.time_ns);
    order.venue_order_id = Some(venue_order_id.clone());
    order.filled_quantity = *filled_quantity;
    order.leaves_quantity = order.unfilled();
    order.enter(OrderState::Accepted);
    let exposure = OrderExposure::of(instrument, &order)?;
    draft.state.slot_at(slot).open.moved(None, exposure.as_ref())?;
    draft.push(OrderAdopted { order });
    draft.read_prices(Some(slot));
    Ok(())
}

pub(super) fn adjust_position(
    draft: &mut Draft<'_>,
    adjust: &AdjustPosition,
) -> Result<(), DecideError> {
    let Some(slot) = draft.state.slot(adjust.symbol.as_str()) else {
        return Err(DecideError::unknown_instrument(&adjust.symbol));
    };
    if adjust.person.as_str().is_empty() {
        return Err(DecideError::invalid("person", "", "not empty"));
    }
    if !price_is_possible(&slot.instrument, adjust.price) {
        let price = Decimal::new(adjust.price.0.into(), slot.instrument.price_scale());
        return Err(DecideError::PriceNotPositive { price });
    }
    let step = slot.position.adjusted(&slot.instrument, adjust.quantity, adjust.price)?;
    let Some(step) = step else { return Ok(()) };
    let previous_quantity: Quantity = slot.position.quantity;
    draft.push(PositionAdjusted {
        symbol: adjust.symbol.clone(),
        previous_quantity,
        quantity: step.quantity,
        total_cost: step.total_cost,
        total_realized_pnl: step.total_realized_pnl,
        person: adjust.person.clone(),
        note: adjust.note.clone(),
    });
    Ok(())
}
