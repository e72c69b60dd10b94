//! What every row looks at, reckoned once for all of them.

use super::candidate::{Candidate, Purpose};
use crate::order::state::{ReferencePrice, Slot, State};
use crate::price::NumberError;
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
    /// The book of its strategy, if it has one and that has done anything or has limits.
    pub strategy: Option<&'a StrategyBook>,
    pub time_ns: i64,
}

impl<'a> Input<'a> {
    /// The input; `None` without limits, and then there is nothing to measure by.
    pub fn new(
        state: &'a State,
        candidate: &'a Candidate<'a>,
        time_ns: i64,
    ) -> Result<Option<Self>, NumberError> {
        let Some(limits) = state.limits.as_deref() else { return Ok(None) };
        let strategy_id = candidate.terms.strategy_id.as_ref();
        Ok(Some(Self {
            state,
            candidate,
            limits,
            slot: &state.slots[candidate.slot as usize],
            strategy: strategy_id.and_then(|strategy_id| state.strategies.get(strategy_id)),
            time_ns,
        }))
    }

    /// The reference price, if it was marked since the core started.
    pub fn reference(&self) -> Option<&'a ReferencePrice> {
        self.slot.reference.as_ref()
    }

    /// The bound of a measure that all scopes share.
    pub fn bound(&self, measure: Measure) -> Bound {
        let bound = self.slot.limits.bounds.of(measure);
        self.strategy.map_or(bound, |strategy| bound.tightest(strategy.bounds.of(measure)))
    }

    pub const fn is_new(&self) -> bool {
        matches!(self.candidate.purpose, Purpose::New)
    }
}
