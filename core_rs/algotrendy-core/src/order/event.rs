//! What has happened. Events say what became true, never how to compute it: folding an old event needs no old rule.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::ids::{ClientOrderId, ExecutionId, OrderId, StrategyId, VenueOrderId};
use super::order::{Order, OrderStatus, Side};
use super::tagged::tagged_enum;
use crate::instrument::{Currency, Instrument};
use crate::portfolio::cost::Cash;
use crate::price::{Notional, Price, Quantity};
use crate::risk::limits::Limits;

/// One event and its place in the account's history.
///
/// In a map, `sequence`, `record_sequence`, `time_ns` and `type` come before the body's entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// 1 for the account's first event, then without a gap.
    pub sequence: u64,
    /// The journal record that holds it: 1 for the account's first, then without a gap.
    pub record_sequence: u64,
    /// When it was decided.
    pub time_ns: i64,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = Event;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .write_str("an event: `sequence`, `record_sequence`, `time_ns`, `type`, then its body")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        let sequence = entry(&mut map, "sequence")?;
        let record_sequence = entry(&mut map, "record_sequence")?;
        let time_ns = entry(&mut map, "time_ns")?;
        let body = EventBody::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Event { sequence, record_sequence, time_ns, body })
    }
}

fn entry<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    map: &mut A,
    name: &'static str,
) -> Result<T, A::Error> {
    match map.next_key::<String>()? {
        Some(key) if key == name => map.next_value(),
        _ => Err(A::Error::missing_field(name)),
    }
}

tagged_enum! {
    /// What happened.
    pub enum EventBody {
        /// Cash was added.
        CashDeposited(CashDeposited),
        /// Cash was taken.
        CashWithdrawn(CashWithdrawn),
        /// An instrument became known.
        InstrumentRegistered(InstrumentRegistered),
        /// Limits took effect.
        LimitsSet(LimitsSet),
        /// An order passed its checks and is to be sent.
        OrderCreated(OrderCreated),
        /// An order was refused, by a check or by the venue.
        OrderRejected(OrderRejected),
        /// The venue took an order.
        OrderAccepted(OrderAccepted),
        /// Part or all of an order traded.
        OrderFilled(OrderFilled),
        /// A cancel is to be sent.
        CancelRequested(CancelRequested),
        /// The venue canceled an order.
        OrderCanceled(OrderCanceled),
        /// An order's time in force ended.
        OrderExpired(OrderExpired),
        /// A position that was flat no longer is.
        PositionOpened(PositionOpened),
        /// A position grew or shrank.
        PositionChanged(PositionChanged),
        /// A position became flat.
        PositionClosed(PositionClosed),
    }
}

/// Cash was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashDeposited {
    /// The currency.
    pub currency: Currency,
    /// Minor units.
    pub amount: i64,
    /// The cash held afterwards.
    pub balance: Cash,
}

/// Cash was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashWithdrawn {
    /// The currency.
    pub currency: Currency,
    /// Minor units.
    pub amount: i64,
    /// The cash held afterwards.
    pub balance: Cash,
}

/// An instrument became known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentRegistered {
    /// The instrument.
    pub instrument: Instrument,
}

/// Limits took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsSet {
    /// The limits.
    pub limits: Limits,
}

/// An order passed its checks and is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCreated {
    /// The order.
    pub order: Order,
}

/// An order was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRejected {
    /// The order as it ended.
    pub order: Order,
    /// The stable reason, as in `NOTIONAL_LIMIT_EXCEEDED`; `REJECTED_BY_VENUE` when the venue refused.
    pub reason: String,
    /// The check that refused, or `venue`.
    pub rule: String,
    /// What the check allows, in the unit it measures; empty where it has no number.
    pub limit: String,
    /// What the order would have made of it, or the venue's words.
    pub observed: String,
}

/// The venue took an order, or told its id after an early fill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderAccepted {
    /// The order.
    pub order_id: OrderId,
    /// The client's id of it.
    pub client_order_id: ClientOrderId,
    /// The instrument.
    pub symbol: String,
    /// The venue's id of it.
    pub venue_order_id: Option<VenueOrderId>,
    /// The order's status afterwards.
    pub status: OrderStatus,
}

/// Part or all of an order traded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFilled {
    /// The order.
    pub order_id: OrderId,
    /// The client's id of it.
    pub client_order_id: ClientOrderId,
    /// The venue's id of this fill.
    pub execution_id: ExecutionId,
    /// The instrument.
    pub symbol: String,
    /// Which way it traded.
    pub side: Side,
    /// What traded.
    pub quantity: Quantity,
    /// At what price.
    pub price: Price,
    /// Minor units of `fee_currency`; negative is a rebate.
    pub fee: i64,
    /// The fee's currency.
    pub fee_currency: Currency,
    /// The instrument's currency.
    pub currency: Currency,
    /// What the fill did to the cash in `currency`, without the fee: negative for a buy.
    pub cash_change: Cash,
    /// The order's filled quantity afterwards.
    pub filled_quantity: Quantity,
    /// The order's leaves quantity afterwards.
    pub leaves_quantity: Quantity,
    /// The order's Σ price × quantity afterwards.
    pub average_price_numerator: Notional,
    /// The order's status afterwards.
    pub status: OrderStatus,
    /// Whether the order had already ended: the fill crossed its cancel or expiry.
    pub late: bool,
    /// The strategy the order was sent for.
    pub strategy_id: Option<StrategyId>,
    /// When it traded at the venue, where the venue tells.
    pub transact_time_ns: Option<i64>,
}

macro_rules! order_transitions {
    ($($(#[$meta:meta])* $name:ident),+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            /// The order.
            pub order_id: OrderId,
            /// The client's id of it.
            pub client_order_id: ClientOrderId,
            /// The instrument.
            pub symbol: String,
            /// The order's filled quantity, which stays.
            pub filled_quantity: Quantity,
            /// The order's status afterwards.
            pub status: OrderStatus,
        }

        impl $name {
            /// The event by which `order` enters `status`.
            #[must_use]
            pub fn new(order: &Order, status: OrderStatus) -> Self {
                Self {
                    order_id: order.terms.order_id.clone(),
                    client_order_id: order.terms.client_order_id.clone(),
                    symbol: order.terms.symbol.clone(),
                    filled_quantity: order.filled_quantity,
                    status,
                }
            }
        }
    )+};
}

order_transitions!(
    /// A cancel is to be sent to the venue.
    CancelRequested,
    /// The venue canceled an order.
    OrderCanceled,
    /// An order's time in force ended.
    OrderExpired
);

macro_rules! position_transitions {
    ($($(#[$meta:meta])* $name:ident),+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            /// The instrument.
            pub symbol: String,
            /// The fill that did it.
            pub execution_id: ExecutionId,
            /// The quantity afterwards; negative is short.
            pub quantity: Quantity,
            /// The cost afterwards, with the sign of the quantity.
            pub total_cost: Notional,
            /// Realised profit by this fill, fees not counted.
            pub realized_pnl: Cash,
            /// Realised profit so far, fees not counted.
            pub total_realized_pnl: Cash,
            /// The currency of profit.
            pub currency: Currency,
        }
    )+};
}

position_transitions!(
    /// A position that was flat no longer is.
    PositionOpened,
    /// A position grew or shrank.
    PositionChanged,
    /// A position became flat.
    PositionClosed
);
