//! Ticks of one batch of a table: read, turned into units block by block, folded.

use std::ops::Range;

use algotrendy_core::bar::{
    BarFlags, BatchError, ColumnError, ConditionTable, Draft, Marks, SmallBarColumns, SmallBars,
    Source, TickColumns, INVALID,
};
use pyo3::prelude::*;

use super::numbers::{overflow, Number};
use super::refusal;
use super::stream::{QuotePrice, Terms};
use super::table::Batch;
use super::values::{Column, Sides, Values};
use crate::errors::to_py;

/// How many ticks are turned into units at once: few enough to stay in the cache.
const BLOCK: usize = 8_192;

/// Why ticks of a batch were refused.
pub enum PushError {
    Batch(BatchError),
    Columns(ColumnError),
    Range(&'static str),
    Infinite { field: &'static str, row: usize, value: f64 },
}

impl From<BatchError> for PushError {
    fn from(error: BatchError) -> Self {
        Self::Batch(error)
    }
}

impl From<ColumnError> for PushError {
    fn from(error: ColumnError) -> Self {
        Self::Columns(error)
    }
}

impl PushError {
    /// The same, where so many rows came before.
    fn after_rows(self, row: usize) -> Self {
        match self {
            Self::Batch(error) => Self::Batch(BatchError { index: error.index + row, ..error }),
            Self::Columns(ColumnError::SideUnknown { index, code }) => {
                Self::Columns(ColumnError::SideUnknown { index: index + row, code })
            }
            Self::Infinite { field, row: place, value } => {
                Self::Infinite { field, row: place + row, value }
            }
            other => other,
        }
    }

    /// Why the units of some rows are none.
    fn of_rows(field: &'static str, values: &Values<'_>, rows: Range<usize>) -> Self {
        match values.infinite(rows) {
            Some((row, value)) => Self::Infinite { field, row, value },
            None => Self::Range(field),
        }
    }

    /// As an exception.
    pub fn into_py(self) -> PyErr {
        match self {
            Self::Batch(error) => to_py(error),
            Self::Columns(error) => to_py(error),
            Self::Range(field) => overflow(field),
            Self::Infinite { field, row, value } => refusal::infinite(field, row, value),
        }
    }
}

/// The ticks of one batch, in columns of one length.
pub enum TickBatch<'a> {
    Trades(Trades<'a>),
    Quotes(Quotes<'a>),
    Bars(Box<BarBatch<'a>>),
}

/// The columns of trades.
pub struct Trades<'a> {
    times_ns: Column<'a, i64>,
    prices: Values<'a>,
    quantities: Values<'a>,
    sides: Option<Sides<'a>>,
    ids: Option<Column<'a, i64>>,
    marks: Option<Vec<u8>>,
}

/// The columns of quotes.
pub struct Quotes<'a> {
    times_ns: Column<'a, i64>,
    bids: Values<'a>,
    asks: Values<'a>,
    price: QuotePrice,
}

/// The columns of smaller bars.
pub struct BarBatch<'a> {
    open_times_ns: Column<'a, i64>,
    close_times_ns: Option<Column<'a, i64>>,
    /// Open, high, low, close.
    prices: [Values<'a>; 4],
    /// Volume, bought, sold.
    volumes: [Option<Values<'a>>; 3],
    notionals: Option<Vec<i128>>,
    trade_counts: Option<Column<'a, i64>>,
    first_trade_ids: Option<Column<'a, i64>>,
    last_trade_ids: Option<Column<'a, i64>>,
    flags: Option<Vec<u8>>,
}

/// Reads the columns of a batch, which have as many rows as its times.
struct Reader<'b, 'a, M> {
    batch: &'b Batch<'a>,
    rows: usize,
    /// How many rows came in batches before.
    first_row: usize,
    missing: M,
}

impl<'a, M: Fn(&str) -> PyErr> Reader<'_, 'a, M> {
    /// A column, if it has as many rows.
    fn checked<T>(
        &self,
        role: &'static str,
        column: Option<T>,
        length: impl Fn(&T) -> usize,
    ) -> PyResult<Option<T>> {
        if let Some(column) = &column {
            ColumnError::check_length(role, length(column), self.rows).map_err(to_py)?;
        }
        Ok(column)
    }

    fn needed<T>(&self, role: &str, column: Option<T>) -> PyResult<T> {
        column.ok_or_else(|| (self.missing)(role))
    }

    fn values(&self, role: &'static str) -> PyResult<Option<Values<'a>>> {
        self.checked(role, self.batch.values(role)?, Values::len)
    }

    fn needed_values(&self, role: &'static str) -> PyResult<Values<'a>> {
        self.needed(role, self.values(role)?)
    }

    fn integers(&self, role: &'static str) -> PyResult<Option<Column<'a, i64>>> {
        self.checked(role, self.batch.integers(role)?, Column::len)
    }
}

impl<'a> TickBatch<'a> {
    /// Reads what the terms ask for.
    pub fn read(
        batch: &Batch<'a>,
        terms: &Terms,
        first_row: usize,
        missing: impl Fn(&str) -> PyErr,
    ) -> PyResult<Self> {
        let times_ns = match terms.source {
            Source::Bars => batch.times("open_time")?,
            _ => None,
        };
        let times_ns = match times_ns {
            Some(times_ns) => times_ns,
            None => batch.times("time")?.ok_or_else(|| missing("time"))?,
        };
        let reader = Reader { batch, rows: times_ns.len(), first_row, missing };
        Ok(match terms.source {
            Source::Trades => Self::Trades(Trades::read(&reader, times_ns, terms)?),
            Source::Quotes => Self::Quotes(Quotes {
                times_ns,
                bids: reader.needed_values("bid")?,
                asks: reader.needed_values("ask")?,
                price: terms.quote_price,
            }),
            Source::Bars => Self::Bars(Box::new(BarBatch::read(&reader, times_ns, terms)?)),
        })
    }

    /// How many ticks there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Trades(trades) => trades.times_ns.len(),
            Self::Quotes(quotes) => quotes.times_ns.len(),
            Self::Bars(bars) => bars.open_times_ns.len(),
        }
    }

    /// Learns the kinds of its numbers, or refuses them.
    pub fn admit(&self, price: &mut Number, quantity: &mut Number) -> PyResult<()> {
        match self {
            Self::Trades(Trades { prices, quantities, .. }) => {
                price.admit("price", prices.kind())?;
                quantity.admit("quantity", quantities.kind())
            }
            Self::Quotes(Quotes { bids, asks, .. }) => {
                price.admit("bid", bids.kind())?;
                price.admit("ask", asks.kind())
            }
            Self::Bars(bars) => {
                for (field, values) in PRICES.into_iter().zip(&bars.prices) {
                    price.admit(field, values.kind())?;
                }
                for (field, values) in VOLUMES.into_iter().zip(&bars.volumes) {
                    if let Some(values) = values {
                        quantity.admit(field, values.kind())?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Folds all of them, prices and quantities at the given scales; returns how many numbers were rounded.
    pub fn fold(
        &self,
        draft: &mut Draft<'_>,
        scales: Scales,
        first_row: usize,
    ) -> Result<u64, PushError> {
        let mut rounded = 0;
        // What needs no conversion needs no blocks.
        let block = match self {
            Self::Trades(trades) if trades.are_units() => self.len(),
            _ => BLOCK,
        };
        let mut start = 0;
        while start < self.len() {
            let end = self.len().min(start + block);
            let folded = match self {
                Self::Trades(trades) => trades.fold(draft, scales, start..end, &mut rounded),
                Self::Quotes(quotes) => quotes.fold(draft, scales, start..end, &mut rounded),
                Self::Bars(bars) => bars.fold(draft, scales, start..end, &mut rounded),
            };
            folded.map_err(|error| error.after_rows(first_row + start))?;
            start = end;
        }
        Ok(rounded)
    }
}

/// Digits after the point of prices and of quantities in units.
#[derive(Clone, Copy)]
pub struct Scales {
    pub price: u8,
    pub quantity: u8,
}

const PRICES: [&str; 4] = ["open", "high", "low", "close"];
const VOLUMES: [&str; 3] = ["volume", "buy_volume", "sell_volume"];

impl<'a> Trades<'a> {
    fn read<M: Fn(&str) -> PyErr>(
        reader: &Reader<'_, 'a, M>,
        times_ns: Column<'a, i64>,
        terms: &Terms,
    ) -> PyResult<Self> {
        let marks = match &terms.conditions {
            None => None,
            Some(table) => {
                let marks = reader.needed("conditions", marks(reader.batch, table)?)?;
                reader.checked("conditions", Some(marks), Vec::len)?
            }
        };
        Ok(Self {
            times_ns,
            prices: reader.needed_values("price")?,
            quantities: reader.needed_values("quantity")?,
            sides: reader.checked("side", reader.batch.sides()?, Sides::len)?,
            ids: reader.integers("id")?,
            marks,
        })
    }

    fn are_units(&self) -> bool {
        matches!(
            (&self.prices, &self.quantities, &self.sides),
            (Values::Integers(_), Values::Integers(_), None | Some(Sides::Bytes(_)))
        )
    }

    fn fold(
        &self,
        draft: &mut Draft<'_>,
        scales: Scales,
        rows: Range<usize>,
        rounded: &mut u64,
    ) -> Result<(), PushError> {
        let (mut prices, mut quantities, mut sides) = (Vec::new(), Vec::new(), Vec::new());
        let prices = self
            .prices
            .units(rows.clone(), scales.price, rounded, &mut prices)
            .ok_or_else(|| PushError::of_rows("price", &self.prices, rows.clone()))?;
        let quantities = self
            .quantities
            .units(rows.clone(), scales.quantity, rounded, &mut quantities)
            .ok_or_else(|| PushError::of_rows("quantity", &self.quantities, rows.clone()))?;
        let times_ns = &self.times_ns.as_slice()[rows.clone()];
        let mut columns = TickColumns::new(times_ns, prices, quantities)?;
        if let Some(codes) = &self.sides {
            columns = columns.with_sides(codes.bytes(rows.clone(), &mut sides))?;
        }
        if let Some(ids) = &self.ids {
            columns = columns.with_ids(&ids.as_slice()[rows.clone()])?;
        }
        if let Some(marks) = &self.marks {
            columns = columns.with_marks(&marks[rows])?;
        }
        Ok(draft.push_ticks(columns)?)
    }
}

impl Quotes<'_> {
    fn fold(
        &self,
        draft: &mut Draft<'_>,
        scales: Scales,
        rows: Range<usize>,
        rounded: &mut u64,
    ) -> Result<(), PushError> {
        let (mut bids, mut asks) = (Vec::new(), Vec::new());
        let bids = self
            .bids
            .units(rows.clone(), scales.price, rounded, &mut bids)
            .ok_or_else(|| PushError::of_rows("bid", &self.bids, rows.clone()))?;
        let asks = self
            .asks
            .units(rows.clone(), scales.price, rounded, &mut asks)
            .ok_or_else(|| PushError::of_rows("ask", &self.asks, rows.clone()))?;
        let (prices, marks) = quote_prices(bids, asks, self.price)?;
        let quantities = vec![0; prices.len()];
        let mut columns = TickColumns::new(&self.times_ns.as_slice()[rows], &prices, &quantities)?;
        if let Some(marks) = &marks {
            columns = columns.with_marks(marks)?;
        }
        Ok(draft.push_ticks(columns)?)
    }
}

impl<'a> BarBatch<'a> {
    fn read<M: Fn(&str) -> PyErr>(
        reader: &Reader<'_, 'a, M>,
        open_times_ns: Column<'a, i64>,
        terms: &Terms,
    ) -> PyResult<Self> {
        let batch = reader.batch;
        let close_times_ns = match (batch.times("close_time")?, terms.source_interval_ns) {
            (None, Some(interval_ns)) => Some(ends(&open_times_ns, interval_ns)?),
            (times_ns, _) => times_ns,
        };
        let [open, high, low, close] = PRICES.map(|role| reader.needed_values(role));
        let [volume, bought, sold] = VOLUMES.map(|role| reader.values(role));
        let prices = [open?, high?, low?, close?];
        let in_units = matches!(prices[3], Values::Integers(_));
        let scale = terms.price.scale + terms.quantity.scale;
        let notionals = batch.notionals(scale, in_units, reader.first_row)?;
        let flags = batch.integers("flags")?.map(|flags| inherited(flags.as_slice()));
        Ok(Self {
            open_times_ns,
            close_times_ns: reader.checked("close_time", close_times_ns, Column::len)?,
            prices,
            volumes: [volume?, bought?, sold?],
            notionals: reader.checked("notional", notionals, Vec::len)?,
            trade_counts: reader.integers("trade_count")?,
            first_trade_ids: reader.integers("first_trade_id")?,
            last_trade_ids: reader.integers("last_trade_id")?,
            flags: reader.checked("flags", flags, Vec::len)?,
        })
    }

    fn fold(
        &self,
        draft: &mut Draft<'_>,
        scales: Scales,
        rows: Range<usize>,
        rounded: &mut u64,
    ) -> Result<(), PushError> {
        fn part<'b, T>(column: Option<&'b [T]>, rows: &Range<usize>) -> Option<&'b [T]> {
            column.map(|values| &values[rows.clone()])
        }
        fn ints<'b>(column: Option<&'b Column<'_, i64>>, rows: &Range<usize>) -> Option<&'b [i64]> {
            part(column.map(Column::as_slice), rows)
        }
        let mut price_buffers: [Vec<i64>; 4] = Default::default();
        let mut volume_buffers: [Vec<i64>; 3] = Default::default();
        let mut prices = [[].as_slice(); 4];
        for (index, buffer) in price_buffers.iter_mut().enumerate() {
            let (field, values) = (PRICES[index], &self.prices[index]);
            prices[index] = values
                .units(rows.clone(), scales.price, rounded, buffer)
                .ok_or_else(|| PushError::of_rows(field, values, rows.clone()))?;
        }
        let mut volumes = [None; 3];
        for (index, buffer) in volume_buffers.iter_mut().enumerate() {
            let Some(values) = &self.volumes[index] else { continue };
            let units = values.units(rows.clone(), scales.quantity, rounded, buffer);
            let refuse = || PushError::of_rows(VOLUMES[index], values, rows.clone());
            volumes[index] = Some(units.ok_or_else(refuse)?);
        }
        Ok(draft.push_bars(SmallBarColumns::new(SmallBars {
            open_times_ns: &self.open_times_ns.as_slice()[rows.clone()],
            close_times_ns: ints(self.close_times_ns.as_ref(), &rows),
            opens: prices[0],
            highs: prices[1],
            lows: prices[2],
            closes: prices[3],
            volumes: volumes[0],
            notionals: part(self.notionals.as_deref(), &rows),
            trade_counts: ints(self.trade_counts.as_ref(), &rows),
            buy_volumes: volumes[1],
            sell_volumes: volumes[2],
            first_trade_ids: ints(self.first_trade_ids.as_ref(), &rows),
            last_trade_ids: ints(self.last_trade_ids.as_ref(), &rows),
            flags: part(self.flags.as_deref(), &rows),
        })?)?)
    }
}

/// When bars of one length close.
fn ends<'a>(open_times_ns: &Column<'_, i64>, interval_ns: i64) -> PyResult<Column<'a, i64>> {
    let end_ns = |time_ns: &i64| match *time_ns {
        INVALID => Some(INVALID),
        time_ns => time_ns.checked_add(interval_ns),
    };
    let ends: Option<Vec<i64>> = open_times_ns.as_slice().iter().map(end_ns).collect();
    ends.map(Column::Owned).ok_or_else(|| overflow("close_time"))
}

/// What a bar passes on to the bar that is made of it.
fn inherited(flags: &[i64]) -> Vec<u8> {
    let passed_on = BarFlags::PARTIAL.with(BarFlags::LATE).with(BarFlags::SUSPECT).0;
    flags.iter().map(|flags| flags.to_le_bytes()[0] & passed_on).collect()
}

/// The marks of a print with these conditions.
pub fn marks_of(table: &ConditionTable, codes: &[String]) -> PyResult<u8> {
    let expected = "a code of the table of conditions";
    codes.iter().try_fold(0, |marks, code| {
        let more = table.marks(code);
        Ok(marks
            | more.ok_or_else(|| refusal::value("conditions", format!("{code:?}"), expected))?)
    })
}

fn marks(batch: &Batch<'_>, table: &ConditionTable) -> PyResult<Option<Vec<u8>>> {
    let Some(rows) = batch.texts("conditions")? else { return Ok(None) };
    let mut marks = Vec::with_capacity(rows.len());
    for codes in rows {
        marks.push(marks_of(table, &codes)?);
    }
    Ok(Some(marks))
}

/// The prices of quotes, and marks where a bid is above its ask.
fn quote_prices(
    bids: &[i64],
    asks: &[i64],
    price: QuotePrice,
) -> Result<(Vec<i64>, Option<Vec<u8>>), PushError> {
    let quotes = bids.iter().zip(asks);
    let marks = quotes
        .clone()
        .any(|(bid, ask)| quote_marks(*bid, *ask) != 0)
        .then(|| quotes.clone().map(|(bid, ask)| quote_marks(*bid, *ask)).collect());
    let prices: Option<Vec<i64>> = quotes.map(|(bid, ask)| price.of(*bid, *ask)).collect();
    Ok((prices.ok_or(PushError::Range("price"))?, marks))
}

/// What is known of a quote beyond its price.
pub fn quote_marks(bid: i64, ask: i64) -> u8 {
    if bid == INVALID || ask == INVALID {
        return 0;
    }
    let crossed = if bid > ask { Marks::CROSSED } else { 0 };
    crossed | if bid.min(ask) <= 0 { Marks::NONPOSITIVE } else { 0 }
}

impl QuotePrice {
    /// The price of a quote; none if it leaves the range. A mid price has one digit more.
    pub fn of(self, bid: i64, ask: i64) -> Option<i64> {
        if bid == INVALID || ask == INVALID {
            return Some(INVALID);
        }
        match self {
            Self::Bid => Some(bid),
            Self::Ask => Some(ask),
            // Half of the sum, in tenths of a unit, is five times it.
            Self::Mid => bid.checked_add(ask)?.checked_mul(5),
        }
    }
}
