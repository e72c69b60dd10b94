//! One order as a book keeps it: with what counts it, its executions and its neighbours.

use super::book::{EntryIndex, OrderNumber};
use super::command::ExecutionKind;
use super::ids::ExecutionId;
use super::order::{Order, Replacement};
use super::state::{SlotIndex, StrategyIndex};
use super::status::OrderState;
use super::terms::OrderTerms;
use crate::instrument::Currency;
use crate::price::{Price, Quantity};
use crate::risk::exposure::OrderExposure;

/// An order with what the core keeps beside it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The order.
    pub order: Order,
    /// Its place among all that ever were.
    pub number: OrderNumber,
    /// Its instrument.
    pub slot: SlotIndex,
    /// What it counts for in its instrument's totals.
    pub exposure: Option<OrderExposure>,
    /// When it is rejected if nobody approves it; the end of time where nobody has to.
    pub approval_expire_time_ns: i64,
    /// What it was submitted with, where its terms were changed since.
    pub original: Option<Box<Replacement>>,
    /// Its fills, busts and fees, oldest first.
    pub executions: Vec<Execution>,
    /// While a cancel is on its way: where the order stood before, or what the venue has shown since.
    pub(crate) before_cancel: OrderState,
    /// Its strategy's place, once that is known to have one.
    pub(crate) strategy: StrategyIndex,
    pub(super) chain: Chain,
    pub(super) previous: EntryIndex,
    pub(super) next: EntryIndex,
}

impl Entry {
    /// Whether `terms` repeat those that the order was submitted with.
    #[must_use]
    pub fn was_submitted_as(&self, terms: &OrderTerms) -> bool {
        match &self.original {
            None => self.order.terms.is_repeated_by(terms),
            Some(original) => self.order.replaced(original).terms.is_repeated_by(terms),
        }
    }

    /// The quantity that the order was submitted with.
    #[must_use]
    pub fn original_quantity(&self) -> Quantity {
        let original = self.original.as_ref().and_then(|original| original.quantity);
        original.unwrap_or(self.order.terms.quantity)
    }

    /// Remembers the terms before they are changed for the first time.
    pub(crate) fn keep_original(&mut self) {
        let terms = &self.order.terms;
        self.original.get_or_insert_with(|| {
            Box::new(Replacement {
                quantity: Some(terms.quantity),
                limit_price: terms.limit_price,
                stop_price: terms.stop_price,
            })
        });
    }

    /// Notes where the order stood, once it has entered a state from `before`: an order that is to be canceled goes back to it
    /// if the venue refuses. Whatever the venue tells of it meanwhile shows that it works.
    pub(crate) fn note_entered(&mut self, before: OrderState) {
        if self.order.state == OrderState::PendingCancel {
            self.before_cancel = match before {
                OrderState::PendingCancel => OrderState::Accepted,
                before => before,
            };
        }
    }

    /// Where the order stands if its cancel is refused.
    pub(super) fn without_cancel(&self) -> OrderState {
        match self.before_cancel {
            // The venue answered, so that it has been sent.
            OrderState::PendingSend => OrderState::Sent,
            OrderState::PendingReplace if self.order.replacement.is_none() => OrderState::Accepted,
            before => before,
        }
    }

    /// The execution `execution_id` of this order.
    #[must_use]
    pub fn execution(&self, execution_id: &str) -> Option<&Execution> {
        self.executions.iter().find(|execution| execution.execution_id.as_str() == execution_id)
    }
}

/// A report that moved cash, as it was told, so that a repeated one is known for one and a bust finds its fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The venue's id of it.
    pub execution_id: ExecutionId,
    /// FILL, CORRECT, BUST or FEE.
    pub kind: ExecutionKind,
    /// The execution that a CORRECT, BUST or FEE is about.
    pub reference: Option<ExecutionId>,
    /// What traded; zero for a BUST or FEE.
    pub quantity: Quantity,
    /// At what price.
    pub price: Price,
    /// The fee of this report, in minor units.
    pub fee: i64,
    /// The fee's currency.
    pub fee_currency: Currency,
    /// Whether it was busted since.
    pub is_busted: bool,
}

/// Which row of orders an entry stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Chain {
    /// None: it has ended, and others of its list have not.
    #[default]
    None,
    Open,
    Ended,
}

/// No entry.
pub(super) const NIL: EntryIndex = EntryIndex::MAX;
