//! Calls of functions.

use super::arguments::Bound;
use super::{unknown_function, Lowering, Result, Scope, Value};
use crate::expr::error::{short, ExpressionErrorKind};
use crate::expr::function::{Body, Function, Output, ParameterKind, ResultKind, Settings};
use crate::expr::functions::entry_of;
use crate::expr::graph::{Operation, BASE_CLOCK};
use crate::expr::op::Op;
use crate::expr::suggestion::nearest;
use crate::expr::syntax::{Call, Span};
use crate::expr::Kind;

impl Lowering<'_> {
    pub(super) fn call<'v>(
        &mut self,
        call: &Call<'v>,
        span: Span,
        scope: Scope<'_, 'v>,
    ) -> Result<Value<'v>> {
        let Some(entry) = entry_of(call.name.text) else {
            return Err(unknown_function(call.name.text).at(call.name.span));
        };
        let function = entry.function;
        if let Body::Bars = function.body {
            return self.bars(function, call, span, scope);
        }
        let definition = match function.body {
            Body::Outputs(outputs) => chosen(function, outputs, call, span)?,
            _ => match call.attribute {
                Some(name) => {
                    return Err(ExpressionErrorKind::attribute_unexpected(name.text).at(name.span));
                }
                None => 0,
            },
        };
        if let Body::Model = function.body {
            return self.model(function, call, span, scope);
        }
        let bound = self.bind(function, call, span, scope)?;
        match entry.definitions.get(definition) {
            Some(tree) => {
                let parameters = function.parameters;
                let scope = Scope { clock: scope.clock, parameters, values: &bound.values };
                self.tree(tree, scope).map_err(|error| error.kind.at(span))
            }
            None => self.operation(function, &bound, span, scope),
        }
    }

    /// A function that is an operation.
    fn operation<'v>(
        &mut self,
        function: &'static Function,
        bound: &Bound<'v>,
        span: Span,
        scope: Scope<'_, 'v>,
    ) -> Result<Value<'v>> {
        let clock = scope.clock;
        let settings = Settings { parameters: function.parameters, values: &bound.settings };
        match function.body {
            Body::Primitive(op) => self.primitive(function, op(&settings), bound, span, scope),
            Body::OfFields(fields, op) => {
                let mut operands = Vec::with_capacity(fields.len());
                for &field in fields {
                    operands.push(self.series(
                        Kind::Number,
                        clock,
                        Operation::Field(field),
                        span,
                    )?);
                }
                self.apply(op(&settings), Kind::Number, &operands, clock, span)
            }
            Body::Calendar(field) => {
                self.series(Kind::Number, clock, Operation::Calendar(field), span)
            }
            Body::CrossSection(op) => {
                if clock != BASE_CLOCK {
                    let function = function.name;
                    return Err(ExpressionErrorKind::CrossSectionInBars { function }.at(span));
                }
                let operand = self.node(bound.values[0], clock, span)?;
                self.series(Kind::Number, clock, Operation::CrossSection(op, operand), span)
            }
            Body::Definition(_) | Body::Outputs(_) | Body::Bars | Body::Model => {
                unreachable!("has been lowered before")
            }
        }
    }

    fn primitive<'v>(
        &mut self,
        function: &'static Function,
        op: Op,
        bound: &Bound<'v>,
        span: Span,
        scope: Scope<'_, 'v>,
    ) -> Result<Value<'v>> {
        let mut operands = Vec::with_capacity(3);
        let mut kind = Kind::Number;
        for (parameter, value) in function.parameters.iter().zip(&bound.values) {
            if parameter.is_series() {
                operands.push(*value);
            }
            if parameter.kind == ParameterKind::Either {
                kind = value.kind().unwrap_or(kind);
            }
        }
        if let ResultKind::Is(result) = function.result {
            kind = result;
        }
        self.apply(op, kind, &operands, scope.clock, span)
    }
}

/// Which of several values a call means.
fn chosen(
    function: &'static Function,
    outputs: &'static [Output],
    call: &Call<'_>,
    span: Span,
) -> Result<usize> {
    let attributes = || outputs.iter().map(|output| output.name).collect::<Vec<_>>();
    let Some(attribute) = call.attribute else {
        let attributes = attributes();
        return Err(
            ExpressionErrorKind::AttributeMissing { function: function.name, attributes }.at(span)
        );
    };
    outputs.iter().position(|output| output.name == attribute.text).ok_or_else(|| {
        let kind = ExpressionErrorKind::AttributeUnknown {
            function: function.name,
            attribute: short(attribute.text),
            attributes: attributes(),
            suggestion: nearest(attribute.text, attributes()),
        };
        kind.at(attribute.span)
    })
}
