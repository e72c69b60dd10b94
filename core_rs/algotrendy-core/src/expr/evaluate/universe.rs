//! Many series at once: each member's bars by the same programs, and between them the members compared at one time.
//!
//! The members at a time are those with a bar known at exactly that time. A member without one is absent: it has no value there and does
//! not count, and functions of its past go from its own bar to its own next bar.
//!
//! Where members have [adjustments](Adjustment), everything at a time is as if all bars up to then had been given at the prices of each
//! member's newest one. What is compared at a time are values of the past of each member by itself, so each is evaluated again at its own
//! adjustments only, as one series is. Only a function of the past of what was compared, such as a mean of ranks, also sees those of
//! others, which change who came where before: then the universe is evaluated again at each time at which anybody has one.

use std::ops::Range;

use super::super::graph::BASE_CLOCK;
use super::error::EvaluateError;
use super::evaluation::Evaluation;
use super::plan::Plan;
use super::restated::Adjustment;
use super::series::{Context, Others, Series};

/// Bars of all members, one member after the other, and who has a bar at which time.
pub struct Universe<'a> {
    pub(super) bars: Series<'a>,
    pub(super) members: Vec<Range<usize>>,
    /// Rows in time order, and among those of one time in the members' order.
    pub(super) rows: Vec<usize>,
    /// Where each time's rows begin in `rows`, and the end.
    pub(super) starts: Vec<usize>,
    /// Whether each row counts when members are compared; empty: all do.
    pub(super) counted: Vec<bool>,
    /// Each member's, by its own rows; empty: nobody has any.
    pub(super) adjustments: Vec<Vec<Adjustment>>,
    /// The first and the last time; none without bars.
    pub(super) span_ns: Option<(i64, i64)>,
}

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
        let ends = rows.first().zip(rows.last());
        let span_ns = ends.map(|(first, last)| (times_ns[*first], times_ns[*last]));
        let (counted, adjustments) = (Vec::new(), Vec::new());
        Ok(Self { bars, members, rows, starts, counted, adjustments, span_ns })
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

    /// The same, with each member's adjustments, by its own rows and in their order. One behind the last is of a bar to come.
    ///
    /// # Panics
    /// If there are not some, or none, for each member.
    #[must_use]
    pub fn adjusted(self, adjustments: Vec<Vec<Adjustment>>) -> Self {
        assert_eq!(adjustments.len(), self.members.len(), "every member has adjustments or none");
        let has_any = adjustments.iter().any(|adjustments| !adjustments.is_empty());
        Self { adjustments: if has_any { adjustments } else { Vec::new() }, ..self }
    }

    pub(super) fn bars_of(&self, member: usize) -> Series<'a> {
        let rows = &self.members[member];
        self.bars.slice(rows.start, rows.end)
    }

    pub(super) fn adjustments(&self, member: usize) -> &[Adjustment] {
        self.adjustments.get(member).map_or(&[], Vec::as_slice)
    }

    /// Whether its members have what a plan reads.
    pub(super) fn require(
        &self,
        plan: &Plan,
        is_given: impl Fn(&str) -> bool,
    ) -> Result<(), EvaluateError> {
        let fields = plan.base_fields(is_given);
        self.members.iter().enumerate().try_for_each(|(member, rows)| {
            let required = self.bars_of(member).require(plan, BASE_CLOCK, &fields);
            required.map_err(|refusal| refusal.after_rows(rows.start))
        })
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
        universe.require(self, |name| others.contains_key(name))?;
        if !universe.adjustments.is_empty() && self.remembers_comparisons() {
            return self.evaluate_as_of(universe, others, context, threads);
        }
        Evaluation::new(self, universe, context, threads).run(others, None)
    }
}
