//! Expressions over bars: one language for features, rules and alphas.
//!
//! A text (`ema(close, 10) > ema(close, 30) and rsi(close, 14) < 70`) is parsed with positions, checked, and lowered into a [`Graph`]
//! in which equal parts are one node; the same kernels evaluate it over columns and bar by bar. A value is a finite `f64` or null, which
//! is NaN; a boolean is 1, 0 or null. What would be infinite or undefined is null. No value depends on a later bar, because nothing in
//! the language can say so.
//!
//! [`functions`] is the table of what can be called, and what the reference is made from.

mod canonical;
mod description;
mod error;
mod evaluate;
mod expression;
mod function;
mod functions;
mod graph;
mod kernel;
mod lexer;
mod lower;
mod models;
mod names;
mod op;
mod parser;
mod reserved;
mod suggestion;
mod syntax;

pub use description::{ClockUse, Cost, Description};
pub use error::{CompileError, ExpressionError, ExpressionErrorKind, Found, Place};
pub use evaluate::{
    Adjustment, BarValues, Calendar, Context, Continued, EvaluateError, NoPredictor, Others, Plan,
    Predictor, Series, Stream, Universe, UniverseContinued, UniverseStream, NO_TIME,
};
pub use expression::Expression;
pub use function::{DerivedField, Function, Group, Output, Parameter, ParameterKind, ResultKind};
pub use functions::{derived_fields, functions};
pub use graph::{
    CalendarField, ClockId, Field, Graph, ModelUse, Node, NodeId, Operation, BASE_CLOCK,
};
pub use lower::{compile, Compiler};
pub use models::{ModelError, Models, NoModels};
pub use names::Names;
pub use op::{CrossOp, Op, Real, Seed};
pub use reserved::reserved;
pub use suggestion::DidYouMean;

/// The longest text, in characters.
pub const MAX_TEXT_CHARS: usize = 10_000;
/// How deep parentheses, calls, signs, powers and conditions may nest.
pub const MAX_DEPTH: usize = 64;
/// The largest window of one function, in bars.
pub const MAX_WINDOW: usize = 100_000;
/// The largest window of a function that keeps its values in order, in bars.
pub const MAX_RANKED_WINDOW: usize = 10_000;
/// The largest sum of the windows of one expression: what bounds its memory.
pub const MAX_MEMORY: usize = 1_000_000;
/// The same of all expressions that are computed together.
pub const MAX_TOTAL_MEMORY: usize = 5_000_000;
/// The largest number of operations of one expression, with every function replaced by its definition and equal ones counted once.
pub const MAX_NODES: usize = 10_000;
/// How deep models may use models in their features.
pub const MAX_MODEL_DEPTH: usize = 4;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A number.
    Number,
    /// True or false: 1 or 0.
    Boolean,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Number => "number",
            Self::Boolean => "boolean",
        })
    }
}

impl Kind {
    pub(crate) const fn with_article(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Boolean => "a boolean",
        }
    }
}
