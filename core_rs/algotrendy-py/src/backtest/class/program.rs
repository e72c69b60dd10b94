//! A class's features, compiled, and their values at the bars of each feed.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::backtest::{Feed, FeedId, InstrumentId, Session};
use algotrendy_core::expr::{
    Compiler, Context, Continued, EvaluateError, Field, Kind, Names, Others, Plan, NO_TIME,
};
use algotrendy_core::strategy::{Columns, Together, Values};
use pyo3::prelude::*;

use crate::errors::to_py;
use crate::expr::environment::Environment;
use crate::expr::set::NamedError;

/// The features of a class.
pub struct FeatureProgram {
    pub names: Vec<String>,
    plan: Arc<Plan>,
    environment: Environment,
    fields: Vec<Field>,
    models_from_ns: i64,
    /// By feed.
    states: HashMap<FeedId, State>,
    /// Of all feeds, where they are compared.
    together: Option<Together>,
}

/// How far the evaluation of a feed has come.
#[derive(Default)]
struct State {
    /// Goes on where it stopped; none of features that read more than the feed's own bars, or restated ones.
    evaluation: Option<Continued>,
    /// All bars so far, for those.
    history: Columns,
}

impl FeatureProgram {
    /// Compiles features, in which parameters are constants and features have names.
    pub fn new(
        features: Vec<(String, String)>,
        parameters: &[(String, Kind, f64)],
        mut environment: Environment,
        models_from_ns: Option<i64>,
    ) -> PyResult<Self> {
        let mut names = Names::default();
        for (name, kind, value) in parameters {
            names.constant(name, *kind, *value);
        }
        // A parameter of the same name is what the name means in expressions.
        let is_parameter = |name: &str| parameters.iter().any(|(known, ..)| known == name);
        for (name, text) in features.iter().filter(|(name, _)| !is_parameter(name)) {
            names.expression(name, text);
        }
        let mut compiler = Compiler::new(&environment);
        compiler.set_names(names);
        for (name, text) in &features {
            let refuse = |error| to_py(NamedError { name: name.clone(), error });
            compiler.output(text).map_err(refuse)?;
        }
        let graph = compiler.finish();
        environment.serve(&graph);
        let plan = Arc::new(Plan::new(graph));
        Ok(Self {
            names: features.into_iter().map(|(name, _)| name).collect(),
            fields: plan.base_fields(|_| false),
            plan,
            environment,
            models_from_ns: models_from_ns.unwrap_or(NO_TIME),
            states: HashMap::new(),
            together: None,
        })
    }

    /// How many bars come before all have values, whatever the data.
    pub fn warm_up(&self) -> usize {
        let graph = self.plan.graph();
        graph.outputs().iter().map(|output| graph.warm_up(*output)).max().unwrap_or(0)
    }

    /// The models that are asked, and whether in sample.
    pub fn models(&self) -> Vec<(String, bool)> {
        let models = self.plan.graph().models().iter();
        models.map(|uses| (uses.name.clone(), uses.is_in_sample)).collect()
    }

    /// Whether the members of the universe are compared.
    pub fn needs_universe(&self) -> bool {
        self.plan.needs_universe()
    }

    /// Adds the values at the bars of a feed that have come since.
    pub fn extend(&mut self, session: &Session, feed: FeedId, values: &mut Values) -> PyResult<()> {
        let result = self.try_extend(session, feed, values);
        result.map_err(|refusal| self.environment.to_py(refusal))
    }

    fn try_extend(
        &mut self,
        session: &Session,
        place: FeedId,
        values: &mut Values,
    ) -> Result<(), EvaluateError> {
        let feed = session.feed(place);
        let (bars, first) = session.bars(place);
        let from = values.len() - first;
        let more = Columns::of(bars, from, &feed.instrument, &self.fields, self.has_times(feed));
        let context = context(&self.environment, self.models_from_ns);
        let plan = &self.plan;
        let state = self.states.entry(place).or_insert_with(|| {
            let is_plain = feed.factors.is_empty();
            *values = Values::with_room(plan, bars.len());
            State {
                evaluation: is_plain.then(|| Continued::new(plan)).flatten(),
                ..State::default()
            }
        });
        if let Some(evaluation) = &mut state.evaluation {
            return values.go_on(evaluation, &more.series(more.len())?, &context);
        }
        state.history.append(&more);
        let others = other_series(session, plan, session.instrument_of(place));
        let series =
            others.iter().map(|(name, columns)| Ok((name.clone(), columns.series(columns.len())?)));
        let others: Others<'_> = series.collect::<Result<_, EvaluateError>>()?;
        *values = Values::of(plan, &state.history, &feed.factors, &others, &context)?;
        Ok(())
    }

    /// Adds the values at the bars that have come of these feeds, members of one universe, and that are complete.
    pub fn extend_together(
        &mut self,
        session: &Session,
        feeds: Vec<FeedId>,
        values: &mut [&mut Values],
    ) -> PyResult<()> {
        let Self { together, plan, environment, models_from_ns, .. } = self;
        let together = together.get_or_insert_with(|| Together::new(plan, session, feeds));
        let result = together.go_on(session, &context(environment, *models_from_ns), values);
        result.map_err(|refusal| environment.to_py(refusal))
    }

    /// Whether times are read, by the plan or to ask models and restate prices.
    fn has_times(&self, feed: &Feed) -> bool {
        !self.plan.graph().clocks().is_empty()
            || self.plan.needs_open_times(0)
            || self.plan.needs_close_times()
            || self.models_from_ns != NO_TIME
            || !feed.factors.is_empty()
    }
}

fn context(environment: &Environment, models_from_ns: i64) -> Context<'_> {
    environment.context(models_from_ns)
}

/// The other series that features read and that are feeds: `bars("1h")` is `SPY:1h` or, of another symbol, `bars("QQQ")`.
fn other_series(
    session: &Session,
    plan: &Plan,
    instrument: InstrumentId,
) -> Vec<(String, Columns)> {
    let symbol = session.instrument(instrument).symbol();
    let clocks = plan.graph().clocks().iter().enumerate();
    let given = clocks.filter_map(|(place, name)| {
        let own = session.find_feed(&format!("{symbol}:{name}"));
        let feed = own.or_else(|| session.find_feed(name))?;
        let (bars, _) = session.bars(feed);
        let instrument = &session.feed(feed).instrument;
        Some((name.clone(), Columns::of(bars, 0, instrument, &plan.fields(place + 1), true)))
    });
    given.collect()
}
