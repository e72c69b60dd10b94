//! What can be wrong with a text, and where.

mod kind;
mod place;
#[cfg(test)]
mod tests;

pub use kind::ExpressionErrorKind;
pub use place::{Found, Place};

use super::syntax::Span;
use crate::error::Refusal;

/// A text that is no expression.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("at character {position}: {kind}")]
pub struct ExpressionError {
    /// Where what is wrong begins, counted in characters from 0.
    pub position: usize,
    /// Where it ends: the position after its last character.
    pub end: usize,
    /// What.
    pub kind: ExpressionErrorKind,
}

impl ExpressionErrorKind {
    #[allow(clippy::unnecessary_box_returns)] // As [`BoxedResult`] has it.
    pub(super) fn at(self, span: Span) -> Box<ExpressionError> {
        Box::new(ExpressionError { position: span.start, end: span.end, kind: self })
    }

    pub(super) fn attribute_unexpected(attribute: &str) -> Self {
        Self::AttributeUnexpected { attribute: short(attribute) }
    }
}

impl ExpressionError {
    /// The line of `text` that is wrong, with a caret under every character of what is wrong, and what that is:
    ///
    /// ```text
    /// sme(close, 10) > 3
    /// ^^^ "sme" is not a function; did you mean sma?
    /// ```
    #[must_use]
    pub fn caret(&self, text: &str) -> String {
        let mut start = 0;
        let mut line = "";
        for candidate in text.split('\n') {
            line = candidate;
            let length = line.chars().count();
            if self.position <= start + length {
                break;
            }
            start += length + 1;
        }
        let column = self.position.saturating_sub(start);
        // A tab stays a tab, so that the carets stand under what they mean.
        let blank: String = line
            .chars()
            .take(column)
            .map(|character| if character == '\t' { '\t' } else { ' ' })
            .collect();
        let rest = line.chars().count().saturating_sub(column);
        let width = self.end.saturating_sub(self.position).min(rest).max(1);
        format!("{line}\n{blank}{} {}", "^".repeat(width), self.kind)
    }
}

impl Refusal for ExpressionError {
    fn reason(&self) -> &'static str {
        "EXPRESSION_INVALID"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        let mut metadata = vec![
            ("position", self.position.to_string()),
            ("end", self.end.to_string()),
            ("problem", self.kind.to_string()),
        ];
        if let ExpressionErrorKind::ModelUnknown { name, .. } = &self.kind {
            metadata.push(("model", name.clone()));
        }
        metadata
    }
}

/// Boxed, because the parser and the lowering call themselves, and an error would be the largest part of each call.
pub(super) type BoxedResult<T> = Result<T, Box<ExpressionError>>;

/// One of several texts that is no expression.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("expression {index}: {error}")]
pub struct CompileError {
    /// Which, from 0.
    pub index: usize,
    /// What is wrong with it.
    pub error: ExpressionError,
}

impl Refusal for CompileError {
    fn reason(&self) -> &'static str {
        self.error.reason()
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        let mut metadata = vec![("index", self.index.to_string())];
        metadata.extend(self.error.metadata());
        metadata
    }
}

/// A name as a message can hold it.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
