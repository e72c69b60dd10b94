//! What has happened. Events say what became true, never how to compute it: folding an old event needs no old rule.
//!
//! In a map, `sequence`, `record_sequence`, `time_ns` and `command` come before `type` and the body's entries.

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::command::{Override, Scope};
use super::ids::{
    CalendarId, ClientOrderId, CommandId, ExecutionId, OrderId, PersonId, RuleName, StrategyId,
    Symbol, VenueOrderId,
};
use super::order::{Order, Replacement};
use super::status::{OrderState, OrderStatus};
use super::tagged::tagged_enum;
use super::terms::Side;
use crate::decimal::Decimal;
use crate::instrument::{Currency, Instrument, InstrumentChange, Session};
use crate::portfolio::cost::Cash;
use crate::price::{Notional, Price, Quantity};
use crate::risk::limits::{Limits, TradingState};
use crate::risk::reason::RejectReason;

/// One event and its place in the account's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// 1 for the account's first event, then without a gap.
    pub sequence: u64,
    /// The journal record that holds it: 1 for the account's first, then without a gap.
    pub record_sequence: u64,
    /// When it was decided.
    pub time_ns: i64,
    /// The command that led to it, if it named itself.
    pub command: Option<CommandMark>,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// A command that named itself, and a checksum of what it asked, so that a repetition is known from a reuse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandMark {
    /// The caller's id of it.
    pub id: CommandId,
    /// CRC-32C of its body's canonical form.
    pub checksum: u32,
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
        formatter.write_str(
            "an event: `sequence`, `record_sequence`, `time_ns`, `command`, `type`, then its body",
        )
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        let sequence = entry(&mut map, "sequence")?;
        let record_sequence = entry(&mut map, "record_sequence")?;
        let time_ns = entry(&mut map, "time_ns")?;
        let command = entry(&mut map, "command")?;
        let tag: String = entry(&mut map, "type")?;
        let body = EventBody::from_entries(&tag, map)?;
        Ok(Event { sequence, record_sequence, time_ns, command, body })
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
        /// A table of sessions became known.
        CalendarSet(CalendarSet),
        /// An instrument became known.
        InstrumentRegistered(InstrumentRegistered),
        /// An instrument is to change at a later time.
        InstrumentChangeScheduled(InstrumentChangeScheduled),
        /// An instrument changed.
        InstrumentChanged(InstrumentChanged),
        /// Limits took effect.
        LimitsSet(LimitsSet),
        /// A covariance took effect.
        CovarianceSet(CovarianceSet),
        /// An order passed its checks and is to be sent, or waits: its state says which.
        OrderCreated(OrderCreated),
        /// An order was refused, by a check, a person or the venue.
        OrderRejected(OrderRejected),
        /// A soft limit wants a person's consent to an order that was created.
        ApprovalRequested(ApprovalRequested),
        /// A person consented: the order is to be sent.
        OrderApproved(OrderApproved),
        /// The first order of its list filled: the order is to be sent, for `quantity`.
        OrderReleased(OrderReleased),
        /// The driver gave an order to the venue.
        OrderSent(OrderSent),
        /// Whether the venue has an order is not known.
        OrderUncertain(OrderUncertain),
        /// The venue took an order.
        OrderAccepted(OrderAccepted),
        /// The market reached an order's stop.
        OrderTriggered(OrderTriggered),
        /// Part or all of an order traded.
        OrderFilled(OrderFilled),
        /// A fill did not count after all.
        FillBusted(FillBusted),
        /// A fee of an earlier fill was charged.
        FeeCharged(FeeCharged),
        /// A replacement is to be sent.
        ReplaceRequested(ReplaceRequested),
        /// A replacement was refused, by a check.
        ReplaceRefused(ReplaceRefused),
        /// The venue changed an order.
        OrderReplaced(OrderReplaced),
        /// The venue refused to change an order.
        ReplaceRejected(ReplaceRejected),
        /// A cancel is to be sent.
        CancelRequested(CancelRequested),
        /// The venue refused to cancel an order.
        CancelRejected(CancelRejected),
        /// An order was canceled.
        OrderCanceled(OrderCanceled),
        /// An order's time in force ended.
        OrderExpired(OrderExpired),
        /// An order of the venue's became known.
        OrderAdopted(OrderAdopted),
        /// A position that was flat no longer is.
        PositionOpened(PositionOpened),
        /// A position grew or shrank.
        PositionChanged(PositionChanged),
        /// A position became flat.
        PositionClosed(PositionClosed),
        /// A position was made what the venue says it is.
        PositionAdjusted(PositionAdjusted),
        /// A future's day was settled: its gain or loss became cash.
        VariationSettled(VariationSettled),
        /// A rule does not refuse until a time.
        OverrideGranted(OverrideGranted),
        /// An override's time is over.
        OverrideExpired(OverrideExpired),
        /// A kill switch was pulled.
        Killed(Killed),
        /// A person asked to re-arm.
        RearmRequested(RearmRequested),
        /// A person confirmed: trading goes on.
        Rearmed(Rearmed),
        /// A strategy filled too often and rests until a person re-arms it.
        StrategyDisabled(StrategyDisabled),
        /// What the account may do changed.
        TradingStateChanged(TradingStateChanged),
        /// The connection to the venue was lost or is back.
        ConnectionChanged(ConnectionChanged),
        /// A trading day began.
        DayStarted(DayStarted),
        /// Equity is higher than ever before.
        EquityPeaked(EquityPeaked),
        /// Equity fell below the maintenance margin.
        MarginCalled(MarginCalled),
        /// Equity covers the maintenance margin again.
        MarginRestored(MarginRestored),
    }
}

