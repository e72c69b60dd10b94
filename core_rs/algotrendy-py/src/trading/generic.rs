//! `TradingCore` and `Decision`: one account's state machine.

use std::collections::BTreeMap;

use algotrendy_core::error::Refusal;
use algotrendy_core::guard::Guarded;
use algotrendy_core::order::{check, decide, Command, Decision, Event, OrderTerms, State};
use algotrendy_core::portfolio::Equity;
use algotrendy_journal::record;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;
use serde::Serialize;

use crate::convert::{from_python, to_python};
use crate::errors::to_py;

/// What a command led to: events to fold, and the record to journal before they count.
#[pyclass(name = "Decision", module = "algotrendy._core", frozen)]
pub struct PyDecision {
    command: Command,
    inner: Decision,
    events: PyOnceLock<Py<PyAny>>,
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
    fn record<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let payload = record::encode(&self.command, &self.inner).map_err(to_py)?;
        Ok(PyBytes::new(py, &payload))
    }

    fn __repr__(&self) -> String {
        let names: Vec<_> = self.inner.events.iter().map(|event| event.body.type_name()).collect();
        format!("Decision({} -> [{}])", self.command.type_name(), names.join(", "))
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
    fn new(account_id: &str) -> Self {
        Self { state: Guarded::new(State::new(account_id)) }
    }

    fn decide(&self, command: &Bound<'_, PyAny>, time_ns: i64) -> PyResult<PyDecision> {
        let command: Command = from_python("command", command)?;
        let inner = self.read(|state| decide(state, &command, time_ns))?.map_err(to_py)?;
        Ok(PyDecision { command, inner, events: PyOnceLock::new() })
    }

    fn execute(&mut self, command: &Bound<'_, PyAny>, time_ns: i64) -> PyResult<PyDecision> {
        let command: Command = from_python("command", command)?;
        let inner = self.change(|state| state.execute(&command, time_ns))?;
        Ok(PyDecision { command, inner, events: PyOnceLock::new() })
    }

    fn check<'py>(
        &self,
        py: Python<'py>,
        command: &Bound<'py, PyAny>,
        time_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let terms: OrderTerms = from_python("command", command)?;
        let failures = self.read(|state| check(state, &terms, time_ns))?.map_err(to_py)?;
        to_python(py, &failures)
    }

    fn apply(&mut self, decision: &PyDecision) -> PyResult<()> {
        self.change(|state| state.fold_all(&decision.inner.events))
    }

    fn fold(&mut self, event: &Bound<'_, PyAny>) -> PyResult<()> {
        let event: Event = from_python("event", event)?;
        self.change(|state| state.fold(&event))
    }

    fn fold_record<'py>(&mut self, py: Python<'py>, record: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        let events = record::decode_events(record).map_err(to_py)?;
        self.change(|state| state.fold_all(&events))?;
        to_python(py, &events)
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
        self.view(py, |state| state.orders().cloned().collect::<Vec<_>>())
    }

    fn open_orders<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.open_orders().cloned().collect::<Vec<_>>())
    }

    fn positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.marked_positions().collect::<Vec<_>>())
    }

    fn cash<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.account().balances().collect::<BTreeMap<_, _>>())
    }

    fn equity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let equity = self.read(Equity::of)?.map_err(to_py)?;
        to_python(py, &equity)
    }

    fn limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.limits().cloned())
    }

    fn instruments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.instruments().cloned().collect::<Vec<_>>())
    }

    fn reference_price<'py>(&self, py: Python<'py>, symbol: &str) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |state| state.reference_price(symbol).cloned())
    }

    #[getter]
    fn account_id(&self) -> PyResult<String> {
        self.read(|state| state.account_id().to_owned())
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
