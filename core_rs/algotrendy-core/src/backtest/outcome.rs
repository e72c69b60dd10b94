//! What came of a run, as columns: numbers in the units of their instrument or currency, ids as numbers.
//!
//! Order 1 is `o-1`, and its client calls it so unless the strategy gave another name; its second report is `o-1-2`. An
//! instrument is named by its place in [`Outcome::instruments`].

use crate::decimal::Decimal;
use crate::instrument::{Currency, Instrument};
use crate::order::ids::{ClientOrderId, RuleName};
use crate::order::status::OrderStatus;
use crate::order::terms::{OrderType, Side, TimeInForce};
use crate::risk::reason::RejectReason;

use super::feed::InstrumentId;

/// How many more digits than a price an average price has.
pub const AVERAGE_PRICE_DIGITS: u8 = 4;

/// An order's number: 1 for the first of a run.
pub type OrderNumber = u64;

/// Everything that came of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The account's id.
    pub account_id: String,
    /// The account's currency, in whose minor units amounts are.
    pub currency: Currency,
    /// What the account started with.
    pub cash: i64,
    /// The instruments.
    pub instruments: Vec<Instrument>,
    /// When the first bar or tick that could be traded opened; none where there was none.
    pub start_time_ns: Option<i64>,
    /// All orders, by number.
    pub orders: Vec<OrderRow>,
    /// All fills, in the order in which the account learnt of them.
    pub fills: Vec<FillRow>,
    /// All round trips, in the order in which they began.
    pub positions: Vec<RoundTrip>,
    /// All refusals, in order.
    pub rejections: Vec<Rejection>,
    /// Client order ids and tags that are not the default, by order number.
    pub names: Vec<OrderName>,
    /// The account's worth at each close.
    pub curve: Curve,
    /// How much was done.
    pub counters: Counters,
}

/// What a strategy called an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderName {
    /// The order.
    pub number: OrderNumber,
    /// What its client calls it, if not as it is called.
    pub client_order_id: Option<ClientOrderId>,
    /// A word for people.
    pub tag: Option<smol_str::SmolStr>,
}

/// An order and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// The instrument.
    pub instrument: InstrumentId,
    /// Which way it trades.
    pub side: Side,
    /// How it is priced.
    pub order_type: OrderType,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// What has become of it.
    pub status: OrderStatus,
    /// Its quantity as it ended, changes included.
    pub quantity: i64,
    /// Its limit price, if it has one.
    pub limit_price: Option<i64>,
    /// Its stop price, if it has one.
    pub stop_price: Option<i64>,
    /// The reference price that it was checked against, its arrival price.
    pub reference_price: Option<i64>,
    /// What has filled.
    pub filled_quantity: i64,
    /// When it was decided.
    pub create_time_ns: i64,
    /// When it ended, if it has.
    pub end_time_ns: Option<i64>,
    /// Why it was refused, if it was.
    pub reason: Option<RejectReason>,
}

/// A fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillRow {
    /// The order.
    pub order: OrderNumber,
    /// Which of the order's reports it is.
    pub report: u32,
    /// The instrument.
    pub instrument: InstrumentId,
    /// Which way it traded.
    pub side: Side,
    /// How much.
    pub quantity: i64,
    /// At what price.
    pub price: i64,
    /// Minor units of the instrument's currency; negative is a rebate.
    pub fee: i64,
    /// When it traded at the venue.
    pub time_ns: i64,
    /// Whether it made liquidity: a limit order that had rested.
    pub is_maker: bool,
}

