//! A rule followed over several symbols that are looked at together: all bars of one time in, what is wanted out.

use std::sync::Arc;

use super::decide::{Cause, Decision, Intent, View};
use super::exits::Exits;
use super::gate::Gate;
use super::rule::{Rule, Signals};
use super::sizing::amount;
use super::trader::Environment;
use crate::decimal::Decimal;
use crate::expr::{BarValues, EvaluateError, Field, UniverseStream};
use crate::instrument::Instrument;
use crate::order::terms::Side;
use crate::price::{NumberError, Price};

/// A rule that compares or ranks its symbols, time by time: what [`Trader`](super::Trader) does with columns.
///
/// A schedule lets each symbol's bars decide by themselves, but of a rule with a rank the times at which any symbol has a bar.
pub struct RuleUniverse {
    rule: Arc<Rule>,
    stream: UniverseStream,
    environment: Environment,
    members: Vec<Member>,
    /// Of all symbols together.
    gate: Gate,
    is_due: bool,
}

/// One symbol: what is said at the last time, if it has a bar then.
struct Member {
    gate: Gate,
    signals: Option<Signals>,
    is_due: bool,
    values: Vec<f64>,
}

impl RuleUniverse {
    /// So many symbols, none of which has had a bar.
    ///
    /// # Errors
    /// [`EvaluateError`] if the rule reads another series that is no interval.
    pub fn new(
        rule: Arc<Rule>,
        count: usize,
        environment: Environment,
    ) -> Result<Self, EvaluateError> {
        let stream = UniverseStream::new(Arc::clone(rule.plan()), count)?;
        let gate = Gate::new(&rule.spec().schedule);
        let member =
            || Member { gate: gate.clone(), signals: None, is_due: false, values: Vec::new() };
        let members = (0..count).map(|_| member()).collect();
        Ok(Self { rule, stream, environment, members, gate, is_due: false })
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

    /// Takes the bars that close at one time, later than those before, each with its symbol's place; whether what is said may do
    /// something.
    ///
    /// # Errors
    /// [`EvaluateError`], also for bars that do not close together.
    pub fn push(&mut self, bars: &[(usize, BarValues)]) -> Result<bool, EvaluateError> {
        let Some((_, first)) = bars.first() else { return Ok(false) };
        let time_ns = first.close_time_ns;
        for (index, (_, bar)) in bars.iter().enumerate() {
            if bar.close_time_ns != time_ns {
                let found = bar.close_time_ns.to_string();
                let (column, expected) = ("close_time", "the time at which the others close");
                return Err(EvaluateError::ValueInvalid { column, index, found, expected });
            }
        }
        let Self { rule, stream, environment, members, .. } = self;
        let outputs = stream.push(time_ns, bars, &environment.context())?;
        let width = outputs.len() / bars.len();
        for member in members.iter_mut() {
            member.signals = None;
        }
        let mut acts = rule.spec().stops.max_bars.is_some();
        for (row, (place, bar)) in bars.iter().enumerate() {
            let member = &mut members[*place];
            member.values.clear();
            member.values.extend_from_slice(&outputs[row * width..(row + 1) * width]);
            member.is_due = member.gate.push(bar.open_time_ns, bar.close_time_ns);
            let signals = rule.signals(|output| member.values[output]);
            let Signals { entry, exit, short_entry, short_exit, .. } = signals;
            acts |= member.is_due && (entry || exit || short_entry || short_exit);
            member.signals = Some(signals);
        }
        let open_time_ns = bars.iter().map(|(_, bar)| bar.open_time_ns).max();
        self.is_due = self.gate.push(open_time_ns.unwrap_or(time_ns), time_ns);
        Ok(if self.rule.is_ranking() { acts || self.is_due } else { acts })
    }

    /// Whether it is decided at the last time who is held.
    #[must_use]
    pub const fn is_due(&self) -> bool {
        self.is_due
    }

    /// What is said of a symbol at the last time; none where it has no bar then.
    #[must_use]
    pub fn signals(&self, place: usize) -> Option<&Signals> {
        self.members.get(place)?.signals.as_ref()
    }

    /// What an entry decided at a symbol's last bar gets as it fills; nothing where it has no bar at the last time.
    #[must_use]
    pub fn exits(&self, place: usize, instrument: &Instrument) -> Exits {
        let exits = |signals: &Signals| Exits::of(&self.rule.spec().stops, signals, instrument);
        self.signals(place).map_or_else(Exits::default, exits)
    }

    /// What the outputs of the rule's plan were at a symbol's last bar.
    #[must_use]
    pub fn values(&self, place: usize) -> &[f64] {
        self.members.get(place).map_or(&[], |member| &member.values)
    }

    /// What to do about a symbol by a rule without rank; nothing where it has no bar at the last time. `may_open` is whether it is in
    /// the universe.
    ///
    /// # Errors
    /// [`NumberError`] if a quantity leaves its range.
    pub fn decide(
        &self,
        place: usize,
        view: &View,
        may_open: bool,
        instrument: &Instrument,
    ) -> Result<Decision, NumberError> {
        let Some(signals) = self.signals(place) else { return Ok(Decision::default()) };
        let signals = signals.at(self.members[place].is_due, may_open);
        self.rule.decide(&signals, view, instrument)
    }

    /// Who is to be held by a rule with a rank, the highest first: places of symbols that have a bar at the last time and of which
    /// `may_open` says that they are in the universe.
    #[must_use]
    pub fn held(&self, may_open: impl Fn(usize) -> bool) -> Vec<usize> {
        let present = (0..self.members.len()).filter_map(|place| {
            let mut signals = *self.signals(place)?;
            signals.entry &= may_open(place);
            Some((place, signals))
        });
        let (places, signals): (Vec<usize>, Vec<Signals>) = present.unzip();
        self.rule.held(&signals).into_iter().map(|chosen| places[chosen]).collect()
    }

    /// What is to be held of one of `count`; none where there is nothing to buy.
    ///
    /// # Errors
    /// [`NumberError`] if a quantity leaves its range.
    pub fn target(
        &self,
        place: usize,
        count: usize,
        equity: Option<Decimal>,
        price: Price,
        instrument: &Instrument,
    ) -> Result<Option<Intent>, NumberError> {
        let Some(signals) = self.signals(place) else { return Ok(None) };
        self.rule.target(signals, count, equity, price, instrument)
    }
}

impl Rule {
    /// What is to be held of one of `count` that a rank chose: the whole of it.
    pub(super) fn target(
        &self,
        signals: &Signals,
        count: usize,
        equity: Option<Decimal>,
        price: Price,
        instrument: &Instrument,
    ) -> Result<Option<Intent>, NumberError> {
        let (spec, share) = (self.spec(), self.share(signals, count));
        let amount = amount(&spec.size, spec.size_at, share, equity, price, instrument)?;
        let exits = Exits::of(&spec.stops, signals, instrument);
        Ok(amount.map(|amount| Intent { side: Side::Buy, amount, cause: Cause::Rank, exits }))
    }
}
