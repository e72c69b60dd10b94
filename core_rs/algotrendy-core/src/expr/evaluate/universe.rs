//! Many series at once: each member's bars by the same programs, and between them the members compared at one time.
//!
//! The members at a time are those with a bar known at exactly that time. A member without one is absent: it has no value there and does
//! not count, and functions of its past go from its own bar to its own next bar.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::super::graph::{Field, NodeId, Operation, BASE_CLOCK};
use super::super::kernel;
use super::super::op::CrossOp;
use super::error::EvaluateError;
use super::plan::Plan;
use super::program::BLOCK;
use super::series::{run_columns, Context, Others, Series};
use super::stream::{run_bar, BarValues, Member};

/// Bars of all members, one member after the other, and who has a bar at which time.
pub struct Universe<'a> {
    bars: Series<'a>,
    members: Vec<Range<usize>>,
    /// Rows in time order, and among those of one time in the members' order.
    rows: Vec<usize>,
    /// Where each time's rows begin in `rows`, and the end.
    starts: Vec<usize>,
    /// Whether each row counts when members are compared; empty: all do.
    counted: Vec<bool>,
}

type Columns = HashMap<NodeId, Vec<f64>>;

impl<'a> Universe<'a> {
    /// `bars` holds the members' bars, each member's in time order; member `i`'s are `bounds[i]..bounds[i + 1]`. `times_ns` says of each
    /// bar at which time it counts: mostly when it closed.
    ///
    /// # Errors
    /// [`EvaluateError::TimesUnordered`]; [`EvaluateError::MemberRepeated`].
    ///
    /// # Panics
    /// If `bounds` does not end with the number of bars, or `times_ns` has another length.
    pub fn new(
        bars: Series<'a>,
        bounds: &[usize],
        times_ns: &[i64],
    ) -> Result<Self, EvaluateError> {
        assert_eq!(bounds.last().copied().unwrap_or(0), times_ns.len(), "bounds end with the bars");
        assert_eq!(bars.len(), times_ns.len(), "every bar has a time");
        let members: Vec<Range<usize>> = bounds.windows(2).map(|pair| pair[0]..pair[1]).collect();
        for member in &members {
            check_times(&times_ns[member.clone()], member.start)?;
        }
        let mut rows: Vec<usize> = (0..times_ns.len()).collect();
        rows.sort_by_key(|row| times_ns[*row]);
        let mut starts: Vec<usize> = (0..rows.len())
            .filter(|&place| place == 0 || times_ns[rows[place]] != times_ns[rows[place - 1]])
            .collect();
        starts.push(rows.len());
        Ok(Self { bars, members, rows, starts, counted: Vec::new() })
    }

    /// The same, but for bars that do not count when members are compared: what is compared has no value at them. Functions of a member's
    /// past see them.
    ///
    /// # Panics
    /// If there is not one for each bar.
    #[must_use]
    pub fn counting(self, counted: Vec<bool>) -> Self {
        assert_eq!(counted.len(), self.bars.len(), "every bar counts or does not");
        Self { counted, ..self }
    }
}

fn check_times(times: &[i64], first_row: usize) -> Result<(), EvaluateError> {
    if times.first() == Some(&super::NO_TIME) {
        let (found, expected) = ("null".to_owned(), "a time");
        let (column, index) = ("close_time", first_row);
        return Err(EvaluateError::ValueInvalid { column, index, found, expected });
    }
    for (place, pair) in times.windows(2).enumerate() {
        let (column, index) = ("close_time", first_row + place + 1);
        if pair[1] == pair[0] {
            return Err(EvaluateError::MemberRepeated { index, time_ns: pair[1] });
        }
        if pair[1] < pair[0] {
            let (time_ns, before_ns) = (pair[1], pair[0]);
            return Err(EvaluateError::TimesUnordered { column, index, time_ns, before_ns });
        }
    }
    Ok(())
}

