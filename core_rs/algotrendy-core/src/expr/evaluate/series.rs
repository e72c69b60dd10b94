//! Columns of bars in, columns of values out.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::graph::{ClockId, Field, NodeId, BASE_CLOCK};
use super::calendar::Calendar;
use super::clock::{join, resample};
use super::error::EvaluateError;
use super::model::Predictor;
use super::plan::Plan;
use super::program::{Block, Program, State, BLOCK};
use super::stream::BarValues;
use super::NO_TIME;

/// What an evaluation needs beside bars.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What calendar functions read.
    pub calendar: &'a Calendar,
    /// Who evaluates models.
    pub models: &'a dyn Predictor,
    /// Models are not asked about bars that close before it: they only warm up what comes after.
    pub models_from_ns: i64,
    /// Makes columns of so many values, whatever they are.
    pub room: fn(usize) -> Vec<f64>,
}

impl<'a> Context<'a> {
    /// Models are asked about every bar.
    #[must_use]
    pub fn new(calendar: &'a Calendar, models: &'a dyn Predictor) -> Self {
        Self { calendar, models, models_from_ns: NO_TIME, room: |length| vec![0.0; length] }
    }
}

/// Bars as borrowed columns of equal length. What is not finite is null.
#[derive(Clone, Copy, Debug, Default)]
pub struct Series<'a> {
    fields: [Option<&'a [f64]>; Field::COUNT],
    open_times_ns: Option<&'a [i64]>,
    close_times_ns: Option<&'a [i64]>,
    length: Option<usize>,
}

/// The other series that expressions read, by the names they give them.
pub type Others<'a> = HashMap<String, Series<'a>>;

impl<'a> Series<'a> {
    /// No columns of so many bars.
    #[must_use]
    pub fn with_length(length: usize) -> Self {
        Self { length: Some(length), ..Self::default() }
    }

    /// Adds a column.
    ///
    /// # Errors
    /// [`EvaluateError::LengthsDiffer`] if another column has another length.
    pub fn with(mut self, field: Field, values: &'a [f64]) -> Result<Self, EvaluateError> {
        self.check(field.name(), values.len())?;
        self.fields[field.index()] = Some(values);
        Ok(self)
    }

    /// Adds when bars opened.
    ///
    /// # Errors
    /// [`EvaluateError::LengthsDiffer`] if another column has another length.
    pub fn with_open_times(mut self, times_ns: &'a [i64]) -> Result<Self, EvaluateError> {
        self.check("open_time", times_ns.len())?;
        self.open_times_ns = Some(times_ns);
        Ok(self)
    }

    /// Adds when bars closed, and so were known.
    ///
    /// # Errors
    /// [`EvaluateError::LengthsDiffer`] if another column has another length.
    pub fn with_close_times(mut self, times_ns: &'a [i64]) -> Result<Self, EvaluateError> {
        self.check("close_time", times_ns.len())?;
        self.close_times_ns = Some(times_ns);
        Ok(self)
    }

    fn check(&mut self, column: &'static str, length: usize) -> Result<(), EvaluateError> {
        let expected = *self.length.get_or_insert(length);
        if length == expected {
            return Ok(());
        }
        Err(EvaluateError::LengthsDiffer { column, length, expected })
    }

    /// How many bars there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length.unwrap_or(0)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One bar; null where a field was not given.
    pub(super) fn bar(&self, index: usize) -> BarValues {
        let time = |times: Option<&[i64]>| times.map_or(super::NO_TIME, |times| times[index]);
        BarValues {
            open_time_ns: time(self.open_times_ns),
            close_time_ns: time(self.close_times_ns),
            values: self.fields.map(|column| column.map_or(f64::NAN, |values| values[index])),
        }
    }

    /// Whether longer bars can be made of these.
    pub(super) fn require_times(&self) -> Result<(), EvaluateError> {
        for (column, times_ns) in
            [("open_time", self.open_times_ns), ("close_time", self.close_times_ns)]
        {
            if times_ns.is_none() {
                return Err(EvaluateError::TimesMissing { column, clock: None });
            }
        }
        Ok(())
    }

