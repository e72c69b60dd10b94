//! Looks at every tick before it becomes part of a bar: what is wrong with it, and what to do about that.

use serde::{Deserialize, Serialize};

use super::calendar::SessionTable;
use super::columns::{Marks, TickColumns, INVALID, INVALID_NOTIONAL};
use super::element::{Bar, BarFlags, Tick, NO_ID};
use super::error::BarError;
use super::fault::{Action, Fault, FaultRules, Report};
use super::recent::RecentIds;
use super::run::Width;
use super::spec::{SeriesSpec, Source};
use crate::price::{Notional, Quantity};
use crate::trade::Trade;

/// Finds faults, and keeps the account of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Screen {
    rules: FaultRules,
    source: Source,
    allow_nonpositive_prices: bool,
    sessions: Option<SessionTable>,
    lateness_ns: i64,
    recent_ids: RecentIds,
    newest_ns: i64,
    promised_ns: i64,
    pub(super) report: Report,
}

/// What to do with a tick.
pub enum Verdict {
    /// Take it, though it has these faults.
    Take(Tick, Kept),
    /// Leave it out.
    Reject(Fault),
}

/// Faults that a tick was kept with, as bits by their place in [`Fault::ALL`].
#[derive(Clone, Copy, Default)]
pub struct Kept(u16);

impl Kept {
    const fn add(&mut self, fault: Fault) {
        self.0 |= 1 << fault as u16;
    }

    /// Whether there are none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn has(self, fault: Fault) -> bool {
        self.0 & (1 << fault as u16) != 0
    }
}

impl Screen {
    /// A screen that has seen nothing.
    pub fn new(spec: &SeriesSpec) -> Self {
        Self {
            rules: spec.faults,
            source: spec.source,
            allow_nonpositive_prices: spec.allow_nonpositive_prices,
            sessions: spec.sessions.clone(),
            lateness_ns: spec.lateness_ns,
            recent_ids: RecentIds::new(spec.ids),
            newest_ns: i64::MIN,
            promised_ns: i64::MIN,
            report: Report::default(),
        }
    }

    /// The time before which no tick is expected any more.
    #[inline]
    pub fn watermark_ns(&self) -> i64 {
        self.newest_ns.saturating_sub(self.lateness_ns).max(self.promised_ns)
    }

    /// Whether ticks wait for older ones.
    #[inline]
    pub const fn holds_back(&self) -> bool {
        self.lateness_ns > 0
    }

    /// No tick older than this will come.
    pub fn promise(&mut self, time_ns: i64) {
        self.promised_ns = self.promised_ns.max(time_ns);
    }

    /// What was held back was let go: nothing older than the newest tick will be taken.
    pub fn promise_newest(&mut self) {
        self.promise(self.newest_ns);
    }

    /// Whether a trade has no fault, no marks and no sessions to be outside of: nearly every one, told by a few comparisons.
    #[inline]
    pub fn is_plain(&self, trade: &Trade, marks: Marks) -> bool {
        let is_new = trade.id == NO_ID || self.recent_ids.is_above(trade.id);
        self.source == Source::Trades
            && self.sessions.is_none()
            && marks == Marks::default()
            && trade.event_time_ns > INVALID
            && trade.event_time_ns >= self.watermark_ns()
            && trade.price.0 > 0
            && trade.quantity.0 > 0
            && is_new
    }

    /// Judges a tick; changes nothing.
    ///
    /// # Errors
    /// [`BarError::Faulty`] for a fault that is to be refused; [`BarError::SessionsMissing`].
    #[inline]
    pub fn judge(&self, tick: &Tick, marks: Marks) -> Result<Verdict, BarError> {
        if self.is_invalid(tick) {
            return self.verdict_on(Fault::Invalid, tick);
        }
        let mut kept = Kept::default();
        let mut tick = *tick;
        for fault in self.faults(&tick, marks)? {
            let Some(fault) = fault else { continue };
            match self.rules.action(fault) {
                Action::Keep => kept.add(fault),
                _ => return self.verdict_on(fault, &tick),
            }
        }
        if !kept.is_empty() {
            self.mark_kept(&mut tick, kept);
        }
        Ok(Verdict::Take(tick, kept))
    }

