//! One spec with many parameters on the same data: what they share is computed once.
//!
//! The combinations of a [`Grid`] are taken in batches. A batch is one graph, in which equal parts of all its rules are one node; it is
//! evaluated block by block, and of its conditions only bits are kept. Then each rule trades through the same core as a single run, and
//! what came of it is measured from its equity curve, which is dropped unless the whole outcome is asked for. Batches go to threads; rows
//! come in the order of the grid, and neither threads nor batches change a bit of them.

mod batch;
mod grid;
mod summary;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use super::error::RunError;
use super::feed::Feed;
use super::outcome::Outcome;
use super::terms::RunTerms;
use crate::error::Refusal;
use crate::expr::Models;
use crate::strategy::{Environment, Spec, SpecError};

pub use grid::Grid;
pub use summary::Summary;

/// How many combinations are evaluated together, unless it is said otherwise.
pub const BATCH: usize = 128;

/// What is run.
pub struct Sweep<'a> {
    /// The spec; its parameters are the defaults of those that the grid does not vary.
    pub spec: &'a Spec,
    /// What is varied.
    pub grid: &'a Grid,
    /// The data.
    pub feeds: &'a [Feed],
    /// The terms of each run.
    pub terms: &'a RunTerms,
    /// What evaluating needs.
    pub environment: &'a Environment,
    /// The features of models.
    pub models: &'a (dyn Models + Sync),
}

/// How it is run. None of it changes what comes out.
#[derive(Clone, Debug)]
pub struct SweepTerms {
    /// How many threads; at least 1.
    pub threads: usize,
    /// How many combinations are evaluated together; at least 1.
    pub batch: usize,
    /// Which combinations are run, by their places in the grid, in order; unset: all. What is left out may have been run before.
    pub places: Option<Vec<usize>>,
    /// Whether each row has its whole outcome.
    pub keeps_outcomes: bool,
}

impl Default for SweepTerms {
    /// All combinations, on one thread.
    fn default() -> Self {
        Self { threads: 1, batch: BATCH, places: None, keeps_outcomes: false }
    }
}

/// What came of one combination.
#[derive(Debug)]
pub struct SweepRow {
    /// Its place in the grid.
    pub place: usize,
    /// What is to be known of it, or why there is nothing.
    pub summary: Result<Summary, SweepError>,
    /// The whole outcome, where that was asked for.
    pub outcome: Option<Outcome>,
}

/// Why there is nothing to be known of a combination, or of all.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// It makes the spec none.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// Its run failed.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl Refusal for SweepError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Spec(error) => error.reason(),
            Self::Run(error) => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Spec(error) => error.metadata(),
            Self::Run(error) => error.metadata(),
        }
    }
}

impl Sweep<'_> {
    /// Runs the combinations, and hands each row over in the order of the grid, on the thread of the caller, who may end it. Returns whether
    /// it came to its end. A combination that cannot be run is a row that says why, and ends nothing.
    ///
    /// # Errors
    /// [`SpecError::Invalid`] if the grid varies what is no parameter of the spec, or a place is not in the grid.
    pub fn run(
        &self,
        how: &SweepTerms,
        take: &mut dyn FnMut(SweepRow) -> ControlFlow<()>,
    ) -> Result<bool, SpecError> {
        self.grid.check(self.spec)?;
        let places = match &how.places {
            Some(places) => places.clone(),
            None => (0..self.grid.len()).collect(),
        };
        if let Some(place) = places.iter().find(|place| **place >= self.grid.len()) {
            let expected = format!("below {}, the number of combinations", self.grid.len());
            return Err(SpecError::invalid("places", place, expected));
        }
        let size = how.batch.max(1);
        let batches: Vec<(usize, &[usize])> = places.chunks(size).enumerate().collect();
        let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let worker = |rows: mpsc::Sender<(usize, SweepRow)>| {
            while let Some((batch, places)) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut number = batch * size;
                let mut send = |row| {
                    number += 1;
                    rows.send((number - 1, row)).is_ok()
                };
                if !self.run_batch(places, how.keeps_outcomes, &is_over, &mut send) {
                    return;
                }
            }
        };
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..how.threads.clamp(1, batches.len().max(1)) {
                let sender = sender.clone();
                let worker = &worker;
                scope.spawn(move || worker(sender));
            }
            drop(sender);
            let is_whole = in_order(receiver, take);
            is_over.store(true, Ordering::Relaxed);
            Ok(is_whole)
        })
    }
}

/// Hands rows over in the order of their numbers, until there are no more, or the taker has enough.
fn in_order(
    rows: mpsc::Receiver<(usize, SweepRow)>,
    take: &mut dyn FnMut(SweepRow) -> ControlFlow<()>,
) -> bool {
    let (mut early, mut next) = (BTreeMap::new(), 0);
    for (number, row) in rows {
        early.insert(number, row);
        while let Some(row) = early.remove(&next) {
            next += 1;
            if take(row).is_break() {
                return false;
            }
        }
    }
    true
}
