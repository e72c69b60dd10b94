//! Which bars a schedule lets decide, bar by bar.

use super::schedule::{Every, Schedule, TimeOfDay};
use crate::bar::{date_of, Zone};
use crate::time::{DAY_NS, MINUTE_NS};

/// Zones change their clocks at multiples of this.
const QUARTER_NS: i64 = 15 * MINUTE_NS;

/// Follows one series of bars, from its first on: also those that are not traded.
#[derive(Clone, Debug)]
pub struct Gate {
    every: Every,
    /// From and until, since midnight, both included.
    hours: Option<(i64, i64)>,
    /// None is UTC.
    zone: Option<Zone>,
    /// The period of the last bar that decided.
    period: Option<i64>,
    /// How many bars there were.
    count: u64,
    /// Of the last times looked at: local time is mostly as far ahead as it was.
    quarter: i64,
    offset_ns: i64,
}

impl Gate {
    /// Has seen no bar. A zone that there is not is UTC: validating the schedule finds it.
    #[must_use]
    pub fn new(schedule: &Schedule) -> Self {
        let last = DAY_NS - MINUTE_NS;
        let hours = (schedule.from.is_some() || schedule.until.is_some()).then(|| {
            let from = schedule.from.map_or(0, TimeOfDay::since_midnight_ns);
            (from, schedule.until.map_or(last, TimeOfDay::since_midnight_ns))
        });
        let zone = if schedule.zone == "UTC" { None } else { Zone::new(&schedule.zone, 0).ok() };
        let (period, count, quarter, offset_ns) = (None, 0, i64::MIN, 0);
        Self { every: schedule.every, hours, zone, period, count, quarter, offset_ns }
    }

    /// Whether every bar decides.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.every == Every::Bar && self.hours.is_none()
    }

    /// Takes the next bar: whether it decides.
    pub fn push(&mut self, open_time_ns: i64, close_time_ns: i64) -> bool {
        let place = self.count;
        self.count += 1;
        if let Some((from, until)) = self.hours {
            let time = self.local_ns(close_time_ns).rem_euclid(DAY_NS);
            let is_within = if from <= until {
                from <= time && time <= until
            } else {
                from <= time || time <= until
            };
            if !is_within {
                return false;
            }
        }
        let period = match self.every {
            Every::Bar => return true,
            Every::Bars(count) => return place % u64::from(count.max(1)) == 0,
            Every::Day => self.day(open_time_ns),
            // 1970-01-01 was a Thursday.
            Every::Week => (self.day(open_time_ns) + 3).div_euclid(7),
            Every::Month => self.month(open_time_ns),
            Every::Quarter => self.month(open_time_ns).div_euclid(3),
        };
        self.period.replace(period) != Some(period)
    }

    fn day(&mut self, time_ns: i64) -> i64 {
        self.local_ns(time_ns).div_euclid(DAY_NS)
    }

    /// Months since the year 0.
    fn month(&mut self, time_ns: i64) -> i64 {
        let day = self.day(time_ns);
        date_of(day).map_or(day, |date| i64::from(date.year()) * 12 + i64::from(date.month()) - 1)
    }

    fn local_ns(&mut self, time_ns: i64) -> i64 {
        let Some(zone) = &self.zone else { return time_ns };
        let quarter = time_ns.div_euclid(QUARTER_NS);
        if quarter != self.quarter {
            self.offset_ns = zone.offset_ns(time_ns).unwrap_or(0);
            self.quarter = quarter;
        }
        time_ns.saturating_add(self.offset_ns)
    }
}
