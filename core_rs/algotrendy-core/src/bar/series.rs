//! The whole way from ticks to bars: screened, put in order, priced, folded.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::any::AnyAggregator;
use super::columns::{Marks, SmallBarColumns, TickColumns};
use super::element::{Bar, BarFlags, Tick};
use super::error::{BarError, BatchError};
use super::fault::{Fault, Report, Totals};
use super::run::LONGEST_RUN;
use super::screen::{Kept, Screen, Verdict};
use super::sink::{BarBuffer, BarSink, Bars};
use super::spec::{Closed, SeriesSpec, Style};
use super::transform::HEIKIN_ASHI_DIGITS;
use crate::price::{Notional, Price, Quantity};
use crate::trade::{AggressorSide, Trade};

/// Makes bars of one instrument and one style.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BarSeries {
    screen: Screen,
    aggregator: AnyAggregator,
    /// Ticks that wait for older ones, in order of time and arrival.
    held: BTreeMap<(i64, u64), (Tick, Marks)>,
    /// Those that the push under way has let go, if it may have to take them back.
    #[serde(skip)]
    released: Option<BTreeMap<(i64, u64), (Tick, Marks)>>,
    arrivals: u64,
    last_price: Option<Price>,
    /// What is in the bars handed out.
    emitted: Totals,
    /// Whether a smaller bar belongs where it closes, rather than where it opens.
    by_close_time: bool,
    /// Whether the price is taken as continuous, so that only what counts for open and close moves it.
    is_continuous: bool,
    /// By how much a bar's notional has been multiplied.
    notional_factor: i128,
}

impl BarSeries {
    /// A series that has seen nothing.
    ///
    /// # Errors
    /// [`BarError::Parameter`].
    pub fn new(spec: &SeriesSpec) -> Result<Self, BarError> {
        let by_close_time = matches!(&spec.style, Style::Time { closed: Closed::Right, .. })
            || spec.sessions.as_ref().is_some_and(|sessions| sessions.closed() == Closed::Right);
        let notional_factor = match spec.style {
            Style::HeikinAshi {} => 10_i128.pow(u32::from(HEIKIN_ASHI_DIGITS)),
            _ => 1,
        };
        Ok(Self {
            screen: Screen::new(spec),
            aggregator: spec.aggregator()?,
            held: BTreeMap::new(),
            released: None,
            arrivals: 0,
            last_price: None,
            emitted: Totals::default(),
            by_close_time,
            is_continuous: matches!(spec.style, Style::Range { gaps: true, .. }),
            notional_factor,
        })
    }

    /// Adds one trade, or one quote's price, and returns the bars it closed.
    ///
    /// # Errors
    /// Any [`BarError`]; nothing changes.
    #[inline]
    pub fn push(&mut self, trade: &Trade, marks: Marks) -> Result<Vec<Bar>, BarError> {
        if self.screen.holds_back() || !self.screen.is_plain(trade, marks) {
            return self.push_one(Tick::of_trade(trade), marks);
        }
        let mut closed = Vec::new();
        self.aggregator.push_trade(trade, &mut closed)?;
        self.screen.took_plain(trade);
        self.last_price = Some(trade.price);
        self.count_closed(&closed);
        Ok(closed)
    }

    /// Adds one smaller bar and returns the bars it closed.
    ///
    /// # Errors
    /// Any [`BarError`]; nothing changes.
    pub fn push_bar(&mut self, bar: &Bar) -> Result<Vec<Bar>, BarError> {
        self.push_one(self.tick_of(bar), Marks::default())
    }

    #[inline]
    fn push_one(&mut self, tick: Tick, marks: Marks) -> Result<Vec<Bar>, BarError> {
        let mut closed = Vec::new();
        if self.screen.holds_back() {
            self.hold_or_restore(tick, marks, &mut closed)?;
        } else {
            self.push_tick(tick, marks, &mut closed)?;
        }
        self.count_closed(&closed);
        Ok(closed)
    }

