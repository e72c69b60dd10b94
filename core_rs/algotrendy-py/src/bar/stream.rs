//! `BarStream`: ticks in, one by one or in tables; bars out.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::bar::{
    Bar, BarSeries, Bars, Checkpoint, ConditionTable, Empty, Fault, Marks, SeriesSpec, Source,
    Style, Totals, HEIKIN_ASHI_DIGITS, INVALID, NO_ID,
};
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::trade::{AggressorSide, Trade};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use serde::{Deserialize, Serialize};

use super::bars::{PyBar, PyBars};
use super::batch::{marks_of, quote_marks, PushError, Scales, TickBatch};
use super::export::Format;
use super::numbers::{decimal, overflow, Kind, Number};
use super::refusal;
use super::roles::Layout;
use super::table::Table;
use crate::convert::from_python;
use crate::errors::to_py;

/// So few ticks are folded before another thread would have taken the interpreter over.
const FEW: usize = 1_000;

/// Which price of a quote makes bars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotePrice {
    Bid,
    Ask,
    #[default]
    Mid,
}

/// How ticks are read and bars are written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub source: Source,
    pub price: Number,
    pub quantity: Number,
    #[serde(default)]
    pub quote_price: QuotePrice,
    #[serde(default)]
    pub label_close: bool,
    #[serde(default)]
    pub columns: HashMap<String, String>,
    #[serde(default)]
    pub conditions: Option<ConditionTable>,
    /// How long bars are that do not say when they close.
    #[serde(default)]
    pub source_interval_ns: Option<i64>,
    /// Digits that a bar's price has more than a tick's.
    #[serde(default)]
    extra_digits: u8,
    #[serde(default)]
    null_empty: bool,
    #[serde(default)]
    has_ids: bool,
    #[serde(default)]
    style: StyleName,
}

/// The name of a style that a series makes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct StyleName(u8);

impl StyleName {
    fn of(style: &Style) -> Self {
        let place = Style::NAMES.iter().position(|name| *name == style.name());
        Self(place.and_then(|place| u8::try_from(place).ok()).unwrap_or_default())
    }

    fn name(self) -> &'static str {
        Style::NAMES.get(usize::from(self.0)).copied().unwrap_or(Style::NAMES[0])
    }
}

impl Terms {
    fn format(&self) -> Format {
        Format {
            price: self.price.kind_out(),
            price_scale: self.price.scale + self.extra_digits,
            quantity: self.quantity.kind_out(),
            quantity_scale: self.quantity.scale,
            label_close: self.label_close,
            null_empty: self.null_empty,
            has_ids: self.has_ids,
            style: self.style.name(),
        }
    }

    /// Takes over from the style what concerns how bars are written.
    fn fit(&mut self, style: &Style) -> PyResult<()> {
        self.extra_digits = match style {
            Style::HeikinAshi {} => HEIKIN_ASHI_DIGITS,
            _ => u8::from(self.source == Source::Quotes && self.quote_price == QuotePrice::Mid),
        };
        self.style = StyleName::of(style);
        self.null_empty = matches!(style, Style::Time { empty: Empty::Null, .. });
        super::numbers::scale(
            "price_scale",
            i64::from(self.price.scale) + i64::from(self.extra_digits),
        )?;
        Ok(())
    }
}

/// Makes bars of one instrument and one style.
#[pyclass(name = "BarStream", module = "algotrendy._core")]
pub struct PyBarStream {
    series: BarSeries,
    terms: Terms,
    rounded: u64,
    /// That of the last table.
    layout: Option<Arc<Layout>>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    series: BarSeries,
    terms: Terms,
    rounded: u64,
}

#[pymethods]
impl PyBarStream {
    #[new]
    #[pyo3(signature = (style, /, **options))]
    fn new(style: &Bound<'_, PyAny>, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        static PLAN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = style.py();
        let plan = PLAN.import(py, "algotrendy.bar.plan", "stream_plan")?;
        let planned = plan.call1((style, options.map_or_else(|| PyDict::new(py), Clone::clone)))?;
        let (spec, terms): (Bound<'_, PyAny>, Bound<'_, PyAny>) = planned.extract()?;
        Self::_planned(&spec, &terms)
    }

    /// A stream of what a plan says.
    #[staticmethod]
    fn _planned(spec: &Bound<'_, PyAny>, terms: &Bound<'_, PyAny>) -> PyResult<Self> {
        let spec: SeriesSpec = from_python("spec", spec)?;
        let mut terms: Terms = from_python("terms", terms)?;
        terms.fit(&spec.style)?;
        Ok(Self { series: BarSeries::new(&spec).map_err(to_py)?, terms, rounded: 0, layout: None })
    }

