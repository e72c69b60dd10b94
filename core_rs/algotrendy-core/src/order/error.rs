//! Why the state machine refuses. A refusal leaves the state as it was.

use super::ids::{ClientOrderId, CommandId, OrderId, OrderListId, Symbol};
use super::machine::Input;
use super::order::Order;
use super::status::OrderState;
use crate::decimal::Decimal;
use crate::error::Refusal;
use crate::instrument::{Currency, InstrumentError};
use crate::price::NumberError;
use crate::risk::validate::LimitsError;

/// Why a command was refused. Refusals by a pre-trade check are no errors but [`OrderRejected`] events.
///
/// [`OrderRejected`]: super::event::OrderRejected
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecideError {
    /// The command is older than what was decided before it.
    #[error("time went back from {last_time_ns} to {time_ns}")]
    TimeWentBack {
        /// The command's.
        time_ns: i64,
        /// The state's.
        last_time_ns: i64,
    },
    /// A field is wrong whatever the state.
    #[error("{field} must be {expected}, not {value:?}")]
    FieldInvalid {
        /// The field.
        field: &'static str,
        /// What it was.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// An order's terms contradict each other.
    #[error("{field} must be {expected}, not {value:?}")]
    OrderTermsInvalid {
        /// The field.
        field: &'static str,
        /// What it was.
        value: String,
        /// What the other terms want it to be.
        expected: &'static str,
    },
    /// The account does not know the instrument.
    #[error("instrument {symbol:?} is not registered")]
    UnknownInstrument {
        /// The symbol.
        symbol: String,
    },
    /// A quantity is zero or negative.
    #[error("quantity {quantity} must be positive")]
    QuantityNotPositive {
        /// The quantity.
        quantity: Decimal,
    },
    /// A quantity is no multiple of the lot size.
    #[error("quantity {quantity} is not a multiple of the lot size {lot_size}")]
    QuantityOffLot {
        /// The quantity.
        quantity: Decimal,
        /// The quantity step.
        lot_size: Decimal,
    },
    /// A price is zero or negative, and the instrument has no such prices.
    #[error("price {price} must be positive")]
    PriceNotPositive {
        /// The price.
        price: Decimal,
    },
    /// A price is no multiple of the tick size.
    #[error("price {price} is not a multiple of the tick size {tick_size}")]
    PriceOffTick {
        /// The price.
        price: Decimal,
        /// The price step.
        tick_size: Decimal,
    },
    /// A client order id was repeated with other terms.
    #[error("client_order_id {client_order_id:?} was used for order {order_id} with other terms")]
    ClientOrderIdReused {
        /// The repeated id.
        client_order_id: ClientOrderId,
        /// The order it named first.
        order_id: OrderId,
    },
    /// An order id names another order already.
    #[error("order_id {order_id:?} names another order")]
    OrderIdReused {
        /// The repeated id.
        order_id: OrderId,
    },
    /// A list id names another list already.
    #[error("list_id {list_id:?} names another list")]
    ListIdReused {
        /// The repeated id.
        list_id: OrderListId,
    },
    /// An instrument is known with other terms.
    #[error("instrument {symbol:?} is registered with other terms")]
    InstrumentTermsDiffer {
        /// The symbol.
        symbol: String,
    },
    /// Limits of this version or a later one are in force.
    #[error("limits of version {current} are in force, {version} is not later")]
    LimitsNotLater {
        /// The version given.
        version: u64,
        /// The version in force.
        current: u64,
    },
    /// No order has this id.
    #[error("order {order_id:?} does not exist")]
    UnknownOrder {
        /// The id.
        order_id: OrderId,
    },
    /// The order's state does not allow this.
    #[error("order {order_id} is {}: {attempt} is impossible", status.name())]
    OrderStateConflict {
        /// The order.
        order_id: OrderId,
        /// Its status.
        status: OrderState,
        /// What was tried, as in `CANCEL` or a report's kind.
        attempt: &'static str,
    },
    /// An execution id came again with other values.
    #[error(
        "execution {execution_id:?} of order {order_id} was reported before with other values"
    )]
    ExecutionConflict {
        /// The order.
        order_id: OrderId,
        /// The repeated id.
        execution_id: String,
    },
    /// The venue reports more filled than was ordered.
    #[error("order {order_id} has {unfilled} unfilled: a fill of {fill} is impossible")]
    Overfill {
        /// The order.
        order_id: OrderId,
        /// What was ordered and has not filled.
        unfilled: Decimal,
        /// What is reported now.
        fill: Decimal,
    },
    /// There is less free cash than is to be taken.
    #[error("{observed} {currency} is above the free cash of {limit} {currency}")]
    InsufficientFunds {
        /// The currency.
        currency: Currency,
        /// The free cash.
        limit: Decimal,
        /// What was to be taken.
        observed: Decimal,
    },
    /// The account cannot be valued: a price or a rate is missing.
    #[error("the account cannot be valued: a price, or a rate of {currency} or another currency, is missing")]
    RateMissing {
        /// The currency that was asked for.
        currency: Currency,
    },
    /// A command id was repeated with another command.
    #[error("command_id {command_id:?} was used for another command")]
    CommandIdReused {
        /// The repeated id.
        command_id: CommandId,
    },
    /// Nobody took the first step of re-arming.
    #[error("nobody has asked to re-arm {scope}")]
    RearmNotRequested {
        /// What is stopped.
        scope: String,
    },
    /// A field of the limits is wrong.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// An instrument or a table of sessions would be wrong.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// A number left its range.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl DecideError {
    pub(super) fn invalid(
        field: &'static str,
        value: &(impl ToString + ?Sized),
        expected: &'static str,
    ) -> Self {
        Self::FieldInvalid { field, value: value.to_string(), expected }
    }

    pub(super) fn unknown_instrument(symbol: &Symbol) -> Self {
        Self::UnknownInstrument { symbol: symbol.to_string() }
    }

    pub(super) fn impossible(order: &Order, input: Input) -> Self {
        let order_id = order.terms.order_id.clone();
        Self::OrderStateConflict { order_id, status: order.state, attempt: input.name() }
    }
}

