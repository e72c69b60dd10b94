//! A tree into a graph: names are found, types are checked, definitions are put in place, constants are computed.

mod arguments;
mod call;
mod named;
mod operators;
mod source;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::rc::Rc;

use super::error::{
    short, BoxedResult as Result, CompileError, ExpressionError, ExpressionErrorKind, Place,
};
use super::function::{Function, Parameter};
use super::functions::{derived, derived_fields, entry_of, functions};
use super::graph::{ClockId, Field, Graph, NodeId, Operation, BASE_CLOCK};
use super::kernel;
use super::models::Models;
use super::names::Names;
use super::op::{Op, Real};
use super::parser;
use super::suggestion::{nearest, DidYouMean};
use super::syntax::{Form, Span, Tree};
use super::{Kind, MAX_MEMORY, MAX_NODES, MAX_TOTAL_MEMORY};

/// Lowers texts into one graph; its outputs are in the order of the texts. Equal parts of them are computed once.
///
/// # Errors
/// [`CompileError`] for the first text that is no expression.
pub fn compile<T: AsRef<str>>(
    texts: impl IntoIterator<Item = T>,
    models: &dyn Models,
) -> std::result::Result<Graph, CompileError> {
    let mut compiler = Compiler::new(models);
    for (index, text) in texts.into_iter().enumerate() {
        compiler.output(text.as_ref()).map_err(|error| CompileError { index, error })?;
    }
    Ok(compiler.finish())
}

/// Lowers texts into one graph, one after the other. Equal parts of them are computed once.
pub struct Compiler<'m> {
    lowering: Lowering<'m>,
}

impl<'m> Compiler<'m> {
    /// Has lowered nothing.
    #[must_use]
    pub fn new(models: &'m dyn Models) -> Self {
        Self { lowering: Lowering::new(models) }
    }

    /// What names mean in the texts to come.
    pub fn set_names(&mut self, names: Names) {
        self.lowering.names = Rc::new(names);
    }

    /// Makes a text the next output of the graph; returns the type of its values.
    ///
    /// # Errors
    /// [`ExpressionError`] if it is no expression; outputs stay as they were.
    pub fn output(&mut self, text: &str) -> std::result::Result<Kind, ExpressionError> {
        self.lowering.output(text).map_err(|error| *error)
    }

    /// The graph.
    #[must_use]
    pub fn finish(self) -> Graph {
        self.lowering.graph
    }
}

/// What a part of a text stands for. Constants become nodes only where a series needs them.
#[derive(Clone, Copy, Debug)]
enum Value<'v> {
    Constant(Kind, f64),
    Series(Kind, NodeId),
    Text(&'v str),
}

impl Value<'_> {
    fn kind(self) -> Option<Kind> {
        match self {
            Value::Constant(kind, _) | Value::Series(kind, _) => Some(kind),
            Value::Text(_) => None,
        }
    }

    /// As an error names it.
    fn found(self) -> &'static str {
        self.kind().map_or("a text", Kind::with_article)
    }
}

/// Where a tree is lowered: whose bars, and what a definition's parameters are.
#[derive(Clone, Copy)]
struct Scope<'s, 'v> {
    clock: ClockId,
    parameters: &'static [Parameter],
    values: &'s [Value<'v>],
}

impl<'v> Scope<'_, 'v> {
    fn of_clock(clock: ClockId) -> Self {
        Self { clock, parameters: &[], values: &[] }
    }

    fn get(&self, name: &str) -> Option<Value<'v>> {
        let place = self.parameters.iter().position(|parameter| parameter.name == name)?;
        Some(self.values[place])
    }
}

struct Lowering<'m> {
    graph: Graph,
    models: &'m dyn Models,
    names: Rc<Names>,
    /// What the names of expressions stand for in this one.
    named: HashMap<(String, ClockId), Value<'static>>,
    /// The names whose expressions are being lowered.
    open_names: Vec<String>,
    /// The models whose features are being lowered.
    open_models: Vec<String>,
    /// How many trees are being lowered, each a part of the one before.
    depth: usize,
    /// The features of this expression's models.
    features: HashMap<(String, ClockId), Box<[NodeId]>>,
    /// Which expression each node was counted for last.
    counted_for: Vec<usize>,
    expression: usize,
    nodes: usize,
    memory: usize,
    /// Of all expressions, equal parts once.
    total_memory: usize,
}

impl<'m> Lowering<'m> {
    fn new(models: &'m dyn Models) -> Self {
        Self {
            graph: Graph::default(),
            models,
            names: Rc::default(),
            named: HashMap::new(),
            open_names: Vec::new(),
            open_models: Vec::new(),
            depth: 0,
            features: HashMap::new(),
            counted_for: Vec::new(),
            expression: 0,
            nodes: 0,
            memory: 0,
            total_memory: 0,
        }
    }

    /// Adds a whole text. Its limits do not depend on the texts before it.
    fn output(&mut self, text: &str) -> Result<Kind> {
        self.expression += 1;
        (self.nodes, self.memory, self.depth) = (0, 0, 0);
        self.features.clear();
        self.named.clear();
        self.open_names.clear();
        self.open_models.clear();
        let tree = parser::parse(text)?;
        let value = self.tree(&tree, Scope::of_clock(BASE_CLOCK))?;
        let kind = value.kind().ok_or_else(|| text_misplaced(Place::Expression).at(tree.span))?;
        let node = self.node(value, BASE_CLOCK, tree.span)?;
        self.graph.add_output(node, kind);
        Ok(kind)
    }

