//! `StrategyRule` and `RuleStream`: a spec compiled, and followed bar by bar.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::decimal::Decimal;
use algotrendy_core::expr::{Calendar, Field, Models, NO_TIME};
use algotrendy_core::instrument::Instrument;
use algotrendy_core::order::terms::{Side, Trail};
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::strategy::{
    Amount, Environment as Surroundings, Exits, Hold, Intent, Rule, RuleStream, Size, SizeAt, Spec,
    View,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::to_py;
use crate::expr::environment::Environment;
use crate::expr::stream::bar_of;
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
        // Live, the price of the next open is not known before it is made.
        let spec = Spec { size_at: SizeAt::Close, ..spec };
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
        let surroundings = Surroundings {
            calendar: Calendar::default(),
            models: Arc::<Environment>::clone(&self.environment),
            models_from_ns: models_from_ns.unwrap_or(NO_TIME),
        };
        let stream = RuleStream::new(Arc::clone(&self.rule), &[], surroundings).map_err(to_py)?;
        Ok(PyRuleStream {
            stream,
            environment: Arc::clone(&self.environment),
            said: self.said.clone(),
            instrument: instrument.inner.clone(),
        })
    }
}

/// What is closed and what is opened, each an intent as a dict.
type Intents<'py> = (Option<Bound<'py, PyDict>>, Option<Bound<'py, PyDict>>);

/// A rule on one symbol, bar by bar.
#[pyclass(name = "RuleStream", module = "algotrendy._core")]
pub struct PyRuleStream {
    stream: RuleStream,
    environment: Arc<Environment>,
    said: Vec<(String, usize)>,
    instrument: Instrument,
}

#[pymethods]
impl PyRuleStream {
    /// Takes the next bar and returns whether it needs a decision.
    #[pyo3(signature = (*, open, high, low, close, volume, open_time_ns, close_time_ns))]
    #[allow(clippy::too_many_arguments)] // A bar's fields.
    fn push(
        &mut self,
        open: f64,
        high: f64,
        low: f64,
        close: f64,
        volume: f64,
        open_time_ns: i64,
        close_time_ns: i64,
    ) -> PyResult<bool> {
        let mut fields = [None; Field::COUNT];
        for (place, value) in [open, high, low, close, volume].into_iter().enumerate() {
            fields[place] = Some(value);
        }
        let bar = bar_of(fields, Some(open_time_ns), Some(close_time_ns), &[])?;
        self.stream.push(&bar).map_err(|refusal| self.environment.to_py(refusal))
    }

    /// What each model said of the last bar, by its name; one that said nothing is missing.
    #[getter]
    fn model_outputs(&self) -> HashMap<String, f64> {
        let values = self.stream.values();
        let said = self.said.iter().filter_map(|(name, output)| {
            values.get(*output).filter(|value| !value.is_nan()).map(|value| (name.clone(), *value))
        });
        said.collect()
    }

    /// What to do at the close of the last bar: `close`, then `open`, each an intent as a dict, or None.
    #[pyo3(signature = (*, position, close, equity, is_working, bars_held))]
    fn decide<'py>(
        &self,
        py: Python<'py>,
        position: i64,
        close: i64,
        equity: Option<&str>,
        is_working: bool,
        bars_held: u32,
    ) -> PyResult<Intents<'py>> {
        let view = View {
            position: Quantity(position),
            price: Price(close),
            equity: equity.map(str::parse::<Decimal>).transpose().map_err(to_py)?,
            is_working,
            bars_held,
        };
        let decision = self.stream.decide(&view, true, &self.instrument).map_err(to_py)?;
        let dict = |intent: Option<Intent>| intent.map(|intent| self.intent(py, &intent));
        Ok((dict(decision.close).transpose()?, dict(decision.open).transpose()?))
    }
}

impl PyRuleStream {
    fn intent<'py>(&self, py: Python<'py>, intent: &Intent) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        // A rule as it is lived sizes nothing at an open that is not known.
        let quantity = match intent.amount {
            Amount::Units(quantity) => quantity.0,
            Amount::ShareAtOpen(_) | Amount::MoneyAtOpen(_) => 0,
        };
        dict.set_item("side", side_name(intent.side))?;
        dict.set_item("quantity", quantity)?;
        dict.set_item("cause", intent.cause.name())?;
        let exits = PyExits { exits: intent.exits, instrument: self.instrument.clone() };
        dict.set_item("exits", Bound::new(py, exits)?)?;
        Ok(dict)
    }
}

/// What protects a position that an intent opens.
#[pyclass(name = "RuleExits", module = "algotrendy._core", frozen)]
pub struct PyExits {
    exits: Exits,
    instrument: Instrument,
}

#[pymethods]
impl PyExits {
    fn __bool__(&self) -> bool {
        !self.exits.is_empty()
    }

    /// The orders that protect what `side` entered at an average price, in units of the instrument: dicts of order terms.
    fn orders<'py>(
        &self,
        py: Python<'py>,
        side: &str,
        price: i64,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let side = crate::trading::terms::side(side)?;
        let orders = self.exits.orders(side, Price(price), &self.instrument).map_err(to_py)?;
        let orders = orders.into_iter().map(|order| {
            let dict = PyDict::new(py);
            dict.set_item("side", side_name(order.side))?;
            dict.set_item("order_type", order.order_type.name())?;
            dict.set_item("limit_price", order.limit_price.map(|price| price.0))?;
            dict.set_item("stop_price", order.stop_price.map(|price| price.0))?;
            let (offset, bps) = match order.trail {
                None => (None, None),
                Some(Trail::Offset(price)) => (Some(price.0), None),
                Some(Trail::Bps(bps)) => (None, Some(bps)),
            };
            dict.set_item("trail_offset", offset)?;
            dict.set_item("trail_bps", bps)?;
            Ok(dict)
        });
        orders.collect()
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

const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

/// Adds this file's classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyStrategyRule>()?;
    module.add_class::<PyRuleStream>()?;
    module.add_class::<PyExits>()
}
