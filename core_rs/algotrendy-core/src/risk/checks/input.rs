//! What every row looks at, reckoned once for all of them.

use super::active::ActiveRows;
use super::candidate::{Candidate, Purpose};
use super::instrument::Market;
use crate::order::order::Order;
use crate::order::state::{MarkTrust, ReferencePrice, Slot, State};
use crate::order::terms::{OrderTerms, Side};
use crate::portfolio::cost::{cash_value, Cash};
use crate::portfolio::rates::Conversion;
use crate::price::{Notional, NumberError};
use crate::risk::exposure::{OpenTotals, OrderExposure, SlotValue};
use crate::risk::limits::Limits;
use crate::risk::measure::Measure;
use crate::risk::resolved::Bound;
use crate::risk::throttle::StrategyBook;

/// An order and the account it would be an order of.
pub(super) struct Input<'a> {
    pub state: &'a State,
    pub candidate: &'a Candidate<'a>,
    pub limits: &'a Limits,
    pub slot: &'a Slot,
    /// The book of its strategy, if that has done anything or has limits.
    pub strategy: Option<&'a StrategyBook>,
    /// The rows that may find something.
    pub rows: ActiveRows,
    /// Whether the rows' numbers are asked for, also of those that the order passes.
    pub tells_numbers: bool,
    pub time_ns: i64,
    /// When its instrument's market is open.
    pub market: Market<'a>,
    /// What the position can become now.
    pub now: Cases,
    /// The longest and the shortest the position can become, with the order.
    pub after: Cases,
    /// The same without it, or with the order it replaces as it is.
    pub before: Cases,
    /// Whether it can only make the position smaller, whatever else fills.
    pub only_reduces: bool,
    /// What it is worth; `None` without a reference price or a rate.
    pub money: Option<Money<'a>>,
}

/// What a position can become if the open orders of a side all fill and none of the other does, in quantity units.
#[derive(Clone, Copy)]
pub(super) struct Cases {
    pub longest: i128,
    pub shortest: i128,
}

impl Cases {
    #[inline]
    fn new(held: i128, open: &OpenTotals) -> Self {
        // An i64 and sums of i64s.
        Self { longest: held + open.buy_quantity, shortest: held - open.sell_quantity }
    }

    pub fn worst(&self) -> i128 {
        self.longest.abs().max(self.shortest.abs())
    }
}

/// An order in the account's currency.
pub(super) struct Money<'a> {
    /// What may fill of it at its price, without its sign.
    pub notional: Cash,
    /// The fees expected of it.
    pub fee: Cash,
    /// What its instrument is worth with it.
    pub after: &'a SlotValue,
    /// What it is worth now.
    standing: &'a SlotValue,
    /// What it is worth without the order it replaces, and with those of its list before it.
    without: &'a SlotValue,
    is_replacement: bool,
    /// What the order adds to the credit in use.
    pub credit_after: i128,
    /// What growth of the credit in use is measured from.
    pub credit_before: i128,
}

impl Input<'_> {
    /// Gives the input to `judge`; `None` without limits, and then there is nothing to measure by. It is reckoned where it
    /// lies: what is as large is not handed around.
    #[inline]
    pub fn with<T>(
        state: &State,
        candidate: &Candidate<'_>,
        (time_ns, tells_numbers): (i64, bool),
        judge: impl FnOnce(&Input<'_>) -> Result<T, NumberError>,
    ) -> Result<Option<T>, NumberError> {
        let Some(limits) = state.limits.as_deref() else { return Ok(None) };
        let slot = &state.slots[candidate.slot as usize];
        let strategy_id = candidate.terms.strategy_id.as_ref();
        let strategy = strategy_id.and_then(|strategy_id| state.strategy(strategy_id));
        let own = match candidate.own() {
            Some(own) => OrderExposure::of(&slot.instrument, own)?,
            None => None,
        };
        let reference = slot.reference.as_ref().map(|reference| reference.price);
        let order =
            OrderExposure::new(&slot.instrument, candidate.terms, candidate.leaves, reference)?;
        let is_alone = own.is_none() && candidate.ahead.is_empty();
        let mut base_open = slot.open;
        if !is_alone {
            make_base(&mut base_open, slot, candidate, own.as_ref())?;
        }
        let mut open = base_open;
        open.add(&order)?;
        let held = i128::from(slot.position.quantity.0);
        let after = Cases::new(held, &open);
        let (mut value_without, mut value_after) = (SlotValue::UNVALUED, SlotValue::UNVALUED);
        let conversion = state.rates.conversion(slot.instrument.currency());
        let money = match (order.notional(), conversion, reference) {
            (Some(notional), Some(conversion), Some(_)) => {
                if !is_alone {
                    state.value_with(slot, &base_open, &mut value_without)?;
                }
                state.value_with(slot, &open, &mut value_after)?;
                let notional = conversion.of(cash_value(&slot.instrument, Notional(notional))?)?;
                let base_credit = if is_alone {
                    0
                } else {
                    base_credit(slot, candidate, own.as_ref(), conversion)?
                };
                Some(Money {
                    notional,
                    fee: conversion.of(order.fee)?,
                    after: &value_after,
                    standing: &slot.value,
                    without: if is_alone { &slot.value } else { &value_without },
                    is_replacement: matches!(candidate.purpose, Purpose::Replacement(_)),
                    credit_after: base_credit + notional.0,
                    credit_before: *candidate.growth_base(&0, &base_credit),
                })
            }
            _ => None,
        };
        let input = Input {
            state,
            candidate,
            limits,
            slot,
            strategy,
            rows: strategy.map_or(slot.limits.rows, |book| slot.limits.rows.and(book.rows)),
            tells_numbers,
            time_ns,
            market: Market::of(state, &slot.instrument),
            now: Cases::new(held, &slot.open),
            after,
            before: Cases::new(held, candidate.growth_base(&slot.open, &base_open)),
            only_reduces: order.reduce_only || only_reduces(order.side, held, &after),
            money,
        };
        judge(&input).map(Some)
    }
}

