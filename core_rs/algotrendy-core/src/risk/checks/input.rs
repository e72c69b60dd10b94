//! What every row looks at, reckoned once for all of them.

use super::candidate::{Candidate, Purpose};
use super::instrument::Market;
use crate::order::order::Order;
use crate::order::state::{MarkTrust, ReferencePrice, Slot, State};
use crate::order::terms::Side;
use crate::portfolio::cost::{cash_value, Cash};
use crate::price::{Notional, NumberError, Price};
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
    pub after: SlotValue,
    /// What it is worth now.
    standing: &'a SlotValue,
    /// What it is worth without the order it replaces, and with those of its list before it; unset: what it is worth now.
    without: Option<SlotValue>,
    is_replacement: bool,
    /// What the order adds to the credit in use.
    pub credit_after: i128,
    /// What growth of the credit in use is measured from.
    pub credit_before: i128,
}

impl<'a> Input<'a> {
    /// The input; `None` without limits, and then there is nothing to measure by.
    pub fn new(
        state: &'a State,
        candidate: &'a Candidate<'a>,
        time_ns: i64,
    ) -> Result<Option<Self>, NumberError> {
        let Some(limits) = state.limits.as_deref() else { return Ok(None) };
        let slot = &state.slots[candidate.slot as usize];
        let strategy_id = candidate.terms.strategy_id.as_ref();
        let own = candidate.own().map(|own| OrderExposure::of(&slot.instrument, own));
        let own = own.transpose()?.flatten();
        let reference = slot.reference.as_ref().map(|reference| reference.price);
        let order =
            OrderExposure::new(&slot.instrument, candidate.terms, candidate.leaves, reference)?;
        let base_open = base_open(slot, candidate, own.as_ref(), reference)?;
        let open = base_open.with(&order)?;
        let before_open = candidate.growth_base(&slot.open, &base_open);
        let held = i128::from(slot.position.quantity.0);
        let after = Cases::new(held, &open);
        Ok(Some(Self {
            state,
            candidate,
            limits,
            slot,
            strategy: strategy_id.and_then(|strategy_id| state.strategies.get(strategy_id)),
            time_ns,
            market: Market::of(state, &slot.instrument),
            now: Cases::new(held, &slot.open),
            after,
            before: Cases::new(held, before_open),
            only_reduces: order.reduce_only || only_reduces(order.side, held, &after),
            money: Money::new(state, slot, candidate, &World { order, own, base_open, open })?,
        }))
    }

    /// The reference price, if it was marked since the core started.
    pub fn fresh_reference(&self) -> Option<&'a ReferencePrice> {
        self.slot.reference.as_ref().filter(|_| self.slot.trust != MarkTrust::Recovered)
    }

    /// The bound of a measure that all scopes share.
    pub fn bound(&self, measure: Measure) -> Bound {
        let bound = self.slot.limits.bounds.of(measure);
        self.strategy.map_or(bound, |strategy| bound.tightest(strategy.bounds.of(measure)))
    }

    /// The strategy's own bound of a measure that it measures for itself.
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
    pub fn equity(&self) -> Option<Cash> {
        self.state.totals.equity()
    }

    /// Signed notional units in the account's currency; `None` without a rate.
    pub fn account_value(&self, units: i128) -> Result<Option<Cash>, NumberError> {
        let instrument = &self.slot.instrument;
        let value = cash_value(instrument, Notional(units))?;
        self.state.rates.convert(value, instrument.currency())
    }
}

/// The instrument's open orders without the one that is replaced, and with those of the list before this one.
fn base_open(
    slot: &Slot,
    candidate: &Candidate<'_>,
    own: Option<&OrderExposure>,
    reference: Option<Price>,
) -> Result<OpenTotals, NumberError> {
    let mut open = own.map_or(slot.open, |own| slot.open.without(own));
    for terms in candidate.ahead {
        let order = OrderExposure::new(&slot.instrument, terms, terms.quantity, reference)?;
        open = open.with(&order)?;
    }
    Ok(open)
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

/// The orders that money is reckoned from.
struct World {
    order: OrderExposure,
    own: Option<OrderExposure>,
    base_open: OpenTotals,
    open: OpenTotals,
}

impl<'a> Money<'a> {
    fn new(
        state: &State,
        slot: &'a Slot,
        candidate: &Candidate<'_>,
        world: &World,
    ) -> Result<Option<Self>, NumberError> {
        let instrument = &slot.instrument;
        let conversion = state.rates.conversion(instrument.currency());
        let (Some(notional), Some(conversion), Some(reference)) =
            (world.order.notional, conversion, &slot.reference)
        else {
            return Ok(None);
        };
        let worth = |units: i128| conversion.of(cash_value(instrument, Notional(units))?);
        let is_alone = world.own.is_none() && candidate.ahead.is_empty();
        let without = if is_alone { None } else { Some(state.value_with(slot, &world.base_open)?) };
        let after = state.value_with(slot, &world.open)?;
        let notional = worth(notional)?;
        let own = worth(world.own.and_then(|own| own.notional).unwrap_or_default())?;
        let mut base_credit = -own.0;
        for terms in candidate.ahead {
            let reference = Some(reference.price);
            let order = OrderExposure::new(instrument, terms, terms.quantity, reference)?;
            base_credit += worth(order.notional.unwrap_or_default())?.0;
        }
        Ok(Some(Self {
            notional,
            fee: conversion.of(world.order.fee)?,
            after,
            standing: &slot.value,
            without,
            is_replacement: matches!(candidate.purpose, Purpose::Replacement(_)),
            credit_after: base_credit + notional.0,
            credit_before: *candidate.growth_base(&0, &base_credit),
        }))
    }
    /// What its instrument is worth without it.
    pub fn base(&self) -> &SlotValue {
        self.without.as_ref().unwrap_or(self.standing)
    }

    /// What growth is measured from: without it, or with the order it replaces as it is.
    pub fn before(&self) -> &SlotValue {
        if self.is_replacement {
            self.standing
        } else {
            self.base()
        }
    }
}
