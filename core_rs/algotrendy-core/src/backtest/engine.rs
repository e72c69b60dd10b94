//! The event loop: what happens next, at which time, and who is told.

use std::cmp::Reverse;

use super::control::{Control, Progress};
use super::curve::CurveMaker;
use super::error::RunError;
use super::feed::{Feed, FeedData, FeedId};
use super::lanes::{bar_lane, feed_of, tick_lane, LaneId, Lanes};
use super::outcome::{Counters, Outcome};
use super::session::Session;
use super::setup;
use super::strategy::{Moment, Row, Strategy, TimerId};
use super::stream::Phase;
use super::terms::RunTerms;
use super::watch::Watch;
use crate::venue::{MarketFill, VenueConfig};

/// How often the control is asked, in moments.
const MOMENTS_BETWEEN_REPORTS: u32 = 1_024;
/// How many times in a row, at one time, a strategy may answer what it is told with requests that it is told of at once.
const MOST_ROUNDS: u32 = 1_000;

/// Runs a strategy over data that are all there.
///
/// # Errors
/// [`RunError`] if the feeds or terms are wrong, the strategy fails, the account is ruined, or the run is ended.
pub fn run(
    feeds: Vec<Feed>,
    terms: RunTerms,
    strategy: &mut dyn Strategy,
    control: &dyn Control,
) -> Result<Outcome, RunError> {
    Engine::new(feeds, terms)?.finish(strategy, control)
}

/// A run in steps: [`push`](Self::push) what comes next as often as there is more, then [`finish`](Self::finish). The
/// outcome is the same as that of [`run`] over all of it, whatever the steps.
#[derive(Debug)]
pub struct Engine {
    pub(super) session: Session,
    pub(super) terms: RunTerms,
    lanes: Lanes,
    pub(super) curve: CurveMaker,
    watch: Watch,
    pub(super) counters: Counters,
    has_started: bool,
    /// Of the feeds that were given at first, those that the strategy was not told of yet.
    fresh: Vec<FeedId>,
    moments: u32,
    /// Whether what orders filled at a bar's open is missing at its close, so that the bar has to be seen to its end.
    closes_share_opens: bool,
    /// What is to be told at this moment.
    told: Told,
}

/// What a strategy is to be told; the buffers are used again.
#[derive(Debug, Default)]
struct Told {
    timers: Vec<TimerId>,
    ticks: Vec<Row>,
    bars: Vec<Row>,
}

impl Engine {
    /// A run of feeds, with the first of their data or with none yet.
    ///
    /// # Errors
    /// [`RunError`] if feeds or terms are wrong.
    pub fn new(feeds: Vec<Feed>, terms: RunTerms) -> Result<Self, RunError> {
        let count = feeds.len();
        let (session, data) = setup::session(feeds, &terms)?;
        let VenueConfig { participation, market_fill, .. } = terms.venue;
        let closes_share_opens = participation.is_some() && market_fill == MarketFill::SameClose;
        let mut engine = Self {
            curve: CurveMaker::new(&session, &terms),
            watch: Watch::new(session.state()),
            session,
            terms,
            lanes: Lanes::new(count),
            counters: Counters::default(),
            has_started: false,
            fresh: Vec::new(),
            moments: 0,
            closes_share_opens,
            told: Told::default(),
        };
        for (feed, data) in data.into_iter().enumerate() {
            engine.take_in(feed, data)?;
            engine.fresh.push(feed);
        }
        setup::choose_drivers(&mut engine.session);
        Ok(engine)
    }

    /// The present moment.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Takes data that follow, and runs up to `until_ns`: of all feeds, every row that begins (a bar that opens, a trade,
    /// a quote) at that time or before has been given.
    ///
    /// # Errors
    /// As [`run`].
    pub fn push(
        &mut self,
        data: Vec<(FeedId, FeedData)>,
        until_ns: i64,
        strategy: &mut dyn Strategy,
        control: &dyn Control,
    ) -> Result<(), RunError> {
        self.start(strategy)?;
        for (feed, data) in data {
            let unknown = || RunError::Unknown { what: "feed", name: feed.to_string() };
            self.session.streams.get(feed).ok_or_else(unknown)?;
            let first = self.take_in(feed, data)?;
            strategy.on_data(&self.session, feed, first)?;
        }
        for feed in 0..self.session.streams.len() {
            let now_ns = self.session.now_ns;
            let ((first, _), kept) = (self.session.streams[feed].ends(), self.kept());
            if self.session.streams[feed].promise(until_ns, now_ns, kept)? {
                strategy.on_data(&self.session, feed, first)?;
            }
            self.session.see(feed, &self.terms);
        }
        self.run_until(until_ns, strategy, control)?;
        self.curve.extend(&self.session, until_ns)
    }

    /// Runs to the end, and says what came of it.
    ///
    /// # Errors
    /// As [`run`].
    pub fn finish(
        mut self,
        strategy: &mut dyn Strategy,
        control: &dyn Control,
    ) -> Result<Outcome, RunError> {
        self.start(strategy)?;
        for feed in 0..self.session.streams.len() {
            let now_ns = self.session.now_ns;
            let ((first, _), kept) = (self.session.streams[feed].ends(), self.kept());
            if self.session.streams[feed].finish(now_ns, kept)? {
                strategy.on_data(&self.session, feed, first)?;
            }
            self.session.see(feed, &self.terms);
        }
        self.run_until(i64::MAX, strategy, control)?;
        let stopped = self.stop(strategy).and_then(|()| self.curve.sample(&self.session));
        self.curve.extend(&self.session, i64::MAX)?;
        stopped?;
        self.into_outcome()
    }

    fn kept(&self) -> usize {
        self.terms.kept_rows.max(1)
    }