impl<'a> Input<'a> {
    /// The reference price, if it was marked since the core started.
    pub fn fresh_reference(&self) -> Option<&'a ReferencePrice> {
        self.slot.reference.as_ref().filter(|_| self.slot.trust != MarkTrust::Recovered)
    }

    /// The bound of a measure that all scopes share.
    #[inline]
    pub fn bound(&self, measure: Measure) -> Bound {
        let bound = self.slot.limits.bounds.of(measure);
        self.strategy.map_or(bound, |strategy| bound.tightest(strategy.bounds.of(measure)))
    }

    /// The strategy's own bound of a measure that it measures for itself.
    #[inline]
    pub fn strategy_bound(&self, measure: Measure) -> Bound {
        self.strategy.map_or(Bound::UNSET, |strategy| strategy.bounds.of(measure))
    }

    pub const fn is_new(&self) -> bool {
        matches!(self.candidate.purpose, Purpose::New)
    }

    /// The order it replaces.
    pub const fn replaced(&self) -> Option<&'a Order> {
        match self.candidate.purpose {
            Purpose::Replacement(order) => Some(order),
            Purpose::New | Purpose::Approval(_) => None,
        }
    }

    /// How many orders of its list come before it.
    #[allow(clippy::cast_possible_truncation, reason = "a list is short")]
    pub const fn count_ahead(&self) -> u32 {
        self.candidate.ahead.len() as u32
    }

    /// Equity, where everything it is made of has a price and a rate.
    #[inline]
    pub fn equity(&self) -> Option<Cash> {
        self.state.totals.equity()
    }

    /// Signed notional units in the account's currency; `None` without a rate.
    #[inline]
    pub fn account_value(&self, units: i128) -> Result<Option<Cash>, NumberError> {
        let instrument = &self.slot.instrument;
        let value = cash_value(instrument, Notional(units))?;
        self.state.rates.convert(value, instrument.currency())
    }
}

/// Makes `open` the instrument's open orders without the one that is replaced, and with those of the list before this one.
fn make_base(
    open: &mut OpenTotals,
    slot: &Slot,
    candidate: &Candidate<'_>,
    own: Option<&OrderExposure>,
) -> Result<(), NumberError> {
    if let Some(own) = own {
        open.take(own);
    }
    candidate.ahead.iter().try_for_each(|terms| open.add(&ahead(slot, terms)?))
}

/// What an order of the list before this one may still do.
fn ahead(slot: &Slot, terms: &OrderTerms) -> Result<OrderExposure, NumberError> {
    let reference = slot.reference.as_ref().map(|reference| reference.price);
    OrderExposure::new(&slot.instrument, terms, terms.quantity, reference)
}

/// What those orders add to the credit in use, less what the one that is replaced does.
fn base_credit(
    slot: &Slot,
    candidate: &Candidate<'_>,
    own: Option<&OrderExposure>,
    conversion: Conversion<'_>,
) -> Result<i128, NumberError> {
    let worth = |order: &OrderExposure| {
        let units = Notional(order.notional().unwrap_or_default());
        conversion.of(cash_value(&slot.instrument, units)?)
    };
    let mut credit = -own.map_or(Ok(Cash::ZERO), &worth)?.0;
    for terms in candidate.ahead {
        credit += worth(&ahead(slot, terms)?)?.0;
    }
    Ok(credit)
}

/// Whether the worst case of the order's side lies between flat and what is held.
fn only_reduces(side: Side, held: i128, after: &Cases) -> bool {
    match side {
        Side::Buy => held <= after.longest && after.longest <= 0,
        Side::Sell => 0 <= after.shortest && after.shortest <= held,
    }
}

impl Candidate<'_> {
    /// What growth is measured from: a replacement is compared with the order as it is, everything else with nothing.
    fn growth_base<'t, T>(&self, as_it_is: &'t T, without: &'t T) -> &'t T {
        match self.purpose {
            Purpose::Replacement(_) => as_it_is,
            Purpose::New | Purpose::Approval(_) => without,
        }
    }
}

impl Money<'_> {
    /// What its instrument is worth without it.
    pub const fn base(&self) -> &SlotValue {
        self.without
    }

    /// What growth is measured from: without it, or with the order it replaces as it is.
    pub const fn before(&self) -> &SlotValue {
        if self.is_replacement {
            self.standing
        } else {
            self.without
        }
    }
}