/// Declares bodies: a struct of public, documented entries each.
macro_rules! bodies {
    ($($(#[$meta:meta])* $name:ident { $($(#[$entry_meta:meta])* $entry:ident: $kind:ty,)* })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            $($(#[$entry_meta])* pub $entry: $kind,)*
        }
    )+};
}

bodies! {
    /// Cash was added.
    CashDeposited {
        /// The currency.
        currency: Currency,
        /// Minor units.
        amount: i64,
        /// The cash held afterwards.
        balance: Cash,
    }

    /// Cash was taken.
    CashWithdrawn {
        /// The currency.
        currency: Currency,
        /// Minor units.
        amount: i64,
        /// The cash held afterwards.
        balance: Cash,
    }

    /// A table of sessions became known.
    CalendarSet {
        /// Its name.
        calendar_id: CalendarId,
        /// When its market is open.
        sessions: Vec<Session>,
    }

    /// An instrument became known.
    InstrumentRegistered {
        /// The instrument.
        instrument: Instrument,
    }

    /// An instrument is to change at a later time.
    InstrumentChangeScheduled {
        /// The instrument.
        symbol: Symbol,
        /// What is to change.
        change: InstrumentChange,
        /// When.
        effective_time_ns: i64,
    }

    /// An instrument changed.
    InstrumentChanged {
        /// The instrument.
        symbol: Symbol,
        /// What changed.
        change: InstrumentChange,
        /// When it was to change: a scheduled change is known by it.
        effective_time_ns: i64,
    }

    /// Limits took effect.
    LimitsSet {
        /// The limits.
        limits: Box<Limits>,
    }

    /// A covariance took effect.
    CovarianceSet {
        /// The instruments, in the order of the matrix.
        symbols: Vec<Symbol>,
        /// The matrix by rows, in units of 10⁻¹².
        covariance: Vec<i64>,
        /// How many standard deviations the value at risk is, in thousandths.
        deviations_thousandths: u32,
    }

    /// An order passed its checks and is to be sent, or waits: its state says which.
    OrderCreated {
        /// The order.
        order: Order,
    }

    /// An order was refused.
    OrderRejected {
        /// The order as it ended; boxed, because no other event is as large.
        order: Box<Order>,
        /// The stable reason.
        reason: RejectReason,
        /// The rule that refused, `venue` or `approval`.
        rule: RuleName,
        /// What the rule allows, in the unit it measures; none where it has no number.
        limit: Option<Decimal>,
        /// What the order would have made of it; none where it has no number.
        observed: Option<Decimal>,
        /// The venue's or the approver's words; empty otherwise.
        text: String,
    }

    /// A soft limit wants a person's consent to an order that was created.
    ApprovalRequested {
        /// The order.
        order_id: OrderId,
        /// The stable reason.
        reason: RejectReason,
        /// The rule.
        rule: RuleName,
        /// What the rule allows.
        limit: Option<Decimal>,
        /// What the order would make of it.
        observed: Option<Decimal>,
        /// When the order is rejected if nobody consents.
        expire_time_ns: i64,
    }

    /// A person consented: the order is to be sent.
    OrderApproved {
        /// The order.
        order_id: OrderId,
        /// Who.
        approver: PersonId,
        /// Why.
        note: String,
    }

    /// The first order of its list filled: the order is to be sent.
    OrderReleased {
        /// The order.
        order_id: OrderId,
        /// For how much: what has filled of the first order.
        quantity: Quantity,
    }

    /// The driver gave an order to the venue.
    OrderSent {
        /// The order.
        order_id: OrderId,
    }

    /// Whether the venue has an order is not known.
    OrderUncertain {
        /// The order.
        order_id: OrderId,
    }

    /// The venue took an order, or told its id after an early fill.
    OrderAccepted {
        /// The order.
        order_id: OrderId,
        /// The client's id of it.
        client_order_id: ClientOrderId,
        /// The instrument.
        symbol: Symbol,
        /// The venue's id of it.
        venue_order_id: Option<VenueOrderId>,
        /// The order's state afterwards.
        state: OrderState,
        /// The same in FIX's words.
        status: OrderStatus,
    }

    /// The market reached an order's stop.
    OrderTriggered {
        /// The order.
        order_id: OrderId,
    }

    /// Part or all of an order traded.
    OrderFilled {
        /// The order.
        order_id: OrderId,
        /// The client's id of it.
        client_order_id: ClientOrderId,
        /// The venue's id of this fill.
        execution_id: ExecutionId,
        /// The execution it corrects: that one was busted just before.
        corrects: Option<ExecutionId>,
        /// The instrument.
        symbol: Symbol,
        /// Which way it traded.
        side: Side,
        /// What traded.
        quantity: Quantity,
        /// At what price.
        price: Price,
        /// Minor units of `fee_currency`; negative is a rebate.
        fee: i64,
        /// The fee's currency.
        fee_currency: Currency,
        /// The instrument's currency.
        currency: Currency,
        /// What the fill did to the cash in `currency`, without the fee: for what is paid in full its notional, negative for a buy; for what is margined the profit realised.
        cash_change: Cash,
        /// The order's filled quantity afterwards.
        filled_quantity: Quantity,
        /// The order's leaves quantity afterwards.
        leaves_quantity: Quantity,
        /// The order's Σ price × quantity afterwards.
        average_price_numerator: Notional,
        /// The order's state afterwards.
        state: OrderState,
        /// The same in FIX's words.
        status: OrderStatus,
        /// Whether the order had already ended: the fill crossed its cancel or expiry.
        late: bool,
        /// The strategy the order was sent for.
        strategy_id: Option<StrategyId>,
        /// When it traded at the venue, where the venue tells.
        transact_time_ns: Option<i64>,
    }

    /// A fill did not count after all: it is taken back as an opposite fill at its price, and its fees are returned.
    FillBusted {
        /// The order.
        order_id: OrderId,
        /// The venue's id of this report.
        execution_id: ExecutionId,
        /// The fill that is undone.
        busted_execution_id: ExecutionId,
        /// The instrument.
        symbol: Symbol,
        /// Which way the busted fill had traded.
        side: Side,
        /// What it had traded.
        quantity: Quantity,
        /// At what price.
        price: Price,
        /// The fee that is returned: minor units of `fee_currency`; negative is a rebate taken back.
        fee: i64,
        /// The fee's currency.
        fee_currency: Currency,
        /// The instrument's currency.
        currency: Currency,
        /// What the bust did to the cash in `currency`, without the fee.
        cash_change: Cash,
        /// The order's filled quantity afterwards.
        filled_quantity: Quantity,
        /// The order's leaves quantity afterwards.
        leaves_quantity: Quantity,
        /// The order's Σ price × quantity afterwards.
        average_price_numerator: Notional,
        /// The order's state afterwards.
        state: OrderState,
        /// The same in FIX's words.
        status: OrderStatus,
    }

    /// A fee of an earlier fill was charged.
    FeeCharged {
        /// The order.
        order_id: OrderId,
        /// The venue's id of this report.
        execution_id: ExecutionId,
        /// The fill it is for.
        reference_execution_id: ExecutionId,
        /// Minor units of `fee_currency`; negative is a rebate.
        fee: i64,
        /// The fee's currency.
        fee_currency: Currency,
    }

    /// A replacement is to be sent.
    ReplaceRequested {
        /// The order.
        order_id: OrderId,
        /// What it asks for.
        replacement: Replacement,
    }

    /// A replacement was refused by a check; the order stays as it is.
    ReplaceRefused {
        /// The order.
        order_id: OrderId,
        /// What it asked for.
        replacement: Replacement,
        /// The stable reason.
        reason: RejectReason,
        /// The rule that refused.
        rule: RuleName,
        /// What the rule allows.
        limit: Option<Decimal>,
        /// What the replacement would have made of it.
        observed: Option<Decimal>,
    }

    /// The venue changed an order.
    OrderReplaced {
        /// The order.
        order_id: OrderId,
        /// The venue's id of it, where it has a new one.
        venue_order_id: Option<VenueOrderId>,
        /// Its total quantity afterwards.
        quantity: Quantity,
        /// What may still fill afterwards.
        leaves_quantity: Quantity,
        /// Its limit price afterwards.
        limit_price: Option<Price>,
        /// Its stop price afterwards.
        stop_price: Option<Price>,
        /// Its state afterwards.
        state: OrderState,
        /// The same in FIX's words.
        status: OrderStatus,
    }

    /// The venue refused to change an order.
    ReplaceRejected {
        /// The order.
        order_id: OrderId,
        /// Its state afterwards.
        state: OrderState,
        /// The same in FIX's words.
        status: OrderStatus,
        /// The venue's words.
        text: String,
    }

    /// The venue refused to cancel an order.
    CancelRejected {
        /// The order.
        order_id: OrderId,
        /// Its state afterwards.
        state: OrderState,
        /// The same in FIX's words.
        status: OrderStatus,
        /// The venue's words.
        text: String,
    }

    /// An order of the venue's became known.
    OrderAdopted {
        /// The order.
        order: Order,
    }

    /// A position was made what the venue says it is.
    PositionAdjusted {
        /// The instrument.
        symbol: Symbol,
        /// What was held before.
        previous_quantity: Quantity,
        /// What is held afterwards.
        quantity: Quantity,
        /// The cost afterwards, with the sign of the quantity.
        total_cost: Notional,
        /// Realised profit so far, fees not counted.
        total_realized_pnl: Cash,
        /// Who says so.
        person: PersonId,
        /// Why.
        note: String,
    }

    /// A future's day was settled: its gain or loss since the last settlement became cash, and the settlement price its cost.
    VariationSettled {
        /// The instrument.
        symbol: Symbol,
        /// The settlement price.
        price: Price,
        /// What is held.
        quantity: Quantity,
        /// The cost afterwards.
        total_cost: Notional,
        /// The gain, positive, or loss.
        amount: Cash,
        /// Realised profit so far, fees not counted.
        total_realized_pnl: Cash,
        /// Its currency.
        currency: Currency,
    }

    /// A rule does not refuse until a time.
    OverrideGranted {
        /// The rule, its scope and its end.
        granted: Override,
        /// Who.
        approver: PersonId,
        /// Why.
        note: String,
    }

    /// An override's time is over.
    OverrideExpired {
        /// What was granted.
        granted: Override,
    }

    /// A kill switch was pulled.
    Killed {
        /// What it stops.
        scope: Scope,
        /// Who pulled it.
        person: PersonId,
        /// Why.
        note: String,
        /// Whether positions are to be closed.
        flatten: bool,
    }

    /// A person asked to re-arm.
    RearmRequested {
        /// What was stopped.
        scope: Scope,
        /// Who.
        person: PersonId,
    }

    /// A person confirmed: trading goes on.
    Rearmed {
        /// What was stopped.
        scope: Scope,
        /// Who confirmed.
        person: PersonId,
    }

    /// A strategy filled too often and rests until a person re-arms it.
    StrategyDisabled {
        /// The strategy.
        strategy_id: StrategyId,
        /// Fills counted.
        count: u32,
    }

    /// What the account may do changed.
    TradingStateChanged {
        /// What it may do.
        trading_state: TradingState,
        /// Who says so; `margin` after a margin call.
        person: PersonId,
    }

    /// The connection to the venue was lost or is back.
    ConnectionChanged {
        /// Whether there is one.
        connected: bool,
    }

    /// A trading day began: what is measured by the day begins again.
    DayStarted {
        /// When it began.
        day_start_time_ns: i64,
        /// Equity as it began, in the account's currency; none where it cannot be valued.
        equity: Option<Cash>,
    }

    /// Equity is higher than ever before, cash paid in or out not counted.
    EquityPeaked {
        /// In the account's currency.
        equity: Cash,
    }

    /// Equity fell below the maintenance margin: the account may only reduce.
    MarginCalled {
        /// In the account's currency.
        equity: Cash,
        /// In the account's currency.
        maintenance_margin: Cash,
    }

    /// Equity covers the maintenance margin again.
    MarginRestored {
        /// In the account's currency.
        equity: Cash,
        /// In the account's currency.
        maintenance_margin: Cash,
    }
}

