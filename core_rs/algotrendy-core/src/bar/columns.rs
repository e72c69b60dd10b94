//! Columns in: ticks (trades or quotes) and smaller bars, borrowed, of equal length.

use serde::{Deserialize, Serialize};

use super::element::{Bar, BarFlags, Tick, NO_ID};
use super::run::Width;
use crate::error::Refusal;
use crate::price::{Notional, Price, Quantity};
use crate::trade::{AggressorSide, Trade};

/// What a time, a price or a quantity is that is missing, or no number: the fault [`super::Fault::Invalid`].
pub const INVALID: i64 = i64::MIN;

/// What a notional is that is missing.
pub const INVALID_NOTIONAL: i128 = i128::MIN;

/// What is known about a tick beyond its numbers, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marks(pub u8);

impl Marks {
    /// The bid was above the ask.
    pub const CROSSED: u8 = 1;
    /// It does not count for open and close.
    pub const NOT_LAST: u8 = 2;
    /// It does not count for high and low.
    pub const NOT_HIGH_LOW: u8 = 4;
    /// It does not count for volume.
    pub const NOT_VOLUME: u8 = 8;
    /// The bid or the ask is zero or below.
    pub const NONPOSITIVE: u8 = 16;

    /// Whether a bit is set.
    #[must_use]
    pub const fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// Columns that are no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// The columns are not one table.
    #[error("{column} has {length} values where the times have {expected}")]
    LengthsDiffer {
        /// The column that differs.
        column: &'static str,
        /// Its length.
        length: usize,
        /// The length of the times.
        expected: usize,
    },
    /// A code that is no side.
    #[error("side[{index}] is {code}, not 1 (a buyer), -1 (a seller) or 0 (unknown)")]
    SideUnknown {
        /// Where it is.
        index: usize,
        /// What it is.
        code: i8,
    },
}

impl ColumnError {
    /// Refuses a column that has another length than the times.
    ///
    /// # Errors
    /// [`ColumnError::LengthsDiffer`].
    pub const fn check_length(
        column: &'static str,
        length: usize,
        expected: usize,
    ) -> Result<(), Self> {
        if length == expected {
            return Ok(());
        }
        Err(Self::LengthsDiffer { column, length, expected })
    }
}

impl Refusal for ColumnError {
    fn reason(&self) -> &'static str {
        match self {
            Self::LengthsDiffer { .. } => "COLUMN_LENGTHS_DIFFER",
            Self::SideUnknown { .. } => "DATA_VALUE_INVALID",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::LengthsDiffer { column, length, expected } => vec![
                ("column", (*column).to_owned()),
                ("length", length.to_string()),
                ("expected", expected.to_string()),
            ],
            Self::SideUnknown { index, code } => vec![
                ("column", "side".to_owned()),
                ("index", index.to_string()),
                ("value", code.to_string()),
            ],
        }
    }
}

/// Trades or quotes.
#[derive(Clone, Copy, Debug)]
pub struct TickColumns<'a> {
    pub(super) times_ns: &'a [i64],
    pub(super) prices: &'a [i64],
    pub(super) quantities: &'a [i64],
    pub(super) sides: Option<&'a [i8]>,
    pub(super) ids: Option<&'a [i64]>,
    pub(super) marks: Option<&'a [u8]>,
}

impl<'a> TickColumns<'a> {
    /// Ticks of unknown sides, without ids and marks.
    ///
    /// # Errors
    /// [`ColumnError::LengthsDiffer`].
    pub fn new(
        times_ns: &'a [i64],
        prices: &'a [i64],
        quantities: &'a [i64],
    ) -> Result<Self, ColumnError> {
        let columns = Self { times_ns, prices, quantities, sides: None, ids: None, marks: None };
        columns.check("price", prices.len())?;
        columns.check("quantity", quantities.len())?;
        Ok(columns)
    }

    /// Adds who took the liquidity: 1 a buyer, −1 a seller, 0 unknown.
    ///
    /// # Errors
    /// [`ColumnError::LengthsDiffer`]; [`ColumnError::SideUnknown`] for any other code.
    pub fn with_sides(self, sides: &'a [i8]) -> Result<Self, ColumnError> {
        self.check("side", sides.len())?;
        // Without an early exit, so that it is a few instructions for sixteen.
        let wrong = sides
            .iter()
            .fold(0_u8, |wrong, code| wrong | (code.wrapping_add(1).to_be_bytes()[0] / 3));
        if wrong != 0 {
            let index = sides.iter().position(|code| !(-1..=1).contains(code)).unwrap_or_default();
            return Err(ColumnError::SideUnknown { index, code: sides[index] });
        }
        Ok(Self { sides: Some(sides), ..self })
    }

