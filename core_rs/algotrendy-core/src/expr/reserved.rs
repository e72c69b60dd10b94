//! The names that mean something in every expression.

use super::functions::{derived, entry_of};
use super::graph::Field;
use super::lexer::{tokenize, TokenKind};

/// What a name means in every expression, as words for a message; none where it is free.
#[must_use]
pub fn reserved(name: &str) -> Option<&'static str> {
    if Field::from_name(name).is_some() || derived(name).is_some() {
        return Some("a field");
    }
    if entry_of(name).is_some() {
        return Some("a function");
    }
    let is_name = tokenize(name).is_ok_and(
        |tokens| matches!(tokens[..], [first, _] if matches!(first.kind, TokenKind::Name(_))),
    );
    (!is_name).then_some("a word of the language")
}
