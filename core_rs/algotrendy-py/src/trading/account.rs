//! How a `CoreAccount` acts and is read: what its methods share.

use algotrendy_core::error::Refusal;
use algotrendy_core::guard::Guarded;
use algotrendy_core::instrument::Instrument;
use algotrendy_core::order::{Command, DecideError, OrderTerms, State};
use algotrendy_core::portfolio::Cash;
use algotrendy_core::venue::{Simulation, SimulationError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::driven::Driven;
use super::event::PyEvent;
use super::shown::Amount;
use crate::errors::to_py;

/// Market data has nobody to trade at it.
#[derive(Debug, thiserror::Error)]
#[error("the core has no simulated venue to trade at market data: make it with venue={{}}, or tell it prices with mark")]
struct NoVenueError;

impl Refusal for NoVenueError {
    fn reason(&self) -> &'static str {
        "FAILED_PRECONDITION"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// One account's core and what drives it.
#[pyclass(name = "CoreAccount", module = "algotrendy._core", subclass)]
pub struct PyCoreAccount {
    pub(super) core: Guarded<Driven>,
    /// How many orders and lists it has named.
    pub(super) named_count: u64,
}

impl PyCoreAccount {
    /// Does something, and returns what happened. What time did before a refusal is told with what comes after it.
    pub(super) fn act<'py>(
        &mut self,
        py: Python<'py>,
        act: impl FnOnce(&mut Driven) -> Result<(), SimulationError>,
    ) -> PyResult<Bound<'py, PyList>> {
        let objects = self.core.change(|core| {
            act(core).map_err(to_py)?;
            let events = core.take_events();
            events
                .map(|(event, units)| PyEvent::wrap(py, event, units))
                .collect::<PyResult<Vec<_>>>()
        });
        PyList::new(py, objects.map_err(to_py)??)
    }

    pub(super) fn command<'py>(
        &mut self,
        py: Python<'py>,
        time_ns: Option<i64>,
        command: impl Into<Command>,
    ) -> PyResult<Bound<'py, PyList>> {
        let command = command.into();
        self.act(py, |core| core.execute(&command, time_ns))
    }

    /// Gives market data to the simulated venue.
    pub(super) fn feed<'py>(
        &mut self,
        py: Python<'py>,
        feed: impl FnOnce(&mut Simulation) -> Result<(), SimulationError>,
    ) -> PyResult<Bound<'py, PyList>> {
        if self.read(|core| core.simulation().is_none())? {
            return Err(to_py(NoVenueError));
        }
        self.act(py, |core| core.feed(feed))
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Driven) -> T) -> PyResult<T> {
        self.core.read(read).map_err(to_py)
    }

    /// Reads something of an instrument that is known.
    pub(super) fn of_instrument<T>(
        &self,
        symbol: &str,
        read: impl FnOnce(&Instrument) -> PyResult<T>,
    ) -> PyResult<T> {
        self.read(|core| match core.state().instrument(symbol) {
            Some(instrument) => read(instrument),
            None => Err(to_py(DecideError::UnknownInstrument { symbol: symbol.to_owned() })),
        })?
    }

    /// Reads something of an order's instrument.
    pub(super) fn of_order<T>(
        &self,
        order_id: &str,
        read: impl FnOnce(&Instrument) -> PyResult<T>,
    ) -> PyResult<T> {
        let symbol =
            self.read(|core| core.state().order(order_id).map(|order| order.terms.symbol.clone()))?;
        match symbol {
            Some(symbol) => self.of_instrument(symbol.as_str(), read),
            None => Err(to_py(DecideError::UnknownOrder { order_id: order_id.into() })),
        }
    }

    /// An amount in the account's currency; none where a price or a rate is missing.
    pub(super) fn amount<'py>(
        &self,
        py: Python<'py>,
        read: impl FnOnce(&State) -> Option<Cash>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (amount, currency) = self.read(|core| (read(core.state()), core.state().currency()))?;
        amount.show_in(py, currency)
    }

    /// Names an order where its sender did not.
    pub(super) fn named(&mut self, terms: &OrderTerms) -> PyResult<OrderTerms> {
        let mut terms = terms.clone();
        if terms.order_id.as_str().is_empty() {
            terms.order_id = self.next_name()?.into();
        }
        if terms.client_order_id.as_str().is_empty() {
            terms.client_order_id = terms.order_id.as_str().into();
        }
        Ok(terms)
    }

    /// A number that no order is called by.
    pub(super) fn next_name(&mut self) -> PyResult<String> {
        loop {
            self.named_count += 1;
            let name = self.named_count.to_string();
            let is_used = |state: &State| {
                state.order(&name).is_some() || state.order_by_client_id(&name).is_some()
            };
            if !self.read(|core| is_used(core.state()))? {
                return Ok(name);
            }
        }
    }
}
