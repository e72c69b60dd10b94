//! What there is to say of an expression before it is evaluated: what it is, reads, waits for and costs.

use std::fmt::{self, Write as _};

use super::canonical;
use super::expression::Expression;
use super::graph::{ClockId, Field, Graph, ModelUse, NodeId, Operation, BASE_CLOCK};
use super::parser;
use super::syntax::{Form, Tree};
use super::Kind;

/// An expression described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The type of its value.
    pub kind: Kind,
    /// What it reads and waits for: of the series it is evaluated on first, then of the others.
    pub clocks: Vec<ClockUse>,
    /// Whether it compares the members of a universe.
    pub needs_universe: bool,
    /// The models it uses.
    pub models: Vec<ModelUse>,
    /// What it takes to evaluate it.
    pub cost: Cost,
    /// Its parts, one a line; a part of a part that is more than a name or a number is `…` and has a line of its own.
    pub tree: String,
}

/// What an expression takes of one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockUse {
    /// Its name; `None` for the series the expression is evaluated on.
    pub name: Option<String>,
    /// The fields it reads, each once.
    pub fields: Vec<Field>,
    /// How many of its bars come before the first value.
    pub warm_up: usize,
}

/// What evaluating takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// How many operations a bar: one for each that is neither a constant nor a column. Equal ones are computed once.
    pub operations: usize,
    /// How many values are remembered from bar to bar.
    pub memory: usize,
}

impl Cost {
    /// What a graph takes with all of its outputs.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let is_column = |operation: &Operation| {
            matches!(
                operation,
                Operation::Constant(_) | Operation::Field(_) | Operation::Calendar(_)
            )
        };
        let mut cost = Self { operations: 0, memory: 0 };
        let reached = graph.reached(graph.outputs());
        for (node, _) in graph.nodes().iter().zip(reached).filter(|(_, is_reached)| *is_reached) {
            cost.operations += usize::from(!is_column(&node.operation));
            if let Operation::Apply(op, _) = &node.operation {
                cost.memory += op.memory();
            }
        }
        cost
    }
}

impl Expression {
    /// What there is to say of it.
    #[must_use]
    pub fn describe(&self) -> Description {
        let graph = self.graph();
        let output = graph.outputs()[0];
        let clocks =
            (BASE_CLOCK..=graph.clocks().len()).map(|clock| clock_use(graph, output, clock));
        let tree = parser::parse(self.text()).map(|tree| render(&tree)).unwrap_or_default();
        Description {
            kind: self.kind(),
            clocks: clocks.collect(),
            needs_universe: self.needs_universe(),
            models: graph.models().to_vec(),
            cost: Cost::of(graph),
            tree,
        }
    }
}

fn clock_use(graph: &Graph, output: NodeId, clock: ClockId) -> ClockUse {
    let name = clock.checked_sub(1).map(|place| graph.clocks()[place].clone());
    ClockUse {
        name,
        fields: graph.fields(output, clock),
        warm_up: graph.warm_up_of_clock(output, clock),
    }
}

impl fmt::Display for Description {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "type       {}", self.kind)?;
        for clock in &self.clocks {
            let names: Vec<&str> = clock.fields.iter().map(|field| field.name()).collect();
            let fields = if names.is_empty() { "no fields".to_owned() } else { names.join(", ") };
            let series = clock.name.as_deref().map_or(String::new(), |name| format!(" of {name}"));
            writeln!(formatter, "reads      {fields}{series}")?;
            writeln!(formatter, "warm-up    {}{series}", counted(clock.warm_up, "bar"))?;
        }
        if self.needs_universe {
            writeln!(formatter, "universe   needed")?;
        }
        for model in &self.models {
            let allowed = if model.is_in_sample { " (in sample)" } else { "" };
            writeln!(formatter, "model      {}{allowed}", model.name)?;
        }
        let Cost { operations, memory } = self.cost;
        let operations = counted(operations, "operation");
        let memory = counted(memory, "value");
        writeln!(formatter, "cost       {operations} a bar, {memory} remembered")?;
        write!(formatter, "\n{}", self.tree)
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The parts of a tree, one a line.
fn render(tree: &Tree<'_>) -> String {
    let mut out = head(tree);
    render_parts(tree, "", &mut out);
    out
}

fn render_parts(tree: &Tree<'_>, indent: &str, out: &mut String) {
    let mut parts = tree.operands().into_iter().filter(|part| !part.is_leaf()).peekable();
    while let Some(part) = parts.next() {
        let (branch, below) =
            if parts.peek().is_some() { ("├─ ", "│  ") } else { ("└─ ", "   ") };
        let _ = write!(out, "\n{indent}{branch}{}", head(part));
        render_parts(part, &format!("{indent}{below}"), out);
    }
}

/// A tree with `…` for each part that has parts.
fn head(tree: &Tree<'_>) -> String {
    let shown = tree.with_operands(|part| {
        if part.is_leaf() {
            part.clone()
        } else {
            Tree { span: part.span, form: Form::Name("…") }
        }
    });
    canonical::text(&shown)
}
