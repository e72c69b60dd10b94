//! `SimulatedVenue`: orders in, execution reports out, both as dicts.

use algotrendy_core::decimal::Decimal;
use algotrendy_core::guard::Guarded;
use algotrendy_core::order::command::ExecutionReport;
use algotrendy_core::order::order::Replacement;
use algotrendy_core::order::{Command, Order};
use algotrendy_core::price::Quantity;
use algotrendy_core::venue::{SimulatedVenue, VenueConfig, VenueError, VenueOrder};
use pyo3::prelude::*;

use crate::bar::refusal::parameter;
use crate::convert::{from_python, to_python};
use crate::errors::to_py;
use crate::instrument::PyInstrument;

/// A venue simulated from bars, quotes and trades.
#[pyclass(name = "SimulatedVenue", module = "algotrendy._core")]
pub struct PySimulatedVenue {
    venue: Guarded<SimulatedVenue>,
}

impl PySimulatedVenue {
    /// Asks the venue for something, and returns what it reports as commands.
    fn reports<'py>(
        &mut self,
        py: Python<'py>,
        ask: impl FnOnce(&mut SimulatedVenue, &mut Vec<ExecutionReport>) -> Result<(), VenueError>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut reports = Vec::new();
        self.venue.change(|venue| ask(venue, &mut reports)).map_err(to_py)?.map_err(to_py)?;
        let commands: Vec<Command> = reports.into_iter().map(Command::from).collect();
        to_python(py, &commands)
    }

    /// The same for one step of a walk; none once there is nothing more.
    fn step<'py>(
        &mut self,
        py: Python<'py>,
        ask: impl FnOnce(&mut SimulatedVenue, &mut Vec<ExecutionReport>) -> Result<bool, VenueError>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut reports = Vec::new();
        let stepped = self.venue.change(|venue| ask(venue, &mut reports)).map_err(to_py)?;
        if !stepped.map_err(to_py)? && reports.is_empty() {
            return Ok(None);
        }
        let commands: Vec<Command> = reports.into_iter().map(Command::from).collect();
        to_python(py, &commands).map(Some)
    }

    fn change(
        &mut self,
        change: impl FnOnce(&mut SimulatedVenue) -> Result<(), VenueError>,
    ) -> PyResult<()> {
        self.venue.change(change).map_err(to_py)?.map_err(to_py)
    }

    fn read<T>(&self, read: impl FnOnce(&SimulatedVenue) -> T) -> PyResult<T> {
        self.venue.read(read).map_err(to_py)
    }
}

#[pymethods]
impl PySimulatedVenue {
    #[new]
    #[pyo3(signature = (*, slippage_bps = None, fee_bps = None, config = None))]
    fn new(
        slippage_bps: Option<&str>,
        fee_bps: Option<&str>,
        config: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let bps = |text: Option<&str>| text.unwrap_or("0").parse::<Decimal>().map_err(to_py);
        let venue = match config {
            None => SimulatedVenue::new(bps(slippage_bps)?, bps(fee_bps)?),
            Some(_) if slippage_bps.is_some() || fee_bps.is_some() => {
                return Err(parameter("config", "set beside bps", "one or the other"));
            }
            Some(config) => SimulatedVenue::with_config(venue_config(config)?),
        };
        Ok(Self { venue: Guarded::new(venue.map_err(to_py)?) })
    }

    fn set_instrument(&mut self, instrument: &PyInstrument) -> PyResult<()> {
        self.change(|venue| venue.set_instrument(&instrument.inner))
    }

    #[pyo3(signature = (symbol, *, is_halted))]
    fn set_halted(&mut self, symbol: &str, is_halted: bool) -> PyResult<()> {
        self.change(|venue| venue.set_halted(symbol, is_halted))
    }

    fn set_position(&mut self, symbol: &str, quantity: i64) -> PyResult<()> {
        self.change(|venue| venue.set_position(symbol, Quantity(quantity)))
    }

