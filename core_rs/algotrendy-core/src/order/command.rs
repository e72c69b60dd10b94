//! What the trading core can be asked to do. A command with a misspelt field is refused, not half understood.

use serde::{Deserialize, Serialize};

use super::ids::{ExecutionId, OrderId, VenueOrderId};
use super::order::OrderTerms;
use super::tagged::tagged_enum;
use crate::instrument::{Currency, Instrument};
use crate::price::{Price, Quantity};
use crate::risk::limits::Limits;

tagged_enum! {
    /// A request to change the state. In a map, `type` is the first entry.
    pub enum Command {
        /// Adds cash to the account.
        Deposit(Deposit),
        /// Takes free cash from the account.
        Withdraw(Withdraw),
        /// Makes an instrument known.
        RegisterInstrument(RegisterInstrument),
        /// Replaces the limits by a later version.
        SetLimits(SetLimits),
        /// Sends one order after pre-trade checks.
        Submit(OrderTerms),
        /// Asks the venue to cancel an order.
        Cancel(Cancel),
        /// Tells what a venue did with an order.
        ExecutionReport(ExecutionReport),
        /// Tells an instrument's reference price. Never journalled.
        Mark(Mark),
        /// Lets time pass.
        Advance(Advance),
    }
}

/// Adds cash to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deposit {
    /// The currency.
    pub currency: Currency,
    /// Minor units; positive.
    pub amount: i64,
}

/// Takes free cash from the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// The currency.
    pub currency: Currency,
    /// Minor units; positive.
    pub amount: i64,
}

/// Makes an instrument known. Repeating it with the same terms changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterInstrument {
    /// The instrument.
    pub instrument: Instrument,
}

/// Replaces the limits by a later version. Repeating a version with the same limits changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetLimits {
    /// The limits.
    pub limits: Limits,
}

/// Asks the venue to cancel an order. Repeating it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// The order.
    pub order_id: OrderId,
}

/// What an execution report tells (FIX 150).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ExecutionKind {
    /// The venue took the order.
    Accepted,
    /// Part or all of the order traded.
    Fill,
    /// The venue canceled the order.
    Canceled,
    /// The venue refused the order.
    Rejected,
    /// The venue ended the order by its time in force.
    Expired,
}

impl ExecutionKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Accepted, Self::Fill, Self::Canceled, Self::Rejected, Self::Expired];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Fill => "FILL",
            Self::Canceled => "CANCELED",
            Self::Rejected => "REJECTED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// Tells what a venue did with an order (FIX 35=8). Repeating one changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutionReport {
    /// The order.
    pub order_id: OrderId,
    /// The venue's id of this execution.
    pub execution_id: ExecutionId,
    /// What happened.
    pub kind: ExecutionKind,
    /// What was filled: positive in a fill, otherwise zero.
    #[serde(default)]
    pub quantity: Quantity,
    /// The fill's price.
    #[serde(default)]
    pub price: Price,
    /// The fill's fee in minor units of `fee_currency`; negative is a rebate.
    #[serde(default)]
    pub fee: i64,
    /// Unset: the instrument's currency.
    #[serde(default)]
    pub fee_currency: Option<Currency>,
    /// The venue's words for a rejection.
    #[serde(default)]
    pub reason: Option<String>,
    /// The venue's id of the order.
    #[serde(default)]
    pub venue_order_id: Option<VenueOrderId>,
    /// When it happened at the venue (FIX 60), which may be before it is told.
    #[serde(default)]
    pub transact_time_ns: Option<i64>,
}

impl ExecutionReport {
    /// A report that tells no more than its kind.
    #[must_use]
    pub fn new(order_id: OrderId, execution_id: ExecutionId, kind: ExecutionKind) -> Self {
        Self {
            order_id,
            execution_id,
            kind,
            quantity: Quantity::ZERO,
            price: Price::ZERO,
            fee: 0,
            fee_currency: None,
            reason: None,
            venue_order_id: None,
            transact_time_ns: None,
        }
    }
}

/// Tells an instrument's reference price, which orders are checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The instrument.
    pub symbol: String,
    /// The price.
    pub price: Price,
    /// Where the price comes from, as in `close` or `trade`.
    pub source: String,
}

/// Lets time pass: orders whose time in force has ended expire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {}
