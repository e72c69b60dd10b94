//! The bars at which a rule may act, as bits: between them nothing of it needs to be looked at.

use super::bits::Bits;
use super::gate::Gate;
use super::rule::Rule;
use super::values::Values;

/// The bars at which a rule may act, by what is held.
#[derive(Clone, Debug, Default)]
pub struct Wakes {
    flat: Bits,
    long: Bits,
    short: Bits,
}

impl Wakes {
    /// Of one symbol's rule: where something is to be opened, and where it is to be closed. `due` are the bars that decide; none: all.
    #[must_use]
    pub fn of(rule: &Rule, values: &Values, due: Option<&Bits>) -> Self {
        let [entry, exit, short_entry, short_exit] = rule.outputs().conditions();
        let word = |output: Option<usize>, place: usize| {
            let bits = output.and_then(|output| values.bits(output));
            bits.map_or(0, |bits| bits.words()[place])
        };
        let due = |place: usize| due.map_or(u64::MAX, |due| due.words()[place]);
        let length = values.len();
        Self {
            flat: Bits::of(length, |place| {
                let long = word(entry, place) & !word(exit, place);
                let short = word(short_entry, place) & !word(short_exit, place);
                (long | short) & due(place)
            }),
            long: Bits::of(length, |place| word(exit, place) & due(place)),
            short: Bits::of(length, |place| word(short_exit, place) & due(place)),
        }
    }

    /// The same bars, whatever is held.
    #[must_use]
    pub fn at(due: Bits) -> Self {
        Self { flat: due.clone(), long: due.clone(), short: due }
    }

    /// The next bar at which a holder of so much may act, from a place on.
    #[must_use]
    pub fn next(&self, position: i64, from: usize) -> Option<usize> {
        match position {
            0 => self.flat.next(from),
            1.. => self.long.next(from),
            _ => self.short.next(from),
        }
    }

    /// How many orders they can lead to, each bar at most to one, if a position is opened and closed in turn.
    #[must_use]
    pub fn most_orders(&self) -> usize {
        let closing = self.long.count() + self.short.count();
        self.flat.count().min(closing + 1) * 2
    }

    /// Whether a bar is one of those at which a holder of so much may act.
    #[must_use]
    pub fn contains(&self, position: i64, index: usize) -> bool {
        self.next(position, index) == Some(index)
    }
}

/// Which bars of one series decide.
#[must_use]
pub fn due_bars(gate: &mut Gate, open_times_ns: &[i64], close_times_ns: &[i64], due: Bits) -> Bits {
    let mut due = due;
    for (open_ns, close_ns) in open_times_ns.iter().zip(close_times_ns) {
        due.push(gate.push(*open_ns, *close_ns));
    }
    due
}
