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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::testing::limits;
    use crate::risk::limits::Severity;

    #[allow(clippy::unnecessary_wraps, reason = "what the fields of a limit set take")]
    fn limit(value: &str) -> Option<Limit> {
        Some(Limit { value: value.parse().unwrap(), severity: Severity::Hard })
    }

    fn wrong_field(change: impl FnOnce(&mut Limits)) -> String {
        let mut changed = limits(1);
        change(&mut changed);
        changed.validate().unwrap_err().field
    }

    #[test]
    fn limits_that_are_right_are_valid() {
        let mut right = limits(1);
        right.global.price_collar_bps = limit("12.50");
        right.account.max_open_orders = limit("10.0");
        right.account.max_order_notional = limit("0");
        right.strategies.entry("momentum".into()).or_default().execution_rate =
            Some(Rate { count: 10_000, window_ns: 1 });
        assert_eq!(right.validate(), Ok(()));
    }

    #[test]
    fn a_wrong_limit_is_named_by_its_path() {
        let wrong = [
            wrong_field(|limits| limits.global.max_order_quantity = limit("-1")),
            wrong_field(|limits| limits.account.max_gross_notional = limit("1000000000000000000")),
            wrong_field(|limits| {
                limits.strategies.entry("momentum".into()).or_default().price_collar_bps =
                    limit("0.001");
            }),
            wrong_field(|limits| {
                limits.instruments.entry("SPY".into()).or_default().max_open_orders = limit("1.5");
            }),
            wrong_field(|limits| {
                limits.sectors.insert("tech".into(), limit("-0.01").unwrap());
            }),
            wrong_field(|limits| {
                limits.locates = Some([("SPY".into(), "-5".parse().unwrap())].into());
            }),
        ];
        let expected = [
            "global.max_order_quantity.value",
            "account.max_gross_notional.value",
            "strategies.momentum.price_collar_bps.value",
            "instruments.SPY.max_open_orders.value",
            "sectors.tech.value",
            "locates.SPY",
        ];
        assert_eq!(wrong, expected);
    }

    #[test]
    fn a_wrong_rate_or_time_is_named_by_its_path() {
        let rate = |count, window_ns| Some(Rate { count, window_ns });
        let wrong = [
            wrong_field(|limits| limits.account.order_rate = rate(0, 1)),
            wrong_field(|limits| limits.account.replace_rate = rate(10_001, 1)),
            wrong_field(|limits| limits.global.execution_rate = rate(1, 0)),
            wrong_field(|limits| {
                limits.instruments.entry("SPY".into()).or_default().execution_rate = rate(1, 1);
            }),
            wrong_field(|limits| limits.max_reference_age_ns = 0),
            wrong_field(|limits| limits.collar_window_ns = -1),
            wrong_field(|limits| limits.approval_ttl_ns = 0),
            wrong_field(|limits| limits.duplicate_window_ns = -1),
            wrong_field(|limits| limits.day_start_ns = DAY_NS),
            wrong_field(|limits| limits.max_clock_skew_ns = Some(-1)),
            wrong_field(|limits| limits.max_mark_move_bps = Some(0)),
        ];
        let expected = [
            "account.order_rate.count",
            "account.replace_rate.count",
            "global.execution_rate.window_ns",
            "instruments.SPY.execution_rate.count",
            "max_reference_age_ns",
            "collar_window_ns",
            "approval_ttl_ns",
            "duplicate_window_ns",
            "day_start_ns",
            "max_clock_skew_ns",
            "max_mark_move_bps",
        ];
        assert_eq!(wrong, expected);
    }

    #[test]
    fn an_error_tells_what_was_expected() {
        let mut wrong = limits(1);
        wrong.account.max_open_orders = limit("1.5");
        let error = wrong.validate().unwrap_err();
        assert_eq!(
            error.to_string(),
            "account.max_open_orders.value must be a whole number, not \"1.5\""
        );
        assert_eq!(error.reason(), "INVALID_ARGUMENT");
    }
}
