//! Orders that depend on each other: what a fill or an end of one makes of the others.
//!
//! An order of a list has a desired total: of an OCO's, what it was submitted with less what its siblings filled; of one
//! that waits for the first, what has filled of the first, at most what it was submitted with, and in a bracket less what
//! its siblings filled. A held order is released for it, one that works is replaced or canceled towards it.

use super::command::SubmitList;
use super::decide::Draft;
use super::error::DecideError;
use super::event::{
    CancelRequested, EventBody, OrderCanceled, OrderCreated, OrderReleased, ReplaceRequested,
};
use super::order::{Order, Replacement};
use super::state::{SlotIndex, State};
use super::status::OrderState;
use super::submit::{cancel_crossed, known_slot, new_order, rejection};
use super::terms::{Contingency, ListPlace, OrderTerms};
use crate::price::Quantity;
use crate::risk::checks::{self, Breach, Candidate, Verdict};
use crate::risk::exposure::OrderExposure;
use crate::risk::reason::RejectReason;

/// How many orders a list may have.
const MAX_ORDERS: usize = 16;

/// Submits orders that depend on each other: all are created, or all are rejected.
pub(super) fn submit(draft: &mut Draft<'_>, submit: &SubmitList) -> Result<(), DecideError> {
    let terms = listed_terms(submit)?;
    if is_repetition(draft.state, submit, &terms)? {
        return Ok(());
    }
    let slot = validate(draft.state, submit, &terms)?;
    let orders = new_orders(draft, slot, submit, &terms)?;
    let ahead: Vec<&OrderTerms> = terms.iter().collect();
    let candidates: Vec<Candidate<'_>> = (0..terms.len())
        .map(|index| {
            let waits = index > 0 && submit.contingency.first_triggers();
            Candidate::new(&terms[index], slot).after(&ahead[..index], waits)
        })
        .collect();
    let verdicts = candidates
        .iter()
        .map(|candidate| checks::decide(draft.state, candidate, draft.time_ns))
        .collect::<Result<Vec<_>, _>>()?;
    let is_refused = verdicts.iter().any(|verdict| *verdict != Verdict::Pass);
    for (candidate, verdict) in candidates.iter().zip(&verdicts) {
        // Nothing gives way to an order that is not taken.
        if !is_refused || *verdict != Verdict::Pass {
            cancel_crossed(draft, candidate, verdict)?;
        }
    }
    for (order, verdict) in orders.into_iter().zip(verdicts) {
        match verdict {
            _ if !is_refused => draft.push(OrderCreated { order }),
            Verdict::Pass => draft.push(rejection(order, &LIST_REFUSED, draft.time_ns)),
            // A list cannot wait for consent to one of its orders.
            Verdict::Soft(breach) | Verdict::Hard(breach) => {
                draft.push(rejection(order, &breach, draft.time_ns));
            }
        }
    }
    draft.read_prices(Some(slot));
    Ok(())
}

/// Why an order is refused that breaks no rule itself.
const LIST_REFUSED: Breach =
    Breach { reason: RejectReason::ListEnded, rule: "list", limit: None, observed: None };

/// The terms of the list's orders: the exits of a bracket may only make the position smaller.
fn listed_terms(submit: &SubmitList) -> Result<Vec<OrderTerms>, DecideError> {
    let count = submit.orders.len();
    let expected = match submit.contingency {
        Contingency::Bracket if !(2..=3).contains(&count) => "2 or 3 in a BRACKET",
        _ if !(2..=MAX_ORDERS).contains(&count) => "between 2 and 16",
        _ => {
            let mut terms = submit.orders.clone();
            if submit.contingency == Contingency::Bracket {
                for exit in &mut terms[1..] {
                    exit.reduce_only = true;
                }
            }
            return Ok(terms);
        }
    };
    Err(DecideError::invalid("orders", &count, expected))
}

/// Whether the list was submitted before, with the same orders.
fn is_repetition(
    state: &State,
    submit: &SubmitList,
    terms: &[OrderTerms],
) -> Result<bool, DecideError> {
    let known = terms.iter().zip(0_u16..).map(|(terms, place)| {
        let entry = state.book.entry(state.book.find_client(terms.client_order_id.as_str())?);
        let is_same = entry.was_submitted_as(terms)
            && entry.order.list.as_ref().is_some_and(|list| {
                list.list_id == submit.list_id
                    && list.contingency == submit.contingency
                    && list.index == place
            });
        Some((entry, is_same))
    });
    let known: Vec<_> = known.collect();
    if known.iter().all(|known| known.is_some_and(|(_, is_same)| is_same)) {
        return Ok(state.book.list(&submit.list_id).len() == terms.len());
    }
    if let Some((entry, _)) = known.into_iter().flatten().next() {
        return Err(DecideError::ClientOrderIdReused {
            client_order_id: entry.order.terms.client_order_id.clone(),
            order_id: entry.order.terms.order_id.clone(),
        });
    }
    if !state.book.list(&submit.list_id).is_empty() {
        return Err(DecideError::ListIdReused { list_id: submit.list_id.clone() });
    }
    Ok(false)
}

/// The instrument of a list that can be.
fn validate(
    state: &State,
    submit: &SubmitList,
    terms: &[OrderTerms],
) -> Result<SlotIndex, DecideError> {
    if submit.list_id.as_str().is_empty() {
        return Err(DecideError::invalid("list_id", "", "not empty"));
    }
    let first = &terms[0];
    let mut slot = 0;
    for (index, order) in terms.iter().enumerate() {
        slot = known_slot(state, order)?;
        if order.symbol != first.symbol {
            let expected = "the same for all orders of a list";
            return Err(DecideError::invalid("symbol", &order.symbol, expected));
        }
        let before = &terms[..index];
        if before.iter().any(|other| other.order_id == order.order_id) {
            return Err(DecideError::invalid("order_id", &order.order_id, "unique in its list"));
        }
        if before.iter().any(|other| other.client_order_id == order.client_order_id) {
            let expected = "unique in its list";
            return Err(DecideError::invalid("client_order_id", &order.client_order_id, expected));
        }
        let is_exit = submit.contingency == Contingency::Bracket && index > 0;
        if is_exit && order.side == first.side {
            let value = format!("{:?}", order.side).to_uppercase();
            let expected = "opposite to the entry's for a bracket's exit";
            return Err(DecideError::OrderTermsInvalid { field: "side", value, expected });
        }
    }
    Ok(slot)
}

/// The orders of the list, whose numbers are in range together.
fn new_orders(
    draft: &Draft<'_>,
    slot: SlotIndex,
    submit: &SubmitList,
    terms: &[OrderTerms],
) -> Result<Vec<Order>, DecideError> {
    let known = draft.state.slot_at(slot);
    let mut open = known.open;
    let mut orders = Vec::with_capacity(terms.len());
    for (terms, index) in terms.iter().zip(0_u16..) {
        let mut order = new_order(draft.state, slot, terms, draft.time_ns);
        order.list = Some(Box::new(ListPlace {
            list_id: submit.list_id.clone(),
            contingency: submit.contingency,
            index,
            first_order_id: submit.orders[0].order_id.clone(),
        }));
        open = open.moved(None, OrderExposure::of(&known.instrument, &order)?.as_ref())?;
        if index > 0 && submit.contingency.first_triggers() {
            order.enter(OrderState::Held);
        }
        orders.push(order);
    }
    Ok(orders)
}

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
