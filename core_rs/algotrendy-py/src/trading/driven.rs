//! A core with its simulated venue, or alone, and the events it owes an answer.

use algotrendy_core::instrument::Instrument;
use algotrendy_core::order::command::{Advance, ExecutionReport};
use algotrendy_core::order::state::Slot;
use algotrendy_core::order::{
    decide_report, decide_submit, Command, CommandBody, DecideError, Decision, Event, Order,
    OrderTerms, State, TradingError,
};
use algotrendy_core::venue::{Simulation, SimulationError};

use super::event::{subject, Subject};
use super::order::PyOrder;
use super::position::PyPosition;
use super::shown::Units;

/// Who answers for the orders.
pub enum Driver {
    /// The simulated venue.
    Simulated(Box<Simulation>),
    /// A venue elsewhere, whose reports are told.
    Told(Box<Told>),
}

/// A core that is told what its venue does.
pub struct Told {
    state: State,
    time_ns: i64,
    decision: Decision,
}

type Done = Result<(), SimulationError>;

impl Told {
    pub fn new(state: State) -> Self {
        Self { time_ns: state.time_ns().unwrap_or(0), state, decision: Decision::default() }
    }

    fn pass(&mut self, time_ns: i64) -> Result<(), TradingError> {
        check_time(self.time_ns, time_ns)?;
        self.time_ns = time_ns;
        self.execute(&CommandBody::from(Advance {}).into(), time_ns)
    }

    fn execute(&mut self, command: &Command, time_ns: i64) -> Result<(), TradingError> {
        self.state.execute(command, time_ns, &mut self.decision)
    }

    fn apply(
        &mut self,
        decide: impl FnOnce(&State, &mut Decision) -> Result<(), DecideError>,
    ) -> Result<(), TradingError> {
        decide(&self.state, &mut self.decision)?;
        self.state.apply(&self.decision)
    }
}

/// Marks move no clock of the core's, but they do move the driver's.
fn check_time(last_time_ns: i64, time_ns: i64) -> Result<(), TradingError> {
    if time_ns < last_time_ns {
        return Err(DecideError::TimeWentBack { time_ns, last_time_ns }.into());
    }
    Ok(())
}

/// A core, and the events it owes an answer.
pub struct Driven {
    driver: Driver,
    /// What happened before a refusal, or before what it is told with.
    owed: Vec<Event>,
}

impl Driven {
    pub const fn new(driver: Driver) -> Self {
        Self { driver, owed: Vec::new() }
    }

    pub fn state(&self) -> &State {
        match &self.driver {
            Driver::Simulated(simulation) => simulation.state(),
            Driver::Told(told) => &told.state,
        }
    }

    pub fn time_ns(&self) -> i64 {
        match &self.driver {
            Driver::Simulated(simulation) => simulation.time_ns(),
            Driver::Told(told) => told.time_ns,
        }
    }

    /// The simulation, where there is one.
    pub fn simulation(&self) -> Option<&Simulation> {
        match &self.driver {
            Driver::Simulated(simulation) => Some(simulation),
            Driver::Told(_) => None,
        }
    }

    /// Executes a command.
    pub fn execute(&mut self, command: &Command, time_ns: Option<i64>) -> Done {
        let time_ns = time_ns.unwrap_or(self.time_ns());
        self.act(
            |simulation| simulation.execute(command, time_ns),
            |told| told.execute(command, time_ns),
            time_ns,
        )
    }

    /// Sends an order.
    pub fn submit(&mut self, terms: &OrderTerms, time_ns: Option<i64>) -> Done {
        let time_ns = time_ns.unwrap_or(self.time_ns());
        self.act(
            |simulation| simulation.submit(terms, time_ns),
            |told| told.apply(|state, decision| decide_submit(state, terms, time_ns, decision)),
            time_ns,
        )
    }

    /// Takes a report.
    pub fn report(&mut self, report: ExecutionReport, time_ns: Option<i64>) -> Done {
        let time_ns = time_ns.unwrap_or(self.time_ns());
        if self.simulation().is_some() {
            return self.execute(&report.into(), Some(time_ns));
        }
        self.act(
            |_| Ok(()),
            |told| told.apply(|state, decision| decide_report(state, &report, time_ns, decision)),
            time_ns,
        )
    }

    /// Lets time pass.
    pub fn advance(&mut self, time_ns: i64) -> Done {
        self.act(|simulation| simulation.advance(time_ns), |_| Ok(()), time_ns)
    }

    /// Gives market data to the simulated venue; without one nothing happens.
    pub fn feed(&mut self, feed: impl FnOnce(&mut Simulation) -> Done) -> Done {
        self.act(feed, |_| Ok(()), self.time_ns())
    }

    /// Does something, and keeps what happened where it failed.
    fn act(
        &mut self,
        simulated: impl FnOnce(&mut Simulation) -> Done,
        told: impl FnOnce(&mut Told) -> Result<(), TradingError>,
        time_ns: i64,
    ) -> Done {
        match &mut self.driver {
            Driver::Simulated(simulation) => {
                check_time(simulation.time_ns(), time_ns)?;
                let done = simulated(simulation);
                if done.is_err() {
                    self.owed.extend(simulation.take_events().1);
                }
                done
            }
            Driver::Told(core) => {
                core.pass(time_ns)?;
                self.owed.append(&mut core.decision.events);
                Ok(told(core)?)
            }
        }
    }

    /// What happened since this was last called, with the units of each event's numbers.
    pub fn take_events(&mut self) -> impl Iterator<Item = (Event, Units)> + '_ {
        let (state, events) = match &mut self.driver {
            Driver::Simulated(simulation) => simulation.take_events(),
            Driver::Told(told) => (&told.state, told.decision.events.drain(..)),
        };
        self.owed.drain(..).chain(events).map(move |event| {
            let units = units_of(state, &event);
            (event, units)
        })
    }

    /// An order as it is now.
    pub fn order(&self, order: &Order) -> PyOrder {
        let instrument = self.state().instrument(order.terms.symbol.as_str());
        let units = Units::new(instrument, self.state().currency());
        PyOrder { order: Box::new(order.clone()), units }
    }

    /// An instrument's position as it is now.
    pub fn position(&self, slot: &Slot) -> PyPosition {
        PyPosition::of(slot, self.units(&slot.instrument))
    }

    /// The units of an instrument's numbers.
    pub fn units(&self, instrument: &Instrument) -> Units {
        Units::new(Some(instrument), self.state().currency())
    }
}

fn units_of(state: &State, event: &Event) -> Units {
    let symbol = match subject(&event.body) {
        Subject::Symbol(symbol) => Some(symbol),
        Subject::Order(order_id) => state.order(order_id).map(|order| order.terms.symbol.as_str()),
        Subject::Account => None,
    };
    Units::new(symbol.and_then(|symbol| state.instrument(symbol)), state.currency())
}