impl Refusal for DecideError {
    fn reason(&self) -> &'static str {
        match self {
            Self::TimeWentBack { .. } => "TIME_WENT_BACK",
            Self::FieldInvalid { .. } => "INVALID_ARGUMENT",
            Self::OrderTermsInvalid { .. } => "ORDER_TERMS_INVALID",
            Self::UnknownInstrument { .. } => "UNKNOWN_INSTRUMENT",
            Self::QuantityNotPositive { .. } => "QUANTITY_NOT_POSITIVE",
            Self::QuantityOffLot { .. } => "QUANTITY_OFF_LOT",
            Self::PriceNotPositive { .. } => "PRICE_NOT_POSITIVE",
            Self::PriceOffTick { .. } => "PRICE_OFF_TICK",
            Self::ClientOrderIdReused { .. } => "CLIENT_ORDER_ID_REUSED",
            Self::OrderIdReused { .. }
            | Self::CommandIdReused { .. }
            | Self::ListIdReused { .. }
            | Self::InstrumentTermsDiffer { .. } => "ALREADY_EXISTS",
            Self::LimitsNotLater { .. } | Self::RearmNotRequested { .. } => "FAILED_PRECONDITION",
            Self::UnknownOrder { .. } => "ORDER_UNKNOWN",
            Self::OrderStateConflict { .. } | Self::ExecutionConflict { .. } => {
                "ORDER_STATE_CONFLICT"
            }
            Self::Overfill { .. } => "OVERFILL",
            Self::InsufficientFunds { .. } => "INSUFFICIENT_FUNDS",
            Self::RateMissing { .. } => "RATE_MISSING",

            Self::Limits(error) => error.reason(),
            Self::Instrument(error) => error.reason(),
            Self::Number(error) => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::RateMissing { currency } => vec![("currency", currency.code().to_owned())],
            Self::CommandIdReused { command_id } => vec![("command_id", command_id.to_string())],
            Self::RearmNotRequested { scope } => vec![("scope", scope.clone())],
            Self::Limits(error) => error.metadata(),
            Self::Instrument(error) => error.metadata(),
            Self::TimeWentBack { time_ns, last_time_ns } => {
                vec![("time_ns", time_ns.to_string()), ("last_time_ns", last_time_ns.to_string())]
            }
            Self::FieldInvalid { field, value, expected }
            | Self::OrderTermsInvalid { field, value, expected } => vec![
                ("field", (*field).to_owned()),
                ("value", value.clone()),
                ("expected", (*expected).to_owned()),
            ],
            Self::UnknownInstrument { symbol } | Self::InstrumentTermsDiffer { symbol } => {
                vec![("symbol", symbol.clone())]
            }
            Self::QuantityNotPositive { quantity } => vec![("quantity", quantity.to_string())],
            Self::QuantityOffLot { quantity, lot_size } => {
                vec![("quantity", quantity.to_string()), ("lot_size", lot_size.to_string())]
            }
            Self::PriceNotPositive { price } => vec![("price", price.to_string())],
            Self::PriceOffTick { price, tick_size } => {
                vec![("price", price.to_string()), ("tick_size", tick_size.to_string())]
            }
            Self::ClientOrderIdReused { client_order_id, order_id } => vec![
                ("client_order_id", client_order_id.to_string()),
                ("order_id", order_id.to_string()),
            ],
            Self::OrderIdReused { order_id } | Self::UnknownOrder { order_id } => {
                vec![("order_id", order_id.to_string())]
            }
            Self::ListIdReused { list_id } => vec![("list_id", list_id.to_string())],
            Self::LimitsNotLater { version, current } => {
                vec![("version", version.to_string()), ("current", current.to_string())]
            }
            Self::OrderStateConflict { order_id, status, attempt } => vec![
                ("order_id", order_id.to_string()),
                ("status", status.name().to_owned()),
                ("attempt", (*attempt).to_owned()),
            ],
            Self::ExecutionConflict { order_id, execution_id } => {
                vec![("order_id", order_id.to_string()), ("execution_id", execution_id.clone())]
            }
            Self::Overfill { order_id, unfilled, fill } => vec![
                ("order_id", order_id.to_string()),
                ("unfilled", unfilled.to_string()),
                ("fill", fill.to_string()),
            ],
            Self::InsufficientFunds { currency, limit, observed } => vec![
                ("currency", currency.code().to_owned()),
                ("limit", limit.to_string()),
                ("observed", observed.to_string()),
            ],
            Self::Number(error) => error.metadata(),
        }
    }
}

