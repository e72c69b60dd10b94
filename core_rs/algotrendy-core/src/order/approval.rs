//! Consent to orders that wait for it. Overrides of rules are with the other controls.

use super::book::Entry;
use super::command::{Approve, Consent};
use super::control;
use super::decide::Draft;
use super::error::DecideError;
use super::event::{OrderApproved, OrderRejected};
use super::ids::OrderId;
use super::machine::Input;
use super::order::Order;
use super::report::stepped;
use super::submit::{cancel_crossed, rejection};
use crate::risk::checks::{self, Candidate, Verdict};
use crate::risk::reason::RejectReason;

/// The rule that a refusal by a person is told as.
const APPROVAL: &str = "approval";

pub(super) fn approve(draft: &mut Draft<'_>, approve: &Approve) -> Result<(), DecideError> {
    if approve.approver.as_str().is_empty() {
        return Err(DecideError::invalid("approver", "", "not empty"));
    }
    match &approve.consent {
        Consent::Grant(order_id) => grant(draft, order_id, approve),
        Consent::Deny(order_id) => deny(draft, order_id, approve),
        Consent::Override(granted) => {
            control::grant_override(draft, &approve.approver, granted, &approve.note)
        }
    }
}

/// What a person consents to still has to pass the rules that nobody can consent to.
fn grant(draft: &mut Draft<'_>, order_id: &OrderId, approve: &Approve) -> Result<(), DecideError> {
    let entry = waiting(draft, order_id, Input::Approve)?;
    if entry.order.terms.trader_id.as_ref() == Some(&approve.approver) {
        let expected = "another person than the order's trader";
        return Err(DecideError::invalid("approver", &approve.approver, expected));
    }
    let candidate = Candidate::approving(&entry.order, entry.slot);
    let verdict = checks::decide(draft.state, &candidate, draft.time_ns)?;
    if let Verdict::Hard(breach) = &verdict {
        cancel_crossed(draft, &candidate, &verdict)?;
        draft.push(rejection(entry.order.clone(), breach, draft.time_ns));
    } else {
        cancel_crossed(draft, &candidate, &Verdict::Pass)?;
        draft.push(OrderApproved {
            order_id: order_id.clone(),
            approver: approve.approver.clone(),
            note: approve.note.clone(),
        });
    }
    draft.read_prices(Some(entry.slot));
    Ok(())
}

fn deny(draft: &mut Draft<'_>, order_id: &OrderId, approve: &Approve) -> Result<(), DecideError> {
    let entry = waiting(draft, order_id, Input::Deny)?;
    let reason = RejectReason::ApprovalDenied;
    draft.push(refused(&entry.order, reason, approve.note.clone(), draft.time_ns));
    Ok(())
}

fn waiting<'a>(
    draft: &Draft<'a>,
    order_id: &OrderId,
    input: Input,
) -> Result<&'a Entry, DecideError> {
    let state = draft.state;
    let Some(index) = state.book.find(order_id.as_str()) else {
        return Err(DecideError::UnknownOrder { order_id: order_id.clone() });
    };
    let entry = state.book.entry(index);
    stepped(&entry.order, input)?;
    Ok(entry)
}

/// The event by which an order that waits is refused: by a person, or because nobody consented.
pub(super) fn refused(
    order: &Order,
    reason: RejectReason,
    text: String,
    time_ns: i64,
) -> OrderRejected {
    OrderRejected {
        order: Box::new(order.clone().rejected(reason, time_ns)),
        reason,
        rule: APPROVAL.into(),
        limit: None,
        observed: None,
        text,
    }
}
