//! One bar in, the outputs at it out.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::super::graph::{Field, NodeId, BASE_CLOCK};
use super::clock::Resampler;
use super::error::EvaluateError;
use super::plan::Plan;
use super::program::{Block, Program, State};
use super::series::Context;
use super::NO_TIME;

/// A bar's values; null where a field is not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BarValues {
    /// When it opened, or [`NO_TIME`].
    pub open_time_ns: i64,
    /// When it closed, and so was known, or [`NO_TIME`].
    pub close_time_ns: i64,
    /// In the order of [`Field::ALL`].
    pub values: [f64; Field::COUNT],
}

impl Default for BarValues {
    fn default() -> Self {
        Self { open_time_ns: NO_TIME, close_time_ns: NO_TIME, values: [f64::NAN; Field::COUNT] }
    }
}

impl BarValues {
    /// With a field.
    #[must_use]
    pub fn with(mut self, field: Field, value: f64) -> Self {
        self.values[field.index()] = value;
        self
    }

    /// Refuses what is infinite, of a bar in some row.
    pub(super) fn check_finite(&self, row: usize) -> Result<(), EvaluateError> {
        let mut values = Field::ALL.into_iter().zip(self.values);
        match values.find(|(_, value)| value.is_infinite()) {
            Some((field, value)) => Err(EvaluateError::infinite(field.name(), row, value)),
            None => Ok(()),
        }
    }
}

/// A bar as a block of one.
pub(super) fn block<'a>(fields: &'a [[f64; 1]; Field::COUNT], times: &'a [i64; 2]) -> Block<'a> {
    Block {
        fields: std::array::from_fn(|field| &fields[field][..]),
        open_times_ns: &times[..1],
        close_times_ns: &times[1..],
        first: 0,
        length: 1,
    }
}

/// Runs a program over one bar.
pub(super) fn run_bar(
    program: &Program,
    state: &mut State,
    bar: &BarValues,
    imports: impl Iterator<Item = f64>,
    mut export: impl FnMut(usize, f64),
    context: &Context<'_>,
) -> Result<(), EvaluateError> {
    let (fields, times) = (bar.values.map(|value| [value]), [bar.open_time_ns, bar.close_time_ns]);
    let block = block(&fields, &times);
    for (index, value) in imports.enumerate() {
        program.import(state, index)[0] = value;
    }
    program.run(state, &block, context)?;
    for index in 0..program.exports().len() {
        export(index, program.export(state, &block, index)[0]);
    }
    Ok(())
}

/// Another series: its bars so far, and those that are not to be known yet.
#[derive(Clone, Debug)]
struct ClockStream {
    state: State,
    source: Source,
    /// What its program exports, as of now.
    now: Vec<f64>,
}

#[derive(Clone, Debug)]
enum Source {
    Made(Resampler),
    Given { early: VecDeque<(i64, Vec<f64>)>, last_close_time_ns: i64 },
}

/// What the base clock joins, evaluated bar by bar.
#[derive(Clone, Debug)]
pub(super) struct Clocks {
    clocks: Vec<ClockStream>,
}

impl Clocks {
    /// `is_given` says of each name whether its bars will be pushed.
    pub(super) fn new(plan: &Plan, is_given: impl Fn(&str) -> bool) -> Result<Self, EvaluateError> {
        let names = plan.graph().clocks();
        let clocks = plan.clocks.iter().zip(names).map(|(program, name)| {
            let source = if is_given(name) {
                Source::Given { early: VecDeque::new(), last_close_time_ns: NO_TIME }
            } else {
                Source::Made(Resampler::new(name)?)
            };
            let now = vec![f64::NAN; program.exports().len()];
            Ok(ClockStream { state: program.state(1), source, now })
        });
        Ok(Self { clocks: clocks.collect::<Result<_, _>>()? })
    }

