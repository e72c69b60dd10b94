//! `FeatureSet`: named expressions to be computed together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use algotrendy_core::error::Refusal;
use algotrendy_core::expr::{
    reserved, Compiler, EvaluateError, ExpressionError, Kind, Names, Others, Plan, Stream,
    Universe, UniverseStream, BASE_CLOCK, NO_TIME,
};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyMapping};

use super::columns::BarTable;
use super::environment::Environment;
use super::features::{kind_name, PyFeatures};
use super::stream::PyFeatureStream;
use super::universe::PyUniverseStream;
use crate::bar::refusal;
use crate::bar::stream::PyTickTable;
use crate::bar::table::Table;
use crate::errors::to_py;

/// Named expressions to be computed together: equal parts of them once.
#[pyclass(name = "FeatureSet", module = "algotrendy._core", frozen)]
pub struct PyFeatureSet {
    names: Vec<String>,
    texts: Vec<String>,
    kinds: Vec<Kind>,
    plan: Arc<Plan>,
    environment: Arc<Environment>,
}

impl PyFeatureSet {
    fn models_of(&self, is_in_sample: bool) -> Vec<String> {
        let models = self.plan.graph().models().iter();
        let models = models.filter(|uses| uses.is_in_sample == is_in_sample);
        models.map(|uses| uses.name.clone()).collect()
    }

    /// The other series that the expressions read; one that none reads is not read here either.
    fn read_others<'a>(
        &self,
        py: Python<'a>,
        tables: &'a HashMap<String, Table>,
    ) -> PyResult<Vec<(String, BarTable<'a>)>> {
        let clocks = self.plan.graph().clocks().iter().enumerate();
        let given = clocks.filter_map(|(place, name)| Some((place, name, tables.get(name)?)));
        let read = given.map(|(place, name, table)| {
            Ok((name.clone(), BarTable::read(py, table, &self.plan.fields(place + 1))?))
        });
        read.collect()
    }

    fn features(&self, columns: Vec<Vec<f64>>, length: usize) -> PyFeatures {
        PyFeatures::new(self.names.clone(), self.kinds.clone(), columns, length)
    }
}

/// One of several texts that is no expression, by its name.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {error}")]
pub struct NamedError {
    pub name: String,
    pub error: ExpressionError,
}

impl Refusal for NamedError {
    fn reason(&self) -> &'static str {
        self.error.reason()
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        let mut metadata = self.error.metadata();
        metadata.push(("feature", self.name.clone()));
        metadata
    }
}

/// What expressions may name: constants, and each other. A name that has a meaning in every expression keeps it.
fn known_names(
    names: &[String],
    texts: &[String],
    constants: &HashMap<String, Bound<'_, PyAny>>,
) -> PyResult<Names> {
    let mut known = Names::default();
    for (name, text) in names.iter().zip(texts) {
        if reserved(name).is_none() && !constants.contains_key(name) {
            known.expression(name, text);
        }
    }
    for (name, value) in constants {
        if reserved(name).is_none() {
            let is_truth = value.is_instance_of::<PyBool>();
            let kind = if is_truth { Kind::Boolean } else { Kind::Number };
            known.constant(name, kind, value.extract()?);
        }
    }
    Ok(known)
}

#[pymethods]
impl PyFeatureSet {
    #[new]
    #[pyo3(signature = (expressions, *, models = None, zone = None, sessions = None, constants = None))]
    fn new(
        expressions: &Bound<'_, PyAny>,
        models: Option<HashMap<String, Bound<'_, PyAny>>>,
        zone: Option<&str>,
        sessions: Option<&Bound<'_, PyAny>>,
        constants: Option<HashMap<String, Bound<'_, PyAny>>>,
    ) -> PyResult<Self> {
        let pairs = match expressions.cast::<PyMapping>() {
            Ok(mapping) => mapping.items()?.into_any(),
            Err(_) => expressions.clone(),
        };
        let pairs: Vec<(String, String)> = pairs.extract()?;
        let (names, texts): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
        if let Some(name) = first_repeated(&names) {
            let expected = "names that are unique";
            return Err(refusal::parameter("expressions", format!("{name} twice"), expected));
        }
        if names.is_empty() {
            return Err(refusal::parameter("expressions", "empty", "at least one expression"));
        }
        let mut environment = Environment::new(models, zone, sessions)?;
        let mut compiler = Compiler::new(&environment);
        if let Some(constants) = constants {
            compiler.set_names(known_names(&names, &texts, &constants)?);
        }
        for (name, text) in names.iter().zip(&texts) {
            let refuse = |error| to_py(NamedError { name: name.clone(), error });
            compiler.output(text).map_err(refuse)?;
        }
        let graph = compiler.finish();
        environment.serve(&graph);
        let kinds = graph.output_kinds().to_vec();
        let plan = Arc::new(Plan::new(graph));
        Ok(Self { names, texts, kinds, plan, environment: Arc::new(environment) })
    }

