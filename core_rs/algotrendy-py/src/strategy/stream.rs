//! `RuleStream`: a rule on one symbol, bar by bar.

use std::collections::HashMap;
use std::sync::Arc;

use algotrendy_core::instrument::Instrument;
use algotrendy_core::strategy::RuleStream;
use pyo3::prelude::*;

use super::intent::{bar_values, intent_dict, model_outputs, view, Intents, PyExits};
use crate::errors::to_py;
use crate::expr::environment::Environment;

/// A rule on one symbol, bar by bar.
#[pyclass(name = "RuleStream", module = "algotrendy._core")]
pub struct PyRuleStream {
    pub stream: RuleStream,
    pub environment: Arc<Environment>,
    pub said: Vec<(String, usize)>,
    pub instrument: Instrument,
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
        let bar = bar_values((open, high, low, close, volume, open_time_ns, close_time_ns))?;
        self.stream.push(&bar).map_err(|refusal| self.environment.to_py(refusal))
    }

    /// What each model said of the last bar, by its name; one that said nothing is missing.
    #[getter]
    fn model_outputs(&self) -> HashMap<String, f64> {
        model_outputs(&self.said, self.stream.values())
    }

    /// What an entry decided at the last bar gets as it fills.
    #[getter]
    fn exits(&self) -> PyExits {
        let exits = self.stream.exits(&self.instrument);
        PyExits { exits, instrument: self.instrument.clone() }
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
        let view = view(position, close, equity, is_working, bars_held)?;
        let decision = self.stream.decide(&view, true, &self.instrument).map_err(to_py)?;
        let dict = |intent| intent_dict(py, &intent, &self.instrument);
        Ok((decision.close.map(dict).transpose()?, decision.open.map(dict).transpose()?))
    }
}
