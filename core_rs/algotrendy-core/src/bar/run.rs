//! Adds a run of trades to a bar: the inner loop of everything.

use super::columns::TickColumns;
use super::element::{Bar, NO_ID};
use super::error::BarError;
use crate::price::Price;

/// What the numbers of a block, and so the sums over it, fit into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Numbers into 32 bits, sums into 64.
    Short,
    /// Sums into 64 bits.
    Narrow,
    /// Any.
    Wide,
}

/// The longest run that [`Bar::add_run`] takes.
pub const LONGEST_RUN: usize = 512;

impl Width {
    /// The width of prices and quantities of so many bits, sign left out.
    pub const fn of(price_bits: u32, quantity_bits: u32) -> Self {
        let sum_bits = quantity_bits + LONGEST_RUN.ilog2();
        if sum_bits > 63 || price_bits + sum_bits > 63 {
            Self::Wide
        } else if price_bits < 32 && quantity_bits < 32 {
            Self::Short
        } else {
            Self::Narrow
        }
    }
}

/// What a run of trades sums up to.
struct Sums {
    high: i64,
    low: i64,
    volume: i64,
    notional: i128,
    buy: i64,
    sell: i64,
}

impl Bar {
    /// Adds `count` trades from an index on, none of which has a fault.
    ///
    /// # Errors
    /// [`BarError::Overflow`] if a sum leaves its range; nothing changes.
    #[inline]
    pub(super) fn add_run(
        &mut self,
        trades: &TickColumns<'_>,
        from: usize,
        count: usize,
        width: Width,
    ) -> Result<(), BarError> {
        let (prices, quantities) = (&trades.prices[from..], &trades.quantities[from..]);
        let sides = trades.sides.map(|sides| &sides[from..]);
        let (Some(&first), Some(&close)) = (prices.first(), prices[..count].last()) else {
            return Ok(());
        };
        let sums = match width {
            Width::Short => narrow_sums::<true>(prices, quantities, sides, count),
            Width::Narrow => narrow_sums::<false>(prices, quantities, sides, count),
            Width::Wide => {
                let sides = sides.map(|sides| &sides[..count]);
                wide_sums(&prices[..count], &quantities[..count], sides)?
            }
        };
        let overflow = |field| BarError::Overflow { field };
        let added = i64::try_from(count).map_err(|_| overflow("trade_count"))?;
        let volume = self.volume.0.checked_add(sums.volume).ok_or(overflow("volume"))?;
        let notional = self.notional.0.checked_add(sums.notional).ok_or(overflow("notional"))?;
        self.trade_count = self.trade_count.checked_add(added).ok_or(overflow("trade_count"))?;
        self.volume.0 = volume;
        self.notional.0 = notional;
        self.buy_volume.0 += sums.buy;
        self.sell_volume.0 += sums.sell;
        if self.flags.has_any(Self::UNPRICED) {
            self.flags = self.flags.without(Self::UNPRICED);
            (self.open, self.high, self.low) = (Price(first), Price(sums.high), Price(sums.low));
        } else {
            self.high = self.high.max(Price(sums.high));
            self.low = self.low.min(Price(sums.low));
        }
        self.close = Price(close);
        if let Some(ids) = trades.ids {
            self.add_ids(&ids[from..from + count]);
        }
        Ok(())
    }

    fn add_ids(&mut self, ids: &[i64]) {
        let known = |id: &&i64| **id != NO_ID;
        if self.first_trade_id == NO_ID {
            self.first_trade_id = ids.iter().find(known).copied().unwrap_or(NO_ID);
        }
        if let Some(&last) = ids.iter().rev().find(known) {
            self.last_trade_id = last;
        }
    }
}

impl Sums {
    /// Adds others that cannot make it overflow.
    #[inline]
    fn add(&mut self, others: &Self) {
        self.high = self.high.max(others.high);
        self.low = self.low.min(others.low);
        self.volume += others.volume;
        self.notional += others.notional;
        self.buy += others.buy;
        self.sell += others.sell;
    }
}

