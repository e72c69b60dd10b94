//! Names that a text may use beside the language's own: constants and other expressions.

use std::collections::HashMap;

use super::reserved::reserved;
use super::Kind;

/// What names stand for: constants, and expressions that are evaluated where the name stands.
///
/// A name that has a meaning in every expression ([`reserved`]) keeps it.
#[derive(Clone, Debug, Default)]
pub struct Names {
    constants: HashMap<String, (Kind, f64)>,
    expressions: HashMap<String, String>,
}

impl Names {
    /// With a constant; the last of one name counts.
    pub fn constant(&mut self, name: &str, kind: Kind, value: f64) {
        debug_assert!(reserved(name).is_none(), "{name} has a meaning");
        self.constants.insert(name.to_owned(), (kind, value));
    }

    /// With an expression; the last of one name counts.
    pub fn expression(&mut self, name: &str, text: &str) {
        debug_assert!(reserved(name).is_none(), "{name} has a meaning");
        self.expressions.insert(name.to_owned(), text.to_owned());
    }

    pub(super) fn constant_of(&self, name: &str) -> Option<(Kind, f64)> {
        self.constants.get(name).copied()
    }

    pub(super) fn expression_of(&self, name: &str) -> Option<&str> {
        self.expressions.get(name).map(String::as_str)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.constants.keys().chain(self.expressions.keys()).map(String::as_str)
    }
}