/// An event does not belong here: a defect, or a journal of another account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// An event is missing, repeated or out of place.
    #[error("event {sequence} of record {record_sequence} cannot follow event {last_sequence} of record {last_record_sequence}")]
    OutOfSequence {
        /// The event's.
        sequence: u64,
        /// The event's record's.
        record_sequence: u64,
        /// The state's.
        last_sequence: u64,
        /// The state's.
        last_record_sequence: u64,
    },
    /// An event is older than the one before it.
    #[error("event {sequence} at {time_ns} is older than {last_time_ns}")]
    TimeWentBack {
        /// The event.
        sequence: u64,
        /// The event's.
        time_ns: i64,
        /// The state's.
        last_time_ns: i64,
    },
    /// An event names an order that no earlier event made.
    #[error("event {sequence} names the unknown order {order_id:?}")]
    UnknownOrder {
        /// The event.
        sequence: u64,
        /// The order.
        order_id: OrderId,
    },
    /// An event names an instrument that no earlier event made.
    #[error("event {sequence} names the unknown instrument {symbol}")]
    UnknownInstrument {
        /// The event.
        sequence: u64,
        /// The instrument.
        symbol: Symbol,
    },
    /// A number left its range.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl Refusal for FoldError {
    fn reason(&self) -> &'static str {
        match self {
            Self::OutOfSequence { .. }
            | Self::TimeWentBack { .. }
            | Self::UnknownOrder { .. }
            | Self::UnknownInstrument { .. } => "JOURNAL_CORRUPT",
            Self::Number(error) => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::OutOfSequence { sequence, record_sequence, last_sequence, .. } => vec![
                ("sequence", sequence.to_string()),
                ("record_sequence", record_sequence.to_string()),
                ("last_sequence", last_sequence.to_string()),
            ],
            Self::TimeWentBack { sequence, time_ns, last_time_ns } => vec![
                ("sequence", sequence.to_string()),
                ("time_ns", time_ns.to_string()),
                ("last_time_ns", last_time_ns.to_string()),
            ],
            Self::UnknownOrder { sequence, order_id } => {
                vec![("sequence", sequence.to_string()), ("order_id", order_id.to_string())]
            }
            Self::UnknownInstrument { sequence, symbol } => {
                vec![("sequence", sequence.to_string()), ("symbol", symbol.to_string())]
            }
            Self::Number(error) => error.metadata(),
        }
    }
}

/// Why a command could not be executed: deciding it, or folding what was decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TradingError {
    /// The command was refused.
    #[error(transparent)]
    Decide(#[from] DecideError),
    /// The decision could not be folded.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

impl Refusal for TradingError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Decide(error) => error.reason(),
            Self::Fold(error) => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Decide(error) => error.metadata(),
            Self::Fold(error) => error.metadata(),
        }
    }
}
