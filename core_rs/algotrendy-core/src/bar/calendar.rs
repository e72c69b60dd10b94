//! Where intervals lie: on the epoch's grid, on a time zone's days, weeks and months, or in sessions.
//!
//! Zone rules are compiled in; exchanges' hours come in as tables of sessions.

use std::sync::{Arc, OnceLock};

use jiff::civil::{date, Date, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::element::BarFlags;
use super::error::BarError;
use super::spec::Closed;
use crate::time::{interval_start_ns, DAY_NS, SECOND_NS};

/// Intervals of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Grid {
    /// Steps of one length from an offset to the Unix epoch.
    Fixed {
        /// The step; positive.
        interval_ns: i64,
        /// Where the step after the epoch's start begins.
        offset_ns: i64,
    },
    /// Steps of one length from the start of each local day; the day's last one ends with the day.
    InDays {
        /// The step; positive, at most a day.
        interval_ns: i64,
        /// Whose days.
        zone: Zone,
    },
    /// Whole local days, counted from 1970-01-01.
    Days {
        /// How many; positive.
        count: i32,
        /// Whose days.
        zone: Zone,
    },
    /// Whole local weeks from Monday to Sunday, counted from 1970-01-05.
    Weeks {
        /// How many; positive.
        count: i32,
        /// Whose weeks.
        zone: Zone,
    },
    /// Whole local months, counted from January 1970.
    Months {
        /// How many; positive.
        count: i32,
        /// Whose months.
        zone: Zone,
    },
    /// Steps of one length from each session's open; its last one ends with the session.
    InSessions {
        /// The step; positive. None: the session itself.
        interval_ns: Option<i64>,
        /// Which sessions.
        sessions: SessionTable,
    },
}

/// An interval `[start, end)` of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub(super) start_ns: i64,
    pub(super) end_ns: i64,
    /// Whether a session's end made it shorter.
    pub(super) is_cut: bool,
}

impl Interval {
    /// What its bar is flagged with.
    pub(super) const fn flags(self) -> BarFlags {
        if self.is_cut {
            return BarFlags::SESSION_BREAK;
        }
        BarFlags::NONE
    }
}

impl Grid {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`BarError::Parameter`].
    pub fn check(&self) -> Result<(), BarError> {
        let positive = |value: i64| {
            if value > 0 {
                return Ok(());
            }
            Err(BarError::parameter("interval", &value, "a positive duration"))
        };
        match self {
            Self::Fixed { interval_ns, .. }
            | Self::InSessions { interval_ns: Some(interval_ns), .. } => positive(*interval_ns),
            Self::InDays { interval_ns, .. } => {
                positive(*interval_ns)?;
                if *interval_ns <= DAY_NS {
                    return Ok(());
                }
                Err(BarError::parameter("interval", &interval_ns, "at most a day"))
            }
            Self::Days { count, .. } | Self::Weeks { count, .. } | Self::Months { count, .. } => {
                positive(i64::from(*count))
            }
            Self::InSessions { interval_ns: None, .. } => Ok(()),
        }
    }

    /// The interval that holds a time.
    ///
    /// # Errors
    /// [`BarError::TimeOutOfRange`]; [`BarError::SessionsMissing`].
    pub fn interval(&self, time_ns: i64) -> Result<Interval, BarError> {
        let out_of_range = BarError::TimeOutOfRange { time_ns };
        let whole = |bounds: Option<(i64, i64)>| {
            let (start_ns, end_ns) = bounds.ok_or(out_of_range.clone())?;
            Ok(Interval { start_ns, end_ns, is_cut: false })
        };
        match self {
            Self::Fixed { interval_ns, offset_ns } => {
                whole(fixed_interval(time_ns, *interval_ns, *offset_ns))
            }
            Self::InDays { interval_ns, zone } => {
                let (day_start_ns, day_end_ns) =
                    zone.days(time_ns, 1, 0).ok_or(out_of_range.clone())?;
                let bounds = fixed_interval(time_ns - day_start_ns, *interval_ns, 0);
                whole(bounds.map(|(start_ns, end_ns)| {
                    (day_start_ns + start_ns, day_start_ns.saturating_add(end_ns).min(day_end_ns))
                }))
            }
            Self::Days { count, zone } => whole(zone.days(time_ns, *count, 0)),
            // The first Monday after the epoch is its fifth day.
            Self::Weeks { count, zone } => {
                whole(count.checked_mul(7).and_then(|days| zone.days(time_ns, days, 4)))
            }
            Self::Months { count, zone } => whole(zone.months(time_ns, *count)),
            Self::InSessions { interval_ns, sessions } => {
                in_segment(sessions.segment(time_ns)?, *interval_ns, time_ns).ok_or(out_of_range)
            }
        }
    }

    /// The longest that an interval can be; none where that depends on sessions.
    #[must_use]
    pub fn longest_ns(&self) -> Option<i64> {
        let days =
            |count: i32, most: i64| i64::from(count).saturating_mul(most).saturating_mul(DAY_NS);
        match self {
            Self::Fixed { interval_ns, .. } | Self::InDays { interval_ns, .. } => {
                Some(*interval_ns)
            }
            // Clocks are put back, and months are long.
            Self::Days { count, .. } => Some(days(*count, 2)),
            Self::Weeks { count, .. } => Some(days(*count, 8)),
            Self::Months { count, .. } => Some(days(*count, 32)),
            Self::InSessions { .. } => None,
        }
    }

    /// The interval after one that ended at `end_ns`. Breaks between sessions are no intervals.
    ///
    /// # Errors
    /// As [`Self::interval`].
    pub fn next(&self, end_ns: i64) -> Result<Interval, BarError> {
        if let Self::InSessions { sessions, .. } = self {
            let segment = sessions.segment(end_ns)?;
            return self.interval(if segment.is_session { end_ns } else { segment.end_ns });
        }
        self.interval(end_ns)
    }
}

