//! A class's features, compiled: over the bars of a feed at once, or bar by bar where more bars will come.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::backtest::{BarColumns, Feed};
use algotrendy_core::expr::{
    BarValues, Compiler, EvaluateError, Field, Kind, Names, Others, Plan, Series, Stream, NO_TIME,
};
use pyo3::prelude::*;

use super::features::FeedFeatures;
use crate::bar::numbers::power_of_ten;
use crate::expr::environment::Environment;
use crate::expr::set::NamedError;
use crate::errors::to_py;

/// The features of a class.
pub struct FeatureProgram {
    pub names: Vec<String>,
    plan: Arc<Plan>,
    environment: Environment,
    fields: Vec<Field>,
    models_from_ns: i64,
    /// One a feed, where bars come in parts.
    streams: Option<HashMap<usize, Stream>>,
}

impl FeatureProgram {
    /// Compiles features, in which parameters are constants and features have names.
    pub fn new(
        features: Vec<(String, String)>,
        parameters: Vec<(String, Kind, f64)>,
        mut environment: Environment,
        is_streamed: bool,
        models_from_ns: Option<i64>,
    ) -> PyResult<Self> {
        let mut names = Names::default();
        for (name, kind, value) in &parameters {
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
            let named = |error| to_py(NamedError { name: name.clone(), error });
            compiler.output(text).map_err(named)?;
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
            streams: is_streamed.then(HashMap::new),
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

    /// The values at the bars at hand; the first of them has the place `first`, and those before `from` are known already.
    pub fn evaluate(
        &mut self,
        place: usize,
        feed: &Feed,
        (bars, first): (&BarColumns, usize),
        (from, known): (usize, &mut FeedFeatures),
    ) -> PyResult<()> {
        let columns = self.columns(feed, bars);
        let values = if self.streams.is_some() {
            self.stream(place, bars, (first, from), &columns, known)
        } else {
            self.whole(bars, &columns)
        };
        *known = FeedFeatures {
            first,
            columns: values.map_err(|refusal| self.environment.to_py(refusal))?,
        };
        Ok(())
    }

    /// The fields that are read, as floats.
    #[allow(clippy::cast_precision_loss)] // As the columns of `Bars`.
    fn columns(&self, feed: &Feed, bars: &BarColumns) -> Vec<(Field, Vec<f64>)> {
        let price_factor = power_of_ten(feed.instrument.price_scale());
        let quantity_factor = power_of_ten(feed.instrument.quantity_scale());
        let floats = |units: &[i64], factor: f64| -> Vec<f64> {
            units.iter().map(|units| *units as f64 / factor).collect()
        };
        let column = |field: &Field| {
            let values = match field.name() {
                "open" => floats(bars.open(), price_factor),
                "high" => floats(bars.high(), price_factor),
                "low" => floats(bars.low(), price_factor),
                "close" => floats(bars.close(), price_factor),
                "volume" => floats(bars.volume(), quantity_factor),
                // What bars of a backtest do not have is null.
                _ => vec![f64::NAN; bars.len()],
            };
            (*field, values)
        };
        self.fields.iter().map(column).collect()
    }

    fn whole(
        &self,
        bars: &BarColumns,
        columns: &[(Field, Vec<f64>)],
    ) -> Result<Vec<Vec<f64>>, EvaluateError> {
        let mut series = Series::with_length(bars.len())
            .with_open_times(bars.open_time_ns())?
            .with_close_times(bars.close_time_ns())?;
        for (field, values) in columns {
            series = series.with(*field, values)?;
        }
        let context = self.environment.context(self.models_from_ns);
        self.plan.evaluate(&series, &Others::new(), &context)
    }

    /// Values that are known stay, those of the bars from `from` on are added.
    fn stream(
        &mut self,
        place: usize,
        bars: &BarColumns,
        (first, from): (usize, usize),
        columns: &[(Field, Vec<f64>)],
        known: &mut FeedFeatures,
    ) -> Result<Vec<Vec<f64>>, EvaluateError> {
        let gone = first.saturating_sub(known.first);
        let mut values = std::mem::take(&mut known.columns);
        values.resize_with(self.names.len(), Vec::new);
        for column in &mut values {
            column.drain(..gone.min(column.len()));
        }
        let streams = self.streams.get_or_insert_default();
        let stream = match streams.entry(place) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(Stream::new(Arc::clone(&self.plan), &[])?)
            }
        };
        let context = self.environment.context(self.models_from_ns);
        for row in from - first..bars.len() {
            let mut bar = BarValues {
                open_time_ns: bars.open_time_ns()[row],
                close_time_ns: bars.close_time_ns()[row],
                values: [f64::NAN; Field::COUNT],
            };
            for (field, column) in columns {
                bar.values[field.index()] = column[row];
            }
            for (column, value) in values.iter_mut().zip(stream.push(&bar, &context)?) {
                column.push(*value);
            }
        }
        Ok(values)
    }
}