macro_rules! order_transitions {
    ($($(#[$meta:meta])* $name:ident),+) => {
        bodies! {$(
            $(#[$meta])*
            $name {
                /// The order.
                order_id: OrderId,
                /// The client's id of it.
                client_order_id: ClientOrderId,
                /// The instrument.
                symbol: Symbol,
                /// The order's filled quantity, which stays.
                filled_quantity: Quantity,
                /// The order's state afterwards.
                state: OrderState,
                /// The same in FIX's words.
                status: OrderStatus,
            }
        )+}

        $(impl $name {
            /// The event by which `order` enters `state`.
            #[must_use]
            pub fn new(order: &Order, state: OrderState) -> Self {
                Self {
                    order_id: order.terms.order_id.clone(),
                    client_order_id: order.terms.client_order_id.clone(),
                    symbol: order.terms.symbol.clone(),
                    filled_quantity: order.filled_quantity,
                    state,
                    status: state.status(order.filled_quantity),
                }
            }
        })+
    };
}

order_transitions!(
    /// A cancel is to be sent to the venue.
    CancelRequested,
    /// An order was canceled.
    OrderCanceled,
    /// An order's time in force ended.
    OrderExpired
);

macro_rules! position_transitions {
    ($($(#[$meta:meta])* $name:ident),+) => {
        bodies! {$(
            $(#[$meta])*
            $name {
                /// The instrument.
                symbol: Symbol,
                /// The fill that did it.
                execution_id: ExecutionId,
                /// The quantity afterwards; negative is short.
                quantity: Quantity,
                /// The cost afterwards, with the sign of the quantity.
                total_cost: Notional,
                /// Realised profit by this fill, fees not counted.
                realized_pnl: Cash,
                /// Realised profit so far, fees not counted.
                total_realized_pnl: Cash,
                /// The currency of profit.
                currency: Currency,
            }
        )+}
    };
}

position_transitions!(
    /// A position that was flat no longer is.
    PositionOpened,
    /// A position grew or shrank.
    PositionChanged,
    /// A position became flat.
    PositionClosed
);
