//! `TradingCore` and `Decision`: one account's state machine, in dicts and journal records.

use std::collections::BTreeMap;

use algotrendy_core::error::Refusal;
use algotrendy_core::guard::Guarded;
use algotrendy_core::order::{check, decide, Command, Decision, Order, OrderTerms, State};
use algotrendy_core::portfolio::Equity;
use algotrendy_core::risk::checks::Report;
use algotrendy_journal::record;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;
use serde::Serialize;

use super::check::CheckEntry;
use super::position::MarkedPosition;
use crate::convert::{from_python, to_python};
use crate::errors::to_py;

/// What a command led to: events to fold, and the record to journal before they count.
#[pyclass(name = "Decision", module = "algotrendy._core", frozen)]
pub struct PyDecision {
    command: Command,
    inner: Decision,
    events: PyOnceLock<Py<PyAny>>,
}

impl PyDecision {
    const fn new(command: Command, inner: Decision) -> Self {
        Self { command, inner, events: PyOnceLock::new() }
    }
}

#[pymethods]
impl PyDecision {
    #[getter]
    fn events(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let events = self
            .events
            .get_or_try_init(py, || to_python(py, &self.inner.events).map(Bound::unbind))?;
        Ok(events.clone_ref(py))
    }

    #[getter]
    fn prices_read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.inner.prices_read)
    }

    #[getter]
    fn record<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let payload = record::encode(&self.command, &self.inner).map_err(to_py)?;
        Ok(PyBytes::new(py, &payload))
    }

    fn __repr__(&self) -> String {
        let names: Vec<_> = self.inner.events.iter().map(|event| event.body.type_name()).collect();
        format!("Decision({} -> [{}])", self.command.body.type_name(), names.join(", "))
    }
}

/// One account's orders, positions, cash and limits.
#[pyclass(name = "TradingCore", module = "algotrendy._core")]
pub struct PyTradingCore {
    state: Guarded<State>,
}

impl PyTradingCore {
    fn change<T, E: Refusal>(
        &mut self,
        change: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> PyResult<T> {
        self.state.change(change).map_err(to_py)?.map_err(to_py)
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> PyResult<T> {
        self.state.read(read).map_err(to_py)
    }

    fn view<'py, T: Serialize>(
        &self,
        py: Python<'py>,
        read: impl FnOnce(&State) -> T,
    ) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.read(read)?)
    }
}

#[pymethods]
impl PyTradingCore {
    #[new]
    #[pyo3(signature = (account_id, currency, *, retained_orders = Some(10_000)))]
    fn new(account_id: &str, currency: &str, retained_orders: Option<usize>) -> PyResult<Self> {
        let currency = currency.parse().map_err(to_py)?;
        let state = State::new(account_id, currency).retaining(retained_orders);
        Ok(Self { state: Guarded::new(state) })
    }

    fn decide(&self, command: &Bound<'_, PyAny>, time_ns: i64) -> PyResult<PyDecision> {
        let command: Command = from_python("command", command)?;
        let mut inner = Decision::default();
        self.read(|state| decide(state, &command, time_ns, &mut inner))?.map_err(to_py)?;
        Ok(PyDecision::new(command, inner))
    }

    fn execute(&mut self, command: &Bound<'_, PyAny>, time_ns: i64) -> PyResult<PyDecision> {
        let command: Command = from_python("command", command)?;
        let mut inner = Decision::default();
        self.change(|state| state.execute(&command, time_ns, &mut inner))?;
        Ok(PyDecision::new(command, inner))
    }

    fn check<'py>(
        &self,
        py: Python<'py>,
        command: &Bound<'py, PyAny>,
        time_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let terms: OrderTerms = from_python("command", command)?;
        let mut report = Report::default();
        self.read(|state| check(state, &terms, time_ns, &mut report))?.map_err(to_py)?;
        to_python(py, &report.rows().iter().map(CheckEntry::from).collect::<Vec<_>>())
    }

    fn apply(&mut self, decision: &PyDecision) -> PyResult<()> {
        self.change(|state| state.apply(&decision.inner))
    }

    fn fold_record<'py>(&mut self, py: Python<'py>, record: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        let recorded = record::decode_recorded(record).map_err(to_py)?;
        self.change(|state| state.recover(&recorded.prices_read, &recorded.events))?;
        to_python(py, &recorded.events)
    }

    fn order<'py>(&self, py: Python<'py>, order_id: &str) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.order(order_id).cloned())
    }

    fn order_by_client_id<'py>(
        &self,
        py: Python<'py>,
        client_order_id: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.order_by_client_id(client_order_id).cloned())
    }

    fn orders<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.orders().into_iter().cloned().collect::<Vec<Order>>())
    }

    fn open_orders<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.open_orders().cloned().collect::<Vec<Order>>())
    }

    fn positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, MarkedPosition::all)
    }

    fn cash<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| {
            let balances = state.account().balances();
            balances.map(|balance| (balance.currency, balance.cash)).collect::<BTreeMap<_, _>>()
        })
    }

    fn equity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let equity = self.read(Equity::of)?.map_err(to_py)?;
        to_python(py, &equity)
    }

    fn available<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, State::available)
    }

    fn limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.limits().cloned())
    }

    fn instruments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.slots().map(|slot| slot.instrument.clone()).collect::<Vec<_>>())
    }

    fn reference_price<'py>(&self, py: Python<'py>, symbol: &str) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.reference_price(symbol).cloned())
    }

    #[getter]
    fn account_id(&self) -> PyResult<String> {
        self.read(|state| state.account_id().to_owned())
    }

    #[getter]
    fn currency(&self) -> PyResult<&'static str> {
        self.read(|state| state.currency().code())
    }

    #[getter]
    fn time_ns(&self) -> PyResult<Option<i64>> {
        self.read(State::time_ns)
    }

    #[getter]
    fn event_sequence(&self) -> PyResult<u64> {
        self.read(State::event_sequence)
    }

    #[getter]
    fn record_sequence(&self) -> PyResult<u64> {
        self.read(State::record_sequence)
    }
}

/// Adds this file's classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyDecision>()?;
    module.add_class::<PyTradingCore>()
}
