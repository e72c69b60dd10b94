//! What all bar styles share: the pending bar, breaks between sessions, runs of trades.

use serde::{Deserialize, Serialize};

use super::calendar::{Segment, SessionTable};
use super::columns::{TickColumns, Ticks};
use super::element::{Bar, BarFlags, CloseReason, Tick};
use super::error::{BarError, BatchError};
use super::run::Width;
use super::sink::BarSink;
use crate::price::Price;
use crate::trade::Trade;

/// The most bars that one tick may make: a bound on time and memory that no sensible size meets.
pub const MOST_BARS_OF_A_TICK: u64 = 1_000_000;

/// The most bars of a chunk whose ticks make several each: a bound on memory, about two gigabytes.
const MOST_BARS_AT_ONCE: usize = 20_000_000;

/// How far leading ticks carry the pending bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// How many of them are added to it.
    pub count: usize,
    /// Whether it ends after these, and the next one goes on from there.
    pub ends: bool,
}

/// A style of bar: where one ends and the next begins.
///
/// Ticks come in order, none older than the one before it, and without faults. A policy says how far they carry the pending bar
/// ([`run`](Self::run)), what a bar is when it ends ([`end`](Self::end)) and how the next one starts ([`start`](Self::start));
/// what is more than that, one tick that makes several bars, it does itself ([`turn`](Self::turn)).
pub trait ClosePolicy: Clone {
    /// Whether bars lie between times of their own, rather than from their first tick to their last.
    const HAS_INTERVALS: bool = false;

    /// How far leading ticks, at least one, carry the pending bar. Neither adding any nor ending it means that the first is for
    /// [`turn`](Self::turn); then nothing has changed. What the policy counts is counted for those that are added.
    fn run(&mut self, pending: &Bar, ticks: &Ticks<'_>) -> Run;

    /// Makes the pending bar what it is when it ends; `next_ns` is when the tick that comes after is known, where there is one yet.
    ///
    /// # Panics
    /// If no bar of the policy ends so.
    fn end(&mut self, _pending: &mut Bar, _next_ns: Option<i64>) {
        unreachable!("a policy whose runs end bars says how they end")
    }

    /// Makes `bar` the one that the first of these ticks, at least one, belongs to; it is not added yet. Hands on bars of times
    /// without ticks.
    ///
    /// # Errors
    /// Any [`BarError`]; then what was handed on is void, and the caller goes back to a copy.
    #[inline]
    fn start(
        &mut self,
        bar: &mut Bar,
        ticks: &Ticks<'_>,
        _closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        ticks.start(bar);
        Ok(())
    }

    /// Folds a tick that makes more of the pending bar than a sum, and hands on the bars that it closes.
    ///
    /// # Errors
    /// Any [`BarError`]; then the policy and the pending bar are unchanged.
    ///
    /// # Panics
    /// If the policy has no such ticks.
    fn turn(
        &mut self,
        _pending: &mut Option<Bar>,
        _tick: &Tick,
        _closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        unreachable!("a policy that declines ticks folds them itself")
    }

    /// Learns that no tick before `watermark_ns` will come any more, and hands on the bars that this closes.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    fn advance(
        &mut self,
        _watermark_ns: i64,
        _pending: &mut Option<Bar>,
        _closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        Ok(())
    }

    /// The pending bar as others see it before it is complete.
    fn so_far(&self, pending: &Bar) -> Bar {
        *pending
    }

    /// Learns that the pending bar was taken out.
    fn taken(&mut self, _bar: &Bar) {}
}

/// Folds ticks into bars of one style.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Aggregator<P> {
    policy: P,
    /// The pending bar, if there is one. In place, because copying it costs more than folding a trade.
    bar: Bar,
    is_pending: bool,
    /// Where bars end besides where their style ends them; a time bar's own grid knows them.
    breaks: Option<SessionTable>,
    segment: Segment,
}

impl<P: ClosePolicy> Aggregator<P> {
    /// An aggregator that has seen no tick; with `breaks`, bars end where sessions do.
    pub fn new(policy: P, breaks: Option<SessionTable>) -> Self {
        let bar = Bar::at(Price(0), 0, 0);
        Self { policy, bar, is_pending: false, breaks, segment: Segment::NONE }
    }

