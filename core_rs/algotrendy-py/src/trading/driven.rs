//! A simulation, and the events it owes an answer.

use algotrendy_core::instrument::Instrument;
use algotrendy_core::order::state::Slot;
use algotrendy_core::order::{Event, Order, State};
use algotrendy_core::venue::{Simulation, SimulationError};

use super::event::{subject, Subject};
use super::order::PyOrder;
use super::position::PyPosition;
use super::shown::Units;

/// A simulation, and the events it owes an answer.
pub struct Driven {
    simulation: Simulation,
    events: Vec<Event>,
}

impl Driven {
    pub const fn new(simulation: Simulation) -> Self {
        Self { simulation, events: Vec::new() }
    }

    pub const fn state(&self) -> &State {
        self.simulation.state()
    }

    pub const fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// Does something at a time, or now, and keeps what happened.
    pub fn act(
        &mut self,
        time_ns: Option<i64>,
        act: impl FnOnce(&mut Simulation, i64, &mut Vec<Event>) -> Result<(), SimulationError>,
    ) -> Result<(), SimulationError> {
        let time_ns = time_ns.unwrap_or(self.simulation.time_ns());
        act(&mut self.simulation, time_ns, &mut self.events)
    }

    /// What happened since this was last called, with the units of each event's numbers.
    pub fn take_events(&mut self) -> impl ExactSizeIterator<Item = (Event, Units)> + '_ {
        let state = self.simulation.state();
        self.events.drain(..).map(move |event| {
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