    /// Several ticks may be let go at once, the second of which may be refused: then all is as before. What is held back is not
    /// copied, because it may be much.
    fn hold_or_restore(
        &mut self,
        tick: Tick,
        marks: Marks,
        closed: &mut Vec<Bar>,
    ) -> Result<(), BarError> {
        let (screen, aggregator) = (self.screen.clone(), self.aggregator.clone());
        let (arrivals, last_price) = (self.arrivals, self.last_price);
        self.released = Some(BTreeMap::new());
        let pushed = self.push_tick(tick, marks, closed);
        let mut released = self.released.take().unwrap_or_default();
        if pushed.is_err() {
            self.held.append(&mut released);
            self.held.retain(|(_, arrival), _| *arrival < arrivals);
            (self.screen, self.aggregator) = (screen, aggregator);
            (self.arrivals, self.last_price) = (arrivals, last_price);
        }
        pushed
    }

    /// Counts what is in bars that are handed out.
    #[inline]
    fn count_closed(&mut self, closed: &[Bar]) {
        for bar in closed {
            let notional = bar.notional.0 / self.notional_factor;
            self.emitted.add_saturating(bar.trade_count, bar.volume.0.into(), notional);
        }
    }

    /// Adds many ticks, in as many pieces as `work` likes, and returns the bars they closed.
    ///
    /// # Errors
    /// What `work` refuses; then nothing has changed, neither by the ticks before.
    pub fn push_many<E: From<BatchError>>(
        &mut self,
        work: impl FnOnce(&mut Draft<'_>) -> Result<(), E>,
    ) -> Result<Bars, E> {
        let before = self.clone();
        let mut closed = BarBuffer::default();
        if let Err(refusal) = work(&mut Draft { series: self, closed: &mut closed }) {
            *self = before;
            return Err(refusal);
        }
        let bars = closed.into_bars();
        self.count(&bars);
        Ok(bars)
    }

    /// Adds many trades or quotes and returns the bars they closed.
    ///
    /// # Errors
    /// The first refusal, with the index of its tick; nothing changes, neither by the ticks before it.
    pub fn push_ticks(&mut self, ticks: TickColumns<'_>) -> Result<Bars, BatchError> {
        self.push_many(|draft| draft.push_ticks(ticks))
    }

    /// Adds many smaller bars and returns the bars they closed.
    ///
    /// # Errors
    /// As [`Self::push_ticks`].
    pub fn push_bars(&mut self, bars: SmallBarColumns<'_>) -> Result<Bars, BatchError> {
        self.push_many(|draft| draft.push_bars(bars))
    }

    /// Learns that no tick older than `time_ns` will come, and returns the bars that this closes.
    ///
    /// # Errors
    /// Any [`BarError`]; nothing changes.
    pub fn advance(&mut self, time_ns: i64) -> Result<Bars, BarError> {
        let advanced = self.push_many(|Draft { series: next, closed }| {
            next.screen.promise(time_ns);
            let watermark_ns = next.screen.watermark_ns();
            next.release(watermark_ns, *closed)
                .and_then(|()| next.aggregator.advance(watermark_ns, *closed))
                .map_err(|source| BatchError { index: 0, source })
        });
        advanced.map_err(|error| error.source)
    }

    /// Lets go of what is held back, then takes out the pending bar, which is partial; returns all bars.
    ///
    /// # Errors
    /// Any [`BarError`]; nothing changes.
    pub fn finish(&mut self) -> Result<Bars, BarError> {
        let finished = self.push_many(|Draft { series: next, closed }| {
            next.screen.promise_newest();
            next.release(i64::MAX, *closed).map_err(|source| BatchError { index: 0, source })?;
            if let Some(bar) = next.aggregator.finish() {
                closed.push_bar(&bar);
            }
            Ok::<(), BatchError>(())
        });
        finished.map_err(|error| error.source)
    }

    /// The bar that ticks are being added to.
    #[must_use]
    pub fn pending(&self) -> Option<Bar> {
        self.aggregator.pending()
    }

    /// What ticks hold that wait for older ones.
    ///
    /// # Errors
    /// [`BarError::Overflow`].
    pub fn held(&self) -> Result<Totals, BarError> {
        let mut totals = Totals::default();
        self.held.values().try_for_each(|(tick, _)| totals.add(&tick.bar))?;
        Ok(totals)
    }

    /// What was taken so far: it is in bars, pending or held back.
    ///
    /// # Errors
    /// [`BarError::Overflow`].
    pub fn accepted(&self) -> Result<Totals, BarError> {
        let mut totals = self.held()?;
        if let Some(bar) = self.pending() {
            totals.add(&bar)?;
        }
        totals.add_sums(self.emitted.count, self.emitted.volume, self.emitted.notional)?;
        Ok(totals)
    }

    /// What was rejected, and what was kept with a fault.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.screen.report
    }

