//! One moment of a run: what happens at a time, and who is told.

use std::cmp::Reverse;

use super::control::Control;
use super::engine::Engine;
use super::error::RunError;
use super::lanes::{feed_of, LaneId};
use super::strategy::{Moment, Row, Strategy, TimerId};
use super::stream::Phase;

/// How often the control is asked, in moments.
const MOMENTS_BETWEEN_REPORTS: u32 = 1_024;
/// How many times in a row, at one time, a strategy may answer what it is told with requests that it is told of at once.
const MOST_ROUNDS: u32 = 1_000;

/// What a strategy is to be told; the buffers are used again.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) timers: Vec<TimerId>,
    ticks: Vec<Row>,
    bars: Vec<Row>,
}

impl Engine {
    /// When something happens next.
    pub(super) fn next_time_ns(&mut self) -> Option<i64> {
        let first = self.lanes.first().map(|due| due.time_ns);
        let end_ns = self.session.last_time_ns;
        let timer = self.session.timers.peek().map(|Reverse(timer)| timer.due_ns);
        let delisting = self.session.delistings.last().map(|delisting| delisting.time_ns);
        let due = self.session.next_due_ns();
        let others = [timer, delisting, due].into_iter().flatten().filter(|at| *at <= end_ns);
        others.chain(first).min().map(|time_ns| time_ns.max(self.session.now_ns))
    }

    /// Lets everything happen that happens at a time.
    pub(super) fn pass_moment(
        &mut self,
        time_ns: i64,
        strategy: &mut dyn Strategy,
        control: &dyn Control,
    ) -> Result<(), RunError> {
        self.session.now_ns = time_ns;
        self.session.phase = Phase::Closing;
        while let Some(lane) = self.lanes.take(time_ns, Phase::Closing) {
            self.close_or_walk(lane, strategy)?;
        }
        self.session.delist_due()?;
        self.session.pass_due()?;
        self.session.take_timers(&mut self.told.timers);
        self.tell(strategy)?;
        self.curve.sample(&self.session)?;
        self.session.phase = Phase::Opening;
        while let Some(lane) = self.lanes.take(time_ns, Phase::Opening) {
            self.open(lane, strategy)?;
        }
        self.tell(strategy)?;
        self.moments += 1;
        if self.moments % MOMENTS_BETWEEN_REPORTS == 0 {
            self.report(control)?;
        }
        Ok(())
    }

    /// A bar closes, or a tick is made.
    fn close_or_walk(&mut self, lane: LaneId, strategy: &mut dyn Strategy) -> Result<(), RunError> {
        let (wake, is_awake) = self.lanes.reason(lane);
        let (feed, is_bar) = feed_of(lane);
        let stream = &mut self.session.streams[feed];
        let instrument = stream.instrument;
        let row = if !is_awake {
            // Woken by the strategy alone.
            let row = wake.unwrap_or(stream.next_bar);
            if is_bar {
                (stream.next_bar, stream.is_open) = (row + 1, false);
            } else {
                stream.next_tick = row + 1;
            }
            row
        } else if is_bar {
            let row = stream.next_bar;
            self.counters.walked += 1;
            self.session.close_bar(feed)?;
            row
        } else {
            let row = stream.next_tick;
            (stream.next_tick, stream.stood) = (row + 1, row + 1);
            self.counters.walked += 1;
            self.session.walk_tick(feed, row)?;
            row
        };
        if wake == Some(row) {
            let stream = &self.session.streams[feed];
            let first = if is_bar { stream.first_bar } else { stream.first_tick };
            let rows = if is_bar { &mut self.told.bars } else { &mut self.told.ticks };
            rows.push(Row { feed, index: first + row });
        }
        if !is_bar {
            // All ticks of one time come before anybody is told.
            self.set_ticks(feed, is_awake, strategy);
        }
        self.session.touch(instrument);
        Ok(())
    }

    /// A bar opens.
    fn open(&mut self, lane: LaneId, strategy: &mut dyn Strategy) -> Result<(), RunError> {
        let (feed, _) = feed_of(lane);
        let instrument = self.session.streams[feed].instrument;
        self.session.mark(instrument)?;
        // It is open where an order was sent for it as another feed's bar opened.
        if !self.session.streams[feed].is_open {
            self.session.open_bar(feed)?;
        }
        let stream = &mut self.session.streams[feed];
        let (instrument, index) = (stream.instrument, stream.first_bar + stream.next_bar);
        if std::mem::take(&mut stream.wakes_at_open) {
            self.counters.calls += 1;
            self.session.bring_up_held()?;
            self.session.at_open(feed, |session| strategy.on_open(session, feed, index))?;
        }
        self.session.touch(instrument);
        Ok(())
    }

    /// Tells the strategy what there is to tell, and what comes of its answers, until there is nothing more.
    fn tell(&mut self, strategy: &mut dyn Strategy) -> Result<(), RunError> {
        let mut rounds = 0;
        while self.has_news() {
            if rounds == 0 {
                self.session.bring_up_held()?;
            }
            rounds += 1;
            if rounds > MOST_ROUNDS {
                return Err(RunError::Endless { rounds, time_ns: self.session.now_ns });
            }
            let events = std::mem::take(&mut self.session.pending);
            let told = std::mem::take(&mut self.told);
            let moment = Moment {
                time_ns: self.session.now_ns,
                timers: &told.timers,
                events: &events,
                ticks: &told.ticks,
                bars: &told.bars,
            };
            self.counters.calls += 1;
            let result = strategy.on_moment(&mut self.session, &moment);
            self.take_back(told, events);
            result?;
        }
        self.reschedule(strategy)
    }

    fn has_news(&self) -> bool {
        let News { timers, ticks, bars } = &self.told;
        !(timers.is_empty()
            && ticks.is_empty()
            && bars.is_empty()
            && self.session.pending.is_empty())
    }

    /// Keeps the buffers, if nothing new lies where they were.
    fn take_back(&mut self, mut told: News, mut events: Vec<crate::order::Event>) {
        told.timers.clear();
        told.ticks.clear();
        told.bars.clear();
        self.told = told;
        if self.session.pending.is_empty() {
            events.clear();
            self.session.pending = events;
        }
    }
}
