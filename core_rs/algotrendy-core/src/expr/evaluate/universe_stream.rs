//! A universe time by time: all bars of one time in, the outputs at them out.

use std::sync::Arc;

use super::super::graph::{Field, NodeId, Operation};
use super::super::kernel;
use super::error::EvaluateError;
use super::plan::Plan;
use super::series::Context;
use super::stream::{run_bar, BarValues, Member};

/// A universe in progress: all bars of one time in, the outputs at them out.
pub struct UniverseStream {
    plan: Arc<Plan>,
    members: Vec<Member>,
    last_time_ns: i64,
    order: kernel::Order,
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
        let order = kernel::Order::default();
        let members = vec![fresh; members];
        let last_time_ns = super::NO_TIME;
        let (joins, outputs, is_broken) = (plan.joins().collect(), Vec::new(), false);
        Ok(Self { plan, members, last_time_ns, order, joins, columns, outputs, is_broken })
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
            kernel::cross_section(op, &mut column, &mut self.order);
            self.columns[id] = column;
        }
        Ok(())
    }
}
