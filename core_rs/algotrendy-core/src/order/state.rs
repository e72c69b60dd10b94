//! All that a trading core knows about one account: plain data, iterated in one order on every machine.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::command::Mark;
use super::ids::{ClientOrderId, ExecutionId, OrderId};
use super::order::{Order, Side};
use crate::instrument::{Currency, Instrument};
use crate::portfolio::account::Account;
use crate::portfolio::cost::{cash_value, Cash};
use crate::portfolio::position::Position;
use crate::price::{NumberError, Price, Quantity};
use crate::risk::limits::Limits;

/// The price that orders in an instrument are checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferencePrice {
    /// The price.
    pub price: Price,
    /// When it was marked.
    pub time_ns: i64,
    /// Where it comes from, as in `close` or `trade`.
    pub source: String,
}

/// A position and the price it is worth now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MarkedPosition {
    /// The position.
    #[serde(flatten)]
    pub position: Position,
    /// Its reference price, if there is one.
    pub mark: Option<Price>,
}

/// A fill as it was reported, so that a repeated report is known for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Execution {
    pub order_id: OrderId,
    pub quantity: Quantity,
    pub price: Price,
    pub fee: i64,
}

/// One account: its orders, positions, cash, limits and reference prices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub(super) account_id: String,
    pub(super) time_ns: Option<i64>,
    pub(super) event_sequence: u64,
    pub(super) record_sequence: u64,
    pub(super) account: Account,
    pub(super) limits: Option<Limits>,
    pub(super) instruments: BTreeMap<String, Instrument>,
    pub(super) reference_prices: BTreeMap<String, ReferencePrice>,
    pub(super) positions: BTreeMap<String, Position>,
    pub(super) orders: IndexMap<OrderId, Order>,
    pub(super) client_order_ids: BTreeMap<ClientOrderId, OrderId>,
    /// Indices into `orders`, so that what is open is found without walking what was.
    pub(super) open_orders: BTreeSet<usize>,
    pub(super) executions: BTreeMap<ExecutionId, Execution>,
}

impl State {
    /// An account nothing has happened to.
    #[must_use]
    pub fn new(account_id: &str) -> Self {
        Self { account_id: account_id.to_owned(), ..Self::default() }
    }

    /// The account.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The time of the last event or mark; nothing is decided before it.
    #[must_use]
    pub fn time_ns(&self) -> Option<i64> {
        self.time_ns
    }

    /// The last event's sequence; zero before the first.
    #[must_use]
    pub fn event_sequence(&self) -> u64 {
        self.event_sequence
    }

    /// The last journal record's sequence; zero before the first.
    #[must_use]
    pub fn record_sequence(&self) -> u64 {
        self.record_sequence
    }

    /// The cash.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Option<&Limits> {
        self.limits.as_ref()
    }

    /// The instrument of this symbol.
    #[must_use]
    pub fn instrument(&self, symbol: &str) -> Option<&Instrument> {
        self.instruments.get(symbol)
    }

    /// The instruments, by symbol.
    pub fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        self.instruments.values()
    }

    /// The last mark of this symbol.
    #[must_use]
    pub fn reference_price(&self, symbol: &str) -> Option<&ReferencePrice> {
        self.reference_prices.get(symbol)
    }

    /// The position in this symbol, if it was ever traded.
    #[must_use]
    pub fn position(&self, symbol: &str) -> Option<&Position> {
        self.positions.get(symbol)
    }

    /// The positions ever held, by symbol.
    pub fn positions(&self) -> impl Iterator<Item = &Position> {
        self.positions.values()
    }

    /// The positions ever held, by symbol, each with its reference price.
    pub fn marked_positions(&self) -> impl Iterator<Item = MarkedPosition> + '_ {
        self.positions().map(|position| MarkedPosition {
            mark: self.reference_price(&position.symbol).map(|reference| reference.price),
            position: position.clone(),
        })
    }

    /// The order of this id.
    #[must_use]
    pub fn order(&self, order_id: &str) -> Option<&Order> {
        self.orders.get(order_id)
    }

    /// The order that this client order id was first used for.
    #[must_use]
    pub fn order_by_client_id(&self, client_order_id: &str) -> Option<&Order> {
        self.order(self.client_order_ids.get(client_order_id)?.as_str())
    }

    /// All orders, in the order they came.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// The orders that may still fill, in the order they came.
    #[must_use]
    pub fn open_orders(&self) -> impl ExactSizeIterator<Item = &Order> {
        self.open_orders.iter().map(|index| &self.orders[*index])
    }

    /// What the open orders of one side may still add to or take from the position in `symbol`.
    pub(crate) fn open_quantity(&self, symbol: &str, side: Side) -> Result<i128, NumberError> {
        self.open_orders()
            .filter(|order| order.terms.symbol == symbol && order.terms.side == side)
            .try_fold(0_i128, |sum, order| sum.checked_add(order.leaves_quantity.0.into()))
            .ok_or(NumberError::Overflow { quantity: "open quantity" })
    }

    /// The cash in `currency` that no open buy order may still need.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] if an amount leaves its range.
    pub fn free_cash(&self, currency: Currency) -> Result<Cash, NumberError> {
        let mut free = self.account.balance(currency);
        for order in self.open_orders().filter(|order| order.terms.side == Side::Buy) {
            let Some(instrument) = self.instruments.get(&order.terms.symbol) else { continue };
            let Some(price) = order.valuation_price() else { continue };
            if instrument.currency() == currency {
                let notional = price.notional(order.leaves_quantity, instrument.multiplier())?;
                free = free.checked_sub(cash_value(instrument, notional)?.max(Cash::ZERO))?;
            }
        }
        Ok(free)
    }

    /// Replaces a reference price. The one change that no event makes: a mark is never journalled, so that after a
    /// recovery orders wait for a fresh one.
    pub(super) fn mark(&mut self, mark: &Mark, time_ns: i64) {
        let reference = ReferencePrice { price: mark.price, time_ns, source: mark.source.clone() };
        self.reference_prices.insert(mark.symbol.clone(), reference);
        self.time_ns = Some(time_ns);
    }
}