/// The step of a grid that holds a time.
pub(crate) fn fixed_interval(time_ns: i64, interval_ns: i64, offset_ns: i64) -> Option<(i64, i64)> {
    let start_ns = interval_start_ns(time_ns.checked_sub(offset_ns)?, interval_ns)?;
    let start_ns = start_ns.checked_add(offset_ns)?;
    Some((start_ns, start_ns.checked_add(interval_ns)?))
}

pub(super) fn in_segment(
    segment: Segment,
    interval_ns: Option<i64>,
    time_ns: i64,
) -> Option<Interval> {
    let Segment { start_ns, end_ns, .. } = segment;
    let Some(interval_ns) = interval_ns.filter(|_| segment.is_session) else {
        return Some(Interval { start_ns, end_ns, is_cut: false });
    };
    let step = interval_start_ns(time_ns.checked_sub(start_ns)?, interval_ns)?;
    let start_ns = start_ns.checked_add(step)?;
    let whole_end_ns = start_ns.saturating_add(interval_ns);
    Some(Interval { start_ns, end_ns: whole_end_ns.min(end_ns), is_cut: whole_end_ns > end_ns })
}

/// A time zone by its IANA name, and when its days start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ZoneTerms", into = "ZoneTerms")]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
    day_start: Time,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneTerms {
    name: String,
    /// Minutes after midnight.
    #[serde(default)]
    day_start_minutes: i32,
}

impl Zone {
    /// The zone of a name, where days start so many minutes after midnight, local time.
    ///
    /// # Errors
    /// [`BarError::Parameter`] if there is none, or a day does not have these minutes.
    pub fn new(name: &str, day_start_minutes: i32) -> Result<Self, BarError> {
        static ZONES: OnceLock<TimeZoneDatabase> = OnceLock::new();
        let zones = ZONES.get_or_init(TimeZoneDatabase::bundled);
        let rules = zones.get(name).map_err(|_| {
            BarError::parameter("zone", &name, "an IANA name such as America/New_York")
        })?;
        let parts = [day_start_minutes.div_euclid(60), day_start_minutes.rem_euclid(60)];
        let day_start = match parts.map(i8::try_from) {
            [Ok(hour), Ok(minute)] => Time::new(hour, minute, 0, 0).ok(),
            _ => None,
        };
        let expected = "from 00:00 to 23:59";
        let day_start = day_start
            .ok_or_else(|| BarError::parameter("day_start", &day_start_minutes, expected))?;
        Ok(Self { name: name.into(), rules, day_start })
    }

