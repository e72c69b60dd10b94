//! `CoreAccount`: one account's core, driven in this process, with its venue where that is simulated. What Python calls.

use algotrendy_core::guard::Guarded;
use algotrendy_core::instrument::Currency;
use algotrendy_core::order::command::{
    Cancel, ClosePosition, ExecutionReport, Mark, Replace, SubmitList,
};
use algotrendy_core::order::order::Replacement;
use algotrendy_core::order::{check, Command, DecideError, State};
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::risk::checks::Report;
use algotrendy_core::venue::{SimulatedVenue, Simulation, VenueBar, VenueQuote, VenueTrade};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::account::PyCoreAccount;
use super::check::PyCheckReport;
use super::driven::{Driven, Driver, Told};
use super::edge::{optional_units, units};
use super::order::PyOrder;
use super::position::PyPosition;
use super::shown::Amount;
use super::terms::{Asked, PyOrderTerms};
use crate::bar::refusal::parameter;
use crate::convert::{from_python, to_python};
use crate::errors::to_py;
use crate::venue::venue_config;

#[pymethods]
impl PyCoreAccount {
    #[new]
    #[pyo3(signature = (account_id, currency, *, venue = None, retained_orders = Some(10_000)))]
    fn new(
        account_id: &str,
        currency: &str,
        venue: Option<&Bound<'_, PyAny>>,
        retained_orders: Option<usize>,
    ) -> PyResult<Self> {
        let currency = currency.parse().map_err(to_py)?;
        let state = State::new(account_id, currency).retaining(retained_orders);
        let driver = match venue {
            None => Driver::Told(Box::new(Told::new(state))),
            Some(config) => {
                let venue = SimulatedVenue::with_config(venue_config(config)?).map_err(to_py)?;
                let simulation = Simulation::new(state, venue, 0).map_err(to_py)?;
                Driver::Simulated(Box::new(simulation))
            }
        };
        Ok(Self { core: Guarded::new(Driven::new(driver)), named_count: 0 })
    }

