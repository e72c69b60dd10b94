//! Some combinations, evaluated together and run one after the other.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use super::super::control::Progress;
use super::super::feed::{Feed, FeedData};
use super::super::terms::CurveDetail;
use super::summary::Summary;
use super::{Sweep, SweepError, SweepRow};
use crate::strategy::{Columns, Rule, Spec, SpecError, Trader, Values};

/// What a batch's rules say at the bars of each feed; none of a feed whose bars none of them reads.
type FeedValues = Vec<Option<Arc<Values>>>;

/// A rule, and what its plan says if that is known.
type Ready = (Rule, Option<FeedValues>);

impl Sweep<'_> {
    /// Runs combinations in order; whether nobody ended it.
    pub(super) fn run_batch(
        &self,
        places: &[usize],
        keeps_outcomes: bool,
        is_over: &AtomicBool,
        take: &mut dyn FnMut(SweepRow) -> bool,
    ) -> bool {
        let specs: Vec<Spec> =
            places.iter().map(|place| self.grid.spec(self.spec, *place)).collect();
        for (place, ready) in places.iter().zip(self.prepare(&specs)) {
            if is_over.load(Ordering::Relaxed) {
                return false;
            }
            let outcome = ready.map_err(SweepError::from).and_then(|(rule, values)| {
                let mut trader = match values {
                    Some(values) => Trader::with_values(rule, values),
                    None => Trader::new(rule, self.environment.clone()),
                };
                let mut terms = self.terms.clone();
                if !keeps_outcomes {
                    terms.curve = CurveDetail::Equity;
                }
                let control = |_: &Progress| {
                    let is_over = is_over.load(Ordering::Relaxed);
                    if is_over {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                };
                Ok(trader.run(self.feeds.to_vec(), terms, &control)?)
            });
            let (summary, outcome) = match outcome {
                Ok(outcome) => (Ok(Summary::of(&outcome)), Some(outcome)),
                Err(error) => (Err(error), None),
            };
            let outcome = outcome.filter(|_| keeps_outcomes);
            if !take(SweepRow { place: *place, summary, outcome }) {
                return false;
            }
        }
        true
    }

    /// The rules of a batch, and what their plan says, where it can be evaluated ahead: then all that can share it are on one plan.
    fn prepare(&self, specs: &[Spec]) -> Vec<Result<Ready, SpecError>> {
        let alone = |spec: &Spec| Rule::compile(spec, self.models).map(|rule| (rule, None));
        let shared = Rule::compile_all(specs, self.models);
        let values = shared.iter().flatten().next().and_then(|rule| self.values(rule));
        let Some(values) = values else { return specs.iter().map(alone).collect() };
        let pairs = specs.iter().zip(shared);
        // What does not fit in with the others may still do alone.
        pairs
            .map(|(spec, shared)| match shared {
                Ok(rule) => Ok((rule, Some(values.clone()))),
                Err(_) => alone(spec),
            })
            .collect()
    }

    /// What a plan says at the bars of each feed that its rules read: of each symbol the first. None where it cannot be told ahead of a
    /// run, because bars are still to be made, members compared, or something is wrong that the run will say.
    fn values(&self, rule: &Rule) -> Option<FeedValues> {
        if rule.plan().needs_universe() {
            return None;
        }
        let symbols = &self.spec.symbols;
        let mut known = HashSet::new();
        let mut values = Vec::with_capacity(self.feeds.len());
        for feed in self.feeds {
            let symbol = feed.instrument.symbol();
            let is_listed = symbols.is_empty() || symbols.iter().any(|one| one.as_str() == symbol);
            let is_read = is_listed && known.insert(symbol);
            values.push(if is_read { Some(self.values_of(rule, feed)?) } else { None });
        }
        Some(values)
    }

    fn values_of(&self, rule: &Rule, feed: &Feed) -> Option<Arc<Values>> {
        let FeedData::Bars(bars) = &feed.data else { return None };
        let plan = rule.plan();
        let columns = Columns::of(bars, 0, &feed.instrument, &rule.fields(), true);
        let others: Vec<(String, Columns)> = plan
            .graph()
            .clocks()
            .iter()
            .enumerate()
            .filter_map(|(place, name)| {
                let own = format!("{}:{name}", feed.instrument.symbol());
                let named = |wanted: &str| self.feeds.iter().find(|other| other.name == wanted);
                let other = named(&own).or_else(|| named(name))?;
                let FeedData::Bars(bars) = &other.data else { return None };
                let fields = plan.fields(place + 1);
                Some((name.clone(), Columns::of(bars, 0, &other.instrument, &fields, true)))
            })
            .collect();
        let mut series = HashMap::new();
        for (name, columns) in &others {
            series.insert(name.clone(), columns.series(columns.len()).ok()?);
        }
        let context = self.environment.context();
        let values = Values::of(plan, &columns, &feed.factors, &series, &context);
        values.ok().map(Arc::new)
    }
}
