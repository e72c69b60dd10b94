//! Orders that depend on each other: what a fill or an end of one makes of the others.
//!
//! An order of a list has a desired total: of an OCO's, what it was submitted with less what its siblings filled; of one
//! that waits for the first, what has filled of the first, at most what it was submitted with, and in a bracket less what
//! its siblings filled. A held order is released for it, one that works is replaced or canceled towards it.

use super::decide::Draft;
use super::event::{CancelRequested, EventBody, OrderCanceled, OrderReleased, ReplaceRequested};
use super::order::{Order, Replacement};
use super::status::OrderState;
use super::terms::{Contingency, ListPlace};
use crate::price::Quantity;

/// One order of a list, as it is once what was decided so far is folded.
struct Member<'a> {
    order: &'a Order,
    place: &'a ListPlace,
    original_quantity: Quantity,
}

/// Adds what the list of `order`, which is entering `state`, does next.
pub(super) fn follow(draft: &mut Draft<'_>, order: &Order, state: OrderState) {
    let Some(place) = &order.list else { return };
    let mut changed = order.clone();
    changed.enter(state);
    let (draft_state, book) = (draft.state, &draft.state.book);
    let members: Vec<Member<'_>> = book
        .list(&place.list_id)
        .iter()
        .filter_map(|&index| {
            let entry = draft_state.book.entry(index);
            let is_changed = entry.order.terms.order_id == changed.terms.order_id;
            let order = if is_changed { &changed } else { &entry.order };
            let place = order.list.as_deref()?;
            Some(Member { order, place, original_quantity: entry.original_quantity() })
        })
        .collect();
    for member in &members {
        if let Some(event) = next_event(&members, member) {
            draft.push(event);
        }
    }
}

fn next_event(members: &[Member<'_>], member: &Member<'_>) -> Option<EventBody> {
    let order = member.order;
    let order_id = || order.terms.order_id.clone();
    let (desired, is_waiting) = desired(members, member)?;
    match order.state {
        OrderState::Held if desired.0 > 0 => {
            Some(OrderReleased { order_id: order_id(), quantity: desired }.into())
        }
        OrderState::Held if !is_waiting => {
            Some(OrderCanceled::new(order, OrderState::Canceled).into())
        }
        OrderState::Accepted if desired <= order.filled_quantity => {
            Some(CancelRequested::new(order, OrderState::PendingCancel).into())
        }
        OrderState::Accepted if desired != order.terms.quantity => {
            let replacement = Replacement { quantity: Some(desired), ..Replacement::default() };
            Some(ReplaceRequested { order_id: order_id(), replacement }.into())
        }
        // One the venue has not answered yet follows once it has.
        _ => None,
    }
}

/// The member's desired total, and whether more may come of the first order; none where nothing is desired of it.
fn desired(members: &[Member<'_>], member: &Member<'_>) -> Option<(Quantity, bool)> {
    let contingency = member.place.contingency;
    if contingency.first_triggers() && member.place.index == 0 {
        return None;
    }
    let is_sibling = |other: &&Member<'_>| {
        other.place.index != member.place.index
            && !(contingency.first_triggers() && other.place.index == 0)
    };
    let by_siblings = || {
        let filled =
            members.iter().filter(is_sibling).map(|sibling| sibling.order.filled_quantity.0);
        filled.fold(0, i64::saturating_add)
    };
    if contingency == Contingency::Oco {
        let rest = member.original_quantity.0.saturating_sub(by_siblings());
        return Some((Quantity(rest), true));
    }
    let first = members.iter().find(|other| other.place.index == 0)?.order;
    let triggered = member.original_quantity.min(first.filled_quantity);
    let taken = if contingency == Contingency::Bracket { by_siblings() } else { 0 };
    Some((Quantity(triggered.0.saturating_sub(taken)), first.state.is_open()))
}
