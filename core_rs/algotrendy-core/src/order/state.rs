//! All that a trading core knows about one account: plain data, iterated in one order on every machine.
//!
//! What decisions read often is kept up to date where it changes: each [`Slot`] has the totals of its open orders and
//! what its position and its worst case are worth, and [`Totals`] has their sums. [`State::refresh`] is the one place
//! that changes them.

use std::collections::BTreeMap;

use hashbrown::DefaultHashBuilder;
use indexmap::IndexMap;

use super::book::OrderBook;
use super::command::Override;
use super::ids::{CalendarId, PersonId, StrategyId, Symbol};
use super::order::Order;
use super::repeats::CommandLog;
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

impl Slot {
    /// Whether the account's valuation reads its reference price: it is held or has open orders.
    #[must_use]
    pub fn is_valued_by_account(&self) -> bool {
        self.position.quantity.0 != 0 || self.open.count != 0
    }
}

/// Which instrument of an account: its place in the order they were registered.
pub type SlotIndex = u32;

/// Which strategy of an account: its place in the order they were met.
pub(crate) type StrategyIndex = u32;

/// No strategy, or none that was met.
pub(crate) const NO_STRATEGY: StrategyIndex = StrategyIndex::MAX;

/// One account: its orders, positions, cash, limits and reference prices.
#[derive(Clone, Debug)]
#[allow(clippy::struct_field_names, reason = "`trading_state` is what the contract calls it")]
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
    pub(crate) slots: IndexMap<Symbol, Slot, DefaultHashBuilder>,
    pub(crate) totals: Totals,
    pub(crate) scheduled: Vec<(i64, Symbol, InstrumentChange)>,
    pub(crate) book: OrderBook,
    pub(crate) strategies: IndexMap<StrategyId, StrategyBook, DefaultHashBuilder>,
    pub(crate) throttles: AccountThrottles,
    pub(crate) switches: Switches,
    pub(crate) losses: LossBase,
    /// Whether a limit is measured from the highest equity.
    pub(crate) has_drawdown_limit: bool,
    pub(crate) overrides: Vec<(Override, PersonId)>,
    pub(crate) trading_state: TradingState,
    pub(crate) is_connected: bool,
    pub(crate) covariance: Option<Box<Covariance>>,
    pub(crate) commands: CommandLog,
    /// What the last order or mark was of, and whose the last order was: the next is most often of the same.
    pub(crate) last_slot: SlotIndex,
    pub(crate) last_strategy: StrategyIndex,
    /// Instruments that count in valuations and whose mark no record holds yet.
    pub(crate) unrecorded: Vec<SlotIndex>,
    /// Instruments whose value is to be brought up to date once all events of a record are folded.
    pub(crate) stale: Vec<SlotIndex>,
    /// Nothing is due before this time; due for certain is only what a look at everything finds.
    pub(crate) next_due_ns: i64,
}

impl State {
    /// An account without orders, positions, cash, limits or instruments.
    #[must_use]
    pub fn new(account_id: impl Into<String>, currency: Currency) -> Self {
        Self {
            account_id: account_id.into(),
            currency,
            time_ns: None,
            event_sequence: 0,
            record_sequence: 0,
            account: Account::default(),
            rates: Rates::new(currency),
            limits: None,
            calendars: BTreeMap::new(),
            slots: IndexMap::default(),
            totals: Totals::default(),
            scheduled: Vec::new(),
            book: OrderBook::default(),
            strategies: IndexMap::default(),
            throttles: AccountThrottles::default(),
            switches: Switches::default(),
            overrides: Vec::new(),
            trading_state: TradingState::Active,
            is_connected: true,
            covariance: None,
            losses: LossBase::default(),
            has_drawdown_limit: false,
            commands: CommandLog::default(),
            last_slot: 0,
            last_strategy: NO_STRATEGY,
            unrecorded: Vec::new(),
            stale: Vec::new(),
            next_due_ns: i64::MIN,
        }
    }

    /// The state, keeping only the last `retained` ended orders; `None` keeps all.
    #[must_use]
    pub fn retaining(mut self, retained: Option<usize>) -> Self {
        self.book.retain(retained);
        self
    }

    /// The account's id.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The account's currency, in which amounts are limited.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// When the last event was decided; unset before the first.
    #[must_use]
    pub fn time_ns(&self) -> Option<i64> {
        self.time_ns
    }

    /// The last event's sequence; zero before the first.
    #[must_use]
    pub fn event_sequence(&self) -> u64 {
        self.event_sequence
    }

    /// The last record's sequence; zero before the first.
    #[must_use]
    pub fn record_sequence(&self) -> u64 {
        self.record_sequence
    }