/// How many trades are summed in a fixed number of steps: a loop as long as a short run would end where the processor does not expect.
const CHUNK: usize = 16;
/// The places in a chunk.
const PLACES: [i64; CHUNK] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// The sums of the first `count` trades, at least one, of columns that may go on. No partial sum can overflow, so that wrapping
/// arithmetic is exact and needs no checks.
#[inline]
fn narrow_sums<const SHORT: bool>(
    prices: &[i64],
    quantities: &[i64],
    sides: Option<&[i8]>,
    count: usize,
) -> Sums {
    let whole = (count - 1) / CHUNK * CHUNK;
    let mut sums = last_sums::<SHORT>(
        &prices[whole..],
        &quantities[whole..],
        sides.map(|sides| &sides[whole..]),
        count - whole,
    );
    if whole > 0 {
        let sides = sides.map(|sides| &sides[..whole]);
        sums.add(&sums_of::<SHORT>(&prices[..whole], &quantities[..whole], sides));
    }
    sums
}

#[inline]
fn sums_of<const SHORT: bool>(prices: &[i64], quantities: &[i64], sides: Option<&[i8]>) -> Sums {
    let (mut high, mut low) = (i64::MIN, i64::MAX);
    let (mut volume, mut notional) = (0_i64, 0_i64);
    for (&price, &quantity) in prices.iter().zip(quantities) {
        high = high.max(price);
        low = low.min(price);
        volume = volume.wrapping_add(quantity);
        notional = notional.wrapping_add(product::<SHORT>(price, quantity));
    }
    let (mut buy, mut sell) = (0_i64, 0_i64);
    if let Some(sides) = sides {
        for (&side, &quantity) in sides.iter().zip(quantities) {
            buy = buy.wrapping_add(if side > 0 { quantity } else { 0 });
            sell = sell.wrapping_add(if side < 0 { quantity } else { 0 });
        }
    }
    Sums { high, low, volume, notional: i128::from(notional), buy, sell }
}

/// The sums of at most a chunk. Where the columns go on, a whole one is read, and what is beyond `count` is masked out.
#[inline(always)]
#[allow(clippy::inline_always)] // What it returns would go through memory.
fn last_sums<const SHORT: bool>(
    prices: &[i64],
    quantities: &[i64],
    sides: Option<&[i8]>,
    count: usize,
) -> Sums {
    let (Some(prices), Some(quantities)) =
        (prices.first_chunk::<CHUNK>(), quantities.first_chunk::<CHUNK>())
    else {
        let sides = sides.map(|sides| &sides[..count]);
        return sums_of::<SHORT>(&prices[..count], &quantities[..count], sides);
    };
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let mask = |place: &i64| -i64::from(*place < count);
    let (mut high, mut low) = (i64::MIN, i64::MAX);
    let (mut volume, mut notional) = (0_i64, 0_i64);
    for ((&price, &quantity), place) in prices.iter().zip(quantities).zip(&PLACES) {
        let mask = mask(place);
        let quantity = quantity & mask;
        high = high.max((price & mask) | (i64::MIN & !mask));
        low = low.min((price & mask) | (i64::MAX & !mask));
        volume = volume.wrapping_add(quantity);
        notional = notional.wrapping_add(product::<SHORT>(price, quantity));
    }
    let (mut buy, mut sell) = (0_i64, 0_i64);
    if let Some(sides) = sides.and_then(|sides| sides.first_chunk::<CHUNK>()) {
        for ((&side, &quantity), place) in sides.iter().zip(quantities).zip(&PLACES) {
            let quantity = quantity & mask(place);
            buy = buy.wrapping_add(quantity & -i64::from(side > 0));
            sell = sell.wrapping_add(quantity & -i64::from(side < 0));
        }
    }
    Sums { high, low, volume, notional: i128::from(notional), buy, sell }
}

