//! What the trading core can be asked to do. A command with a misspelt field is refused, not half understood.
//!
//! In a map, `command_id` (if any) comes first, then `type`, then the body's entries.

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::ids::{
    CalendarId, ClientOrderId, CommandId, ExecutionId, OrderId, OrderListId, PersonId, PriceSource,
    RuleName, StrategyId, Symbol, VenueOrderId,
};
use super::order::Replacement;
use super::tagged::tagged_enum;
use super::terms::{Contingency, OrderTerms};
use crate::decimal::Decimal;
use crate::instrument::{Currency, Instrument, InstrumentChange, Session};
use crate::price::{Price, Quantity};
use crate::risk::limits::{Limits, TradingState};

/// A request to change the state. One whose `id` was seen before changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// The caller's id of it, if it is to be safe to retry.
    #[serde(rename = "command_id", skip_serializing_if = "Option::is_none")]
    pub id: Option<CommandId>,
    /// What is asked.
    #[serde(flatten)]
    pub body: CommandBody,
}

impl<T: Into<CommandBody>> From<T> for Command {
    fn from(body: T) -> Self {
        Self { id: None, body: body.into() }
    }
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CommandVisitor)
    }
}

struct CommandVisitor;

impl<'de> Visitor<'de> for CommandVisitor {
    type Value = Command;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a command: `command_id` if it has one, `type`, then its body")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Command, A::Error> {
        let first: Option<String> = map.next_key()?;
        let (id, tag) = match first.as_deref() {
            Some("command_id") => {
                let id = map.next_value()?;
                match map.next_key::<String>()?.as_deref() {
                    Some("type") => (id, map.next_value::<String>()?),
                    _ => return Err(A::Error::missing_field("type")),
                }
            }
            Some("type") => (None, map.next_value::<String>()?),
            _ => {
                return Err(A::Error::custom(
                    "the first entry must be `type`, or `command_id` before it",
                ))
            }
        };
        Ok(Command { id, body: CommandBody::from_entries(&tag, map)? })
    }
}

tagged_enum! {
    /// What is asked.
    pub enum CommandBody {
        /// Adds cash to the account.
        Deposit(Deposit),
        /// Takes free cash from the account.
        Withdraw(Withdraw),
        /// Makes a table of sessions known, or replaces it.
        SetCalendar(SetCalendar),
        /// Makes an instrument known.
        RegisterInstrument(RegisterInstrument),
        /// Changes an instrument, now or at a later time.
        ChangeInstrument(ChangeInstrument),
        /// Replaces the limits by a later version.
        SetLimits(SetLimits),
        /// Replaces the covariance that value at risk is reckoned from.
        SetCovariance(SetCovariance),
        /// Sends one order after pre-trade checks.
        Submit(OrderTerms),
        /// Sends orders that depend on each other, all or none.
        SubmitList(SubmitList),
        /// Changes an open order after pre-trade checks.
        Replace(Replace),
        /// Asks the venue to cancel an order.
        Cancel(Cancel),
        /// Asks the venue to cancel many orders.
        CancelAll(CancelAll),
        /// Sends the market order that closes a position.
        ClosePosition(ClosePosition),
        /// Grants or refuses what a soft limit wants consent for, or overrides a limit for a time.
        Approve(Approve),
        /// Pulls a kill switch.
        Kill(Kill),
        /// Asks to re-arm what a kill switch or check 8 stopped, or confirms it.
        Rearm(Rearm),
        /// Changes what the account may do.
        SetTradingState(SetTradingState),
        /// Tells that the connection to the venue was lost or is back.
        SetConnection(SetConnection),
        /// Tells what a venue did with an order.
        ExecutionReport(ExecutionReport),
        /// Takes over an order that the venue has and the core has not.
        AdoptOrder(AdoptOrder),
        /// Makes a position what the venue or the custodian says it is.
        AdjustPosition(AdjustPosition),
        /// Tells an instrument's reference price. Never journalled.
        Mark(Mark),
        /// Tells what a currency is worth. Never journalled.
        MarkRate(MarkRate),
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

/// Makes a table of sessions known, or replaces it. Sessions are in order and do not overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetCalendar {
    /// Its name, which instruments refer to.
    pub calendar_id: CalendarId,
    /// When its market is open.
    pub sessions: Vec<Session>,
}

/// Makes an instrument known. Repeating it with the same terms changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterInstrument {
    /// The instrument.
    pub instrument: Instrument,
}

