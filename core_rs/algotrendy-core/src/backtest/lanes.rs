//! When each feed is looked at next. A feed has two lanes: its ticks, and its bars.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::feed::FeedId;
use super::stream::Phase;

/// Which lane: those of a feed lie side by side, its ticks first, so that lanes are in the order of feeds.
pub(super) type LaneId = usize;

/// When a lane is looked at next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    pub time_ns: i64,
    pub phase: Phase,
    pub lane: LaneId,
}

/// What is known of a lane's next look.
#[derive(Clone, Copy, Debug)]
struct Lane {
    due: Option<(i64, Phase)>,
    /// The row at which the strategy wants to be woken, of those at hand.
    wake: Option<usize>,
    /// Whether the venue is to see every row.
    is_awake: bool,
}

/// All lanes.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    /// Entries that are not a lane's own any more are passed over.
    heap: BinaryHeap<Reverse<Due>>,
}

/// The lane of a feed's ticks.
pub(super) const fn tick_lane(feed: FeedId) -> LaneId {
    2 * feed
}

/// The lane of a feed's bars.
pub(super) const fn bar_lane(feed: FeedId) -> LaneId {
    2 * feed + 1
}

/// Whose lane it is, and whether it is that of its bars.
pub(super) const fn feed_of(lane: LaneId) -> (FeedId, bool) {
    (lane / 2, lane % 2 == 1)
}

impl Lanes {
    pub fn new(feeds: usize) -> Self {
        let lane = Lane { due: None, wake: None, is_awake: false };
        Self { lanes: vec![lane; 2 * feeds], heap: BinaryHeap::new() }
    }

    /// Says when a lane is to be looked at, and why.
    pub fn set(
        &mut self,
        lane: LaneId,
        due: Option<(i64, Phase)>,
        wake: Option<usize>,
        is_awake: bool,
    ) {
        let before = std::mem::replace(&mut self.lanes[lane], Lane { due, wake, is_awake });
        if let Some((time_ns, phase)) = due {
            if before.due != due {
                self.heap.push(Reverse(Due { time_ns, phase, lane }));
            }
        }
    }

    /// The row of a lane at which the strategy wants to be woken, and whether the venue is to see every row.
    pub fn reason(&self, lane: LaneId) -> (Option<usize>, bool) {
        (self.lanes[lane].wake, self.lanes[lane].is_awake)
    }

    /// What is due first.
    pub fn first(&mut self) -> Option<Due> {
        while let Some(&Reverse(due)) = self.heap.peek() {
            if self.lanes[due.lane].due == Some((due.time_ns, due.phase)) {
                return Some(due);
            }
            self.heap.pop();
        }
        None
    }

    /// Takes what is due first, if that is at this time and phase.
    pub fn take(&mut self, time_ns: i64, phase: Phase) -> Option<LaneId> {
        let due = self.first().filter(|due| (due.time_ns, due.phase) == (time_ns, phase))?;
        self.heap.pop();
        self.lanes[due.lane].due = None;
        Some(due.lane)
    }
}
