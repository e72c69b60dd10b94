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
    /// Its id's hash.
    hash: u64,
    /// Which market it trades in.
    pub market: usize,
    /// Whether it has been on the book without trading: then it is a maker.
    pub has_rested: bool,
    /// What has filled here, and the fees for it.
    pub charged: Charged,
}

/// Where an order is to work: its id's hash, and which market it trades in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The hash of its id.
    pub hash: u64,
    /// Which market.
    pub market: usize,
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
        self.find_hashed(self.hash(order_id), order_id)
    }

    /// The same, by the id's hash too.
    pub(super) fn find_hashed(&self, hash: u64, order_id: &str) -> Option<Key> {
        let has_id = |&key: &Key| self.slots[key].order.order_id.as_str() == order_id;
        self.by_id.find(hash, has_id).copied()
    }

    /// The hash of an order's id.
    pub(super) fn hash(&self, order_id: &str) -> u64 {
        self.hasher.hash_one(order_id)
    }

    /// The order with `key`.
    pub(super) fn get(&self, key: Key) -> &Working {
        &self.slots[key]
    }

    /// The order with `key`.
    pub(super) fn get_mut(&mut self, key: Key) -> &mut Working {
        &mut self.slots[key]
    }

    /// Adds an order whose id no other has; `write` writes it over the one that had its place before.
    pub(super) fn insert(&mut self, place: Place, write: impl FnOnce(&mut VenueOrder)) -> Key {
        let Place { hash, market } = place;
        let key = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Working::default());
            self.slots.len() - 1
        });
        let working = &mut self.slots[key];
        write(&mut working.order);
        working.hash = hash;
        working.market = market;
        working.has_rested = false;
        working.charged = Charged::default();
        let slots = &self.slots;
        self.by_id.insert_unique(hash, key, |&key: &Key| slots[key].hash);
        key
    }

    /// Gives a key back. The order can be read until another takes the key.
    pub(super) fn remove(&mut self, key: Key) {
        if let Ok(entry) = self.by_id.find_entry(self.slots[key].hash, |&other| other == key) {
            entry.remove();
            self.free.push(key);
        }
    }

    /// How many orders work.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}
