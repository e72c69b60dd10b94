//! A core with what happened since it was last asked.

use algotrendy_core::instrument::Instrument;
use algotrendy_core::order::state::Slot;
use algotrendy_core::order::{
    decide_advance, Command, DecideError, Decision, Event, Order, State, TradingError,
};

use super::event::{subject, Subject};
use super::order::PyOrder;
use super::position::PyPosition;
use super::shown::Units;

/// A core, and the events it owes an answer.
#[derive(Debug)]
pub struct Driven {
    pub state: State,
    /// Its buffers are used by every command.
    decision: Decision,
    events: Vec<Event>,
}

impl Driven {
    pub fn new(state: State) -> Self {
        Self { state, decision: Decision::default(), events: Vec::new() }
    }

    /// Lets time pass until `time_ns`, if that is later than now, and returns now. An account's time begins with zero.
    pub fn reach(&mut self, time_ns: Option<i64>) -> Result<i64, TradingError> {
        let now_ns = self.state.time_ns();
        match time_ns {
            Some(time_ns) if now_ns.is_none_or(|now_ns| now_ns < time_ns) => {
                self.apply(|state, decision| decide_advance(state, time_ns, decision))?;
                Ok(time_ns)
            }
            Some(time_ns) => Ok(time_ns),
            None => Ok(self.now_ns()),
        }
    }

    /// The time of what happened last.
    pub fn now_ns(&self) -> i64 {
        self.state.time_ns().unwrap_or(0)
    }

    /// Decides, applies what was decided, and keeps the events.
    pub fn apply(
        &mut self,
        decide: impl FnOnce(&State, &mut Decision) -> Result<(), DecideError>,
    ) -> Result<(), TradingError> {
        decide(&self.state, &mut self.decision)?;
        self.state.apply(&self.decision)?;
        self.events.append(&mut self.decision.events);
        Ok(())
    }

    /// Executes a command that is rarer than the others, or no decision: a mark.
    pub fn execute(&mut self, command: &Command, time_ns: i64) -> Result<(), TradingError> {
        self.state.execute(command, time_ns, &mut self.decision)?;
        self.events.append(&mut self.decision.events);
        Ok(())
    }

    /// What happened since this was last called, with the units of each event's numbers.
    pub fn take_events(&mut self) -> impl Iterator<Item = (Event, Units)> + '_ {
        let state = &self.state;
        self.events.drain(..).map(move |event| {
            let units = units_of(state, &event);
            (event, units)
        })
    }

    /// An order as it is now.
    pub fn shown(&self, order: &Order) -> PyOrder {
        let instrument = self.state.instrument(order.terms.symbol.as_str());
        let units = Units::new(instrument, self.state.currency());
        PyOrder { order: Box::new(order.clone()), units }
    }

    /// An instrument's position as it is now.
    pub fn position(&self, slot: &Slot) -> PyPosition {
        PyPosition::of(slot, self.units(&slot.instrument))
    }

    /// The units of an instrument's numbers.
    pub fn units(&self, instrument: &Instrument) -> Units {
        Units::new(Some(instrument), self.state.currency())
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
