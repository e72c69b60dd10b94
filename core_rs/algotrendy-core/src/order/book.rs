//! The orders of an account: open ones by number, ended ones for as long as they are retained.
//!
//! An order has a number, given when it becomes known and never given again. Lookups by id keep no copy of the id.
//! Ended orders are kept for late fills, busts and repeated submissions, but only the last `retained` of them: what a
//! core holds does not grow with what it has done. An ended order of a list counts once all of its list has ended. The
//! places of forgotten orders are used again, so that a core that runs allocates nothing for an order.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use hashbrown::hash_table::HashTable;
use hashbrown::DefaultHashBuilder;

use super::command::ExecutionKind;
use super::entry::{Chain, NIL};
use super::ids::{OrderId, OrderListId};
use super::order::Order;
use super::state::SlotIndex;
use super::terms::OrderTerms;

pub use super::entry::{Entry, Execution};

/// Which order of an account: its place among all that ever were.
pub type OrderNumber = u64;

/// Where an order is kept: given again once it is forgotten.
pub type EntryIndex = u32;

/// How many ended orders are kept unless something else is asked for.
pub const DEFAULT_RETAINED: usize = 10_000;

/// The ends of a row of entries that are linked to each other.
#[derive(Clone, Copy, Debug)]
struct Ends {
    first: EntryIndex,
    last: EntryIndex,
    count: usize,
}

impl Default for Ends {
    fn default() -> Self {
        Self { first: NIL, last: NIL, count: 0 }
    }
}

/// The orders of an account.
#[derive(Clone, Debug)]
pub struct OrderBook {
    retained: Option<usize>,
    entries: Vec<Entry>,
    free: Vec<EntryIndex>,
    open: Ends,
    ended: Ends,
    next_number: OrderNumber,
    /// The order that was inserted or changed last: what is told next is most often about it.
    last: EntryIndex,
    hasher: DefaultHashBuilder,
    by_order_id: HashTable<EntryIndex>,
    /// Those whose sender calls them otherwise than they are called here.
    by_client_order_id: HashTable<EntryIndex>,
    by_execution_id: HashTable<(EntryIndex, u32)>,
    lists: BTreeMap<OrderListId, Vec<EntryIndex>>,
}

impl Default for OrderBook {
    fn default() -> Self {
        Self {
            retained: Some(DEFAULT_RETAINED),
            entries: Vec::new(),
            free: Vec::new(),
            open: Ends::default(),
            ended: Ends::default(),
            next_number: 1,
            last: NIL,
            hasher: DefaultHashBuilder::default(),
            by_order_id: HashTable::new(),
            by_client_order_id: HashTable::new(),
            by_execution_id: HashTable::new(),
            lists: BTreeMap::new(),
        }
    }
}

impl OrderBook {
    /// Keeps the last `retained` ended orders from now on; `None` keeps all.
    pub(crate) fn retain(&mut self, retained: Option<usize>) {
        self.retained = retained;
        self.evict();
    }

    /// The entry at `index`.
    #[must_use]
    pub fn entry(&self, index: EntryIndex) -> &Entry {
        &self.entries[index as usize]
    }

    /// The entry at `index`, to be changed; [`Self::settle`] comes after it.
    pub(crate) fn entry_mut(&mut self, index: EntryIndex) -> &mut Entry {
        &mut self.entries[index as usize]
    }

    /// Where the order `order_id` is kept.
    #[must_use]
    pub fn find(&self, order_id: &str) -> Option<EntryIndex> {
        self.find_hashed(self.hash(order_id), order_id)
    }

    fn find_hashed(&self, hash: u64, order_id: &str) -> Option<EntryIndex> {
        let is_it = |index: &EntryIndex| self.order(*index).terms.order_id.as_str() == order_id;
        self.by_order_id.find(hash, is_it).copied()
    }

