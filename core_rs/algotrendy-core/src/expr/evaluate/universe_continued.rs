//! A universe in parts of time, each as columns: what follows goes on where the bars before it ended.

use std::sync::Arc;

use super::error::EvaluateError;
use super::evaluation::{Before, Evaluation};
use super::plan::{Level, Plan};
use super::program::Memory;
use super::restated::History;
use super::series::{Context, Others};
use super::universe::Universe;
use super::NO_TIME;

/// An evaluation of a universe in parts of time, to the bits that [`Plan::evaluate_universe`] has. It keeps what functions of each member's
/// past remember, and bars only of members that are still to be adjusted.
pub struct UniverseContinued {
    plan: Arc<Plan>,
    /// By level and member.
    memories: Vec<Vec<Memory>>,
    histories: Vec<History>,
    last_time_ns: i64,
    /// Whether bars were refused half-way.
    is_broken: bool,
}

impl std::fmt::Debug for UniverseContinued {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let members = self.histories.len();
        formatter
            .debug_struct("UniverseContinued")
            .field("members", &members)
            .finish_non_exhaustive()
    }
}

impl UniverseContinued {
    /// An evaluation of so many members, none of which has had a bar. None of a plan that reads other series; nor, where members are to be
    /// adjusted, of one that reads the past of what was compared.
    #[must_use]
    pub fn new(plan: &Arc<Plan>, members: usize, is_adjusted: bool) -> Option<Self> {
        if !plan.graph().clocks().is_empty() || (is_adjusted && plan.remembers_comparisons()) {
            return None;
        }
        let of_level = |level: &Level| vec![level.program.memory(); members];
        let memories = plan.levels.iter().map(of_level).collect();
        let histories = (0..members).map(|_| History::default()).collect();
        let (plan, last_time_ns, is_broken) = (Arc::clone(plan), NO_TIME, false);
        Some(Self { plan, memories, histories, last_time_ns, is_broken })
    }

    /// The outputs at the bars that follow, whose times are all later than those before: of every member, also one that has none.
    ///
    /// # Errors
    /// [`EvaluateError`]. Where a value or a model is at fault, the evaluation cannot go on.
    ///
    /// # Panics
    /// If the universe has other members, or adjustments of which was not told.
    pub fn push(
        &mut self,
        universe: &Universe<'_>,
        context: &Context<'_>,
        threads: usize,
    ) -> Result<Vec<Vec<f64>>, EvaluateError> {
        let is_told = universe.adjustments.is_empty() || !self.plan.remembers_comparisons();
        assert!(is_told, "what changes who came where before does not go on");
        assert_eq!(self.histories.len(), universe.members.len(), "members stay the same");
        if self.is_broken {
            return Err(EvaluateError::StreamBroken);
        }
        universe.require(&self.plan, |_| false)?;
        if let Some((time_ns, last_ns)) = universe.span_ns {
            let (before_ns, column, index) = (self.last_time_ns, "close_time", 0);
            if time_ns <= before_ns {
                return Err(EvaluateError::TimesUnordered { column, index, time_ns, before_ns });
            }
            self.last_time_ns = last_ns;
        }
        self.is_broken = true;
        let evaluation = Evaluation::new(&self.plan, universe, context, threads);
        let before = Before { memories: &mut self.memories, histories: &self.histories };
        let columns = evaluation.run(&Others::new(), Some(before))?;
        for (member, history) in self.histories.iter_mut().enumerate() {
            let (bars, adjustments) = (universe.bars_of(member), universe.adjustments(member));
            if adjustments.last().is_some_and(|last| last.row >= bars.len()) {
                history.append(&bars, adjustments);
            } else {
                *history = History::default();
            }
        }
        self.is_broken = false;
        Ok(columns)
    }
}
