//! An outcome as columns: `int64` in the units of its instrument or currency, the smallest one for what is missing; amounts of the
//! account as the two words of a 128-bit integer; text as a list, as Arrow lays it out, or as codes with their names, −1 for what is
//! missing.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use algotrendy_core::backtest::{
    Counters, Curve, FillRow, OrderNumber, Outcome, Summary, AVERAGE_PRICE_DIGITS,
};
use algotrendy_core::decimal::Decimal;
use algotrendy_core::order::ids::Digits;
use algotrendy_core::order::Side;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::{PyKeyError, PyOverflowError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::shared::shared;
use crate::bar::numbers::power_of_ten;
use crate::instrument::PyInstrument;
use crate::trading::terms::side_name;

const NULL: i64 = i64::MIN;
/// An id of an order or of a report is seldom longer.
const USUAL_ID: usize = 10;

/// What came of a run; each table is made when it is asked for.
#[pyclass(name = "BacktestOutcome", module = "algotrendy._core", frozen)]
pub struct PyOutcome {
    outcome: Outcome,
    models: Vec<(String, bool)>,
}

impl PyOutcome {
    /// What came of a run.
    pub const fn new(outcome: Outcome, models: Vec<(String, bool)>) -> Self {
        Self { outcome, models }
    }
}

#[pymethods]
impl PyOutcome {
    /// The columns of a table.
    fn __getitem__<'py>(slf: &Bound<'py, Self>, table: &str) -> PyResult<Bound<'py, PyDict>> {
        let (py, outcome) = (slf.py(), &slf.get().outcome);
        match table {
            "orders" => orders(py, outcome),
            "fills" => fills(py, outcome),
            "positions" => positions(py, outcome),
            "rejections" => rejections(py, outcome),
            "equity" => equity(slf),
            "exposure" => exposure(slf),
            "costs" => costs(slf),
            _ => {
                let known = "orders, fills, positions, rejections, equity, exposure, costs";
                Err(PyKeyError::new_err(format!("{table:?}; there are {known}")))
            }
        }
    }

    #[getter]
    fn account_id(&self) -> &str {
        &self.outcome.account_id
    }

    #[getter]
    fn currency(&self) -> &'static str {
        self.outcome.currency.code()
    }

    /// What the account started with, in minor units.
    #[getter]
    fn cash(&self) -> i64 {
        self.outcome.cash
    }

    #[getter]
    fn start_time_ns(&self) -> Option<i64> {
        self.outcome.start_time_ns
    }

    /// The models that were asked, and whether they may have been asked about what they were trained on.
    #[getter]
    fn models(&self) -> Vec<(String, bool)> {
        self.models.clone()
    }

    /// The instruments by symbol.
    #[getter]
    fn instruments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let instruments = PyDict::new(py);
        for instrument in &self.outcome.instruments {
            let shown = PyInstrument { inner: instrument.clone() };
            instruments.set_item(instrument.symbol(), Bound::new(py, shown)?)?;
        }
        Ok(instruments)
    }

    /// What the run amounts to, as a row of a sweep says it.
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        super::sweep::to_dict(py, &Summary::of(&self.outcome))
    }

    /// How much was done, by name.
    #[getter]
    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let Counters { bars, trades, quotes, walked, calls, short } = self.outcome.counters;
        let counters = PyDict::new(py);
        for (name, count) in [
            ("bars", bars),
            ("trades", trades),
            ("quotes", quotes),
            ("walked", walked),
            ("calls", calls),
            ("short", short),
        ] {
            counters.set_item(name, count)?;
        }
        Ok(counters)
    }

    fn __repr__(&self) -> String {
        let Outcome { orders, fills, curve, .. } = &self.outcome;
        let counts = (orders.len(), fills.len(), curve.time_ns.len());
        format!("<BacktestOutcome: {} orders, {} fills, {} closes>", counts.0, counts.1, counts.2)
    }
}

/// One table in the making.
struct Columns<'py> {
    py: Python<'py>,
    columns: Bound<'py, PyDict>,
}

impl<'py> Columns<'py> {
    fn new(py: Python<'py>) -> Self {
        Self { py, columns: PyDict::new(py) }
    }

