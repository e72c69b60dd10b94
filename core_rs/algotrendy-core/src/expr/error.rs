//! What can be wrong with a text, where, and what can be wrong with the columns it is evaluated on.

use super::{Field, MAX_DEPTH, MAX_TEXT_CHARS, MAX_TOTAL_WINDOW, MAX_WINDOW};
use crate::error::Refusal;

/// A text that is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {kind}")]
pub struct ExpressionError {
    /// Where, counted in characters from 0.
    pub position: usize,
    /// What.
    pub kind: ExpressionErrorKind,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionErrorKind {
    /// A character the language does not use.
    #[error("unexpected character {character:?}")]
    CharacterUnknown {
        /// The character.
        character: char,
    },
    /// A number that `f64` cannot hold.
    #[error("{text} is not a number that can be computed with")]
    NumberInvalid {
        /// The digits.
        text: String,
    },
    /// Something else should stand here.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What should stand here.
        expected: &'static str,
        /// What stands here.
        found: String,
    },
    /// A name that is no field.
    #[error("{name:?} is not a field; the fields are open, high, low, close, volume")]
    FieldUnknown {
        /// The name.
        name: String,
    },
    /// A name that is no function.
    #[error("{name:?} is not a function; the functions are ret, ema, std")]
    FunctionUnknown {
        /// The name.
        name: String,
    },
    /// A window out of range, or not a whole number.
    #[error(
        "the window of {function} must be a whole number from {min} to {MAX_WINDOW}, not {found}"
    )]
    WindowInvalid {
        /// Whose window.
        function: &'static str,
        /// The smallest window it may have.
        min: usize,
        /// What stands here.
        found: String,
    },
    /// The windows of the whole expression.
    #[error("the windows add up to more than {MAX_TOTAL_WINDOW} bars")]
    WindowsTooLarge,
    /// Nesting.
    #[error("parentheses, calls and signs nest deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Length.
    #[error("the text is longer than {MAX_TEXT_CHARS} characters")]
    TooLong,
}

impl Refusal for ExpressionError {
    fn reason(&self) -> &'static str {
        "EXPRESSION_INVALID"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![("position", self.position.to_string()), ("problem", self.kind.to_string())]
    }
}

/// Columns that an expression cannot be evaluated on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// The expression reads a field that was not given.
    #[error("the expression reads {:?}, which was not given", .field.name())]
    Missing {
        /// The field.
        field: Field,
    },
    /// The columns are not one table.
    #[error("column {:?} has {length} values where the others have {expected}", .field.name())]
    LengthsDiffer {
        /// The column that differs.
        field: Field,
        /// Its length.
        length: usize,
        /// The length of the columns before it.
        expected: usize,
    },
}

impl Refusal for ColumnError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "INVALID_ARGUMENT",
            Self::LengthsDiffer { .. } => "COLUMN_LENGTHS_DIFFER",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Missing { field } => vec![("field", field.name().to_owned())],
            Self::LengthsDiffer { field, length, expected } => vec![
                ("column", field.name().to_owned()),
                ("length", length.to_string()),
                ("expected", expected.to_string()),
            ],
        }
    }
}