    #[pyo3(signature = (order, time_ns, *, last_execution_id = None))]
    fn send<'py>(
        &mut self,
        py: Python<'py>,
        order: &Bound<'py, PyAny>,
        time_ns: i64,
        last_execution_id: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let order: Order = from_python("order", order)?;
        let mut order = VenueOrder::of(&order);
        if let Some(execution_id) = last_execution_id {
            order = order.after(&execution_id.into());
        }
        self.reports(py, |venue, reports| venue.send(order, time_ns, reports))
    }

    fn cancel<'py>(
        &mut self,
        py: Python<'py>,
        order_id: &str,
        time_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.reports(py, |venue, reports| {
            venue.cancel(&order_id.into(), time_ns, reports);
            Ok(())
        })
    }

    fn replace<'py>(
        &mut self,
        py: Python<'py>,
        order_id: &str,
        replacement: &Bound<'py, PyAny>,
        time_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let replacement: Replacement = from_python("replacement", replacement)?;
        self.reports(py, |venue, reports| {
            venue.replace(&order_id.into(), &replacement, time_ns, reports)
        })
    }

    fn advance<'py>(&mut self, py: Python<'py>, time_ns: i64) -> PyResult<Bound<'py, PyAny>> {
        self.reports(py, |venue, reports| venue.advance(time_ns, reports))
    }

    fn on_bar<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        bar: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let bar = from_python("bar", bar)?;
        self.reports(py, |venue, reports| venue.on_bar(symbol, &bar, reports))
    }

    fn begin_bar<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        bar: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let bar = from_python("bar", bar)?;
        self.reports(py, |venue, reports| venue.begin_bar(symbol, &bar, reports))
    }

    fn next_at_open<'py>(
        &mut self,
        py: Python<'py>,
        bar: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let bar = from_python("bar", bar)?;
        self.step(py, |venue, reports| venue.next_at_open(&bar, reports))
    }

    fn resume_bar(&mut self, symbol: &str) -> PyResult<bool> {
        let resumed = self.venue.change(|venue| venue.resume_bar(symbol)).map_err(to_py)?;
        resumed.map_err(to_py)
    }

    fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.step(py, SimulatedVenue::next)
    }

    fn on_quote<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        quote: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let quote = from_python("quote", quote)?;
        self.reports(py, |venue, reports| venue.on_quote(symbol, &quote, reports))
    }

    fn on_trade<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        trade: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let trade = from_python("trade", trade)?;
        self.reports(py, |venue, reports| venue.on_trade(symbol, &trade, reports))
    }

    fn begin_quote<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        quote: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let quote = from_python("quote", quote)?;
        self.reports(py, |venue, reports| venue.begin_quote(symbol, &quote, reports))
    }

    fn begin_trade<'py>(
        &mut self,
        py: Python<'py>,
        symbol: &str,
        trade: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let trade = from_python("trade", trade)?;
        self.reports(py, |venue, reports| venue.begin_trade(symbol, &trade, reports))
    }

    fn position(&self, symbol: &str) -> PyResult<i64> {
        self.read(|venue| venue.position(symbol).0)
    }

    #[getter]
    fn working_orders(&self) -> PyResult<usize> {
        self.read(SimulatedVenue::working_orders)
    }

    #[getter]
    fn next_due_ns(&self) -> PyResult<Option<i64>> {
        self.read(SimulatedVenue::next_due_ns)
    }

    #[getter]
    fn config<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.read(|venue| venue.config().clone())?)
    }

    fn __str__(&self) -> PyResult<String> {
        self.read(|venue| venue.config().to_string())
    }
}

/// How a venue trades, from a dict.
pub fn venue_config(config: &Bound<'_, PyAny>) -> PyResult<VenueConfig> {
    from_python("venue", config)
}

/// Adds this file's classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PySimulatedVenue>()
}