    /// The same for columns.
    fn count(&mut self, bars: &Bars) {
        let sum = |column: &[i64]| column.iter().map(|value| i128::from(*value)).sum::<i128>();
        let count = i64::try_from(sum(bars.trade_count())).unwrap_or(i64::MAX);
        let notional = bars.notional().fold(0_i128, i128::saturating_add);
        let volume = sum(bars.volume());
        self.emitted.add_saturating(count, volume, notional / self.notional_factor);
    }

    /// Trades without faults are folded as they stand, others one by one.
    fn push_block(
        &mut self,
        ticks: &TickColumns<'_>,
        closed: &mut impl BarSink,
    ) -> Result<(), BatchError> {
        if let Some(width) = self.screen.passes(ticks) {
            self.aggregator.push_run(ticks, width, closed)?;
            self.screen.took_all(ticks);
            self.last_price = ticks.prices.last().copied().map(Price).or(self.last_price);
            return Ok(());
        }
        for index in 0..ticks.len() {
            let tick = Tick::of_trade(&ticks.trade(index));
            self.push_tick(tick, ticks.marks(index), closed)
                .map_err(|source| BatchError { index, source })?;
        }
        Ok(())
    }

    fn push_tick(
        &mut self,
        tick: Tick,
        marks: Marks,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        match self.screen.judge(&tick, marks)? {
            Verdict::Reject(fault) => self.screen.reject(fault, &tick.bar),
            Verdict::Take(tick, kept) if self.screen.holds_back() => {
                self.note(kept, &tick)?;
                self.screen.took(&tick);
                self.held.insert((tick.time_ns, self.arrivals), (tick, marks));
                self.arrivals += 1;
                let watermark_ns = self.screen.watermark_ns();
                self.release(watermark_ns, closed)?;
                self.aggregator.advance(watermark_ns, closed)
            }
            Verdict::Take(tick, kept) => {
                let report = self.screen.report;
                self.note(kept, &tick)?;
                match self.fold(&tick, marks, closed) {
                    Ok(true) => self.screen.took(&tick),
                    // Rejected after all, for want of a price.
                    Ok(false) => {}
                    Err(refusal) => {
                        self.screen.report = report;
                        return Err(refusal);
                    }
                }
                Ok(())
            }
        }
    }

    #[inline]
    fn note(&mut self, kept: Kept, tick: &Tick) -> Result<(), BarError> {
        if !kept.is_empty() {
            self.screen.report = self.screen.report_kept(kept, &tick.bar)?;
        }
        Ok(())
    }

    /// Folds the ticks up to a time that were held back.
    fn release(&mut self, until_ns: i64, closed: &mut impl BarSink) -> Result<(), BarError> {
        while let Some(entry) = self.held.first_entry() {
            if entry.key().0 > until_ns {
                break;
            }
            let (key, (tick, marks)) = entry.remove_entry();
            if let Some(released) = &mut self.released {
                released.insert(key, (tick, marks));
            }
            self.fold(&tick, marks, closed)?;
        }
        Ok(())
    }

