//! Bars as columns, the form in which they leave the core.

use super::compact::{Notionals, Repeated};
use super::element::{Bar, BarFlags, CloseReason};
use crate::price::{Notional, Price, Quantity};

/// Where closed bars go.
pub trait BarSink {
    /// Takes the next closed bar.
    fn push_bar(&mut self, bar: &Bar);

    /// How many it has taken.
    fn count(&self) -> usize;
}

impl BarSink for Vec<Bar> {
    #[inline]
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
    pub notional: Notionals,
    pub trade_count: Vec<i64>,
    pub buy_volume: Repeated<i64>,
    pub sell_volume: Repeated<i64>,
    pub first_trade_id: Repeated<i64>,
    pub last_trade_id: Repeated<i64>,
    pub close_reason: Repeated<CloseReason>,
    pub flags: Repeated<BarFlags>,
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

    /// Makes room for more bars.
    fn reserve(&mut self, count: usize) {
        for column in self.integers() {
            column.reserve(count);
        }
        for column in self.repeated() {
            column.reserve(count);
        }
        self.notional.reserve(count);
        self.close_reason.reserve(count);
        self.flags.reserve(count);
    }

    fn integers(&mut self) -> [&mut Vec<i64>; 8] {
        [
            &mut self.open_time_ns,
            &mut self.close_time_ns,
            &mut self.open,
            &mut self.high,
            &mut self.low,
            &mut self.close,
            &mut self.volume,
            &mut self.trade_count,
        ]
    }

    fn repeated(&mut self) -> [&mut Repeated<i64>; 4] {
        [
            &mut self.buy_volume,
            &mut self.sell_volume,
            &mut self.first_trade_id,
            &mut self.last_trade_id,
        ]
    }

    /// Adds bars that follow these.
    pub fn append(&mut self, others: &Self) {
        self.open_time_ns.extend_from_slice(&others.open_time_ns);
        self.close_time_ns.extend_from_slice(&others.close_time_ns);
        self.open.extend_from_slice(&others.open);
        self.high.extend_from_slice(&others.high);
        self.low.extend_from_slice(&others.low);
        self.close.extend_from_slice(&others.close);
        self.volume.extend_from_slice(&others.volume);
        self.notional.append(&others.notional);
        self.trade_count.extend_from_slice(&others.trade_count);
        self.buy_volume.append(&others.buy_volume);
        self.sell_volume.append(&others.sell_volume);
        self.first_trade_id.append(&others.first_trade_id);
        self.last_trade_id.append(&others.last_trade_id);
        self.close_reason.append(&others.close_reason);
        self.flags.append(&others.flags);
    }

    /// One bar.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Bar> {
        Some(Bar {
            open_time_ns: *self.open_time_ns.get(index)?,
            close_time_ns: self.close_time_ns[index],
            open: Price(self.open[index]),
            high: Price(self.high[index]),
            low: Price(self.low[index]),
            close: Price(self.close[index]),
            volume: Quantity(self.volume[index]),
            notional: Notional(self.notional.get(index)?),
            trade_count: self.trade_count[index],
            buy_volume: Quantity(self.buy_volume.get(index)?),
            sell_volume: Quantity(self.sell_volume.get(index)?),
            first_trade_id: self.first_trade_id.get(index)?,
            last_trade_id: self.last_trade_id.get(index)?,
            close_reason: self.close_reason.get(index)?,
            flags: self.flags.get(index)?,
        })
    }

    /// The bars in order.
    pub fn iter(&self) -> impl Iterator<Item = Bar> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

/// How many bars are written into columns at once: few enough to stay in the cache.
const SOME: usize = 32;