    fn integers(&self, name: &str, values: impl Iterator<Item = i64>) -> PyResult<()> {
        self.columns.set_item(name, PyArray1::from_vec(self.py, values.collect()))
    }

    fn optional(&self, name: &str, values: impl Iterator<Item = Option<i64>>) -> PyResult<()> {
        self.integers(name, values.map(|value| value.unwrap_or(NULL)))
    }

    fn floats(&self, name: &str, values: impl Iterator<Item = f64>) -> PyResult<()> {
        self.columns.set_item(name, PyArray1::from_vec(self.py, values.collect()))
    }

    fn flags(&self, name: &str, values: impl Iterator<Item = bool>) -> PyResult<()> {
        self.columns.set_item(name, PyArray1::from_vec(self.py, values.collect()))
    }

    fn texts(
        &self,
        name: &str,
        values: impl Iterator<Item = Option<impl Display>>,
    ) -> PyResult<()> {
        let texts: Vec<_> = values.map(|value| value.map(|value| value.to_string())).collect();
        self.columns.set_item(name, PyList::new(self.py, texts)?)
    }

    /// Text of which none is missing, one after the other, with where each begins: what `write` adds for each value.
    fn ids<T>(
        &self,
        name: &str,
        values: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Vec<u8>, T),
    ) -> PyResult<()> {
        let mut text = Vec::with_capacity(values.len() * USUAL_ID);
        let mut offsets = Vec::with_capacity(values.len() + 1);
        let mut begins = |text: &Vec<u8>| {
            let at = i32::try_from(text.len());
            at.map(|at| offsets.push(at))
                .map_err(|_| PyOverflowError::new_err("more than 2 GiB of ids"))
        };
        begins(&text)?;
        for value in values {
            write(&mut text, value);
            begins(&text)?;
        }
        let offsets = PyArray1::from_vec(self.py, offsets);
        self.columns.set_item(name, (offsets, PyArray1::from_vec(self.py, text), ()))
    }

    /// Amounts of which each holds for some rows, as the two words of a 128-bit integer; shape (rows, 2).
    fn amounts(
        &self,
        name: &str,
        values: impl Iterator<Item = (i64, usize)>,
        rows: usize,
    ) -> PyResult<()> {
        let mut words = vec![0_i64; rows * 2];
        let mut rest = &mut words[..];
        for (value, count) in values {
            let (span, behind) = std::mem::take(&mut rest).split_at_mut(count * 2);
            for pair in span.chunks_exact_mut(2) {
                (pair[0], pair[1]) = (value, value >> 63);
            }
            rest = behind;
        }
        self.columns.set_item(name, PyArray1::from_vec(self.py, words).reshape([rows, 2])?)
    }

    /// Text of which there are few, each named once.
    fn names<T: Copy + Eq + Hash>(
        &self,
        name: &str,
        values: impl Iterator<Item = Option<T>>,
        text: impl Fn(T) -> String,
    ) -> PyResult<()> {
        let mut places: HashMap<T, i32> = HashMap::new();
        let mut names = Vec::new();
        let mut codes = Vec::new();
        for value in values {
            let Some(value) = value else {
                codes.push(-1);
                continue;
            };
            let place = places.entry(value).or_insert_with(|| {
                names.push(text(value));
                i32::try_from(names.len() - 1).unwrap_or(i32::MAX)
            });
            codes.push(*place);
        }
        let codes = PyArray1::from_vec(self.py, codes);
        self.columns.set_item(name, (codes, PyList::new(self.py, names)?))
    }

    fn symbols(&self, outcome: &Outcome, instruments: impl Iterator<Item = usize>) -> PyResult<()> {
        let symbol = |place: usize| outcome.instruments[place].symbol().to_owned();
        self.names("symbol", instruments.map(Some), symbol)
    }
}

fn side_text(side: Side) -> String {
    side_name(side).to_owned()
}

/// Adds the id of an order.
fn write_order_id(text: &mut Vec<u8>, number: OrderNumber) {
    text.extend_from_slice(b"o-");
    write_number(text, number);
}

fn write_number(text: &mut Vec<u8>, number: u64) {
    text.extend_from_slice(Digits::of(number).as_str().as_bytes());
}

