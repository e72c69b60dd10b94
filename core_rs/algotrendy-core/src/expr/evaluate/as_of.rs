//! A universe as of each time at which somebody's prices change.

use std::ops::Range;

use super::error::EvaluateError;
use super::evaluation::Evaluation;
use super::plan::Plan;
use super::restated::{scales, Restated};
use super::series::{Context, Others};
use super::universe::Universe;

/// A universe's bars before a time, at the prices of each member's newest.
struct Past {
    bars: Restated,
    members: Vec<Range<usize>>,
    rows: Vec<usize>,
    starts: Vec<usize>,
    counted: Vec<bool>,
}

impl Plan {
    /// The outputs of a plan that reads the past of what was compared: from one time at which somebody's prices change to the next, as if
    /// all bars had been given at the prices from there on.
    pub(super) fn evaluate_as_of(
        &self,
        universe: &Universe<'_>,
        others: &Others<'_>,
        context: &Context<'_>,
        threads: usize,
    ) -> Result<Vec<Vec<f64>>, EvaluateError> {
        let mut columns = vec![vec![f64::NAN; universe.bars.len()]; self.graph().outputs().len()];
        let moments = universe.moments();
        let mut cuts = universe.cuts(&moments);
        cuts.push(universe.starts.len() - 1);
        for span in cuts.windows(2) {
            let past = Past::new(universe, &moments, span[1]);
            let evaluated = past
                .universe()
                .and_then(|past| Evaluation::new(self, &past, context, threads).run(others, None));
            let evaluated = evaluated
                .map_err(|refusal| refusal.renumbered(|row| past.number_in(universe, row)))?;
            for (whole, own) in universe.members.iter().zip(&past.members) {
                let first = moments[whole.clone()].partition_point(|moment| *moment < span[0]);
                let (from, to) = (first.min(own.len()), own.len());
                for (column, values) in columns.iter_mut().zip(&evaluated) {
                    column[whole.start + from..whole.start + to]
                        .copy_from_slice(&values[own.start + from..own.end]);
                }
            }
        }
        Ok(columns)
    }
}

impl Past {
    fn new(universe: &Universe<'_>, moments: &[usize], end: usize) -> Self {
        let mut past = Self {
            bars: Restated::default(),
            members: Vec::with_capacity(universe.members.len()),
            rows: Vec::new(),
            starts: universe.starts[..=end].to_vec(),
            counted: Vec::new(),
        };
        let (mut numbers, mut length) = (vec![0; universe.bars.len()], 0);
        for (whole, adjustments) in universe.members.iter().zip(&universe.adjustments) {
            let count = moments[whole.clone()].partition_point(|moment| *moment < end);
            let known = adjustments.partition_point(|adjustment| adjustment.row < count);
            let bars = universe.bars.slice(whole.start, whole.start + count);
            past.bars.append(&bars, &scales(&adjustments[..known]));
            past.members.push(length..length + count);
            for place in 0..count {
                numbers[whole.start + place] = length + place;
            }
            let counted = universe.counted.get(whole.start..whole.start + count);
            past.counted.extend_from_slice(counted.unwrap_or_default());
            length += count;
        }
        let rows = &universe.rows[..universe.starts[end]];
        past.rows = rows.iter().map(|row| numbers[*row]).collect();
        past
    }

    fn universe(&self) -> Result<Universe<'_>, EvaluateError> {
        Ok(Universe {
            bars: self.bars.series()?,
            members: self.members.clone(),
            rows: self.rows.clone(),
            starts: self.starts.clone(),
            counted: self.counted.clone(),
            adjustments: Vec::new(),
            span_ns: None,
        })
    }

    /// The number that a row has among all.
    fn number_in(&self, universe: &Universe<'_>, row: usize) -> usize {
        let member = self.members.iter().position(|rows| rows.contains(&row)).unwrap_or_default();
        universe.members[member].start + row - self.members[member].start
    }
}

impl Universe<'_> {
    /// The place of each row's time among all times.
    fn moments(&self) -> Vec<usize> {
        let mut moments = vec![0; self.bars.len()];
        for (moment, bounds) in self.starts.windows(2).enumerate() {
            self.rows[bounds[0]..bounds[1]].iter().for_each(|row| moments[*row] = moment);
        }
        moments
    }

    /// The first time, and those at which somebody's prices change, by their places.
    fn cuts(&self, moments: &[usize]) -> Vec<usize> {
        let mut cuts = vec![0];
        for (rows, adjustments) in self.members.iter().zip(&self.adjustments) {
            let own = &moments[rows.clone()];
            cuts.extend(adjustments.iter().filter_map(|adjustment| own.get(adjustment.row)));
        }
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }
}
