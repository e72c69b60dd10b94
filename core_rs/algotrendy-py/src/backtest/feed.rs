//! `BacktestFeed`: one series of market data, read from a table and checked once.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::backtest::{
    BarColumns, DataError, Delisting, Factor, Feed, FeedData, QuoteColumns, RunError, TradeColumns,
};
use algotrendy_core::bar::{SeriesSpec, INVALID};
use algotrendy_core::instrument::Instrument;
use algotrendy_core::price::Price;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::refusal::NotIncreasing;
use super::shared::shared;
use super::units::UnitReader;
use crate::bar::refusal;
use crate::bar::stream::PyTickTable;
use crate::bar::table::Table;
use crate::convert::from_python;
use crate::errors::to_py;
use crate::instrument::PyInstrument;

/// One series of market data in its instrument's units, ready to run.
#[pyclass(name = "BacktestFeed", module = "algotrendy._core", frozen)]
pub struct PyFeed {
    pub inner: Feed,
    instrument: PyInstrument,
    rounded: u64,
}

#[pymethods]
impl PyFeed {
    #[new]
    #[pyo3(signature = (
        table, instrument, *, name, integer_scale = None, rounds = false, interval_ns = None, label_close = false,
        bars = None, membership = Vec::new(), delisting = None, factors = Vec::new()
    ))]
    #[allow(clippy::too_many_arguments)] // What is known of a feed.
    fn new(
        py: Python<'_>,
        table: &PyTickTable,
        instrument: PyInstrument,
        name: String,
        integer_scale: Option<u8>,
        rounds: bool,
        interval_ns: Option<i64>,
        label_close: bool,
        bars: Option<&Bound<'_, PyAny>>,
        membership: Vec<(i64, i64)>,
        delisting: Option<(i64, Option<i64>)>,
        factors: Vec<(i64, f64, f64)>,
    ) -> PyResult<Self> {
        let columns = table.table();
        let reader = UnitReader { py, table: columns, integer_scale, rounds, rounded: 0 };
        let mut reader = FeedReader { units: reader, name: &name, instrument: &instrument.inner };
        let data = match table.source()? {
            "bars" => FeedData::Bars(Arc::new(reader.bars(interval_ns, label_close)?)),
            "trades" => {
                let bars = bars.map(|bars| from_python::<SeriesSpec>("bars", bars)).transpose()?;
                FeedData::Trades { trades: Arc::new(reader.trades()?), bars: bars.map(Box::new) }
            }
            _ => FeedData::Quotes(Arc::new(reader.quotes()?)),
        };
        let rounded = reader.units.rounded;
        let factor = |(time_ns, price_factor, volume_factor)| Factor {
            time_ns,
            price_factor,
            volume_factor,
        };
        let inner = Feed {
            instrument: instrument.inner.clone(),
            name,
            data,
            membership,
            delisting: delisting
                .map(|(time_ns, price)| Delisting { time_ns, price: price.map(Price) }),
            factors: factors.into_iter().map(factor).collect(),
        };
        Ok(Self { inner, instrument, rounded })
    }

    #[getter]
    fn name(&self) -> &str {
        &self.inner.name
    }

    #[getter]
    fn symbol(&self) -> &str {
        self.inner.instrument.symbol()
    }

    #[getter]
    fn instrument(&self) -> PyInstrument {
        self.instrument.clone()
    }

    /// "bars", "trades" or "quotes".
    #[getter]
    fn kind(&self) -> &'static str {
        match self.inner.data {
            FeedData::Bars(_) => "bars",
            FeedData::Trades { .. } => "trades",
            FeedData::Quotes(_) => "quotes",
        }
    }

    /// How many numbers were rounded to the instrument's scales.
    #[getter]
    fn rounded(&self) -> u64 {
        self.rounded
    }

    /// The first and the last time, ns: a bar's open and a bar's close; None without rows.
    #[getter]
    fn time_range(&self) -> Option<(i64, i64)> {
        let (first, last) = match &self.inner.data {
            FeedData::Bars(bars) => (bars.open_time_ns(), bars.close_time_ns()),
            FeedData::Trades { trades, .. } => (trades.time_ns(), trades.time_ns()),
            FeedData::Quotes(quotes) => (quotes.time_ns(), quotes.time_ns()),
        };
        Some((*first.first()?, *last.last()?))
    }

    /// The columns as they are run: read-only, without a copy.
    fn columns<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(slf.py());
        for (name, column) in columns_of(&slf.get().inner.data) {
            columns.set_item(name, shared(slf, |feed| column(&feed.inner.data))?)?;
        }
        if let FeedData::Trades { trades, .. } = &slf.get().inner.data {
            if let Some(sides) = trades.side() {
                columns.set_item("side", PyArray1::from_slice(slf.py(), sides))?;
            }
        }
        Ok(columns)
    }

    fn __len__(&self) -> usize {
        self.inner.data.len()
    }

    fn __repr__(&self) -> String {
        format!("<BacktestFeed {}: {} {}>", self.inner.name, self.inner.data.len(), self.kind())
    }
}

