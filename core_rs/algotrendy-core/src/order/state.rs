//! All that a trading core knows about one account: plain data, iterated in one order on every machine.
//!
//! What decisions read often is kept up to date where it changes: each [`Slot`] has the totals of its open orders and
//! what its position and its worst case are worth, and [`Totals`] has their sums. [`State::refresh`] is the one place
//! that changes them.

use std::collections::{BTreeMap, VecDeque};

use indexmap::IndexMap;

use super::book::OrderBook;
use super::command::Override;
use super::ids::{CalendarId, CommandId, PersonId, StrategyId, Symbol};
use crate::instrument::{Calendar, Currency, Instrument, InstrumentChange};
use crate::portfolio::account::Account;
use crate::portfolio::position::Position;
use crate::portfolio::rates::Rates;
use crate::price::Price;
use crate::risk::exposure::{OpenTotals, SlotValue, Totals};
use crate::risk::limits::{Limits, TradingState};
use crate::risk::loss::LossBase;
use crate::risk::resolved::SlotLimits;
use crate::risk::switch::Switches;
use crate::risk::throttle::{AccountThrottles, SlotActivity, StrategyBook};
use crate::risk::var::Covariance;

/// The price that orders in an instrument are checked against and its position is valued at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReferencePrice {
    /// The price.
    pub price: Price,
    /// When it was marked.
    pub time_ns: i64,
    /// When it was the price, by its source's clock.
    pub price_time_ns: i64,
    /// Where it comes from.
    pub source: super::ids::PriceSource,
}

/// How far a reference price can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarkTrust {
    /// It was marked since the core started, and was believable.
    Fresh,
    /// It comes from the journal: positions are valued at it, orders wait for a fresh one.
    Recovered,
    /// The last mark was too far from this one; the next decides.
    #[default]
    Suspect,
}

/// One instrument of the account, with all that is kept by instrument.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The instrument, changes included.
    pub instrument: Instrument,
    /// Its sector's place in the totals.
    pub sector: Option<usize>,
    /// Whether trading is halted.
    pub is_halted: bool,
    /// The lowest and the highest price an order may have.
    pub bands: (Option<Price>, Option<Price>),
    /// The average daily volume, in quantity units.
    pub average_volume: Option<i64>,
    /// Its reference price.
    pub reference: Option<ReferencePrice>,
    /// A mark that was too far from it, until the next one confirms or replaces it.
    pub suspect: Option<Price>,
    /// How far the reference price can be trusted.
    pub trust: MarkTrust,
    /// Whether no record holds the reference price yet.
    pub is_unrecorded: bool,
    /// The position; flat where it was never traded.
    pub position: Position,
    /// The open orders' totals.
    pub open: OpenTotals,
    /// What the position, its worst case and its margin are worth now, in the account's currency.
    pub value: SlotValue,
    /// The limits that apply, in the instrument's units.
    pub limits: SlotLimits,
    /// What its orders and marks did lately.
    pub activity: SlotActivity,
}

/// Which instrument of an account: its place in the order they were registered.
pub type SlotIndex = u32;

/// One account: its orders, positions, cash, limits and reference prices.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) account_id: String,
    pub(crate) currency: Currency,
    pub(crate) time_ns: Option<i64>,
    pub(crate) event_sequence: u64,
    pub(crate) record_sequence: u64,
    pub(crate) account: Account,
    pub(crate) rates: Rates,
    pub(crate) limits: Option<Box<Limits>>,
    pub(crate) calendars: BTreeMap<CalendarId, Calendar>,
    pub(crate) slots: IndexMap<Symbol, Slot>,
    pub(crate) totals: Totals,
    pub(crate) scheduled: Vec<(i64, Symbol, InstrumentChange)>,
    pub(crate) book: OrderBook,
    pub(crate) strategies: IndexMap<StrategyId, StrategyBook>,
    pub(crate) throttles: AccountThrottles,
    pub(crate) switches: Switches,
    pub(crate) losses: LossBase,
    pub(crate) overrides: Vec<(Override, PersonId)>,
    pub(crate) trading_state: TradingState,
    pub(crate) is_connected: bool,
    pub(crate) covariance: Option<Box<Covariance>>,
    pub(crate) commands: VecDeque<(CommandId, u32)>,
}
