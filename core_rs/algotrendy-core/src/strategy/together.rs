//! What a plan says of symbols that are compared with each other, as their bars come.
//!
//! What is compared at a time needs everybody's bar of that time: bars wait until all that close with them have been given. Then the
//! evaluation goes on from what it remembers; bars are kept only of members of which price factors are still to come. Where the plan reads
//! `bars(…)`, or factors change what it compared before, all bars are kept, and evaluated again with those that follow.

use std::sync::Arc;

use super::values::{Columns, Values};
use crate::backtest::{Factor, FeedId, Session};
use crate::expr::{
    Adjustment, Context, EvaluateError, Field, Others, Plan, Universe, UniverseContinued,
};

/// An evaluation of symbols together.
#[derive(Debug)]
pub struct Together {
    plan: Arc<Plan>,
    feeds: Vec<FeedId>,
    fields: Vec<Field>,
    /// How it goes on, where it can.
    evaluation: Option<UniverseContinued>,
    /// All bars so far, where it cannot; else only what factors there are.
    history: Vec<MemberBars>,
    /// How many of each member's factors are of bars before.
    passed: Vec<usize>,
}

/// One member's bars, whether it counts at each when members are compared, and what its history is restated by.
#[derive(Clone, Debug, Default)]
pub struct MemberBars {
    /// The bars, with their times.
    pub columns: Columns,
    /// Whether it counts at each.
    pub counted: Vec<bool>,
    /// What features restate history by, in time order.
    pub factors: Arc<[Factor]>,
    /// How many of them are of bars before these.
    pub passed: usize,
}

impl MemberBars {
    fn adjustments(&self) -> Vec<Adjustment> {
        self.columns.adjustments(&self.factors[self.passed..])
    }
}

impl Together {
    /// Of the bars of these feeds, none of which has been evaluated.
    #[must_use]
    pub fn new(plan: &Arc<Plan>, session: &Session, feeds: Vec<FeedId>) -> Self {
        let factors = |feed: &FeedId| Arc::clone(&session.feed(*feed).factors);
        let of_feed = |feed| MemberBars { factors: factors(feed), ..MemberBars::default() };
        let history: Vec<MemberBars> = feeds.iter().map(of_feed).collect();
        let is_adjusted = history.iter().any(|member| !member.factors.is_empty());
        let evaluation = UniverseContinued::new(plan, feeds.len(), is_adjusted);
        let (plan, fields) = (Arc::clone(plan), plan.base_fields(|_| false));
        Self { plan, fields, evaluation, history, passed: vec![0; feeds.len()], feeds }
    }

    /// The feeds.
    #[must_use]
    pub fn feeds(&self) -> &[FeedId] {
        &self.feeds
    }

    /// Evaluates the bars that have come since and that close by [`Session::given_until_ns`]; `values` are those of the bars before, of
    /// each feed in turn.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn go_on(
        &mut self,
        session: &Session,
        context: &Context<'_>,
        values: &mut [&mut Values],
    ) -> Result<(), EvaluateError> {
        let known = values.iter().map(|values| values.len());
        let more = self.feeds.iter().zip(known).zip(&self.passed);
        let more: Vec<MemberBars> = more
            .map(|((feed, known), passed)| MemberBars {
                passed: *passed,
                ..given(session, *feed, known, &self.fields)
            })
            .collect();
        if more.iter().all(|member| member.columns.is_empty()) {
            return Ok(());
        }
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if let Some(evaluation) = &mut self.evaluation {
            let joined = Joined::of(&more);
            let columns = evaluation.push(&joined.universe()?, context, threads)?;
            for (passed, more) in self.passed.iter_mut().zip(&more) {
                let is_passed = |one: &&Adjustment| one.row < more.columns.len();
                *passed += more.adjustments().iter().take_while(is_passed).count();
            }
            for (values, rows) in values.iter_mut().zip(joined.bounds.windows(2)) {
                if values.is_empty() {
                    **values = Values::with_room(&self.plan, rows[1] - rows[0]);
                }
                values.append(&columns, rows[0]..rows[1]);
            }
            return Ok(());
        }
        for (member, more) in self.history.iter_mut().zip(&more) {
            member.columns.append(&more.columns);
            member.counted.extend_from_slice(&more.counted);
        }
        let evaluated = Values::of_universe(&self.plan, &self.history, context, threads)?;
        for (values, evaluated) in values.iter_mut().zip(evaluated) {
            **values = evaluated;
        }
        Ok(())
    }
}

/// A feed's bars from a place on of which nothing is missing that closes with them.
fn given(session: &Session, place: FeedId, known: usize, fields: &[Field]) -> MemberBars {
    let feed = session.feed(place);
    let (bars, first) = session.bars(place);
    let mut columns = Columns::of(bars, known - first, &feed.instrument, fields, true);
    let until_ns = session.given_until_ns();
    columns.truncate(columns.close_times_ns().partition_point(|close_ns| *close_ns <= until_ns));
    let is_member = columns.close_times_ns().iter().map(|close_ns| feed.is_member(*close_ns));
    let (counted, factors) = (is_member.collect(), Arc::clone(&feed.factors));
    MemberBars { columns, counted, factors, passed: 0 }
}

/// Members' bars, one member's after the other's.
struct Joined<'a> {
    members: &'a [MemberBars],
    bars: Columns,
    bounds: Vec<usize>,
}

impl<'a> Joined<'a> {
    fn of(members: &'a [MemberBars]) -> Self {
        let (mut bars, mut bounds) = (Columns::default(), vec![0]);
        for member in members {
            bars.append(&member.columns);
            bounds.push(bars.len());
        }
        Self { members, bars, bounds }
    }

    fn universe(&self) -> Result<Universe<'_>, EvaluateError> {
        let series = self.bars.series(self.bars.len())?;
        let universe = Universe::new(series, &self.bounds, self.bars.close_times_ns())?;
        let counted = self.members.iter().flat_map(|member| &member.counted).copied().collect();
        let adjustments = self.members.iter().map(MemberBars::adjustments).collect();
        Ok(universe.counting(counted).adjusted(adjustments))
    }
}

impl Values {
    /// Evaluates a plan over all bars of the members of a universe.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn of_universe(
        plan: &Plan,
        members: &[MemberBars],
        context: &Context<'_>,
        threads: usize,
    ) -> Result<Vec<Self>, EvaluateError> {
        let joined = Joined::of(members);
        let columns =
            plan.evaluate_universe(&joined.universe()?, &Others::new(), context, threads)?;
        let of_member = |rows: &[usize]| {
            let mut values = Self::with_room(plan, rows[1] - rows[0]);
            values.append(&columns, rows[0]..rows[1]);
            values
        };
        Ok(joined.bounds.windows(2).map(of_member).collect())
    }
}