/// Some bars by column. Number by number, because to copy a bar as a whole the processor waits until all of it is written.
#[derive(Clone)]
struct Block {
    open_time_ns: [i64; SOME],
    close_time_ns: [i64; SOME],
    open: [i64; SOME],
    high: [i64; SOME],
    low: [i64; SOME],
    close: [i64; SOME],
    volume: [i64; SOME],
    notional: [i128; SOME],
    trade_count: [i64; SOME],
    buy_volume: [i64; SOME],
    sell_volume: [i64; SOME],
    first_trade_id: [i64; SOME],
    last_trade_id: [i64; SOME],
    close_reason: [CloseReason; SOME],
    flags: [BarFlags; SOME],
}

impl Block {
    const fn new() -> Self {
        let zeros = [0; SOME];
        Self {
            open_time_ns: zeros,
            close_time_ns: zeros,
            open: zeros,
            high: zeros,
            low: zeros,
            close: zeros,
            volume: zeros,
            notional: [0; SOME],
            trade_count: zeros,
            buy_volume: zeros,
            sell_volume: zeros,
            first_trade_id: zeros,
            last_trade_id: zeros,
            close_reason: [CloseReason::Interval; SOME],
            flags: [BarFlags::NONE; SOME],
        }
    }

    #[inline]
    fn set(&mut self, index: usize, bar: &Bar) {
        self.open_time_ns[index] = bar.open_time_ns;
        self.close_time_ns[index] = bar.close_time_ns;
        self.open[index] = bar.open.0;
        self.high[index] = bar.high.0;
        self.low[index] = bar.low.0;
        self.close[index] = bar.close.0;
        self.volume[index] = bar.volume.0;
        self.notional[index] = bar.notional.0;
        self.trade_count[index] = bar.trade_count;
        self.buy_volume[index] = bar.buy_volume.0;
        self.sell_volume[index] = bar.sell_volume.0;
        self.first_trade_id[index] = bar.first_trade_id;
        self.last_trade_id[index] = bar.last_trade_id;
        self.close_reason[index] = bar.close_reason;
        self.flags[index] = bar.flags;
    }

    fn append_to(&self, bars: &mut Bars, count: usize) {
        bars.open_time_ns.extend_from_slice(&self.open_time_ns[..count]);
        bars.close_time_ns.extend_from_slice(&self.close_time_ns[..count]);
        bars.open.extend_from_slice(&self.open[..count]);
        bars.high.extend_from_slice(&self.high[..count]);
        bars.low.extend_from_slice(&self.low[..count]);
        bars.close.extend_from_slice(&self.close[..count]);
        bars.volume.extend_from_slice(&self.volume[..count]);
        bars.notional.extend(&self.notional[..count]);
        bars.trade_count.extend_from_slice(&self.trade_count[..count]);
        bars.buy_volume.extend(&self.buy_volume[..count]);
        bars.sell_volume.extend(&self.sell_volume[..count]);
        bars.first_trade_id.extend(&self.first_trade_id[..count]);
        bars.last_trade_id.extend(&self.last_trade_id[..count]);
        bars.close_reason.extend(&self.close_reason[..count]);
        bars.flags.extend(&self.flags[..count]);
    }
}

/// Bars on their way into columns.
#[derive(Default)]
pub struct BarBuffer {
    bars: Bars,
    /// There is none before the first bar.
    block: Option<Box<Block>>,
    in_block: usize,
}

impl BarBuffer {
    /// Makes room for more bars.
    pub fn reserve(&mut self, count: usize) {
        self.bars.reserve(self.in_block + count);
    }

    /// All bars.
    pub fn into_bars(mut self) -> Bars {
        self.empty_block();
        self.bars
    }

    fn empty_block(&mut self) {
        if let Some(block) = &self.block {
            block.append_to(&mut self.bars, self.in_block);
            self.in_block = 0;
        }
    }
}

impl BarSink for BarBuffer {
    #[inline]
    fn push_bar(&mut self, bar: &Bar) {
        let block = self.block.get_or_insert_with(|| Box::new(Block::new()));
        block.set(self.in_block % SOME, bar);
        self.in_block += 1;
        if self.in_block == SOME {
            self.empty_block();
        }
    }

    #[inline]
    fn count(&self) -> usize {
        self.bars.len() + self.in_block
    }
}
