//! `run_class` and `run_spec`: one run, from Python.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::backtest::Feed;
use algotrendy_core::expr::{Kind, Predictor, NO_TIME};
use algotrendy_core::strategy::{self, Rule, Spec, Trader};
use pyo3::prelude::*;
use pyo3::types::PyBool;

use super::class::{ClassStrategy, FeatureProgram};
use super::drive::{drive, drive_rule, Rest};
use super::feed::PyFeed;
use super::outcome::PyOutcome;
use super::terms;
use super::watch::Watch;
use crate::errors::to_py;
use crate::expr::environment::Environment;

/// Runs a strategy that is a Python class: `callbacks` are the names of those it overrides.
#[pyfunction]
#[pyo3(signature = (
    feeds, terms, strategy, *, callbacks, features = Vec::new(), parameters = Vec::new(),
    warm_up_bars = 0, models = None, zone = None, rests = Vec::new(), on_progress = None
))]
#[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // What a run is made of.
fn run_class(
    feeds: Vec<Bound<'_, PyFeed>>,
    terms: &Bound<'_, PyAny>,
    strategy: &Bound<'_, PyAny>,
    callbacks: Vec<String>,
    features: Vec<(String, String)>,
    parameters: Vec<(String, Bound<'_, PyAny>)>,
    warm_up_bars: usize,
    models: Option<HashMap<String, Bound<'_, PyAny>>>,
    zone: Option<&str>,
    rests: Vec<(usize, Py<PyAny>)>,
    on_progress: Option<Py<PyAny>>,
) -> PyResult<PyOutcome> {
    let terms = terms::read(terms)?;
    let mut features = features;
    // A class asks a model by its name, whether or not a feature does.
    let asked = models.iter().flat_map(HashMap::keys);
    features.extend(asked.map(|name| (super::class::model_feature(name), model_text(name))));
    let environment = Environment::new(models, zone, None)?;
    let parameters = parameters.iter().map(constant).collect::<PyResult<Vec<_>>>()?;
    let program = (!features.is_empty())
        .then(|| {
            FeatureProgram::new(features, &parameters, environment, terms::models_from_ns(&terms))
        })
        .transpose()?;
    let asked = program.as_ref().map(FeatureProgram::models).unwrap_or_default();
    let mut strategy = ClassStrategy::new(strategy, &callbacks, program, warm_up_bars)?;
    let watch = Watch::new(on_progress);
    let (feeds, rests) = (inner(&feeds), rests_of(rests));
    // Python's code runs at each bar: the GIL stays here.
    match drive(feeds, rests, terms, &mut strategy, &watch) {
        Ok(outcome) => Ok(PyOutcome::new(outcome, asked)),
        Err(ended) => Err(strategy
            .take_raised()
            .or_else(|| watch.take_raised())
            .unwrap_or_else(|| ended.into_py())),
    }
}

/// Runs a spec, as JSON, with the GIL released.
#[pyfunction]
#[pyo3(signature = (
    feeds, terms, spec, *, models = None, zone = None, rests = Vec::new(), on_progress = None
))]
#[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // What a run is made of.
fn run_spec(
    py: Python<'_>,
    feeds: Vec<Bound<'_, PyFeed>>,
    terms: &Bound<'_, PyAny>,
    spec: &str,
    models: Option<HashMap<String, Bound<'_, PyAny>>>,
    zone: Option<&str>,
    rests: Vec<(usize, Py<PyAny>)>,
    on_progress: Option<Py<PyAny>>,
) -> PyResult<PyOutcome> {
    let terms = terms::read(terms)?;
    let spec = Spec::from_json(spec).map_err(to_py)?;
    let mut environment = Environment::new(models, zone, None)?;
    let rule = Rule::compile(&spec, &environment).map_err(to_py)?;
    let graph = rule.plan().graph();
    let asked = graph.models().iter().map(|uses| (uses.name.clone(), uses.is_in_sample)).collect();
    environment.serve(graph);
    let environment = Arc::new(environment);
    let surroundings = strategy::Environment {
        calendar: environment.calendar().clone(),
        models: Arc::clone(&environment) as Arc<dyn Predictor + Send + Sync>,
        models_from_ns: terms::models_from_ns(&terms).unwrap_or(NO_TIME),
    };
    let mut trader = Trader::new(rule, surroundings);
    let watch = Watch::new(on_progress);
    let (feeds, rests) = (inner(&feeds), rests_of(rests));
    match py.detach(|| drive_rule(feeds, rests, terms, &mut trader, &watch)) {
        Ok(outcome) => Ok(PyOutcome::new(outcome, asked)),
        Err(ended) => Err(environment
            .take_raised()
            .or_else(|| watch.take_raised())
            .unwrap_or_else(|| ended.into_py())),
    }
}

fn inner(feeds: &[Bound<'_, PyFeed>]) -> Vec<Feed> {
    feeds.iter().map(|feed| feed.get().inner.clone()).collect()
}

fn rests_of(rests: Vec<(usize, Py<PyAny>)>) -> Vec<Rest> {
    rests.into_iter().map(|(feed, parts)| Rest { feed, parts }).collect()
}

/// A parameter as an expression knows it.
fn constant((name, value): &(String, Bound<'_, PyAny>)) -> PyResult<(String, Kind, f64)> {
    let kind = if value.is_instance_of::<PyBool>() { Kind::Boolean } else { Kind::Number };
    Ok((name.clone(), kind, value.extract()?))
}

fn model_text(name: &str) -> String {
    format!("model({name:?})")
}

/// Adds this file's functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(run_class, module)?)?;
    module.add_function(wrap_pyfunction!(run_spec, module)?)
}