fn orders<'py>(py: Python<'py>, outcome: &Outcome) -> PyResult<Bound<'py, PyDict>> {
    let (table, rows) = (Columns::new(py), &outcome.orders);
    let numbers = || (1..).take(rows.len());
    let given: HashMap<OrderNumber, _> =
        outcome.names.iter().map(|name| (name.number, name)).collect();
    let rules: HashMap<OrderNumber, &str> = outcome
        .rejections
        .iter()
        .map(|rejection| (rejection.order, rejection.rule.as_str()))
        .collect();
    table.ids("order_id", 0..rows.len(), |text, row| write_order_id(text, row as u64 + 1))?;
    table.ids("client_order_id", 0..rows.len(), |text, row| {
        let number = row as OrderNumber + 1;
        match given.get(&number).and_then(|name| name.client_order_id.as_ref()) {
            Some(client) => text.extend_from_slice(client.as_str().as_bytes()),
            None => write_order_id(text, number),
        }
    })?;
    table.symbols(outcome, rows.iter().map(|row| row.instrument))?;
    table.names("side", rows.iter().map(|row| Some(row.side)), side_text)?;
    let order_type = |kind: algotrendy_core::order::OrderType| kind.name().to_owned();
    table.names("order_type", rows.iter().map(|row| Some(row.order_type)), order_type)?;
    table.integers("quantity", rows.iter().map(|row| row.quantity))?;
    table.optional("limit_price", rows.iter().map(|row| row.limit_price))?;
    table.optional("stop_price", rows.iter().map(|row| row.stop_price))?;
    table.optional("reference_price", rows.iter().map(|row| row.reference_price))?;
    let lives = |time: algotrendy_core::order::TimeInForce| time.name().to_owned();
    table.names("time_in_force", rows.iter().map(|row| Some(row.time_in_force)), lives)?;
    let status = |status: algotrendy_core::order::OrderStatus| status.name().to_owned();
    table.names("status", rows.iter().map(|row| Some(row.status)), status)?;
    table.integers("filled_quantity", rows.iter().map(|row| row.filled_quantity))?;
    table.integers("create_time_ns", rows.iter().map(|row| row.create_time_ns))?;
    table.optional("end_time_ns", rows.iter().map(|row| row.end_time_ns))?;
    let reason = |reason: algotrendy_core::risk::RejectReason| reason.name().to_owned();
    table.names("reason", rows.iter().map(|row| row.reason), reason)?;
    table.names("rule", numbers().map(|number| rules.get(&number).copied()), str::to_owned)?;
    let tag = |number: OrderNumber| given.get(&number).and_then(|name| name.tag.as_deref());
    table.names("tag", numbers().map(tag), str::to_owned)?;
    Ok(table.columns)
}

fn fills<'py>(py: Python<'py>, outcome: &Outcome) -> PyResult<Bound<'py, PyDict>> {
    let (table, rows) = (Columns::new(py), &outcome.fills);
    table.ids("execution_id", rows.iter(), |text, row: &FillRow| {
        write_order_id(text, row.order);
        text.push(b'-');
        write_number(text, row.report.into());
    })?;
    table.ids("order_id", rows.iter(), |text, row| write_order_id(text, row.order))?;
    table.symbols(outcome, rows.iter().map(|row| row.instrument))?;
    table.names("side", rows.iter().map(|row| Some(row.side)), side_text)?;
    table.integers("quantity", rows.iter().map(|row| row.quantity))?;
    table.integers("price", rows.iter().map(|row| row.price))?;
    table.integers("fee", rows.iter().map(|row| row.fee))?;
    table.integers("time_ns", rows.iter().map(|row| row.time_ns))?;
    table.flags("is_maker", rows.iter().map(|row| row.is_maker))?;
    Ok(table.columns)
}

