//! Bars as columns, the form in which they leave the core.

use super::compact::{Numbers, Repeated};
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

/// Where the columns of [`Bars`] are that always hold numbers of their own.
mod place {
    pub const OPEN_TIME: usize = 0;
    pub const CLOSE_TIME: usize = 1;
    pub const OPEN: usize = 2;
    pub const HIGH: usize = 3;
    pub const LOW: usize = 4;
    pub const CLOSE: usize = 5;
    pub const VOLUME: usize = 6;
    pub const TRADE_COUNT: usize = 7;
    pub const NOTIONAL: usize = 8;
    pub const COUNT: usize = 9;
}

/// Bars of one instrument in time order. All columns have the same length; [`Bar`] says what they hold.
#[allow(missing_docs)] // The columns are the fields of `Bar`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bars {
    numbers: Numbers<{ place::COUNT }>,
    /// All notionals; none as long as they fit into 64 bits.
    wide_notionals: Vec<i128>,
    pub buy_volume: Repeated<i64>,
    pub sell_volume: Repeated<i64>,
    pub first_trade_id: Repeated<i64>,
    pub last_trade_id: Repeated<i64>,
    pub close_reason: Repeated<CloseReason>,
    pub flags: Repeated<BarFlags>,
}

macro_rules! columns {
    ($($name:ident: $place:ident),+) => {
        #[allow(missing_docs)] // The columns are the fields of `Bar`.
        impl Bars {
            $(#[must_use] pub fn $name(&self) -> &[i64] { self.numbers.column(place::$place) })+
        }
    };
}

columns!(
    open_time_ns: OPEN_TIME,
    close_time_ns: CLOSE_TIME,
    open: OPEN,
    high: HIGH,
    low: LOW,
    close: CLOSE,
    volume: VOLUME,
    trade_count: TRADE_COUNT
);

impl Bars {
    /// How many bars there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The notionals in order.
    #[must_use]
    pub fn notional(&self) -> impl ExactSizeIterator<Item = i128> + '_ {
        (0..self.len()).map(|index| self.notional_at(index))
    }

    fn notional_at(&self, index: usize) -> i128 {
        let narrow = || i128::from(self.numbers.column(place::NOTIONAL)[index]);
        self.wide_notionals.get(index).copied().unwrap_or_else(narrow)
    }

    /// Makes room for more bars.
    fn reserve(&mut self, count: usize) {
        self.numbers.reserve(count);
        self.buy_volume.reserve(count);
        self.sell_volume.reserve(count);
        self.first_trade_id.reserve(count);
        self.last_trade_id.reserve(count);
        self.close_reason.reserve(count);
        self.flags.reserve(count);
    }

    /// Adds bars that follow these.
    pub fn append(&mut self, others: &Self) {
        self.extend_notionals(&others.notional().collect::<Vec<_>>());
        self.numbers.extend(others.numbers.columns());
        self.buy_volume.append(&others.buy_volume);
        self.sell_volume.append(&others.sell_volume);
        self.first_trade_id.append(&others.first_trade_id);
        self.last_trade_id.append(&others.last_trade_id);
        self.close_reason.append(&others.close_reason);
        self.flags.append(&others.flags);
    }

    /// Before the numbers of the same bars, which hold the lower halves.
    fn extend_notionals(&mut self, more: &[i128]) {
        let is_wide = |units: &&i128| i64::try_from(**units).is_err();
        if self.wide_notionals.is_empty() {
            // Counted rather than searched for, so that it is a few instructions for many.
            if more.iter().filter(is_wide).count() == 0 {
                return;
            }
            self.wide_notionals = self.notional().collect();
        }
        self.wide_notionals.extend_from_slice(more);
    }

    /// One bar.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Bar> {
        let number = |place| self.numbers.column(place).get(index).copied();
        Some(Bar {
            open_time_ns: number(place::OPEN_TIME)?,
            close_time_ns: number(place::CLOSE_TIME)?,
            open: Price(number(place::OPEN)?),
            high: Price(number(place::HIGH)?),
            low: Price(number(place::LOW)?),
            close: Price(number(place::CLOSE)?),
            volume: Quantity(number(place::VOLUME)?),
            notional: Notional(self.notional_at(index)),
            trade_count: number(place::TRADE_COUNT)?,
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
    numbers: [[i64; SOME]; place::COUNT],
    notional: [i128; SOME],
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
            numbers: [zeros; place::COUNT],
            notional: [0; SOME],
            buy_volume: zeros,
            sell_volume: zeros,
            first_trade_id: zeros,
            last_trade_id: zeros,
            close_reason: [CloseReason::Interval; SOME],
            flags: [BarFlags::NONE; SOME],
        }
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation)] // Of notionals, of which the other column has all.
    fn set(&mut self, index: usize, bar: &Bar) {
        self.numbers[place::OPEN_TIME][index] = bar.open_time_ns;
        self.numbers[place::CLOSE_TIME][index] = bar.close_time_ns;
        self.numbers[place::OPEN][index] = bar.open.0;
        self.numbers[place::HIGH][index] = bar.high.0;
        self.numbers[place::LOW][index] = bar.low.0;
        self.numbers[place::CLOSE][index] = bar.close.0;
        self.numbers[place::VOLUME][index] = bar.volume.0;
        self.numbers[place::TRADE_COUNT][index] = bar.trade_count;
        self.numbers[place::NOTIONAL][index] = bar.notional.0 as i64;
        self.notional[index] = bar.notional.0;
        self.buy_volume[index] = bar.buy_volume.0;
        self.sell_volume[index] = bar.sell_volume.0;
        self.first_trade_id[index] = bar.first_trade_id;
        self.last_trade_id[index] = bar.last_trade_id;
        self.close_reason[index] = bar.close_reason;
        self.flags[index] = bar.flags;
    }

    fn append_to(&self, bars: &mut Bars, count: usize) {
        bars.extend_notionals(&self.notional[..count]);
        bars.numbers.extend(self.numbers.each_ref().map(|column| &column[..count]));
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

#[cfg(test)]
mod tests {
    use super::super::testing::tick;
    use super::*;
    use proptest::prelude::*;

    fn bars(notionals: &[i128]) -> Bars {
        let mut buffer = BarBuffer::default();
        for notional in notionals {
            buffer.push_bar(&Bar { notional: Notional(*notional), ..tick(1, 2, 3).bar });
        }
        buffer.into_bars()
    }

    #[test]
    fn notionals_are_narrow_until_one_does_not_fit() {
        let edges = [i128::from(i64::MAX), i128::from(i64::MIN)];
        assert!(bars(&edges).wide_notionals.is_empty());
        assert_eq!(bars(&[1, edges[0] + 1]).wide_notionals, [1, edges[0] + 1]);
    }

    proptest! {
        #[test]
        fn bars_come_out_as_they_went_in_whatever_the_parts(
            notionals in prop::collection::vec(prop_oneof![9 => -5..5_i128, 1 => Just(i128::MAX)], 0..100),
            cut in any::<prop::sample::Index>(),
        ) {
            let cut = cut.index(notionals.len() + 1);
            let mut parts = bars(&notionals[..cut]);
            parts.append(&bars(&notionals[cut..]));
            let whole = bars(&notionals);
            prop_assert_eq!(whole.notional().collect::<Vec<_>>(), notionals.clone());
            prop_assert_eq!(whole.iter().map(|bar| bar.notional.0).collect::<Vec<_>>(), notionals);
            prop_assert_eq!(parts, whole);
        }
    }
}
