//! `Context`: what a strategy asks for, beside what it sees: orders, changes of them, positions and timers.

use algotrendy_core::backtest::{InstrumentId, OrderNumber, RunError, Session};
use algotrendy_core::order::order::Replacement;
use algotrendy_core::order::terms::Contingency;
use algotrendy_core::order::Side;
use algotrendy_core::price::Quantity;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::order::{price, quantity as quantity_units, Asked};
use super::view::PyRunView;
use crate::bar::refusal::parameter;
use crate::errors::to_py;
use crate::trading::terms::side as side_of;

type Number<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

/// What a strategy is given in every callback.
#[pyclass(name = "Context", module = "algotrendy._core", extends = PyRunView, frozen)]
pub struct PyContext;

impl PyContext {
    /// The context of a run.
    pub fn new(py: Python<'_>, view: PyRunView) -> PyResult<Py<Self>> {
        Py::new(py, PyClassInitializer::from(view).add_subclass(Self))
    }
}

#[pymethods]
#[allow(clippy::too_many_arguments)] // An order's terms.
impl PyContext {
    /// Buys; an order by the prices that are given.
    #[pyo3(signature = (
        quantity, symbol = None, *, limit = None, stop = None, trail = None, trail_bps = None,
        time_in_force = None, expire = None, post_only = false, reduce_only = false,
        client_order_id = None, tag = None
    ))]
    fn buy(
        slf: &Bound<'_, Self>,
        quantity: &Bound<'_, PyAny>,
        symbol: Option<&str>,
        limit: Number<'_, '_>,
        stop: Number<'_, '_>,
        trail: Number<'_, '_>,
        trail_bps: Option<u32>,
        time_in_force: Option<&str>,
        expire: Number<'_, '_>,
        post_only: bool,
        reduce_only: bool,
        client_order_id: Option<&str>,
        tag: Option<&str>,
    ) -> PyResult<Option<String>> {
        Self::order(
            slf,
            "BUY",
            quantity,
            symbol,
            limit,
            stop,
            trail,
            trail_bps,
            time_in_force,
            expire,
            post_only,
            reduce_only,
            client_order_id,
            tag,
        )
    }

    /// Sells, below zero where shorting is allowed.
    #[pyo3(signature = (
        quantity, symbol = None, *, limit = None, stop = None, trail = None, trail_bps = None,
        time_in_force = None, expire = None, post_only = false, reduce_only = false,
        client_order_id = None, tag = None
    ))]
    fn sell(
        slf: &Bound<'_, Self>,
        quantity: &Bound<'_, PyAny>,
        symbol: Option<&str>,
        limit: Number<'_, '_>,
        stop: Number<'_, '_>,
        trail: Number<'_, '_>,
        trail_bps: Option<u32>,
        time_in_force: Option<&str>,
        expire: Number<'_, '_>,
        post_only: bool,
        reduce_only: bool,
        client_order_id: Option<&str>,
        tag: Option<&str>,
    ) -> PyResult<Option<String>> {
        Self::order(
            slf,
            "SELL",
            quantity,
            symbol,
            limit,
            stop,
            trail,
            trail_bps,
            time_in_force,
            expire,
            post_only,
            reduce_only,
            client_order_id,
            tag,
        )
    }

    /// Sends an order of a side.
    #[pyo3(signature = (
        side, quantity, symbol = None, *, limit = None, stop = None, trail = None,
        trail_bps = None, time_in_force = None, expire = None, post_only = false,
        reduce_only = false, client_order_id = None, tag = None
    ))]
    fn order(
        slf: &Bound<'_, Self>,
        side: &str,
        quantity: &Bound<'_, PyAny>,
        symbol: Option<&str>,
        limit: Number<'_, '_>,
        stop: Number<'_, '_>,
        trail: Number<'_, '_>,
        trail_bps: Option<u32>,
        time_in_force: Option<&str>,
        expire: Number<'_, '_>,
        post_only: bool,
        reduce_only: bool,
        client_order_id: Option<&str>,
        tag: Option<&str>,
    ) -> PyResult<Option<String>> {
        let (py, view) = (slf.py(), slf.as_super().get());
        let asked = Asked {
            limit,
            stop,
            trail,
            trail_bps,
            time_in_force,
            expire_time_ns: time_ns("expire", expire)?,
            post_only,
            reduce_only,
            client_order_id,
            tag,
            ..Asked::market(side_of(side)?, quantity)
        };
        let instrument = view.instrument(py, symbol)?;
        let Some(order) = asked.order(instrument, &view.names.traded[instrument].instrument)?
        else {
            return Ok(None);
        };
        view.ask(py, |session| session.submit(&order)).map(|number| Some(order_id(number)))
    }

    /// Sends an entry with what ends it: a stop loss, a take profit, or both, of which one cancels the other.
    #[pyo3(signature = (
        quantity, symbol = None, *, stop_loss = None, take_profit = None, side = "BUY",
        limit = None, stop = None, time_in_force = None, expire = None, tag = None
    ))]
    fn bracket(
        slf: &Bound<'_, Self>,
        quantity: &Bound<'_, PyAny>,
        symbol: Option<&str>,
        stop_loss: Number<'_, '_>,
        take_profit: Number<'_, '_>,
        side: &str,
        limit: Number<'_, '_>,
        stop: Number<'_, '_>,
        time_in_force: Option<&str>,
        expire: Number<'_, '_>,
        tag: Option<&str>,
    ) -> PyResult<Option<Vec<String>>> {
        let (py, view) = (slf.py(), slf.as_super().get());
        let side = side_of(side)?;
        let expire_time_ns = time_ns("expire", expire)?;
        let entry = Asked {
            limit,
            stop,
            time_in_force,
            expire_time_ns,
            tag,
            ..Asked::market(side, quantity)
        };
        let exit = |limit, stop| {
            let exit = Asked { limit, stop, tag, ..Asked::market(side.opposite(), quantity) };
            (exit.limit.is_some() || exit.stop.is_some()).then_some(exit)
        };
        let exits = [exit(None, stop_loss), exit(take_profit, None)];
        let contingency = match exits.iter().flatten().count() {
            0 => {
                return Err(parameter("stop_loss", "not given", "one, or a take_profit, or both"));
            }
            1 => Contingency::Oto,
            _ => Contingency::Bracket,
        };
        let instrument = view.instrument(py, symbol)?;
        let mut orders = Vec::with_capacity(3);
        for asked in std::iter::once(&entry).chain(exits.iter().flatten()) {
            let order = asked.order(instrument, &view.names.traded[instrument].instrument)?;
            let Some(order) = order else { return Ok(None) };
            orders.push(order);
        }
        let first = view.ask(py, |session| session.submit_list(contingency, &orders))?;
        Ok(Some((first..).take(orders.len()).map(order_id).collect()))
    }

    /// Asks the venue to cancel an order; one that has ended stays as it is.
    fn cancel(slf: &Bound<'_, Self>, order_id: &str) -> PyResult<()> {
        let (py, view) = (slf.py(), slf.as_super().get());
        let number = number_of(order_id)?;
        view.ask(py, |session| session.cancel(number))
    }

    /// Asks the venue to cancel the open orders of an instrument, or all.
    #[pyo3(signature = (symbol = None))]
    fn cancel_all(slf: &Bound<'_, Self>, symbol: Option<&str>) -> PyResult<()> {
        let (py, view) = (slf.py(), slf.as_super().get());
        let only = symbol.map(|_| view.instrument(py, symbol)).transpose()?;
        view.ask(py, |session| session.cancel_all(only))
    }

    /// Changes an open order; what is not given stays.
    #[pyo3(signature = (order_id, *, quantity = None, limit = None, stop = None))]
    fn replace(
        slf: &Bound<'_, Self>,
        order_id: &str,
        quantity: Number<'_, '_>,
        limit: Number<'_, '_>,
        stop: Number<'_, '_>,
    ) -> PyResult<()> {
        let (py, view) = (slf.py(), slf.as_super().get());
        let number = number_of(order_id)?;
        let (instrument, side) = view.ask(py, |session| {
            let order = session.order(number).ok_or_else(|| unknown(number))?;
            let instrument = session.find_instrument(order.terms.symbol.as_str());
            Ok((instrument.ok_or_else(|| unknown(number))?, order.terms.side))
        })?;
        let traded = &view.names.traded[instrument].instrument;
        let limit = limit.map(|limit| price("limit", limit, traded, side == Side::Sell));
        let stop = stop.map(|stop| price("stop", stop, traded, side == Side::Buy));
        let quantity = quantity.map(|quantity| quantity_units(quantity, traded).map(Quantity));
        let replacement = Replacement {
            quantity: quantity.transpose()?,
            limit_price: limit.transpose()?,
            stop_price: stop.transpose()?,
        };
        view.ask(py, |session| session.replace(number, replacement))
    }

    /// Cancels an instrument's open orders and sends the market order that closes what is held of it, if anything is.
    #[pyo3(signature = (symbol = None))]
    fn close(slf: &Bound<'_, Self>, symbol: Option<&str>) -> PyResult<Option<String>> {
        let (py, view) = (slf.py(), slf.as_super().get());
        let instrument = view.instrument(py, symbol)?;
        let number = view.ask(py, |session| {
            let is_idle =
                session.position(instrument) == 0 && session.open_order_count(instrument) == 0;
            if is_idle {
                Ok(None)
            } else {
                session.close(instrument)
            }
        })?;
        Ok(number.map(order_id))
    }

    /// Sends the market order that makes what is held `quantity`; negative is short.
    #[pyo3(signature = (quantity, symbol = None))]
    fn target_position(
        slf: &Bound<'_, Self>,
        quantity: &Bound<'_, PyAny>,
        symbol: Option<&str>,
    ) -> PyResult<Option<String>> {
        let (py, view) = (slf.py(), slf.as_super().get());
        let instrument = view.instrument(py, symbol)?;
        let units = quantity_units(quantity, &view.names.traded[instrument].instrument)?;
        let number = view.ask(py, |session| session.target_position(instrument, units))?;
        Ok(number.map(order_id))
    }

    /// Sends the market order that makes what is held `weight` of the equity; negative is short.
    #[pyo3(signature = (weight, symbol = None))]
    fn target_weight(
        slf: &Bound<'_, Self>,
        weight: f64,
        symbol: Option<&str>,
    ) -> PyResult<Option<String>> {
        let (py, view) = (slf.py(), slf.as_super().get());
        let instrument = view.instrument(py, symbol)?;
        let number = view.ask(py, |session| session.target_weight(instrument, weight))?;
        Ok(number.map(order_id))
    }

    /// Sets a timer: at a time, or every so often from then, or from now, on.
    #[pyo3(signature = (name = None, *, at = None, every = None))]
    fn timer(
        slf: &Bound<'_, Self>,
        name: Option<String>,
        at: Number<'_, '_>,
        every: Number<'_, '_>,
    ) -> PyResult<u64> {
        let (py, view) = (slf.py(), slf.as_super().get());
        let interval_ns = every.map(|every| duration_ns("every", every)).transpose()?;
        let at_ns = time_ns("at", at)?;
        if at_ns.is_none() && interval_ns.is_none() {
            return Err(parameter("at", "not given", "a time, or every"));
        }
        let set = view.names.link.with(py, |present| {
            let session = &mut *present.session;
            let first_ns = || session.now_ns().saturating_add(interval_ns.unwrap_or_default());
            session.set_timer(at_ns.unwrap_or_else(first_ns), interval_ns)
        })?;
        let id = set.map_err(to_py)?;
        if let Some(name) = name {
            view.names.name_timer(id, name);
        }
        Ok(id)
    }

    /// Ends a timer; one that has ended stays so.
    fn end_timer(slf: &Bound<'_, Self>, timer_id: u64) -> PyResult<()> {
        let (py, view) = (slf.py(), slf.as_super().get());
        view.names.link.with(py, |present| present.session.end_timer(timer_id))
    }
}

