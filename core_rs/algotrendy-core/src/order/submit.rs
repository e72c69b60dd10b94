//! A submitted order: refused when its terms are wrong, rejected when a check fails, created otherwise.

use super::change::cancel_order;
use super::decide::{check_time, Draft};
use super::error::DecideError;
use super::event::{ApprovalRequested, OrderCreated, OrderRejected};
use super::order::Order;
use super::state::{Slot, SlotIndex, State};
use super::status::OrderState;
use super::terms::{OrderTerms, TimeInForce};
use super::validate::{validate, validate_terms};
use crate::risk::checks::{self, Breach, Candidate, Report, Verdict};
use crate::risk::exposure::OrderExposure;
use crate::risk::limits::SelfTrade;
use crate::risk::reason::RejectReason;
use crate::time::DAY_NS;

pub(super) fn submit(draft: &mut Draft<'_>, terms: &OrderTerms) -> Result<(), DecideError> {
    let is_new = draft.state.book.has_neither_id(terms);
    if !is_new && is_repetition(draft.state, terms)? {
        return Ok(());
    }
    let slot = valid_slot(draft.state, terms)?;
    if !is_new {
        check_order_id(draft.state, terms)?;
    }
    submit_known(draft, slot, terms)
}

/// Submits an order whose terms are right and whose ids are new.
pub(super) fn submit_known(
    draft: &mut Draft<'_>,
    slot: SlotIndex,
    terms: &OrderTerms,
) -> Result<(), DecideError> {
    let candidate = Candidate::new(terms, slot);
    // Its numbers are in range, with those of the open orders: the checks reckon with them.
    let verdict = checks::decide(draft.state, &candidate, draft.time_ns)?;
    cancel_crossed(draft, &candidate, &verdict)?;
    let (state, time_ns) = (draft.state, draft.time_ns);
    let order = || new_order(state, slot, terms, time_ns);
    match verdict {
        Verdict::Pass => draft.push_with(|| OrderCreated { order: order() }),
        Verdict::Hard(breach) => draft.push(rejection(order(), &breach, time_ns)),
        Verdict::Soft(breach) => wait_for_approval(draft, order(), &breach),
    }
    draft.read_prices(Some(slot));
    Ok(())
}

/// Creates an order that passes no checks, as one that flattens a position after a kill.
pub(super) fn create_unchecked(
    draft: &mut Draft<'_>,
    slot: SlotIndex,
    terms: &OrderTerms,
) -> Result<(), DecideError> {
    let order = new_order(draft.state, slot, terms, draft.time_ns);
    let known = draft.state.slot_at(slot);
    known.open.moved(None, OrderExposure::of(&known.instrument, &order)?.as_ref())?;
    draft.push(OrderCreated { order });
    Ok(())
}

/// Cancels the open orders that an order would trade with, where that is what prevents self-trades.
pub(super) fn cancel_crossed(
    draft: &mut Draft<'_>,
    candidate: &Candidate<'_>,
    verdict: &Verdict,
) -> Result<(), DecideError> {
    let Some(limits) = draft.state.limits() else { return Ok(()) };
    let gives_way = match (limits.self_trade, verdict) {
        (SelfTrade::CancelOldest, Verdict::Pass) => !candidate.waits,
        (SelfTrade::CancelBoth, Verdict::Hard(breach)) => {
            breach.reason == RejectReason::SelfTradePrevented
        }
        _ => false,
    };
    if !gives_way {
        return Ok(());
    }
    for crossed in checks::crossed(draft.state, candidate) {
        if !draft.cancels(&crossed.terms.order_id) {
            cancel_order(draft, crossed)?;
        }
    }
    Ok(())
}

/// What every pre-trade check would say of an order at `time_ns`, whatever its ids: a dry run, of which nothing remains.
///
/// # Errors
/// [`DecideError`] if the order's terms are wrong, or time went back.
pub fn check(
    state: &State,
    terms: &OrderTerms,
    time_ns: i64,
    report: &mut Report,
) -> Result<(), DecideError> {
    check_time(state, time_ns)?;
    let Some(slot) = state.slot_again(&terms.symbol) else {
        return Err(DecideError::unknown_instrument(&terms.symbol));
    };
    validate_terms(&state.slot_at(slot).instrument, terms)?;
    let candidate = Candidate::new(terms, slot);
    Ok(checks::report(state, &candidate, time_ns, report)?)
}

