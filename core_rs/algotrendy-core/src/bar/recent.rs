//! Whether an id was there already.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::element::NO_ID;
use super::fault::IdRule;

/// How many ids are remembered.
const WINDOW: usize = 1_024;

/// The ids of the last ticks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RecentIds {
    rule: IdRule,
    /// The highest so far: most feeds count up, so that most ids are told by it alone.
    highest: Option<i64>,
    last: VecDeque<i64>,
}

impl RecentIds {
    /// No ids yet.
    pub fn new(rule: IdRule) -> Self {
        Self { rule, highest: None, last: VecDeque::new() }
    }

    /// Whether an id repeats one.
    pub fn repeats(&self, id: i64) -> bool {
        id != NO_ID
            && self.highest.is_some_and(|highest| id <= highest)
            && (self.rule == IdRule::Monotone || self.last.contains(&id))
    }

    /// Whether an id is above all before it.
    #[inline]
    pub fn is_above(&self, id: i64) -> bool {
        self.highest.is_none_or(|highest| id > highest)
    }

    /// Remembers an id.
    #[inline]
    pub fn add(&mut self, id: i64) {
        if id == NO_ID {
            return;
        }
        self.highest = Some(self.highest.map_or(id, |highest| highest.max(id)));
        if self.rule == IdRule::Window {
            self.last.push_back(id);
            if self.last.len() > WINDOW {
                self.last.pop_front();
            }
        }
    }

    /// Whether ids count up from the highest so far, so that none of them repeats.
    pub fn count_up(&self, ids: &[i64]) -> bool {
        let starts_above = match (ids.first(), self.highest) {
            (Some(&first), Some(highest)) => first > highest,
            (Some(&first), None) => first != NO_ID,
            (None, _) => true,
        };
        starts_above && ids.windows(2).all(|pair| pair[0] < pair[1])
    }

    /// Remembers ids that [`Self::count_up`].
    pub fn add_all(&mut self, ids: &[i64]) {
        let Some(&highest) = ids.last() else { return };
        self.highest = Some(highest);
        if self.rule == IdRule::Window {
            let newest = &ids[ids.len().saturating_sub(WINDOW)..];
            let surplus = (self.last.len() + newest.len()).saturating_sub(WINDOW);
            self.last.drain(..surplus);
            self.last.extend(newest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recent(rule: IdRule, ids: impl IntoIterator<Item = i64>) -> RecentIds {
        let mut recent = RecentIds::new(rule);
        ids.into_iter().for_each(|id| recent.add(id));
        recent
    }

    #[test]
    fn an_id_repeats_while_it_is_among_the_last_1024() {
        let recent = recent(IdRule::Window, 0..=1_024);
        assert!(!recent.repeats(0) && recent.repeats(1) && recent.repeats(1_024));
        assert!(!recent.repeats(1_025));
    }

    #[test]
    fn an_id_between_those_in_the_window_is_new() {
        assert!(!recent(IdRule::Window, [1, 9]).repeats(5));
    }

    #[test]
    fn where_ids_go_up_one_that_is_not_above_the_highest_repeats() {
        let recent = recent(IdRule::Monotone, [1, 9, 4]);
        assert!(recent.repeats(5) && recent.repeats(9) && !recent.repeats(10));
    }

    #[test]
    fn a_missing_id_is_not_remembered_and_repeats_none() {
        for rule in [IdRule::Window, IdRule::Monotone] {
            let recent = recent(rule, [NO_ID, NO_ID]);
            assert!(!recent.repeats(NO_ID) && recent.is_above(0));
            assert!(recent.last.is_empty());
        }
    }

    #[test]
    fn ids_count_up_from_above_the_highest() {
        let recent = recent(IdRule::Window, [3]);
        assert!(recent.count_up(&[4, 5, 9]) && recent.count_up(&[]));
        assert!(!recent.count_up(&[3, 4]) && !recent.count_up(&[4, 4]));
        assert!(!RecentIds::default().count_up(&[NO_ID, 1]));
    }

    proptest! {
        #[test]
        fn adding_ids_that_count_up_is_adding_each(
            is_window: bool,
            before in prop::collection::vec(-20..20_i64, 0..1_100),
            start in 20..30_i64,
            steps in prop::collection::vec(1..3_i64, 0..1_100),
        ) {
            let rule = if is_window { IdRule::Window } else { IdRule::Monotone };
            let ids: Vec<i64> = steps.iter().scan(start, |id, step| { *id += step; Some(*id) }).collect();
            let mut together = recent(rule, before);
            let mut one_by_one = together.clone();
            prop_assert!(together.count_up(&ids));
            together.add_all(&ids);
            for id in ids {
                prop_assert!(one_by_one.is_above(id) && !one_by_one.repeats(id));
                one_by_one.add(id);
            }
            prop_assert_eq!((together.highest, together.last), (one_by_one.highest, one_by_one.last));
        }

        #[test]
        fn ids_count_up_exactly_if_each_is_above_all_before(before in prop::option::of(-3..3_i64), ids in prop::collection::vec(-3..9_i64, 0..5)) {
            let known = recent(IdRule::Window, before);
            let mut seen = known.clone();
            let each_is_above = ids.iter().all(|id| { let is_above = seen.is_above(*id); seen.add(*id); is_above });
            prop_assert_eq!(known.count_up(&ids), each_is_above);
        }
    }
}
