//! Check 6: what was asked for a moment ago, so that the same is not taken twice by mistake.

use std::collections::VecDeque;

use hashbrown::HashTable;

use crate::order::state::SlotIndex;
use crate::order::terms::{OrderTerms, OrderType, Side, TimeInForce, Trail};
use crate::price::{Price, Quantity};

/// What makes two orders ask the same: [`OrderTerms::asks_the_same_as`] without copying an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    slot: SlotIndex,
    side: Side,
    order_type: OrderType,
    quantity: Quantity,
    limit_price: Option<Price>,
    stop_price: Option<Price>,
    trail: Option<Trail>,
    time_in_force: TimeInForce,
    expire_time_ns: Option<i64>,
    reduce_only: bool,
}

impl Asked {
    const fn new(terms: &OrderTerms, slot: SlotIndex) -> Self {
        Self {
            slot,
            side: terms.side,
            order_type: terms.order_type,
            quantity: terms.quantity,
            limit_price: terms.limit_price,
            stop_price: terms.stop_price,
            trail: terms.trail,
            time_in_force: terms.time_in_force,
            expire_time_ns: terms.expire_time_ns,
            reduce_only: terms.reduce_only,
        }
    }

    /// FNV-1a by words, of what tells most orders apart: without a seed, so that every machine keeps the same table.
    fn hash(&self) -> u64 {
        let price = self.limit_price.or(self.stop_price).unwrap_or(Price::ZERO);
        let slot = u64::from(self.slot) << 1 | u64::from(self.side == Side::Sell);
        let words = [slot, self.quantity.0.unsigned_abs(), price.0.unsigned_abs()];
        words.iter().fold(0xcbf2_9ce4_8422_2325, |hash, word| {
            let hash = (hash ^ word).wrapping_mul(0x0100_0000_01b3);
            // Multiplying carries upwards only; the table looks at the upper bits too, and words differ in theirs.
            hash ^ hash >> 32
        })
    }
}

/// Terms, and when they were asked for.
#[derive(Clone, Copy, Debug)]
struct Noted {
    asked: Asked,
    hash: u64,
    time_ns: i64,
}

/// The terms of the last window, each with the last time it was asked for.
#[derive(Clone, Debug, Default)]
pub struct RecentTerms {
    window_ns: i64,
    last: HashTable<Noted>,
    /// All that is in the table, oldest first; an older entry of terms that came again is passed over.
    queue: VecDeque<Noted>,
}

impl RecentTerms {
    /// Changes the window; zero remembers nothing.
    pub fn set_window(&mut self, window_ns: i64) {
        if window_ns == 0 {
            *self = Self::default();
        }
        self.window_ns = window_ns;
    }

    /// Remembers terms, and forgets those that have left the window.
    pub fn note(&mut self, terms: &OrderTerms, slot: SlotIndex, time_ns: i64) {
        if self.window_ns == 0 {
            return;
        }
        self.forget(time_ns);
        let asked = Asked::new(terms, slot);
        let noted = Noted { asked, hash: asked.hash(), time_ns };
        self.queue.push_back(noted);
        match self.last.find_mut(noted.hash, |known| known.asked == asked) {
            Some(known) => known.time_ns = time_ns,
            None => {
                self.last.insert_unique(noted.hash, noted, |known| known.hash);
            }
        }
    }

    /// How long ago the same was asked for, if that is within the window: less than it.
    #[must_use]
    pub fn age_ns(&self, terms: &OrderTerms, slot: SlotIndex, time_ns: i64) -> Option<i64> {
        if self.last.is_empty() {
            return None;
        }
        let asked = Asked::new(terms, slot);
        let last = self.last.find(asked.hash(), |known| known.asked == asked)?;
        let age_ns = time_ns.saturating_sub(last.time_ns);
        (age_ns < self.window_ns).then_some(age_ns)
    }

    /// Whether nothing was asked for within the window.
    #[must_use]
    #[inline]
    pub fn is_quiet(&self, time_ns: i64) -> bool {
        self.queue.back().is_none_or(|last| time_ns.saturating_sub(last.time_ns) >= self.window_ns)
    }

    fn forget(&mut self, time_ns: i64) {
        while let Some(noted) = self.queue.front() {
            if time_ns.saturating_sub(noted.time_ns) < self.window_ns {
                break;
            }
            let is_gone =
                |known: &Noted| known.asked == noted.asked && known.time_ns == noted.time_ns;
            if let Ok(entry) = self.last.find_entry(noted.hash, is_gone) {
                entry.remove();
            }
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::testing::buy;
    use proptest::prelude::*;

    fn sized(quantity: i64) -> OrderTerms {
        OrderTerms { quantity: Quantity(quantity), ..buy("a") }
    }

    #[test]
    fn what_has_left_the_window_takes_no_room() {
        let mut recent = RecentTerms::default();
        recent.set_window(10);
        for time_ns in 0..1_000 {
            recent.note(&sized(time_ns + 1), 0, time_ns);
        }
        assert_eq!((recent.queue.len(), recent.last.len()), (10, 10));
        recent.set_window(0);
        assert_eq!(recent.age_ns(&sized(1_000), 0, 999), None);
    }

    proptest! {
        #[test]
        fn the_table_agrees_with_a_list_of_all_orders(
            window_ns in 1..20_i64,
            orders in prop::collection::vec((0..6_i64, 1..4_i64, 0..2_u32), 0..60),
        ) {
            let mut recent = RecentTerms::default();
            recent.set_window(window_ns);
            let (mut all, mut time_ns) = (Vec::new(), 0);
            for (step, quantity, slot) in orders {
                time_ns += step;
                let same = all.iter().rev().find(|(_, size, of)| *size == quantity && *of == slot);
                let age = same.map(|(noted, _, _)| time_ns - noted).filter(|age| *age < window_ns);
                prop_assert_eq!(recent.age_ns(&sized(quantity), slot, time_ns), age);
                let any = all.last().is_some_and(|(noted, _, _)| time_ns - noted < window_ns);
                prop_assert_eq!(recent.is_quiet(time_ns), !any);
                recent.note(&sized(quantity), slot, time_ns);
                all.push((time_ns, quantity, slot));
            }
        }
    }
}