    pub(super) fn close_times_ns(&self) -> &'a [i64] {
        self.close_times_ns.unwrap_or_default()
    }

    /// The times that were given.
    pub(super) const fn times_ns(&self) -> [Option<&'a [i64]>; 2] {
        [self.open_times_ns, self.close_times_ns]
    }

    /// A column, if it was given.
    pub(super) const fn field(&self, field: Field) -> Option<&'a [f64]> {
        self.fields[field.index()]
    }

    /// The same bars from one to another.
    pub(super) fn slice(&self, from: usize, to: usize) -> Self {
        Self {
            fields: self.fields.map(|column| column.map(|values| &values[from..to])),
            open_times_ns: self.open_times_ns.map(|times| &times[from..to]),
            close_times_ns: self.close_times_ns.map(|times| &times[from..to]),
            length: Some(to - from),
        }
    }

    /// The bars from one to another, with the fields named.
    fn block(&self, from: usize, to: usize, fields: &[usize]) -> Block<'a> {
        let times = |times: Option<&'a [i64]>| times.map_or(&[][..], |times| &times[from..to]);
        let mut columns: [&[f64]; Field::COUNT] = [&[]; Field::COUNT];
        for &field in fields {
            columns[field] = self.fields[field].map_or(&[][..], |values| &values[from..to]);
        }
        Block {
            fields: columns,
            open_times_ns: times(self.open_times_ns),
            close_times_ns: times(self.close_times_ns),
            first: from,
            length: to - from,
        }
    }

    /// Whether it has what a plan reads of a clock's bars, in the order in which they were known.
    pub(super) fn require(
        &self,
        plan: &Plan,
        clock: ClockId,
        fields: &[Field],
    ) -> Result<(), EvaluateError> {
        let name = || clock.checked_sub(1).map(|other| plan.graph().clocks()[other].clone());
        if let Some(&field) = fields.iter().find(|field| self.fields[field.index()].is_none()) {
            return Err(EvaluateError::FieldMissing { field, clock: name() });
        }
        let times = [
            ("open_time", plan.needs_open_times(clock), self.open_times_ns),
            ("close_time", plan.needs_close_times(), self.close_times_ns),
        ];
        for (column, is_needed, times_ns) in times {
            if is_needed && times_ns.is_none() {
                return Err(EvaluateError::TimesMissing { column, clock: name() });
            }
        }
        for (column, _, times_ns) in times {
            check_times(column, times_ns.unwrap_or_default())?;
        }
        let pairs =
            self.open_times_ns.iter().flat_map(|times| times.iter()).zip(self.close_times_ns());
        for (index, (open_ns, close_ns)) in pairs.enumerate() {
            if close_ns < open_ns {
                let (found, expected) = (close_ns.to_string(), "a time at or after open_time");
                return Err(EvaluateError::ValueInvalid {
                    column: "close_time",
                    index,
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }
}

/// Whether times are known and in order.
fn check_times(column: &'static str, times_ns: &[i64]) -> Result<(), EvaluateError> {
    let mut before_ns = NO_TIME;
    for (index, &time_ns) in times_ns.iter().enumerate() {
        if time_ns == NO_TIME {
            let (found, expected) = ("null".to_owned(), "a time");
            return Err(EvaluateError::ValueInvalid { column, index, found, expected });
        }
        if time_ns < before_ns {
            return Err(EvaluateError::TimesUnordered { column, index, time_ns, before_ns });
        }
        before_ns = time_ns;
    }
    Ok(())
}

/// Refuses what is infinite. A pass over a block brings it near, where the program will read it.
fn check_finite(block: &Block<'_>) -> Result<(), EvaluateError> {
    for (field, values) in Field::ALL.into_iter().zip(block.fields) {
        if has_infinite(values) {
            let place = values.iter().position(|value| value.is_infinite()).unwrap_or_default();
            return Err(EvaluateError::infinite(field.name(), block.first + place, values[place]));
        }
    }
    Ok(())
}

/// By bits, of which the processor compares several at a time.
fn has_infinite(values: &[f64]) -> bool {
    const INFINITE: u64 = f64::INFINITY.to_bits() << 1;
    let found = |found: u64, value: &f64| found | u64::from(value.to_bits() << 1 == INFINITE);
    values.iter().fold(0, found) != 0
}

impl Plan {
    /// The outputs at every bar of one series, in order.
    ///
    /// `others` are the series that `bars("name")` reads. One that is not given is made from the bars themselves where its name is an
    /// interval such as `"1h"`.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn evaluate(
        &self,
        series: &Series<'_>,
        others: &Others<'_>,
        context: &Context<'_>,
    ) -> Result<Vec<Vec<f64>>, EvaluateError> {
        let joined = self.prepared(series, others, context)?;
        let program = &self.levels[0].program;
        let imports: Vec<&[f64]> =
            program.imports().iter().map(|(node, _)| joined[node].as_slice()).collect();
        let columns = run_series(program, series, &imports, context)?;
        let mut columns: HashMap<NodeId, Vec<f64>> = program.exports().zip(columns).collect();
        columns.extend(joined);
        Ok(self.outputs(columns))
    }

    /// Hands the outputs over as they are computed, block by block, and keeps no column of them: `sink` takes an output, a row, and the
    /// output's values from that row on. Each output's blocks come in order and lie side by side; their first rows are multiples of
    /// 64.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn evaluate_into(
        &self,
        series: &Series<'_>,
        others: &Others<'_>,
        context: &Context<'_>,
        mut sink: impl FnMut(usize, usize, &[f64]),
    ) -> Result<(), EvaluateError> {
        let joined = self.prepared(series, others, context)?;
        let program = &self.levels[0].program;
        let imports: Vec<&[f64]> =
            program.imports().iter().map(|(node, _)| joined[node].as_slice()).collect();
        let readers = self.readers();
        let mut state = program.state(BLOCK.min(series.len()));
        let export = |index: usize, from: usize, values: &[f64]| {
            for output in &readers[index] {
                sink(*output, from, values);
            }
        };
        run_columns(program, &mut state, series, &imports, export, context)?;
        for (output, node) in self.graph().outputs().iter().enumerate() {
            if let Some(column) = joined.get(node) {
                sink(output, 0, column);
            }
        }
        Ok(())
    }

    /// The outputs that each of the first program's exports is.
    fn readers(&self) -> Vec<Vec<usize>> {
        let outputs = self.graph().outputs();
        let mut readers: HashMap<NodeId, Vec<usize>> = HashMap::new();
        for (output, node) in outputs.iter().enumerate() {
            readers.entry(*node).or_default().push(output);
        }
        let of_export = |node: NodeId| readers.remove(&node).unwrap_or_default();
        self.levels[0].program.exports().map(of_export).collect()
    }

    /// Checks that a series is what the plan reads, and joins the others.
    fn prepared(
        &self,
        series: &Series<'_>,
        others: &Others<'_>,
        context: &Context<'_>,
    ) -> Result<HashMap<NodeId, Vec<f64>>, EvaluateError> {
        if self.needs_universe() {
            return Err(EvaluateError::UniverseMissing);
        }
        let fields = self.base_fields(|name| others.contains_key(name));
        series.require(self, BASE_CLOCK, &fields)?;
        let asks_times = context.models_from_ns != NO_TIME && !self.graph().models().is_empty();
        if asks_times && series.close_times_ns.is_none() {
            return Err(EvaluateError::TimesMissing { column: "close_time", clock: None });
        }
        self.joined(series, others, context)
    }

    /// The columns of the outputs, each taken where it is needed for the last time.
    pub(super) fn outputs(&self, mut columns: HashMap<NodeId, Vec<f64>>) -> Vec<Vec<f64>> {
        let outputs = self.graph().outputs();
        let take = |(place, node): (usize, &NodeId)| {
            let is_last = !outputs[place + 1..].contains(node);
            let column = if is_last { columns.remove(node) } else { columns.get(node).cloned() };
            column.unwrap_or_else(|| unreachable!("an output was computed"))
        };
        outputs.iter().enumerate().map(take).collect()
    }

    /// What the base clock joins of other series, at each of its bars.
    pub(super) fn joined(
        &self,
        series: &Series<'_>,
        others: &Others<'_>,
        context: &Context<'_>,
    ) -> Result<HashMap<NodeId, Vec<f64>>, EvaluateError> {
        let mut joined = HashMap::new();
        for (index, program) in self.clocks.iter().enumerate() {
            let name = &self.graph().clocks()[index];
            let made;
            let other = if let Some(given) = others.get(name) {
                *given
            } else {
                made = resample(name, series)?;
                made.series()
            };
            other.require(self, index + 1, &self.fields(index + 1))?;
            let columns = run_series(program, &other, &[], context)?;
            for (node, column) in program.exports().zip(&columns) {
                let at = join(other.close_times_ns(), column, series.close_times_ns());
                joined.insert(self.join_of(node), at);
            }
        }
        Ok(joined)
    }
}

/// An evaluation of one series in parts: it goes on where it stopped, to the same bits.
#[derive(Clone, Debug)]
pub struct Continued {
    plan: Arc<Plan>,
    state: State,
    readers: Vec<Vec<usize>>,
    last_close_time_ns: i64,
}

impl Continued {
    /// An evaluation that has seen no bar; none of a plan that reads other series or needs a universe.
    #[must_use]
    pub fn new(plan: &Arc<Plan>) -> Option<Self> {
        if plan.needs_universe() || !plan.graph().clocks().is_empty() {
            return None;
        }
        let (state, readers) = (plan.levels[0].program.state(BLOCK), plan.readers());
        Some(Self { plan: Arc::clone(plan), state, readers, last_close_time_ns: NO_TIME })
    }

    /// Takes the bars that follow, and hands the outputs at them over, as [`Plan::evaluate_into`] does; rows are counted from the first of
    /// these bars.
    ///
    /// # Errors
    /// [`EvaluateError`]. Where a model is at fault, the evaluation cannot go on.
    pub fn push(
        &mut self,
        series: &Series<'_>,
        context: &Context<'_>,
        mut sink: impl FnMut(usize, usize, &[f64]),
    ) -> Result<(), EvaluateError> {
        self.plan.prepared(series, &Others::new(), context)?;
        if let (Some(&time_ns), before_ns) =
            (series.close_times_ns().first(), self.last_close_time_ns)
        {
            if time_ns < before_ns {
                let (column, index) = ("close_time", 0);
                return Err(EvaluateError::TimesUnordered { column, index, time_ns, before_ns });
            }
        }
        let Self { plan, state, readers, last_close_time_ns } = self;
        let export = |index: usize, from: usize, values: &[f64]| {
            for output in &readers[index] {
                sink(*output, from, values);
            }
        };
        run_columns(&plan.levels[0].program, state, series, &[], export, context)?;
        *last_close_time_ns =
            series.close_times_ns().last().copied().unwrap_or(*last_close_time_ns);
        Ok(())
    }
}

/// Runs a program over whole columns and returns one for each of its exports.
fn run_series(
    program: &Program,
    series: &Series<'_>,
    imports: &[&[f64]],
    context: &Context<'_>,
) -> Result<Vec<Vec<f64>>, EvaluateError> {
    let mut columns: Vec<Vec<f64>> =
        program.exports().map(|_| (context.room)(series.len())).collect();
    let mut state = program.state(BLOCK.min(series.len()));
    let columns_of = columns.iter_mut().enumerate();
    let is_written: Vec<bool> =
        columns_of.map(|(index, column)| program.exchange(&mut state, index, column)).collect();
    let export = |index: usize, from: usize, values: &[f64]| {
        if !is_written[index] {
            columns[index][from..from + values.len()].copy_from_slice(values);
        }
    };
    run_columns(program, &mut state, series, imports, export, context)?;
    for (index, column) in columns.iter_mut().enumerate() {
        program.exchange(&mut state, index, column);
    }
    Ok(columns)
}

/// Runs a program over whole columns, block by block; `export` takes each export's values from a row on.
pub(super) fn run_columns(
    program: &Program,
    state: &mut State,
    series: &Series<'_>,
    imports: &[&[f64]],
    mut export: impl FnMut(usize, usize, &[f64]),
    context: &Context<'_>,
) -> Result<(), EvaluateError> {
    for from in (0..series.len()).step_by(BLOCK) {
        let to = (from + BLOCK).min(series.len());
        let block = series.block(from, to, program.fields());
        check_finite(&block)?;
        for (index, column) in imports.iter().enumerate() {
            program.import(state, index)[..to - from].copy_from_slice(&column[from..to]);
        }
        program.run(state, &block, context)?;
        for index in 0..program.exports().len() {
            export(index, from, program.export(state, &block, index));
        }
    }
    Ok(())
}