impl Plan {
    /// The outputs at every bar of a universe, in order, by so many threads.
    ///
    /// `others` are the same for all members; what is not given is made from each member's own bars.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn evaluate_universe(
        &self,
        universe: &Universe<'_>,
        others: &Others<'_>,
        context: &Context<'_>,
        threads: usize,
    ) -> Result<Vec<Vec<f64>>, EvaluateError> {
        let fields = self.base_fields(|name| others.contains_key(name));
        for rows in &universe.members {
            let member = universe.bars.slice(rows.start, rows.end);
            let required = member.require(self, BASE_CLOCK, &fields);
            required.map_err(|refusal| refusal.after_rows(rows.start))?;
        }
        let (columns, spare) = (Columns::new(), Vec::new());
        let mut evaluation = Evaluation { plan: self, universe, context, threads, columns, spare };
        evaluation.join(others)?;
        for number in 0..self.levels.len() {
            evaluation.run_level(number)?;
            evaluation.cross(number);
            evaluation.release(number);
        }
        Ok(self.outputs(evaluation.columns))
    }
}

/// The columns of a universe, level by level.
struct Evaluation<'a> {
    plan: &'a Plan,
    universe: &'a Universe<'a>,
    context: &'a Context<'a>,
    threads: usize,
    columns: Columns,
    /// Columns that are done with: room for those to come.
    spare: Vec<Vec<f64>>,
}

impl Evaluation<'_> {
    /// Columns in which every row will be written.
    fn room(&mut self, count: usize) -> Vec<Vec<f64>> {
        let length = self.universe.bars.len();
        let room = |_| self.spare.pop().unwrap_or_else(|| vec![f64::NAN; length]);
        (0..count).map(room).collect()
    }

    fn join(&mut self, others: &Others<'_>) -> Result<(), EvaluateError> {
        let Self { plan, universe, context, threads, .. } = *self;
        let joins: Vec<NodeId> = plan.joins().map(|(id, _)| id).collect();
        let mut made = self.room(joins.len());
        in_parallel(
            by_member(&mut made, universe),
            threads,
            || (),
            |(), (rows, outs)| {
                let member = universe.bars.slice(rows.start, rows.end);
                let joined = plan.joined(&member, others, context);
                let mut joined = joined.map_err(|refusal| refusal.after_rows(rows.start))?;
                for (id, out) in joins.iter().zip(outs) {
                    out.copy_from_slice(&joined.remove(id).unwrap_or_default());
                }
                Ok(())
            },
        )?;
        self.columns.extend(joins.into_iter().zip(made));
        Ok(())
    }

    fn run_level(&mut self, number: usize) -> Result<(), EvaluateError> {
        let Self { plan, universe, context, threads, .. } = *self;
        let program = &plan.levels[number].program;
        let mut made = self.room(program.exports().len());
        let imports: Vec<&[f64]> =
            program.imports().iter().map(|(node, _)| self.columns[node].as_slice()).collect();
        let state = || program.state(BLOCK.min(universe.bars.len()));
        in_parallel(by_member(&mut made, universe), threads, state, |state, (rows, mut outs)| {
            program.restart(state);
            let member = universe.bars.slice(rows.start, rows.end);
            let imports: Vec<&[f64]> = imports.iter().map(|column| &column[rows.clone()]).collect();
            let export = |index: usize, from: usize, values: &[f64]| {
                outs[index][from..from + values.len()].copy_from_slice(values);
            };
            run_columns(program, state, &member, &imports, export, context)
                .map_err(|refusal| refusal.after_rows(rows.start))
        })?;
        self.columns.extend(program.exports().zip(made));
        Ok(())
    }

    /// The cross-sections of a level. One that is its operand's last reader takes its column over.
    fn cross(&mut self, number: usize) {
        let Self { plan, universe, threads, .. } = *self;
        let cross_sections = &plan.levels[number].cross_sections;
        let mut work = Vec::with_capacity(cross_sections.len());
        for (place, &id) in cross_sections.iter().enumerate() {
            let Operation::CrossSection(op, operand) = plan.graph().nodes()[id].operation else {
                unreachable!("only cross-sections are listed")
            };
            let reads = |other: &NodeId| plan.graph().nodes()[*other].operands()[0] == operand;
            let is_last = plan.last_levels[operand] <= number
                && !cross_sections[place + 1..].iter().any(reads);
            let column = if is_last { self.columns.remove(&operand) } else { None };
            let column = column.unwrap_or_else(|| {
                let mut copy = self.spare.pop().unwrap_or_default();
                copy.clone_from(&self.columns[&operand]);
                copy
            });
            work.push((id, op, column));
        }
        let crossed = Mutex::new(&mut self.columns);
        let result =
            in_parallel(work, threads, CrossRoom::default, |room, (id, op, mut column)| {
                room.cross(op, &mut column, universe);
                crossed.lock().unwrap_or_else(PoisonError::into_inner).insert(id, column);
                Ok(())
            });
        debug_assert_eq!(result, Ok(()), "crossing refuses nothing");
    }

    /// Gives up the columns that no later level reads.
    fn release(&mut self, number: usize) {
        let Self { plan, columns, spare, .. } = self;
        columns.retain(|node, column| {
            let is_needed = plan.last_levels[*node] > number;
            if !is_needed {
                spare.push(std::mem::take(column));
            }
            is_needed
        });
    }
}

