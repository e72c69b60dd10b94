//! Looks at every tick before it becomes part of a bar: what is wrong with it, and what to do about that.

use serde::{Deserialize, Serialize};

use super::calendar::SessionTable;
use super::columns::{Marks, TickColumns, INVALID};
use super::element::{Bar, BarFlags, Tick, NO_ID};
use super::error::BarError;
use super::fault::{Action, Fault, FaultRules, Report};
use super::recent::RecentIds;
use super::run::Widths;
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
        bar.close_time_ns < bar.open_time_ns
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
            if is_missing || bar.volume.0 == INVALID { Notional::ZERO } else { bar.notional };
        self.report.rejected[fault as usize].add(&Bar { volume, notional, ..*bar })
    }

    /// The widths of trades that have no fault at all and are in order and in one session; none if one might have.
    #[inline]
    pub fn passes(&self, trades: &TickColumns<'_>) -> Option<Widths> {
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
        if !in_session || !ids_count_up || !is_in_order(trades.times_ns) {
            return None;
        }
        Some(Widths {
            price: width(trades.prices, self.allow_nonpositive_prices)?,
            quantity: width(trades.quantities, self.source != Source::Trades)?,
        })
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

/// Whether no time is before the one before it. Without an early exit, and with bits in place of comparisons, so that it takes a
/// fraction of a nanosecond each. Times in the outer half of the range are taken for disorder: differences of them could overflow.
#[inline]
fn is_in_order(times_ns: &[i64]) -> bool {
    let mut wrong = times_ns.first().map_or(0, |time_ns| time_ns ^ (time_ns << 1));
    for (before, after) in times_ns.iter().zip(times_ns.get(1..).unwrap_or_default()) {
        wrong |= after.wrapping_sub(*before) | (after ^ (after << 1));
    }
    wrong >= 0
}

/// How many bits the numbers need, sign left out; none if one is not positive, or with `allow_all` if one is missing.
#[inline]
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
