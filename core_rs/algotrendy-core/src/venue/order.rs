//! An order as the venue knows it: what it was sent, and how much of it is left.

use crate::order::ids::{ExecutionId, OrderId, OrderListId, Symbol};
use crate::order::order::Order;
use crate::order::terms::{Contingency, OrderType, Side, TimeInForce, Trail};
use crate::price::{Price, Quantity};

/// What the venue is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueOrder {
    /// The sender's id of it.
    pub order_id: OrderId,
    /// The instrument.
    pub symbol: Symbol,
    /// Which way it trades.
    pub side: Side,
    /// How it is priced.
    pub order_type: OrderType,
    /// Its total, the filled part included.
    pub quantity: Quantity,
    /// What has filled of it already: zero for a new order.
    pub filled_quantity: Quantity,
    /// Of a LIMIT or `STOP_LIMIT` order.
    pub limit_price: Option<Price>,
    /// Of an order that waits for a price. A `TRAILING_STOP` without one starts at its distance from the market.
    pub stop_price: Option<Price>,
    /// Of a `TRAILING_STOP` order.
    pub trail: Option<Trail>,
    /// Whether the market has reached its stop already.
    pub is_triggered: bool,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// When a DAY or GTD order ends; unset: never.
    pub expire_time_ns: Option<i64>,
    /// Whether it is refused instead of trading at once.
    pub post_only: bool,
    /// Whether it may only make the position smaller.
    pub reduce_only: bool,
    /// The list whose other exits or alternatives a fill of it takes from.
    pub oco_list: Option<OrderListId>,
    /// When it was decided: it meets no bar that opened before.
    pub decided_time_ns: i64,
    /// How many reports the venue has made of it: zero for a new order; else execution ids go on from there.
    pub report_count: u32,
}

impl Default for VenueOrder {
    /// A market order to buy nothing, whose names are empty.
    fn default() -> Self {
        Self {
            order_id: OrderId::default(),
            symbol: Symbol::default(),
            side: Side::Buy,
            order_type: OrderType::Market,
            quantity: Quantity::ZERO,
            filled_quantity: Quantity::ZERO,
            limit_price: None,
            stop_price: None,
            trail: None,
            is_triggered: false,
            time_in_force: TimeInForce::Gtc,
            expire_time_ns: None,
            post_only: false,
            reduce_only: false,
            oco_list: None,
            decided_time_ns: 0,
            report_count: 0,
        }
    }
}

impl VenueOrder {
    /// What is sent of `order`.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let mut sent = Self::default();
        sent.take_over(order);
        sent
    }

    /// Becomes what is sent of `order`: in place, because it is large.
    pub(super) fn take_over(&mut self, order: &Order) {
        let terms = &order.terms;
        self.order_id.clone_from(&terms.order_id);
        self.symbol.clone_from(&terms.symbol);
        self.side = terms.side;
        self.order_type = terms.order_type;
        self.quantity = Quantity(order.leaves_quantity.0.saturating_add(order.filled_quantity.0));
        self.filled_quantity = order.filled_quantity;
        self.limit_price = terms.limit_price;
        self.stop_price = terms.stop_price;
        self.trail = terms.trail;
        self.is_triggered = order.is_triggered;
        self.time_in_force = terms.time_in_force;
        self.expire_time_ns = order.end_time_ns.or(terms.expire_time_ns);
        self.post_only = terms.post_only;
        self.reduce_only = terms.reduce_only;
        self.oco_list = oco_list(order);
        self.decided_time_ns = order.create_time_ns;
        self.report_count = 0;
    }

    /// The same order of a venue that is rebuilt after a restart: its next execution id follows on `execution_id`.
    #[must_use]
    pub fn after(mut self, execution_id: &ExecutionId) -> Self {
        let number = execution_id.as_str().rsplit_once('-').map(|(_, number)| number.parse());
        if let Some(Ok(number)) = number {
            self.report_count = self.report_count.max(number);
        }
        self
    }

    /// What may still fill.
    pub(super) fn leaves(&self) -> i64 {
        self.quantity.0.saturating_sub(self.filled_quantity.0)
    }

    /// Whether it still waits for its stop.
    pub(super) fn waits(&self) -> bool {
        self.order_type.has_trigger() && !self.is_triggered
    }

    /// Whether it lives only for its first chance.
    pub(super) fn is_immediate(&self) -> bool {
        matches!(self.time_in_force, TimeInForce::Ioc | TimeInForce::Fok)
    }

    /// The limit that `price` is no worse than, or `price` itself.
    pub(super) fn within_limit(&self, price: Price) -> Price {
        match (self.limit_price, self.side) {
            (Some(limit), Side::Buy) => price.min(limit),
            (Some(limit), Side::Sell) => price.max(limit),
            (None, _) => price,
        }
    }

    /// Whether the market's `price` is `distance` or more beyond `level`, towards a fill of a resting order.
    pub(super) fn is_reached(&self, level: Price, price: Price, distance: i64) -> bool {
        match self.side {
            Side::Buy => price.0 <= level.0.saturating_sub(distance),
            Side::Sell => price.0 >= level.0.saturating_add(distance),
        }
    }

    /// Whether the market's `price` has reached the stop at `stop`.
    pub(super) fn is_stopped(&self, stop: Price, price: Price) -> bool {
        match self.side {
            Side::Buy => price >= stop,
            Side::Sell => price <= stop,
        }
    }

    /// Moves a trailing stop after the market's `price`, and never back. Off the tick, it stays further behind.
    pub(super) fn ratchet(&mut self, price: Price, tick_size: i64) {
        let Some(trail) = self.trail else { return };
        let distance = match trail {
            Trail::Offset(offset) => i128::from(offset.0),
            // Rounded up, so that a stop is never nearer than was asked for.
            Trail::Bps(bps) => -(-(i128::from(price.0).abs() * i128::from(bps))).div_euclid(10_000),
        };
        let (price, tick_size) = (i128::from(price.0), i128::from(tick_size));
        let stop = match self.side {
            Side::Sell => (price - distance).div_euclid(tick_size) * tick_size,
            Side::Buy => -(-(price + distance)).div_euclid(tick_size) * tick_size,
        };
        // A stop beyond the range of prices is never reached, and neither is none.
        let Ok(stop) = i64::try_from(stop).map(Price) else { return };
        self.stop_price = Some(match (self.stop_price, self.side) {
            (Some(held), Side::Sell) => held.max(stop),
            (Some(held), Side::Buy) => held.min(stop),
            (None, _) => stop,
        });
    }
}

/// A bracket's exits are alternatives, its entry is not.
fn oco_list(order: &Order) -> Option<OrderListId> {
    let place = order.list.as_ref()?;
    let is_alternative = match place.contingency {
        Contingency::Oco => true,
        Contingency::Bracket => place.index > 0,
        Contingency::Oto => false,
    };
    is_alternative.then(|| place.list_id.clone())
}
