//! What expressions cannot be evaluated on.

use super::super::graph::Field;
use crate::error::Refusal;

/// Bars that a plan cannot be evaluated on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// A field is read and was not given.
    #[error("the expressions read {:?}{}, which was not given", .field.name(), of_clock(.clock))]
    FieldMissing {
        /// The field.
        field: Field,
        /// The other series' name; none for the bars themselves.
        clock: Option<String>,
    },
    /// Times are needed and were not given.
    #[error("the expressions need {column}{}, which was not given", of_clock(.clock))]
    TimesMissing {
        /// `open_time` or `close_time`.
        column: &'static str,
        /// The other series' name; none for the bars themselves.
        clock: Option<String>,
    },
    /// The columns are not one table.
    #[error("column {column:?} has {length} values where the others have {expected}")]
    LengthsDiffer {
        /// The column that differs.
        column: &'static str,
        /// Its length.
        length: usize,
        /// The length of the columns before it.
        expected: usize,
    },
    /// Bars do not come in the order of their times.
    #[error("{column} at row {index} is {time_ns} ns, which does not follow {before_ns} ns of the bar before")]
    TimesUnordered {
        /// `open_time` or `close_time`.
        column: &'static str,
        /// The row.
        index: usize,
        /// Its time.
        time_ns: i64,
        /// The time of the bar before.
        before_ns: i64,
    },
    /// An infinite number, a time that is no time, or a bar that closes before it opens.
    #[error("{column} at row {index} is {found}; expected {expected}")]
    ValueInvalid {
        /// A field, `open_time` or `close_time`.
        column: &'static str,
        /// The row.
        index: usize,
        /// What it is.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A stream that was refused half-way: some of what it remembers has seen that bar, and some has not.
    #[error("an earlier bar was refused half-way; begin another stream")]
    StreamBroken,
    /// A series that was not given, and whose name is no interval to make it by.
    #[error("the expressions read bars({name:?}), which were not given; only intervals such as \"15m\", \"1h\", \"1d\" are made from the bars themselves")]
    ClockUnknown {
        /// The name.
        name: String,
    },
    /// A cross-section without members to cross.
    #[error("the expressions compare the members of a universe (cs_…); give bars with a column that tells them apart")]
    UniverseMissing,
    /// A member that is not one of the universe's.
    #[error("member {member} is none of the universe's {count}")]
    MemberUnknown {
        /// Its number.
        member: usize,
        /// How many there are.
        count: usize,
    },
    /// A member with more than one bar at a time.
    #[error("row {index} is another bar of the same member at {time_ns} ns")]
    MemberRepeated {
        /// The row.
        index: usize,
        /// When.
        time_ns: i64,
    },
    /// A model asked about bars that it was trained on.
    #[error("model {name:?} was asked about a bar that closes at {time_ns} ns, within its training data, which end at {usable_after_ns} ns with their labels; in_sample=True allows it")]
    ModelInSample {
        /// Its name.
        name: String,
        /// When the bar closes.
        time_ns: i64,
        /// The end of its training data and their labels.
        usable_after_ns: i64,
    },
    /// A model that gave no answer.
    #[error("model {name:?} could not be evaluated: {problem}")]
    ModelFailed {
        /// Its name.
        name: String,
        /// Why.
        problem: String,
    },
    /// A time that the calendar does not reach.
    #[error("the calendar has no {time_ns} ns: {problem}")]
    TimeOutOfRange {
        /// The time.
        time_ns: i64,
        /// Why.
        problem: String,
    },
}

impl EvaluateError {
    /// The refusal of an infinite number: what is missing is null.
    pub(super) fn infinite(column: &'static str, index: usize, value: f64) -> Self {
        let (found, expected) =
            (value.to_string(), "a finite number, or null where one is missing");
        Self::ValueInvalid { column, index, found, expected }
    }

    /// The same of a series before whose first row others are.
    pub(super) fn after_rows(self, rows: usize) -> Self {
        self.renumbered(|row| row + rows)
    }

    /// The same of a series in which rows have other numbers.
    pub(super) fn renumbered(mut self, number: impl Fn(usize) -> usize) -> Self {
        if let Self::ValueInvalid { index, .. } | Self::TimesUnordered { index, .. } = &mut self {
            *index = number(*index);
        }
        self
    }
}

// As the messages' arguments come.
#[allow(clippy::ref_option)]
fn of_clock(clock: &Option<String>) -> String {
    clock.as_ref().map_or_else(String::new, |name| format!(" of bars({name:?})"))
}

impl Refusal for EvaluateError {
    fn reason(&self) -> &'static str {
        match self {
            Self::LengthsDiffer { .. } => "COLUMN_LENGTHS_DIFFER",
            Self::TimesUnordered { .. } => "DATA_ORDER_INVALID",
            Self::MemberRepeated { .. }
            | Self::TimeOutOfRange { .. }
            | Self::ValueInvalid { .. } => "DATA_VALUE_INVALID",
            Self::ModelInSample { .. } => "MODEL_IN_SAMPLE",
            _ => "INVALID_ARGUMENT",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        let series = |clock: &Option<String>| {
            clock.as_ref().map(|name| ("bars", name.clone())).into_iter().collect::<Vec<_>>()
        };
        match self {
            Self::FieldMissing { field, clock } => {
                [vec![("field", field.name().to_owned())], series(clock)].concat()
            }
            Self::TimesMissing { column, clock } => {
                [vec![("field", (*column).to_owned())], series(clock)].concat()
            }
            Self::LengthsDiffer { column, length, expected } => vec![
                ("column", (*column).to_owned()),
                ("length", length.to_string()),
                ("expected", expected.to_string()),
            ],
            Self::ValueInvalid { column, index, found, expected } => vec![
                ("column", (*column).to_owned()),
                ("index", index.to_string()),
                ("value", found.clone()),
                ("expected", (*expected).to_owned()),
            ],
            Self::StreamBroken => Vec::new(),
            Self::TimesUnordered { column, index, time_ns, before_ns } => vec![
                ("column", (*column).to_owned()),
                ("index", index.to_string()),
                ("value", time_ns.to_string()),
                ("before", before_ns.to_string()),
            ],
            Self::ClockUnknown { name } => vec![("bars", name.clone())],
            Self::UniverseMissing => vec![("field", "by".to_owned())],
            Self::MemberUnknown { member, count } => {
                vec![("member", member.to_string()), ("count", count.to_string())]
            }
            Self::MemberRepeated { index, time_ns } => {
                vec![("index", index.to_string()), ("time_ns", time_ns.to_string())]
            }
            Self::ModelInSample { name, time_ns, usable_after_ns } => vec![
                ("model", name.clone()),
                ("time_ns", time_ns.to_string()),
                ("usable_after_ns", usable_after_ns.to_string()),
            ],
            Self::ModelFailed { name, problem } => {
                vec![("model", name.clone()), ("problem", problem.clone())]
            }
            Self::TimeOutOfRange { time_ns, problem } => {
                vec![("time_ns", time_ns.to_string()), ("problem", problem.clone())]
            }
        }
    }
}
