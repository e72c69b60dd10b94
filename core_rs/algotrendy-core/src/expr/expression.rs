//! One parsed text.

use std::str::FromStr;

use super::canonical;
use super::error::ExpressionError;
use super::graph::{Field, Graph, Operation, BASE_CLOCK};
use super::lower::compile;
use super::models::{Models, NoModels};
use super::{parser, Kind};

/// A parsed expression. It holds no state: any number of evaluations can run from it.
///
/// Two are equal if they compute the same by the same operations, however they are written.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    graph: Graph,
}

impl Expression {
    /// Parses a text that uses no models.
    ///
    /// # Errors
    /// [`ExpressionError`] if it is no expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        Self::with_models(text, &NoModels)
    }

    /// Parses a text that may use these models.
    ///
    /// # Errors
    /// [`ExpressionError`] if it is no expression.
    pub fn with_models(text: &str, models: &dyn Models) -> Result<Self, ExpressionError> {
        let graph = compile([text], models).map_err(|refusal| refusal.error)?;
        Ok(Self { text: text.to_owned(), graph })
    }

    /// The text it was parsed from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text with the spaces and parentheses that one person would write, and without comments: it parses to the same graph,
    /// unless the spaces make it longer than a text may be.
    #[must_use]
    pub fn canonical(&self) -> String {
        parser::parse(&self.text).map(|tree| canonical::text(&tree)).unwrap_or_default()
    }

    /// What it computes: a graph of one output.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The type of its value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.graph.output_kinds()[0]
    }

    /// How many bars come before the first value, whatever the data. Bars of other series are not counted.
    #[must_use]
    pub fn warm_up(&self) -> usize {
        self.graph.warm_up(self.graph.outputs()[0])
    }

    /// The fields it reads of the series it is evaluated on, each once, in the order of [`Field::ALL`].
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        self.graph.fields(self.graph.outputs()[0], BASE_CLOCK)
    }

    /// Whether it compares the members of a universe.
    #[must_use]
    pub fn needs_universe(&self) -> bool {
        self.graph.nodes().iter().any(|node| matches!(node.operation, Operation::CrossSection(..)))
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.graph == other.graph
    }
}

impl Eq for Expression {}

impl std::hash::Hash for Expression {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.graph.hash(state);
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
