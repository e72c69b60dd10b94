//! What errors name: what needs a value, and what was found.

use std::fmt;

use crate::expr::canonical;

/// What needs a value of some type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Each operand of an operator.
    Operator(&'static str),
    /// The condition of `a if c else b`.
    Condition,
    /// What stands after `else`.
    Branch,
    /// An argument.
    Argument {
        /// The function.
        function: &'static str,
        /// Its parameter.
        parameter: &'static str,
    },
    /// The whole text.
    Expression,
    /// The whole text, as a strategy's rule.
    Rule,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(symbol) => write!(formatter, "'{}'", symbol.trim()),
            Self::Condition => formatter.write_str("the condition after 'if'"),
            Self::Branch => formatter.write_str("what follows 'else'"),
            Self::Argument { function, parameter } => {
                write!(formatter, "{parameter} of {function}")
            }
            Self::Expression => formatter.write_str("an expression"),
            Self::Rule => formatter.write_str("the rule"),
        }
    }
}

/// A constant as an error shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found(pub f64);

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_nan() {
            return formatter.write_str("null");
        }
        formatter.write_str(&canonical::number(self.0))
    }
}
