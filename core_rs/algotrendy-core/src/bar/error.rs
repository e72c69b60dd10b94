//! Why ticks could not become bars.

use super::fault::Fault;
use crate::error::Refusal;

/// Why a tick, a chunk or a parameter was refused; the series is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BarError {
    /// A sum left its range.
    #[error("the bar's {field} leaves the range of its type")]
    Overflow {
        /// Which sum.
        field: &'static str,
    },
    /// A tick's interval starts or ends outside the representable times.
    #[error("the interval of a tick at {time_ns} ns leaves the range of time")]
    TimeOutOfRange {
        /// When the tick was.
        time_ns: i64,
    },
    /// A tick has a fault that is to be refused.
    #[error("a tick at {time_ns} ns is refused: {fault}")]
    Faulty {
        /// What is wrong with it.
        fault: Fault,
        /// When it was.
        time_ns: i64,
    },
    /// More bars would be made at once than anyone can want.
    #[error("one tick or step in time would make more than {limit} bars of size {size}, which does not fit the data")]
    TooManyBars {
        /// The most there may be.
        limit: u64,
        /// The size, in units.
        size: i128,
    },
    /// The ticks of a chunk, several bars each, would make more bars than memory should hold.
    #[error("one chunk would make more than {limit} bars; take smaller chunks, or a larger size")]
    ChunkTooLarge {
        /// The most there may be.
        limit: usize,
    },
    /// The table of sessions does not reach a tick.
    #[error("the sessions do not reach {time_ns} ns; they must begin before the data and end after them")]
    SessionsMissing {
        /// When the tick was.
        time_ns: i64,
    },
    /// A parameter that no bars can have.
    #[error("{field} is {value}; expected {expected}")]
    Parameter {
        /// Which.
        field: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// Bytes that are no checkpoint of this version.
    #[error("these bytes are no checkpoint: {problem}")]
    Checkpoint {
        /// What is wrong with them.
        problem: &'static str,
    },
}

impl BarError {
    /// The refusal of a parameter.
    pub(super) fn parameter(
        field: &'static str,
        value: &(impl ToString + ?Sized),
        expected: &'static str,
    ) -> Self {
        Self::Parameter { field, value: value.to_string(), expected }
    }
}

impl Refusal for BarError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Overflow { .. } | Self::TimeOutOfRange { .. } => "VALUE_OVERFLOW",
            Self::Faulty { .. } => "DATA_VALUE_INVALID",
            Self::TooManyBars { .. } | Self::ChunkTooLarge { .. } => "RESOURCE_EXHAUSTED",
            Self::SessionsMissing { .. } | Self::Parameter { .. } | Self::Checkpoint { .. } => {
                "INVALID_ARGUMENT"
            }
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Overflow { field } => vec![("field", (*field).to_owned())],
            Self::TimeOutOfRange { time_ns } => vec![("time_ns", time_ns.to_string())],
            Self::Faulty { fault, time_ns } => {
                vec![("fault", fault.name().to_owned()), ("time_ns", time_ns.to_string())]
            }
            Self::TooManyBars { limit, size } => {
                vec![("limit", limit.to_string()), ("size", size.to_string())]
            }
            Self::ChunkTooLarge { limit } => vec![("limit", limit.to_string())],
            Self::SessionsMissing { time_ns } => {
                vec![("field", "sessions".to_owned()), ("time_ns", time_ns.to_string())]
            }
            Self::Parameter { field, value, expected } => vec![
                ("field", (*field).to_owned()),
                ("value", value.clone()),
                ("expected", (*expected).to_owned()),
            ],
            Self::Checkpoint { problem } => vec![("problem", (*problem).to_owned())],
        }
    }
}

/// A tick of a chunk was refused, and with it the chunk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tick {index}: {source}")]
pub struct BatchError {
    /// Its place in the chunk, counted from 0.
    pub index: usize,
    /// Why.
    pub source: BarError,
}

impl Refusal for BatchError {
    fn reason(&self) -> &'static str {
        self.source.reason()
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        let mut metadata = self.source.metadata();
        metadata.push(("index", self.index.to_string()));
        metadata
    }
}