    /// The faults of a valid tick, in order.
    #[inline]
    fn faults(&self, tick: &Tick, marks: Marks) -> Result<[Option<Fault>; 7], BarError> {
        let bar = &tick.bar;
        let all = Marks::NOT_LAST | Marks::NOT_HIGH_LOW | Marks::NOT_VOLUME;
        let fault = |fault, is_so: bool| is_so.then_some(fault);
        let is_late = tick.time_ns < self.watermark_ns();
        let is_outside = match &self.sessions {
            // A late tick that is kept counts at the watermark's time.
            Some(sessions) if is_late && self.rules.late == Action::Keep => {
                !sessions.segment(self.watermark_ns())?.is_session
            }
            Some(sessions) => !sessions.segment(tick.time_ns)?.is_session,
            None => false,
        };
        let is_trade = self.source == Source::Trades;
        let is_nonpositive = bar.low.0 <= 0 || marks.has(Marks::NONPOSITIVE);
        Ok([
            fault(Fault::Excluded, marks.0 & all == all),
            fault(Fault::NonpositivePrice, !self.allow_nonpositive_prices && is_nonpositive),
            fault(Fault::ZeroQuantity, is_trade && bar.volume.0 == 0),
            fault(Fault::Crossed, marks.has(Marks::CROSSED)),
            fault(Fault::Duplicate, is_trade && self.recent_ids.repeats(bar.first_trade_id)),
            fault(Fault::Late, is_late),
            fault(Fault::Outside, is_outside),
        ])
    }

    fn verdict_on(&self, fault: Fault, tick: &Tick) -> Result<Verdict, BarError> {
        if self.rules.action(fault) == Action::Raise {
            return Err(BarError::Faulty { fault, time_ns: tick.time_ns });
        }
        Ok(Verdict::Reject(fault))
    }

    fn mark_kept(&self, tick: &mut Tick, kept: Kept) {
        if kept.has(Fault::Late) {
            let watermark_ns = self.watermark_ns();
            tick.time_ns = watermark_ns;
            tick.bar.open_time_ns = tick.bar.open_time_ns.max(watermark_ns);
            tick.bar.close_time_ns = tick.bar.close_time_ns.max(watermark_ns);
            tick.bar = tick.bar.flagged(BarFlags::LATE);
        }
        let suspect = [Fault::NonpositivePrice, Fault::Crossed, Fault::Duplicate];
        if suspect.into_iter().any(|fault| kept.has(fault)) {
            tick.bar = tick.bar.flagged(BarFlags::SUSPECT);
        }
    }

    fn is_invalid(&self, tick: &Tick) -> bool {
        let bar = &tick.bar;
        let missing = [tick.time_ns, bar.open.0, bar.high.0, bar.low.0, bar.close.0, bar.volume.0];
        if missing.contains(&INVALID) || bar.volume.0 < 0 {
            return true;
        }
        if self.source != Source::Bars {
            return false;
        }
        let (open, high, low, close) = (bar.open, bar.high, bar.low, bar.close);
        let sides = bar.buy_volume.0.checked_add(bar.sell_volume.0);
        bar.notional.0 == INVALID_NOTIONAL
            || bar.close_time_ns < bar.open_time_ns
            || low > open.min(close)
            || high < open.max(close)
            || bar.trade_count < 0
            || bar.buy_volume.0 < 0
            || bar.sell_volume.0 < 0
            || sides.is_none_or(|sides| sides > bar.volume.0)
    }

    /// Notes that a tick was taken.
    #[inline]
    pub fn took(&mut self, tick: &Tick) {
        self.newest_ns = self.newest_ns.max(tick.time_ns);
        if self.source == Source::Trades {
            self.recent_ids.add(tick.bar.first_trade_id);
        }
    }

    /// Notes that a trade was taken that [`Self::is_plain`].
    #[inline]
    pub fn took_plain(&mut self, trade: &Trade) {
        self.newest_ns = self.newest_ns.max(trade.event_time_ns);
        self.recent_ids.add(trade.id);
    }

