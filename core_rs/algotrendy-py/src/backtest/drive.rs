//! Running a strategy over feeds, whole or as their parts come, so that whatever ends it arrives as it was.

use std::panic::{catch_unwind, AssertUnwindSafe};

use algotrendy_core::backtest::{
    run, Control, Engine, Feed, FeedData, FeedId, Outcome, RunError, RunTerms, Strategy,
};
use algotrendy_core::strategy::Trader;
use pyo3::prelude::*;

use super::feed::PyFeed;
use super::refusal::Panicked;
use crate::errors::to_py;

/// The rest of a feed: an iterator over its parts in time order.
pub struct Rest {
    pub feed: FeedId,
    pub parts: Py<PyAny>,
}

/// Why a run ended early.
pub enum Ended {
    /// The core refused, or whoever watches or decides did.
    Refused(RunError),
    /// Python raised while it read data.
    Raised(PyErr),
    /// The core failed.
    Panicked,
}

impl From<RunError> for Ended {
    fn from(error: RunError) -> Self {
        Self::Refused(error)
    }
}

impl Ended {
    /// The exception.
    pub fn into_py(self) -> PyErr {
        match self {
            Self::Refused(error) => to_py(error),
            Self::Raised(error) => error,
            Self::Panicked => to_py(Panicked),
        }
    }
}

/// Runs a strategy.
pub fn drive(
    feeds: Vec<Feed>,
    rests: Vec<Rest>,
    terms: RunTerms,
    strategy: &mut dyn Strategy,
    control: &dyn Control,
) -> Result<Outcome, Ended> {
    guarded(|| {
        if rests.is_empty() {
            return Ok(run(feeds, terms, strategy, control)?);
        }
        in_parts(feeds, rests, terms, strategy, control)
    })
}

/// Runs a rule, likewise.
pub fn drive_rule(
    feeds: Vec<Feed>,
    rests: Vec<Rest>,
    terms: RunTerms,
    trader: &mut Trader,
    control: &dyn Control,
) -> Result<Outcome, Ended> {
    guarded(|| {
        if rests.is_empty() {
            return Ok(trader.run(feeds, terms, control)?);
        }
        in_parts(feeds, rests, terms, trader, control)
    })
}

fn guarded(run: impl FnOnce() -> Result<Outcome, Ended>) -> Result<Outcome, Ended> {
    // Nothing of the run is seen again if it unwinds.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Ended::Panicked))
}

fn in_parts(
    feeds: Vec<Feed>,
    rests: Vec<Rest>,
    terms: RunTerms,
    strategy: &mut dyn Strategy,
    control: &dyn Control,
) -> Result<Outcome, Ended> {
    // Up to when each feed that goes on has been given.
    let mut given: Vec<(i64, Rest)> =
        rests.into_iter().map(|rest| (last_begin_ns(&feeds[rest.feed].data), rest)).collect();
    let mut engine = Engine::new(feeds, terms)?;
    while let Some(place) = least(&given) {
        let (until_ns, rest) = &mut given[place];
        let Some(data) = next_part(rest).map_err(Ended::Raised)? else {
            given.swap_remove(place);
            continue;
        };
        (*until_ns, rest.feed) = (last_begin_ns(&data).max(*until_ns), rest.feed);
        let feed = rest.feed;
        // Rows that begin when the last one does may still come.
        let until_ns = least(&given).map_or(i64::MAX, |place| given[place].0).saturating_sub(1);
        engine.push(vec![(feed, data)], until_ns, strategy, control)?;
    }
    Ok(engine.finish(strategy, control)?)
}

/// The feed that has been given the least.
fn least(given: &[(i64, Rest)]) -> Option<usize> {
    (0..given.len()).min_by_key(|place| given[*place].0)
}

fn next_part(rest: &Rest) -> PyResult<Option<FeedData>> {
    Python::attach(|py| {
        let part = rest.parts.bind(py).try_iter()?.next().transpose()?;
        part.map(|part| Ok(part.cast::<PyFeed>()?.get().inner.data.clone())).transpose()
    })
}

/// When the last row begins: a bar that opens, a trade, a quote.
fn last_begin_ns(data: &FeedData) -> i64 {
    let times_ns = match data {
        FeedData::Bars(bars) => bars.open_time_ns(),
        FeedData::Trades { trades, .. } => trades.time_ns(),
        FeedData::Quotes(quotes) => quotes.time_ns(),
    };
    times_ns.last().copied().unwrap_or(i64::MIN)
}
