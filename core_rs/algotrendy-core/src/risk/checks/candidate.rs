//! What is checked: a new order, an open one that is to be changed, or one that a person consents to.

use crate::order::order::Order;
use crate::order::state::SlotIndex;
use crate::order::terms::OrderTerms;
use crate::price::Quantity;

/// Why an order is checked.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// It is to be sent.
    New,
    /// It is to take the place of an open one.
    Replacement(&'a Order),
    /// It waits, and a person consents.
    Approval(&'a Order),
}

/// An order as it would be.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its terms; of a replacement, with what it changes.
    pub terms: &'a OrderTerms,
    /// Its instrument.
    pub slot: SlotIndex,
    /// What may fill.
    pub leaves: Quantity,
    /// Why it is checked.
    pub purpose: Purpose<'a>,
    /// The orders of its list before it, which count as open.
    pub ahead: &'a [&'a OrderTerms],
    /// Whether it waits for the first of them to fill, and works on the position that this makes.
    pub waits: bool,
}

impl<'a> Candidate<'a> {
    /// A new order.
    #[must_use]
    pub const fn new(terms: &'a OrderTerms, slot: SlotIndex) -> Self {
        let leaves = terms.quantity;
        Self { terms, slot, leaves, purpose: Purpose::New, ahead: &[], waits: false }
    }

    /// A new order of a list, after others, whose first it may wait for.
    #[must_use]
    pub const fn after(self, ahead: &'a [&'a OrderTerms], waits: bool) -> Self {
        Self { ahead, waits, ..self }
    }

    /// `order` with other terms.
    #[must_use]
    pub const fn replacing(order: &'a Order, terms: &'a OrderTerms, slot: SlotIndex) -> Self {
        // Both are positive, so that the difference stays in range.
        let leaves = Quantity(terms.quantity.0 - order.filled_quantity.0);
        let purpose = Purpose::Replacement(order);
        Self { terms, slot, leaves, purpose, ahead: &[], waits: false }
    }

    /// `order`, which waits for consent.
    #[must_use]
    pub const fn approving(order: &'a Order, slot: SlotIndex) -> Self {
        let (terms, leaves) = (&order.terms, order.leaves_quantity);
        let purpose = Purpose::Approval(order);
        Self { terms, slot, leaves, purpose, ahead: &[], waits: false }
    }

    /// The order as it is open now, which the candidate takes the place of.
    #[must_use]
    pub const fn own(&self) -> Option<&'a Order> {
        match self.purpose {
            Purpose::New => None,
            Purpose::Replacement(order) | Purpose::Approval(order) => Some(order),
        }
    }

    /// Whether it is an open order with a smaller total and nothing else changed.
    pub(super) fn only_lowers(&self) -> bool {
        let Purpose::Replacement(order) = self.purpose else { return false };
        let before = &order.terms;
        self.terms.quantity <= before.quantity
            && self.terms.limit_price == before.limit_price
            && self.terms.stop_price == before.stop_price
    }

    /// What the first order of its list adds to the position before it works, with its sign.
    pub(super) fn awaited(&self) -> i64 {
        let first = self.ahead.first().filter(|_| self.waits);
        first.map_or(0, |first| first.side.signed(first.quantity).0)
    }
}