    /// The report with a tick that was kept with faults.
    ///
    /// # Errors
    /// [`BarError::Overflow`].
    pub fn report_kept(&self, kept: Kept, bar: &Bar) -> Result<Report, BarError> {
        let mut report = self.report;
        for fault in Fault::ALL {
            if kept.has(fault) {
                report.kept[fault as usize].add(bar)?;
            }
        }
        Ok(report)
    }

    /// Counts a tick that was left out.
    ///
    /// # Errors
    /// [`BarError::Overflow`]; nothing changes.
    pub fn reject(&mut self, fault: Fault, bar: &Bar) -> Result<(), BarError> {
        let is_missing =
            [bar.open, bar.high, bar.low, bar.close].iter().any(|price| price.0 == INVALID);
        let volume = if bar.volume.0 == INVALID { Quantity::ZERO } else { bar.volume };
        let notional =
            if is_missing || bar.volume.0 == INVALID || bar.notional.0 == INVALID_NOTIONAL {
                Notional::ZERO
            } else {
                bar.notional
            };
        self.report.rejected[fault as usize].add(&Bar { volume, notional, ..*bar })
    }

    /// The width of trades that have no fault at all and are in order and in one session; none if one might have.
    #[inline]
    pub fn passes(&self, trades: &TickColumns<'_>) -> Option<Width> {
        let (Some(&first_ns), Some(&last_ns)) = (trades.times_ns.first(), trades.times_ns.last())
        else {
            return None;
        };
        if trades.marks.is_some() || self.holds_back() || first_ns < self.watermark_ns() {
            return None;
        }
        let in_session = match &self.sessions {
            Some(sessions) => sessions
                .segment(first_ns)
                .is_ok_and(|segment| segment.is_session && segment.holds(last_ns)),
            None => true,
        };
        let ids_count_up = trades.ids.is_none_or(|ids| self.recent_ids.count_up(ids));
        if !in_session || !ids_count_up {
            return None;
        }
        // A few rows of all columns, then the next few: the processor fetches three columns ahead sooner than one after the other.
        let (mut price_bits, mut quantity_bits, mut start) = (0, 0, 0);
        while start < trades.len() {
            let end = trades.len().min(start + FEW);
            if !is_in_order(&trades.times_ns[start.saturating_sub(1)..end]) {
                return None;
            }
            let prices = &trades.prices[start..end];
            price_bits = price_bits.max(width(prices, self.allow_nonpositive_prices)?);
            quantity_bits = quantity_bits.max(self.quantity_width(&trades.quantities[start..end])?);
            start = end;
        }
        Some(Width::of(price_bits, quantity_bits))
    }

    /// A trade is of something, a quote of nothing; nothing is negative.
    #[inline]
    fn quantity_width(&self, quantities: &[i64]) -> Option<u32> {
        if self.source == Source::Trades {
            return width(quantities, false);
        }
        let is_negative = quantities.iter().fold(0, |bits, quantity| bits | quantity) < 0;
        if is_negative {
            None
        } else {
            width(quantities, true)
        }
    }

    /// Notes that trades which pass were taken.
    #[inline]
    pub fn took_all(&mut self, trades: &TickColumns<'_>) {
        if let Some(&last_ns) = trades.times_ns.last() {
            self.newest_ns = self.newest_ns.max(last_ns);
        }
        if let Some(ids) = trades.ids {
            self.recent_ids.add_all(ids);
        }
    }
}

/// How many rows are looked at together.
const FEW: usize = 64;

/// Whether no time is before the one before it. Without an early exit, and with bits in place of comparisons, so that it takes a
/// fraction of a nanosecond each. Times in the outer half of the range are taken for disorder: differences of them could overflow.
#[inline(always)]
#[allow(clippy::inline_always)] // The calls would take as long as the few rows.
fn is_in_order(times_ns: &[i64]) -> bool {
    let mut wrong = times_ns.first().map_or(0, |time_ns| time_ns ^ (time_ns << 1));
    for (before, after) in times_ns.iter().zip(times_ns.get(1..).unwrap_or_default()) {
        wrong |= after.wrapping_sub(*before) | (after ^ (after << 1));
    }
    wrong >= 0
}