    /// The cash, by currency.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Option<&Limits> {
        self.limits.as_deref()
    }

    /// What the account itself may do; its limits, kill switches and margin calls may allow less.
    #[must_use]
    pub fn trading_state(&self) -> TradingState {
        self.trading_state
    }

    /// Whether there is a connection to the venue.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// What losses are measured from.
    #[must_use]
    pub fn losses(&self) -> &LossBase {
        &self.losses
    }

    /// The overrides in force, and who granted each.
    #[must_use]
    pub fn overrides(&self) -> &[(Override, PersonId)] {
        &self.overrides
    }

    /// The table of sessions called `calendar_id`.
    #[must_use]
    pub fn calendar(&self, calendar_id: &str) -> Option<&Calendar> {
        self.calendars.get(calendar_id)
    }

    /// The sessions of `instrument`, if it has a calendar and that is known.
    pub(crate) fn calendar_of(&self, instrument: &Instrument) -> Option<&Calendar> {
        self.calendar(instrument.calendar_id()?.as_str())
    }

    /// All instruments with what is kept by instrument, in the order they were registered.
    #[must_use]
    pub fn slots(&self) -> impl ExactSizeIterator<Item = &Slot> {
        self.slots.values()
    }

    /// What is kept of one instrument.
    #[must_use]
    pub fn slot(&self, symbol: &str) -> Option<&Slot> {
        self.slots.get(symbol)
    }

    /// The instrument `symbol`, changes included.
    #[must_use]
    pub fn instrument(&self, symbol: &str) -> Option<&Instrument> {
        self.slot(symbol).map(|slot| &slot.instrument)
    }

    /// The reference price of `symbol`.
    #[must_use]
    pub fn reference_price(&self, symbol: &str) -> Option<&ReferencePrice> {
        self.slot(symbol)?.reference.as_ref()
    }

    /// The position in `symbol`, flat where it was never traded; none of an unknown instrument.
    #[must_use]
    pub fn position(&self, symbol: &str) -> Option<&Position> {
        self.slot(symbol).map(|slot| &slot.position)
    }

    /// The order `order_id`, while it is retained.
    #[must_use]
    pub fn order(&self, order_id: &str) -> Option<&Order> {
        self.book.find(order_id).map(|index| &self.book.entry(index).order)
    }

    /// The order that its sender calls `client_order_id`, while it is retained.
    #[must_use]
    pub fn order_by_client_id(&self, client_order_id: &str) -> Option<&Order> {
        self.book.find_client(client_order_id).map(|index| &self.book.entry(index).order)
    }

    /// All orders that are retained, in the order they became known.
    #[must_use]
    pub fn orders(&self) -> Vec<&Order> {
        self.book.in_order().into_iter().map(|entry| &entry.order).collect()
    }

    /// The open orders, in the order they became known.
    pub fn open_orders(&self) -> impl Iterator<Item = &Order> {
        self.book.open().map(|index| &self.book.entry(index).order)
    }

    /// The orders with what is kept beside them.
    #[must_use]
    pub fn book(&self) -> &OrderBook {
        &self.book
    }

    pub(crate) fn slot_index(&self, symbol: &str) -> Option<SlotIndex> {
        self.slots.get_index_of(symbol).and_then(|index| SlotIndex::try_from(index).ok())
    }

    /// The same, without hashing the name if the last order or mark was of that instrument, or of the one before it: marks
    /// often come in the instruments' order.
    #[allow(
        clippy::inline_always,
        reason = "it compares one short id, which a call costs more than"
    )]
    #[inline(always)]
    pub(crate) fn slot_again(&self, symbol: &Symbol) -> Option<SlotIndex> {
        if self.is_slot_of(self.last_slot, symbol) {
            return Some(self.last_slot);
        }
        self.slot_elsewhere(symbol)
    }

    fn slot_elsewhere(&self, symbol: &Symbol) -> Option<SlotIndex> {
        let next = self.last_slot.wrapping_add(1);
        if self.is_slot_of(next, symbol) {
            return Some(next);
        }
        self.slot_index(symbol.as_str())
    }

    fn is_slot_of(&self, index: SlotIndex, symbol: &Symbol) -> bool {
        self.slots.get_index(index as usize).is_some_and(|(known, _)| known == symbol)
    }

    /// The place of a strategy that was met, without hashing its name if the last order was its.
    #[inline]
    pub(crate) fn strategy_again(&self, strategy_id: &StrategyId) -> Option<StrategyIndex> {
        match self.strategies.get_index(self.last_strategy as usize) {
            Some((known, _)) if known == strategy_id => Some(self.last_strategy),
            _ => self
                .strategies
                .get_index_of(strategy_id)
                .and_then(|index| StrategyIndex::try_from(index).ok()),
        }
    }

    /// The book of a strategy that was met.
    #[inline]
    pub(crate) fn strategy(&self, strategy_id: &StrategyId) -> Option<&StrategyBook> {
        let index = self.strategy_again(strategy_id)?;
        self.strategies.get_index(index as usize).map(|(_, book)| book)
    }

    pub(crate) fn slot_at(&self, index: SlotIndex) -> &Slot {
        &self.slots[index as usize]
    }

    pub(crate) fn slot_at_mut(&mut self, index: SlotIndex) -> &mut Slot {
        &mut self.slots[index as usize]
    }
}
