//! At which bars there is a decision.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::MINUTE_NS;

/// At which bars there is a decision. Exits at the venue and `max_bars` do not wait for it.
///
/// The first bar of a period decides, because which one is its last is known only after it. A bar belongs to the period in which it opens,
/// so that a daily bar belongs to its day, and to the hours in which it closes, because that is when its decision is made. With hours, the
/// first bar of the period within them decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// How often.
    pub every: Every,
    /// The earliest time of day, included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeOfDay>,
    /// The latest time of day, included; where it is before `from`, the hours go over midnight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<TimeOfDay>,
    /// Whose days and hours: an IANA name such as `America/New_York`.
    pub zone: String,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { every: Every::default(), from: None, until: None, zone: "UTC".to_owned() }
    }
}

/// How often there is a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// At each bar.
    #[default]
    Bar,
    /// Once a day.
    Day,
    /// Once a week, which begins on Monday.
    Week,
    /// Once a month.
    Month,
    /// Once a quarter.
    Quarter,
    /// At the first bar, and at each so many bars later.
    Bars(u32),
}

/// A time of day to the minute: `09:35`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    minutes: u16,
}

impl TimeOfDay {
    /// Since midnight.
    #[must_use]
    pub fn since_midnight_ns(self) -> i64 {
        i64::from(self.minutes) * MINUTE_NS
    }
}

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: &str, below: u16| {
            let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|number| is_number && *number < below)
        };
        let minutes = text
            .split_once(':')
            .and_then(|(hour, minute)| Some(number(hour, 24)? * 60 + number(minute, 60)?));
        let expected = "expected a time of day from 00:00 to 23:59";
        minutes.map(|minutes| Self { minutes }).ok_or_else(|| format!("{text:?}: {expected}"))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}