    /// Adds the trades' ids.
    ///
    /// # Errors
    /// [`ColumnError::LengthsDiffer`].
    pub fn with_ids(self, ids: &'a [i64]) -> Result<Self, ColumnError> {
        self.check("id", ids.len())?;
        Ok(Self { ids: Some(ids), ..self })
    }

    /// Adds [`Marks`].
    ///
    /// # Errors
    /// [`ColumnError::LengthsDiffer`].
    pub fn with_marks(self, marks: &'a [u8]) -> Result<Self, ColumnError> {
        self.check("conditions", marks.len())?;
        Ok(Self { marks: Some(marks), ..self })
    }

    /// How many ticks there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.times_ns.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.times_ns.is_empty()
    }

    const fn check(&self, column: &'static str, length: usize) -> Result<(), ColumnError> {
        ColumnError::check_length(column, length, self.times_ns.len())
    }

    #[inline]
    pub(super) fn slice(&self, from: usize, to: usize) -> Self {
        Self {
            times_ns: &self.times_ns[from..to],
            prices: &self.prices[from..to],
            quantities: &self.quantities[from..to],
            sides: self.sides.map(|sides| &sides[from..to]),
            ids: self.ids.map(|ids| &ids[from..to]),
            marks: self.marks.map(|marks| &marks[from..to]),
        }
    }

    #[inline]
    pub(super) fn trade(&self, index: usize) -> Trade {
        Trade {
            event_time_ns: self.times_ns[index],
            price: Price(self.prices[index]),
            quantity: Quantity(self.quantities[index]),
            aggressor_side: self
                .sides
                .map_or(AggressorSide::Unknown, |sides| AggressorSide::from_code(sides[index])),
            id: self.ids.map_or(NO_ID, |ids| ids[index]),
        }
    }

    pub(super) fn marks(&self, index: usize) -> Marks {
        Marks(self.marks.map_or(0, |marks| marks[index]))
    }
}

/// Smaller bars, by column; what is absent is zero, or for times and counts as said.
#[derive(Clone, Copy, Debug)]
pub struct SmallBars<'a> {
    /// When each opened.
    pub open_times_ns: &'a [i64],
    /// When each closed; the opening where it is absent.
    pub close_times_ns: Option<&'a [i64]>,
    /// First prices.
    pub opens: &'a [i64],
    /// Highest prices.
    pub highs: &'a [i64],
    /// Lowest prices.
    pub lows: &'a [i64],
    /// Last prices.
    pub closes: &'a [i64],
    /// Sums of quantities.
    pub volumes: Option<&'a [i64]>,
    /// Sums of price × quantity; close × volume where it is absent.
    pub notionals: Option<&'a [i128]>,
    /// Numbers of trades; 1 where it is absent.
    pub trade_counts: Option<&'a [i64]>,
    /// What buyers took.
    pub buy_volumes: Option<&'a [i64]>,
    /// What sellers took.
    pub sell_volumes: Option<&'a [i64]>,
    /// Ids of first trades.
    pub first_trade_ids: Option<&'a [i64]>,
    /// Ids of last trades.
    pub last_trade_ids: Option<&'a [i64]>,
    /// What each passes on of what is peculiar to it, as the bits of [`BarFlags`].
    pub flags: Option<&'a [u8]>,
}

/// Smaller bars whose columns have the same length.
#[derive(Clone, Copy, Debug)]
pub struct SmallBarColumns<'a>(SmallBars<'a>);

impl<'a> SmallBarColumns<'a> {
    /// Checks the lengths.
    ///
    /// # Errors
    /// [`ColumnError::LengthsDiffer`].
    pub fn new(bars: SmallBars<'a>) -> Result<Self, ColumnError> {
        let expected = bars.open_times_ns.len();
        let integers = [
            ("close_time", bars.close_times_ns),
            ("open", Some(bars.opens)),
            ("high", Some(bars.highs)),
            ("low", Some(bars.lows)),
            ("close", Some(bars.closes)),
            ("volume", bars.volumes),
            ("trade_count", bars.trade_counts),
            ("buy_volume", bars.buy_volumes),
            ("sell_volume", bars.sell_volumes),
            ("first_trade_id", bars.first_trade_ids),
            ("last_trade_id", bars.last_trade_ids),
        ];
        let lengths = integers
            .into_iter()
            .filter_map(|(column, values)| Some((column, values?.len())))
            .chain(bars.notionals.map(|values| ("notional", values.len())))
            .chain(bars.flags.map(|values| ("flags", values.len())));
        for (column, length) in lengths {
            ColumnError::check_length(column, length, expected)?;
        }
        Ok(Self(bars))
    }