/// Price × quantity; of numbers of 32 bits by an instruction that processors have for several of them.
#[inline]
#[allow(clippy::cast_possible_truncation)] // Nothing is cut off where they are short.
pub(super) fn product<const SHORT: bool>(price: i64, quantity: i64) -> i64 {
    if SHORT {
        i64::from(price as i32) * i64::from(quantity as i32)
    } else {
        price.wrapping_mul(quantity)
    }
}

/// The sums of any numbers.
fn wide_sums(prices: &[i64], quantities: &[i64], sides: Option<&[i8]>) -> Result<Sums, BarError> {
    let overflow = |field| BarError::Overflow { field };
    let mut sums = Sums { high: i64::MIN, low: i64::MAX, volume: 0, notional: 0, buy: 0, sell: 0 };
    for (index, (&price, &quantity)) in prices.iter().zip(quantities).enumerate() {
        sums.high = sums.high.max(price);
        sums.low = sums.low.min(price);
        sums.volume = sums.volume.checked_add(quantity).ok_or(overflow("volume"))?;
        sums.notional = sums
            .notional
            .checked_add(i128::from(price) * i128::from(quantity))
            .ok_or(overflow("notional"))?;
        match sides.map(|sides| sides[index]) {
            Some(1) => sums.buy += quantity,
            Some(-1) => sums.sell += quantity,
            _ => {}
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::super::element::BarFlags;
    use super::super::testing::Columns;
    use super::*;
    use crate::price::Quantity;
    use crate::trade::{AggressorSide, Trade};
    use proptest::prelude::*;

    fn trade(price: i64, quantity: i64, side: i8, id: i64) -> Trade {
        Trade {
            event_time_ns: 0,
            price: Price(price),
            quantity: Quantity(quantity),
            aggressor_side: AggressorSide::from_code(side),
            id,
        }
    }

    fn blank() -> Bar {
        Bar::at(Price(0), 0, 0).flagged(BarFlags::BLANK)
    }

    /// Adds a run at once, and one by one.
    fn added(
        before: Bar,
        trades: &[Trade],
        width: Width,
    ) -> (Result<Bar, BarError>, Result<Bar, BarError>) {
        let mut at_once = before;
        let run = at_once.add_run(&Columns::of(trades).borrow(), 0, trades.len(), width);
        let mut one_by_one = before;
        let each = trades.iter().try_for_each(|trade| {
            let mut as_trade = one_by_one;
            let (trade_added, bar_added) =
                (as_trade.add_trade(trade), one_by_one.add(&Bar::of_trade(trade)));
            assert_eq!((as_trade, &trade_added), (one_by_one, &bar_added));
            bar_added
        });
        (run.map(|()| at_once), each.map(|()| one_by_one))
    }

    /// Numbers of so many bits, mostly the largest.
    fn of_bits(bits: u32) -> impl Strategy<Value = i64> {
        let largest = (1_i64 << bits) - 1;
        prop_oneof![Just(largest), 0..=largest]
    }

    fn parts(sums: &Sums) -> (i64, i64, i64, i128, i64, i64) {
        (sums.high, sums.low, sums.volume, sums.notional, sums.buy, sums.sell)
    }

    #[test]
    fn a_run_of_which_a_sum_overflows_changes_nothing() {
        let mut bar = Bar::of_trade(&trade(5, i64::MAX - 2, 1, 1));
        let before = bar;
        let trades = Columns::of(&[trade(9, 1, 1, 2), trade(9, 2, 1, 3)]);
        let overflow = Err(BarError::Overflow { field: "volume" });
        for width in [Width::Short, Width::Narrow, Width::Wide] {
            assert_eq!(bar.add_run(&trades.borrow(), 0, 2, width), overflow);
            assert_eq!(bar, before);
        }
        assert_eq!(bar.add_run(&trades.borrow(), 1, 1, Width::Wide), Ok(()));
        assert_eq!(bar.volume, Quantity(i64::MAX));
    }

    #[test]
    fn sums_are_narrow_only_if_the_longest_run_fits() {
        assert_eq!([Width::of(31, 23), Width::of(0, 31)], [Width::Short; 2]);
        assert_eq!([Width::of(32, 22), Width::of(0, 54)], [Width::Narrow; 2]);
        assert_eq!([Width::of(30, 25), Width::of(0, 55), Width::of(64, 64)], [Width::Wide; 3]);
    }

    #[test]
    fn a_bar_without_a_price_takes_those_of_the_run() {
        let carried = Bar::at(Price(50), 0, 0).flagged(BarFlags::CARRIED);
        let (at_once, one_by_one) =
            added(carried, &[trade(7, 1, 0, 1), trade(8, 1, 0, 2)], Width::Wide);
        let bar = at_once.unwrap();
        assert_eq!(
            (bar.open, bar.high, bar.low, bar.close),
            (Price(7), Price(8), Price(7), Price(8))
        );
        assert_eq!((Ok(bar), BarFlags::NONE), (one_by_one, bar.flags));
    }

    proptest! {
        #[test]
        fn narrow_sums_are_wide_ones(
            (rows, price_bits, signs) in (0..=54_u32).prop_flat_map(|price_bits| {
                let row = (of_bits(price_bits), of_bits(54 - price_bits), -1..=1_i8);
                (prop::collection::vec(row, 1..=LONGEST_RUN), Just(price_bits), any::<bool>())
            }),
            last: prop::sample::Index,
        ) {
            let count = last.index(rows.len()) + 1;
            let prices: Vec<i64> = rows.iter().map(|row| if signs && row.2 == 0 { -row.0 } else { row.0 }).collect();
            let quantities: Vec<i64> = rows.iter().map(|row| row.1).collect();
            let sides: Vec<i8> = rows.iter().map(|row| row.2).collect();
            for sides in [Some(sides.as_slice()), None] {
                let expected = wide_sums(&prices[..count], &quantities[..count], sides.map(|sides| &sides[..count])).unwrap();
                let narrow = narrow_sums::<false>(&prices, &quantities, sides, count);
                prop_assert_eq!(parts(&narrow), parts(&expected));
                if Width::of(price_bits, 54 - price_bits) == Width::Short {
                    let short = narrow_sums::<true>(&prices, &quantities, sides, count);
                    prop_assert_eq!(parts(&short), parts(&expected));
                }
            }
        }

        #[test]
        fn adding_a_run_is_adding_each_trade(
            rows in prop::collection::vec((1..1_000_i64, 0..1_000_i64, -1..=1_i8, prop_oneof![Just(NO_ID), 0..9_i64]), 1..40),
            is_blank: bool,
            width in prop::sample::select(vec![Width::Short, Width::Narrow, Width::Wide]),
        ) {
            let trades: Vec<Trade> = rows.into_iter().map(|(price, quantity, side, id)| trade(price, quantity, side, id)).collect();
            let before = if is_blank { blank() } else { Bar::of_trade(&trade(500, 3, 1, 5)) };
            let (at_once, one_by_one) = added(before, &trades, width);
            prop_assert_eq!(at_once, one_by_one);
        }

        #[test]
        fn adding_a_run_of_any_numbers_is_refused_where_adding_each_is(
            rows in prop::collection::vec((any::<i64>(), prop_oneof![0..9_i64, 0..=i64::MAX], -1..=1_i8), 1..5),
        ) {
            let trades: Vec<Trade> = rows.into_iter().map(|(price, quantity, side)| trade(price, quantity, side, 1)).collect();
            let (at_once, one_by_one) = added(blank(), &trades, Width::Wide);
            prop_assert_eq!(at_once, one_by_one);
        }
    }
}
