//! Operators and conditions: types checked, then operations.

use super::{require, text_misplaced, Lowering, Result, Scope, Value};
use crate::expr::error::Place;
use crate::expr::graph::ClockId;
use crate::expr::op::Op;
use crate::expr::syntax::{Level, Operator, Prefix, Span, Tree};
use crate::expr::Kind;

impl Lowering<'_> {
    pub(super) fn prefix<'v>(
        &mut self,
        prefix: Prefix,
        operand: &Tree<'v>,
        scope: Scope<'_, 'v>,
    ) -> Result<Value<'v>> {
        let value = self.tree(operand, scope)?;
        let (op, kind) = match prefix {
            Prefix::Not => (Op::Not, Kind::Boolean),
            Prefix::Plus | Prefix::Minus => (Op::Negate, Kind::Number),
        };
        require(Place::Operator(prefix.symbol()), kind, value, operand.span)?;
        if prefix == Prefix::Plus {
            return Ok(value);
        }
        self.apply(op, kind, &[value], scope.clock, operand.span)
    }

    pub(super) fn chain<'v>(
        &mut self,
        first: &Tree<'v>,
        rest: &[(Operator, Tree<'v>)],
        scope: Scope<'_, 'v>,
    ) -> Result<Value<'v>> {
        let mut left = (self.tree(first, scope)?, first.span);
        let mut comparisons = None;
        for (operator, operand) in rest {
            let right = (self.tree(operand, scope)?, operand.span);
            let value = self.binary(*operator, left, right, scope.clock)?;
            let span = left.1.to(right.1);
            if is_comparison(*operator) {
                // `a < b < c` is `a < b and b < c`, with b computed once.
                comparisons = Some(match comparisons {
                    Some(before) => {
                        self.apply(Op::And, Kind::Boolean, &[before, value], scope.clock, span)?
                    }
                    None => value,
                });
                left = right;
            } else {
                left = (value, span);
            }
        }
        Ok(comparisons.unwrap_or(left.0))
    }

    fn binary<'v>(
        &mut self,
        operator: Operator,
        left: (Value<'v>, Span),
        right: (Value<'v>, Span),
        clock: ClockId,
    ) -> Result<Value<'v>> {
        let place = Place::Operator(operator.symbol());
        let (op, operand_kind, kind) = operation(operator);
        let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let operand_kind = match left.0.kind() {
            Some(of_left) if is_equality => of_left,
            _ => operand_kind,
        };
        require(place, operand_kind, left.0, left.1)?;
        require(place, operand_kind, right.0, right.1)?;
        let is_swapped = matches!(operator, Operator::Greater | Operator::GreaterEqual);
        let operands = if is_swapped { [right.0, left.0] } else { [left.0, right.0] };
        self.apply(op, kind, &operands, clock, left.1.to(right.1))
    }

    /// Of a condition and two branches of one type.
    pub(super) fn conditional<'v>(
        &mut self,
        [condition, yes, no]: [&Tree<'v>; 3],
        scope: Scope<'_, 'v>,
    ) -> Result<Value<'v>> {
        let yes_value = self.tree(yes, scope)?;
        let condition_value = self.tree(condition, scope)?;
        let no_value = self.tree(no, scope)?;
        require(Place::Condition, Kind::Boolean, condition_value, condition.span)?;
        let kind = yes_value.kind().ok_or_else(|| text_misplaced(Place::Branch).at(yes.span))?;
        require(Place::Branch, kind, no_value, no.span)?;
        let operands = [condition_value, yes_value, no_value];
        self.apply(Op::Where, kind, &operands, scope.clock, yes.span.to(no.span))
    }
}

/// The operation of an operator, the type of its operands and of its value.
fn operation(operator: Operator) -> (Op, Kind, Kind) {
    use Kind::{Boolean, Number};
    match operator {
        Operator::Or => (Op::Or, Boolean, Boolean),
        Operator::And => (Op::And, Boolean, Boolean),
        Operator::Less | Operator::Greater => (Op::Less, Number, Boolean),
        Operator::LessEqual | Operator::GreaterEqual => (Op::LessEqual, Number, Boolean),
        Operator::Equal => (Op::Equal, Number, Boolean),
        Operator::NotEqual => (Op::NotEqual, Number, Boolean),
        Operator::Add => (Op::Add, Number, Number),
        Operator::Subtract => (Op::Subtract, Number, Number),
        Operator::Multiply => (Op::Multiply, Number, Number),
        Operator::Divide => (Op::Divide, Number, Number),
        Operator::Remainder => (Op::Remainder, Number, Number),
        Operator::Power => (Op::Power, Number, Number),
    }
}

fn is_comparison(operator: Operator) -> bool {
    operator.level() == Level::Comparison
}
