//! The orders of an account: open ones by number, ended ones for as long as they are retained.
//!
//! An order has a number, given when it becomes known and never given again. Lookups by id keep no copy of the id.
//! Ended orders are kept for late fills, busts and repeated submissions, but only the last `retained` of them: what a
//! core holds does not grow with what it has done.

use std::collections::VecDeque;

use hashbrown::HashTable;

use super::ids::{ExecutionId, OrderListId};
use super::order::Order;
use super::state::SlotIndex;
use crate::instrument::Currency;
use crate::price::{Price, Quantity};

/// Which order of an account: its place among all that ever were.
pub type OrderNumber = u64;

/// An order with what the core keeps beside it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The order.
    pub order: Order,
    /// Its instrument.
    pub slot: SlotIndex,
    /// Its fills, oldest first.
    pub executions: Vec<Execution>,
}

/// A fill as it was reported, so that a repeated report is known for one and a bust finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The venue's id of it.
    pub execution_id: ExecutionId,
    /// What traded; zero once it was busted.
    pub quantity: Quantity,
    /// At what price.
    pub price: Price,
    /// Its fees so far, in minor units.
    pub fee: i64,
    /// The fees' currency.
    pub fee_currency: Currency,
}

/// The orders of an account.
#[derive(Clone, Debug, Default)]
pub struct OrderBook {
    pub(crate) retained: Option<usize>,
    /// Every order that is known, by number; the first has `first_number`.
    pub(crate) entries: VecDeque<Option<Box<Entry>>>,
    pub(crate) first_number: OrderNumber,
    pub(crate) open: Vec<OrderNumber>,
    pub(crate) ended: VecDeque<OrderNumber>,
    pub(crate) by_order_id: HashTable<OrderNumber>,
    pub(crate) by_client_order_id: HashTable<OrderNumber>,
    pub(crate) by_execution_id: HashTable<(OrderNumber, u32)>,
    pub(crate) lists: std::collections::BTreeMap<OrderListId, Vec<OrderNumber>>,
}
