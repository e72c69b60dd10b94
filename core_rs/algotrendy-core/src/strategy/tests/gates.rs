use crate::strategy::{Gate, Schedule};
use crate::time::{DAY_NS, HOUR_NS, MINUTE_NS};

fn schedule(text: &str) -> Schedule {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The bars of an interval from a time on that decide.
fn deciding(text: &str, from_ns: i64, interval_ns: i64, count: i64) -> Vec<i64> {
    let mut gate = Gate::new(&schedule(text));
    let opens = |bar: &i64| {
        let open_ns = from_ns + bar * interval_ns;
        gate.push(open_ns, open_ns + interval_ns)
    };
    (0..count).filter(opens).collect()
}

/// Midnight UTC of a date.
fn midnight(year: i16, month: i8, day: i8) -> i64 {
    let date = jiff::civil::date(year, month, day).at(0, 0, 0, 0);
    jiff::tz::TimeZone::UTC.to_timestamp(date).unwrap().as_second() * 1_000_000_000
}

#[test]
fn every_bar_decides_unless_it_is_said_otherwise() {
    assert!(Gate::new(&schedule("{}")).is_open());
    assert_eq!(deciding("{}", 0, MINUTE_NS, 3), [0, 1, 2]);
    assert_eq!(deciding(r#"{"every": {"bars": 3}}"#, 0, MINUTE_NS, 8), [0, 3, 6]);
}

#[test]
fn the_first_daily_bar_of_a_period_decides() {
    let from = midnight(2024, 1, 30);
    assert_eq!(deciding(r#"{"every": "month"}"#, from, DAY_NS, 35), [0, 2, 31]);
    // 2024-01-30 was a Tuesday.
    assert_eq!(deciding(r#"{"every": "week"}"#, from, DAY_NS, 15), [0, 6, 13]);
    assert_eq!(deciding(r#"{"every": "quarter"}"#, from, DAY_NS, 90), [0, 62]);
    assert_eq!(deciding(r#"{"every": "day"}"#, from, DAY_NS / 2, 5), [0, 2, 4]);
}

#[test]
fn a_period_without_bars_is_passed_over() {
    let mut gate = Gate::new(&schedule(r#"{"every": "month"}"#));
    let days =
        [midnight(2023, 12, 31), midnight(2024, 1, 2), midnight(2024, 1, 31), midnight(2024, 3, 4)];
    let found = days.map(|open_ns| gate.push(open_ns, open_ns + DAY_NS));
    assert_eq!(found, [true, true, false, true]);
}

#[test]
fn days_and_hours_are_the_zones() {
    // Hourly bars over a day: midnight in New York is 05:00 UTC in winter, 04:00 in summer.
    let zone = r#""zone": "America/New_York""#;
    let daily = format!(r#"{{"every": "day", {zone}}}"#);
    assert_eq!(deciding(&daily, midnight(2024, 1, 15), HOUR_NS, 30), [0, 5, 29]);
    assert_eq!(deciding(&daily, midnight(2024, 7, 15), HOUR_NS, 30), [0, 4, 28]);
    // On 2024-03-10 clocks go forward: a day of 23 hours.
    assert_eq!(deciding(&daily, midnight(2024, 3, 10), HOUR_NS, 48), [0, 5, 28]);
    // A month begins when it does there.
    let monthly = format!(r#"{{"every": "month", {zone}}}"#);
    assert_eq!(deciding(&monthly, midnight(2024, 2, 1), HOUR_NS, 8), [0, 5]);
    let tokyo = r#"{"every": "day", "zone": "Asia/Tokyo"}"#;
    assert_eq!(deciding(tokyo, midnight(2024, 1, 15), HOUR_NS, 30), [0, 15]);
}

#[test]
fn hours_are_those_of_the_close_and_both_ends_belong_to_them() {
    let hours = r#"{"from": "09:35", "until": "09:45", "zone": "America/New_York"}"#;
    // Bars of five minutes from 09:20 in New York on.
    let winter = midnight(2024, 1, 16) + 14 * HOUR_NS + 20 * MINUTE_NS;
    assert_eq!(deciding(hours, winter, 5 * MINUTE_NS, 10), [2, 3, 4]);
    let summer = winter + 182 * DAY_NS - HOUR_NS;
    assert_eq!(deciding(hours, summer, 5 * MINUTE_NS, 10), [2, 3, 4]);
    let from = r#"{"from": "23:00"}"#;
    assert_eq!(deciding(from, 0, HOUR_NS, 48), [22, 46]);
    let until = r#"{"until": "01:00"}"#;
    assert_eq!(deciding(until, 0, HOUR_NS, 26), [0, 23, 24]);
}

#[test]
fn hours_may_go_over_midnight() {
    let night = r#"{"from": "23:00", "until": "01:00"}"#;
    assert_eq!(deciding(night, 0, HOUR_NS, 30), [0, 22, 23, 24]);
}

#[test]
fn the_first_bar_of_a_period_within_its_hours_decides() {
    let text = r#"{"every": "week", "from": "10:00", "until": "11:00"}"#;
    // From a Wednesday on.
    let from = midnight(2024, 1, 17);
    assert_eq!(deciding(text, from, HOUR_NS, 24 * 8), [9, 24 * 5 + 9]);
}
