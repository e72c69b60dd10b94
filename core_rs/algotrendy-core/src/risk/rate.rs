//! At most so many events in so much time: an exact sliding window over the times of the last events.

use super::limits::Rate;

/// The times of the last `count` events: all that is needed to know whether another one is too many.
#[derive(Clone, Debug)]
pub struct RateWindow {
    rate: Rate,
    /// A ring, which is made when the first event comes: most instruments that have limits are not traded.
    times_ns: Box<[i64]>,
    /// Where the next event goes.
    next: u32,
    /// How many of the last events the ring holds.
    held: u32,
}

impl RateWindow {
    /// A window in which nothing has happened. The first event makes room for all it will ever hold.
    ///
    /// # Panics
    /// If the rate counts nothing.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        assert!(rate.count > 0, "a rate counts something");
        Self { rate, times_ns: Box::default(), next: 0, held: 0 }
    }

    /// The window for another rate; it remembers as many of the last events as it has room for.
    #[must_use]
    pub fn resized(&self, rate: Rate) -> Self {
        let mut resized = Self::new(rate);
        let kept = self.held.min(rate.count);
        for back in (1..=kept).rev() {
            resized.note(self.time_ns(back));
        }
        resized
    }

    /// What it counts by.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Counts an event; times do not go back.
    pub fn note(&mut self, time_ns: i64) {
        if self.times_ns.is_empty() {
            self.times_ns = vec![0; self.rate.count as usize].into();
        }
        self.times_ns[self.next as usize] = time_ns;
        self.next = if self.next + 1 == self.rate.count { 0 } else { self.next + 1 };
        self.held = self.rate.count.min(self.held + 1);
    }

    /// How many events the window holds at `time_ns`, at most the rate's count. One that was exactly a window ago no longer counts.
    #[must_use]
    pub fn count_at(&self, time_ns: i64) -> u32 {
        let held = self.held;
        // Nearly always all or none are.
        if held == 0 || !self.is_within(1, time_ns) {
            return 0;
        }
        if self.is_within(held, time_ns) {
            return held;
        }
        // Times do not go back, so that the last event within the window is found by halving.
        let (mut within, mut beyond) = (1, held);
        while beyond - within > 1 {
            let middle = within.midpoint(beyond);
            if self.is_within(middle, time_ns) {
                within = middle;
            } else {
                beyond = middle;
            }
        }
        within
    }

    /// Whether one more event at `time_ns` is within the rate.
    #[must_use]
    #[inline]
    pub fn has_room(&self, time_ns: i64) -> bool {
        // As many as the ring holds are too many only while the oldest of them is within the window.
        self.held < self.rate.count
            || self
                .times_ns
                .get(self.next as usize)
                .is_none_or(|oldest_ns| time_ns.saturating_sub(*oldest_ns) >= self.rate.window_ns)
    }

    fn is_within(&self, back: u32, time_ns: i64) -> bool {
        time_ns.saturating_sub(self.time_ns(back)) < self.rate.window_ns
    }

    /// When the last event was, or the one `back - 1` before it.
    fn time_ns(&self, back: u32) -> i64 {
        let place =
            if back <= self.next { self.next - back } else { self.next + self.rate.count - back };
        self.times_ns[place as usize]
    }
}

/// Gives `window` the room that `rate` wants, keeping what it remembers.
pub fn resize(window: &mut Option<RateWindow>, rate: Option<Rate>) {
    *window = match (window.take(), rate) {
        (Some(window), Some(rate)) if window.rate() == rate => Some(window),
        (Some(window), Some(rate)) => Some(window.resized(rate)),
        (None, Some(rate)) => Some(RateWindow::new(rate)),
        (_, None) => None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(count: u32, window_ns: i64, times_ns: &[i64]) -> RateWindow {
        let mut window = RateWindow::new(Rate { count, window_ns });
        for time_ns in times_ns {
            window.note(*time_ns);
        }
        window
    }

    #[test]
    fn an_event_leaves_the_window_exactly_when_it_is_as_old_as_the_window() {
        let window = window(2, 10, &[0, 5]);
        assert_eq!((window.count_at(9), window.count_at(10), window.count_at(15)), (2, 1, 0));
    }

    #[test]
    fn a_changed_rate_keeps_the_last_events() {
        let old = window(3, 10, &[1, 2, 3, 4]);
        let fewer = old.resized(Rate { count: 2, window_ns: 10 });
        assert_eq!((fewer.count_at(4), fewer.count_at(12), fewer.count_at(13)), (2, 2, 1));
        let more = old.resized(Rate { count: 5, window_ns: 10 });
        assert_eq!(more.count_at(4), 3);
    }

    proptest! {
        #[test]
        fn the_ring_agrees_with_a_list_of_all_events(
            count in 1..6_u32,
            window_ns in 1..20_i64,
            steps in prop::collection::vec(0..8_i64, 0..60),
        ) {
            let mut ring = RateWindow::new(Rate { count, window_ns });
            let (mut all, mut time_ns) = (Vec::<i64>::new(), 0);
            for step in steps {
                time_ns += step;
                let within = all.iter().filter(|time| time_ns - **time < window_ns).count();
                prop_assert_eq!(ring.count_at(time_ns) as usize, within.min(count as usize));
                prop_assert_eq!(ring.has_room(time_ns), within < count as usize);
                ring.note(time_ns);
                all.push(time_ns);
            }
        }
    }
}