    /// The `count` local days that hold a time, where day `first` since the epoch begins a group.
    fn days(&self, time_ns: i64, count: i32, first: i64) -> Option<(i64, i64)> {
        let day = day_number(self.date(time_ns)?)?;
        let start = day - (day - first).rem_euclid(i64::from(count));
        Some((self.start_ns(date_of(start)?)?, self.start_ns(date_of(start + i64::from(count))?)?))
    }

    fn months(&self, time_ns: i64, count: i32) -> Option<(i64, i64)> {
        let day = self.date(time_ns)?;
        let month = (i32::from(day.year()) - 1970) * 12 + i32::from(day.month()) - 1;
        let start = month - month.rem_euclid(count);
        let first_day = |month: i32| {
            let year = i16::try_from(1970 + month.div_euclid(12)).ok()?;
            Date::new(year, i8::try_from(month.rem_euclid(12) + 1).ok()?, 1).ok()
        };
        Some((
            self.start_ns(first_day(start)?)?,
            self.start_ns(first_day(start.checked_add(count)?)?)?,
        ))
    }

    /// The local day that holds a time. Where clocks go back across a day's start, its date alone does not tell.
    fn date(&self, time_ns: i64) -> Option<Date> {
        let timestamp = Timestamp::from_nanosecond(i128::from(time_ns)).ok()?;
        let mut day = self.rules.to_datetime(timestamp).date();
        while time_ns < self.start_ns(day)? {
            day = day.yesterday().ok()?;
        }
        while self.start_ns(day.tomorrow().ok()?)? <= time_ns {
            day = day.tomorrow().ok()?;
        }
        Some(day)
    }

    /// How far local time is ahead of UTC.
    pub(crate) fn offset_ns(&self, time_ns: i64) -> Option<i64> {
        let timestamp = Timestamp::from_nanosecond(i128::from(time_ns)).ok()?;
        Some(i64::from(self.rules.to_offset(timestamp).seconds()) * SECOND_NS)
    }

    /// When a local day begins: where clocks skip that time, after the gap; where they repeat it, the first time.
    fn start_ns(&self, day: Date) -> Option<i64> {
        let timestamp = self.rules.to_timestamp(day.to_datetime(self.day_start)).ok()?;
        i64::try_from(timestamp.as_nanosecond()).ok()
    }
}

fn day_number(day: Date) -> Option<i64> {
    let midnight = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
    Some(midnight.as_second() / (DAY_NS / SECOND_NS))
}

/// The date of a day since the epoch.
pub(crate) fn date_of(day_number: i64) -> Option<Date> {
    let timestamp = Timestamp::from_second(day_number * (DAY_NS / SECOND_NS)).ok()?;
    let day = TimeZone::UTC.to_datetime(timestamp).date();
    (day >= date(1600, 1, 1)).then_some(day)
}

impl TryFrom<ZoneTerms> for Zone {
    type Error = BarError;

    fn try_from(terms: ZoneTerms) -> Result<Self, Self::Error> {
        Self::new(&terms.name, terms.day_start_minutes)
    }
}

impl From<Zone> for ZoneTerms {
    fn from(zone: Zone) -> Self {
        let Zone { name, day_start, .. } = zone;
        let minutes = i32::from(day_start.hour()) * 60 + i32::from(day_start.minute());
        Self { name: name.to_string(), day_start_minutes: minutes }
    }
}

/// A session, or the break between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// When it starts.
    pub(super) start_ns: i64,
    /// When it ends.
    pub(super) end_ns: i64,
    /// The first and the last nanosecond that belong to it.
    first_ns: i64,
    pub(super) last_ns: i64,
    /// Whether it is a session.
    pub(super) is_session: bool,
}

impl Segment {
    /// A segment that holds no time.
    pub const NONE: Self =
        Self { start_ns: 0, end_ns: 0, first_ns: i64::MAX, last_ns: i64::MIN, is_session: false };

    /// When it starts.
    #[must_use]
    pub const fn start_ns(&self) -> i64 {
        self.start_ns
    }

    /// Whether it is a session, and no break.
    #[must_use]
    pub const fn is_session(&self) -> bool {
        self.is_session
    }

    /// Whether a time belongs to it.
    #[inline]
    #[must_use]
    pub const fn holds(&self, time_ns: i64) -> bool {
        self.first_ns <= time_ns && time_ns <= self.last_ns
    }
}