/// Each member's rows, and its part of every column.
fn by_member<'c>(
    columns: &'c mut [Vec<f64>],
    universe: &Universe<'_>,
) -> Vec<(Range<usize>, Vec<&'c mut [f64]>)> {
    let mut parts: Vec<(Range<usize>, Vec<&mut [f64]>)> = universe
        .members
        .iter()
        .map(|rows| (rows.clone(), Vec::with_capacity(columns.len())))
        .collect();
    for column in columns {
        let mut rest = column.as_mut_slice();
        for (rows, outs) in &mut parts {
            let (part, behind) = rest.split_at_mut(rows.len());
            outs.push(part);
            rest = behind;
        }
    }
    parts
}

/// Does pieces of work on threads, each with room of its own; the first refusal ends it.
fn in_parallel<W: Send, R>(
    work: Vec<W>,
    threads: usize,
    room: impl Fn() -> R + Sync,
    run: impl Fn(&mut R, W) -> Result<(), EvaluateError> + Sync,
) -> Result<(), EvaluateError> {
    if work.is_empty() {
        return Ok(());
    }
    let threads = threads.clamp(1, work.len());
    let queue = Mutex::new(work.into_iter());
    let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || {
        let mut room = room();
        while let Some(piece) = take() {
            if let Err(refusal) = run(&mut room, piece) {
                // Nobody begins another piece.
                queue.lock().unwrap_or_else(PoisonError::into_inner).by_ref().for_each(drop);
                return Err(refusal);
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut result = worker();
        for other in others {
            let ended = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = result.and(ended);
        }
        result
    })
}

#[derive(Default)]
struct CrossRoom {
    values: Vec<f64>,
    order: kernel::Order,
}

impl CrossRoom {
    fn cross(&mut self, op: CrossOp, column: &mut [f64], universe: &Universe<'_>) {
        for bounds in universe.starts.windows(2) {
            let rows = &universe.rows[bounds[0]..bounds[1]];
            let value = |row: &usize| {
                if universe.counted.get(*row).is_none_or(|counts| *counts) {
                    column[*row]
                } else {
                    f64::NAN
                }
            };
            self.values.clear();
            self.values.extend(rows.iter().map(value));
            kernel::cross_section(op, &mut self.values, &mut self.order);
            for (row, value) in rows.iter().zip(&self.values) {
                column[*row] = *value;
            }
        }
    }
}

/// A universe in progress: all bars of one time in, the outputs at them out.
pub struct UniverseStream {
    plan: Arc<Plan>,
    members: Vec<Member>,
    last_time_ns: i64,
    room: CrossRoom,
    /// Each join, its clock, and which of its program's exports it is.
    joins: Vec<(NodeId, (usize, usize))>,
    /// A column of the bars at this time for each node that is handed on.
    columns: Vec<Vec<f64>>,
    outputs: Vec<f64>,
    /// Whether bars were refused half-way.
    is_broken: bool,
}

impl std::fmt::Debug for UniverseStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let members = self.members.len();
        formatter.debug_struct("UniverseStream").field("members", &members).finish_non_exhaustive()
    }
}

