//! Events as objects: a class for each, made when it is looked at.

use algotrendy_core::order::event::{Event, EventBody};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::event_class;
use super::shown::Units;
use crate::convert::to_python;

/// What happened. Each kind of event has a class of its own, which inherits this one.
#[pyclass(name = "Event", module = "algotrendy._core", frozen, subclass)]
pub struct PyEvent {
    pub event: Event,
    pub units: Units,
}

impl PyEvent {
    /// The object that stands for an event.
    pub fn wrap(py: Python<'_>, event: Event, units: Units) -> PyResult<Py<PyAny>> {
        event_class::wrap(py, Self { event, units })
    }
}

#[pymethods]
impl PyEvent {
    #[classattr]
    fn _fields(py: Python<'_>) -> Bound<'_, PyTuple> {
        PyTuple::empty(py)
    }

    #[getter]
    fn sequence(&self) -> u64 {
        self.event.sequence
    }

    #[getter]
    fn record_sequence(&self) -> u64 {
        self.event.record_sequence
    }

    #[getter]
    fn time_ns(&self) -> i64 {
        self.event.time_ns
    }

    #[getter]
    fn command_id(&self) -> Option<&str> {
        self.event.command.as_ref().map(|command| command.id.as_str())
    }

    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.event.body.type_name())
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.event)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().event == self.event)
    }

    fn __hash__(&self) -> u64 {
        self.event.sequence
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let names = slf.getattr("_fields")?.cast_into::<PyTuple>()?;
        let mut shown = Vec::with_capacity(names.len());
        for name in names {
            let name = name.cast_into::<PyString>()?;
            shown.push(format!("{name}={}", slf.getattr(&name)?.repr()?));
        }
        Ok(format!("{}({})", slf.get().event.body.type_name(), shown.join(", ")))
    }
}

/// Which order or instrument an event is about.
pub enum Subject<'a> {
    Symbol(&'a str),
    Order(&'a str),
    Account,
}

/// What an event is about, in whose units its numbers are.
pub fn subject(body: &EventBody) -> Subject<'_> {
    use EventBody as Body;
    match body {
        Body::OrderCreated(body) => Subject::Symbol(body.order.terms.symbol.as_str()),
        Body::OrderRejected(body) => Subject::Symbol(body.order.terms.symbol.as_str()),
        Body::OrderAdopted(body) => Subject::Symbol(body.order.terms.symbol.as_str()),
        Body::OrderAccepted(body) => Subject::Symbol(body.symbol.as_str()),
        Body::OrderFilled(body) => Subject::Symbol(body.symbol.as_str()),
        Body::FillBusted(body) => Subject::Symbol(body.symbol.as_str()),
        Body::CancelRequested(body) => Subject::Symbol(body.symbol.as_str()),
        Body::OrderCanceled(body) => Subject::Symbol(body.symbol.as_str()),
        Body::OrderExpired(body) => Subject::Symbol(body.symbol.as_str()),
        Body::PositionOpened(body) => Subject::Symbol(body.symbol.as_str()),
        Body::PositionChanged(body) => Subject::Symbol(body.symbol.as_str()),
        Body::PositionClosed(body) => Subject::Symbol(body.symbol.as_str()),
        Body::PositionAdjusted(body) => Subject::Symbol(body.symbol.as_str()),
        Body::VariationSettled(body) => Subject::Symbol(body.symbol.as_str()),
        Body::OrderSent(body) => Subject::Order(body.order_id.as_str()),
        Body::OrderUncertain(body) => Subject::Order(body.order_id.as_str()),
        Body::OrderTriggered(body) => Subject::Order(body.order_id.as_str()),
        Body::CancelRejected(body) => Subject::Order(body.order_id.as_str()),
        Body::OrderReleased(body) => Subject::Order(body.order_id.as_str()),
        Body::OrderReplaced(body) => Subject::Order(body.order_id.as_str()),
        Body::ReplaceRequested(body) => Subject::Order(body.order_id.as_str()),
        Body::ReplaceRefused(body) => Subject::Order(body.order_id.as_str()),
        Body::ReplaceRejected(body) => Subject::Order(body.order_id.as_str()),
        _ => Subject::Account,
    }
}
