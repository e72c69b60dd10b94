//! `RuleUniverse`: a rule on several symbols, time by time.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::instrument::Instrument;
use algotrendy_core::price::Price;
use algotrendy_core::strategy::RuleUniverse;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::intent::{
    bar_values, decimal, intent_dict, model_outputs, view, BarTuple, Intents, PyExits,
};
use crate::bar::refusal;
use crate::errors::to_py;
use crate::expr::environment::Environment;

/// A rule over several symbols together, time by time.
#[pyclass(name = "RuleUniverse", module = "algotrendy._core")]
pub struct PyRuleUniverse {
    pub universe: RuleUniverse,
    pub environment: Arc<Environment>,
    pub said: Vec<(String, usize)>,
    pub instruments: Vec<Instrument>,
}

#[pymethods]
impl PyRuleUniverse {
    /// Takes the bars that close at one time, each with its symbol's place, and returns whether it needs a decision.
    fn push(&mut self, bars: Vec<(usize, BarTuple)>) -> PyResult<bool> {
        let bars = bars.into_iter().map(|(place, bar)| Ok((place, bar_values(bar)?)));
        let bars = bars.collect::<PyResult<Vec<_>>>()?;
        self.universe.push(&bars).map_err(|refusal| self.environment.to_py(refusal))
    }

    /// Whether it is decided at the last time who is held.
    #[getter]
    fn is_due(&self) -> bool {
        self.universe.is_due()
    }

    /// What each model said of a symbol's last bar, by its name; one that said nothing is missing.
    fn model_outputs(&self, place: usize) -> HashMap<String, f64> {
        model_outputs(&self.said, self.universe.values(place))
    }

    /// What an entry decided at a symbol's last bar gets as it fills.
    fn exits(&self, place: usize) -> PyResult<PyExits> {
        let instrument = self.instrument(place)?;
        let exits = self.universe.exits(place, instrument);
        Ok(PyExits { exits, instrument: instrument.clone() })
    }

    /// What to do about a symbol by a rule without rank, as of `RuleStream`.
    #[pyo3(signature = (place, *, position, close, equity, is_working, bars_held))]
    #[allow(clippy::too_many_arguments)] // What is known of the account.
    fn decide<'py>(
        &self,
        py: Python<'py>,
        place: usize,
        position: i64,
        close: i64,
        equity: Option<&str>,
        is_working: bool,
        bars_held: u32,
    ) -> PyResult<Intents<'py>> {
        let instrument = self.instrument(place)?;
        let view = view(position, close, equity, is_working, bars_held)?;
        let decision = self.universe.decide(place, &view, true, instrument).map_err(to_py)?;
        let dict = |intent| intent_dict(py, &intent, instrument);
        Ok((decision.close.map(dict).transpose()?, decision.open.map(dict).transpose()?))
    }

    /// Who is to be held by a rule with a rank: places, the highest first.
    fn held(&self) -> Vec<usize> {
        self.universe.held(|_| true)
    }

    /// What is to be held of one of `count`: an intent as a dict, or None.
    #[pyo3(signature = (place, *, count, close, equity))]
    fn target<'py>(
        &self,
        py: Python<'py>,
        place: usize,
        count: usize,
        close: i64,
        equity: Option<&str>,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let instrument = self.instrument(place)?;
        let equity = decimal(equity)?;
        let target = self.universe.target(place, count, equity, Price(close), instrument);
        target.map_err(to_py)?.map(|intent| intent_dict(py, &intent, instrument)).transpose()
    }
}

impl PyRuleUniverse {
    fn instrument(&self, place: usize) -> PyResult<&Instrument> {
        let expected = format!("below {}", self.instruments.len());
        let unknown = || refusal::parameter("place", place.to_string(), &expected);
        self.instruments.get(place).ok_or_else(unknown)
    }
}
