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
