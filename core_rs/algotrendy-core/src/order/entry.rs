//! One order as a book keeps it: with what counts it, its executions and its neighbours.

use super::book::{EntryIndex, OrderNumber};
use super::command::ExecutionKind;
use super::ids::ExecutionId;
use super::order::{Order, Replacement};
use super::state::{SlotIndex, StrategyIndex, NO_STRATEGY};
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
    /// What few orders have.
    rare: Option<Box<Rare>>,
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

/// What few orders have beside them.
#[derive(Clone, Copy, Debug)]
struct Rare {
    /// When it is rejected if nobody approves it; the end of time where nobody has to.
    approval_expire_time_ns: i64,
    /// What it was submitted with, where its terms were changed since.
    original: Option<Replacement>,
}

impl Default for Rare {
    fn default() -> Self {
        Self { approval_expire_time_ns: i64::MAX, original: None }
    }
}

impl Entry {
    /// An order that has just become known.
    pub(super) fn new(order: &Order, number: OrderNumber, slot: SlotIndex) -> Self {
        Self {
            order: order.clone(),
            number,
            slot,
            exposure: None,
            rare: None,
            executions: Vec::new(),
            before_cancel: OrderState::Accepted,
            strategy: NO_STRATEGY,
            chain: Chain::None,
            previous: NIL,
            next: NIL,
        }
    }

    /// Makes it the entry of another order; what it had room for is used again. Its executions were forgotten.
    pub(super) fn reuse(&mut self, order: &Order, number: OrderNumber, slot: SlotIndex) {
        self.order.clone_from(order);
        (self.number, self.slot, self.strategy) = (number, slot, NO_STRATEGY);
        (self.exposure, self.rare) = (None, None);
        self.before_cancel = OrderState::Accepted;
    }

    /// When the order is rejected if nobody approves it; the end of time where nobody has to.
    #[must_use]
    pub fn approval_expire_time_ns(&self) -> i64 {
        self.rare.as_ref().map_or(i64::MAX, |rare| rare.approval_expire_time_ns)
    }

    /// Has the order wait for approval until a time.
    pub(super) fn wait_until(&mut self, time_ns: i64) {
        self.rare.get_or_insert_default().approval_expire_time_ns = time_ns;
    }

    /// What the order was submitted with, where its terms were changed since.
    pub(super) fn original(&self) -> Option<&Replacement> {
        self.rare.as_ref()?.original.as_ref()
    }

    /// Whether `terms` repeat those that the order was submitted with.
    #[must_use]
    pub fn was_submitted_as(&self, terms: &OrderTerms) -> bool {
        match self.original() {
            None => self.order.terms.is_repeated_by(terms),
            Some(original) => self.order.replaced(original).terms.is_repeated_by(terms),
        }
    }

    /// The quantity that the order was submitted with.
    #[must_use]
    pub fn original_quantity(&self) -> Quantity {
        let original = self.original().and_then(|original| original.quantity);
        original.unwrap_or(self.order.terms.quantity)
    }

    /// Remembers the terms before they are changed for the first time.
    pub(crate) fn keep_original(&mut self) {
        let terms = &self.order.terms;
        self.rare.get_or_insert_default().original.get_or_insert(Replacement {
            quantity: Some(terms.quantity),
            limit_price: terms.limit_price,
            stop_price: terms.stop_price,
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