/// Changes an instrument, now or at a later time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeInstrument {
    /// The instrument.
    pub symbol: Symbol,
    /// What changes.
    pub change: InstrumentChange,
    /// When; unset or past: now. A later one takes effect in the `Advance` that reaches it.
    #[serde(default)]
    pub effective_time_ns: Option<i64>,
}

/// Replaces the limits by a later version. Repeating a version with the same limits changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetLimits {
    /// The limits.
    pub limits: Box<Limits>,
}

/// Replaces the covariance of one-day returns that value at risk is reckoned from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetCovariance {
    /// The instruments, in the order of the matrix.
    pub symbols: Vec<Symbol>,
    /// The matrix by rows, in units of 10⁻¹²: symmetric, its diagonal zero or above.
    pub covariance: Vec<i64>,
    /// How many standard deviations the value at risk is, in thousandths: 1645 is 95 % one-sided.
    pub deviations_thousandths: u32,
}

/// Sends orders that depend on each other, all or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitList {
    /// The list; new, or the same on a retry.
    pub list_id: OrderListId,
    /// How its orders depend on each other.
    pub contingency: Contingency,
    /// Two or more orders of one instrument, at most 16; a bracket's are its entry and one or two exits on the other side.
    pub orders: Vec<OrderTerms>,
}

/// Changes an open order after pre-trade checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// The order.
    pub order_id: OrderId,
    /// What changes: at least one of its entries.
    pub replacement: Replacement,
}

/// Asks the venue to cancel an order. Repeating it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// The order.
    pub order_id: OrderId,
}

/// Asks the venue to cancel many orders: all, or those that every given filter fits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CancelAll {
    /// Only of this instrument.
    pub symbol: Option<Symbol>,
    /// Only of this strategy.
    pub strategy_id: Option<StrategyId>,
}

/// Sends the market order that closes a position, after canceling the instrument's open orders. It is reduce-only and
/// passes the same checks as any order. A flat position is closed already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosePosition {
    /// The instrument.
    pub symbol: Symbol,
    /// The id of the order that closes it.
    pub order_id: OrderId,
    /// The client's id of it.
    pub client_order_id: ClientOrderId,
    /// The strategy it is sent for, if any.
    #[serde(default)]
    pub strategy_id: Option<StrategyId>,
}

/// What consent is given to or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// The order that waits is sent.
    Grant(OrderId),
    /// The order that waits is rejected.
    Deny(OrderId),
    /// A rule does not refuse until a time.
    Override(Override),
}

/// A rule that does not refuse until a time: for everything, or for one strategy or instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The rule's name in the table of checks; it must be one that has a limit.
    pub rule: RuleName,
    /// Only for this strategy.
    #[serde(default)]
    pub strategy_id: Option<StrategyId>,
    /// Only for this instrument.
    #[serde(default)]
    pub symbol: Option<Symbol>,
    /// Until when; in the future.
    pub until_ns: i64,
}

/// Grants or refuses what a soft limit wants consent for, or overrides a limit for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// Who; not empty, and not the order's own trader.
    pub approver: PersonId,
    /// What.
    pub consent: Consent,
    /// Why, in the approver's words.
    #[serde(default)]
    pub note: String,
}

/// What a switch is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everybody: each account's core is told.
    Global,
    /// The account.
    Account,
    /// One strategy of it.
    Strategy(StrategyId),
}

impl std::fmt::Display for Scope {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Global => formatter.write_str("global"),
            Self::Account => formatter.write_str("account"),
            Self::Strategy(strategy_id) => write!(formatter, "strategy {strategy_id}"),
        }
    }
}

/// Pulls a kill switch: cancels the scope's orders, refuses new ones, and closes its positions if asked. Repeating it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kill {
    /// What it stops.
    pub scope: Scope,
    /// Who pulls it.
    pub person: PersonId,
    /// Why.
    #[serde(default)]
    pub note: String,
    /// Whether positions are closed by market orders, which pass only the checks that keep them executable.
    #[serde(default)]
    pub flatten: bool,
}

/// The first or the second step of re-arming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rearm {
    /// What was stopped.
    pub scope: Scope,
    /// Who; a named person. The same person may take both steps.
    pub person: PersonId,
    /// False: asks to re-arm. True: confirms what was asked for before.
    pub confirm: bool,
}

/// Changes what the account may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetTradingState {
    /// What it may do from now on.
    pub trading_state: TradingState,
    /// Who says so.
    pub person: PersonId,
}

