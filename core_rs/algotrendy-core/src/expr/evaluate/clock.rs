//! Other series: made from the bars themselves where they are longer, and joined as of each bar, never early.

use super::super::graph::Field;
use super::super::kernel;
use super::error::EvaluateError;
use super::series::Series;
use super::stream::BarValues;
use super::NO_TIME;
use crate::bar::fixed_interval;
use crate::time::{DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS};

/// The epoch's first Monday.
const MONDAY_NS: i64 = 4 * DAY_NS;

/// The steps of an interval such as `"15m"`: its length, and where one of them begins.
fn interval(name: &str) -> Option<(i64, i64)> {
    let unit_place = name.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = name.split_at(unit_place);
    let (unit_ns, offset_ns) = match unit {
        "s" => (SECOND_NS, 0),
        "m" => (MINUTE_NS, 0),
        "h" => (HOUR_NS, 0),
        "d" => (DAY_NS, 0),
        "w" => (7 * DAY_NS, MONDAY_NS),
        _ => return None,
    };
    let length_ns = count.parse::<i64>().ok()?.checked_mul(unit_ns)?;
    (length_ns > 0).then_some((length_ns, offset_ns))
}

/// Makes longer bars out of shorter ones: epoch-aligned intervals in UTC, weeks from Monday.
///
/// A bar belongs to the interval it opens in. The interval's bar is known when a bar closes at its end or later, that one included, or
/// when one opens at its end or later; intervals without bars have none.
#[derive(Clone, Debug)]
pub(super) struct Resampler {
    length_ns: i64,
    offset_ns: i64,
    open: Option<BarValues>,
}

impl Resampler {
    pub(super) fn new(name: &str) -> Result<Self, EvaluateError> {
        let unknown = || EvaluateError::ClockUnknown { name: name.to_owned() };
        let (length_ns, offset_ns) = interval(name).ok_or_else(unknown)?;
        Ok(Self { length_ns, offset_ns, open: None })
    }

    /// Adds a bar and hands over, in order, the longer bars that are known now: two at most.
    pub(super) fn push(
        &mut self,
        bar: &BarValues,
        mut known: impl FnMut(&BarValues) -> Result<(), EvaluateError>,
    ) -> Result<(), EvaluateError> {
        if bar.open_time_ns == NO_TIME {
            return Err(EvaluateError::TimesMissing { column: "open_time", clock: None });
        }
        let (start_ns, end_ns) = self.interval_of(bar.open_time_ns)?;
        if let Some(open) = self.open.take_if(|open| open.open_time_ns < start_ns) {
            known(&open)?;
        }
        let open = match &mut self.open {
            Some(open) => {
                merge(&mut open.values, &bar.values);
                open
            }
            none => none.insert(BarValues {
                open_time_ns: start_ns,
                close_time_ns: end_ns,
                values: bar.values,
            }),
        };
        if bar.close_time_ns >= end_ns {
            open.close_time_ns = bar.close_time_ns;
            let open = *open;
            self.open = None;
            known(&open)?;
        }
        Ok(())
    }

    fn interval_of(&self, time_ns: i64) -> Result<(i64, i64), EvaluateError> {
        let problem = "no interval holds it".to_owned();
        fixed_interval(time_ns, self.length_ns, self.offset_ns)
            .ok_or(EvaluateError::TimeOutOfRange { time_ns, problem })
    }
}

/// Adds a bar's values to those of the longer bar it goes on with. A null leaves prices as they were, and makes a sum null.
fn merge(longer: &mut [f64; Field::COUNT], bar: &[f64; Field::COUNT]) {
    for field in Field::ALL {
        let (total, value) = (&mut longer[field.index()], bar[field.index()]);
        *total = match field {
            Field::Open if total.is_nan() => value,
            Field::Open => *total,
            Field::High => total.max(value),
            Field::Low => total.min(value),
            Field::Close if value.is_nan() => *total,
            Field::Close => value,
            // A sum may leave the range of floats.
            _ => kernel::finite(*total + value),
        };
    }
}

/// Longer bars as columns.
pub(super) struct Made {
    open_times_ns: Vec<i64>,
    close_times_ns: Vec<i64>,
    fields: [Vec<f64>; Field::COUNT],
}

impl Made {
    pub(super) fn series(&self) -> Series<'_> {
        let mut series = Series::default();
        let one_table = "columns that grew together have one length";
        series = series
            .with_open_times(&self.open_times_ns)
            .unwrap_or_else(|_| unreachable!("{one_table}"));
        series = series
            .with_close_times(&self.close_times_ns)
            .unwrap_or_else(|_| unreachable!("{one_table}"));
        for (field, values) in Field::ALL.into_iter().zip(&self.fields) {
            series = series.with(field, values).unwrap_or_else(|_| unreachable!("{one_table}"));
        }
        series
    }

    fn push(&mut self, bar: &BarValues) {
        self.open_times_ns.push(bar.open_time_ns);
        self.close_times_ns.push(bar.close_time_ns);
        for (column, value) in self.fields.iter_mut().zip(bar.values) {
            column.push(value);
        }
    }
}

/// The longer bars of an interval that are known by the end of a series.
pub(super) fn resample(name: &str, series: &Series<'_>) -> Result<Made, EvaluateError> {
    let mut resampler = Resampler::new(name)?;
    series.require_times()?;
    let mut made = Made {
        open_times_ns: Vec::new(),
        close_times_ns: Vec::new(),
        fields: std::array::from_fn(|_| Vec::new()),
    };
    for index in 0..series.len() {
        let bar = series.bar(index);
        bar.check_finite(index)?;
        resampler.push(&bar, |bar| {
            made.push(bar);
            Ok(())
        })?;
    }
    Ok(made)
}

/// The last of `values` known by each of `times_ns`; both are in time order.
pub(super) fn join(known_times_ns: &[i64], values: &[f64], times_ns: &[i64]) -> Vec<f64> {
    let mut next = 0;
    let at = |&time_ns: &i64| {
        debug_assert_ne!(time_ns, NO_TIME, "times were required");
        while known_times_ns.get(next).is_some_and(|known_ns| *known_ns <= time_ns) {
            next += 1;
        }
        next.checked_sub(1).map_or(f64::NAN, |last| values[last])
    };
    times_ns.iter().map(at).collect()
}
