//! A rule followed bar by bar, as bars come: what it says there, and what it wants.

use std::sync::Arc;

use super::decide::{Decision, View};
use super::exits::Exits;
use super::gate::Gate;
use super::rule::{Rule, Signals};
use super::trader::Environment;
use crate::expr::{
    BarValues, EvaluateError, Field, Kind, Node, Operation, Plan, Stream, BASE_CLOCK,
};
use crate::instrument::Instrument;
use crate::price::NumberError;

/// A rule on one symbol, bar by bar: what [`Trader`](super::Trader) does with columns.
///
/// It keeps no bars. Where prices are adjusted, one that has seen the restated history takes its place.
pub struct RuleStream {
    rule: Arc<Rule>,
    stream: Stream,
    gate: Gate,
    environment: Environment,
    /// What was said at the last bar, and whether it decides.
    signals: Option<Signals>,
    is_due: bool,
    values: Vec<f64>,
}

impl RuleStream {
    /// A stream that has seen no bar. `given` are the names of the other series whose bars will be pushed.
    ///
    /// # Errors
    /// [`EvaluateError`] if the rule needs a universe, or reads a series that is neither given nor an interval.
    pub fn new(
        rule: Arc<Rule>,
        given: &[String],
        environment: Environment,
    ) -> Result<Self, EvaluateError> {
        if rule.needs_universe() {
            return Err(EvaluateError::UniverseMissing);
        }
        let stream = Stream::new(Arc::clone(rule.plan()), given)?;
        let (gate, values) = (Gate::new(&rule.spec().schedule), Vec::new());
        Ok(Self { rule, stream, gate, environment, signals: None, is_due: false, values })
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The fields that it reads of each bar.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        self.stream.fields()
    }

    /// Takes the next bar; whether it decides, and what is said at it may do something.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn push(&mut self, bar: &BarValues) -> Result<bool, EvaluateError> {
        let values = self.stream.push(bar, &self.environment.context())?;
        self.values.clear();
        self.values.extend_from_slice(values);
        self.is_due = self.gate.push(bar.open_time_ns, bar.close_time_ns);
        let signals = self.rule.signals(|output| self.values[output]);
        self.signals = Some(signals);
        let Signals { entry, exit, short_entry, short_exit, .. } = signals;
        let acts = self.is_due && (entry || exit || short_entry || short_exit);
        Ok(acts || self.rule.spec().stops.max_bars.is_some())
    }

    /// Takes a bar of another series, which counts from its close on.
    ///
    /// # Errors
    /// [`EvaluateError::ClockUnknown`] if it was not said to be given.
    pub fn push_other(&mut self, name: &str, bar: &BarValues) -> Result<(), EvaluateError> {
        self.stream.push_other(name, bar, &self.environment.context())
    }

    /// What is said at the last bar; none before the first.
    #[must_use]
    pub const fn signals(&self) -> Option<&Signals> {
        self.signals.as_ref()
    }

    /// Whether the last bar is one that the schedule lets decide.
    #[must_use]
    pub const fn is_due(&self) -> bool {
        self.is_due
    }

    /// What an entry decided at the last bar gets as it fills; nothing before the first.
    #[must_use]
    pub fn exits(&self, instrument: &Instrument) -> Exits {
        let exits = |signals: &Signals| Exits::of(&self.rule.spec().stops, signals, instrument);
        self.signals.as_ref().map_or_else(Exits::default, exits)
    }

    /// What the outputs of the rule's plan were at the last bar.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// What to do at the close of the last bar; nothing before the first. `may_open` is whether the symbol is in the universe.
    ///
    /// # Errors
    /// [`NumberError`] if a quantity leaves its range.
    pub fn decide(
        &self,
        view: &View,
        may_open: bool,
        instrument: &Instrument,
    ) -> Result<Decision, NumberError> {
        let Some(signals) = &self.signals else { return Ok(Decision::default()) };
        let signals = signals.at(self.is_due, may_open);
        self.rule.decide(&signals, view, instrument)
    }
}

impl Rule {
    /// The same rule, with what models say at each bar as further outputs of its plan: `(model, output)`, by the models' places in the
    /// graph.
    #[must_use]
    pub fn with_model_outputs(&self) -> (Self, Vec<(usize, usize)>) {
        let mut graph = self.plan().graph().clone();
        let of_model = |(id, node): (usize, &Node)| match node.operation {
            Operation::Model(model, _) if node.clock == BASE_CLOCK => Some((model, id)),
            _ => None,
        };
        let nodes: Vec<(usize, usize)> =
            graph.nodes().iter().enumerate().filter_map(of_model).collect();
        let mut outputs = Vec::with_capacity(nodes.len());
        for (model, node) in nodes {
            outputs.push((model, graph.outputs().len()));
            graph.add_output(node, Kind::Number);
        }
        (self.on(Plan::new(graph)), outputs)
    }
}
