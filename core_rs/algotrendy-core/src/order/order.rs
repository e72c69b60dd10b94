//! One order: the terms it was sent with, and what has become of it since.

use serde::{Deserialize, Serialize};

use super::ids::{ClientOrderId, OrderId, StrategyId, VenueOrderId};
use crate::price::{Notional, Price, Quantity};

/// Which way an order trades (FIX 54).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Side {
    /// Adds to the position.
    Buy,
    /// Takes from the position, below zero where shorting is allowed.
    Sell,
}

impl Side {
    /// `quantity` with the sign it has in a position.
    ///
    /// A quantity is positive by the time it is signed, so the negation stays in range.
    #[must_use]
    pub const fn signed(self, quantity: Quantity) -> Quantity {
        match self {
            Self::Buy => quantity,
            Self::Sell => Quantity(-quantity.0),
        }
    }
}

/// How an order is priced (FIX 40).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum OrderType {
    /// At the best price there is.
    Market,
    /// At `limit_price` or better.
    Limit,
}

/// How long an order lives (FIX 59).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum TimeInForce {
    /// Until `expire_time_ns`, the end of the trading day as the sender knows it.
    Day,
    /// Until it is canceled.
    Gtc,
}

/// What has become of an order, in FIX's words (FIX 39).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    /// Accepted by the pre-trade checks, not yet by the venue.
    PendingNew,
    /// Accepted by the venue, nothing filled.
    New,
    /// Accepted by the venue, filled in part.
    PartiallyFilled,
    /// Filled in full.
    Filled,
    /// A cancel is on its way to the venue; fills may still come.
    PendingCancel,
    /// Canceled; what filled before, or crossed the cancel, stays filled.
    Canceled,
    /// Refused by a pre-trade check or by the venue.
    Rejected,
    /// Ended by its time in force.
    Expired,
}

impl OrderStatus {
    /// All of them, in the order an order can meet them.
    pub const ALL: [Self; 8] = [
        Self::PendingNew,
        Self::New,
        Self::PartiallyFilled,
        Self::Filled,
        Self::PendingCancel,
        Self::Canceled,
        Self::Rejected,
        Self::Expired,
    ];

    /// Whether more of the order may fill, as far as is known.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::PendingNew | Self::New | Self::PartiallyFilled | Self::PendingCancel)
    }

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PendingNew => "PENDING_NEW",
            Self::New => "NEW",
            Self::PartiallyFilled => "PARTIALLY_FILLED",
            Self::Filled => "FILLED",
            Self::PendingCancel => "PENDING_CANCEL",
            Self::Canceled => "CANCELED",
            Self::Rejected => "REJECTED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// What the sender asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTerms {
    /// Ours, made by the caller; new on a retry.
    pub order_id: OrderId,
    /// The client's; the same on a retry.
    pub client_order_id: ClientOrderId,
    /// The instrument.
    pub symbol: String,
    /// Which way it trades.
    pub side: Side,
    /// How it is priced.
    pub order_type: OrderType,
    /// Positive, a multiple of the lot size.
    pub quantity: Quantity,
    /// A limit order's, a multiple of the tick size; a market order has none.
    #[serde(default)]
    pub limit_price: Option<Price>,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// When a DAY order ends; a GTC order has none.
    #[serde(default)]
    pub expire_time_ns: Option<i64>,
    /// The strategy it is sent for, if any.
    #[serde(default)]
    pub strategy_id: Option<StrategyId>,
}

impl OrderTerms {
    /// Whether `other` asks for the same thing: all terms but our own `order_id` are equal.
    #[must_use]
    pub fn is_repeated_by(&self, other: &Self) -> bool {
        self.client_order_id == other.client_order_id
            && self.symbol == other.symbol
            && self.side == other.side
            && self.order_type == other.order_type
            && self.quantity == other.quantity
            && self.limit_price == other.limit_price
            && self.time_in_force == other.time_in_force
            && self.expire_time_ns == other.expire_time_ns
            && self.strategy_id == other.strategy_id
    }
}

/// An order and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What the sender asked for.
    #[serde(flatten)]
    pub terms: OrderTerms,
    /// What has become of it.
    pub status: OrderStatus,
    /// What has filled (FIX 14).
    pub filled_quantity: Quantity,
    /// What may still fill (FIX 151): zero once the order has ended.
    pub leaves_quantity: Quantity,
    /// Σ price × quantity over the fills; divided by `filled_quantity` it is the average price.
    pub average_price_numerator: Notional,
    /// The reference price it was checked against, its arrival price.
    pub reference_price: Option<Price>,
    /// The venue's id, once it has told.
    pub venue_order_id: Option<VenueOrderId>,
    /// Why it was rejected.
    pub reject_reason: Option<String>,
    /// When it was decided.
    pub create_time_ns: i64,
    /// When it last changed.
    pub update_time_ns: i64,
}

impl Order {
    /// An order that passed its checks at `time_ns`.
    #[must_use]
    pub fn new(terms: OrderTerms, reference_price: Option<Price>, time_ns: i64) -> Self {
        Self {
            leaves_quantity: terms.quantity,
            terms,
            status: OrderStatus::PendingNew,
            filled_quantity: Quantity::ZERO,
            average_price_numerator: Notional::ZERO,
            reference_price,
            venue_order_id: None,
            reject_reason: None,
            create_time_ns: time_ns,
            update_time_ns: time_ns,
        }
    }

    /// The order, refused for `reason` at `time_ns`.
    #[must_use]
    pub fn rejected(mut self, reason: &str, time_ns: i64) -> Self {
        self.status = OrderStatus::Rejected;
        self.leaves_quantity = Quantity::ZERO;
        self.reject_reason = Some(reason.to_owned());
        self.update_time_ns = time_ns;
        self
    }

    /// The price its cash and exposure are reserved at: its limit, or its arrival price.
    #[must_use]
    pub fn valuation_price(&self) -> Option<Price> {
        self.terms.limit_price.or(self.reference_price)
    }
}
