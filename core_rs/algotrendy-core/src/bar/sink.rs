//! Bars as columns, the form in which they leave the core.

use super::element::{Bar, BarFlags, CloseReason, NO_ID};
use crate::price::{Notional, Price, Quantity};

/// Where closed bars go.
pub trait BarSink {
    /// Takes the next closed bar.
    fn push_bar(&mut self, bar: &Bar);

    /// How many it has taken.
    fn count(&self) -> usize;
}

impl BarSink for Vec<Bar> {
    fn push_bar(&mut self, bar: &Bar) {
        self.push(*bar);
    }

    fn count(&self) -> usize {
        self.len()
    }
}

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
    pub notional: Vec<i128>,
    pub trade_count: Vec<i64>,
    pub buy_volume: Vec<i64>,
    pub sell_volume: Vec<i64>,
    pub first_trade_id: Vec<i64>,
    pub last_trade_id: Vec<i64>,
    pub close_reason: Vec<CloseReason>,
    pub flags: Vec<BarFlags>,
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

    /// The columns of ids stay empty until there is one.
    fn push_ids(&mut self, bar: &Bar) {
        self.first_trade_id.resize(self.len(), NO_ID);
        self.last_trade_id.resize(self.len(), NO_ID);
        self.first_trade_id.push(bar.first_trade_id);
        self.last_trade_id.push(bar.last_trade_id);
    }

    /// Makes room for more bars.
    pub(super) fn reserve(&mut self, count: usize) {
        let columns = [
            &mut self.open_time_ns,
            &mut self.close_time_ns,
            &mut self.open,
            &mut self.high,
            &mut self.low,
            &mut self.close,
            &mut self.volume,
            &mut self.trade_count,
            &mut self.buy_volume,
            &mut self.sell_volume,
        ];
        for column in columns {
            column.reserve(count);
        }
        self.notional.reserve(count);
        self.close_reason.reserve(count);
        self.flags.reserve(count);
    }

    /// Adds bars that follow these.
    pub fn append(&mut self, others: &Self) {
        for bar in others.iter() {
            self.push_bar(&bar);
        }
    }

    /// One bar.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Bar> {
        let id = |column: &[i64]| column.get(index).copied().unwrap_or(NO_ID);
        (index < self.open_time_ns.len()).then(|| Bar {
            open_time_ns: self.open_time_ns[index],
            close_time_ns: self.close_time_ns[index],
            open: Price(self.open[index]),
            high: Price(self.high[index]),
            low: Price(self.low[index]),
            close: Price(self.close[index]),
            volume: Quantity(self.volume[index]),
            notional: Notional(self.notional[index]),
            trade_count: self.trade_count[index],
            buy_volume: Quantity(self.buy_volume[index]),
            sell_volume: Quantity(self.sell_volume[index]),
            first_trade_id: id(&self.first_trade_id),
            last_trade_id: id(&self.last_trade_id),
            close_reason: self.close_reason[index],
            flags: self.flags[index],
        })
    }

    /// The bars in order.
    pub fn iter(&self) -> impl Iterator<Item = Bar> + '_ {
        (0..self.open_time_ns.len()).filter_map(|index| self.get(index))
    }
}

impl BarSink for Bars {
    #[inline]
    fn push_bar(&mut self, bar: &Bar) {
        if bar.first_trade_id != NO_ID || !self.first_trade_id.is_empty() {
            self.push_ids(bar);
        }
        self.open_time_ns.push(bar.open_time_ns);
        self.close_time_ns.push(bar.close_time_ns);
        self.open.push(bar.open.0);
        self.high.push(bar.high.0);
        self.low.push(bar.low.0);
        self.close.push(bar.close.0);
        self.volume.push(bar.volume.0);
        self.notional.push(bar.notional.0);
        self.trade_count.push(bar.trade_count);
        self.buy_volume.push(bar.buy_volume.0);
        self.sell_volume.push(bar.sell_volume.0);
        self.close_reason.push(bar.close_reason);
        self.flags.push(bar.flags);
    }

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }
}