type ColumnOf = for<'a> fn(&'a FeedData) -> &'a [i64];

/// The columns of integers, by name.
fn columns_of(data: &FeedData) -> Vec<(&'static str, ColumnOf)> {
    macro_rules! columns {
        ($pattern:pat => $data:ident: $($name:ident),+) => {
            vec![$((stringify!($name), |data| match data {
                $pattern => $data.$name(),
                _ => &[],
            })),+]
        };
    }
    match data {
        FeedData::Bars(_) => columns!(
            FeedData::Bars(bars) => bars:
            open_time_ns, close_time_ns, open, high, low, close, volume
        ),
        FeedData::Trades { .. } => columns!(
            FeedData::Trades { trades, .. } => trades: time_ns, price, quantity
        ),
        FeedData::Quotes(_) => columns!(
            FeedData::Quotes(quotes) => quotes: time_ns, bid, ask, bid_size, ask_size
        ),
    }
}

/// Reads one table as one feed's columns.
struct FeedReader<'a> {
    units: UnitReader<'a>,
    name: &'a str,
    instrument: &'a Instrument,
}

impl FeedReader<'_> {
    fn bars(&mut self, interval_ns: Option<i64>, label_close: bool) -> PyResult<BarColumns> {
        let price_scale = self.instrument.price_scale();
        let mut prices = Vec::with_capacity(4);
        for role in ["open", "high", "low", "close"] {
            prices.push(self.units.prices(role, price_scale)?);
        }
        let volume = self.units.units("volume", self.instrument.quantity_scale())?;
        let mut volume = volume.unwrap_or_else(|| vec![0; prices[0].len()]);
        for volume in volume.iter_mut().filter(|volume| **volume == INVALID) {
            *volume = 0;
        }
        let mut columns = vec![volume];
        columns.append(&mut prices);
        let (open_times_ns, close_times_ns) = self.bar_times(interval_ns, label_close)?;
        columns.extend([open_times_ns, close_times_ns]);
        if columns[1..5].iter().any(|prices| prices.contains(&INVALID)) {
            columns = self.without_empty(columns)?;
        }
        let [volume, open, high, low, close, open_times_ns, close_times_ns] =
            columns.try_into().unwrap_or_else(|_| unreachable!("there are seven"));
        let bars = BarColumns::new([open_times_ns, close_times_ns, open, high, low, close, volume]);
        bars.map_err(|source| self.invalid(source))
    }

    /// A bar of no price at all is none; one that lacks some is an error.
    fn without_empty(&self, columns: Vec<Vec<i64>>) -> PyResult<Vec<Vec<i64>>> {
        let mut kept = Vec::with_capacity(columns[0].len());
        for row in 0..columns[0].len() {
            let missing = columns[1..5].iter().filter(|prices| prices[row] == INVALID).count();
            if missing % 4 != 0 {
                let column = format!("open, high, low, close of {}", self.name);
                let found = format!("row {row} lacks {missing} of the four");
                return Err(refusal::value(&column, found, "all of them, or none"));
            }
            if missing == 0 {
                kept.push(row);
            }
        }
        let taken = |column: Vec<i64>| kept.iter().map(|row| column[*row]).collect();
        Ok(columns.into_iter().map(taken).collect())
    }

    /// When bars open and close. Where the table tells one of the two, the other is an interval away, and no bar overlaps the next.
    fn bar_times(
        &self,
        interval_ns: Option<i64>,
        label_close: bool,
    ) -> PyResult<(Vec<i64>, Vec<i64>)> {
        let open_times_ns = self.units.times("open_time")?;
        let close_times_ns = self.units.times("close_time")?;
        if let (Some(open_times_ns), Some(close_times_ns)) = (&open_times_ns, &close_times_ns) {
            return Ok((open_times_ns.clone(), close_times_ns.clone()));
        }
        let is_close = close_times_ns.is_some() || (open_times_ns.is_none() && label_close);
        let known = match open_times_ns.or(close_times_ns) {
            Some(times_ns) => Some(times_ns),
            None => self.units.times("time")?,
        };
        let known = known
            .ok_or_else(|| self.units.table.refuse("there is no time, open_time or close_time"))?;
        if let Some(row) = known.windows(2).position(|pair| pair[1] <= pair[0]) {
            let (feed, time_ns) = (self.name.to_owned(), known[row + 1]);
            return Err(to_py(NotIncreasing { feed, row: row + 1, time_ns }));
        }
        let interval_ns = match interval_ns {
            Some(interval_ns) => interval_ns,
            None => usual_step(&known).ok_or_else(|| {
                refusal::parameter("interval", "not given", "one: a single bar does not tell it")
            })?,
        };
        let other = if is_close { before(&known, interval_ns) } else { after(&known, interval_ns) };
        Ok(if is_close { (other, known) } else { (known, other) })
    }

    fn trades(&mut self) -> PyResult<TradeColumns> {
        let times_ns = self.tick_times()?;
        let price = self.units.prices("price", self.instrument.price_scale())?;
        let quantity = self.units.required("quantity", self.instrument.quantity_scale())?;
        self.refuse_missing("price", &price)?;
        self.refuse_missing("quantity", &quantity)?;
        let side = self.sides(times_ns.len())?;
        TradeColumns::new(times_ns, price, quantity, side).map_err(|source| self.invalid(source))
    }

    fn quotes(&mut self) -> PyResult<QuoteColumns> {
        let times_ns = self.tick_times()?;
        let mut columns = vec![times_ns];
        for role in ["bid", "ask"] {
            let prices = self.units.prices(role, self.instrument.price_scale())?;
            self.refuse_missing(role, &prices)?;
            columns.push(prices);
        }
        for role in ["bid_size", "ask_size"] {
            let sizes = self.units.units(role, self.instrument.quantity_scale())?;
            columns.push(sizes.unwrap_or_else(|| vec![0; columns[0].len()]));
        }
        let columns = columns.try_into().unwrap_or_else(|_| unreachable!("there are five"));
        QuoteColumns::new(columns).map_err(|source| self.invalid(source))
    }

    fn tick_times(&self) -> PyResult<Vec<i64>> {
        let times_ns = self.units.times("time")?;
        times_ns.ok_or_else(|| self.units.table.refuse("there is no time"))
    }

    fn refuse_missing(&self, role: &'static str, units: &[i64]) -> PyResult<()> {
        match units.iter().position(|unit| *unit == INVALID) {
            None => Ok(()),
            Some(row) => {
                let column = format!("{role} of {}", self.name);
                Err(refusal::value(&column, format!("row {row} has none"), "a number"))
            }
        }
    }

    fn sides(&self, length: usize) -> PyResult<Option<Vec<i8>>> {
        let mut sides = Vec::with_capacity(length);
        for index in 0..self.units.table.batch_count() {
            let batch = self.units.table.batch(self.units.py, index);
            let Some(part) = batch.sides()? else { return Ok(None) };
            let mut buffer = Vec::new();
            sides.extend_from_slice(part.bytes(0..part.len(), &mut buffer));
        }
        Ok(Some(sides))
    }

    fn invalid(&self, source: DataError) -> PyErr {
        to_py(RunError::DataInvalid { feed: self.name.to_owned(), source })
    }
}