/// A position from flat to flat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// The instrument.
    pub instrument: InstrumentId,
    /// Whether it was long, a buy, or short.
    pub side: Side,
    /// The most that was held.
    pub quantity: i64,
    /// When its first fill traded.
    pub open_time_ns: i64,
    /// When its last fill traded; none while it is held.
    pub close_time_ns: Option<i64>,
    /// The average price of what opened it, with [`AVERAGE_PRICE_DIGITS`] more digits than a price.
    pub open_price: i64,
    /// The average price of what closed it, likewise; none where nothing did.
    pub close_price: Option<i64>,
    /// What it realised, fees not counted, in minor units of the instrument's currency.
    pub profit: i64,
    /// The fees of its fills, in minor units of the instrument's currency. A fill through zero pays for the position that
    /// it closes and for the one that it opens, by quantity.
    pub fees: i64,
}

/// A refusal, by a check or by the venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The order.
    pub order: OrderNumber,
    /// The instrument.
    pub instrument: InstrumentId,
    /// When.
    pub time_ns: i64,
    /// Why.
    pub reason: RejectReason,
    /// The rule that refused, or `venue`.
    pub rule: RuleName,
    /// What the rule allows.
    pub limit: Option<Decimal>,
    /// What the order would have made of it.
    pub observed: Option<Decimal>,
}

/// The account's worth at each close, over all feeds, in minor units of its currency. All columns but those of [`Steps`]
/// have the same length; with [`CurveDetail::Equity`](super::terms::CurveDetail::Equity), exposure is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    /// When.
    pub time_ns: Vec<i64>,
    /// What the account is worth.
    pub equity: Vec<i64>,
    /// Σ of what positions are worth, without their signs.
    pub gross: Vec<i64>,
    /// Σ of what positions are worth, with their signs.
    pub net: Vec<i64>,
    /// What changes with fills alone.
    pub steps: Steps,
}

/// What changes with fills alone: each value holds from the curve's point `first` on, until the next step's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// From which point of the curve on; rising.
    pub first: Vec<usize>,
    /// Cash.
    pub cash: Vec<i64>,
    /// How many positions are held.
    pub position_count: Vec<i64>,
    /// Fees so far.
    pub fees: Vec<i64>,
    /// Slippage so far: what fills cost more than at the reference price that their orders were checked against.
    pub slippage: Vec<i64>,
}

impl Steps {
    /// Makes room for as many more.
    pub(super) fn reserve(&mut self, count: usize) {
        self.first.reserve(count);
        for column in [&mut self.cash, &mut self.position_count, &mut self.fees, &mut self.slippage]
        {
            column.reserve(count);
        }
    }

    /// Takes the last step back.
    pub(super) fn pop(&mut self) {
        self.first.pop();
        self.cash.pop();
        self.position_count.pop();
        self.fees.pop();
        self.slippage.pop();
    }

    /// The values of a column of steps, and for how many points of a curve of `length` each holds.
    ///
    /// # Panics
    /// If the steps are not those of such a curve.
    pub fn spans<'a>(
        &'a self,
        values: &'a [i64],
        length: usize,
    ) -> impl Iterator<Item = (i64, usize)> + 'a {
        let ends = self.first.iter().skip(1).copied().chain([length]);
        self.first.iter().zip(ends).zip(values).map(move |((first, end), value)| {
            assert!(*first <= end && end <= length, "steps rise, within the curve");
            (*value, end - first)
        })
    }

    /// A column of steps as one value a point of a curve of `length` points.
    ///
    /// # Panics
    /// If the steps are not those of such a curve.
    #[must_use]
    pub fn spread(&self, values: &[i64], length: usize) -> Vec<i64> {
        let mut spread = Vec::with_capacity(length);
        for (value, count) in self.spans(values, length) {
            spread.resize(spread.len() + count, value);
        }
        spread
    }
}

/// How much was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bars that were given or made.
    pub bars: u64,
    /// Trades that were given.
    pub trades: u64,
    /// Quotes that were given.
    pub quotes: u64,
    /// Bars and ticks that the venue walked.
    pub walked: u64,
    /// How often the strategy was called.
    pub calls: u64,
    /// Orders that went past the books of account and venue, because nothing could come between.
    pub short: u64,
}
