//! `StrategyRule`: a spec compiled.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::expr::{Calendar, Field, Models, NO_TIME};
use algotrendy_core::strategy::{
    Environment as Surroundings, Hold, Rule, RuleStream, RuleUniverse, Size, Spec,
};
use pyo3::prelude::*;

use super::stream::PyRuleStream;
use super::universe::PyRuleUniverse;
use crate::errors::to_py;
use crate::expr::environment::Environment;
use crate::instrument::PyInstrument;

/// A spec whose expressions are compiled with the models they ask.
#[pyclass(name = "StrategyRule", module = "algotrendy._core", frozen)]
pub struct PyStrategyRule {
    rule: Arc<Rule>,
    environment: Arc<Environment>,
    /// What models say of each bar: the model and the output of the rule's plan.
    said: Vec<(String, usize)>,
    /// Each expression by the field that it stands in, its text, and the fields of bars that it reads.
    expressions: Vec<(String, String, Vec<&'static str>)>,
}

#[pymethods]
impl PyStrategyRule {
    #[new]
    #[pyo3(signature = (spec_json, *, models = None))]
    fn new(spec_json: &str, models: Option<HashMap<String, Bound<'_, PyAny>>>) -> PyResult<Self> {
        let spec = Spec::from_json(spec_json).map_err(to_py)?;
        let mut environment = Environment::new(models, None, None)?;
        let rule = Rule::compile(&spec, &environment).map_err(to_py)?;
        environment.serve(rule.plan().graph());
        let (rule, outputs) = rule.with_model_outputs();
        let models = rule.plan().graph().models();
        let said = outputs.into_iter().map(|(model, output)| (models[model].name.clone(), output));
        let said = said.collect();
        let expressions = spec.expressions().into_iter();
        let expressions = expressions.map(|(field, text)| {
            let fields = fields_of(&spec, text, &environment);
            (field, text.to_owned(), fields)
        });
        let expressions = expressions.collect();
        Ok(Self { rule: Arc::new(rule), environment: Arc::new(environment), said, expressions })
    }

    /// Its canonical JSON.
    #[getter]
    fn spec_json(&self) -> String {
        self.rule.spec().to_json()
    }

    #[getter]
    fn expressions(&self) -> Vec<(String, String, Vec<&'static str>)> {
        self.expressions.clone()
    }

    #[getter]
    fn warm_up(&self) -> usize {
        self.rule.warm_up()
    }

    #[getter]
    fn is_ranking(&self) -> bool {
        self.rule.is_ranking()
    }

    /// Whether all symbols must be looked at together.
    #[getter]
    fn needs_universe(&self) -> bool {
        self.rule.needs_universe()
    }

    /// The models that are asked, and whether in sample.
    #[getter]
    fn models(&self) -> Vec<(String, bool)> {
        let models = self.rule.plan().graph().models().iter();
        models.map(|uses| (uses.name.clone(), uses.is_in_sample)).collect()
    }

    /// An evaluation of one symbol that has seen no bar. Models are asked about bars that close at a time or later.
    #[pyo3(signature = (instrument, *, models_from_ns = None))]
    fn stream(
        &self,
        instrument: &PyInstrument,
        models_from_ns: Option<i64>,
    ) -> PyResult<PyRuleStream> {
        let surroundings = self.surroundings(models_from_ns);
        let stream = RuleStream::new(Arc::clone(&self.rule), &[], surroundings).map_err(to_py)?;
        Ok(PyRuleStream {
            stream,
            environment: Arc::clone(&self.environment),
            said: self.said.clone(),
            instrument: instrument.inner.clone(),
        })
    }

    /// An evaluation of several symbols together that has seen no bar; they go by their places.
    #[pyo3(signature = (instruments, *, models_from_ns = None))]
    fn universe(
        &self,
        instruments: Vec<Py<PyInstrument>>,
        models_from_ns: Option<i64>,
    ) -> PyResult<PyRuleUniverse> {
        let instruments = instruments.into_iter().map(|instrument| instrument.get().inner.clone());
        let (instruments, surroundings) =
            (instruments.collect::<Vec<_>>(), self.surroundings(models_from_ns));
        let universe = RuleUniverse::new(Arc::clone(&self.rule), instruments.len(), surroundings);
        Ok(PyRuleUniverse {
            universe: universe.map_err(to_py)?,
            environment: Arc::clone(&self.environment),
            said: self.said.clone(),
            instruments,
        })
    }
}

impl PyStrategyRule {
    fn surroundings(&self, models_from_ns: Option<i64>) -> Surroundings {
        Surroundings {
            calendar: Calendar::default(),
            models: Arc::<Environment>::clone(&self.environment),
            models_from_ns: models_from_ns.unwrap_or(NO_TIME),
        }
    }
}

/// The fields of bars that an expression of a spec reads. It compiles alone as it did among the others: as a condition, or as a number.
fn fields_of(spec: &Spec, text: &str, models: &dyn Models) -> Vec<&'static str> {
    let names = Spec {
        parameters: spec.parameters.clone(),
        features: spec.features.clone(),
        size: Size::Equal,
        ..Spec::default()
    };
    let condition = Spec { entry: Some(text.to_owned()), ..names.clone() };
    let number = Spec { rank: Some(text.to_owned()), hold: Some(Hold::Count(1)), ..names };
    let alone = Rule::compile(&condition, models).or_else(|_| Rule::compile(&number, models));
    alone.map_or_else(|_| Vec::new(), |rule| rule.fields().into_iter().map(Field::name).collect())
}