    /// Adds one trade and returns the bars it closed.
    #[allow(clippy::too_many_arguments)] // They are a trade's columns.
    #[allow(clippy::needless_pass_by_value)] // What Python hands over is made for this call.
    #[pyo3(signature = (time_ns, price, quantity, side = 0, trade_id = None, conditions = None))]
    fn push<'py>(
        &mut self,
        py: Python<'py>,
        time_ns: i64,
        price: &Bound<'py, PyAny>,
        quantity: &Bound<'py, PyAny>,
        side: i64,
        trade_id: Option<i64>,
        conditions: Option<Vec<String>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        if self.terms.source != Source::Trades {
            return Err(self.wrong_source("push"));
        }
        if !(-1..=1).contains(&side) {
            return Err(refusal::value(
                "side",
                side.to_string(),
                "1 (a buyer), -1 (a seller) or 0 (unknown)",
            ));
        }
        let marks = match &self.terms.conditions {
            None if conditions.is_none() => 0,
            None => {
                return Err(refusal::parameter(
                    "conditions",
                    "given",
                    "a stream that was told what they mean",
                ))
            }
            Some(table) => marks_of(table, conditions.as_deref().unwrap_or_default())?,
        };
        let side = i8::try_from(side).unwrap_or_default();
        let before = (self.terms.price, self.terms.quantity, self.rounded);
        let pushed = self.terms.price.units("price", price, &mut self.rounded).and_then(|price| {
            let quantity = self.terms.quantity.units("quantity", quantity, &mut self.rounded)?;
            let trade = Trade {
                event_time_ns: time_ns,
                price: Price(price),
                quantity: Quantity(quantity),
                aggressor_side: AggressorSide::from_code(side),
                id: trade_id.unwrap_or(NO_ID),
            };
            self.series.push(&trade, Marks(marks)).map_err(to_py)
        });
        self.terms.has_ids |= trade_id.is_some() && pushed.is_ok();
        match pushed {
            Ok(bars) if bars.is_empty() => Ok(PyTuple::empty(py)),
            Ok(bars) => self.tuple(py, bars),
            Err(refusal) => {
                (self.terms.price, self.terms.quantity, self.rounded) = before;
                Err(refusal)
            }
        }
    }

    /// Adds one quote and returns the bars it closed.
    fn push_quote<'py>(
        &mut self,
        py: Python<'py>,
        time_ns: i64,
        bid: &Bound<'py, PyAny>,
        ask: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        if self.terms.source != Source::Quotes {
            return Err(self.wrong_source("push_quote"));
        }
        let before = (self.terms.price, self.rounded);
        let pushed = self.terms.price.units("bid", bid, &mut self.rounded).and_then(|bid| {
            let ask = self.terms.price.units("ask", ask, &mut self.rounded)?;
            let price = self.terms.quote_price.of(bid, ask).ok_or_else(|| overflow("price"))?;
            let trade = Trade {
                event_time_ns: time_ns,
                price: Price(price),
                quantity: Quantity::ZERO,
                aggressor_side: AggressorSide::Unknown,
                id: NO_ID,
            };
            self.series.push(&trade, Marks(quote_marks(bid, ask))).map_err(to_py)
        });
        match pushed {
            Ok(bars) => self.tuple(py, bars),
            Err(refusal) => {
                (self.terms.price, self.rounded) = before;
                Err(refusal)
            }
        }
    }

    /// Adds the ticks of a table and returns the bars they closed.
    fn push_many(&mut self, py: Python<'_>, ticks: &Bound<'_, PyAny>) -> PyResult<PyBars> {
        if let Ok(table) = ticks.cast::<PyTickTable>() {
            return self.push_table(py, &table.borrow().table);
        }
        let table = Table::read(ticks, &self.terms.columns, self.layout.as_ref())?;
        self.layout = Some(Arc::clone(table.layout()));
        self.push_table(py, &table)
    }

    /// Adds the ticks of a table and finishes; returns all bars, with the report.
    fn _fold(&mut self, py: Python<'_>, table: &PyTickTable) -> PyResult<PyBars> {
        let mut bars = self.fold_table(py, &table.table)?;
        bars.append(&self.series.finish().map_err(to_py)?);
        Ok(self.bars(bars).with_report(self.report(py)?.into_any().unbind()))
    }

    /// Learns that no tick older than `time_ns` will come.
    fn advance(&mut self, time_ns: i64) -> PyResult<PyBars> {
        let bars = self.series.advance(time_ns).map_err(to_py)?;
        Ok(self.bars(bars))
    }

    /// Takes out what is held back and what is pending.
    fn finish(&mut self) -> PyResult<PyBars> {
        let bars = self.series.finish().map_err(to_py)?;
        Ok(self.bars(bars))
    }

    #[getter]
    fn pending(&self) -> Option<PyBar> {
        self.series.pending().map(|bar| PyBar::new(bar, self.pending_format()))
    }

    #[getter]
    fn held<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.totals(py, &self.series.held().map_err(to_py)?)
    }

    #[getter]
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let report = PyDict::new(py);
        let core = self.series.report();
        report.set_item("accepted", self.totals(py, &self.series.accepted().map_err(to_py)?)?)?;
        for (name, by_fault) in [("rejected", &core.rejected), ("kept", &core.kept)] {
            let faults = PyDict::new(py);
            for (fault, totals) in
                Fault::ALL.iter().zip(by_fault).filter(|(_, totals)| **totals != Totals::default())
            {
                faults.set_item(fault.name(), self.totals(py, totals)?)?;
            }
            report.set_item(name, faults)?;
        }
        report.set_item("not_in_volume", self.totals(py, &core.not_in_volume)?)?;
        report.set_item("rounded", self.rounded)?;
        Ok(report)
    }

    #[getter]
    fn source(&self) -> &'static str {
        match self.terms.source {
            Source::Trades => "trades",
            Source::Quotes => "quotes",
            Source::Bars => "bars",
        }
    }

    /// Saves everything, the half-built bar included.
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let saved =
            Saved { series: self.series.clone(), terms: self.terms.clone(), rounded: self.rounded };
        Ok(PyBytes::new(py, &Checkpoint::encode(&saved).map_err(to_py)?))
    }

    /// Pickles and copies as its checkpoint.
    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let restore = slf.get_type().getattr("restore")?;
        Ok((restore, (slf.borrow().checkpoint(slf.py())?,)))
    }

    /// Goes on from a checkpoint.
    #[staticmethod]
    fn restore(checkpoint: &[u8]) -> PyResult<Self> {
        let Saved { series, terms, rounded } = Checkpoint::decode(checkpoint).map_err(to_py)?;
        Ok(Self { series, terms, rounded, layout: None })
    }
}

