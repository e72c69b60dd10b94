//! The venue's working orders: each has a key while it works, and keys are used again.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::order::VenueOrder;
use crate::portfolio::commission::Charged;

/// Where a working order is found.
pub(super) type Key = usize;

/// A working order with what the venue keeps of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Working {
    /// The order.
    pub order: VenueOrder,
    /// Its id's hash, once it is found by its id.
    hash: u64,
    /// Whether it is found by its id.
    is_listed: bool,
    /// Whether it works; else its key is free.
    works: bool,
    /// Which market it trades in.
    pub market: usize,
    /// Whether it has been on the book without trading: then it is a maker.
    pub has_rested: bool,
    /// What has filled here, and the fees for it.
    pub charged: Charged,
}

/// All working orders, by key and by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    /// What a free key has is the order that had it last.
    slots: Vec<Working>,
    free: Vec<Key>,
    by_id: HashTable<Key>,
    hasher: DefaultHashBuilder,
}

impl Book {
    /// The key of the order with `order_id`.
    pub(super) fn find(&self, order_id: &str) -> Option<Key> {
        if self.by_id.is_empty() {
            return None;
        }
        let has_id = |&key: &Key| self.slots[key].order.order_id.as_str() == order_id;
        self.by_id.find(self.hasher.hash_one(order_id), has_id).copied()
    }

    /// The order with `key`.
    pub(super) fn get(&self, key: Key) -> &Working {
        &self.slots[key]
    }

    /// The order with `key`.
    pub(super) fn get_mut(&mut self, key: Key) -> &mut Working {
        &mut self.slots[key]
    }

    /// Adds an order whose id no other has; `write` writes it over the one that had its place before. Nobody asks for it by
    /// its id before it is [listed](Self::list).
    pub(super) fn insert(&mut self, market: usize, write: impl FnOnce(&mut VenueOrder)) -> Key {
        let key = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Working::default());
            self.slots.len() - 1
        });
        let working = &mut self.slots[key];
        write(&mut working.order);
        (working.is_listed, working.works) = (false, true);
        working.market = market;
        working.has_rested = false;
        working.charged = Charged::default();
        key
    }

    /// Has an order that works found by its id.
    pub(super) fn list(&mut self, key: Key) {
        let working = &mut self.slots[key];
        if working.works && !working.is_listed {
            working.hash = self.hasher.hash_one(working.order.order_id.as_str());
            working.is_listed = true;
            let (hash, slots) = (working.hash, &self.slots);
            self.by_id.insert_unique(hash, key, |&key: &Key| slots[key].hash);
        }
    }

    /// Gives a key back. The order can be read until another takes the key.
    pub(super) fn remove(&mut self, key: Key) {
        let working = &mut self.slots[key];
        if !std::mem::take(&mut working.works) {
            return;
        }
        self.free.push(key);
        if std::mem::take(&mut working.is_listed) {
            if let Ok(entry) = self.by_id.find_entry(working.hash, |&other| other == key) {
                entry.remove();
            }
        }
    }

    /// How many orders work.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}