/// The step that most of the first ones are; the shorter of two that are as frequent.
fn usual_step(times_ns: &[i64]) -> Option<i64> {
    const LOOKED_AT: usize = 10_000;
    let mut counts: HashMap<i64, usize> = HashMap::new();
    for pair in times_ns.windows(2).take(LOOKED_AT) {
        *counts.entry(pair[1].checked_sub(pair[0])?).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(step, count)| (*count, -step)).map(|(step, _)| step)
}

/// An interval after each, but never after the next.
fn after(times_ns: &[i64], interval_ns: i64) -> Vec<i64> {
    let next = times_ns.iter().skip(1).copied().chain([i64::MAX]);
    times_ns
        .iter()
        .zip(next)
        .map(|(time_ns, next)| time_ns.saturating_add(interval_ns).min(next))
        .collect()
}

/// An interval before each, but never before the one before.
fn before(times_ns: &[i64], interval_ns: i64) -> Vec<i64> {
    let last = [i64::MIN].into_iter().chain(times_ns.iter().copied());
    times_ns
        .iter()
        .zip(last)
        .map(|(time_ns, last)| time_ns.saturating_sub(interval_ns).max(last))
        .collect()
}

impl Table {
    /// How many rows all batches have.
    pub fn row_count(&self, py: Python<'_>) -> usize {
        (0..self.batch_count()).map(|index| self.batch(py, index).row_count()).sum()
    }
}