    #[getter]
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// Pairs of name and text.
    #[getter]
    fn expressions(&self) -> Vec<(String, String)> {
        self.names.iter().cloned().zip(self.texts.iter().cloned()).collect()
    }

    #[getter]
    fn kinds(&self) -> Vec<&'static str> {
        self.kinds.iter().map(|kind| kind_name(*kind)).collect()
    }

    /// How many bars come before the first bar at which all have values, whatever the data.
    #[getter]
    fn warm_up(&self) -> usize {
        let graph = self.plan.graph();
        graph.outputs().iter().map(|output| graph.warm_up(*output)).max().unwrap_or(0)
    }

    /// The same for the other series that they read, in their own bars.
    #[getter]
    fn warm_ups_of_others(&self) -> HashMap<String, usize> {
        let graph = self.plan.graph();
        let warm_up = |clock: usize| {
            graph.outputs().iter().map(|output| graph.warm_up_of_clock(*output, clock)).max()
        };
        let clocks = graph.clocks().iter().enumerate();
        clocks.map(|(place, name)| (name.clone(), warm_up(place + 1).unwrap_or(0))).collect()
    }

    /// The fields they read, those of series that are made from the bars among them.
    #[getter]
    fn fields(&self) -> Vec<&'static str> {
        self.plan
            .base_fields(|_| false)
            .into_iter()
            .map(algotrendy_core::expr::Field::name)
            .collect()
    }

    /// Whether they compare the members of a universe.
    #[getter]
    fn needs_universe(&self) -> bool {
        self.plan.needs_universe()
    }

    /// The models that may be asked about bars they were trained on: those with `in_sample=True`.
    #[getter]
    fn in_sample_models(&self) -> Vec<String> {
        self.models_of(true)
    }

    /// The models that may not.
    #[getter]
    fn out_of_sample_models(&self) -> Vec<String> {
        self.models_of(false)
    }

    /// The models that are asked about the bars themselves, not about longer ones or another series', and whether each is in sample.
    #[getter]
    fn models(&self) -> Vec<(String, bool)> {
        let models = self.plan.models(BASE_CLOCK);
        models.map(|uses| (uses.name.clone(), uses.is_in_sample)).collect()
    }

    /// Their values at every bar of one series.
    #[pyo3(signature = (bars, *, others = None, columns = None, models_from_ns = NO_TIME))]
    fn evaluate(
        &self,
        py: Python<'_>,
        bars: &Bound<'_, PyAny>,
        others: Option<HashMap<String, Bound<'_, PyAny>>>,
        columns: Option<HashMap<String, String>>,
        models_from_ns: i64,
    ) -> PyResult<PyFeatures> {
        let others = other_tables(others)?;
        let fields = self.plan.base_fields(|name| others.contains_key(name));
        let given;
        let table = if let Some(table) = read_already(bars) {
            table
        } else {
            given = Table::read(bars, &columns.unwrap_or_default(), None)?;
            &given
        };
        let bars = BarTable::read(py, table, &fields)?;
        let series = bars.series()?;
        let given = self.read_others(py, &others)?;
        let others = series_of(&given)?;
        let context = self.environment.context(models_from_ns);
        let columns = py.detach(|| self.plan.evaluate(&series, &others, &context));
        let columns = columns.map_err(|refusal| self.environment.to_py(refusal))?;
        Ok(self.features(columns, series.len()))
    }

    /// Their values at every bar of a universe, whose members the column `by` tells apart.
    #[pyo3(signature = (bars, *, by, threads, others = None, columns = None))]
    #[allow(clippy::too_many_arguments)] // What Python may pass.
    fn evaluate_universe(
        &self,
        py: Python<'_>,
        bars: &Bound<'_, PyAny>,
        by: String,
        threads: usize,
        others: Option<HashMap<String, Bound<'_, PyAny>>>,
        columns: Option<HashMap<String, String>>,
    ) -> PyResult<PyFeatures> {
        let others = other_tables(others)?;
        let fields = self.plan.base_fields(|name| others.contains_key(name));
        let given;
        let table = if let Some(table) = read_already(bars) {
            table
        } else {
            let mut columns = columns.unwrap_or_default();
            columns.insert("symbol".to_owned(), by);
            given = Table::read(bars, &columns, None)?;
            &given
        };
        let bars = BarTable::read(py, table, &fields)?;
        let length = bars.series()?.len();
        let members = Members::read(py, table, length)?;
        let reordered = members.order.as_ref().map(|order| bars.reordered(order));
        let sorted = reordered.as_ref().unwrap_or(&bars);
        let series = sorted.series()?;
        let times_ns = sorted.known_times_ns().ok_or_else(|| {
            table.refuse("the members of a universe are compared at one time, and there is no close_time or time")
        })?;
        let given = self.read_others(py, &others)?;
        let others = series_of(&given)?;
        let context = self.environment.context(NO_TIME);
        let columns = py.detach(|| {
            let universe = Universe::new(series, &members.bounds, times_ns)?;
            let columns = self.plan.evaluate_universe(&universe, &others, &context, threads)?;
            Ok(members.in_given_order(columns))
        });
        let columns =
            columns.map_err(|refusal| self.environment.to_py(members.at_given_row(refusal)))?;
        Ok(self.features(columns, length))
    }

    /// An evaluation bar by bar that has seen none. `others` names the other series whose bars will be pushed.
    #[pyo3(signature = (*, others = Vec::new()))]
    #[allow(clippy::needless_pass_by_value)] // What Python passes.
    fn stream(&self, py: Python<'_>, others: Vec<String>) -> PyResult<PyFeatureStream> {
        let stream = Stream::new(Arc::clone(&self.plan), &others).map_err(to_py)?;
        Ok(PyFeatureStream::new(py, stream, Arc::clone(&self.environment), self.names.len()))
    }

    /// An evaluation of a universe time by time that has seen no bar.
    fn universe_stream(&self, members: Vec<String>) -> PyResult<PyUniverseStream> {
        if let Some(name) = first_repeated(&members) {
            let expected = "names that are unique";
            return Err(refusal::parameter("members", format!("{name} twice"), expected));
        }
        let stream = UniverseStream::new(Arc::clone(&self.plan), members.len()).map_err(to_py)?;
        Ok(PyUniverseStream::new(stream, Arc::clone(&self.environment), members, self.names.len()))
    }

    fn __repr__(&self) -> String {
        format!("FeatureSet({})", self.names.join(", "))
    }
}

