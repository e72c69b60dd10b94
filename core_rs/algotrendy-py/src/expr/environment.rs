//! What expressions find around them: a calendar, and models.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use algotrendy_core::bar::{SessionTable, Zone};
use algotrendy_core::expr::{
    Calendar, Context, EvaluateError, Graph, ModelError, Models, NoModels, Predictor, NO_TIME,
};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;

use super::spare;
use crate::bar::refusal;
use crate::convert::from_python;
use crate::errors::to_py;

/// A model as Python gives it: `features` (pairs of name and expression), `usable_after_ns`, `predict(rows)`.
struct PyModel {
    features: Vec<String>,
    usable_after_ns: i64,
    model: Py<PyAny>,
}

/// A calendar and models, by their names.
#[derive(Default)]
pub struct Environment {
    calendar: Calendar,
    models: HashMap<String, PyModel>,
    /// The models that a graph uses, in its order.
    used: Vec<String>,
    /// What a model raised, so that it arrives as it was.
    raised: Mutex<Option<PyErr>>,
}

impl Environment {
    /// Reads the arguments `models`, `zone` and `sessions`.
    pub fn new(
        models: Option<HashMap<String, Bound<'_, PyAny>>>,
        zone: Option<&str>,
        sessions: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let zone = zone.map(|name| Zone::new(name, 0)).transpose().map_err(to_py)?;
        let sessions = sessions.map(session_table).transpose()?;
        let mut by_name = HashMap::new();
        for (name, model) in models.unwrap_or_default() {
            let features: Vec<(String, String)> = model.getattr("features")?.extract()?;
            if features.is_empty() {
                let field = format!("models[{name:?}].features");
                return Err(refusal::parameter(&field, "empty", "at least one feature"));
            }
            let features = features.into_iter().map(|(_, expression)| expression).collect();
            let usable_after_ns = model.getattr("usable_after_ns")?.extract()?;
            by_name.insert(name, PyModel { features, usable_after_ns, model: model.unbind() });
        }
        Ok(Self { calendar: Calendar { zone, sessions }, models: by_name, ..Self::default() })
    }

    /// Learns which models a graph uses.
    pub fn serve(&mut self, graph: &Graph) {
        self.used = graph.models().iter().map(|uses| uses.name.clone()).collect();
    }

    /// As the core reads it; models are asked about bars that close at a time or later.
    pub fn context(&self, models_from_ns: i64) -> Context<'_> {
        Context { models_from_ns, room: spare::take, ..Context::new(&self.calendar, self) }
    }

    /// What calendar functions read.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// What a model raised last, if one has.
    pub fn take_raised(&self) -> Option<PyErr> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The exception for a refusal: what a model raised, if that is why.
    pub fn to_py(&self, refusal: EvaluateError) -> PyErr {
        if !matches!(refusal, EvaluateError::ModelFailed { .. }) {
            return to_py(refusal);
        }
        self.take_raised().unwrap_or_else(|| to_py(refusal))
    }

    /// Whether there is nothing in it: expressions mean the same anywhere.
    pub fn is_empty(&self) -> bool {
        let Calendar { zone, sessions } = &self.calendar;
        self.models.is_empty() && zone.is_none() && sessions.is_none()
    }

    fn model(&self, place: usize) -> Option<&PyModel> {
        self.models.get(self.used.get(place)?)
    }
}

impl Models for Environment {
    fn features(&self, name: &str) -> Result<Vec<String>, ModelError> {
        if self.models.is_empty() {
            return NoModels.features(name);
        }
        let known = || {
            let mut known: Vec<String> = self.models.keys().cloned().collect();
            known.sort_unstable();
            known
        };
        let model = self.models.get(name).ok_or_else(|| ModelError::Unknown { known: known() })?;
        Ok(model.features.clone())
    }
}

impl Predictor for Environment {
    fn usable_after_ns(&self, model: usize) -> i64 {
        self.model(model).map_or(NO_TIME, |model| model.usable_after_ns)
    }

    fn predict(&self, model: usize, features: &[&[f64]], out: &mut [f64]) -> Result<(), String> {
        let name = self.used.get(model).ok_or("it was not given")?;
        let model = self.models.get(name).ok_or("it was not given")?;
        Python::attach(|py| predict(py, name, model, features, out)).map_err(|error| {
            let problem = error.to_string();
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            problem
        })
    }
}

/// Sessions as `algotrendy.bars` takes them: a table of open and close times.
fn session_table(sessions: &Bound<'_, PyAny>) -> PyResult<SessionTable> {
    let reader = sessions.py().import("algotrendy.bar.sessions")?;
    from_python("sessions", &reader.call_method1("session_spec", (sessions,))?)
}

fn predict(
    py: Python<'_>,
    name: &str,
    model: &PyModel,
    features: &[&[f64]],
    out: &mut [f64],
) -> PyResult<()> {
    let columns: Vec<Vec<f64>> = features.iter().map(|column| column.to_vec()).collect();
    // Rows are what models read.
    let rows = PyArray2::from_vec2(py, &columns)?.call_method0("transpose")?;
    let outputs = model.model.call_method1(py, "predict", (rows,))?;
    let numpy = py.import("numpy")?;
    let floats = numpy.call_method1("ascontiguousarray", (outputs, "float64"))?;
    let outputs: Result<Bound<'_, PyArray1<f64>>, _> = floats.extract();
    let outputs =
        outputs.ok().filter(|outputs| outputs.len().is_ok_and(|count| count == out.len()));
    let Some(outputs) = outputs else {
        let found = format!("an array of shape {}", floats.getattr("shape")?);
        let expected = format!("one value for each of {} rows", out.len());
        let field = format!("what model {name:?} predicts");
        return Err(refusal::parameter(&field, found, &expected));
    };
    let outputs = outputs.readonly();
    let outputs = outputs.as_slice()?;
    out.copy_from_slice(outputs);
    Ok(())
}
