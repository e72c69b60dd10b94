//! Replacements of open orders: they pass the same checks as the order would with its new terms.

use super::book::Entry;
use super::command::Replace;
use super::decide::Draft;
use super::error::DecideError;
use super::event::{ReplaceRefused, ReplaceRequested};
use super::fill::check_exposure;
use super::machine::Input;
use super::order::{Order, Replacement};
use super::report::stepped;
use super::submit::cancel_crossed;
use super::terms::Contingency;
use super::validate::{validate_price, validate_quantity};
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::price::Price;
use crate::risk::checks::{self, Candidate, Verdict};

pub(super) fn replace(draft: &mut Draft<'_>, replace: &Replace) -> Result<(), DecideError> {
    let Replace { order_id, replacement } = replace;
    let state = draft.state;
    let Some(index) = state.book.find(order_id.as_str()) else {
        return Err(DecideError::UnknownOrder { order_id: order_id.clone() });
    };
    let entry = state.book.entry(index);
    let order = &entry.order;
    validate(&state.slot_at(entry.slot).instrument, order, replacement)?;
    let after = order.replaced(replacement);
    if order.replacement.as_deref() == Some(replacement) || after.terms == order.terms {
        return Ok(());
    }
    stepped(order, Input::Replace)?;
    if after.leaves_quantity.0 == 0 {
        let value = quantity(&state.slot_at(entry.slot).instrument, after.terms.quantity.0);
        let (field, expected) = ("quantity", "more than has filled");
        return Err(DecideError::OrderTermsInvalid { field, value, expected });
    }
    decide(draft, entry, replacement, &after)
}

fn decide(
    draft: &mut Draft<'_>,
    entry: &Entry,
    replacement: &Replacement,
    after: &Order,
) -> Result<(), DecideError> {
    let order_id = entry.order.terms.order_id.clone();
    let replacement = *replacement;
    let candidate = Candidate::replacing(&entry.order, &after.terms, entry.slot);
    let verdict = checks::decide(draft.state, &candidate, draft.time_ns)?;
    cancel_crossed(draft, &candidate, &verdict)?;
    match verdict {
        Verdict::Pass => {
            check_exposure(draft, entry, after)?;
            draft.push(ReplaceRequested { order_id, replacement });
        }
        // The order stands as it is meanwhile, so that nothing has to wait for a person.
        Verdict::Soft(breach) | Verdict::Hard(breach) => draft.push(ReplaceRefused {
            order_id,
            replacement,
            reason: breach.reason,
            rule: breach.rule.into(),
            limit: breach.limit,
            observed: breach.observed,
        }),
    }
    draft.read_prices(Some(entry.slot));
    Ok(())
}

/// Refuses what is wrong whatever the account holds.
fn validate(
    instrument: &Instrument,
    order: &Order,
    replacement: &Replacement,
) -> Result<(), DecideError> {
    let wrong =
        |field, value, expected| Err(DecideError::OrderTermsInvalid { field, value, expected });
    let price = |price: Price| Decimal::new(price.0.into(), instrument.price_scale()).to_string();
    if *replacement == Replacement::default() {
        return Err(DecideError::invalid("replacement", "", "at least one change"));
    }
    if let Some(total) = replacement.quantity {
        if total_is_the_lists(order) {
            let expected = "unset for an order whose list decides it";
            return wrong("quantity", quantity(instrument, total.0), expected);
        }
        validate_quantity(instrument, total)?;
    }
    if let Some(limit) = replacement.limit_price {
        if !order.terms.order_type.has_limit() {
            return wrong("limit_price", price(limit), "unset unless LIMIT or STOP_LIMIT");
        }
        validate_price(instrument, limit)?;
    }
    if let Some(stop) = replacement.stop_price {
        if !order.terms.order_type.has_trigger() {
            return wrong("stop_price", price(stop), "unset unless the order has a stop");
        }
        validate_price(instrument, stop)?;
    }
    Ok(())
}

/// Whether the order's total follows from what others of its list fill.
fn total_is_the_lists(order: &Order) -> bool {
    order
        .list
        .as_ref()
        .is_some_and(|place| place.contingency == Contingency::Oco || place.index > 0)
}

fn quantity(instrument: &Instrument, units: i64) -> String {
    Decimal::new(units.into(), instrument.quantity_scale()).to_string()
}
