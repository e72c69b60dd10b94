//! Messages on their way, by when they arrive and then by when they were sent.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::order::VenueOrder;
use crate::order::command::ExecutionReport;
use crate::order::ids::OrderId;
use crate::order::order::Replacement;

/// What travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Order(VenueOrder),
    Cancel(OrderId),
    Replace(OrderId, Replacement),
    Report(ExecutionReport),
}

impl Message {
    /// Which way it travels: there or back. On one way, as on one connection, no message overtakes another.
    fn way(&self) -> usize {
        match self {
            Self::Order(_) | Self::Cancel(_) | Self::Replace(..) => 0,
            Self::Report(_) => 1,
        }
    }
}

#[derive(Clone, Debug)]
struct Flight {
    arrival_ns: i64,
    sequence: u64,
    message: Message,
}

impl Flight {
    fn key(&self) -> (i64, u64) {
        (self.arrival_ns, self.sequence)
    }
}

impl PartialEq for Flight {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Flight {}

impl PartialOrd for Flight {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Flight {
    /// The first to arrive is the greatest, because a heap gives its greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

/// Everything that is on its way.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    heap: BinaryHeap<Flight>,
    sequence: u64,
    /// When the last message on each way arrives.
    last_ns: [i64; 2],
    /// How many messages are on each way.
    count: [usize; 2],
}

impl Default for InFlight {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), sequence: 0, last_ns: [i64::MIN; 2], count: [0; 2] }
    }
}

impl InFlight {
    /// Sends a message that arrives at `arrival_ns`, or with the one before it.
    pub(super) fn push(&mut self, arrival_ns: i64, message: Message) {
        self.sequence += 1;
        let way = message.way();
        self.count[way] += 1;
        let last_ns = &mut self.last_ns[way];
        let arrival_ns = arrival_ns.max(*last_ns);
        *last_ns = arrival_ns;
        self.heap.push(Flight { arrival_ns, sequence: self.sequence, message });
    }

    /// Whether requests are on their way, behind which every later one has to stay.
    pub(super) fn has_requests(&self) -> bool {
        self.count[0] > 0
    }

    /// When the next message arrives.
    pub(super) fn next_ns(&self) -> Option<i64> {
        self.heap.peek().map(|flight| flight.arrival_ns)
    }

    /// The next message, if it arrives by `time_ns`, and when it does.
    pub(super) fn pop(&mut self, time_ns: i64) -> Option<(i64, Message)> {
        if self.next_ns()? > time_ns {
            return None;
        }
        let flight = self.heap.pop()?;
        self.count[flight.message.way()] -= 1;
        Some((flight.arrival_ns, flight.message))
    }
}