    /// Adds one trade and hands on the bars it closed, as [`Self::push`] does with its tick.
    ///
    /// # Errors
    /// As [`Self::push`].
    #[inline]
    pub fn push_trade(&mut self, trade: &Trade, closed: &mut impl BarSink) -> Result<(), BarError> {
        // Nearly every trade only adds to the pending bar, and making a bar of it first would take longer than adding it.
        let time_ns = trade.event_time_ns;
        let goes_on = self.breaks.is_none() || self.segment.holds(time_ns);
        if self.is_pending && goes_on && self.bar.can_add_trade(trade) {
            let side = [trade.aggressor_side.code()];
            let run = self.policy.run(&self.bar, &Ticks::of_trade(trade, &side));
            if run.count == 1 {
                self.bar.add_trade(trade)?;
                self.added(run, time_ns, None, closed);
                return Ok(());
            }
        }
        self.push(&Tick::of_trade(trade), closed)
    }

    /// Adds one tick and hands on the bars it closed.
    ///
    /// # Errors
    /// Any [`BarError`]; nothing changes, and what was handed on is void.
    #[inline]
    pub fn push(&mut self, tick: &Tick, closed: &mut impl BarSink) -> Result<(), BarError> {
        let side = tick.side.code();
        let ticks = Ticks::of_one(tick, &side);
        if self.is_pending && (self.breaks.is_none() || self.segment.holds(tick.time_ns)) {
            // Nearly every tick only adds to the pending bar: then nothing can be refused, and nothing needs to be copied.
            if self.bar.can_add(&tick.bar) {
                let run = self.policy.run(&self.bar, &ticks);
                if run.count == 1 {
                    self.bar.add(&tick.bar)?;
                    self.added(run, tick.bar.close_time_ns, None, closed);
                    return Ok(());
                }
            }
        }
        let before = self.clone();
        let pushed = self.push_one(tick, &ticks, closed);
        if pushed.is_err() {
            *self = before;
        }
        pushed
    }

    fn push_one(
        &mut self,
        tick: &Tick,
        ticks: &Ticks<'_>,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        self.break_at(tick.time_ns, closed)?;
        loop {
            let run = self.next_run(ticks, closed)?;
            if run.count == 1 {
                self.bar.add(&tick.bar)?;
            } else if !run.ends {
                return self.turn(tick, closed);
            }
            self.added(run, tick.bar.close_time_ns, Some(tick.bar.close_time_ns), closed);
            if run.count == 1 {
                return Ok(());
            }
        }
    }

    /// Adds trades of one session, whose numbers have the given width. The same steps as [`Self::push`], on many at once.
    ///
    /// # Errors
    /// The first refusal, with the index of its trade; then some of the trades are added, and the caller goes back to a copy.
    pub fn push_run(
        &mut self,
        trades: &TickColumns<'_>,
        width: Width,
        closed: &mut impl BarSink,
    ) -> Result<(), BatchError> {
        let Some(&time_ns) = trades.times_ns.first() else { return Ok(()) };
        self.break_at(time_ns, closed).map_err(|source| BatchError { index: 0, source })?;
        let mut index = 0;
        while index < trades.len() {
            let refused = |source| BatchError { index, source };
            let ticks = Ticks::of_trades(trades, index, width);
            let run = self.next_run(&ticks, closed).map_err(refused)?;
            if run.count > 0 {
                self.bar.add_run(trades, index, run.count, width).map_err(refused)?;
            } else if !run.ends {
                let tick = Tick::of_trade(&trades.trade(index));
                self.turn(&tick, closed).map_err(refused)?;
                index += 1;
                continue;
            }
            index += run.count;
            let last_ns = trades.times_ns[index.saturating_sub(1)];
            self.added(run, last_ns, trades.times_ns.get(index).copied(), closed);
        }
        Ok(())
    }