    /// How many bars there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.open_times_ns.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.open_times_ns.is_empty()
    }

    pub(super) fn get(&self, index: usize) -> Bar {
        let bars = &self.0;
        let at = |column: Option<&[i64]>, absent| column.map_or(absent, |values| values[index]);
        let (close, volume) = (Price(bars.closes[index]), Quantity(at(bars.volumes, 0)));
        let first_trade_id = at(bars.first_trade_ids, NO_ID);
        Bar {
            open: Price(bars.opens[index]),
            high: Price(bars.highs[index]),
            low: Price(bars.lows[index]),
            volume,
            notional: bars
                .notionals
                .map_or_else(|| close.times(volume), |values| Notional(values[index])),
            trade_count: at(bars.trade_counts, 1),
            buy_volume: Quantity(at(bars.buy_volumes, 0)),
            sell_volume: Quantity(at(bars.sell_volumes, 0)),
            first_trade_id,
            last_trade_id: at(bars.last_trade_ids, first_trade_id),
            flags: BarFlags(bars.flags.map_or(0, |flags| flags[index])),
            ..Bar::at(
                close,
                bars.open_times_ns[index],
                at(bars.close_times_ns, bars.open_times_ns[index]),
            )
        }
    }
}

/// Ticks as a close policy looks at them: one, or a run of trades, by the same code.
#[derive(Clone, Copy, Debug)]
pub struct Ticks<'a> {
    pub(super) times_ns: &'a [i64],
    pub(super) highs: &'a [i64],
    pub(super) lows: &'a [i64],
    pub(super) closes: &'a [i64],
    pub(super) quantities: &'a [i64],
    sides: Option<&'a [i8]>,
    pub(super) width: Width,
    counts: Option<&'a [i64]>,
    notional: Option<i128>,
    open_time_ns: Option<i64>,
    close_time_ns: Option<i64>,
}

impl<'a> Ticks<'a> {
    /// Trades from an index on, whose numbers have a width.
    #[inline(always)]
    #[allow(clippy::inline_always)] // Once a bar, and mostly moves.
    pub(super) fn of_trades(trades: &TickColumns<'a>, from: usize, width: Width) -> Self {
        let prices = &trades.prices[from..];
        Self {
            times_ns: &trades.times_ns[from..],
            highs: prices,
            lows: prices,
            closes: prices,
            quantities: &trades.quantities[from..],
            sides: trades.sides.map(|sides| &sides[from..]),
            width,
            counts: None,
            notional: None,
            open_time_ns: None,
            close_time_ns: None,
        }
    }

    /// One trade, as a run of one.
    #[inline]
    pub(super) const fn of_trade(trade: &'a Trade, side: &'a [i8; 1]) -> Self {
        use std::slice::from_ref;
        let price = from_ref(&trade.price.0);
        Self {
            times_ns: from_ref(&trade.event_time_ns),
            highs: price,
            lows: price,
            closes: price,
            quantities: from_ref(&trade.quantity.0),
            sides: Some(side),
            width: Width::Wide,
            counts: None,
            notional: None,
            open_time_ns: None,
            close_time_ns: None,
        }
    }

    #[inline]
    pub(super) const fn of_one(tick: &'a Tick, side: &'a i8) -> Self {
        use std::slice::from_ref;
        Self {
            times_ns: from_ref(&tick.time_ns),
            highs: from_ref(&tick.bar.high.0),
            lows: from_ref(&tick.bar.low.0),
            closes: from_ref(&tick.bar.close.0),
            quantities: from_ref(&tick.bar.volume.0),
            sides: Some(from_ref(side)),
            width: Width::Wide,
            counts: Some(from_ref(&tick.bar.trade_count)),
            notional: Some(tick.bar.notional.0),
            open_time_ns: Some(tick.bar.open_time_ns),
            close_time_ns: Some(tick.bar.close_time_ns),
        }
    }

    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.times_ns.len()
    }

    /// Makes `bar` one that starts with the first of them, and to which none is added yet.
    #[inline]
    pub(super) fn start(&self, bar: &mut Bar) {
        let open_time_ns = self.open_time_ns.unwrap_or(self.times_ns[0]);
        *bar = Bar::at(Price(self.closes[0]), open_time_ns, open_time_ns);
        bar.flags = BarFlags::BLANK;
    }

    /// How many trades each counts for; none where each is one.
    #[inline]
    pub(super) const fn counts(&self) -> Option<&'a [i64]> {
        self.counts
    }

    #[inline]
    pub(super) fn side(&self, index: usize) -> i8 {
        self.sides.map_or(0, |sides| sides[index])
    }

    /// Whether the only one, a smaller bar, ends after a time.
    #[inline]
    pub(super) fn end_after(&self, time_ns: i64) -> bool {
        self.close_time_ns.is_some_and(|close_time_ns| close_time_ns > time_ns)
    }

    /// Price × quantity.
    #[inline]
    pub(super) fn notional(&self, index: usize) -> i128 {
        self.notional
            .unwrap_or_else(|| i128::from(self.closes[index]) * i128::from(self.quantities[index]))
    }
}