    /// The same, without hashing the id if the last change was to that order.
    #[allow(
        clippy::inline_always,
        reason = "it compares one short id, which a call costs more than"
    )]
    #[inline(always)]
    pub(crate) fn find_again(&self, order_id: &OrderId) -> Option<EntryIndex> {
        match self.entries.get(self.last as usize) {
            Some(entry) if entry.order.terms.order_id == *order_id => Some(self.last),
            _ => self.find(order_id.as_str()),
        }
    }

    /// The same of an order that is to be changed.
    pub(crate) fn find_to_change(&mut self, order_id: &OrderId) -> Option<EntryIndex> {
        let index = self.find_again(order_id)?;
        self.last = index;
        Some(index)
    }

    /// Where the order that its sender calls `client_order_id` is kept.
    #[must_use]
    pub fn find_client(&self, client_order_id: &str) -> Option<EntryIndex> {
        let is_it = |index: &EntryIndex| {
            self.order(*index).terms.client_order_id.as_str() == client_order_id
        };
        let hash = self.hash(client_order_id);
        if let Some(index) = self.find_hashed(hash, client_order_id).filter(is_it) {
            return Some(index);
        }
        self.by_client_order_id.find(hash, is_it).copied()
    }

    /// Whether no order has either id of `terms`, as is nearly always so of a new one.
    pub(crate) fn has_neither_id(&self, terms: &OrderTerms) -> bool {
        let order_id = terms.order_id.as_str();
        if !is_called_the_same(terms) || !self.by_client_order_id.is_empty() {
            let client_order_id = terms.client_order_id.as_str();
            return self.find_client(client_order_id).is_none() && self.find(order_id).is_none();
        }
        self.find(order_id).is_none()
    }

    /// The execution `execution_id`, and where its order is kept.
    #[must_use]
    pub fn find_execution(&self, execution_id: &str) -> Option<(EntryIndex, &Execution)> {
        let is_it = |place: &(EntryIndex, u32)| {
            self.execution(*place).execution_id.as_str() == execution_id
        };
        let place = *self.by_execution_id.find(self.hash(execution_id), is_it)?;
        Some((place.0, self.execution(place)))
    }

    /// The known orders of a list, in the list's order.
    #[must_use]
    pub fn list(&self, list_id: &OrderListId) -> &[EntryIndex] {
        self.lists.get(list_id).map_or(&[], Vec::as_slice)
    }

    /// Where the open orders are kept, in the order they became known.
    pub fn open(&self) -> impl Iterator<Item = EntryIndex> + '_ {
        let first = (self.open.first != NIL).then_some(self.open.first);
        std::iter::successors(first, |&index| {
            let next = self.entry(index).next;
            (next != NIL).then_some(next)
        })
    }

    /// How many orders are open.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.open.count
    }

    /// All orders that are known, in the order they became known.
    #[must_use]
    pub fn in_order(&self) -> Vec<&Entry> {
        let mut known: Vec<&Entry> =
            self.by_order_id.iter().map(|&index| self.entry(index)).collect();
        known.sort_unstable_by_key(|entry| entry.number);
        known
    }

    /// How many orders are known, and for how many there is room: what is in use and what waits to be used again.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.by_order_id.len(), self.entries.len())
    }

    /// Makes an order known.
    pub(crate) fn insert(&mut self, order: &Order, slot: SlotIndex) -> EntryIndex {
        let index = self.insert_unlinked(order, slot);
        self.line_up(index);
        index
    }

    /// Makes an order known that is to be [lined up](Self::line_up) with the others yet.
    pub(crate) fn insert_unlinked(&mut self, order: &Order, slot: SlotIndex) -> EntryIndex {
        let index = self.place(order, slot);
        self.last = index;
        let id = self.hash(order.terms.order_id.as_str());
        let (entries, hasher) = (&self.entries, &self.hasher);
        let by_id = |&index: &EntryIndex| {
            hasher.hash_one(entries[index as usize].order.terms.order_id.as_str())
        };
        self.by_order_id.insert_unique(id, index, by_id);
        if !is_called_the_same(&order.terms) {
            let hash = |index: EntryIndex| {
                hasher.hash_one(entries[index as usize].order.terms.client_order_id.as_str())
            };
            self.by_client_order_id.insert_unique(hash(index), index, |&index| hash(index));
        }
        if let Some(place) = &order.list {
            self.lists.entry(place.list_id.clone()).or_default().push(index);
        }
        index
    }

    /// Puts an order behind those that are open, or those that have ended.
    pub(crate) fn line_up(&mut self, index: EntryIndex) {
        if self.order(index).state.is_open() {
            self.link(index, Chain::Open);
        } else {
            self.settle(index);
        }
    }

    /// Adds what a report told to its order's executions.
    pub(crate) fn add_execution(&mut self, index: EntryIndex, execution: Execution) {
        if execution.kind == ExecutionKind::Correct && self.replace_bust(index, &execution) {
            return;
        }
        let hash = self.hash(execution.execution_id.as_str());
        let executions = &mut self.entries[index as usize].executions;
        let place = (index, u32::try_from(executions.len()).unwrap_or(u32::MAX));
        if executions.capacity() == 0 {
            // Most orders fill once.
            executions.reserve_exact(1);
        }
        executions.push(execution);
        let (entries, hasher) = (&self.entries, &self.hasher);
        let by_id = |&(index, at): &(EntryIndex, u32)| {
            hasher.hash_one(entries[index as usize].executions[at as usize].execution_id.as_str())
        };
        self.by_execution_id.insert_unique(hash, place, by_id);
    }

    /// A correction tells a bust and a fill by one report, which is remembered as the fill.
    fn replace_bust(&mut self, index: EntryIndex, correction: &Execution) -> bool {
        let executions = &mut self.entries[index as usize].executions;
        let is_bust = |known: &&mut Execution| known.execution_id == correction.execution_id;
        let bust = executions.iter_mut().find(is_bust);
        bust.map(|bust| bust.clone_from(correction)).is_some()
    }

    /// Moves the order to the ended ones if it has ended, and forgets those beyond what is retained.
    pub(crate) fn settle(&mut self, index: EntryIndex) {
        let entry = &self.entries[index as usize];
        if entry.order.state.is_open() || entry.chain == Chain::Ended {
            return;
        }
        if entry.chain == Chain::Open {
            self.unlink(index);
        }
        match &self.entries[index as usize].order.list {
            None => self.link(index, Chain::Ended),
            Some(place) => {
                let list_id = place.list_id.clone();
                self.settle_list(&list_id);
            }
        }
        self.evict();
    }

    fn settle_list(&mut self, list_id: &OrderListId) {
        let members = self.lists.get(list_id).cloned().unwrap_or_default();
        if members.iter().any(|&member| self.order(member).state.is_open()) {
            return;
        }
        for member in members {
            if self.entry(member).chain == Chain::None {
                self.link(member, Chain::Ended);
            }
        }
    }

    fn evict(&mut self) {
        let Some(retained) = self.retained else { return };
        while self.ended.count > retained {
            self.forget(self.ended.first);
        }
    }

    fn forget(&mut self, index: EntryIndex) {
        self.unlink(index);
        if self.last == index {
            self.last = NIL;
        }
        let terms = &self.entries[index as usize].order.terms;
        let id = self.hash(terms.order_id.as_str());
        if !is_called_the_same(terms) {
            let client_id = self.hash(terms.client_order_id.as_str());
            remove(&mut self.by_client_order_id, client_id, &index);
        }
        remove(&mut self.by_order_id, id, &index);
        for (at, execution) in (0..).zip(&self.entries[index as usize].executions) {
            let hash = self.hasher.hash_one(execution.execution_id.as_str());
            remove(&mut self.by_execution_id, hash, &(index, at));
        }
        self.entries[index as usize].executions.clear();
        if let Some(place) = self.entries[index as usize].order.list.take() {
            if let Some(members) = self.lists.get_mut(&place.list_id) {
                members.retain(|&member| member != index);
                if members.is_empty() {
                    self.lists.remove(&place.list_id);
                }
            }
        }
        self.free.push(index);
    }

    fn place(&mut self, order: &Order, slot: SlotIndex) -> EntryIndex {
        let number = self.next_number;
        self.next_number += 1;
        if let Some(index) = self.free.pop() {
            self.entries[index as usize].reuse(order, number, slot);
            return index;
        }
        let index = EntryIndex::try_from(self.entries.len()).unwrap_or(NIL);
        assert!(index != NIL, "fewer than 2^32 orders are known at once");
        if self.entries.len() == self.entries.capacity() {
            // A 32nd more, instead of twice as many: entries are large, and what large memory holds is remapped, not copied.
            self.entries.reserve_exact((self.entries.len() / 32).max(16));
        }
        self.entries.push(Entry::new(order, number, slot));
        index
    }

    fn link(&mut self, index: EntryIndex, chain: Chain) {
        let ends = if chain == Chain::Open { &mut self.open } else { &mut self.ended };
        let last = std::mem::replace(&mut ends.last, index);
        ends.count += 1;
        if last == NIL {
            ends.first = index;
        } else {
            self.entries[last as usize].next = index;
        }
        let entry = &mut self.entries[index as usize];
        (entry.chain, entry.previous, entry.next) = (chain, last, NIL);
    }

    fn unlink(&mut self, index: EntryIndex) {
        let entry = &mut self.entries[index as usize];
        let (previous, next) = (entry.previous, entry.next);
        let chain = std::mem::take(&mut entry.chain);
        let ends = if chain == Chain::Open { &mut self.open } else { &mut self.ended };
        ends.count -= 1;
        if previous == NIL {
            ends.first = next;
        } else {
            self.entries[previous as usize].next = next;
        }
        if next == NIL {
            ends.last = previous;
        } else {
            self.entries[next as usize].previous = previous;
        }
    }

    fn order(&self, index: EntryIndex) -> &Order {
        &self.entries[index as usize].order
    }

    fn execution(&self, (index, at): (EntryIndex, u32)) -> &Execution {
        &self.entries[index as usize].executions[at as usize]
    }

    fn hash(&self, id: &str) -> u64 {
        self.hasher.hash_one(id)
    }
}

/// Whether an order's sender calls it as it is called here.
fn is_called_the_same(terms: &OrderTerms) -> bool {
    terms.order_id.as_str() == terms.client_order_id.as_str()
}

fn remove<T: PartialEq>(table: &mut HashTable<T>, hash: u64, value: &T) {
    if let Ok(found) = table.find_entry(hash, |known| known == value) {
        found.remove();
    }
}