impl PyBarStream {
    fn push_table(&mut self, py: Python<'_>, table: &Table) -> PyResult<PyBars> {
        let bars = self.fold_table(py, table)?;
        Ok(self.bars(bars))
    }

    fn fold_table(&mut self, py: Python<'_>, table: &Table) -> PyResult<Bars> {
        let missing = |role: &str| {
            table
                .refuse(format!("{} need a column of the {role}, and there is none", self.source()))
        };
        let (mut batches, mut rows) = (Vec::with_capacity(table.batch_count()), 0);
        for index in 0..table.batch_count() {
            let batch = TickBatch::read(&table.batch(py, index), &self.terms, rows, missing)?;
            rows += batch.len();
            batches.push(batch);
        }
        let (mut price, mut quantity) = (self.terms.price, self.terms.quantity);
        batches.iter().try_for_each(|batch| batch.admit(&mut price, &mut quantity))?;
        let scales = Scales { price: price.scale, quantity: quantity.scale };
        let series = &mut self.series;
        let mut rounded = 0;
        let mut fold = || {
            series.push_many(|draft| {
                let mut row = 0;
                for batch in &batches {
                    rounded += batch.fold(draft, scales, row)?;
                    row += batch.len();
                }
                Ok(())
            })
        };
        let folded = if rows <= FEW { fold() } else { py.detach(fold) };
        let bars = folded.map_err(PushError::into_py)?;
        (self.terms.price, self.terms.quantity) = (price, quantity);
        self.terms.has_ids |= table.has("id") || table.has("first_trade_id");
        self.rounded += rounded;
        Ok(bars)
    }

    fn bars(&self, bars: Bars) -> PyBars {
        PyBars::new(bars, self.terms.format())
    }

    /// A pending bar is in a tick's units: what a style makes of it is not known yet.
    fn pending_format(&self) -> Format {
        let format = self.terms.format();
        let is_mid = self.terms.source == Source::Quotes;
        Format {
            price_scale: if is_mid { format.price_scale } else { self.terms.price.scale },
            ..format
        }
    }

