//! What is wrong with an instrument, a calendar or a change.

use crate::error::Refusal;

/// A field of an instrument, of its calendar or of a change to it is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {expected}, not {value:?}")]
pub struct InstrumentError {
    /// The field.
    pub field: &'static str,
    /// What it was.
    pub value: String,
    /// What it must be.
    pub expected: &'static str,
}

impl InstrumentError {
    pub(crate) fn new(
        field: &'static str,
        value: &(impl ToString + ?Sized),
        expected: &'static str,
    ) -> Self {
        Self { field, value: value.to_string(), expected }
    }
}

impl Refusal for InstrumentError {
    fn reason(&self) -> &'static str {
        "INSTRUMENT_INVALID"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("field", self.field.to_owned()),
            ("value", self.value.clone()),
            ("expected", self.expected.to_owned()),
        ]
    }
}
