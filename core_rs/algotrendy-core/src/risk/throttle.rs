//! Who sent and traded how much: the windows, counters and own positions that checks read, kept up to date by `fold`.

use super::checks::ActiveRows;
use super::credit::Credit;
use super::duplicates::RecentTerms;
use super::limits::{Limit, LimitSet, Limits, Rate};
use super::rate::{resize, RateWindow};
use super::resolved::Bounds;
use super::window::PriceMove;
use crate::instrument::Currency;
use crate::order::ids::StrategyId;
use crate::order::state::SlotIndex;
use crate::order::terms::Side;
use crate::price::{Price, Quantity};

/// The windows of one scope.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// New orders.
    pub orders: Option<RateWindow>,
    /// Replacements.
    pub replacements: Option<RateWindow>,
}

impl Rates {
    pub(super) fn resize(&mut self, limits: Option<&LimitSet>) {
        resize(&mut self.orders, limits.and_then(|limits| limits.order_rate));
        resize(&mut self.replacements, limits.and_then(|limits| limits.replace_rate));
    }
}

/// Messages and fills of the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New orders, replacements and cancels.
    pub messages: u64,
    /// Fills.
    pub fills: u64,
}

/// What an account's orders did.
#[derive(Clone, Debug, Default)]
pub struct AccountThrottles {
    /// The windows of the limits for everybody.
    pub global: Rates,
    /// The windows of the account's limits.
    pub account: Rates,
    /// Messages and fills of the day.
    pub counts: Counts,
    /// Notional that is open or was traded.
    pub credit: Credit,
    /// What was asked for a moment ago.
    pub recent: RecentTerms,
}

impl AccountThrottles {
    pub(super) fn resize(&mut self, limits: &Limits) {
        self.global.resize(Some(&limits.global));
        self.account.resize(Some(&limits.account));
        self.recent.set_window(limits.duplicate_window_ns);
    }
}

/// What one instrument's orders and marks did.
#[derive(Clone, Debug, Default)]
pub struct SlotActivity {
    /// The windows of the instrument's limits.
    pub rates: Rates,
    /// Messages and fills of the day.
    pub counts: Counts,
    /// Open buys and open sells, all kinds, held ones included.
    pub open_orders: [u32; 2],
    /// The marks of the last window, where a limit wants them.
    pub moves: Option<PriceMove>,
}

impl SlotActivity {
    /// Remembers a believed mark.
    pub fn note_mark(&mut self, price: Price, time_ns: i64) {
        if let Some(moves) = &mut self.moves {
            moves.note(price, time_ns);
        }
    }

    /// Open orders of `side`.
    #[must_use]
    pub const fn open_of(&self, side: Side) -> u32 {
        self.open_orders[side as usize]
    }
}

/// What one strategy holds and has open in one instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnPosition {
    /// Its fills, netted.
    pub net: i128,
    /// What its open buys may still add; reduce-only and held ones not counted.
    pub open_buys: i128,
    /// What its open sells may still take.
    pub open_sells: i128,
}

/// One strategy's messages, fills and positions.
#[derive(Clone, Debug, Default)]
pub struct StrategyBook {
    /// The windows of the strategy's limits.
    pub rates: Rates,
    /// Messages and fills of the day.
    pub counts: Counts,
    /// Notional that is open or was traded.
    pub credit: Credit,
    /// Its fills, by the tightest rate of everybody, the account and the strategy.
    pub executions: Vec<RateWindow>,
    /// Whether it filled too often and rests until a person re-arms it.
    pub is_disabled: bool,
    /// Its open orders, all kinds.
    pub open_orders: u32,
    /// The checks that may find something because of it.
    pub rows: ActiveRows,
    /// Its limits that are no quantities.
    pub bounds: Bounds,
    /// Its limit of an order's quantity, which each instrument counts in its own units.
    pub order_quantity: Option<Limit>,
    /// Its limit of a position's quantity.
    pub position_quantity: Option<Limit>,
    /// Whether it is permitted to trade every instrument by its name, where strategies have permissions.
    pub may_trade_all: bool,
    /// What it holds, in the order of the instruments.
    positions: Vec<(SlotIndex, OwnPosition)>,
}

impl StrategyBook {
    /// What it holds of one instrument.
    #[must_use]
    pub fn position(&self, slot: SlotIndex) -> OwnPosition {
        self.place(slot).map(|index| self.positions[index].1).unwrap_or_default()
    }

    /// What it holds, in the order of the instruments.
    #[must_use]
    pub fn positions(&self) -> &[(SlotIndex, OwnPosition)] {
        &self.positions
    }

    /// Where what it holds of an instrument is, or would be.
    fn place(&self, slot: SlotIndex) -> Result<usize, usize> {
        // One that trades all instruments has each at its own place.
        if self.positions.get(slot as usize).is_some_and(|(known, _)| *known == slot) {
            return Ok(slot as usize);
        }
        self.positions.binary_search_by_key(&slot, |(slot, _)| *slot)
    }

    pub(super) fn position_mut(&mut self, slot: SlotIndex) -> &mut OwnPosition {
        let index = self.place(slot).unwrap_or_else(|index| {
            self.positions.insert(index, (slot, OwnPosition::default()));
            index
        });
        &mut self.positions[index].1
    }

    /// Takes over the limits that apply to it.
    pub(super) fn resolve(
        &mut self,
        strategy_id: &StrategyId,
        limits: &Limits,
        currency: Currency,
    ) {
        let own = limits.strategies.get(strategy_id);
        let permissions = limits.permissions.strategies.as_ref();
        self.may_trade_all = permissions
            .and_then(|permissions| permissions.get(strategy_id))
            .is_some_and(Option::is_none);
        self.rates.resize(own);
        self.rows = ActiveRows::of_strategy(own);
        self.bounds = own.map(|own| Bounds::new(own, currency, None)).unwrap_or_default();
        self.order_quantity = own.and_then(|own| own.max_order_quantity);
        self.position_quantity = own.and_then(|own| own.max_position_quantity);
        let sets = [Some(&limits.global), Some(&limits.account), own];
        let rates = sets.into_iter().flatten().filter_map(|set| set.execution_rate);
        self.resize_executions(rates.collect());
    }

    fn resize_executions(&mut self, rates: Vec<Rate>) {
        // The longest memory there is goes on in each new window.
        let longest = self.executions.iter().max_by_key(|window| window.rate().count).cloned();
        let kept =
            |rate: Rate| longest.as_ref().map_or(RateWindow::new(rate), |old| old.resized(rate));
        self.executions = rates.into_iter().map(kept).collect();
    }

    /// Whether one more fill of `quantity` at `time_ns` reaches a rate, and which number of fills that is.
    #[must_use]
    pub fn reached_executions(&self, time_ns: i64) -> Option<u32> {
        let reaches = |window: &&RateWindow| window.count_at(time_ns) + 1 >= window.rate().count;
        self.executions.iter().find(reaches).map(|window| window.rate().count)
    }

    /// Lets the strategy send again: what it filled before no longer counts.
    pub(super) fn rearm(&mut self) {
        self.is_disabled = false;
        for window in &mut self.executions {
            *window = RateWindow::new(window.rate());
        }
    }

    pub(super) fn fill(&mut self, slot: SlotIndex, side: Side, quantity: Quantity) {
        self.position_mut(slot).net += i128::from(side.signed(quantity).0);
    }
}