    fn tree<'v>(&mut self, tree: &Tree<'v>, scope: Scope<'_, 'v>) -> Result<Value<'v>> {
        self.depth += 1;
        let value = self.form(tree, scope);
        self.depth -= 1;
        value
    }

    fn form<'v>(&mut self, tree: &Tree<'v>, scope: Scope<'_, 'v>) -> Result<Value<'v>> {
        match &tree.form {
            Form::Number(value) => Ok(Value::Constant(Kind::Number, *value)),
            Form::Boolean(value) => Ok(Value::Constant(Kind::Boolean, f64::from(u8::from(*value)))),
            Form::Text(text) => Ok(Value::Text(text)),
            Form::Name(name) => self.name(name, tree.span, scope),
            Form::Prefix(prefix, operand) => self.prefix(*prefix, operand, scope),
            Form::Chain(first, rest) => self.chain(first, rest, scope),
            Form::Conditional(parts) => {
                let operands = [&parts.condition, &parts.yes, &parts.no];
                self.conditional(operands, scope)
            }
            Form::Call(call) => self.call(call, tree.span, scope),
        }
    }

    fn name<'v>(&mut self, name: &str, span: Span, scope: Scope<'_, 'v>) -> Result<Value<'v>> {
        if let Some(value) = scope.get(name) {
            return Ok(value);
        }
        if let Some(field) = Field::from_name(name) {
            return self.series(Kind::Number, scope.clock, Operation::Field(field), span);
        }
        match derived(name) {
            Some(tree) => {
                self.tree(tree, Scope::of_clock(scope.clock)).map_err(|error| error.kind.at(span))
            }
            None => self.named(name, span, scope.clock),
        }
    }

    /// An operation on values of checked types. Of constants it is a constant.
    fn apply<'v>(
        &mut self,
        op: Op,
        kind: Kind,
        operands: &[Value<'v>],
        clock: ClockId,
        span: Span,
    ) -> Result<Value<'v>> {
        if op.is_elementwise() {
            if let Some(values) = constants(operands) {
                return Ok(Value::Constant(kind, kernel::elementwise(op, values)));
            }
        }
        let operands: Result<Box<[NodeId]>> =
            operands.iter().map(|operand| self.node(*operand, clock, span)).collect();
        self.series(kind, clock, Operation::Apply(op, operands?), span)
    }

    /// The node of a value that is no text.
    fn node(&mut self, value: Value<'_>, clock: ClockId, span: Span) -> Result<NodeId> {
        match value {
            Value::Constant(_, value) => {
                self.add(clock, Operation::Constant(Real::new(value)), span)
            }
            Value::Series(_, node) => Ok(node),
            Value::Text(_) => Err(text_misplaced(Place::Expression).at(span)),
        }
    }

    fn series<'v>(
        &mut self,
        kind: Kind,
        clock: ClockId,
        operation: Operation,
        span: Span,
    ) -> Result<Value<'v>> {
        Ok(Value::Series(kind, self.add(clock, operation, span)?))
    }

    /// Adds a node and counts it, once an expression.
    fn add(&mut self, clock: ClockId, operation: Operation, span: Span) -> Result<NodeId> {
        let memory = if let Operation::Apply(op, _) = &operation { op.memory() } else { 0 };
        let node = self.graph.add(clock, operation);
        self.counted_for.resize(self.graph.nodes().len(), 0);
        if self.counted_for[node] == 0 {
            self.total_memory += memory;
        }
        if self.counted_for[node] != self.expression {
            self.counted_for[node] = self.expression;
            self.nodes += 1;
            self.memory += memory;
        }
        if self.nodes > MAX_NODES {
            return Err(ExpressionErrorKind::TooManyNodes.at(span));
        }
        if self.memory > MAX_MEMORY {
            return Err(ExpressionErrorKind::MemoryTooLarge.at(span));
        }
        if self.total_memory > MAX_TOTAL_MEMORY {
            return Err(ExpressionErrorKind::TotalMemoryTooLarge.at(span));
        }
        Ok(node)
    }
}

/// The values of operands that are all constant.
fn constants(operands: &[Value<'_>]) -> Option<[f64; 3]> {
    let mut values = [f64::NAN; 3];
    for (value, operand) in values.iter_mut().zip(operands) {
        let Value::Constant(_, constant) = operand else { return None };
        *value = *constant;
    }
    Some(values)
}

fn require(place: Place, kind: Kind, value: Value<'_>, span: Span) -> Result<()> {
    if value.kind() == Some(kind) {
        return Ok(());
    }
    let (expected, found) = (kind.with_article(), value.found());
    Err(ExpressionErrorKind::TypeMismatch { place, expected, found }.at(span))
}

fn text_misplaced(place: Place) -> ExpressionErrorKind {
    let (expected, found) = ("a number or a boolean", "a text");
    ExpressionErrorKind::TypeMismatch { place, expected, found }
}

fn unknown_name(name: &str, names: &Names) -> ExpressionErrorKind {
    if let Some(entry) = entry_of(name) {
        let Function { name: function, .. } = *entry.function;
        let signature = entry.function.signature();
        return ExpressionErrorKind::NotCalled { function, signature };
    }
    let fields = Field::ALL.iter().map(|field| field.name());
    let derived = derived_fields().iter().map(|field| field.name);
    let suggestion =
        nearest(name, fields.chain(derived).chain(["True", "False"]).chain(names.all()));
    ExpressionErrorKind::NameUnknown { name: short(name), suggestion }
}

fn unknown_function(name: &str) -> ExpressionErrorKind {
    let suggestion = if Field::from_name(name).is_some() {
        DidYouMean::default()
    } else {
        nearest(name, functions().map(|function| function.name))
    };
    ExpressionErrorKind::FunctionUnknown { name: short(name), suggestion }
}
