//! What `fold` tells the throttles: each message, each fill, and each change of what an order may still do.

use super::resolved::SlotLimits;
use super::throttle::{Counts, Rates, StrategyBook};
use super::window::PriceMove;
use crate::order::book::EntryIndex;
use crate::order::ids::StrategyId;
use crate::order::state::{Slot, SlotIndex, State, StrategyIndex, NO_STRATEGY};
use crate::order::terms::{OrderTerms, Side};
use crate::portfolio::cost::{cash_value, Cash};
use crate::price::{Notional, NumberError, Price, Quantity};
use crate::risk::exposure::OrderExposure;
use crate::risk::measure::Measure;

impl State {
    /// Takes over new limits: everything that is kept in their units.
    pub(crate) fn resolve_limits(&mut self) {
        let Some(limits) = &self.limits else { return };
        self.throttles.resize(limits);
        for strategy_id in limits.strategies.keys() {
            self.strategies.entry(strategy_id.clone()).or_default();
        }
        for (strategy_id, book) in &mut self.strategies {
            book.resolve(strategy_id, limits, self.currency);
        }
        for slot in 0..self.slots.len() {
            self.resolve_slot(slot);
        }
    }

    /// Takes over the limits of one instrument, as after it became known or changed.
    pub(crate) fn resolve_slot(&mut self, slot: usize) {
        let (Some(limits), Some((symbol, slot))) = (&self.limits, self.slots.get_index_mut(slot))
        else {
            return;
        };
        slot.limits = SlotLimits::new(limits, &slot.instrument, self.currency);
        slot.activity.rates.resize(limits.instruments.get(symbol));
        let is_wanted = slot.limits.bounds.of(Measure::PriceMove).is_set()
            || limits.strategies.values().any(|set| set.price_move_bps.is_some());
        let window_ns = limits.collar_window_ns;
        let kept = slot.activity.moves.take().filter(|moves| moves.window_ns() == window_ns);
        slot.activity.moves =
            is_wanted.then(|| kept.unwrap_or_else(|| first_mark(slot, window_ns)));
    }

    /// Counts a new order, as it is created or approved: a message of the day, of every rate, and terms to know again.
    pub(crate) fn note_sent(
        &mut self,
        terms: &OrderTerms,
        (slot, strategy): (SlotIndex, StrategyIndex),
        time_ns: i64,
    ) {
        self.throttles.recent.note(terms, slot, time_ns);
        self.each_scope(slot, strategy, |rates, counts| {
            counts.messages += 1;
            rates.orders.iter_mut().for_each(|window| window.note(time_ns));
        });
        self.throttles.global.orders.iter_mut().for_each(|window| window.note(time_ns));
    }

    /// Counts a replacement.
    pub(crate) fn note_replaced(&mut self, slot: SlotIndex, strategy: StrategyIndex, time_ns: i64) {
        self.each_scope(slot, strategy, |rates, counts| {
            counts.messages += 1;
            rates.replacements.iter_mut().for_each(|window| window.note(time_ns));
        });
        self.throttles.global.replacements.iter_mut().for_each(|window| window.note(time_ns));
    }

    /// Counts a cancel. None is ever refused, but they are messages.
    pub(crate) fn note_canceled(&mut self, slot: SlotIndex, strategy: StrategyIndex) {
        self.each_scope(slot, strategy, |_, counts| counts.messages += 1);
    }

    /// Counts a fill: of the day, of the strategy's rate, of the credit that is used, and of what the strategy holds.
    ///
    /// # Errors
    /// [`NumberError`] if a sum leaves its range.
    pub(crate) fn note_filled(
        &mut self,
        slot: SlotIndex,
        strategy: StrategyIndex,
        (side, quantity, price): (Side, Quantity, Price),
        time_ns: i64,
    ) -> Result<(), NumberError> {
        let instrument = &self.slots[slot as usize].instrument;
        let currency = instrument.currency();
        let notional = price.notional(quantity, instrument.multiplier())?;
        let traded = cash_value(instrument, notional)?.absolute()?;
        self.each_scope(slot, strategy, |_, counts| counts.fills += 1);
        self.throttles.credit.add_traded(currency, traded)?;
        let Some(book) = self.strategy_book(strategy) else { return Ok(()) };
        book.credit.add_traded(currency, traded)?;
        book.executions.iter_mut().for_each(|window| window.note(time_ns));
        book.fill(slot, side, quantity);
        Ok(())
    }

    /// Takes a fill back from what the strategy holds. It still was a fill, and its credit stays used.
    pub(crate) fn note_busted(
        &mut self,
        slot: SlotIndex,
        strategy: StrategyIndex,
        side: Side,
        quantity: Quantity,
    ) {
        if let Some(book) = self.strategy_book(strategy) {
            book.fill(slot, side.opposite(), quantity);
        }
    }