/// Whether the sender's id of the order was used for the same order before.
pub(super) fn is_repetition(state: &State, terms: &OrderTerms) -> Result<bool, DecideError> {
    let Some(index) = state.book.find_client(terms.client_order_id.as_str()) else {
        return Ok(false);
    };
    let first = state.book.entry(index);
    if first.was_submitted_as(terms) {
        return Ok(true);
    }
    Err(DecideError::ClientOrderIdReused {
        client_order_id: terms.client_order_id.clone(),
        order_id: first.order.terms.order_id.clone(),
    })
}

/// The instrument of terms that are right, and whose order id is new.
pub(super) fn known_slot(state: &State, terms: &OrderTerms) -> Result<SlotIndex, DecideError> {
    let index = valid_slot(state, terms)?;
    check_order_id(state, terms)?;
    Ok(index)
}

/// The instrument of terms that are right.
fn valid_slot(state: &State, terms: &OrderTerms) -> Result<SlotIndex, DecideError> {
    let Some(index) = state.slot_again(&terms.symbol) else {
        return Err(DecideError::unknown_instrument(&terms.symbol));
    };
    validate(&state.slot_at(index).instrument, terms)?;
    Ok(index)
}

fn check_order_id(state: &State, terms: &OrderTerms) -> Result<(), DecideError> {
    if state.book.find(terms.order_id.as_str()).is_some() {
        return Err(DecideError::OrderIdReused { order_id: terms.order_id.clone() });
    }
    Ok(())
}

/// The order that `terms` make at `time_ns`.
pub(super) fn new_order(
    state: &State,
    index: SlotIndex,
    terms: &OrderTerms,
    time_ns: i64,
) -> Order {
    let slot = state.slot_at(index);
    let reference_price = slot.reference.as_ref().map(|reference| reference.price);
    Order {
        end_time_ns: end_time_ns(state, slot, terms, time_ns),
        ..Order::new(terms.clone(), reference_price, time_ns)
    }
}

/// When an order's time in force ends. A DAY order lives until its session closes, or the next one where none is open;
/// where there are no sessions until the trading day ends.
fn end_time_ns(state: &State, slot: &Slot, terms: &OrderTerms, time_ns: i64) -> Option<i64> {
    if terms.time_in_force != TimeInForce::Day || terms.expire_time_ns.is_some() {
        return terms.expire_time_ns;
    }
    let calendar = state.calendar_of(&slot.instrument);
    let close_time_ns = calendar.and_then(|calendar| calendar.next_close_time_ns(time_ns));
    close_time_ns.or_else(|| state.day_end_time_ns(time_ns))
}

/// The event by which a check refuses an order.
pub(super) fn rejection(order: Order, breach: &Breach, time_ns: i64) -> OrderRejected {
    OrderRejected {
        order: Box::new(order.rejected(breach.reason, time_ns)),
        reason: breach.reason,
        rule: breach.rule.into(),
        limit: breach.limit,
        observed: breach.observed,
        text: String::new(),
    }
}

fn wait_for_approval(draft: &mut Draft<'_>, mut order: Order, breach: &Breach) {
    order.enter(OrderState::PendingApproval);
    let ttl_ns = draft.state.limits().map_or(0, |limits| limits.approval_ttl_ns);
    let requested = ApprovalRequested {
        order_id: order.terms.order_id.clone(),
        reason: breach.reason,
        rule: breach.rule.into(),
        limit: breach.limit,
        observed: breach.observed,
        expire_time_ns: draft.time_ns.saturating_add(ttl_ns),
    };
    draft.push(OrderCreated { order });
    draft.push(requested);
}

impl State {
    /// When the trading day that holds `time_ns` began.
    #[must_use]
    pub fn day_start_time_ns(&self, time_ns: i64) -> i64 {
        let day_start_ns = self.limits().map_or(0, |limits| limits.day_start_ns);
        let since = time_ns.saturating_sub(day_start_ns).rem_euclid(DAY_NS);
        time_ns.saturating_sub(since)
    }
    /// When the trading day that holds `time_ns` ends; `None` where that is after the last nanosecond.
    pub(crate) fn day_end_time_ns(&self, time_ns: i64) -> Option<i64> {
        self.day_start_time_ns(time_ns).checked_add(DAY_NS)
    }
}