    /// Takes a feed's next data; the place of the first new bar, or tick where it brings none.
    fn take_in(&mut self, feed: FeedId, data: FeedData) -> Result<usize, RunError> {
        let (now_ns, kept) = (self.session.now_ns, self.kept());
        let stream = &mut self.session.streams[feed];
        let (bars, ticks) = stream.ends();
        let is_of_ticks = stream.has_ticks() && !stream.makes_bars();
        stream.extend(data, now_ns, kept)?;
        self.session.see(feed, &self.terms);
        Ok(if is_of_ticks { ticks } else { bars })
    }

    pub(crate) fn start(&mut self, strategy: &mut dyn Strategy) -> Result<(), RunError> {
        if std::mem::replace(&mut self.has_started, true) {
            return Ok(());
        }
        self.session.wants_events = strategy.wants_events();
        for feed in std::mem::take(&mut self.fresh) {
            strategy.on_data(&self.session, feed, 0)?;
        }
        strategy.on_start(&mut self.session)
    }

    fn run_until(
        &mut self,
        until_ns: i64,
        strategy: &mut dyn Strategy,
        control: &dyn Control,
    ) -> Result<(), RunError> {
        for feed in 0..self.session.streams.len() {
            self.schedule(feed, strategy)?;
        }
        while let Some(time_ns) = self.next_time_ns().filter(|time_ns| *time_ns <= until_ns) {
            if let Err(error) = self.pass_moment(time_ns, strategy, control) {
                // The account may have been ruined before something else went wrong.
                self.curve.extend(&self.session, time_ns.saturating_sub(1))?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// When something happens next.
    fn next_time_ns(&mut self) -> Option<i64> {
        let first = self.lanes.first().map(|due| due.time_ns);
        let end_ns = self.session.last_time_ns;
        let timer = self.session.timers.peek().map(|Reverse(timer)| timer.due_ns);
        let delisting = self.session.delistings.last().map(|delisting| delisting.time_ns);
        let due = self.session.next_due_ns();
        let others = [timer, delisting, due].into_iter().flatten().filter(|at| *at <= end_ns);
        others.chain(first).min().map(|time_ns| time_ns.max(self.session.now_ns))
    }

    /// Lets everything happen that happens at a time.
    fn pass_moment(
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
        let Told { timers, ticks, bars } = &self.told;
        !(timers.is_empty()
            && ticks.is_empty()
            && bars.is_empty()
            && self.session.pending.is_empty())
    }

    /// Keeps the buffers, if nothing new lies where they were.
    fn take_back(&mut self, mut told: Told, mut events: Vec<crate::order::Event>) {
        told.timers.clear();
        told.ticks.clear();
        told.bars.clear();
        self.told = told;
        if self.session.pending.is_empty() {
            events.clear();
            self.session.pending = events;
        }
    }

    /// Looks again at when feeds are to be looked at whose instruments something happened to.
    fn reschedule(&mut self, strategy: &mut dyn Strategy) -> Result<(), RunError> {
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
    fn schedule(&mut self, feed: FeedId, strategy: &mut dyn Strategy) -> Result<(), RunError> {
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

    fn set_ticks(&mut self, feed: FeedId, is_awake: bool, strategy: &mut dyn Strategy) {
        let stream = &self.session.streams[feed];
        let (first, next, end) = (stream.first_tick, stream.next_tick, stream.tick_end);
        let wake = strategy.next_tick(&self.session, feed, first + next);
        let wake = wake.map(|index| index.saturating_sub(first).max(next));
        let wake = wake.filter(|index| *index < end);
        let row = if is_awake { (next < end).then_some(next) } else { wake };
        let due = row.map(|row| (stream.tick_times()[row], Phase::Closing));
        self.lanes.set(tick_lane(feed), due, wake, is_awake);
    }

    fn report(&self, control: &dyn Control) -> Result<(), RunError> {
        let time_ns = self.session.now_ns;
        let rows = |stream: &super::stream::Stream| {
            let done = stream.first_bar + stream.next_bar + stream.first_tick + stream.next_tick;
            let total = stream.first_bar + stream.bar_end + stream.first_tick + stream.tick_end;
            (done as u64, total as u64)
        };
        let sums = self.session.streams.iter().map(rows);
        let (done, total) = sums.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        if control.report(&Progress { time_ns, done, total }).is_break() {
            return Err(RunError::Canceled { time_ns });
        }
        Ok(())
    }

    /// After the last data: the strategy stops, and what is open is closed if that is asked for.
    fn stop(&mut self, strategy: &mut dyn Strategy) -> Result<(), RunError> {
        let session = &mut self.session;
        session.now_ns = session.now_ns.max(session.last_time_ns);
        session.phase = Phase::Closing;
        session.bring_up_held()?;
        self.counters.calls += 1;
        strategy.on_stop(session)?;
        session.close_all(self.terms.finish)
    }

    pub(super) fn into_outcome(self) -> Result<Outcome, RunError> {
        let Self { session, terms, curve, mut counters, .. } = self;
        for stream in &session.streams {
            counters.bars += (stream.first_bar + stream.bar_end) as u64;
            let ticks = (stream.first_tick + stream.tick_end) as u64;
            match stream.feed.data {
                FeedData::Quotes(_) => counters.quotes += ticks,
                _ => counters.trades += ticks,
            }
        }
        let recorder = session.recorder;
        Ok(Outcome {
            account_id: terms.account_id,
            currency: terms.currency,
            cash: terms.cash,
            instruments: recorder.instruments,
            start_time_ns: session.start_time_ns,
            orders: recorder.orders,
            fills: recorder.fills,
            positions: recorder.trips.into_rows()?,
            rejections: recorder.rejections,
            names: recorder.names,
            curve: curve.into_curve(),
            counters,
        })
    }
}
