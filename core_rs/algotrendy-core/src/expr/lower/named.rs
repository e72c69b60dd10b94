//! Names that are given with a text: constants and expressions.

use std::rc::Rc;

use super::source::MAX_TREES_AROUND;
use super::{text_misplaced, unknown_name, Lowering, Result, Scope, Value};
use crate::expr::error::{short, ExpressionErrorKind, Place};
use crate::expr::graph::ClockId;
use crate::expr::parser;
use crate::expr::syntax::Span;

impl Lowering<'_> {
    /// What a name stands for that the language does not know. The features of models know no such names.
    pub(super) fn named<'v>(
        &mut self,
        name: &str,
        span: Span,
        clock: ClockId,
    ) -> Result<Value<'v>> {
        let names = Rc::clone(&self.names);
        if !self.open_models.is_empty() {
            return Err(unknown_name(name, &super::Names::default()).at(span));
        }
        if let Some((kind, value)) = names.constant_of(name) {
            return Ok(Value::Constant(kind, value));
        }
        let Some(text) = names.expression_of(name) else {
            return Err(unknown_name(name, &names).at(span));
        };
        self.named_expression(name, text, span, clock)
    }

    /// It is lowered once an expression and clock, however often its name stands there.
    fn named_expression(
        &mut self,
        name: &str,
        text: &str,
        span: Span,
        clock: ClockId,
    ) -> Result<Value<'static>> {
        if self.open_names.iter().any(|open| open == name) {
            return Err(ExpressionErrorKind::NameRecursive { name: short(name) }.at(span));
        }
        if self.depth > MAX_TREES_AROUND {
            return Err(ExpressionErrorKind::NamesTooDeep.at(span));
        }
        let key = (name.to_owned(), clock);
        if let Some(known) = self.named.get(&key) {
            return Ok(*known);
        }
        self.open_names.push(name.to_owned());
        let lowered = self.lower_named(text, clock);
        self.open_names.pop();
        let lowered = lowered.map_err(|error| match error.kind {
            // What is wrong is the way the names use each other, not one of the texts.
            ExpressionErrorKind::NameRecursive { .. } | ExpressionErrorKind::NamesTooDeep => {
                error.kind.at(span)
            }
            _ => ExpressionErrorKind::NamedInvalid { name: short(name), error }.at(span),
        })?;
        self.named.insert(key, lowered);
        Ok(lowered)
    }

    fn lower_named(&mut self, text: &str, clock: ClockId) -> Result<Value<'static>> {
        let tree = parser::parse(text)?;
        match self.tree(&tree, Scope::of_clock(clock))? {
            Value::Constant(kind, value) => Ok(Value::Constant(kind, value)),
            Value::Series(kind, node) => Ok(Value::Series(kind, node)),
            Value::Text(_) => Err(text_misplaced(Place::Expression).at(tree.span)),
        }
    }
}
