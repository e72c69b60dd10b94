//! What can be wrong with a spec, and where.

use crate::error::Refusal;
use crate::expr::ExpressionError;

/// A spec that says nothing to be done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// JSON that is no spec.
    #[error("{field} cannot be read: {problem}")]
    Unreadable {
        /// Which: `stops.stop_loss`; `.` is the whole.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A term out of range, or one that does not go with another.
    #[error("{field} is {value}; expected {expected}")]
    Invalid {
        /// Which: `size.percent`.
        field: String,
        /// What it is.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// A text that is no expression, or one of another type.
    #[error("{field}: {error}")]
    Expression {
        /// Which: `entry`, `features.trend`.
        field: String,
        /// The text.
        text: String,
        /// What is wrong with it, and where in this text.
        error: Box<ExpressionError>,
    },
}

impl SpecError {
    pub(crate) fn invalid(
        field: impl Into<String>,
        value: &(impl ToString + ?Sized),
        expected: impl Into<String>,
    ) -> Self {
        Self::Invalid { field: field.into(), value: value.to_string(), expected: expected.into() }
    }

    pub(super) fn expression(field: &str, text: &str, error: ExpressionError) -> Self {
        Self::Expression { field: field.to_owned(), text: text.to_owned(), error: Box::new(error) }
    }
}

impl Refusal for SpecError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } | Self::Invalid { .. } => "INVALID_ARGUMENT",
            Self::Expression { error, .. } => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Unreadable { field, problem } => {
                vec![("field", field.clone()), ("problem", problem.clone())]
            }
            Self::Invalid { field, value, expected } => vec![
                ("field", field.clone()),
                ("value", value.clone()),
                ("expected", expected.clone()),
            ],
            Self::Expression { field, error, .. } => {
                let mut metadata = vec![("field", field.clone())];
                metadata.extend(error.metadata());
                metadata
            }
        }
    }
}