    /// How far ticks carry the pending bar, which is started where there is none.
    #[inline(always)]
    #[allow(clippy::inline_always)] // What it returns would go through memory.
    fn next_run(&mut self, ticks: &Ticks<'_>, closed: &mut impl BarSink) -> Result<Run, BarError> {
        let is_new = !self.is_pending;
        if is_new {
            self.policy.start(&mut self.bar, ticks, closed)?;
            self.is_pending = true;
        }
        let run = self.policy.run(&self.bar, ticks);
        assert!(run.count > 0 || !run.ends || !is_new, "a bar holds the tick that it starts with");
        Ok(run)
    }

    /// Ends the pending bar if a run says so. What it has got was last added at `last_ns`; the next tick is at `next_ns`.
    #[inline]
    fn added(&mut self, run: Run, last_ns: i64, next_ns: Option<i64>, closed: &mut impl BarSink) {
        if !P::HAS_INTERVALS && run.count > 0 {
            // Smaller bars may overlap: a bar is known when all that is in it is.
            self.bar.close_time_ns = self.bar.close_time_ns.max(last_ns);
        }
        if run.ends {
            self.policy.end(&mut self.bar, next_ns);
            closed.push_bar(&self.bar);
            self.is_pending = false;
        }
    }

    fn turn(&mut self, tick: &Tick, closed: &mut impl BarSink) -> Result<(), BarError> {
        // A bar that has just been started is none yet.
        let mut pending = (self.is_pending && !self.bar.is_blank()).then_some(self.bar);
        self.policy.turn(&mut pending, tick, closed)?;
        if closed.count() > MOST_BARS_AT_ONCE {
            return Err(BarError::ChunkTooLarge { limit: MOST_BARS_AT_ONCE });
        }
        self.set_pending(pending);
        Ok(())
    }

    fn set_pending(&mut self, pending: Option<Bar>) {
        self.is_pending = pending.is_some();
        self.bar = pending.unwrap_or(self.bar);
    }

    /// Learns that no tick before `watermark_ns` will come any more.
    ///
    /// # Errors
    /// Any [`BarError`]; then the caller goes back to a copy.
    pub fn advance(
        &mut self,
        watermark_ns: i64,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        if self.breaks.is_some() && watermark_ns > self.segment.last_ns {
            self.end_segment(closed);
        }
        let mut pending = self.is_pending.then_some(self.bar);
        self.policy.advance(watermark_ns, &mut pending, closed)?;
        self.set_pending(pending);
        Ok(())
    }

    /// Takes out the pending bar, which is partial. Ticks still to come in its interval make another bar of that interval.
    pub fn finish(&mut self) -> Option<Bar> {
        let bar = self.pending()?;
        self.is_pending = false;
        self.policy.taken(&bar);
        Some(bar)
    }

    /// The bar that ticks are being added to, as [`Self::finish`] would take it out.
    #[must_use]
    pub fn pending(&self) -> Option<Bar> {
        let bar = self.policy.so_far(&self.bar).flagged(BarFlags::PARTIAL);
        self.is_pending.then_some(Bar { close_reason: CloseReason::Finish, ..bar })
    }

    /// Ends the pending bar if the session it belongs to has ended by `time_ns`.
    #[inline]
    fn break_at(&mut self, time_ns: i64, closed: &mut impl BarSink) -> Result<(), BarError> {
        let Some(breaks) = &self.breaks else { return Ok(()) };
        if self.segment.holds(time_ns) {
            return Ok(());
        }
        let next = breaks.segment(time_ns)?;
        self.end_segment(closed);
        self.segment = next;
        Ok(())
    }

