//! A universe's columns, level by level: each member's bars by threads, then the members compared.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::super::graph::{NodeId, Operation};
use super::super::kernel;
use super::super::op::CrossOp;
use super::error::EvaluateError;
use super::plan::Plan;
use super::program::{Memory, Program, State, BLOCK};
use super::restated::{History, Span};
use super::series::{run_columns, Context, Others};
use super::universe::Universe;

type Columns = HashMap<NodeId, Vec<f64>>;

/// The columns of a universe, level by level.
pub(super) struct Evaluation<'a> {
    plan: &'a Plan,
    universe: &'a Universe<'a>,
    context: &'a Context<'a>,
    threads: usize,
    columns: Columns,
    /// Columns that are done with: room for those to come.
    spare: Vec<Vec<f64>>,
}

/// What is known of the bars before, where an evaluation goes on.
pub(super) struct Before<'m> {
    /// What programs remember, by level and member.
    pub(super) memories: &'m mut [Vec<Memory>],
    /// The bars of members that are still to be adjusted; of others none.
    pub(super) histories: &'m [History],
}

/// What each member's program of a level remembers, where it is to go on.
type Memories<'m> = Option<&'m mut [Memory]>;

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        universe: &'a Universe<'a>,
        context: &'a Context<'a>,
        threads: usize,
    ) -> Self {
        let (columns, spare) = (Columns::new(), Vec::new());
        Self { plan, universe, context, threads, columns, spare }
    }

    /// The outputs.
    pub(super) fn run(
        mut self,
        others: &Others<'_>,
        before: Option<Before<'_>>,
    ) -> Result<Vec<Vec<f64>>, EvaluateError> {
        let (mut memories, histories) = match before {
            Some(Before { memories, histories }) => (Some(memories), histories),
            None => (None, &[][..]),
        };
        for number in 0..self.plan.levels.len() {
            let memories = memories.as_deref_mut().map(|levels| levels[number].as_mut_slice());
            if number == 0 {
                self.run_first(others, memories, histories)?;
            } else {
                self.run_level(number, memories)?;
            }
            self.cross(number);
            self.release(number);
        }
        Ok(self.plan.outputs(self.columns))
    }

    /// Columns in which every row will be written.
    fn room(&mut self, count: usize) -> Vec<Vec<f64>> {
        let length = self.universe.bars.len();
        let room = |_| self.spare.pop().unwrap_or_else(|| vec![f64::NAN; length]);
        (0..count).map(room).collect()
    }

    /// The first level, and what it joins of other series: all of it is of one member, and at its own prices.
    fn run_first(
        &mut self,
        others: &Others<'_>,
        memories: Memories<'_>,
        histories: &[History],
    ) -> Result<(), EvaluateError> {
        let Self { plan, universe, context, threads, .. } = *self;
        let joins: Vec<NodeId> = plan.joins().map(|(id, _)| id).collect();
        let program = &plan.levels[0].program;
        let mut made = self.room(joins.len() + program.exports().len());
        let parts = by_member(&mut made, memories, universe);
        in_parallel(
            parts,
            threads,
            || program.state(BLOCK),
            |state, mut part| {
                let (joined_outs, outs) = part.outs.split_at_mut(joins.len());
                let member = part.member;
                part.memory.recall(program, state);
                let run = |span: &Span<'_>| {
                    if span.is_restated() {
                        program.restart(state);
                    }
                    let joined = plan.joined(&span.bars, others, context)?;
                    for (id, out) in joins.iter().zip(joined_outs.iter_mut()) {
                        span.hand_over(0, &joined[id], out);
                    }
                    let imports: Vec<&[f64]> =
                        program.imports().iter().map(|(node, _)| joined[node].as_slice()).collect();
                    let export = |index: usize, from: usize, values: &[f64]| {
                        span.hand_over(from, values, outs[index]);
                    };
                    run_columns(program, state, &span.bars, &imports, export, context)
                };
                let (bars, adjustments) = (universe.bars_of(member), universe.adjustments(member));
                let evaluated = bars.spans(histories.get(member), adjustments, run);
                evaluated.map_err(|refusal| refusal.after_rows(universe.members[member].start))?;
                part.memory.keep(state);
                Ok(())
            },
        )?;
        self.columns.extend(joins.into_iter().chain(program.exports()).zip(made));
        Ok(())
    }

    fn run_level(&mut self, number: usize, memories: Memories<'_>) -> Result<(), EvaluateError> {
        let Self { plan, universe, context, threads, .. } = *self;
        let program = &plan.levels[number].program;
        let mut made = self.room(program.exports().len());
        let imports: Vec<&[f64]> =
            program.imports().iter().map(|(node, _)| self.columns[node].as_slice()).collect();
        let parts = by_member(&mut made, memories, universe);
        in_parallel(
            parts,
            threads,
            || program.state(BLOCK),
            |state, mut part| {
                let rows = universe.members[part.member].clone();
                let imports: Vec<&[f64]> =
                    imports.iter().map(|column| &column[rows.clone()]).collect();
                let export = |index: usize, from: usize, values: &[f64]| {
                    part.outs[index][from..from + values.len()].copy_from_slice(values);
                };
                part.memory.recall(program, state);
                let bars = universe.bars_of(part.member);
                run_columns(program, state, &bars, &imports, export, context)
                    .map_err(|refusal| refusal.after_rows(rows.start))?;
                part.memory.keep(state);
                Ok(())
            },
        )?;
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

/// One member's part of a level.
struct Part<'c> {
    member: usize,
    /// Its rows of every column.
    outs: Vec<&'c mut [f64]>,
    memory: Recall<'c>,
}

/// Where a program goes on for a member; from nothing, where it begins.
struct Recall<'c>(Option<&'c mut Memory>);

impl Recall<'_> {
    fn recall(&mut self, program: &Program, state: &mut State) {
        match &mut self.0 {
            Some(memory) => state.exchange_memory(memory),
            None => program.restart(state),
        }
    }

    fn keep(&mut self, state: &mut State) {
        if let Some(memory) = &mut self.0 {
            state.exchange_memory(memory);
        }
    }
}

/// Each member's part of columns and memories.
fn by_member<'c>(
    columns: &'c mut [Vec<f64>],
    memories: Memories<'c>,
    universe: &Universe<'_>,
) -> Vec<Part<'c>> {
    let mut memories = memories.map(<[Memory]>::iter_mut);
    let mut parts: Vec<Part<'c>> = (0..universe.members.len())
        .map(|member| {
            let memory = Recall(memories.as_mut().and_then(Iterator::next));
            Part { member, outs: Vec::with_capacity(columns.len()), memory }
        })
        .collect();
    for column in columns {
        let mut rest = column.as_mut_slice();
        for part in &mut parts {
            let (own, behind) = rest.split_at_mut(universe.members[part.member].len());
            part.outs.push(own);
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