    fn tuple<'py>(&self, py: Python<'py>, bars: Vec<Bar>) -> PyResult<Bound<'py, PyTuple>> {
        let format = self.terms.format();
        PyTuple::new(py, bars.into_iter().map(|bar| PyBar::new(bar, format)).collect::<Vec<_>>())
    }

    fn totals<'py>(&self, py: Python<'py>, totals: &Totals) -> PyResult<Bound<'py, PyDict>> {
        let format = self.pending_format();
        let amount = |units: i128, kind: Kind, scale: u8| -> PyResult<Bound<'py, PyAny>> {
            match kind {
                Kind::Integer => Ok(units.into_pyobject(py)?.into_any()),
                _ => decimal(py, units, scale),
            }
        };
        let sums = PyDict::new(py);
        sums.set_item("count", totals.count)?;
        sums.set_item("volume", amount(totals.volume, format.quantity, format.quantity_scale)?)?;
        let scale = format.price_scale + format.quantity_scale;
        sums.set_item("notional", amount(totals.notional, format.notional(), scale)?)?;
        Ok(sums)
    }

    fn wrong_source(&self, method: &str) -> PyErr {
        let expected = match self.terms.source {
            Source::Trades => "push or push_many, because this stream takes trades",
            Source::Quotes => "push_quote or push_many, because this stream takes quotes",
            Source::Bars => "push_many, because this stream takes bars",
        };
        refusal::parameter("method", method, expected)
    }
}

/// A table that was read: what it holds, before a series is made for it.
#[pyclass(name = "TickTable", module = "algotrendy._core", frozen)]
pub struct PyTickTable {
    table: Table,
}

impl PyTickTable {
    /// What was read.
    pub fn table(&self) -> &Table {
        &self.table
    }
}

#[pymethods]
impl PyTickTable {
    #[new]
    #[pyo3(signature = (table, columns))]
    #[allow(clippy::needless_pass_by_value)] // What Python hands over is made for this call.
    fn new(table: &Bound<'_, PyAny>, columns: HashMap<String, String>) -> PyResult<Self> {
        Ok(Self { table: Table::read(table, &columns, None)? })
    }

    /// What the columns tell the table to be.
    #[getter]
    pub fn source(&self) -> PyResult<&'static str> {
        let table = &self.table;
        if ["open", "high", "low", "close"].into_iter().all(|role| table.has(role)) {
            return Ok("bars");
        }
        if table.has("price") {
            return Ok("trades");
        }
        if table.has("bid") && table.has("ask") {
            return Ok("quotes");
        }
        Err(table.refuse("it holds no trades (time, price, quantity), no quotes (time, bid, ask) and no bars (time, open, high, low, close)"))
    }

    /// The first and the last time, by row; None where there are no rows.
    #[getter]
    fn time_range(&self, py: Python<'_>) -> PyResult<Option<(i64, i64)>> {
        let mut range: Option<(i64, i64)> = None;
        for index in 0..self.table.batch_count() {
            let batch = self.table.batch(py, index);
            let times_ns = match batch.times("time")? {
                Some(times_ns) => Some(times_ns),
                None => batch.times("open_time")?,
            };
            let Some(times_ns) = times_ns else { continue };
            let known = times_ns.as_slice().iter().filter(|time_ns| **time_ns != INVALID);
            for time_ns in known {
                let (first, last) = range.unwrap_or((*time_ns, *time_ns));
                range = Some((first.min(*time_ns), last.max(*time_ns)));
            }
        }
        Ok(range)
    }

    /// The kind and the scale of some columns' numbers; None where there are none.
    #[allow(clippy::needless_pass_by_value)]
    fn numbers(&self, py: Python<'_>, roles: Vec<String>) -> PyResult<Option<(&'static str, u8)>> {
        const KNOWN: [&str; 11] = [
            "price",
            "quantity",
            "bid",
            "ask",
            "open",
            "high",
            "low",
            "close",
            "volume",
            "buy_volume",
            "sell_volume",
        ];
        let roles: Vec<&'static str> =
            KNOWN.into_iter().filter(|known| roles.iter().any(|role| role == known)).collect();
        let found = self.table.numbers(py, &roles)?;
        Ok(found.map(|(kind, scale)| match kind {
            Kind::Integer => ("Integer", scale),
            Kind::Float => ("Float", scale),
            Kind::Decimal => ("Decimal", scale),
        }))
    }
}
