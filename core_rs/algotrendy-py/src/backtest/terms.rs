//! A run's terms, from a dict.

use algotrendy_core::backtest::{CurveDetail, Finish, RunTerms};
use algotrendy_core::decimal::Decimal;
use algotrendy_core::instrument::Currency;
use algotrendy_core::risk::limits::Limits;
use algotrendy_core::venue::VenueConfig;
use pyo3::prelude::*;
use serde::Deserialize;

use crate::bar::refusal::parameter;
use crate::convert::from_python;
use crate::errors::to_py;

/// The terms as Python gives them. What is left out has the core's default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    currency: String,
    /// Minor units.
    cash: i64,
    account_id: Option<String>,
    strategy_id: Option<String>,
    start_ns: Option<i64>,
    end_ns: Option<i64>,
    #[serde(default)]
    venue: VenueConfig,
    limits: Option<Box<Limits>>,
    finish: Option<String>,
    #[serde(default)]
    rates: Vec<(String, String)>,
    max_orders: Option<u64>,
    kept_rows: Option<usize>,
}

/// The terms of a dict.
pub fn read(terms: &Bound<'_, PyAny>) -> PyResult<RunTerms> {
    let given: Given = from_python("terms", terms)?;
    let currency: Currency = given.currency.parse().map_err(to_py)?;
    let default = RunTerms::new(currency, given.cash);
    let rate = |(currency, rate): (String, String)| -> PyResult<(Currency, Decimal)> {
        Ok((currency.parse().map_err(to_py)?, rate.parse().map_err(to_py)?))
    };
    Ok(RunTerms {
        account_id: given.account_id.unwrap_or(default.account_id),
        start_ns: given.start_ns,
        end_ns: given.end_ns,
        venue: given.venue,
        limits: given.limits,
        strategy_id: given.strategy_id.as_deref().map(Into::into),
        finish: finish(given.finish.as_deref())?,
        rates: given.rates.into_iter().map(rate).collect::<PyResult<_>>()?,
        max_orders: given.max_orders.unwrap_or(default.max_orders),
        kept_rows: given.kept_rows.unwrap_or(default.kept_rows),
        curve: CurveDetail::Full,
        ..default
    })
}

/// From which close on models are asked: a bar that closes as the run starts opened before it, and is none of its bars.
pub fn models_from_ns(terms: &RunTerms) -> Option<i64> {
    terms.start_ns.map(|start_ns| start_ns.saturating_add(1))
}

fn finish(name: Option<&str>) -> PyResult<Finish> {
    match name {
        None | Some("hold") => Ok(Finish::Hold),
        Some("last_open") => Ok(Finish::LastOpen),
        Some("last_close") => Ok(Finish::LastClose),
        Some(other) => {
            Err(parameter("finish", format!("{other:?}"), "hold, last_open or last_close"))
        }
    }
}