    /// Takes out what an order could still do, and puts in what it can do now.
    ///
    /// # Errors
    /// [`NumberError`] if a sum leaves its range.
    pub(crate) fn note_order(
        &mut self,
        slot_index: SlotIndex,
        (side, strategy): (Side, StrategyIndex),
        before: (bool, Option<&OrderExposure>),
        now: (bool, Option<&OrderExposure>),
    ) -> Result<(), NumberError> {
        let slot = &mut self.slots[slot_index as usize];
        let opened = i32::from(now.0) - i32::from(before.0);
        let count = &mut slot.activity.open_orders[side as usize];
        *count = count.saturating_add_signed(opened);
        let currency = slot.instrument.currency();
        let used = open_notional(slot, now.1)?.checked_sub(open_notional(slot, before.1)?)?;
        self.throttles.credit.add_open(currency, used)?;
        let Some(book) = self.strategy_book(strategy) else { return Ok(()) };
        book.open_orders = book.open_orders.saturating_add_signed(opened);
        book.credit.add_open(currency, used)?;
        let own = book.position_mut(slot_index);
        let open = match side {
            Side::Buy => &mut own.open_buys,
            Side::Sell => &mut own.open_sells,
        };
        *open += counted_leaves(now.1) - counted_leaves(before.1);
        Ok(())
    }

    /// Takes over what is held of one instrument, where value at risk is limited.
    pub(crate) fn note_value(&mut self, slot: SlotIndex) {
        if let Some(covariance) = &mut self.covariance {
            covariance.set_weight(slot, self.slots[slot as usize].value.notional);
        }
    }

    /// Begins a trading day: what is counted by the day begins again.
    pub(crate) fn note_day(&mut self) {
        self.throttles.counts = Counts::default();
        self.throttles.credit.begin_day();
        for book in self.strategies.values_mut() {
            book.counts = Counts::default();
            book.credit.begin_day();
        }
        for slot in self.slots.values_mut() {
            slot.activity.counts = Counts::default();
        }
    }

    /// The number of fills that one more at `time_ns` would be, if that is too many for its strategy.
    #[must_use]
    pub(crate) fn strategy_to_disable(
        &self,
        (strategy, strategy_id): (StrategyIndex, Option<&StrategyId>),
        time_ns: i64,
    ) -> Option<u32> {
        let book = match strategy {
            NO_STRATEGY => self.strategy(strategy_id?)?,
            known => self.strategies.get_index(known as usize)?.1,
        };
        if book.is_disabled {
            return None;
        }
        book.reached_executions(time_ns)
    }

    /// The account's scope, the instrument's and the strategy's. `global` has windows of its own, and the account's counts.
    fn each_scope(
        &mut self,
        slot: SlotIndex,
        strategy: StrategyIndex,
        mut note: impl FnMut(&mut Rates, &mut Counts),
    ) {
        note(&mut self.throttles.account, &mut self.throttles.counts);
        let activity = &mut self.slots[slot as usize].activity;
        note(&mut activity.rates, &mut activity.counts);
        if let Some(book) = self.strategy_book(strategy) {
            note(&mut book.rates, &mut book.counts);
        }
    }

    /// The book of a strategy.
    pub(crate) fn strategy_book(&mut self, strategy: StrategyIndex) -> Option<&mut StrategyBook> {
        self.strategies.get_index_mut(strategy as usize).map(|(_, book)| book)
    }

    /// The place of a strategy's book, which is begun where there is none.
    pub(crate) fn strategy_index(&mut self, strategy_id: Option<&StrategyId>) -> StrategyIndex {
        let Some(strategy_id) = strategy_id else { return NO_STRATEGY };
        let known = self.strategy_again(strategy_id);
        let index = known.unwrap_or_else(|| self.begin_strategy(strategy_id));
        self.last_strategy = index;
        index
    }

    fn begin_strategy(&mut self, strategy_id: &StrategyId) -> StrategyIndex {
        let mut book = StrategyBook::default();
        if let Some(limits) = &self.limits {
            book.resolve(strategy_id, limits, self.currency);
        }
        let (index, _) = self.strategies.insert_full(strategy_id.clone(), book);
        let index = StrategyIndex::try_from(index).unwrap_or(NO_STRATEGY);
        assert!(index != NO_STRATEGY, "fewer than 2^32 strategies are met");
        index
    }

    /// The place of the book of an order's strategy, which is begun where there is none.
    #[inline]
    pub(crate) fn strategy_of(&mut self, index: EntryIndex) -> StrategyIndex {
        match self.book.entry(index).strategy {
            NO_STRATEGY => self.find_strategy_of(index),
            strategy => strategy,
        }
    }

    fn find_strategy_of(&mut self, index: EntryIndex) -> StrategyIndex {
        let strategy_id = self.book.entry(index).order.terms.strategy_id.clone();
        let Some(strategy_id) = strategy_id else { return NO_STRATEGY };
        let strategy = self.strategy_index(Some(&strategy_id));
        self.book.entry_mut(index).strategy = strategy;
        strategy
    }
}

/// The window of a price whose move is limited from now on: it begins with the price of now.
fn first_mark(slot: &Slot, window_ns: i64) -> PriceMove {
    let mut moves = PriceMove::new(window_ns);
    if let Some(reference) = &slot.reference {
        moves.note(reference.price, reference.time_ns);
    }
    moves
}

/// What is left of an order, at its valuation price, in minor units of its instrument's currency.
fn open_notional(slot: &Slot, order: Option<&OrderExposure>) -> Result<Cash, NumberError> {
    let notional = order.and_then(OrderExposure::notional).unwrap_or(0);
    cash_value(&slot.instrument, Notional(notional))
}

/// What is left of an order, unless it can only make the position smaller.
fn counted_leaves(order: Option<&OrderExposure>) -> i128 {
    order.filter(|order| !order.reduce_only).map_or(0, |order| order.leaves.0.into())
}