impl PyRunView {
    fn instrument(&self, py: Python<'_>, symbol: Option<&str>) -> PyResult<InstrumentId> {
        self.read(py, |present| self.names.instrument(present, symbol))
    }
}

fn order_id(number: OrderNumber) -> String {
    format!("o-{number}")
}

fn unknown(number: OrderNumber) -> RunError {
    RunError::Unknown { what: "order", name: order_id(number) }
}

fn number_of(order_id: &str) -> PyResult<OrderNumber> {
    let number = Session::order_number(order_id);
    number.ok_or_else(|| {
        parameter("order_id", format!("{order_id:?}"), "what buy, sell or order returned")
    })
}

/// A time: nanoseconds as they are, anything else as people write it.
fn time_ns(field: &str, value: Number<'_, '_>) -> PyResult<Option<i64>> {
    let Some(value) = value else { return Ok(None) };
    if value.is_exact_instance_of::<PyInt>() {
        return value.extract().map(Some);
    }
    let times = value.py().import("algotrendy.domain.times")?;
    times.call_method1("time_ns", (field, value))?.extract().map(Some)
}

/// A duration, such as "1h".
fn duration_ns(field: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
    let options = value.py().import("algotrendy.bar.options")?;
    options.call_method1("duration_ns", (field, value))?.extract()
}