    fn end_segment(&mut self, closed: &mut impl BarSink) {
        if self.is_pending {
            self.is_pending = false;
            let bar = self.policy.so_far(&self.bar).flagged(BarFlags::SESSION_BREAK);
            self.policy.taken(&bar);
            let close_time_ns = self.segment.end_ns.max(bar.close_time_ns);
            closed.push_bar(&bar.ended(CloseReason::Session, close_time_ns));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::spec::{Closed, Overshoot};
    use super::super::testing::{bytes, sessions, tick, trade, Columns};
    use super::super::threshold::{CountMeasure, ThresholdPolicy, VolumeMeasure};
    use super::*;
    use crate::price::Quantity;

    fn count_bars(
        size: i128,
        breaks: Option<SessionTable>,
    ) -> Aggregator<ThresholdPolicy<CountMeasure>> {
        Aggregator::new(ThresholdPolicy::new(size, Overshoot::Whole).unwrap(), breaks)
    }

    fn split_bars(
        size: i128,
        breaks: Option<SessionTable>,
    ) -> Aggregator<ThresholdPolicy<VolumeMeasure>> {
        Aggregator::new(ThresholdPolicy::new(size, Overshoot::Split).unwrap(), breaks)
    }

    #[test]
    fn a_tick_whose_sum_overflows_changes_nothing() {
        let mut aggregator = count_bars(3, None);
        let mut closed = Vec::new();
        aggregator.push(&tick(1, 5, i64::MAX - 1), &mut closed).unwrap();
        let before = bytes(&aggregator);
        let overflow = Err(BarError::Overflow { field: "volume" });
        assert_eq!(aggregator.push(&tick(2, 9, 2), &mut closed), overflow);
        assert_eq!((bytes(&aggregator), closed.len()), (before, 0));
        aggregator.push(&tick(3, 4, 1), &mut closed).unwrap();
        let bar = aggregator.pending().unwrap();
        assert_eq!((bar.volume, bar.high, bar.trade_count), (Quantity(i64::MAX), Price(5), 2));
    }

    #[test]
    fn a_tick_refused_in_the_next_session_does_not_end_the_last_one() {
        let mut aggregator = split_bars(2, Some(sessions(Closed::Left)));
        let mut closed = Vec::new();
        aggregator.push(&tick(150, 5, 1), &mut closed).unwrap();
        let before = bytes(&aggregator);
        let refusal = aggregator.push(&tick(350, 5, i64::MAX), &mut Vec::new());
        assert!(matches!(refusal, Err(BarError::TooManyBars { .. })));
        assert_eq!(bytes(&aggregator), before);
        let refusal = aggregator.push(&tick(400, 5, 1), &mut Vec::new());
        assert_eq!(refusal, Err(BarError::SessionsMissing { time_ns: 400 }));
        assert_eq!(bytes(&aggregator), before);
        aggregator.push(&tick(160, 5, 1), &mut closed).unwrap();
        assert_eq!((closed.len(), closed[0].volume), (1, Quantity(2)));
    }

    #[test]
    fn a_run_names_the_trade_it_is_refused_for() {
        let trades = [trade(1, 5, 1), trade(2, 5, 2), trade(3, 5, i64::MAX)];
        let width = Width::Wide;
        let refusal =
            split_bars(2, None).push_run(&Columns::of(&trades).borrow(), width, &mut Vec::new());
        let source = BarError::TooManyBars { limit: MOST_BARS_OF_A_TICK, size: 2 };
        assert_eq!(refusal, Err(BatchError { index: 2, source }));
    }

    #[test]
    fn a_session_ends_the_bar_whether_a_tick_or_the_time_tells_of_it() {
        let pending = || {
            let mut aggregator = count_bars(9, Some(sessions(Closed::Left)));
            aggregator.push(&tick(150, 5, 1), &mut Vec::new()).unwrap();
            aggregator
        };
        let (mut by_tick, mut by_time) = (Vec::new(), Vec::new());
        pending().push(&tick(300, 7, 1), &mut by_tick).unwrap();
        pending().advance(199, &mut by_time).unwrap();
        assert_eq!(by_time, []);
        pending().advance(200, &mut by_time).unwrap();
        let bar = tick(150, 5, 1).bar.flagged(BarFlags::SESSION_BREAK);
        assert_eq!(by_tick, [bar.ended(CloseReason::Session, 200)]);
        assert_eq!(by_time, by_tick);
    }

    #[test]
    fn a_pending_bar_is_taken_out_as_it_is_seen() {
        let mut aggregator = count_bars(9, None);
        assert_eq!((aggregator.pending(), aggregator.finish()), (None, None));
        aggregator.push(&tick(1, 5, 1), &mut Vec::new()).unwrap();
        let seen = aggregator.pending();
        let expected = tick(1, 5, 1).bar.flagged(BarFlags::PARTIAL);
        assert_eq!(seen, Some(expected.ended(CloseReason::Finish, 1)));
        assert_eq!((aggregator.finish(), aggregator.pending()), (seen, None));
    }
}
