//! The time a bar opened at, in the zone of the bars' sessions.

use crate::expr::function::{Body, Function, Group};
use crate::expr::graph::CalendarField;

const PLAIN: Function = Function { group: Group::Calendar, ..Function::PLAIN };

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "minute_of_session",
        body: Body::Calendar(CalendarField::MinuteOfSession),
        summary: "Whole minutes since the session opened; without sessions, since local midnight.",
        ..PLAIN
    },
    Function {
        name: "minute",
        body: Body::Calendar(CalendarField::Minute),
        summary: "The minute of the hour, 0 to 59.",
        ..PLAIN
    },
    Function {
        name: "hour",
        body: Body::Calendar(CalendarField::Hour),
        summary: "The hour of the day, 0 to 23.",
        ..PLAIN
    },
    Function {
        name: "weekday",
        body: Body::Calendar(CalendarField::Weekday),
        summary: "The day of the week, 0 to 6.",
        convention: "Monday is 0, as in Python; in cron and JavaScript Sunday is.",
        ..PLAIN
    },
    Function {
        name: "day",
        body: Body::Calendar(CalendarField::Day),
        summary: "The day of the month, 1 to 31.",
        ..PLAIN
    },
    Function {
        name: "month",
        body: Body::Calendar(CalendarField::Month),
        summary: "The month, 1 to 12.",
        ..PLAIN
    },
];
