//! What limits must be to be set: a document with one wrong number is refused as a whole.

use super::limits::{Limit, LimitSet, Limits, Rate};
use super::measure::{Measure, Unit};
use crate::decimal::Decimal;
use crate::error::Refusal;
use crate::time::DAY_NS;

/// The most events that a rate may count: each has its place in memory.
pub const MAX_RATE_COUNT: u32 = 10_000;

/// The largest value of a limit: 10^18, which every scale can hold.
pub const MAX_LIMIT: i128 = 1_000_000_000_000_000_000;

/// A field of the limits is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {expected}, not {value:?}")]
pub struct LimitsError {
    /// The path of the field, as in `strategies.momentum.order_rate.count`.
    pub field: String,
    /// What it was.
    pub value: String,
    /// What it must be.
    pub expected: &'static str,
}

impl Refusal for LimitsError {
    fn reason(&self) -> &'static str {
        "INVALID_ARGUMENT"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("field", self.field.clone()),
            ("value", self.value.clone()),
            ("expected", self.expected.to_owned()),
        ]
    }
}

impl Limits {
    /// Checks every number.
    ///
    /// # Errors
    /// [`LimitsError`] naming the path of the first field that is wrong.
    pub fn validate(&self) -> Result<(), LimitsError> {
        self.validate_times()?;
        set("global", &self.global)?;
        set("account", &self.account)?;
        for (strategy, limits) in &self.strategies {
            set(&format!("strategies.{strategy}"), limits)?;
        }
        for (symbol, limits) in &self.instruments {
            let path = format!("instruments.{symbol}");
            set(&path, limits)?;
            if let Some(rate) = limits.execution_rate {
                let expected = "unset: fills are counted by strategy";
                return Err(wrong(&path, "execution_rate.count", &rate.count, expected));
            }
        }
        for (sector, limit) in &self.sectors {
            value(&format!("sectors.{sector}"), *limit, Unit::Amount)?;
        }
        for (symbol, located) in self.locates.iter().flatten() {
            number("locates", symbol.as_str(), *located, Unit::Quantity)?;
        }
        Ok(())
    }

    fn validate_times(&self) -> Result<(), LimitsError> {
        let positive = [
            ("max_reference_age_ns", self.max_reference_age_ns),
            ("collar_window_ns", self.collar_window_ns),
            ("approval_ttl_ns", self.approval_ttl_ns),
        ];
        for (field, time_ns) in positive {
            ensure(time_ns > 0, "", field, &time_ns, "positive")?;
        }
        let window_ns = self.duplicate_window_ns;
        ensure(window_ns >= 0, "", "duplicate_window_ns", &window_ns, "zero or above")?;
        let within_a_day = (0..DAY_NS).contains(&self.day_start_ns);
        ensure(within_a_day, "", "day_start_ns", &self.day_start_ns, "within a day")?;
        if let Some(skew_ns) = self.max_clock_skew_ns {
            ensure(skew_ns >= 0, "", "max_clock_skew_ns", &skew_ns, "zero or above")?;
        }
        if let Some(move_bps) = self.max_mark_move_bps {
            ensure(move_bps > 0, "", "max_mark_move_bps", &move_bps, "positive")?;
        }
        Ok(())
    }
}

fn set(path: &str, limits: &LimitSet) -> Result<(), LimitsError> {
    for measure in Measure::ALL {
        if let Some(limit) = measure.of(limits) {
            value(&format!("{path}.{}", measure.field()), limit, measure.unit())?;
        }
    }
    let rates = [
        ("order_rate", limits.order_rate),
        ("replace_rate", limits.replace_rate),
        ("execution_rate", limits.execution_rate),
    ];
    for (field, set_rate) in rates {
        if let Some(of) = set_rate {
            rate(&format!("{path}.{field}"), of)?;
        }
    }
    Ok(())
}

fn rate(path: &str, rate: Rate) -> Result<(), LimitsError> {
    let is_counted = (1..=MAX_RATE_COUNT).contains(&rate.count);
    ensure(is_counted, path, "count", &rate.count, "between 1 and 10000")?;
    ensure(rate.window_ns > 0, path, "window_ns", &rate.window_ns, "positive")
}

fn value(path: &str, limit: Limit, unit: Unit) -> Result<(), LimitsError> {
    number(path, "value", limit.value, unit)
}

fn number(path: &str, field: &str, value: Decimal, unit: Unit) -> Result<(), LimitsError> {
    let is_in_range = value.floor_units(0).is_ok_and(|whole| (0..MAX_LIMIT).contains(&whole));
    ensure(is_in_range, path, field, &value, "zero or above, below 10^18")?;
    let (is_whole, expected) = match unit {
        Unit::Bps | Unit::Ratio => (is_exact_at(value, 2), "a number of at most 2 decimal places"),
        Unit::Count => (is_exact_at(value, 0), "a whole number"),
        _ => (true, ""),
    };
    ensure(is_whole, path, field, &value, expected)
}

/// Whether nothing of `value` lies beyond `scale` digits after the point.
fn is_exact_at(value: Decimal, scale: u8) -> bool {
    let finest = value.scale().max(scale);
    let floored = value.floor_units(scale).map(|units| Decimal::new(units, scale));
    floored.and_then(|floored| floored.floor_units(finest)) == value.floor_units(finest)
}

fn ensure(
    is_right: bool,
    path: &str,
    field: &str,
    value: &impl ToString,
    expected: &'static str,
) -> Result<(), LimitsError> {
    if is_right {
        return Ok(());
    }
    Err(wrong(path, field, value, expected))
}

fn wrong(path: &str, field: &str, value: &impl ToString, expected: &'static str) -> LimitsError {
    let point = if path.is_empty() { "" } else { "." };
    LimitsError { field: format!("{path}{point}{field}"), value: value.to_string(), expected }
}
