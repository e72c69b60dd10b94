//! Time is `i64` nanoseconds since the Unix epoch, UTC; names end in `_ns`. Nothing here reads a clock.

/// Nanoseconds in a microsecond.
pub const MICROSECOND_NS: i64 = 1_000;
/// Nanoseconds in a millisecond.
pub const MILLISECOND_NS: i64 = 1_000 * MICROSECOND_NS;
/// Nanoseconds in a second.
pub const SECOND_NS: i64 = 1_000 * MILLISECOND_NS;
/// Nanoseconds in a minute.
pub const MINUTE_NS: i64 = 60 * SECOND_NS;
/// Nanoseconds in an hour.
pub const HOUR_NS: i64 = 60 * MINUTE_NS;
/// Nanoseconds in a day of 24 hours.
pub const DAY_NS: i64 = 24 * HOUR_NS;

/// The start of the epoch-aligned interval that holds `time_ns`; `None` if it lies before the first representable nanosecond.
///
/// # Panics
/// If `interval_ns` is not positive.
#[must_use]
pub const fn interval_start_ns(time_ns: i64, interval_ns: i64) -> Option<i64> {
    assert!(interval_ns > 0, "an interval is positive");
    // `rem_euclid`, because `%` would move times before 1970 into the interval after theirs.
    time_ns.checked_sub(time_ns.rem_euclid(interval_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_belongs_to_the_interval_that_starts_at_or_before_it() {
        assert_eq!(interval_start_ns(MINUTE_NS, MINUTE_NS), Some(MINUTE_NS));
        assert_eq!(interval_start_ns(MINUTE_NS - 1, MINUTE_NS), Some(0));
        assert_eq!(interval_start_ns(-1, MINUTE_NS), Some(-MINUTE_NS));
    }

    #[test]
    fn an_interval_that_starts_before_the_first_nanosecond_has_no_start() {
        assert_eq!(interval_start_ns(i64::MIN, DAY_NS), None);
    }
}
