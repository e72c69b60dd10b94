//! `SimulatedVenue`: orders in, execution reports out.

use algotrendy_core::decimal::Decimal;
use algotrendy_core::guard::Guarded;
use algotrendy_core::order::command::ExecutionReport;
use algotrendy_core::order::{Command, Order};
use algotrendy_core::venue::{SimulatedVenue, VenueBar};
use pyo3::prelude::*;

use crate::convert::{from_python, to_python};
use crate::errors::to_py;
use crate::instrument::PyInstrument;

/// An exchange simulated from bars.
#[pyclass(name = "SimulatedVenue", module = "algotrendy._core")]
pub struct PySimulatedVenue {
    venue: Guarded<SimulatedVenue>,
}

#[pymethods]
impl PySimulatedVenue {
    #[new]
    #[pyo3(signature = (*, slippage_bps, fee_bps))]
    fn new(slippage_bps: &str, fee_bps: &str) -> PyResult<Self> {
        let slippage_bps: Decimal = slippage_bps.parse().map_err(to_py)?;
        let fee_bps: Decimal = fee_bps.parse().map_err(to_py)?;
        let venue = SimulatedVenue::new(slippage_bps, fee_bps).map_err(to_py)?;
        Ok(Self { venue: Guarded::new(venue) })
    }

    fn send<'py>(
        &mut self,
        py: Python<'py>,
        order: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let order: Order = from_python("order", order)?;
        commands(py, self.venue.change(|venue| venue.send(&order)).map_err(to_py)?)
    }

    fn cancel<'py>(&mut self, py: Python<'py>, order_id: &str) -> PyResult<Bound<'py, PyAny>> {
        commands(py, self.venue.change(|venue| venue.cancel(order_id)).map_err(to_py)?)
    }

    fn on_bar<'py>(
        &mut self,
        py: Python<'py>,
        instrument: &PyInstrument,
        bar: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let bar: VenueBar = from_python("bar", bar)?;
        let reports = self.venue.change(|venue| venue.on_bar(&instrument.inner, &bar));
        commands(py, reports.map_err(to_py)?.map_err(to_py)?)
    }
}

fn commands(py: Python<'_>, reports: Vec<ExecutionReport>) -> PyResult<Bound<'_, PyAny>> {
    let commands: Vec<Command> = reports.into_iter().map(Command::from).collect();
    to_python(py, &commands)
}

/// Adds this file's classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PySimulatedVenue>()
}