impl UniverseStream {
    /// A universe of so many members, none of which has had a bar.
    ///
    /// # Errors
    /// [`EvaluateError::ClockUnknown`].
    pub fn new(plan: Arc<Plan>, members: usize) -> Result<Self, EvaluateError> {
        let fresh = Member::new(&plan, |_| false)?;
        let columns = vec![Vec::new(); plan.graph().nodes().len()];
        let room = CrossRoom::default();
        let members = vec![fresh; members];
        let last_time_ns = super::NO_TIME;
        let (joins, outputs, is_broken) = (plan.joins().collect(), Vec::new(), false);
        Ok(Self { plan, members, last_time_ns, room, joins, columns, outputs, is_broken })
    }

    /// The fields that [`Self::push`] reads.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        self.plan.base_fields(|_| false)
    }

    /// Adds the bars that the members named have at a time, later than the time before; returns the outputs of the first, of the second
    /// and so on.
    ///
    /// # Errors
    /// [`EvaluateError`]; where the members or the times are at fault, nothing has changed; otherwise the stream is broken.
    pub fn push(
        &mut self,
        time_ns: i64,
        bars: &[(usize, BarValues)],
        context: &Context<'_>,
    ) -> Result<&[f64], EvaluateError> {
        self.check(time_ns, bars)?;
        self.is_broken = true;
        self.last_time_ns = time_ns;
        let plan = Arc::clone(&self.plan);
        for column in &mut self.columns {
            column.clear();
            column.resize(bars.len(), f64::NAN);
        }
        for (row, (member, bar)) in bars.iter().enumerate() {
            self.members[*member].begin(&plan, bar, context)?;
            for &(id, (clock, export)) in &self.joins {
                self.columns[id][row] = self.members[*member].clocks.value(clock, export);
            }
        }
        for number in 0..plan.levels.len() {
            self.run_level(&plan, number, bars, context)?;
        }
        let outputs = plan.graph().outputs();
        self.outputs.clear();
        for row in 0..bars.len() {
            self.outputs.extend(outputs.iter().map(|node| self.columns[*node][row]));
        }
        self.is_broken = false;
        Ok(&self.outputs)
    }

    fn check(&self, time_ns: i64, bars: &[(usize, BarValues)]) -> Result<(), EvaluateError> {
        if self.is_broken {
            return Err(EvaluateError::StreamBroken);
        }
        if time_ns <= self.last_time_ns {
            let before_ns = self.last_time_ns;
            let (column, index) = ("close_time", 0);
            return Err(EvaluateError::TimesUnordered { column, index, time_ns, before_ns });
        }
        let mut is_here = vec![false; self.members.len()];
        for (member, bar) in bars {
            let count = self.members.len();
            let unknown = EvaluateError::MemberUnknown { member: *member, count };
            if std::mem::replace(is_here.get_mut(*member).ok_or(unknown)?, true) {
                return Err(EvaluateError::MemberRepeated { index: *member, time_ns });
            }
            self.members[*member].check(&self.plan, bar)?;
        }
        Ok(())
    }

    fn run_level(
        &mut self,
        plan: &Plan,
        number: usize,
        bars: &[(usize, BarValues)],
        context: &Context<'_>,
    ) -> Result<(), EvaluateError> {
        let level = &plan.levels[number];
        let exports: Vec<NodeId> = level.program.exports().collect();
        for (row, (member, bar)) in bars.iter().enumerate() {
            let state = &mut self.members[*member].states[number];
            let imports: Vec<f64> =
                level.program.imports().iter().map(|(node, _)| self.columns[*node][row]).collect();
            let columns = &mut self.columns;
            let export = |index: usize, value: f64| columns[exports[index]][row] = value;
            run_bar(&level.program, state, bar, imports.into_iter(), export, context)?;
        }
        for &id in &level.cross_sections {
            let Operation::CrossSection(op, operand) = plan.graph().nodes()[id].operation else {
                unreachable!("only cross-sections are listed")
            };
            let mut column = std::mem::take(&mut self.columns[id]);
            column.copy_from_slice(&self.columns[operand]);
            kernel::cross_section(op, &mut column, &mut self.room.order);
            self.columns[id] = column;
        }
        Ok(())
    }
}
