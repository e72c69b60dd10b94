//! One order: the terms it was sent with, and what has become of it since.

use serde::{Deserialize, Serialize};

use super::ids::VenueOrderId;
use super::status::{OrderState, OrderStatus};
use super::terms::{ListPlace, OrderTerms};
use crate::price::{Notional, Price, Quantity};
use crate::risk::reason::RejectReason;

/// An order and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What the sender asked for; a replacement changes them.
    #[serde(flatten)]
    pub terms: OrderTerms,
    /// Its place in a list of orders, if it has one.
    pub list: Option<Box<ListPlace>>,
    /// Where it stands.
    pub state: OrderState,
    /// The state in FIX's words.
    pub status: OrderStatus,
    /// What has filled (FIX 14).
    pub filled_quantity: Quantity,
    /// What may still fill (FIX 151): zero once the order has ended.
    pub leaves_quantity: Quantity,
    /// Σ price × quantity over the fills; divided by `filled_quantity` it is the average price.
    pub average_price_numerator: Notional,
    /// The reference price it was checked against, its arrival price.
    pub reference_price: Option<Price>,
    /// Whether the market has reached its stop.
    pub is_triggered: bool,
    /// The venue's id, once it has told.
    pub venue_order_id: Option<VenueOrderId>,
    /// Why it was rejected.
    pub reject_reason: Option<RejectReason>,
    /// What a replacement on its way asks for.
    pub replacement: Option<Box<Replacement>>,
    /// When its time in force ends: its `expire_time_ns`, or of a DAY order without one the end of the session it was decided in.
    pub end_time_ns: Option<i64>,
    /// When it was decided.
    pub create_time_ns: i64,
    /// When it last changed.
    pub update_time_ns: i64,
}

/// The terms that a replacement changes; what is unset stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Replacement {
    /// The new total quantity (FIX 38), filled part included: positive, a multiple of the lot size.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// The new limit price.
    #[serde(default)]
    pub limit_price: Option<Price>,
    /// The new stop price.
    #[serde(default)]
    pub stop_price: Option<Price>,
}

impl Order {
    /// An order decided at `time_ns`.
    #[must_use]
    pub fn new(terms: OrderTerms, reference_price: Option<Price>, time_ns: i64) -> Self {
        Self {
            leaves_quantity: terms.quantity,
            terms,
            list: None,
            state: OrderState::PendingSend,
            status: OrderStatus::PendingNew,
            filled_quantity: Quantity::ZERO,
            average_price_numerator: Notional::ZERO,
            reference_price,
            is_triggered: false,
            venue_order_id: None,
            reject_reason: None,
            replacement: None,
            end_time_ns: None,
            create_time_ns: time_ns,
            update_time_ns: time_ns,
        }
    }

    /// Moves the order to `state`; one that has ended leaves nothing to fill.
    pub fn enter(&mut self, state: OrderState) {
        self.state = state;
        self.status = state.status(self.filled_quantity);
        if !state.is_open() {
            self.leaves_quantity = Quantity::ZERO;
        }
    }

    /// The order, refused for `reason` at `time_ns`.
    #[must_use]
    pub fn rejected(mut self, reason: RejectReason, time_ns: i64) -> Self {
        self.reject_reason = Some(reason);
        self.update_time_ns = time_ns;
        self.enter(OrderState::Rejected);
        self
    }

    /// The order after `replacement`; what has filled stays.
    #[must_use]
    pub fn replaced(&self, replacement: &Replacement) -> Self {
        let mut order = self.clone();
        order.replace(replacement);
        order
    }

    /// Changes the terms; what has filled stays.
    pub fn replace(&mut self, replacement: &Replacement) {
        let terms = &mut self.terms;
        terms.quantity = replacement.quantity.unwrap_or(terms.quantity);
        terms.limit_price = replacement.limit_price.or(terms.limit_price);
        terms.stop_price = replacement.stop_price.or(terms.stop_price);
        self.leaves_quantity = self.unfilled();
        self.replacement = None;
        self.enter(self.state);
    }

    /// What was ordered and has not filled, whether or not it still may; never below zero.
    #[must_use]
    pub fn unfilled(&self) -> Quantity {
        Quantity(self.terms.quantity.0.saturating_sub(self.filled_quantity.0).max(0))
    }

    /// Whether only the venue's own evidence can tell the order's fate.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.state == OrderState::Unknown
    }

    /// The price its cash and exposure are reserved at: its limit, its stop, or its arrival price.
    #[must_use]
    pub fn valuation_price(&self) -> Option<Price> {
        self.terms.valuation_price(self.reference_price)
    }
}