    #[pyo3(signature = (command, time_ns = None))]
    fn execute<'py>(
        &mut self,
        py: Python<'py>,
        command: &Bound<'py, PyAny>,
        time_ns: Option<i64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let command: Command = from_python("command", command)?;
        self.command(py, time_ns, command)
    }

    #[pyo3(signature = (
        symbol, side, quantity, *, limit_price = None, stop_price = None, trail = None, trail_bps = None,
        time_in_force = None, expire_time_ns = None, post_only = false, reduce_only = false, strategy_id = None,
        trader_id = None, client_order_id = None, order_id = None, sending_time_ns = None
    ))]
    #[allow(clippy::too_many_arguments)] // One for each term.
    fn order(
        &self,
        symbol: &str,
        side: &str,
        quantity: &Bound<'_, PyAny>,
        limit_price: Option<&Bound<'_, PyAny>>,
        stop_price: Option<&Bound<'_, PyAny>>,
        trail: Option<&Bound<'_, PyAny>>,
        trail_bps: Option<u32>,
        time_in_force: Option<&str>,
        expire_time_ns: Option<i64>,
        post_only: bool,
        reduce_only: bool,
        strategy_id: Option<&str>,
        trader_id: Option<&str>,
        client_order_id: Option<&str>,
        order_id: Option<&str>,
        sending_time_ns: Option<i64>,
    ) -> PyResult<PyOrderTerms> {
        let asked = Asked {
            side,
            quantity,
            limit_price,
            stop_price,
            trail,
            trail_bps,
            time_in_force,
            expire_time_ns,
            post_only,
            reduce_only,
            strategy_id,
            trader_id,
            client_order_id,
            order_id,
            sending_time_ns,
        };
        self.read(|core| {
            let instrument = core.state().instrument(symbol);
            let unknown = || to_py(DecideError::UnknownInstrument { symbol: symbol.to_owned() });
            let instrument = instrument.ok_or_else(unknown)?;
            Ok(PyOrderTerms { terms: asked.terms(instrument)?, units: core.units(instrument) })
        })?
    }

    /// An order that was made before is sent as it is; one that is asked for here is made first.
    #[pyo3(signature = (order, side = None, quantity = None, *, time_ns = None, **terms))]
    fn submit<'py>(
        slf: &Bound<'py, Self>,
        order: &Bound<'py, PyAny>,
        side: Option<&Bound<'py, PyAny>>,
        quantity: Option<&Bound<'py, PyAny>>,
        time_ns: Option<i64>,
        terms: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let asked = match (order.cast::<PyOrderTerms>(), side, quantity) {
            (Ok(order), None, None) if terms.is_none() => order.clone(),
            (Ok(_), ..) => {
                return Err(parameter("order", "OrderTerms with more terms", "one or the other"))
            }
            (Err(_), side, quantity) => {
                slf.call_method("order", (order, side, quantity), terms)?.cast_into()?
            }
        };
        let mut account = slf.try_borrow_mut()?;
        let terms = account.named(&asked.get().terms)?;
        account.act(slf.py(), |core| core.submit(&terms, time_ns))
    }

    fn check(&self, order: &PyOrderTerms) -> PyResult<PyCheckReport> {
        let mut report = Report::default();
        self.read(|core| check(core.state(), &order.terms, core.time_ns(), &mut report))?
            .map_err(to_py)?;
        Ok(PyCheckReport::new(report))
    }

    // Taken from a sequence, which nobody else needs then.
    #[allow(clippy::needless_pass_by_value)]
    #[pyo3(signature = (contingency, orders, *, list_id = None, time_ns = None))]
    fn submit_list<'py>(
        &mut self,
        py: Python<'py>,
        contingency: &Bound<'py, PyAny>,
        orders: Vec<Bound<'py, PyOrderTerms>>,
        list_id: Option<&str>,
        time_ns: Option<i64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let named = |order: &Bound<'_, PyOrderTerms>| self.named(&order.get().terms);
        let orders = orders.iter().map(named).collect::<PyResult<_>>()?;
        let list_id =
            list_id.map_or_else(|| self.next_name().map(Into::into), |id| Ok(id.into()))?;
        let contingency = from_python("contingency", contingency)?;
        self.command(py, time_ns, SubmitList { list_id, contingency, orders })
    }

    #[pyo3(signature = (order_id, *, quantity = None, limit_price = None, stop_price = None, time_ns = None))]
    fn replace<'py>(
        &mut self,
        py: Python<'py>,
        order_id: &str,
        quantity: Option<&Bound<'py, PyAny>>,
        limit_price: Option<&Bound<'py, PyAny>>,
        stop_price: Option<&Bound<'py, PyAny>>,
        time_ns: Option<i64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let replacement = self.of_order(order_id, |instrument| {
            let (price, lot) = (instrument.price_scale(), instrument.quantity_scale());
            Ok(Replacement {
                quantity: optional_units("quantity", quantity, lot)?.map(Quantity),
                limit_price: optional_units("limit_price", limit_price, price)?.map(Price),
                stop_price: optional_units("stop_price", stop_price, price)?.map(Price),
            })
        })?;
        self.command(py, time_ns, Replace { order_id: order_id.into(), replacement })
    }

    #[pyo3(signature = (order_id, *, time_ns = None))]
    fn cancel<'py>(
        &mut self,
        py: Python<'py>,
        order_id: &str,
        time_ns: Option<i64>,
    ) -> PyResult<Bound<'py, PyList>> {
        self.command(py, time_ns, Cancel { order_id: order_id.into() })
    }

    #[pyo3(signature = (symbol, *, strategy_id = None, client_order_id = None, order_id = None, time_ns = None))]
    fn close<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        strategy_id: Option<&str>,
        client_order_id: Option<&str>,
        order_id: Option<&str>,
        time_ns: Option<i64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let order_id = order_id.map_or_else(|| self.next_name(), |id| Ok(id.to_owned()))?;
        let close = ClosePosition {
            symbol: symbol.into(),
            client_order_id: client_order_id.unwrap_or(&order_id).into(),
            order_id: order_id.into(),
            strategy_id: strategy_id.map(Into::into),
        };
        self.command(py, time_ns, close)
    }

    #[pyo3(signature = (symbol, price, *, source = "mark", price_time_ns = None, time_ns = None))]
    fn mark<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        price: &Bound<'py, PyAny>,
        source: &str,
        price_time_ns: Option<i64>,
        time_ns: Option<i64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let price = self
            .of_instrument(symbol, |instrument| units("price", price, instrument.price_scale()))?;
        let mark = Mark {
            symbol: symbol.into(),
            price: Price(price),
            source: source.into(),
            price_time_ns,
        };
        self.command(py, time_ns, mark)
    }

    fn advance<'py>(&mut self, py: Python<'py>, time_ns: i64) -> PyResult<Bound<'py, PyList>> {
        self.act(py, |core| core.advance(time_ns))
    }

    #[pyo3(signature = (symbol, *, open, high, low, close, volume = None, open_time_ns, close_time_ns))]
    #[allow(clippy::too_many_arguments)] // One for each entry of a bar.
    fn on_bar<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        open: &Bound<'py, PyAny>,
        high: &Bound<'py, PyAny>,
        low: &Bound<'py, PyAny>,
        close: &Bound<'py, PyAny>,
        volume: Option<&Bound<'py, PyAny>>,
        open_time_ns: i64,
        close_time_ns: i64,
    ) -> PyResult<Bound<'py, PyList>> {
        let (symbol, bar) = self.of_instrument(symbol, |instrument| {
            let price = |field, value| units(field, value, instrument.price_scale()).map(Price);
            let volume = optional_units("volume", volume, instrument.quantity_scale())?;
            let bar = VenueBar {
                open_time_ns,
                close_time_ns,
                open: price("open", open)?,
                high: price("high", high)?,
                low: price("low", low)?,
                close: price("close", close)?,
                volume: Quantity(volume.unwrap_or_default()),
            };
            Ok((instrument.terms().symbol.clone(), bar))
        })?;
        self.feed(py, |simulation| simulation.on_bar(&symbol, &bar))
    }

    #[pyo3(signature = (symbol, bid, ask, *, bid_size, ask_size, time_ns))]
    #[allow(clippy::too_many_arguments)] // One for each entry of a quote.
    fn on_quote<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        bid: &Bound<'py, PyAny>,
        ask: &Bound<'py, PyAny>,
        bid_size: &Bound<'py, PyAny>,
        ask_size: &Bound<'py, PyAny>,
        time_ns: i64,
    ) -> PyResult<Bound<'py, PyList>> {
        let (symbol, quote) = self.of_instrument(symbol, |instrument| {
            let price = |field, value| units(field, value, instrument.price_scale()).map(Price);
            let size =
                |field, value| units(field, value, instrument.quantity_scale()).map(Quantity);
            let quote = VenueQuote {
                time_ns,
                bid: price("bid", bid)?,
                ask: price("ask", ask)?,
                bid_size: size("bid_size", bid_size)?,
                ask_size: size("ask_size", ask_size)?,
            };
            Ok((instrument.terms().symbol.clone(), quote))
        })?;
        self.feed(py, |simulation| simulation.on_quote(&symbol, &quote))
    }

    #[pyo3(signature = (symbol, price, quantity, *, time_ns))]
    fn on_trade<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        price: &Bound<'py, PyAny>,
        quantity: &Bound<'py, PyAny>,
        time_ns: i64,
    ) -> PyResult<Bound<'py, PyList>> {
        let (symbol, trade) = self.of_instrument(symbol, |instrument| {
            let trade = VenueTrade {
                time_ns,
                price: Price(units("price", price, instrument.price_scale())?),
                quantity: Quantity(units("quantity", quantity, instrument.quantity_scale())?),
            };
            Ok((instrument.terms().symbol.clone(), trade))
        })?;
        self.feed(py, |simulation| simulation.on_trade(&symbol, &trade))
    }

    #[pyo3(signature = (
        order_id, kind, execution_id, *, quantity = None, price = None, fee = None, fee_currency = None,
        reference_execution_id = None, reason = None, venue_order_id = None, transact_time_ns = None, time_ns = None
    ))]
    #[allow(clippy::too_many_arguments)] // One for each entry of a report.
    fn report<'py>(
        &mut self,
        py: Python<'py>,
        order_id: &str,
        kind: &Bound<'py, PyAny>,
        execution_id: &str,
        quantity: Option<&Bound<'py, PyAny>>,
        price: Option<&Bound<'py, PyAny>>,
        fee: Option<&Bound<'py, PyAny>>,
        fee_currency: Option<&str>,
        reference_execution_id: Option<&str>,
        reason: Option<String>,
        venue_order_id: Option<&str>,
        transact_time_ns: Option<i64>,
        time_ns: Option<i64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let kind = from_python("kind", kind)?;
        let fee_currency: Option<Currency> =
            fee_currency.map(str::parse).transpose().map_err(to_py)?;
        let report = self.of_order(order_id, |instrument| {
            let cash_scale = fee_currency.unwrap_or(instrument.currency()).cash_scale();
            let or_none = |units: Option<i64>| units.unwrap_or_default();
            Ok(ExecutionReport {
                quantity: Quantity(or_none(optional_units(
                    "quantity",
                    quantity,
                    instrument.quantity_scale(),
                )?)),
                price: Price(or_none(optional_units("price", price, instrument.price_scale())?)),
                fee: or_none(optional_units("fee", fee, cash_scale)?),
                fee_currency,
                reference_execution_id: reference_execution_id.map(Into::into),
                reason,
                venue_order_id: venue_order_id.map(Into::into),
                transact_time_ns,
                ..ExecutionReport::new(order_id.into(), execution_id.into(), kind)
            })
        })?;
        self.act(py, |core| core.report(report, time_ns))
    }

    #[staticmethod]
    fn cash_units(currency: &str, field: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
        let currency: Currency = currency.parse().map_err(to_py)?;
        units(field, value, currency.cash_scale())
    }

    fn price_units(&self, symbol: &str, field: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
        self.of_instrument(symbol, |instrument| units(field, value, instrument.price_scale()))
    }

    fn quantity_units(&self, symbol: &str, field: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
        self.of_instrument(symbol, |instrument| units(field, value, instrument.quantity_scale()))
    }

    #[getter]
    fn orders(&self) -> PyResult<Vec<PyOrder>> {
        self.read(|core| core.state().orders().into_iter().map(|order| core.order(order)).collect())
    }

    #[getter]
    fn open_orders(&self) -> PyResult<Vec<PyOrder>> {
        self.read(|core| core.state().open_orders().map(|order| core.order(order)).collect())
    }

    fn find(&self, order_id: &str) -> PyResult<Option<PyOrder>> {
        self.read(|core| core.state().order(order_id).map(|order| core.order(order)))
    }

    fn find_by_client_id(&self, client_order_id: &str) -> PyResult<Option<PyOrder>> {
        self.read(|core| {
            core.state().order_by_client_id(client_order_id).map(|order| core.order(order))
        })
    }

    fn position(&self, symbol: &str) -> PyResult<PyPosition> {
        self.read(|core| core.state().slot(symbol).map(|slot| core.position(slot)))?
            .ok_or_else(|| to_py(DecideError::UnknownInstrument { symbol: symbol.to_owned() }))
    }

    #[getter]
    fn positions(&self) -> PyResult<Vec<PyPosition>> {
        self.read(|core| {
            let held = core.state().slots().filter(|slot| slot.position.quantity.0 != 0);
            held.map(|slot| core.position(slot)).collect()
        })
    }

    #[getter]
    fn cash<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let balances = PyDict::new(py);
        for balance in
            self.read(|core| core.state().account().balances().copied().collect::<Vec<_>>())?
        {
            balances
                .set_item(balance.currency.code(), balance.cash.show_in(py, balance.currency)?)?;
        }
        Ok(balances)
    }

    #[getter]
    fn equity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.amount(py, State::equity)
    }

    #[getter]
    fn available<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.amount(py, State::available)
    }

    #[getter]
    fn initial_margin<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.amount(py, |state| state.equity().map(|_| state.totals().sums.initial_margin))
    }

    #[getter]
    fn maintenance_margin<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.amount(py, |state| state.equity().map(|_| state.totals().sums.maintenance_margin))
    }

    #[getter]
    fn gross_notional<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.amount(py, |state| state.equity().map(|_| state.totals().sums.gross_notional))
    }

    #[getter]
    fn limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.read(|core| core.state().limits().cloned())?)
    }

    #[getter]
    fn account_id(&self) -> PyResult<String> {
        self.read(|core| core.state().account_id().to_owned())
    }

    #[getter]
    fn currency(&self) -> PyResult<&'static str> {
        self.read(|core| core.state().currency().code())
    }

    #[getter]
    fn time_ns(&self) -> PyResult<i64> {
        self.read(Driven::time_ns)
    }

    #[getter]
    fn venue(&self) -> PyResult<Option<String>> {
        self.read(|core| {
            core.simulation().map(|simulation| simulation.venue().config().to_string())
        })
    }
}
