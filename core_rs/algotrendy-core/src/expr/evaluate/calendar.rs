//! What the calendar says of the time a bar opened at: of its open, so that a daily bar belongs to its day.

use super::super::graph::CalendarField;
use super::error::EvaluateError;
use super::NO_TIME;
use crate::bar::{Segment, SessionTable, Zone};
use crate::time::{DAY_NS, HOUR_NS, MINUTE_NS};

/// Zones change their clocks at multiples of this.
const QUARTER_NS: i64 = 15 * MINUTE_NS;

/// Whose days and hours: UTC's unless a zone is given.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// Where days and hours are read.
    pub zone: Option<Zone>,
    /// What `minute_of_session` counts from; local midnight where there are none.
    pub sessions: Option<SessionTable>,
}

/// What was found last: the next bar is mostly near.
#[derive(Clone, Debug)]
pub(super) struct CalendarCursor {
    quarter: i64,
    offset_ns: i64,
    day: i64,
    month: f64,
    day_of_month: f64,
    segment: Segment,
}

impl Default for CalendarCursor {
    fn default() -> Self {
        Self {
            quarter: i64::MIN,
            offset_ns: 0,
            day: i64::MIN,
            month: f64::NAN,
            day_of_month: f64::NAN,
            segment: Segment::NONE,
        }
    }
}

impl CalendarCursor {
    /// Writes a field of each time; null where the time is not known.
    pub(super) fn run(
        &mut self,
        field: CalendarField,
        calendar: &Calendar,
        open_times_ns: &[i64],
        out: &mut [f64],
    ) -> Result<(), EvaluateError> {
        for (value, &time_ns) in out.iter_mut().zip(open_times_ns) {
            *value =
                if time_ns == NO_TIME { f64::NAN } else { self.value(field, calendar, time_ns)? };
        }
        Ok(())
    }

    // All these numbers are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    fn value(
        &mut self,
        field: CalendarField,
        calendar: &Calendar,
        time_ns: i64,
    ) -> Result<f64, EvaluateError> {
        if let (CalendarField::MinuteOfSession, Some(sessions)) = (field, &calendar.sessions) {
            return self.minute_of_session(sessions, time_ns);
        }
        let local_ns = self.local_ns(calendar, time_ns)?;
        let in_day_ns = local_ns.rem_euclid(DAY_NS);
        let day = local_ns.div_euclid(DAY_NS);
        Ok(match field {
            CalendarField::MinuteOfSession => (in_day_ns / MINUTE_NS) as f64,
            CalendarField::Minute => (in_day_ns % HOUR_NS / MINUTE_NS) as f64,
            CalendarField::Hour => (in_day_ns / HOUR_NS) as f64,
            // 1970-01-01 was a Thursday.
            CalendarField::Weekday => (day + 3).rem_euclid(7) as f64,
            CalendarField::Day => self.date(day).1,
            CalendarField::Month => self.date(day).0,
        })
    }

    #[allow(clippy::cast_precision_loss)]
    fn minute_of_session(
        &mut self,
        sessions: &SessionTable,
        time_ns: i64,
    ) -> Result<f64, EvaluateError> {
        if !self.segment.holds(time_ns) {
            let out_of_range = |error: crate::bar::BarError| EvaluateError::TimeOutOfRange {
                time_ns,
                problem: error.to_string(),
            };
            self.segment = sessions.segment(time_ns).map_err(out_of_range)?;
        }
        let minutes = (time_ns - self.segment.start_ns()) / MINUTE_NS;
        Ok(if self.segment.is_session() { minutes as f64 } else { f64::NAN })
    }

    fn local_ns(&mut self, calendar: &Calendar, time_ns: i64) -> Result<i64, EvaluateError> {
        let Some(zone) = &calendar.zone else { return Ok(time_ns) };
        let out_of_range = || EvaluateError::TimeOutOfRange {
            time_ns,
            problem: "the zone's rules do not reach it".to_owned(),
        };
        let quarter = time_ns.div_euclid(QUARTER_NS);
        if quarter != self.quarter {
            self.offset_ns = zone.offset_ns(time_ns).ok_or_else(out_of_range)?;
            self.quarter = quarter;
        }
        time_ns.checked_add(self.offset_ns).ok_or_else(out_of_range)
    }

    /// The month and the day of a day since the epoch.
    fn date(&mut self, day: i64) -> (f64, f64) {
        if day != self.day {
            self.day = day;
            let date = crate::bar::date_of(day);
            self.month = date.map_or(f64::NAN, |date| f64::from(date.month()));
            self.day_of_month = date.map_or(f64::NAN, |date| f64::from(date.day()));
        }
        (self.month, self.day_of_month)
    }
}
