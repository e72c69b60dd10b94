//! Models inside expressions: who evaluates them, and what they must not be asked.

use super::super::graph::ModelUse;
use super::error::EvaluateError;
use super::series::Context;
use super::NO_TIME;

/// Evaluates models, by their place in [`Graph::models`](super::super::Graph::models).
pub trait Predictor: Sync {
    /// The last time of the model's training data and their labels: bars that close by then are in its sample.
    fn usable_after_ns(&self, model: usize) -> i64;

    /// Writes the model's output for each bar. `features` are its inputs, column by column; no value is null.
    ///
    /// # Errors
    /// What went wrong, in words.
    fn predict(&self, model: usize, features: &[&[f64]], out: &mut [f64]) -> Result<(), String>;
}

/// Has no models: for graphs that use none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPredictor;

impl Predictor for NoPredictor {
    fn usable_after_ns(&self, _model: usize) -> i64 {
        i64::MAX
    }

    fn predict(&self, _model: usize, _: &[&[f64]], _: &mut [f64]) -> Result<(), String> {
        Err("no models were given".to_owned())
    }
}

/// Asks a model about the bars at which all its features have values, from the time on that the context says; the others have no
/// output.
pub(super) fn run(
    context: &Context<'_>,
    uses: &ModelUse,
    model: usize,
    features: &[&[f64]],
    close_times_ns: &[i64],
    out: &mut [f64],
) -> Result<(), EvaluateError> {
    let time_of = |row: usize| close_times_ns.get(row).copied().unwrap_or(NO_TIME);
    let is_known = |row: usize| {
        time_of(row) >= context.models_from_ns
            && features.iter().all(|column| !column[row].is_nan())
    };
    let rows: Vec<usize> = (0..out.len()).filter(|row| is_known(*row)).collect();
    out.fill(f64::NAN);
    if rows.is_empty() {
        return Ok(());
    }
    if !uses.is_in_sample {
        let usable_after_ns = context.models.usable_after_ns(model);
        if let Some(&row) = rows.iter().find(|row| time_of(**row) <= usable_after_ns) {
            let (name, time_ns) = (uses.name.clone(), time_of(row));
            return Err(EvaluateError::ModelInSample { name, time_ns, usable_after_ns });
        }
    }
    let known: Vec<Vec<f64>> =
        features.iter().map(|column| rows.iter().map(|row| column[*row]).collect()).collect();
    let columns: Vec<&[f64]> = known.iter().map(Vec::as_slice).collect();
    let mut outputs = vec![f64::NAN; rows.len()];
    context
        .models
        .predict(model, &columns, &mut outputs)
        .map_err(|problem| EvaluateError::ModelFailed { name: uses.name.clone(), problem })?;
    for (row, output) in rows.into_iter().zip(outputs) {
        out[row] = if output.is_finite() { output } else { f64::NAN };
    }
    Ok(())
}
