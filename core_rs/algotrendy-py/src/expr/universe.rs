//! `UniverseStream`: the bars of one time in, the values at them out.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::expr::{BarValues, Field, UniverseStream, NO_TIME};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::environment::Environment;
use super::stream::bar_of;
use crate::bar::bars::PyBar;
use crate::bar::refusal;

/// A universe in progress; its values have the bits that `FeatureSet.evaluate_universe` gives.
#[pyclass(name = "UniverseStream", module = "algotrendy._core")]
pub struct PyUniverseStream {
    stream: UniverseStream,
    environment: Arc<Environment>,
    places: HashMap<String, usize>,
    count: usize,
    required: Vec<Field>,
}

impl PyUniverseStream {
    /// A stream of these members and so many values each.
    pub fn new(
        stream: UniverseStream,
        environment: Arc<Environment>,
        members: Vec<String>,
        count: usize,
    ) -> Self {
        let places = members.into_iter().enumerate().map(|(place, name)| (name, place)).collect();
        let required = stream.fields();
        Self { stream, environment, places, count, required }
    }
}

#[pymethods]
impl PyUniverseStream {
    /// Adds the bars that members have at a time and returns the values at them: a row a member, in the order given.
    fn push<'py>(
        &mut self,
        py: Python<'py>,
        time_ns: i64,
        bars: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut rows = Vec::with_capacity(bars.len());
        for (name, bar) in bars {
            let name: String = name.extract()?;
            let place = self.places.get(&name).ok_or_else(|| {
                refusal::parameter("bars", name.clone(), "a member of the universe")
            })?;
            rows.push((*place, bar_from(&bar, time_ns, &self.required)?));
        }
        let context = self.environment.context(NO_TIME);
        let stream = &mut self.stream;
        let values = py.detach(|| stream.push(time_ns, &rows, &context).map(<[f64]>::to_vec));
        let values =
            PyArray1::from_vec(py, values.map_err(|refusal| self.environment.to_py(refusal))?);
        let matrix: Bound<'py, PyArray2<f64>> = values.reshape([rows.len(), self.count])?;
        Ok(matrix.into_any())
    }
}

/// A `Bar`, or a mapping of field names to numbers.
fn bar_from(bar: &Bound<'_, PyAny>, time_ns: i64, required: &[Field]) -> PyResult<BarValues> {
    if let Ok(bar) = bar.cast::<PyBar>() {
        return known_at(time_ns, bar.get().values());
    }
    let mut fields = [None; Field::COUNT];
    let mut times = [None, Some(time_ns)];
    for item in bar.cast::<pyo3::types::PyMapping>()?.items()?.iter() {
        let (name, value): (String, Bound<'_, PyAny>) = item.extract()?;
        match (name.as_str(), Field::from_name(&name)) {
            (_, Some(field)) => fields[field.index()] = Some(value.extract()?),
            ("open_time_ns", _) => times[0] = Some(value.extract()?),
            ("close_time_ns", _) => times[1] = Some(value.extract()?),
            _ => return Err(refusal::parameter("bars", name, "names of a bar's fields")),
        }
    }
    known_at(time_ns, bar_of(fields, times[0], times[1], required)?)
}

/// A bar that counts when it closes.
fn known_at(time_ns: i64, bar: BarValues) -> PyResult<BarValues> {
    if bar.close_time_ns == time_ns {
        return Ok(bar);
    }
    let expected = format!("{time_ns}, the time of the push");
    Err(refusal::parameter("close_time_ns", bar.close_time_ns.to_string(), &expected))
}