    /// Folds a tick; tells whether it was taken.
    #[inline]
    fn fold(
        &mut self,
        tick: &Tick,
        marks: Marks,
        closed: &mut impl BarSink,
    ) -> Result<bool, BarError> {
        if marks.0 & (Marks::NOT_LAST | Marks::NOT_HIGH_LOW | Marks::NOT_VOLUME) != 0 {
            return self.fold_marked(*tick, marks, closed);
        }
        self.aggregator.push(tick, closed)?;
        self.last_price = Some(tick.bar.close);
        Ok(true)
    }

    /// Folds a print that does not count for everything.
    fn fold_marked(
        &mut self,
        mut tick: Tick,
        marks: Marks,
        closed: &mut impl BarSink,
    ) -> Result<bool, BarError> {
        let mut report = self.screen.report;
        if marks.has(Marks::NOT_LAST) {
            let Some(last) = self.last_price else {
                self.screen.reject(Fault::Unpriced, &tick.bar)?;
                return Ok(false);
            };
            if marks.has(Marks::NOT_HIGH_LOW) || self.is_continuous {
                let bar = Bar { open: last, high: last, low: last, close: last, ..tick.bar };
                tick.bar = bar.flagged(BarFlags::CARRIED);
            } else {
                let (high, low) = (tick.bar.high.max(last), tick.bar.low.min(last));
                tick.bar = Bar { open: last, high, low, close: last, ..tick.bar };
            }
        }
        if marks.has(Marks::NOT_VOLUME) {
            report.not_in_volume.add(&tick.bar)?;
            tick.bar.volume = Quantity::ZERO;
            tick.bar.notional = Notional::ZERO;
            (tick.bar.buy_volume, tick.bar.sell_volume) = (Quantity::ZERO, Quantity::ZERO);
        }
        self.aggregator.push(&tick, closed)?;
        self.screen.report = report;
        self.last_price = Some(tick.bar.close);
        Ok(true)
    }

    fn tick_of(&self, bar: &Bar) -> Tick {
        let time_ns = if self.by_close_time { bar.close_time_ns } else { bar.open_time_ns };
        Tick { time_ns, bar: *bar, side: AggressorSide::Unknown }
    }
}

/// A series on which ticks are tried: what is refused leaves the series as it was.
pub struct Draft<'a> {
    series: &'a mut BarSeries,
    closed: &'a mut BarBuffer,
}

impl Draft<'_> {
    /// Adds trades or quotes.
    ///
    /// # Errors
    /// The first refusal, with the index of its tick.
    pub fn push_ticks(&mut self, ticks: TickColumns<'_>) -> Result<(), BatchError> {
        let mut start = 0;
        let before = self.closed.count();
        while start < ticks.len() {
            if start == SAMPLE {
                // As many bars as these ticks made, for all the others: growing step by step would copy them over and over.
                let made = self.closed.count() - before;
                self.closed.reserve(made * (ticks.len() / SAMPLE) * 9 / 8);
            }
            let end = ticks.len().min(start + LONGEST_RUN);
            let block = ticks.slice(start, end);
            let offset = |error: BatchError| BatchError { index: start + error.index, ..error };
            self.series.push_block(&block, self.closed).map_err(offset)?;
            start = end;
        }
        Ok(())
    }

    /// Adds smaller bars.
    ///
    /// # Errors
    /// The first refusal, with the index of its bar.
    pub fn push_bars(&mut self, bars: SmallBarColumns<'_>) -> Result<(), BatchError> {
        for index in 0..bars.len() {
            let tick = self.series.tick_of(&bars.get(index));
            self.series
                .push_tick(tick, Marks::default(), self.closed)
                .map_err(|source| BatchError { index, source })?;
        }
        Ok(())
    }
}

/// After how many ticks the number of bars is estimated.
const SAMPLE: usize = 32 * LONGEST_RUN;

/// Bytes of a state, with a checksum: what a half-built bar is saved as.
pub struct Checkpoint;

const MAGIC: &[u8; 5] = b"ATBS\x01";

