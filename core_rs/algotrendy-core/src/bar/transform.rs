//! Bars drawn from bars: Heikin-Ashi and line break.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::aggregator::{ClosePolicy, Run};
use super::columns::Ticks;
use super::element::{Bar, CloseReason, Tick};
use super::error::BarError;
use super::sink::BarSink;
use crate::price::{divide_half_even, Notional, Price};

/// Digits that a Heikin-Ashi price has more than the prices it is made of.
pub const HEIKIN_ASHI_DIGITS: u8 = 6;

/// Heikin-Ashi: each bar averaged with those before it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HeikinAshiPolicy {
    /// The last bar's open and close, in the finer units.
    last: Option<(i64, i64)>,
}

impl HeikinAshiPolicy {
    fn transformed(&self, bar: &Bar) -> Result<Bar, BarError> {
        let factor = 10_i128.pow(u32::from(HEIKIN_ASHI_DIGITS));
        let units =
            |exact: i128| i64::try_from(exact).map_err(|_| BarError::Overflow { field: "price" });
        let prices = [bar.open.0, bar.high.0, bar.low.0, bar.close.0].map(i128::from);
        let close = divide_half_even(prices.iter().sum::<i128>() * factor, 4);
        let open = match self.last {
            Some((open, close)) => divide_half_even(i128::from(open) + i128::from(close), 2),
            None => divide_half_even((prices[0] + prices[3]) * factor, 2),
        };
        let high = (prices[1] * factor).max(open).max(close);
        let low = (prices[2] * factor).min(open).min(close);
        let overflow = BarError::Overflow { field: "notional" };
        let notional = bar.notional.0.checked_mul(factor).ok_or(overflow)?;
        Ok(Bar {
            notional: Notional(notional),
            open: Price(units(open)?),
            high: Price(units(high)?),
            low: Price(units(low)?),
            close: Price(units(close)?),
            ..*bar
        })
    }
}

impl ClosePolicy for HeikinAshiPolicy {
    fn run(&mut self, _pending: &Bar, _ticks: &Ticks<'_>) -> Run {
        Run { count: 0, ends: false }
    }

    fn turn(
        &mut self,
        _pending: &mut Option<Bar>,
        tick: &Tick,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        let bar = self.transformed(&tick.bar)?;
        self.last = Some((bar.open.0, bar.close.0));
        closed.push_bar(&bar.ended(CloseReason::Interval, tick.bar.close_time_ns));
        Ok(())
    }
}

/// Line break: a line where the close leaves the ends of the last lines behind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LineBreakPolicy {
    lines: usize,
    /// Both ends of the last lines, the lower one first.
    ends: VecDeque<(i64, i64)>,
    /// Where the first line starts.
    first_open: Option<i64>,
    /// Where the last line ended.
    last_close: Option<i64>,
}

impl LineBreakPolicy {
    /// Lines that break the last `lines` lines.
    ///
    /// # Errors
    /// [`BarError::Parameter`].
    pub fn new(lines: u32) -> Result<Self, BarError> {
        match usize::try_from(lines) {
            Ok(lines @ 1..=1_000) => {
                Ok(Self { lines, ends: VecDeque::new(), first_open: None, last_close: None })
            }
            _ => Err(BarError::parameter("lines", &lines, "1 to 1000")),
        }
    }

    /// The line that a close draws.
    fn line(&self, first_open: i64, close: i64) -> Option<(i64, i64)> {
        let Some(&(low, high)) = self.ends.back() else {
            return (close != first_open).then_some((first_open, close));
        };
        let highest = self.ends.iter().map(|ends| ends.1).max()?;
        let lowest = self.ends.iter().map(|ends| ends.0).min()?;
        if close > highest {
            return Some((high, close));
        }
        (close < lowest).then_some((low, close))
    }
}

impl ClosePolicy for LineBreakPolicy {
    fn run(&mut self, _pending: &Bar, _ticks: &Ticks<'_>) -> Run {
        Run { count: 0, ends: false }
    }

    fn turn(
        &mut self,
        pending: &mut Option<Bar>,
        tick: &Tick,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        let mut bar = match *pending {
            Some(mut bar) => {
                bar.add(&tick.bar)?;
                bar
            }
            None => tick.bar,
        };
        bar.close_time_ns = bar.close_time_ns.max(tick.bar.close_time_ns);
        let first_open = *self.first_open.get_or_insert(tick.bar.open.0);
        let Some((open, close)) = self.line(first_open, tick.bar.close.0) else {
            bar.open = Price(self.last_close.unwrap_or(first_open));
            *pending = Some(bar);
            return Ok(());
        };
        let (low, high) = (open.min(close), open.max(close));
        self.ends.push_back((low, high));
        self.last_close = Some(close);
        if self.ends.len() > self.lines {
            self.ends.pop_front();
        }
        bar = Bar {
            open: Price(open),
            high: Price(high),
            low: Price(low),
            close: Price(close),
            ..bar
        };
        *pending = None;
        closed.push_bar(&bar.ended(CloseReason::Line, bar.close_time_ns));
        Ok(())
    }

    fn so_far(&self, pending: &Bar) -> Bar {
        pending.holding(pending.open)
    }
}
