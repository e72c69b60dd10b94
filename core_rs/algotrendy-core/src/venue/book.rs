//! The venue's working orders: each has a key while it works, and keys are used again.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::order::VenueOrder;
use crate::portfolio::commission::Charged;

/// Where a working order is found.
pub(super) type Key = usize;

/// A working order with what the venue keeps of it.
#[derive(Clone, Debug)]
pub(super) struct Working {
    /// The order.
    pub order: VenueOrder,
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
        let hash = self.hasher.hash_one(order_id);
        let has_id = |&key: &Key| self.slots[key].order.order_id.as_str() == order_id;
        self.by_id.find(hash, has_id).copied()
    }

    /// The order with `key`.
    pub(super) fn get(&self, key: Key) -> &Working {
        &self.slots[key]
    }

    /// The order with `key`.
    pub(super) fn get_mut(&mut self, key: Key) -> &mut Working {
        &mut self.slots[key]
    }

    /// Adds an order whose id no other has.
    pub(super) fn insert(&mut self, working: Working) -> Key {
        let hash = self.hasher.hash_one(working.order.order_id.as_str());
        let key = if let Some(key) = self.free.pop() {
            self.slots[key] = working;
            key
        } else {
            self.slots.push(working);
            self.slots.len() - 1
        };
        let (slots, hasher) = (&self.slots, &self.hasher);
        let rehash = |&key: &Key| hasher.hash_one(slots[key].order.order_id.as_str());
        self.by_id.insert_unique(hash, key, rehash);
        key
    }

    /// Gives a key back. The order can be read until another takes the key.
    pub(super) fn remove(&mut self, key: Key) {
        let hash = self.hasher.hash_one(self.slots[key].order.order_id.as_str());
        if let Ok(entry) = self.by_id.find_entry(hash, |&other| other == key) {
            entry.remove();
            self.free.push(key);
        }
    }

    /// How many orders work.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}