/// Sessions in time order, closed on the left, `[open, close)`, or on the right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SessionTimes", into = "SessionTimes")]
pub struct SessionTable(Arc<SessionTimes>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionTimes {
    open_times_ns: Vec<i64>,
    close_times_ns: Vec<i64>,
    #[serde(default)]
    closed: Closed,
}

impl SessionTable {
    /// A table of sessions.
    ///
    /// # Errors
    /// [`BarError::Parameter`] if there is none, one is empty, or two overlap.
    pub fn new(
        open_times_ns: Vec<i64>,
        close_times_ns: Vec<i64>,
        closed: Closed,
    ) -> Result<Self, BarError> {
        SessionTimes { open_times_ns, close_times_ns, closed }.try_into()
    }

    /// Which end of a session belongs to it.
    #[must_use]
    pub fn closed(&self) -> Closed {
        self.0.closed
    }

    /// The session or the break that holds a time.
    ///
    /// # Errors
    /// [`BarError::SessionsMissing`] before the first session and after the last one.
    pub fn segment(&self, time_ns: i64) -> Result<Segment, BarError> {
        let missing = BarError::SessionsMissing { time_ns };
        // Closed on the right, a time belongs where the nanosecond before it would: whole numbers have no limits between them.
        let shift = i64::from(self.0.closed == Closed::Right);
        let time_ns = time_ns.checked_sub(shift).ok_or(missing.clone())?;
        let SessionTimes { open_times_ns: opens, close_times_ns: closes, .. } = &*self.0;
        let after = opens.partition_point(|open_ns| *open_ns <= time_ns);
        let session = after.checked_sub(1).ok_or(missing.clone())?;
        let (start_ns, end_ns, is_session) = if time_ns < closes[session] {
            (opens[session], closes[session], true)
        } else {
            (closes[session], *opens.get(after).ok_or(missing)?, false)
        };
        let (first_ns, last_ns) = (start_ns + shift, end_ns - 1 + shift);
        Ok(Segment { start_ns, end_ns, first_ns, last_ns, is_session })
    }
}

impl TryFrom<SessionTimes> for SessionTable {
    type Error = BarError;

    fn try_from(times: SessionTimes) -> Result<Self, Self::Error> {
        let (opens, closes) = (&times.open_times_ns, &times.close_times_ns);
        let refuse = |value: String| {
            Err(BarError::parameter(
                "sessions",
                &value,
                "sessions in time order, each closing after it opens and before the next opens",
            ))
        };
        if opens.is_empty() || opens.len() != closes.len() {
            return refuse(format!("{} opens and {} closes", opens.len(), closes.len()));
        }
        for (index, (open_ns, close_ns)) in opens.iter().zip(closes).enumerate() {
            let follows = index == 0 || closes[index - 1] <= *open_ns;
            // Room for the nanosecond by which a session that is closed on the right reaches further.
            if open_ns >= close_ns || !follows || *close_ns == i64::MAX || *open_ns == i64::MIN {
                return refuse(format!("[{open_ns}, {close_ns})"));
            }
        }
        Ok(Self(Arc::new(times)))
    }
}

impl From<SessionTable> for SessionTimes {
    fn from(table: SessionTable) -> Self {
        (*table.0).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bytes, sessions};
    use super::*;
    use crate::bar::Checkpoint;
    use crate::time::HOUR_NS;
    use proptest::prelude::*;

    fn utc(text: &str) -> i64 {
        let timestamp: Timestamp = text.parse().unwrap();
        timestamp.as_nanosecond().try_into().unwrap()
    }

    fn zone(name: &str, day_start_minutes: i32) -> Zone {
        Zone::new(name, day_start_minutes).unwrap()
    }

    fn new_york() -> Zone {
        zone("America/New_York", 0)
    }

    fn bounds(grid: &Grid, time_ns: i64) -> (i64, i64) {
        let Interval { start_ns, end_ns, .. } = grid.interval(time_ns).unwrap();
        (start_ns, end_ns)
    }

    #[test]
    fn fixed_steps_go_on_before_1970() {
        let grid = |offset_ns| Grid::Fixed { interval_ns: 60, offset_ns };
        assert_eq!(bounds(&grid(0), -1), (-60, 0));
        assert_eq!(bounds(&grid(0), 0), (0, 60));
        assert_eq!(bounds(&grid(7), -1), (-53, 7));
        assert_eq!(bounds(&grid(-7), -60), (-67, -7));
    }

    #[test]
    fn an_interval_that_leaves_the_range_of_time_is_refused() {
        let zone = new_york();
        for time_ns in [i64::MIN, i64::MAX] {
            let refusal = Err(BarError::TimeOutOfRange { time_ns });
            let fixed = Grid::Fixed { interval_ns: DAY_NS, offset_ns: 0 };
            assert_eq!(fixed.interval(time_ns), refusal);
            assert_eq!(Grid::Months { count: 1, zone: zone.clone() }.interval(time_ns), refusal);
            let days = Grid::Days { count: i32::MAX, zone: zone.clone() };
            assert_eq!(days.interval(time_ns), refusal);
        }
    }

    #[test]
    fn a_day_has_23_or_25_hours_when_clocks_change() {
        let grid = Grid::Days { count: 1, zone: new_york() };
        for (start, hours) in [
            ("2024-03-10T05:00:00Z", 23),
            ("2024-11-03T04:00:00Z", 25),
            ("2024-07-04T04:00:00Z", 24),
        ] {
            let end_ns = utc(start) + hours * HOUR_NS;
            assert_eq!(bounds(&grid, utc(start)), (utc(start), end_ns));
            assert_eq!(bounds(&grid, end_ns - 1), (utc(start), end_ns));
        }
    }

    #[test]
    fn the_last_step_in_a_day_ends_with_it() {
        let grid = Grid::InDays { interval_ns: 4 * HOUR_NS, zone: new_york() };
        // A day of 25 hours.
        let (start_ns, end_ns) = (utc("2024-11-03T04:00:00Z"), utc("2024-11-04T05:00:00Z"));
        assert_eq!(bounds(&grid, start_ns), (start_ns, start_ns + 4 * HOUR_NS));
        assert_eq!(bounds(&grid, end_ns - 1), (end_ns - HOUR_NS, end_ns));
        assert_eq!(bounds(&grid, end_ns), (end_ns, end_ns + 4 * HOUR_NS));
    }

    #[test]
    fn a_day_may_start_at_five_in_the_afternoon() {
        let zone = zone("America/New_York", 17 * 60);
        let grid = Grid::Days { count: 1, zone: zone.clone() };
        let (start_ns, end_ns) = (utc("2024-07-01T21:00:00Z"), utc("2024-07-02T21:00:00Z"));
        assert_eq!(bounds(&grid, start_ns), (start_ns, end_ns));
        assert_eq!(bounds(&grid, end_ns - 1), (start_ns, end_ns));
        let weeks = Grid::Weeks { count: 1, zone };
        assert_eq!(bounds(&weeks, start_ns).0, start_ns);
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_starts_after_the_gap() {
        let grid = Grid::Days { count: 1, zone: zone("America/Sao_Paulo", 0) };
        let start_ns = utc("2018-11-04T03:00:00Z");
        assert_eq!(bounds(&grid, start_ns), (start_ns, start_ns + 23 * HOUR_NS));
    }

    #[test]
    fn a_day_whose_midnight_comes_twice_starts_with_the_first() {
        let grid = Grid::Days { count: 1, zone: zone("America/Havana", 0) };
        let start_ns = utc("2024-11-03T04:00:00Z");
        assert_eq!(bounds(&grid, start_ns + HOUR_NS), (start_ns, start_ns + 25 * HOUR_NS));
    }

    #[test]
    fn an_hour_that_comes_twice_about_a_days_start_belongs_to_that_day() {
        // Clocks went back from 00:01 to 23:01 of the day before.
        let newfoundland = Grid::Days { count: 1, zone: zone("America/St_Johns", 0) };
        let start_ns = utc("2010-11-07T02:30:00Z");
        let next_ns = start_ns + 25 * HOUR_NS;
        assert_eq!(bounds(&newfoundland, utc("2010-11-07T03:00:00Z")), (start_ns, next_ns));
        // From 02:00 to 01:00, and the day starts at 01:30.
        let late = Grid::Days { count: 1, zone: zone("America/New_York", 90) };
        let start_ns = utc("2024-11-03T05:30:00Z");
        let next_ns = start_ns + 25 * HOUR_NS;
        assert_eq!(bounds(&late, utc("2024-11-03T06:10:00Z")), (start_ns, next_ns));
    }

    #[test]
    fn weeks_start_on_mondays_and_are_counted_from_the_first_one() {
        let weeks = |count| Grid::Weeks { count, zone: zone("UTC", 0) };
        assert_eq!(bounds(&weeks(1), 0), (-3 * DAY_NS, 4 * DAY_NS));
        assert_eq!(bounds(&weeks(2), 0), (-10 * DAY_NS, 4 * DAY_NS));
        assert_eq!(bounds(&weeks(2), 4 * DAY_NS), (4 * DAY_NS, 18 * DAY_NS));
    }

    #[test]
    fn months_are_whole_and_counted_from_january_1970() {
        let months = |count| Grid::Months { count, zone: zone("UTC", 0) };
        let leap_day_ns = utc("2024-02-29T23:59:59Z");
        let february = (utc("2024-02-01T00:00:00Z"), utc("2024-03-01T00:00:00Z"));
        assert_eq!(bounds(&months(1), leap_day_ns), february);
        assert_eq!(bounds(&months(3), -1), (utc("1969-10-01T00:00:00Z"), 0));
    }

    #[test]
    fn days_are_counted_from_the_epoch() {
        let days = Grid::Days { count: 3, zone: zone("UTC", 0) };
        assert_eq!(bounds(&days, -1), (-3 * DAY_NS, 0));
        assert_eq!(bounds(&days, 2 * DAY_NS), (0, 3 * DAY_NS));
    }

    #[test]
    fn a_session_holds_its_open_or_with_right_closed_its_close() {
        let is_session = |closed, time_ns| sessions(closed).segment(time_ns).unwrap().is_session;
        let at = |closed| [101, 199, 200, 201, 299, 300, 301].map(|time| is_session(closed, time));
        assert_eq!(at(Closed::Left), [true, true, false, false, false, true, true]);
        assert_eq!(at(Closed::Right), [true, true, true, false, false, false, true]);
        assert!(is_session(Closed::Left, 100) && is_session(Closed::Right, 400));
    }

    #[test]
    fn a_segment_holds_exactly_the_times_it_is_found_by() {
        for closed in [Closed::Left, Closed::Right] {
            let table = sessions(closed);
            for time_ns in 101..400 {
                let segment = table.segment(time_ns).unwrap();
                for other_ns in [100, 101, 199, 200, 201, 299, 300, 301, 399] {
                    let is_same = table.segment(other_ns).is_ok_and(|other| other == segment);
                    assert_eq!(segment.holds(other_ns), is_same, "{time_ns} {other_ns}");
                }
            }
        }
        assert!(!Segment::NONE.holds(0));
    }

    #[test]
    fn before_the_first_session_and_after_the_last_there_is_none() {
        for (closed, times_ns) in [(Closed::Left, [99, 400]), (Closed::Right, [100, 401])] {
            for time_ns in times_ns.into_iter().chain([i64::MIN, i64::MAX]) {
                let missing = Err(BarError::SessionsMissing { time_ns });
                assert_eq!(sessions(closed).segment(time_ns), missing);
            }
        }
    }

    #[test]
    fn a_step_that_a_session_cuts_short_says_so() {
        let grid = Grid::InSessions { interval_ns: Some(60), sessions: sessions(Closed::Left) };
        let whole = Interval { start_ns: 100, end_ns: 160, is_cut: false };
        let cut = Interval { start_ns: 160, end_ns: 200, is_cut: true };
        assert_eq!((grid.interval(159), grid.interval(160)), (Ok(whole), Ok(cut)));
        let even = Grid::InSessions { interval_ns: Some(50), sessions: sessions(Closed::Left) };
        assert!(!even.interval(150).unwrap().is_cut);
        assert_eq!((whole.flags(), cut.flags()), (BarFlags::NONE, BarFlags::SESSION_BREAK));
    }

    #[test]
    fn a_break_is_one_interval_that_comes_after_no_other() {
        let grid = Grid::InSessions { interval_ns: Some(60), sessions: sessions(Closed::Left) };
        assert_eq!(bounds(&grid, 250), (200, 300));
        let next = grid.next(200).unwrap();
        assert_eq!((next.start_ns, next.end_ns), (300, 360));
        let whole = Grid::InSessions { interval_ns: None, sessions: sessions(Closed::Left) };
        assert_eq!(bounds(&whole, 150), (100, 200));
    }

    #[test]
    fn sessions_that_are_none_are_refused() {
        for (opens, closes) in [
            (vec![], vec![]),
            (vec![1, 5], vec![2]),
            (vec![5], vec![5]),
            (vec![1, 3], vec![4, 6]),
            (vec![5, 1], vec![6, 2]),
            (vec![1], vec![i64::MAX]),
            (vec![i64::MIN], vec![1]),
        ] {
            let table = SessionTable::new(opens, closes, Closed::Left);
            assert!(matches!(table, Err(BarError::Parameter { field: "sessions", .. })));
        }
        assert!(SessionTable::new(vec![1, 2], vec![2, 3], Closed::Left).is_ok());
    }

    #[test]
    fn lengths_and_zones_that_are_none_are_refused() {
        let zone = new_york();
        for grid in [
            Grid::Fixed { interval_ns: 0, offset_ns: 0 },
            Grid::InDays { interval_ns: DAY_NS + 1, zone: zone.clone() },
            Grid::Days { count: 0, zone: zone.clone() },
            Grid::Months { count: -1, zone },
            Grid::InSessions { interval_ns: Some(0), sessions: sessions(Closed::Left) },
        ] {
            assert!(matches!(grid.check(), Err(BarError::Parameter { field: "interval", .. })));
        }
        assert!(Zone::new("Mars/Olympus", 0).is_err());
        assert!(Zone::new("UTC", 24 * 60).is_err() && Zone::new("UTC", -1).is_err());
    }

    #[test]
    fn a_grid_comes_back_from_its_bytes() {
        let zone = zone("Asia/Tokyo", 90);
        let sessions = sessions(Closed::Right);
        for grid in
            [Grid::Days { count: 2, zone }, Grid::InSessions { interval_ns: Some(5), sessions }]
        {
            assert_eq!(Checkpoint::decode::<Grid>(&bytes(&grid)), Ok(grid));
        }
    }

    const ZONES: [&str; 7] = [
        "UTC",
        "America/New_York",
        "America/Sao_Paulo",
        "America/St_Johns",
        "Europe/London",
        "Australia/Lord_Howe",
        "Pacific/Apia",
    ];

    /// Any time, or one near where clocks change, or where Apia left out a day.
    fn times_ns() -> impl Strategy<Value = i64> {
        let changes = ["2024-03-10T07:00:00Z", "2024-11-03T06:00:00Z", "2010-11-07T02:31:00Z"];
        let others = ["2018-11-04T03:00:00Z", "2018-02-18T02:00:00Z", "2011-12-30T10:00:00Z"];
        let near = prop::sample::select([changes, others].concat());
        prop_oneof![
            -4 * 10_i64.pow(18)..9 * 10_i64.pow(18),
            (near, -30 * HOUR_NS..30 * HOUR_NS).prop_map(|(text, away_ns)| utc(text) + away_ns),
        ]
    }

    proptest! {
        #[test]
        fn intervals_hold_their_times_and_follow_each_other(
            time_ns in times_ns(),
            name in prop::sample::select(ZONES.to_vec()),
            day_start_minutes in prop::sample::select(vec![0, 90, 150, 17 * 60]),
            count in 1..5_i32,
            kind in 0..4,
        ) {
            let zone = zone(name, day_start_minutes);
            let grid = match kind {
                0 => Grid::InDays { interval_ns: i64::from(count) * HOUR_NS, zone },
                1 => Grid::Days { count, zone },
                2 => Grid::Weeks { count, zone },
                _ => Grid::Months { count, zone },
            };
            let interval = grid.interval(time_ns).unwrap();
            prop_assert!(interval.start_ns <= time_ns && time_ns < interval.end_ns);
            prop_assert!(interval.end_ns - interval.start_ns <= grid.longest_ns().unwrap());
            prop_assert_eq!(grid.interval(interval.start_ns).unwrap(), interval);
            prop_assert_eq!(grid.interval(interval.end_ns - 1).unwrap(), interval);
            prop_assert_eq!(grid.next(interval.end_ns).unwrap().start_ns, interval.end_ns);
        }
    }
}
