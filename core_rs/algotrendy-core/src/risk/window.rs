//! How far a price has moved within a window: its lowest and highest mark, by steps of a 16th of the window.
//!
//! Exact extremes of an exact window need room for every mark in it. Sixteen steps and the one that is running need
//! 17 pairs, and hold at least the whole window and at most a 16th more: the check may refuse a little longer, never
//! a little less.

use crate::price::Price;

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sixteen")]
const KEPT: usize = STEPS as usize + 1;

/// Into how many steps a window is cut.
pub const STEPS: i64 = 16;

/// The lowest and highest mark of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    index: i64,
    low: Price,
    high: Price,
}

/// A step in which no mark came: one before all that there are.
const NO_STEP: Step = Step { index: i64::MIN, low: Price::ZERO, high: Price::ZERO };

/// The marks of a window.
#[derive(Clone, Debug)]
pub struct PriceMove {
    window_ns: i64,
    /// None before the first mark.
    steps: Option<Box<[Step; KEPT]>>,
    /// The lowest and the highest of them when the last mark came, and when that was.
    widest: Option<(Price, Price)>,
    last_ns: i64,
}

impl PriceMove {
    /// A window without marks.
    ///
    /// # Panics
    /// If the window is not positive.
    #[must_use]
    pub fn new(window_ns: i64) -> Self {
        assert!(window_ns > 0, "a window is positive");
        Self { window_ns, steps: None, widest: None, last_ns: i64::MIN }
    }

    /// Its length.
    #[must_use]
    pub const fn window_ns(&self) -> i64 {
        self.window_ns
    }

    /// Adds a mark; times do not go back.
    pub fn note(&mut self, price: Price, time_ns: i64) {
        self.last_ns = time_ns;
        let index = self.index(time_ns);
        // Below 17, and never negative.
        let place = usize::try_from(index.rem_euclid(STEPS + 1)).unwrap_or(0);
        let steps = self.steps.get_or_insert_with(|| Box::new([NO_STEP; KEPT]));
        let step = &mut steps[place];
        if step.index == index {
            step.low = step.low.min(price);
            step.high = step.high.max(price);
            let widest = self.widest.get_or_insert((price, price));
            *widest = (widest.0.min(price), widest.1.max(price));
        } else {
            *step = Step { index, low: price, high: price };
            self.widest = self.extremes(time_ns);
        }
    }

    /// The lowest and the highest mark within the window when the last mark came: those within it at `time_ns` are no further
    /// apart. `None` before that mark, when the window was another one.
    #[must_use]
    #[inline]
    pub fn widest(&self, time_ns: i64) -> Option<(Price, Price)> {
        self.widest.filter(|_| self.last_ns <= time_ns)
    }

    /// The lowest and the highest mark at `time_ns`; `None` if there was none in the window.
    #[must_use]
    pub fn extremes(&self, time_ns: i64) -> Option<(Price, Price)> {
        let oldest = self.index(time_ns) - STEPS;
        let within = self.steps.iter().flat_map(|steps| steps.iter());
        let within = within.filter(|step| step.index >= oldest);
        within.map(|step| (step.low, step.high)).reduce(|(low, high), (other_low, other_high)| {
            (low.min(other_low), high.max(other_high))
        })
    }

    fn index(&self, time_ns: i64) -> i64 {
        // Rounded up, so that the steps together are never shorter than the window.
        let step_ns = (self.window_ns - 1) / STEPS + 1;
        time_ns.div_euclid(step_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mark_leaves_the_window_with_its_step() {
        let mut moves = PriceMove::new(160);
        moves.note(Price(90), 0);
        moves.note(Price(100), 15);
        assert_eq!(moves.extremes(169), Some((Price(90), Price(100))));
        assert_eq!(moves.extremes(170), Some((Price(100), Price(100))));
        assert_eq!(moves.extremes(179), Some((Price(100), Price(100))));
        assert_eq!(moves.extremes(180), None);
    }

    proptest! {
        #[test]
        fn the_window_holds_every_mark_in_it_and_none_much_older(
            window_ns in 1..100_i64,
            marks in prop::collection::vec((0..30_i64, 1..50_i64), 1..80),
        ) {
            let mut moves = PriceMove::new(window_ns);
            let (mut all, mut time_ns) = (Vec::new(), 0);
            for (step, price) in marks {
                time_ns += step;
                moves.note(Price(price), time_ns);
                all.push((time_ns, price));
                let within = |length: i64| all.iter().filter(move |(time, _)| time_ns - time <= length);
                let (low, high) = moves.extremes(time_ns).unwrap();
                prop_assert_eq!(moves.widest(time_ns), Some((low, high)));
                prop_assert_eq!(moves.widest(time_ns - 1), None);
                prop_assert!(low.0 <= within(window_ns).map(|mark| mark.1).min().unwrap());
                prop_assert!(high.0 >= within(window_ns).map(|mark| mark.1).max().unwrap());
                let longest = window_ns + window_ns / STEPS + 17;
                prop_assert!(low.0 >= within(longest).map(|mark| mark.1).min().unwrap());
            }
        }
    }
}