    /// Makes what a bar of the base clock knows of the other series the present.
    fn advance(
        &mut self,
        plan: &Plan,
        bar: &BarValues,
        context: &Context<'_>,
    ) -> Result<(), EvaluateError> {
        for (clock, program) in self.clocks.iter_mut().zip(&plan.clocks) {
            let ClockStream { state, source, now } = clock;
            match source {
                Source::Made(resampler) => resampler.push(bar, |longer| {
                    let none = std::iter::empty();
                    run_bar(
                        program,
                        state,
                        longer,
                        none,
                        |index, value| now[index] = value,
                        context,
                    )
                })?,
                Source::Given { early, .. } => {
                    while early.front().is_some_and(|(time_ns, _)| *time_ns <= bar.close_time_ns) {
                        *now = early.pop_front().map_or_else(Vec::new, |(_, values)| values);
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds a bar of another series, which will be known from its close on.
    fn push(
        &mut self,
        plan: &Plan,
        name: &str,
        bar: &BarValues,
        context: &Context<'_>,
    ) -> Result<(), EvaluateError> {
        let unknown = || EvaluateError::ClockUnknown { name: name.to_owned() };
        let place = plan.graph().clocks().iter().position(|clock| clock == name);
        let place = place.ok_or_else(unknown)?;
        let ClockStream { state, source, now } = &mut self.clocks[place];
        let Source::Given { early, last_close_time_ns } = source else { return Err(unknown()) };
        bar.check_finite(0)?;
        check_order(*last_close_time_ns, bar, Some(name))?;
        let mut values = vec![f64::NAN; now.len()];
        let none = std::iter::empty();
        let program = &plan.clocks[place];
        run_bar(program, state, bar, none, |index, value| values[index] = value, context)?;
        *last_close_time_ns = bar.close_time_ns;
        early.push_back((bar.close_time_ns, values));
        Ok(())
    }

    fn is_given(&self, plan: &Plan, name: &str) -> bool {
        let mut clocks = self.clocks.iter().zip(plan.graph().clocks());
        clocks.any(|(clock, known)| known == name && matches!(clock.source, Source::Given { .. }))
    }

    /// The value of a join.
    pub(super) fn value(&self, clock: usize, export: usize) -> f64 {
        self.clocks[clock].now[export]
    }
}

fn check_order(before_ns: i64, bar: &BarValues, clock: Option<&str>) -> Result<(), EvaluateError> {
    if bar.close_time_ns == NO_TIME {
        let clock = clock.map(str::to_owned);
        return Err(EvaluateError::TimesMissing { column: "close_time", clock });
    }
    if bar.open_time_ns > bar.close_time_ns {
        let (column, index) = ("close_time", 0);
        let (found, expected) = (bar.close_time_ns.to_string(), "a time at or after open_time");
        return Err(EvaluateError::ValueInvalid { column, index, found, expected });
    }
    if bar.close_time_ns < before_ns {
        return Err(EvaluateError::TimesUnordered {
            column: "close_time",
            index: 0,
            time_ns: bar.close_time_ns,
            before_ns,
        });
    }
    Ok(())
}

/// The base clock of one series up to now, and what it joins.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) clocks: Clocks,
    pub(super) states: Vec<State>,
    last_close_time_ns: i64,
}

impl Member {
    pub(super) fn new(plan: &Plan, is_given: impl Fn(&str) -> bool) -> Result<Self, EvaluateError> {
        let states = plan.levels.iter().map(|level| level.program.state(1)).collect();
        Ok(Self { clocks: Clocks::new(plan, is_given)?, states, last_close_time_ns: NO_TIME })
    }

    /// Whether a bar can be taken.
    pub(super) fn check(&self, plan: &Plan, bar: &BarValues) -> Result<(), EvaluateError> {
        bar.check_finite(0)?;
        let is_made = |clock: &ClockStream| matches!(clock.source, Source::Made(_));
        let needs_open_time =
            plan.needs_open_times(BASE_CLOCK) || self.clocks.clocks.iter().any(is_made);
        if needs_open_time && bar.open_time_ns == NO_TIME {
            return Err(EvaluateError::TimesMissing { column: "open_time", clock: None });
        }
        if plan.needs_close_times() || bar.close_time_ns != NO_TIME {
            check_order(self.last_close_time_ns, bar, None)?;
        }
        Ok(())
    }

    /// Takes a bar that was checked: its other series are as of its close.
    pub(super) fn begin(
        &mut self,
        plan: &Plan,
        bar: &BarValues,
        context: &Context<'_>,
    ) -> Result<(), EvaluateError> {
        self.clocks.advance(plan, bar, context)?;
        self.last_close_time_ns = bar.close_time_ns;
        Ok(())
    }
}

/// An evaluation in progress.
#[derive(Clone, Debug)]
pub struct Stream {
    plan: Arc<Plan>,
    member: Member,
    /// Where each import of the program comes from: a clock and its export.
    imports: Vec<(usize, usize)>,
    /// Which export, or which join, each output is.
    outputs: Vec<Output>,
    exports: Vec<f64>,
    values: Vec<f64>,
    /// Whether a bar was refused half-way.
    is_broken: bool,
}

#[derive(Clone, Copy, Debug)]
enum Output {
    Export(usize),
    Join(usize, usize),
}

impl Stream {
    /// An evaluation that has seen no bar. `given` names the other series whose bars will be pushed; the rest are made from the bars.
    ///
    /// # Errors
    /// [`EvaluateError::UniverseMissing`]; [`EvaluateError::ClockUnknown`] where a name that is not given is no interval.
    pub fn new(plan: Arc<Plan>, given: &[String]) -> Result<Self, EvaluateError> {
        if plan.needs_universe() {
            return Err(EvaluateError::UniverseMissing);
        }
        let member = Member::new(&plan, |name| given.iter().any(|known| known == name))?;
        let program = &plan.levels[0].program;
        let joins: HashMap<NodeId, (usize, usize)> = plan.joins().collect();
        let imports = program.imports().iter().map(|(node, _)| joins[node]).collect();
        let exports: Vec<usize> = program.exports().collect();
        let output = |node: &usize| {
            if let Some(place) = exports.iter().position(|export| export == node) {
                return Output::Export(place);
            }
            let (clock, export) = joins[node];
            Output::Join(clock, export)
        };
        let outputs: Vec<Output> = plan.graph().outputs().iter().map(output).collect();
        let (exports, values) = (vec![f64::NAN; exports.len()], vec![f64::NAN; outputs.len()]);
        Ok(Self { plan, member, imports, outputs, exports, values, is_broken: false })
    }

    /// Adds one bar and returns the outputs at it.
    ///
    /// # Errors
    /// [`EvaluateError`]. The bar counts as not pushed where its values or its times are at fault; where something else is, such as a model, the stream
    /// is broken.
    pub fn push(
        &mut self,
        bar: &BarValues,
        context: &Context<'_>,
    ) -> Result<&[f64], EvaluateError> {
        let Self { plan, member, imports, outputs, exports, values, is_broken } = self;
        if *is_broken {
            return Err(EvaluateError::StreamBroken);
        }
        member.check(plan, bar)?;
        *is_broken = true;
        member.begin(plan, bar, context)?;
        let Member { clocks, states, .. } = member;
        let program = &plan.levels[0].program;
        let joins = imports.iter().map(|(clock, export)| clocks.value(*clock, *export));
        run_bar(
            program,
            &mut states[0],
            bar,
            joins,
            |index, value| exports[index] = value,
            context,
        )?;
        for (value, output) in values.iter_mut().zip(outputs.iter()) {
            *value = match *output {
                Output::Export(place) => exports[place],
                Output::Join(clock, export) => clocks.value(clock, export),
            };
        }
        *is_broken = false;
        Ok(values)
    }

    /// Adds a bar of another series, which counts from its close on: before the bars that close then or later are pushed.
    ///
    /// # Errors
    /// [`EvaluateError::ClockUnknown`] if the stream was not told that its bars are given.
    pub fn push_other(
        &mut self,
        name: &str,
        bar: &BarValues,
        context: &Context<'_>,
    ) -> Result<(), EvaluateError> {
        self.member.clocks.push(&self.plan, name, bar, context)
    }

    /// The fields that [`Self::push_other`] reads of a series.
    #[must_use]
    pub fn fields_of(&self, name: &str) -> Vec<Field> {
        let clock = self.plan.graph().clocks().iter().position(|clock| clock == name);
        clock.map_or_else(Vec::new, |clock| self.plan.fields(clock + 1))
    }

    /// The fields that [`Self::push`] reads.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        self.plan.base_fields(|name| self.member.clocks.is_given(&self.plan, name))
    }
}
