//! Ticks of one batch of a table: read, turned into units block by block, folded.

use algotrendy_core::bar::{
    BarFlags, BatchError, ColumnError, ConditionTable, Draft, Marks, SmallBarColumns, SmallBars,
    Source, TickColumns, INVALID,
};
use pyo3::prelude::*;

use super::numbers::{overflow, Number};
use super::refusal;
use super::stream::{QuotePrice, Terms};
use super::table::{Batch, Column, SideSlice, Sides, ValueSlice, Values};
use crate::errors::to_py;

/// How many ticks are turned into units at once: few enough to stay in the cache.
const BLOCK: usize = 8_192;

/// Why ticks of a batch were refused.
pub enum PushError {
    Batch(BatchError),
    Columns(ColumnError),
    Range(&'static str),
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
            other => other,
        }
    }

    /// As an exception.
    pub fn into_py(self) -> PyErr {
        match self {
            Self::Batch(error) => to_py(error),
            Self::Columns(error) => to_py(error),
            Self::Range(field) => overflow(field),
        }
    }
}

/// The ticks of one batch.
pub enum TickBatch<'a> {
    /// Trades.
    Trades {
        times_ns: Column<'a, i64>,
        prices: Values<'a>,
        quantities: Values<'a>,
        sides: Option<Sides<'a>>,
        ids: Option<Column<'a, i64>>,
        marks: Option<Vec<u8>>,
    },
    /// Quotes.
    Quotes { times_ns: Column<'a, i64>, bids: Values<'a>, asks: Values<'a>, price: QuotePrice },
    /// Smaller bars.
    Bars(Box<BarBatch<'a>>),
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

impl<'a> TickBatch<'a> {
    /// Reads what the terms ask for.
    pub fn read(
        batch: &Batch<'a>,
        terms: &Terms,
        missing: impl Fn(&str) -> PyErr,
    ) -> PyResult<Self> {
        let values = |role| batch.values(role)?.ok_or_else(|| missing(role));
        let times_ns = || batch.times("time")?.ok_or_else(|| missing("time"));
        let in_units = matches!(batch.values("close")?, Some(Values::Integers(_)));
        Ok(match terms.source {
            Source::Trades => Self::Trades {
                times_ns: times_ns()?,
                prices: values("price")?,
                quantities: values("quantity")?,
                sides: batch.sides()?,
                ids: batch.integers("id")?,
                marks: match &terms.conditions {
                    Some(table) => Some(marks(batch, table)?.ok_or_else(|| missing("conditions"))?),
                    None => None,
                },
            },
            Source::Quotes => Self::Quotes {
                times_ns: times_ns()?,
                bids: values("bid")?,
                asks: values("ask")?,
                price: terms.quote_price,
            },
            Source::Bars => {
                let open_times_ns = match batch.times("open_time")? {
                    Some(times_ns) => times_ns,
                    None => times_ns()?,
                };
                let close_times_ns = match (batch.times("close_time")?, terms.source_interval_ns) {
                    (None, Some(interval_ns)) => Some(ends(&open_times_ns, interval_ns)?),
                    (times_ns, _) => times_ns,
                };
                Self::Bars(Box::new(BarBatch {
                    open_times_ns,
                    close_times_ns,
                    prices: [values("open")?, values("high")?, values("low")?, values("close")?],
                    flags: batch.integers("flags")?.map(|flags| inherited(flags.as_slice())),
                    volumes: [
                        batch.values("volume")?,
                        batch.values("buy_volume")?,
                        batch.values("sell_volume")?,
                    ],
                    notionals: batch
                        .notionals(terms.price.scale + terms.quantity.scale, in_units)?,
                    trade_counts: batch.integers("trade_count")?,
                    first_trade_ids: batch.integers("first_trade_id")?,
                    last_trade_ids: batch.integers("last_trade_id")?,
                }))
            }
        })
    }

    /// Learns the kinds of its numbers, or refuses them.
    pub fn admit(&self, price: &mut Number, quantity: &mut Number) -> PyResult<()> {
        match self {
            Self::Trades { prices, quantities, .. } => {
                price.admit("price", prices.kind())?;
                quantity.admit("quantity", quantities.kind())
            }
            Self::Quotes { bids, asks, .. } => {
                price.admit("bid", bids.kind())?;
                price.admit("ask", asks.kind())
            }
            Self::Bars(bars) => {
                for (field, values) in
                    ["open", "high", "low", "close"].into_iter().zip(&bars.prices)
                {
                    price.admit(field, values.kind())?;
                }
                for (field, values) in
                    ["volume", "buy_volume", "sell_volume"].into_iter().zip(&bars.volumes)
                {
                    if let Some(values) = values {
                        quantity.admit(field, values.kind())?;
                    }
                }
                Ok(())
            }
        }
    }

    /// The same as slices that another thread may read.
    pub fn view(&self) -> TickView<'_> {
        fn ints<'b>(column: &'b Column<'_, i64>) -> &'b [i64] {
            column.as_slice()
        }
        fn maybe<'b>(column: Option<&'b Column<'_, i64>>) -> Option<&'b [i64]> {
            column.map(ints)
        }
        match self {
            Self::Trades { times_ns, prices, quantities, sides, ids, marks } => TickView::Trades {
                times_ns: ints(times_ns),
                prices: prices.as_slice(),
                quantities: quantities.as_slice(),
                sides: sides.as_ref().map(Sides::as_slice),
                ids: maybe(ids.as_ref()),
                marks: marks.as_deref(),
            },
            Self::Quotes { times_ns, bids, asks, price } => TickView::Quotes {
                times_ns: ints(times_ns),
                bids: bids.as_slice(),
                asks: asks.as_slice(),
                price: *price,
            },
            Self::Bars(bars) => {
                let [open, high, low, close] = &bars.prices;
                let [volume, bought, sold] = &bars.volumes;
                TickView::Bars {
                    open_times_ns: ints(&bars.open_times_ns),
                    close_times_ns: maybe(bars.close_times_ns.as_ref()),
                    prices: [open.as_slice(), high.as_slice(), low.as_slice(), close.as_slice()],
                    volumes: [
                        volume.as_ref().map(Values::as_slice),
                        bought.as_ref().map(Values::as_slice),
                        sold.as_ref().map(Values::as_slice),
                    ],
                    notionals: bars.notionals.as_deref(),
                    trade_counts: maybe(bars.trade_counts.as_ref()),
                    first_trade_ids: maybe(bars.first_trade_ids.as_ref()),
                    last_trade_ids: maybe(bars.last_trade_ids.as_ref()),
                    flags: bars.flags.as_deref(),
                }
            }
        }
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

/// [`TickBatch`] as slices.
#[derive(Clone, Copy)]
pub enum TickView<'a> {
    Trades {
        times_ns: &'a [i64],
        prices: ValueSlice<'a>,
        quantities: ValueSlice<'a>,
        sides: Option<SideSlice<'a>>,
        ids: Option<&'a [i64]>,
        marks: Option<&'a [u8]>,
    },
    Quotes {
        times_ns: &'a [i64],
        bids: ValueSlice<'a>,
        asks: ValueSlice<'a>,
        price: QuotePrice,
    },
    Bars {
        open_times_ns: &'a [i64],
        close_times_ns: Option<&'a [i64]>,
        prices: [ValueSlice<'a>; 4],
        volumes: [Option<ValueSlice<'a>>; 3],
        notionals: Option<&'a [i128]>,
        trade_counts: Option<&'a [i64]>,
        first_trade_ids: Option<&'a [i64]>,
        last_trade_ids: Option<&'a [i64]>,
        flags: Option<&'a [u8]>,
    },
}

impl TickView<'_> {
    /// How many ticks there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Trades { times_ns, .. } | Self::Quotes { times_ns, .. } => times_ns.len(),
            Self::Bars { open_times_ns, .. } => open_times_ns.len(),
        }
    }

    /// Folds all of them, prices and quantities at the given scales; returns how many numbers were rounded.
    pub fn fold(
        &self,
        draft: &mut Draft<'_>,
        scales: (u8, u8),
        first_row: usize,
    ) -> Result<u64, PushError> {
        self.check_lengths()?;
        let mut rounded = 0;
        let mut start = 0;
        while start < self.len() {
            let end = self.block_end(start);
            self.fold_block(draft, scales, start..end, &mut rounded)
                .map_err(|error| error.after_rows(first_row + start))?;
            start = end;
        }
        Ok(rounded)
    }

    /// What needs no conversion needs no blocks.
    fn block_end(&self, start: usize) -> usize {
        match self {
            Self::Trades {
                prices: ValueSlice::Integers(_),
                quantities: ValueSlice::Integers(_),
                sides: None | Some(SideSlice::Bytes(_)),
                ..
            } => self.len(),
            _ => self.len().min(start + BLOCK),
        }
    }

    fn check_lengths(&self) -> Result<(), PushError> {
        let check = |column: &'static str, length: usize| {
            let expected = self.len();
            if length == expected {
                return Ok(());
            }
            Err(PushError::Columns(ColumnError::LengthsDiffer { column, length, expected }))
        };
        match self {
            Self::Trades { prices, quantities, sides, ids, marks, .. } => {
                marks.map_or(Ok(()), |marks| check("conditions", marks.len()))?;
                check("price", prices.len())?;
                check("quantity", quantities.len())?;
                sides.map_or(Ok(()), |sides| check("side", sides.len()))?;
                ids.map_or(Ok(()), |ids| check("id", ids.len()))
            }
            Self::Quotes { bids, asks, .. } => {
                check("bid", bids.len())?;
                check("ask", asks.len())
            }
            Self::Bars {
                close_times_ns,
                prices,
                volumes,
                notionals,
                trade_counts,
                first_trade_ids,
                last_trade_ids,
                flags,
                ..
            } => {
                for (column, values) in ["open", "high", "low", "close"].into_iter().zip(prices) {
                    check(column, values.len())?;
                }
                for (column, values) in
                    ["volume", "buy_volume", "sell_volume"].into_iter().zip(volumes)
                {
                    values.map_or(Ok(()), |values| check(column, values.len()))?;
                }
                notionals.map_or(Ok(()), |values| check("notional", values.len()))?;
                flags.map_or(Ok(()), |values| check("flags", values.len()))?;
                let integers = [
                    ("close_time", close_times_ns),
                    ("trade_count", trade_counts),
                    ("first_trade_id", first_trade_ids),
                    ("last_trade_id", last_trade_ids),
                ];
                integers.into_iter().try_for_each(|(column, values)| {
                    values.map_or(Ok(()), |values| check(column, values.len()))
                })
            }
        }
    }

    fn fold_block(
        &self,
        draft: &mut Draft<'_>,
        (price_scale, quantity_scale): (u8, u8),
        rows: std::ops::Range<usize>,
        rounded: &mut u64,
    ) -> Result<(), PushError> {
        let (from, to) = (rows.start, rows.end);
        let mut buffers: [Vec<i64>; 7] = Default::default();
        let mut side_buffer = Vec::new();
        let [first, second, ..] = &mut buffers;
        match self {
            Self::Trades { times_ns, prices, quantities, sides, ids, marks } => {
                let prices = prices
                    .units(from, to, price_scale, rounded, first)
                    .ok_or(PushError::Range("price"))?;
                let quantities = quantities
                    .units(from, to, quantity_scale, rounded, second)
                    .ok_or(PushError::Range("quantity"))?;
                let mut columns = TickColumns::new(&times_ns[from..to], prices, quantities)?;
                if let Some(sides) = sides {
                    columns = columns.with_sides(sides.bytes(from, to, &mut side_buffer))?;
                }
                if let Some(ids) = ids {
                    columns = columns.with_ids(&ids[from..to])?;
                }
                if let Some(marks) = marks {
                    columns = columns.with_marks(&marks[from..to])?;
                }
                Ok(draft.push_ticks(columns)?)
            }
            Self::Quotes { times_ns, bids, asks, price } => {
                let bids = bids
                    .units(from, to, price_scale, rounded, first)
                    .ok_or(PushError::Range("bid"))?;
                let asks = asks
                    .units(from, to, price_scale, rounded, second)
                    .ok_or(PushError::Range("ask"))?;
                let (prices, marks) = quote_prices(bids, asks, *price)?;
                let quantities = vec![0; prices.len()];
                let mut columns = TickColumns::new(&times_ns[from..to], &prices, &quantities)?;
                if let Some(marks) = &marks {
                    columns = columns.with_marks(marks)?;
                }
                Ok(draft.push_ticks(columns)?)
            }
            Self::Bars {
                open_times_ns,
                close_times_ns,
                prices,
                volumes,
                notionals,
                trade_counts,
                first_trade_ids,
                last_trade_ids,
                flags,
            } => {
                let [open, high, low, close, volume, bought, sold] = &mut buffers;
                let mut price = |index: usize, field, buffer| {
                    prices[index]
                        .units(from, to, price_scale, rounded, buffer)
                        .ok_or(PushError::Range(field))
                };
                let opens = price(0, "open", open)?;
                let highs = price(1, "high", high)?;
                let lows = price(2, "low", low)?;
                let closes = price(3, "close", close)?;
                let mut quantity = |index: usize, field, buffer| {
                    let Some(values) = volumes[index] else { return Ok(None) };
                    values
                        .units(from, to, quantity_scale, rounded, buffer)
                        .map(Some)
                        .ok_or(PushError::Range(field))
                };
                let bars = SmallBars {
                    open_times_ns: &open_times_ns[from..to],
                    close_times_ns: close_times_ns.map(|values| &values[from..to]),
                    opens,
                    highs,
                    lows,
                    closes,
                    volumes: quantity(0, "volume", volume)?,
                    notionals: notionals.map(|values| &values[from..to]),
                    trade_counts: trade_counts.map(|values| &values[from..to]),
                    buy_volumes: quantity(1, "buy_volume", bought)?,
                    sell_volumes: quantity(2, "sell_volume", sold)?,
                    first_trade_ids: first_trade_ids.map(|values| &values[from..to]),
                    last_trade_ids: last_trade_ids.map(|values| &values[from..to]),
                    flags: flags.map(|values| &values[from..to]),
                };
                Ok(draft.push_bars(SmallBarColumns::new(bars)?)?)
            }
        }
    }
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
