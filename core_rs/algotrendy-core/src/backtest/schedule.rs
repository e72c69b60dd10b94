//! When each feed is looked at next.

use super::engine::Engine;
use super::error::RunError;
use super::feed::FeedId;
use super::lanes::{bar_lane, tick_lane};
use super::strategy::Strategy;
use super::stream::Phase;

impl Engine {
    /// Looks again at when feeds are to be looked at whose instruments something happened to.
    pub(super) fn reschedule(&mut self, strategy: &mut dyn Strategy) -> Result<(), RunError> {
        if self.watch.has_changed(&self.session) {
            for feed in 0..self.session.streams.len() {
                self.schedule(feed, strategy)?;
            }
        }
        while let Some(instrument) = self.session.dirty.pop() {
            self.session.listed[instrument].is_dirty = false;
            for place in 0..self.session.listed[instrument].feeds.len() {
                let feed = self.session.listed[instrument].feeds[place];
                self.schedule(feed, strategy)?;
            }
        }
        Ok(())
    }

    /// Says when a feed is to be looked at next.
    pub(super) fn schedule(
        &mut self,
        feed: FeedId,
        strategy: &mut dyn Strategy,
    ) -> Result<(), RunError> {
        let instrument = self.session.streams[feed].instrument;
        let stream = &self.session.streams[feed];
        let is_live = stream.drives
            && (self.watch.is_on()
                || self.session.open_order_count(instrument) > 0
                || (stream.is_open && self.closes_share_opens));
        if self.session.streams[feed].has_ticks() {
            self.schedule_ticks(feed, is_live, strategy);
            self.schedule_bars(feed, false, strategy);
            return Ok(());
        }
        if is_live {
            self.session.mark(instrument)?;
            self.session.enter_bar(feed)?;
        }
        self.schedule_bars(feed, is_live, strategy);
        Ok(())
    }

    fn schedule_bars(&mut self, feed: FeedId, is_awake: bool, strategy: &mut dyn Strategy) {
        let stream = &mut self.session.streams[feed];
        let closed = stream.closed_bars(self.session.now_ns);
        if closed > stream.next_bar {
            (stream.next_bar, stream.is_open) = (closed, false);
        }
        let stream = &self.session.streams[feed];
        let (first, next, end) = (stream.first_bar, stream.next_bar, stream.bar_end);
        if next >= end {
            return self.lanes.set(bar_lane(feed), None, None, is_awake);
        }
        let wake = strategy.next_wake(&self.session, feed, first + next);
        let wake = wake.map(|index| index.saturating_sub(first).max(next));
        let wake = wake.filter(|index| *index < end);
        let ends = |index: usize| (stream.bars.close_time_ns()[index], Phase::Closing);
        // The bar that opens next: the one after that in progress, which closes before.
        let opening = next + usize::from(self.session.has_opened(feed));
        let opens = |index: usize| (stream.bars.open_time_ns()[index], Phase::Opening);
        let due = if is_awake {
            Some(if stream.is_open { ends(next) } else { opens(next) })
        } else {
            // A bar opens before it closes, also where it does both at one time.
            let asks_first = opening < end && wake.is_none_or(|wake| opening <= wake);
            if stream.wakes_at_open && asks_first {
                Some(opens(opening))
            } else {
                wake.map(ends)
            }
        };
        self.lanes.set(bar_lane(feed), due, wake, is_awake);
    }

    fn schedule_ticks(&mut self, feed: FeedId, is_awake: bool, strategy: &mut dyn Strategy) {
        let stream = &mut self.session.streams[feed];
        if !is_awake {
            stream.next_tick = stream.made_ticks(self.session.now_ns);
        }
        self.set_ticks(feed, is_awake, strategy);
    }

    pub(super) fn set_ticks(&mut self, feed: FeedId, is_awake: bool, strategy: &mut dyn Strategy) {
        let stream = &self.session.streams[feed];
        let (first, next, end) = (stream.first_tick, stream.next_tick, stream.tick_end);
        let wake = strategy.next_tick(&self.session, feed, first + next);
        let wake = wake.map(|index| index.saturating_sub(first).max(next));
        let wake = wake.filter(|index| *index < end);
        let row = if is_awake { (next < end).then_some(next) } else { wake };
        let due = row.map(|row| (stream.tick_times()[row], Phase::Closing));
        self.lanes.set(tick_lane(feed), due, wake, is_awake);
    }
}
