//! The event loop: what happens next, at which time, and who is told.

use super::control::{Control, Progress};
use super::curve::CurveMaker;
use super::error::RunError;
use super::feed::{Feed, FeedData, FeedId};
use super::lanes::Lanes;
use super::moment::News;
use super::outcome::{Counters, Outcome};
use super::session::Session;
use super::setup;
use super::strategy::Strategy;
use super::stream::{Kept, Phase};
use super::terms::RunTerms;
use super::watch::Watch;
use crate::venue::{MarketFill, VenueConfig};

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
    pub(super) lanes: Lanes,
    pub(super) curve: CurveMaker,
    pub(super) watch: Watch,
    pub(super) counters: Counters,
    has_started: bool,
    /// Of the feeds that were given at first, those that the strategy was not told of yet.
    fresh: Vec<FeedId>,
    pub(super) moments: u32,
    /// Whether what orders filled at a bar's open is missing at its close, so that the bar has to be seen to its end.
    pub(super) closes_share_opens: bool,
    /// What is to be told at this moment.
    pub(super) told: News,
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
            told: News::default(),
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
        self.start(i64::MIN, strategy)?;
        for (feed, data) in data {
            let unknown = || RunError::Unknown { what: "feed", name: feed.to_string() };
            self.session.streams.get(feed).ok_or_else(unknown)?;
            let first = self.take_in(feed, data)?;
            strategy.on_data(&self.session, feed, first)?;
        }
        for feed in 0..self.session.streams.len() {
            let ((first, _), kept) = (self.session.streams[feed].ends(), self.kept());
            if self.session.streams[feed].promise(until_ns, kept)? {
                strategy.on_data(&self.session, feed, first)?;
            }
            self.session.see(feed, &self.terms);
        }
        self.session.given_until_ns = until_ns;
        strategy.on_given(&self.session)?;
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
        let has_started = self.has_started;
        for feed in 0..self.session.streams.len() {
            let ((first, _), kept) = (self.session.streams[feed].ends(), self.kept());
            if self.session.streams[feed].finish(kept)? && has_started {
                strategy.on_data(&self.session, feed, first)?;
            }
            self.session.see(feed, &self.terms);
        }
        if has_started {
            self.session.given_until_ns = i64::MAX;
            strategy.on_given(&self.session)?;
        }
        self.start(i64::MAX, strategy)?;
        self.run_until(i64::MAX, strategy, control)?;
        let stopped = self.stop(strategy).and_then(|()| self.curve.sample(&self.session));
        self.curve.extend(&self.session, i64::MAX)?;
        stopped?;
        self.into_outcome()
    }

    fn kept(&self) -> Kept {
        let Session { now_ns, given_until_ns, .. } = self.session;
        Kept { now_ns, given_until_ns, rows: self.terms.kept_rows.max(1) }
    }

    /// Takes a feed's next data; the place of the first new bar, or tick where it brings none.
    fn take_in(&mut self, feed: FeedId, data: FeedData) -> Result<usize, RunError> {
        let kept = self.kept();
        let stream = &mut self.session.streams[feed];
        let (bars, ticks) = stream.ends();
        let is_of_ticks = stream.has_ticks() && !stream.makes_bars();
        stream.extend(data, kept)?;
        self.session.see(feed, &self.terms);
        Ok(if is_of_ticks { ticks } else { bars })
    }

    /// Tells the strategy of the data that were given at first, up to when they are complete, and that the run begins.
    pub(crate) fn start(
        &mut self,
        until_ns: i64,
        strategy: &mut dyn Strategy,
    ) -> Result<(), RunError> {
        if std::mem::replace(&mut self.has_started, true) {
            return Ok(());
        }
        self.session.given_until_ns = until_ns;
        self.session.wants_events = strategy.wants_events();
        for feed in std::mem::take(&mut self.fresh) {
            strategy.on_data(&self.session, feed, 0)?;
        }
        strategy.on_given(&self.session)?;
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

    pub(super) fn report(&self, control: &dyn Control) -> Result<(), RunError> {
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
