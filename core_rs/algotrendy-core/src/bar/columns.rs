//! Bars as columns, the form in which they leave the core.

use super::{Bar, BarSink, CloseReason};
use crate::price::{Notional, Price, Quantity};

/// Bars of one instrument in time order. All columns have the same length; [`Bar`] says what they hold.
#[allow(missing_docs)] // The columns are the fields of `Bar`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bars {
    pub open_time_ns: Vec<i64>,
    pub close_time_ns: Vec<i64>,
    pub open: Vec<i64>,
    pub high: Vec<i64>,
    pub low: Vec<i64>,
    pub close: Vec<i64>,
    pub volume: Vec<i64>,
    pub trade_count: Vec<i64>,
    pub notional: Vec<i128>,
    pub buy_volume: Vec<i64>,
    pub sell_volume: Vec<i64>,
    pub close_reason: Vec<CloseReason>,
    /// How many trades came too late to be in any of these bars.
    pub late_trades: u64,
}

impl Bars {
    /// How many bars there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open_time_ns.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open_time_ns.is_empty()
    }

    /// One bar.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Bar> {
        (index < self.len()).then(|| Bar {
            open_time_ns: self.open_time_ns[index],
            close_time_ns: self.close_time_ns[index],
            open: Price(self.open[index]),
            high: Price(self.high[index]),
            low: Price(self.low[index]),
            close: Price(self.close[index]),
            volume: Quantity(self.volume[index]),
            trade_count: self.trade_count[index],
            notional: Notional(self.notional[index]),
            buy_volume: Quantity(self.buy_volume[index]),
            sell_volume: Quantity(self.sell_volume[index]),
            close_reason: self.close_reason[index],
        })
    }

    /// The bars in order.
    pub fn iter(&self) -> impl Iterator<Item = Bar> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl BarSink for Bars {
    fn push_bar(&mut self, bar: Bar) {
        self.open_time_ns.push(bar.open_time_ns);
        self.close_time_ns.push(bar.close_time_ns);
        self.open.push(bar.open.0);
        self.high.push(bar.high.0);
        self.low.push(bar.low.0);
        self.close.push(bar.close.0);
        self.volume.push(bar.volume.0);
        self.trade_count.push(bar.trade_count);
        self.notional.push(bar.notional.0);
        self.buy_volume.push(bar.buy_volume.0);
        self.sell_volume.push(bar.sell_volume.0);
        self.close_reason.push(bar.close_reason);
    }
}