/// How many ticks are looked at together: as many as two vectors of 64-bit numbers hold.
const CHUNK: usize = 8;

impl Ticks<'_> {
    /// The first of some ticks that a bar does not simply absorb. Whole chunks that `absorbs` admits by their extremes, high and low,
    /// are passed over; in the others `stops` is asked for each tick.
    #[inline]
    pub(super) fn find_by_extremes(
        &self,
        from: usize,
        mut absorbs: impl FnMut(i64, i64) -> bool,
        mut stops: impl FnMut(usize) -> bool,
    ) -> Option<usize> {
        let mut index = from;
        while index < self.len() {
            let end = index + CHUNK;
            if let (Some(highs), Some(lows)) =
                (self.highs.get(index..end), self.lows.get(index..end))
            {
                let high = highs.iter().fold(i64::MIN, |high, price| high.max(*price));
                let low = lows.iter().fold(i64::MAX, |low, price| low.min(*price));
                if absorbs(high, low) {
                    index = end;
                    continue;
                }
            }
            let end = end.min(self.len());
            if let Some(found) = (index..end).find(|index| stops(*index)) {
                return Some(found);
            }
            index = end;
        }
        None
    }

    /// The first of some ticks at which a sum reaches `missing`, and the sum before it. What each adds, by its close and its quantity,
    /// is not negative.
    #[inline]
    pub(super) fn find_by_sum(
        &self,
        missing: i64,
        added: impl Fn(i64, i64) -> i64,
    ) -> (usize, i64) {
        let (mut index, mut sum) = (0, 0_i64);
        let chunks = self.closes.chunks_exact(CHUNK).zip(self.quantities.chunks_exact(CHUNK));
        for (closes, quantities) in chunks {
            let ticks = closes.iter().zip(quantities);
            let chunk =
                ticks.fold(0_i64, |sum, (close, size)| sum.wrapping_add(added(*close, *size)));
            if sum.wrapping_add(chunk) >= missing {
                break;
            }
            sum += chunk;
            index += CHUNK;
        }
        while index < self.len() {
            let next = sum.wrapping_add(added(self.closes[index], self.quantities[index]));
            if next >= missing {
                break;
            }
            sum = next;
            index += 1;
        }
        (index, sum)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::tick;
    use super::*;
    use proptest::prelude::*;

    const SEVERAL: [i64; 3] = [4, 5, 6];

    fn differs<T>(column: &'static str) -> Result<T, ColumnError> {
        Err(ColumnError::LengthsDiffer { column, length: 2, expected: 3 })
    }

    fn ticks() -> TickColumns<'static> {
        TickColumns::new(&SEVERAL, &SEVERAL, &SEVERAL).unwrap()
    }

    fn bars() -> SmallBars<'static> {
        SmallBars {
            open_times_ns: &SEVERAL,
            close_times_ns: None,
            opens: &SEVERAL,
            highs: &SEVERAL,
            lows: &SEVERAL,
            closes: &SEVERAL,
            volumes: None,
            notionals: None,
            trade_counts: None,
            buy_volumes: None,
            sell_volumes: None,
            first_trade_ids: None,
            last_trade_ids: None,
            flags: None,
        }
    }

    #[test]
    fn columns_of_ticks_have_one_length() {
        let two = &SEVERAL[..2];
        let refusal = |columns: Result<TickColumns<'_>, ColumnError>| columns.map(|_| ());
        assert_eq!(refusal(TickColumns::new(&SEVERAL, two, &SEVERAL)), differs("price"));
        assert_eq!(refusal(TickColumns::new(&SEVERAL, &SEVERAL, two)), differs("quantity"));
        assert_eq!(refusal(ticks().with_sides(&[0, 0])), differs("side"));
        assert_eq!(refusal(ticks().with_ids(two)), differs("id"));
        assert_eq!(refusal(ticks().with_marks(&[0, 0])), differs("conditions"));
    }

    #[test]
    fn columns_of_bars_have_one_length() {
        let two = &SEVERAL[..2];
        for (bars, column) in [
            (SmallBars { close_times_ns: Some(two), ..bars() }, "close_time"),
            (SmallBars { opens: two, ..bars() }, "open"),
            (SmallBars { closes: two, ..bars() }, "close"),
            (SmallBars { volumes: Some(two), ..bars() }, "volume"),
            (SmallBars { notionals: Some(&[0, 0]), ..bars() }, "notional"),
            (SmallBars { trade_counts: Some(two), ..bars() }, "trade_count"),
            (SmallBars { last_trade_ids: Some(two), ..bars() }, "last_trade_id"),
            (SmallBars { flags: Some(&[0, 0]), ..bars() }, "flags"),
        ] {
            assert_eq!(SmallBarColumns::new(bars).map(|_| ()), differs(column));
        }
    }

    #[test]
    fn a_code_that_is_no_side_is_refused_with_its_place() {
        for code in i8::MIN..=i8::MAX {
            let refusal = ticks().with_sides(&[0, code, -1]).err();
            let expected = ColumnError::SideUnknown { index: 1, code };
            assert_eq!(refusal, (!(-1..=1).contains(&code)).then_some(expected));
        }
    }

    #[test]
    fn what_a_bar_does_not_say_is_told_by_the_rest() {
        let given =
            SmallBars { volumes: Some(&[2, 2, 2]), first_trade_ids: Some(&[7; 3]), ..bars() };
        let bar = SmallBarColumns::new(given).unwrap().get(2);
        let expected = Bar {
            volume: Quantity(2),
            notional: Notional(12),
            trade_count: 1,
            first_trade_id: 7,
            last_trade_id: 7,
            ..Bar::at(Price(6), 6, 6)
        };
        assert_eq!(bar, expected);
    }

    #[test]
    fn a_slice_holds_its_rows_of_every_column() {
        let columns = ticks().with_sides(&[1, -1, 0]).unwrap();
        let columns = columns.with_ids(&[7, 8, 9]).unwrap().with_marks(&[0, 1, 2]).unwrap();
        let slice = columns.slice(1, 3);
        assert_eq!((slice.len(), slice.trade(0)), (2, columns.trade(1)));
        assert_eq!(slice.trade(0).aggressor_side, AggressorSide::Sell);
        assert_eq!((slice.trade(1).id, slice.marks(1)), (9, Marks(2)));
    }

    #[test]
    fn one_tick_looks_like_a_run_of_one() {
        let tick = tick(4, -4, 4);
        let one = Ticks::of_one(&tick, &0);
        let columns = TickColumns::new(&[4], &[-4], &[4]).unwrap();
        let run = Ticks::of_trades(&columns, 0, Width::Narrow);
        assert_eq!((one.len(), one.notional(0), one.side(0)), (1, -16, 0));
        assert_eq!((run.len(), run.notional(0), run.side(0)), (1, -16, 0));
        let (mut of_one, mut of_run) = (tick.bar, tick.bar);
        one.start(&mut of_one);
        run.start(&mut of_run);
        assert!(of_one == of_run && of_one.is_blank());
    }

    proptest! {
        #[test]
        fn the_first_tick_outside_a_range_is_found(
            prices in prop::collection::vec(0..100_i64, 0..60),
            from in 0..60_usize,
            bottom in 0..9_i64,
            top in 90..100_i64,
        ) {
            let columns = TickColumns::new(&prices, &prices, &prices).unwrap();
            let ticks = Ticks::of_trades(&columns, 0, Width::Narrow);
            let is_inside = |price: i64| (bottom..=top).contains(&price);
            let found = ticks.find_by_extremes(
                from,
                |high, low| is_inside(high) && is_inside(low),
                |index| !is_inside(prices[index]),
            );
            prop_assert_eq!(found, (from..prices.len()).find(|index| !is_inside(prices[*index])));
        }

        #[test]
        fn the_first_tick_at_which_a_sum_is_reached_is_found(
            added in prop_oneof![prop::collection::vec(0..3_i64, 0..60), prop::collection::vec(0..1_000_i64, 0..60)],
            missing in prop_oneof![-1..50_i64, 0..20_000_i64, Just(i64::MAX)],
        ) {
            let columns = TickColumns::new(&added, &added, &added).unwrap();
            let (mut index, mut sum) = (0, 0);
            while index < added.len() && sum + added[index] < missing {
                sum += added[index];
                index += 1;
            }
            let ticks = Ticks::of_trades(&columns, 0, Width::Narrow);
            prop_assert_eq!(ticks.find_by_sum(missing, |_, quantity| quantity), (index, sum));
        }
    }
}