/// Tells that the connection to the venue was lost or is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetConnection {
    /// Whether there is one.
    pub connected: bool,
}

/// What an execution report tells (FIX 150).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ExecutionKind {
    /// The driver gave the order to the venue.
    Sent,
    /// The driver cannot tell whether the venue has the order.
    Uncertain,
    /// The venue took the order (FIX 0).
    Accepted,
    /// The venue refused the order (FIX 8).
    Rejected,
    /// The market reached the order's stop (FIX L).
    Triggered,
    /// Part or all of the order traded (FIX F).
    Fill,
    /// The venue changed the order (FIX 5).
    Replaced,
    /// The venue refused to change the order (FIX 35=9).
    ReplaceRejected,
    /// The venue canceled the order (FIX 4).
    Canceled,
    /// The venue refused to cancel the order (FIX 35=9).
    CancelRejected,
    /// The venue ended the order by its time in force (FIX C).
    Expired,
    /// A fill did not count after all (FIX H).
    Bust,
    /// A fill was other than told (FIX G).
    Correct,
    /// A fee of a fill that was told before.
    Fee,
}

impl ExecutionKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Sent,
        Self::Uncertain,
        Self::Accepted,
        Self::Rejected,
        Self::Triggered,
        Self::Fill,
        Self::Replaced,
        Self::ReplaceRejected,
        Self::Canceled,
        Self::CancelRejected,
        Self::Expired,
        Self::Bust,
        Self::Correct,
        Self::Fee,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "SENT",
            Self::Uncertain => "UNCERTAIN",
            Self::Accepted => "ACCEPTED",
            Self::Rejected => "REJECTED",
            Self::Triggered => "TRIGGERED",
            Self::Fill => "FILL",
            Self::Replaced => "REPLACED",
            Self::ReplaceRejected => "REPLACE_REJECTED",
            Self::Canceled => "CANCELED",
            Self::CancelRejected => "CANCEL_REJECTED",
            Self::Expired => "EXPIRED",
            Self::Bust => "BUST",
            Self::Correct => "CORRECT",
            Self::Fee => "FEE",
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
    /// FILL, CORRECT: what was filled, positive. REPLACED: the new total, or zero where it did not change.
    #[serde(default)]
    pub quantity: Quantity,
    /// FILL, CORRECT: the fill's price. REPLACED: the new limit price, if it changed.
    #[serde(default)]
    pub price: Price,
    /// FILL, CORRECT, FEE: the fee in minor units of `fee_currency`; negative is a rebate.
    #[serde(default)]
    pub fee: i64,
    /// Unset: the instrument's currency.
    #[serde(default)]
    pub fee_currency: Option<Currency>,
    /// BUST, CORRECT, FEE: the execution that is undone, corrected or charged for.
    #[serde(default)]
    pub reference_execution_id: Option<ExecutionId>,
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
            reference_execution_id: None,
            reason: None,
            venue_order_id: None,
            transact_time_ns: None,
        }
    }
}

/// Takes over an order that the venue has and the core has not, as after a loss of the journal's end. It is not checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdoptOrder {
    /// Its terms.
    pub terms: OrderTerms,
    /// What has filled of it, as far as the account's positions and cash already hold it.
    #[serde(default)]
    pub filled_quantity: Quantity,
    /// The venue's id of it.
    pub venue_order_id: VenueOrderId,
}

/// Makes a position what the venue or the custodian says it is. Its cash does not move; the difference is on the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdjustPosition {
    /// The instrument.
    pub symbol: Symbol,
    /// What is held; negative is short.
    pub quantity: Quantity,
    /// The price at which the difference is taken into the cost.
    pub price: Price,
    /// Who says so.
    pub person: PersonId,
    /// Why.
    #[serde(default)]
    pub note: String,
}

/// Tells an instrument's reference price, which orders are checked against and positions are valued at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The instrument.
    pub symbol: Symbol,
    /// The price.
    pub price: Price,
    /// Where the price comes from, as in `close` or `trade`.
    pub source: PriceSource,
    /// When it was the price, by the source's clock; unset: now.
    #[serde(default)]
    pub price_time_ns: Option<i64>,
}

/// Tells what one unit of a currency is worth in the account's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkRate {
    /// The currency.
    pub currency: Currency,
    /// Positive; units of the account's currency.
    pub rate: Decimal,
}

/// Lets time pass: what is due takes effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {}
