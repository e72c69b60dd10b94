//! A journal record: a command, the reference prices it was decided on, and the events it led to.
//!
//! `MessagePack` with named fields, so that a record outlives fields added later. Recovery reads the events alone: the
//! command and the prices are there to explain them.

use std::collections::BTreeMap;

use algotrendy_core::error::Refusal;
use algotrendy_core::order::{Command, Decision, Event, ReferencePrice};
use serde::{Deserialize, Serialize};

/// A whole record, for reading an old decision.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Record {
    /// 1 for the account's first record, then without a gap.
    pub sequence: u64,
    /// When the command was decided.
    pub time_ns: i64,
    /// The command.
    pub command: Command,
    /// The reference prices it was decided on, by symbol.
    pub prices_read: BTreeMap<String, ReferencePrice>,
    /// What it led to.
    pub events: Vec<Event>,
}

#[derive(Serialize)]
struct RecordToWrite<'a> {
    sequence: u64,
    time_ns: i64,
    command: &'a Command,
    prices_read: &'a BTreeMap<String, ReferencePrice>,
    events: &'a [Event],
}

#[derive(Deserialize)]
struct RecordedEvents {
    events: Vec<Event>,
}

/// The record of a decision; empty when it has no events, since there is nothing to recover.
///
/// # Errors
/// [`RecordError::Unwritable`] if a value has no representation, which no value of the core lacks.
pub fn encode(command: &Command, decision: &Decision) -> Result<Vec<u8>, RecordError> {
    let Some(first) = decision.events.first() else { return Ok(Vec::new()) };
    let record = RecordToWrite {
        sequence: first.record_sequence,
        time_ns: first.time_ns,
        command,
        prices_read: &decision.prices_read,
        events: &decision.events,
    };
    rmp_serde::to_vec_named(&record)
        .map_err(|error| RecordError::Unwritable { problem: error.to_string() })
}

/// The events of a record, which is all that recovery folds.
///
/// # Errors
/// [`RecordError::Unreadable`] if `payload` is no record.
pub fn decode_events(payload: &[u8]) -> Result<Vec<Event>, RecordError> {
    decode::<RecordedEvents>(payload).map(|record| record.events)
}

/// A record as it was written.
///
/// # Errors
/// [`RecordError::Unreadable`] if `payload` is no record, or its command is none of today's.
pub fn decode_record(payload: &[u8]) -> Result<Record, RecordError> {
    decode(payload)
}

fn decode<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, RecordError> {
    rmp_serde::from_slice(payload)
        .map_err(|error| RecordError::Unreadable { problem: error.to_string() })
}

/// Why a record could not be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A value has no representation.
    #[error("a record cannot be written: {problem}")]
    Unwritable {
        /// What is wrong.
        problem: String,
    },
    /// Bytes with a correct checksum are no record.
    #[error("a record cannot be read: {problem}")]
    Unreadable {
        /// What is wrong.
        problem: String,
    },
}

impl Refusal for RecordError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Unwritable { .. } => "INTERNAL",
            Self::Unreadable { .. } => "JOURNAL_CORRUPT",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Unwritable { problem } | Self::Unreadable { problem } => {
                vec![("problem", problem.clone())]
            }
        }
    }
}