fn positions<'py>(py: Python<'py>, outcome: &Outcome) -> PyResult<Bound<'py, PyDict>> {
    let (table, rows) = (Columns::new(py), &outcome.positions);
    // An average has more digits than a price: a float, which says so.
    #[allow(clippy::cast_precision_loss)]
    let average = |instrument: usize, units: i64| {
        let scale = outcome.instruments[instrument].price_scale() + AVERAGE_PRICE_DIGITS;
        units as f64 / power_of_ten(scale)
    };
    table.symbols(outcome, rows.iter().map(|row| row.instrument))?;
    let side = |side: Side| if side == Side::Buy { "LONG" } else { "SHORT" }.to_owned();
    table.names("side", rows.iter().map(|row| Some(row.side)), side)?;
    table.integers("quantity", rows.iter().map(|row| row.quantity))?;
    table.integers("open_time_ns", rows.iter().map(|row| row.open_time_ns))?;
    table.optional("close_time_ns", rows.iter().map(|row| row.close_time_ns))?;
    table.floats("open_price", rows.iter().map(|row| average(row.instrument, row.open_price)))?;
    let close_price = rows
        .iter()
        .map(|row| row.close_price.map_or(f64::NAN, |units| average(row.instrument, units)));
    table.floats("close_price", close_price)?;
    table.integers("profit", rows.iter().map(|row| row.profit))?;
    table.integers("fees", rows.iter().map(|row| row.fees))?;
    Ok(table.columns)
}

fn rejections<'py>(py: Python<'py>, outcome: &Outcome) -> PyResult<Bound<'py, PyDict>> {
    let (table, rows) = (Columns::new(py), &outcome.rejections);
    table.ids("order_id", rows.iter(), |text, row| write_order_id(text, row.order))?;
    table.symbols(outcome, rows.iter().map(|row| row.instrument))?;
    table.integers("time_ns", rows.iter().map(|row| row.time_ns))?;
    let reason = |reason: algotrendy_core::risk::RejectReason| reason.name().to_owned();
    table.names("reason", rows.iter().map(|row| Some(row.reason)), reason)?;
    table.names("rule", rows.iter().map(|row| Some(row.rule.as_str())), str::to_owned)?;
    let text = |value: Option<Decimal>| value.map(|value| value.to_string());
    table.texts("limit", rows.iter().map(|row| text(row.limit)))?;
    table.texts("observed", rows.iter().map(|row| text(row.observed)))?;
    Ok(table.columns)
}

fn equity<'py>(owner: &Bound<'py, PyOutcome>) -> PyResult<Bound<'py, PyDict>> {
    let (table, curve) = curve_columns(owner)?;
    let (rows, steps) = (curve.time_ns.len(), &curve.steps);
    table.amounts("equity", curve.equity.iter().map(|value| (*value, 1)), rows)?;
    table.amounts("cash", steps.spans(&steps.cash, rows), rows)?;
    Ok(table.columns)
}

fn exposure<'py>(owner: &Bound<'py, PyOutcome>) -> PyResult<Bound<'py, PyDict>> {
    let (table, curve) = curve_columns(owner)?;
    let (rows, steps) = (curve.time_ns.len(), &curve.steps);
    // Of a curve of equity alone there are none, which is told as columns of other lengths.
    table.amounts("gross", curve.gross.iter().map(|value| (*value, 1)), curve.gross.len())?;
    table.amounts("net", curve.net.iter().map(|value| (*value, 1)), curve.net.len())?;
    table.integers("position_count", steps.spread(&steps.position_count, rows).into_iter())?;
    Ok(table.columns)
}

fn costs<'py>(owner: &Bound<'py, PyOutcome>) -> PyResult<Bound<'py, PyDict>> {
    let (table, curve) = curve_columns(owner)?;
    let (rows, steps) = (curve.time_ns.len(), &curve.steps);
    table.amounts("fees_total", steps.spans(&steps.fees, rows), rows)?;
    table.amounts("costs", steps.spans(&steps.slippage, rows), rows)?;
    Ok(table.columns)
}

/// A table with the times of the curve.
fn curve_columns<'a, 'py>(owner: &'a Bound<'py, PyOutcome>) -> PyResult<(Columns<'py>, &'a Curve)> {
    let table = Columns::new(owner.py());
    table.columns.set_item("time_ns", shared(owner, |this| &this.outcome.curve.time_ns)?)?;
    Ok((table, &owner.get().outcome.curve))
}
