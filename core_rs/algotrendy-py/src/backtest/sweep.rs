//! `run_sweep`: a spec with a grid of parameters, the GIL released but for the rows that come out.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

use algotrendy_core::backtest::{Grid, Summary, Sweep, SweepRow, SweepTerms};
use algotrendy_core::error::Refusal;
use algotrendy_core::expr::{Models, Predictor, NO_TIME};
use algotrendy_core::strategy::{self, ParameterValue, Rule, Spec};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat};

use super::feed::PyFeed;
use super::refusal::Panicked;
use super::terms;
use crate::bar::refusal::parameter;
use crate::errors::to_py;
use crate::expr::environment::Environment;

type Axis<'py> = (String, Vec<Bound<'py, PyAny>>);

/// Runs the combinations of a grid, or those at some places of it, and calls `on_row(place, row)` for each in order; returns whether all
/// were run.
#[pyfunction]
#[pyo3(signature = (
    feeds, terms, spec, grid, on_row, *, threads, places = None, models = None, zone = None
))]
#[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // What a sweep is made of.
fn run_sweep(
    py: Python<'_>,
    feeds: Vec<Bound<'_, PyFeed>>,
    terms: &Bound<'_, PyAny>,
    spec: &str,
    grid: Vec<Axis<'_>>,
    on_row: Py<PyAny>,
    threads: usize,
    places: Option<Vec<usize>>,
    models: Option<HashMap<String, Bound<'_, PyAny>>>,
    zone: Option<&str>,
) -> PyResult<bool> {
    let terms = terms::read(terms)?;
    let spec = Spec::from_json(spec).map_err(to_py)?;
    let grid = grid_of(&grid)?;
    let mut environment = Environment::new(models, zone, None)?;
    // All combinations ask the same models, in the same order.
    let rule = Rule::compile(&spec, &environment).map_err(to_py)?;
    environment.serve(rule.plan().graph());
    let environment = Arc::new(environment);
    let surroundings = strategy::Environment {
        calendar: environment.calendar().clone(),
        models: Arc::clone(&environment) as Arc<dyn Predictor + Send + Sync>,
        models_from_ns: terms::models_from_ns(&terms).unwrap_or(NO_TIME),
    };
    let feeds: Vec<_> = feeds.iter().map(|feed| feed.get().inner.clone()).collect();
    let how = SweepTerms { threads, places, ..SweepTerms::default() };
    let mut raised = None;
    let result = py.detach(|| {
        let sweep = Sweep {
            spec: &spec,
            grid: &grid,
            feeds: &feeds,
            terms: &terms,
            environment: &surroundings,
            models: &*environment as &(dyn Models + Sync),
        };
        // Nothing of the sweep is seen again if it unwinds.
        catch_unwind(AssertUnwindSafe(|| {
            sweep.run(&how, &mut |row| {
                let told = Python::attach(|py| {
                    py.check_signals()?;
                    on_row.call1(py, (row.place, row_of(py, &row)?))?;
                    Ok(())
                });
                told.map_or_else(
                    |error: PyErr| {
                        raised = Some(error);
                        ControlFlow::Break(())
                    },
                    ControlFlow::Continue,
                )
            })
        }))
    });
    match (raised, result) {
        (Some(error), _) => Err(error),
        (None, Ok(whole)) => whole.map_err(to_py),
        (None, Err(_)) => Err(to_py(Panicked)),
    }
}

fn grid_of(axes: &[Axis<'_>]) -> PyResult<Grid> {
    let read = |(name, values): &Axis<'_>| {
        let values: PyResult<Vec<_>> =
            values.iter().map(|value| parameter_of(name, value)).collect();
        Ok((name.clone(), values?))
    };
    Ok(Grid::new(axes.iter().map(read).collect::<PyResult<_>>()?))
}

fn parameter_of(name: &str, value: &Bound<'_, PyAny>) -> PyResult<ParameterValue> {
    if value.is_instance_of::<PyBool>() {
        return Ok(ParameterValue::Boolean(value.extract()?));
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(ParameterValue::Number(value.extract()?));
    }
    value.extract().map(ParameterValue::Integer).map_err(|_| {
        let shown = value.repr().map_or_else(|_| "no number".to_owned(), |repr| repr.to_string());
        parameter(&format!("grid.{name}"), shown, "numbers or truth values")
    })
}

fn row_of<'py>(py: Python<'py>, row: &SweepRow) -> PyResult<Bound<'py, PyDict>> {
    match &row.summary {
        Ok(summary) => to_dict(py, summary),
        Err(error) => {
            let refused = PyDict::new(py);
            refused.set_item("error", format!("{}: {error}", error.reason()))?;
            Ok(refused)
        }
    }
}

/// What a run amounts to, by name; amounts in minor units of the account's currency.
pub fn to_dict<'py>(py: Python<'py>, summary: &Summary) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    let (performance, trades) = (&summary.performance, &summary.trades);
    row.set_item("total_return", performance.total_return)?;
    row.set_item("cagr", performance.cagr)?;
    row.set_item("sharpe_ratio", performance.sharpe_ratio)?;
    row.set_item("volatility", performance.volatility)?;
    row.set_item("max_drawdown", performance.max_drawdown)?;
    row.set_item("time_in_market", summary.time_in_market)?;
    row.set_item("trade_count", trades.trade_count)?;
    row.set_item("open_trade_count", trades.open_trade_count)?;
    row.set_item("win_rate", trades.win_rate)?;
    row.set_item("profit_factor", trades.profit_factor)?;
    row.set_item("average_trade", trades.average_trade)?;
    row.set_item("final_equity", summary.final_equity)?;
    row.set_item("fees", summary.fees)?;
    row.set_item("slippage", summary.slippage)?;
    row.set_item("order_count", summary.order_count)?;
    row.set_item("fill_count", summary.fill_count)?;
    row.set_item("rejection_count", summary.rejection_count)?;
    Ok(row)
}

/// Adds this file's functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(run_sweep, module)?)
}