impl Checkpoint {
    /// The bytes of a state.
    ///
    /// # Errors
    /// [`BarError::Checkpoint`] if it cannot be written.
    pub fn encode(state: &impl Serialize) -> Result<Vec<u8>, BarError> {
        let unwritable = |_| BarError::Checkpoint { problem: "the state cannot be written" };
        let payload = rmp_serde::to_vec(state).map_err(unwritable)?;
        let checksum = crc32c::crc32c(&payload).to_le_bytes();
        Ok([MAGIC.as_slice(), &checksum, &payload].concat())
    }

    /// The state of bytes.
    ///
    /// # Errors
    /// [`BarError::Checkpoint`] if they are of another version, cut off or damaged.
    pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BarError> {
        let refuse = |problem| BarError::Checkpoint { problem };
        let rest = bytes.strip_prefix(MAGIC).ok_or(refuse("they start otherwise"))?;
        let (checksum, payload) = rest.split_at_checked(4).ok_or(refuse("they are cut off"))?;
        if crc32c::crc32c(payload).to_le_bytes() != checksum {
            return Err(refuse("their checksum differs"));
        }
        rmp_serde::from_slice(payload).map_err(|_| refuse("they are of another version"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::Grid;
    use super::super::spec::Empty;
    use super::super::testing::{bytes, spec, trade, Columns};
    use super::*;
    use proptest::prelude::*;

    fn series(style: Style, lateness_ns: i64) -> BarSeries {
        BarSeries::new(&SeriesSpec { lateness_ns, ..spec(style) }).unwrap()
    }

    fn every_tick() -> Style {
        Style::Tick { size: 1 }
    }

    fn every_ten_ns() -> Style {
        let grid = Grid::Fixed { interval_ns: 10, offset_ns: 0 };
        Style::Time { grid, closed: Closed::Left, empty: Empty::Omit }
    }

    /// All the bars of some trades: those that each closes, then the rest.
    fn bars(series: &mut BarSeries, trades: &[Trade]) -> Vec<Bar> {
        let mut bars: Vec<Bar> =
            trades.iter().flat_map(|trade| series.push(trade, Marks::default()).unwrap()).collect();
        bars.extend(series.finish().unwrap().iter());
        bars
    }

    #[test]
    fn held_ticks_come_out_in_order_of_time_and_arrival() {
        let mut series = series(every_tick(), 10);
        let trades = [trade(5, 1, 1), trade(3, 2, 1), trade(5, 3, 1)];
        for trade in &trades {
            assert_eq!(series.push(trade, Marks::default()), Ok(vec![]));
        }
        assert_eq!(series.held().unwrap().count, 3);
        let closed = series.push(&trade(15, 4, 1), Marks::default()).unwrap();
        assert_eq!(closed.iter().map(|bar| bar.close.0).collect::<Vec<_>>(), [2, 1, 3]);
        assert_eq!((series.held().unwrap().count, series.accepted().unwrap().count), (1, 4));
        assert_eq!(series.finish().unwrap().close(), [4]);
    }

    #[test]
    fn a_refusal_among_ticks_let_go_at_once_takes_all_of_them_back() {
        let mut series = series(Style::Tick { size: 2 }, 10);
        let most = trade(1, 5, i64::MAX);
        for trade in [most, trade(2, 5, 1), trade(2, 6, 1)] {
            series.push(&trade, Marks::default()).unwrap();
        }
        let before = bytes(&series);
        let overflow = Err(BarError::Overflow { field: "volume" });
        assert_eq!(series.push(&trade(20, 7, 1), Marks::default()), overflow);
        assert_eq!((bytes(&series), series.held().unwrap().count), (before, 3));
    }

    #[test]
    fn a_promise_lets_go_of_held_ticks_and_closes_their_bar() {
        let mut series = series(every_ten_ns(), 100);
        series.push(&trade(5, 1, 1), Marks::default()).unwrap();
        assert!(series.advance(9).unwrap().is_empty());
        assert_eq!(series.pending().map(|bar| bar.close), Some(Price(1)));
        assert_eq!(series.advance(10).unwrap().close_time_ns(), [10]);
        series.push(&trade(9, 1, 1), Marks::default()).unwrap();
        assert_eq!(series.report().rejected[Fault::Late as usize].count, 1);
    }

    #[test]
    fn a_half_built_bar_goes_on_after_a_checkpoint() {
        let mut series = series(every_ten_ns(), 5);
        for trade in [trade(21, 7, 2), trade(24, 9, 1), trade(28, 3, 4), trade(26, 4, 1)] {
            series.push(&trade, Marks::default()).unwrap();
        }
        let mut restored: BarSeries = Checkpoint::decode(&bytes(&series)).unwrap();
        assert_eq!(restored.pending(), series.pending());
        assert!(restored.pending().is_some_and(|bar| bar.trade_count == 1));
        assert_eq!(restored.held(), series.held());
        let rest = [trade(29, 8, 1), trade(40, 5, 1)];
        let made = bars(&mut restored, &rest);
        assert_eq!(made, bars(&mut series, &rest));
        assert_eq!((made[0].trade_count, made[0].high, made[0].low), (5, Price(9), Price(3)));
    }

    #[test]
    fn a_refused_chunk_loses_no_bar_before_it() {
        let mut series = series(Style::Tick { size: 2 }, 0);
        series.push(&trade(1, 5, i64::MAX), Marks::default()).unwrap();
        let before = bytes(&series);
        let chunk = [trade(2, 5, 0), trade(3, 5, i64::MAX), trade(4, 5, 1)];
        let refusal = series.push_ticks(Columns::of(&chunk).borrow()).unwrap_err();
        let source = BarError::Overflow { field: "volume" };
        assert_eq!(refusal, BatchError { index: 2, source });
        assert_eq!(bytes(&series), before);
        assert_eq!(bars(&mut series, &chunk[..1])[0].volume, Quantity(i64::MAX));
    }

    #[test]
    fn a_print_for_volume_alone_is_at_the_last_price() {
        let mut series = series(every_tick(), 0);
        let volume_alone = Marks(Marks::NOT_LAST | Marks::NOT_HIGH_LOW);
        assert_eq!(series.push(&trade(1, 90, 1), volume_alone), Ok(vec![]));
        assert_eq!(series.report().rejected[Fault::Unpriced as usize].notional, 90);
        series.push(&trade(2, 5, 1), Marks::default()).unwrap();
        let bars = series.push(&trade(3, 90, 4), volume_alone).unwrap();
        let expected = Bar {
            volume: Quantity(4),
            notional: Notional(360),
            trade_count: 1,
            ..Bar::at(Price(5), 3, 3)
        };
        let expected = expected.ended(super::super::element::CloseReason::Ticks, 3);
        assert_eq!(bars, [expected.flagged(BarFlags::CARRIED)]);
    }

    #[test]
    fn a_print_that_is_not_in_the_volume_is_accounted_for() {
        let mut series = series(every_tick(), 0);
        let bars = series.push(&trade(1, 5, 3), Marks(Marks::NOT_VOLUME)).unwrap();
        assert_eq!((bars[0].volume, bars[0].notional), (Quantity::ZERO, Notional::ZERO));
        let sums = series.report().not_in_volume;
        assert_eq!((sums.count, sums.volume, sums.notional), (1, 3, 15));
    }

    proptest! {
        #[test]
        fn ticks_within_the_lateness_make_the_bars_of_sorted_ones(
            steps in prop::collection::vec((0..6_i64, 0..=10_i64, 1..50_i64), 1..60),
            is_time: bool,
        ) {
            let style = || if is_time { every_ten_ns() } else { every_tick() };
            let mut base_ns = 0;
            let shuffled: Vec<Trade> = steps.into_iter().map(|(step, ahead, price)| {
                base_ns += step;
                trade(base_ns + ahead, price, 1)
            }).collect();
            let mut sorted = shuffled.clone();
            sorted.sort_by_key(|trade| trade.event_time_ns);
            let held = bars(&mut series(style(), 10), &shuffled);
            prop_assert_eq!(held, bars(&mut series(style(), 0), &sorted));
        }
    }
}
