//! What a sender asks for: the terms of one order, and how the orders of a list depend on each other.

use serde::{Deserialize, Serialize};

use super::ids::{ClientOrderId, OrderId, OrderListId, PersonId, StrategyId, Symbol};
use crate::price::{Price, Quantity};

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
    /// The other one.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

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
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum OrderType {
    /// At the best price there is.
    Market,
    /// At `limit_price` or better.
    Limit,
    /// A market order once the market has traded at `stop_price` or beyond.
    Stop,
    /// A limit order once the market has traded at `stop_price` or beyond.
    StopLimit,
    /// A stop that follows the market at the distance of `trail`, towards it and never back.
    TrailingStop,
}

impl OrderType {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Market, Self::Limit, Self::Stop, Self::StopLimit, Self::TrailingStop];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Market => "MARKET",
            Self::Limit => "LIMIT",
            Self::Stop => "STOP",
            Self::StopLimit => "STOP_LIMIT",
            Self::TrailingStop => "TRAILING_STOP",
        }
    }

    /// Whether it has a `limit_price`.
    #[must_use]
    pub const fn has_limit(self) -> bool {
        matches!(self, Self::Limit | Self::StopLimit)
    }

    /// Whether it waits for the market to reach a price before it works.
    #[must_use]
    pub const fn has_trigger(self) -> bool {
        matches!(self, Self::Stop | Self::StopLimit | Self::TrailingStop)
    }
}

/// How long an order lives (FIX 59).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum TimeInForce {
    /// Until the end of the session: of the instrument's calendar, or `expire_time_ns` where the sender knows better.
    Day,
    /// Until it is canceled.
    Gtc,
    /// What fills at once; the rest is canceled.
    Ioc,
    /// All at once or nothing.
    Fok,
    /// Until `expire_time_ns`.
    Gtd,
}

impl TimeInForce {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Day, Self::Gtc, Self::Ioc, Self::Fok, Self::Gtd];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Gtc => "GTC",
            Self::Ioc => "IOC",
            Self::Fok => "FOK",
            Self::Gtd => "GTD",
        }
    }
}

/// How far a trailing stop stays behind the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trail {
    /// By a price difference: positive, a multiple of the tick size.
    Offset(Price),
    /// By a share of the market price, in basis points: positive, below 10,000.
    Bps(u32),
}

/// How the orders of a list depend on each other (FIX 1385).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Contingency {
    /// One cancels the other: a fill of one, also in part, takes as much from the others; a full one cancels them.
    Oco,
    /// One triggers the other: the first works at once, the others once it fills, for as much as has filled.
    Oto,
    /// An OTO whose other orders are an OCO: an entry, its stop and its target.
    Bracket,
}

impl Contingency {
    /// Whether the orders after the first wait for it to fill.
    #[must_use]
    pub const fn first_triggers(self) -> bool {
        matches!(self, Self::Oto | Self::Bracket)
    }
}

/// An order's place in a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ListPlace {
    /// The list.
    pub list_id: OrderListId,
    /// How its orders depend on each other.
    pub contingency: Contingency,
    /// 0 for the list's first order.
    pub index: u16,
    /// The list's first order.
    pub first_order_id: OrderId,
}

/// What the sender asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderTerms {
    /// Ours, made by the caller; new on a retry.
    pub order_id: OrderId,
    /// The client's; the same on a retry.
    pub client_order_id: ClientOrderId,
    /// The instrument.
    pub symbol: Symbol,
    /// Which way it trades.
    pub side: Side,
    /// How it is priced.
    pub order_type: OrderType,
    /// Positive, a multiple of the lot size.
    pub quantity: Quantity,
    /// Of a `LIMIT` or `STOP_LIMIT` order, a multiple of the tick size; others have none.
    #[serde(default)]
    pub limit_price: Option<Price>,
    /// Of a `STOP` or `STOP_LIMIT` order, a multiple of the tick size; optional for a `TRAILING_STOP`, whose first stop it is.
    #[serde(default)]
    pub stop_price: Option<Price>,
    /// Of a `TRAILING_STOP` order; others have none.
    #[serde(default)]
    pub trail: Option<Trail>,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// When a GTD order ends; optional for a DAY order; others have none.
    #[serde(default)]
    pub expire_time_ns: Option<i64>,
    /// Whether it is refused by the venue instead of trading at once.
    #[serde(default)]
    pub post_only: bool,
    /// Whether it may only make the position smaller.
    #[serde(default)]
    pub reduce_only: bool,
    /// The strategy it is sent for, if any.
    #[serde(default)]
    pub strategy_id: Option<StrategyId>,
    /// Who sends it, if that is to be checked.
    #[serde(default)]
    pub trader_id: Option<PersonId>,
    /// When its sender made it, by the sender's clock, if that is to be checked.
    #[serde(default)]
    pub sending_time_ns: Option<i64>,
}

impl OrderTerms {
    /// A market order that may only make a position smaller, good until canceled.
    #[must_use]
    pub fn closing(
        (order_id, client_order_id): (OrderId, ClientOrderId),
        symbol: Symbol,
        side: Side,
        quantity: Quantity,
        strategy_id: Option<StrategyId>,
    ) -> Self {
        Self {
            order_id,
            client_order_id,
            symbol,
            side,
            order_type: OrderType::Market,
            quantity,
            limit_price: None,
            stop_price: None,
            trail: None,
            time_in_force: TimeInForce::Gtc,
            expire_time_ns: None,
            post_only: false,
            reduce_only: true,
            strategy_id,
            trader_id: None,
            sending_time_ns: None,
        }
    }

    /// The price that cash and exposure are reserved at: its limit, its stop, or the `reference` price.
    #[must_use]
    pub fn valuation_price(&self, reference: Option<Price>) -> Option<Price> {
        match self.order_type {
            OrderType::Limit | OrderType::StopLimit => self.limit_price,
            OrderType::Stop | OrderType::TrailingStop => self.stop_price.or(reference),
            OrderType::Market => reference,
        }
    }

    /// Whether `other` asks for the same thing: all terms but our own `order_id` and the sending time are equal.
    #[must_use]
    pub fn is_repeated_by(&self, other: &Self) -> bool {
        self.client_order_id == other.client_order_id
            && self.strategy_id == other.strategy_id
            && self.trader_id == other.trader_id
            && self.post_only == other.post_only
            && self.asks_the_same_as(other)
    }

    /// Whether `other` would trade the same: what check 6 calls the same terms.
    #[must_use]
    pub fn asks_the_same_as(&self, other: &Self) -> bool {
        self.symbol == other.symbol
            && self.side == other.side
            && self.order_type == other.order_type
            && self.quantity == other.quantity
            && self.limit_price == other.limit_price
            && self.stop_price == other.stop_price
            && self.trail == other.trail
            && self.time_in_force == other.time_in_force
            && self.expire_time_ns == other.expire_time_ns
            && self.reduce_only == other.reduce_only
    }
}