fn first_repeated(names: &[String]) -> Option<&String> {
    let mut seen = HashSet::new();
    names.iter().find(|name| !seen.insert(*name))
}

fn other_tables(
    others: Option<HashMap<String, Bound<'_, PyAny>>>,
) -> PyResult<HashMap<String, Table>> {
    let others = others.unwrap_or_default().into_iter();
    others.map(|(name, other)| Ok((name, Table::read(&other, &HashMap::new(), None)?))).collect()
}

fn series_of<'a>(tables: &'a [(String, BarTable<'_>)]) -> PyResult<Others<'a>> {
    tables.iter().map(|(name, table)| Ok((name.clone(), table.series()?))).collect()
}

/// A table that was read before: a stream of batches can be read once.
fn read_already<'a>(bars: &'a Bound<'_, PyAny>) -> Option<&'a Table> {
    bars.cast::<PyTickTable>().ok().map(|table| table.get().table())
}

/// Whose bars the rows of a table are.
struct Members {
    /// The rows, one member after the other; none if they lie so.
    order: Option<Vec<usize>>,
    bounds: Vec<usize>,
}

impl Members {
    fn read(py: Python<'_>, table: &Table, row_count: usize) -> PyResult<Self> {
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut codes: Vec<usize> = Vec::new();
        let mut last = String::new();
        for index in 0..table.batch_count() {
            table.batch(py, index).each_name("symbol", |name| {
                // Mostly the row before was the same one's.
                let code = match codes.last() {
                    Some(code) if name == last => *code,
                    _ => {
                        let next = known.len();
                        name.clone_into(&mut last);
                        *known.entry(name.to_owned()).or_insert(next)
                    }
                };
                codes.push(code);
            })?;
        }
        if codes.len() != row_count {
            let (column, length, expected) = ("symbol", codes.len(), row_count);
            return Err(to_py(EvaluateError::LengthsDiffer { column, length, expected }));
        }
        let mut bounds = vec![0; known.len() + 1];
        for code in &codes {
            bounds[code + 1] += 1;
        }
        for member in 0..known.len() {
            bounds[member + 1] += bounds[member];
        }
        if codes.windows(2).all(|pair| pair[0] <= pair[1]) {
            return Ok(Self { order: None, bounds });
        }
        let mut next = bounds.clone();
        let mut order = vec![0; codes.len()];
        for (row, code) in codes.iter().enumerate() {
            order[next[*code]] = row;
            next[*code] += 1;
        }
        Ok(Self { order: Some(order), bounds })
    }

    /// A refusal of a row, by its place in the table.
    fn at_given_row(&self, mut refusal: EvaluateError) -> EvaluateError {
        if let (
            Some(order),
            EvaluateError::TimesUnordered { index, .. }
            | EvaluateError::MemberRepeated { index, .. }
            | EvaluateError::ValueInvalid { index, .. },
        ) = (&self.order, &mut refusal)
        {
            *index = order[*index];
        }
        refusal
    }

    fn in_given_order(&self, columns: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        let Some(order) = &self.order else { return columns };
        let given = |column: Vec<f64>| {
            let mut values = vec![f64::NAN; column.len()];
            for (row, value) in order.iter().zip(column) {
                values[*row] = value;
            }
            values
        };
        columns.into_iter().map(given).collect()
    }
}