/// How many bits the numbers need, sign left out; none if one is not positive, or with `allow_all` if one is missing.
#[inline(always)]
#[allow(clippy::inline_always)] // The calls would take as long as the few rows.
fn width(values: &[i64], allow_all: bool) -> Option<u32> {
    let mut bits = 0_i64;
    if allow_all {
        for value in values {
            // A negative number's complement has as many bits; the missing one's has all.
            bits |= value ^ (value >> 63);
        }
        return (bits != i64::MAX).then_some(i64::BITS - bits.leading_zeros() + 1);
    }
    for value in values {
        // The sign bit is set for zero by the one, for a negative number by the other.
        bits |= value | value.wrapping_sub(1);
    }
    (bits >= 0).then_some(i64::BITS - bits.leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::super::series::BarSeries;
    use super::super::spec::{Closed, Style};
    use super::super::testing::{bytes, sessions, spec, tick, trade, Columns};
    use super::*;
    use crate::price::Price;
    use proptest::prelude::*;

    const ID: i64 = 7;
    const NOTHING: Marks = Marks(Marks::NOT_LAST | Marks::NOT_HIGH_LOW | Marks::NOT_VOLUME);

    /// In the order in which they are looked for.
    const KEPT: [Fault; 6] = [
        Fault::NonpositivePrice,
        Fault::ZeroQuantity,
        Fault::Crossed,
        Fault::Duplicate,
        Fault::Late,
        Fault::Outside,
    ];

    fn rules(of: impl Fn(Fault) -> Action) -> FaultRules {
        FaultRules {
            invalid: of(Fault::Invalid),
            nonpositive_price: of(Fault::NonpositivePrice),
            zero_quantity: of(Fault::ZeroQuantity),
            crossed: of(Fault::Crossed),
            duplicate: of(Fault::Duplicate),
            late: of(Fault::Late),
            outside: of(Fault::Outside),
        }
    }

    fn series_spec(faults: FaultRules) -> SeriesSpec {
        let style = Style::Tick { size: 100 };
        SeriesSpec { faults, sessions: Some(sessions(Closed::Left)), ..spec(style) }
    }

    fn screen(source: Source) -> Screen {
        Screen::new(&SeriesSpec { source, ..spec(Style::Tick { size: 100 }) })
    }

    /// A tick with every fault but a missing number, once a trade with its id was taken at 250.
    fn worst() -> (Tick, Marks) {
        let trade = Trade { id: ID, ..trade(240, 0, 0) };
        (Tick::of_trade(&trade), Marks(Marks::CROSSED))
    }

    fn rejected(screen: &Screen, tick: &Tick, marks: Marks) -> Option<Fault> {
        match screen.judge(tick, marks).unwrap() {
            Verdict::Reject(fault) => Some(fault),
            Verdict::Take(..) => None,
        }
    }

    #[test]
    fn a_tick_is_rejected_for_the_first_fault_that_is_not_kept() {
        let (tick, marks) = worst();
        for (count, fault) in KEPT.into_iter().enumerate() {
            let is_kept = |fault| KEPT[..count].contains(&fault);
            let rules = rules(|fault| if is_kept(fault) { Action::Keep } else { Action::Drop });
            let mut screen = Screen::new(&series_spec(rules));
            screen.took(&Tick::of_trade(&Trade { id: ID, ..trade(250, 5, 1) }));
            assert_eq!(rejected(&screen, &tick, marks), Some(fault));
            let excluded = Marks(marks.0 | NOTHING.0);
            assert_eq!(rejected(&screen, &tick, excluded), Some(Fault::Excluded));
            let invalid = Tick { time_ns: INVALID, ..tick };
            assert_eq!(rejected(&screen, &invalid, excluded), Some(Fault::Invalid));
        }
    }

    #[test]
    fn a_kept_tick_is_marked_and_counted_under_all_its_faults() {
        let (tick, marks) = worst();
        let mut screen = Screen::new(&series_spec(rules(|_| Action::Keep)));
        screen.took(&Tick::of_trade(&Trade { id: ID, ..trade(250, 5, 1) }));
        let Ok(Verdict::Take(taken, kept)) = screen.judge(&tick, marks) else { panic!() };
        let flags = BarFlags::LATE.with(BarFlags::SUSPECT);
        assert_eq!((taken.time_ns, taken.bar.open_time_ns, taken.bar.flags), (250, 250, flags));
        let report = screen.report_kept(kept, &taken.bar).unwrap();
        let counted =
            Fault::ALL.into_iter().filter(|fault| report.kept[*fault as usize].count == 1);
        assert_eq!(counted.collect::<Vec<_>>(), KEPT);
    }

    #[test]
    fn an_outside_tick_and_one_of_nothing_are_not_suspect() {
        let screen = Screen::new(&series_spec(rules(|_| Action::Keep)));
        let Ok(Verdict::Take(taken, kept)) = screen.judge(&tick(250, 5, 0), Marks::default())
        else {
            panic!()
        };
        assert_eq!(taken.bar.flags, BarFlags::NONE);
        assert!(kept.has(Fault::ZeroQuantity) && kept.has(Fault::Outside));
    }

    #[test]
    fn a_missing_number_or_a_negative_quantity_is_invalid() {
        let screen = screen(Source::Trades);
        for tick in [tick(INVALID, 5, 1), tick(1, INVALID, 1), tick(1, 5, INVALID), tick(1, 5, -1)]
        {
            assert_eq!(rejected(&screen, &tick, Marks::default()), Some(Fault::Invalid));
        }
        assert_eq!(rejected(&screen, &tick(1, 5, 1), Marks::default()), None);
    }

    #[test]
    fn a_bar_that_contradicts_itself_is_invalid() {
        let good = Bar { high: Price(6), low: Price(4), ..tick(1, 5, 2).bar };
        let bars = [
            Bar { high: Price(4), ..good },
            Bar { low: Price(7), ..good },
            Bar { open: Price(7), ..good },
            Bar { close: Price(3), ..good },
            Bar { close_time_ns: 0, ..good },
            Bar { trade_count: -1, ..good },
            Bar { notional: Notional(INVALID_NOTIONAL), ..good },
            Bar { sell_volume: Quantity(-1), ..good },
            Bar { buy_volume: Quantity(2), sell_volume: Quantity(1), ..good },
            Bar { buy_volume: Quantity(i64::MAX), sell_volume: Quantity(1), ..good },
        ];
        let tick = |bar| Tick { bar, ..tick(1, 5, 2) };
        for bar in bars {
            let fault = rejected(&screen(Source::Bars), &tick(bar), Marks::default());
            assert_eq!(fault, Some(Fault::Invalid), "{bar:?}");
        }
        assert_eq!(rejected(&screen(Source::Bars), &tick(good), Marks::default()), None);
    }

    #[test]
    fn only_a_trade_of_nothing_is_a_fault() {
        let rules = rules(|_| Action::Drop);
        for (source, fault) in [
            (Source::Trades, Some(Fault::ZeroQuantity)),
            (Source::Quotes, None),
            (Source::Bars, None),
        ] {
            let screen = Screen::new(&SeriesSpec { source, sessions: None, ..series_spec(rules) });
            assert_eq!(rejected(&screen, &tick(1, 5, 0), Marks::default()), fault);
        }
    }

    #[test]
    fn a_side_at_zero_is_a_fault_even_where_the_price_is_not() {
        let marks = Marks(Marks::NONPOSITIVE);
        let fault = rejected(&screen(Source::Quotes), &tick(1, 5, 0), marks);
        assert_eq!(fault, Some(Fault::NonpositivePrice));
    }

    #[test]
    fn a_tick_is_late_once_it_is_older_than_the_watermark() {
        let lateness = SeriesSpec { lateness_ns: 10, ..spec(Style::Tick { size: 100 }) };
        let mut screen = Screen::new(&lateness);
        screen.took(&tick(50, 5, 1));
        let fault =
            |screen: &Screen, time_ns| rejected(screen, &tick(time_ns, 5, 1), Marks::default());
        assert_eq!((fault(&screen, 40), fault(&screen, 39)), (None, Some(Fault::Late)));
        screen.promise(45);
        screen.promise(42);
        assert_eq!((fault(&screen, 45), fault(&screen, 44)), (None, Some(Fault::Late)));
        screen.promise_newest();
        assert_eq!((fault(&screen, 50), fault(&screen, 49)), (None, Some(Fault::Late)));
    }

    #[test]
    fn what_a_rejected_tick_lacks_counts_nothing() {
        let mut screen = screen(Source::Trades);
        for tick in [tick(1, INVALID, 3), tick(1, 5, INVALID), tick(1, 5, -2)] {
            screen.reject(Fault::Invalid, &tick.bar).unwrap();
        }
        let sums = screen.report.rejected[Fault::Invalid as usize];
        assert_eq!((sums.count, sums.volume, sums.notional), (3, 1, -10));
    }

    #[test]
    fn a_fault_that_is_raised_changes_nothing() {
        let (worst, marks) = worst();
        for raised in KEPT {
            let rules = rules(|fault| match fault {
                Fault::Invalid => Action::Drop,
                fault if fault == raised => Action::Raise,
                _ => Action::Keep,
            });
            let mut series = BarSeries::new(&series_spec(rules)).unwrap();
            let first = Trade { id: ID, ..trade(250, 5, 1) };
            // Itself outside of sessions.
            if raised != Fault::Outside {
                series.push(&first, Marks::default()).unwrap();
            }
            let before = bytes(&series);
            let faulty = Trade { id: ID, ..trade(worst.time_ns, 0, 0) };
            let refusal = series.push(&faulty, marks);
            let time_ns = worst.time_ns;
            assert_eq!(refusal, Err(BarError::Faulty { fault: raised, time_ns }));
            assert_eq!(bytes(&series), before);
        }
    }

    #[test]
    fn a_fault_that_is_raised_refuses_the_whole_chunk() {
        let rules = rules(|_| Action::Raise);
        let mut series = BarSeries::new(&series_spec(rules)).unwrap();
        let before = bytes(&series);
        let refusal =
            series.push_ticks(Columns::of(&[trade(110, 5, 1), trade(120, 5, -1)]).borrow());
        let refusal = refusal.unwrap_err();
        let source = BarError::Faulty { fault: Fault::Invalid, time_ns: 120 };
        assert_eq!((refusal.index, refusal.source), (1, source));
        assert_eq!(bytes(&series), before);
    }

    fn numbers() -> impl Strategy<Value = Vec<i64>> {
        let edge =
            prop::sample::select(vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX]);
        let number = (any::<i64>(), 0..64_u32).prop_map(|(number, shift)| number >> shift);
        prop::collection::vec(prop_oneof![9 => number, 1 => edge], 0..20)
    }

    proptest! {
        #[test]
        fn positive_numbers_have_the_width_of_the_widest(values in numbers(), is_sized: bool) {
            let values: Vec<i64> = values.into_iter().map(|value| if is_sized { value.saturating_abs() } else { value }).collect();
            let widest = values.iter().map(|value| i64::BITS - value.leading_zeros()).max().unwrap_or(0);
            let expected = values.iter().all(|value| *value > 0).then_some(widest);
            prop_assert_eq!(width(&values, false), expected);
        }

        #[test]
        fn any_numbers_have_a_width_that_holds_their_size(values in numbers()) {
            let widest = values.iter().map(|value| i64::BITS - (value ^ (value >> 63)).leading_zeros()).max().unwrap_or(0);
            let Some(bits) = width(&values, true) else {
                // One is missing, or so large that it is taken for missing.
                prop_assert_eq!(widest, 63);
                return Ok(());
            };
            prop_assert_eq!(bits, widest + 1);
            prop_assert!(values.iter().all(|value| value.unsigned_abs() <= 1 << (bits - 1)));
            prop_assert!(!values.contains(&INVALID));
        }

        #[test]
        fn times_are_in_order_if_none_is_before_the_last_or_far_off(values in numbers(), is_sorted: bool) {
            let mut values = values;
            if is_sorted {
                values.sort_unstable();
            }
            let is_near = |time_ns: &i64| (-(1 << 62)..1 << 62).contains(time_ns);
            let expected = values.iter().all(is_near) && values.windows(2).all(|pair| pair[0] <= pair[1]);
            prop_assert_eq!(is_in_order(&values), expected);
        }
    }
}
