//! Tokens into a tree, by Pratt's method: every operator has a binding power, and a loop needs no rule per level.

use super::ast::{Ast, Field, Function, Node, Operator};
use super::error::{ExpressionError, ExpressionErrorKind};
use super::lexer::{tokenize, Token, TokenKind};
use super::{MAX_DEPTH, MAX_TOTAL_WINDOW, MAX_WINDOW};

const ADDITIVE_POWER: u8 = 1;
const MULTIPLICATIVE_POWER: u8 = 2;
const SIGN_POWER: u8 = 3;

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Result<Ast, ExpressionError> {
    let mut parser =
        Parser { tokens: tokenize(text)?, next: 0, depth: 0, total_window: 0, nodes: Vec::new() };
    parser.expression(0)?;
    parser.expect(&TokenKind::End, "an operator or the end of the text")?;
    Ok(Ast::new(parser.nodes))
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    total_window: usize,
    nodes: Vec<Node>,
}

impl Parser {
    /// Parses as far as operators bind tighter than `min_power`; returns the index of the node.
    fn expression(&mut self, min_power: u8) -> Result<usize, ExpressionError> {
        let mut left = self.operand()?;
        while let Some((operator, power)) = binary_operator(&self.peek().kind) {
            if power <= min_power {
                break;
            }
            self.advance();
            let right = self.expression(power)?;
            left = self.add(Node::Binary { operator, left, right });
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<usize, ExpressionError> {
        let Token { kind, position } = self.advance();
        match kind {
            TokenKind::Number { value, .. } => Ok(self.add(Node::Number(value))),
            TokenKind::Name(name) if self.peek().kind == TokenKind::LeftParenthesis => {
                self.nested(position, |parser| parser.call(&name, position))
            }
            TokenKind::Name(name) => match Field::from_name(&name) {
                Some(field) => Ok(self.add(Node::Field(field))),
                None => Err(ExpressionError {
                    position,
                    kind: ExpressionErrorKind::FieldUnknown { name },
                }),
            },
            TokenKind::Minus => {
                let operand = self.nested(position, |parser| parser.expression(SIGN_POWER))?;
                Ok(self.add(Node::Negate { operand }))
            }
            TokenKind::LeftParenthesis => {
                let inner = self.nested(position, |parser| parser.expression(0))?;
                self.expect(&TokenKind::RightParenthesis, "an operator or ')'")?;
                Ok(inner)
            }
            found => Err(unexpected("a number, a field, a function or '('", &found, position)),
        }
    }

    /// `function(series, window)`, after the name.
    fn call(&mut self, name: &str, position: usize) -> Result<usize, ExpressionError> {
        let Some(function) = Function::from_name(name) else {
            let kind = ExpressionErrorKind::FunctionUnknown { name: name.to_owned() };
            return Err(ExpressionError { position, kind });
        };
        self.advance();
        let operand = self.expression(0)?;
        self.expect(&TokenKind::Comma, "an operator or ',' and a window")?;
        let window = self.window(function)?;
        self.expect(&TokenKind::RightParenthesis, "')'")?;
        Ok(self.add(Node::Call { function, operand, window }))
    }

    fn window(&mut self, function: Function) -> Result<usize, ExpressionError> {
        let Token { kind, position } = self.advance();
        // Read from the digits, not from the number: 10.0 and 1e1 are no counts.
        let digits =
            if let TokenKind::Number { text, .. } = &kind { text.parse().ok() } else { None };
        let min = function.min_window();
        let Some(window) = digits.filter(|window| (min..=MAX_WINDOW).contains(window)) else {
            let found = if kind == TokenKind::Minus {
                "a negative number".to_owned()
            } else {
                kind.to_string()
            };
            let kind = ExpressionErrorKind::WindowInvalid { function: function.name(), min, found };
            return Err(ExpressionError { position, kind });
        };
        self.total_window += window;
        if self.total_window > MAX_TOTAL_WINDOW {
            return Err(ExpressionError { position, kind: ExpressionErrorKind::WindowsTooLarge });
        }
        Ok(window)
    }

    /// Goes one level down. The limit keeps a text from exhausting the stack.
    fn nested<T>(
        &mut self,
        position: usize,
        inner: impl FnOnce(&mut Self) -> Result<T, ExpressionError>,
    ) -> Result<T, ExpressionError> {
        if self.depth == MAX_DEPTH {
            return Err(ExpressionError { position, kind: ExpressionErrorKind::TooDeep });
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.next]
    }

    /// Takes the next token; `End` is never passed.
    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn expect(
        &mut self,
        expected: &TokenKind,
        description: &'static str,
    ) -> Result<(), ExpressionError> {
        let Token { kind, position } = self.advance();
        if kind == *expected {
            Ok(())
        } else {
            Err(unexpected(description, &kind, position))
        }
    }
}

fn unexpected(expected: &'static str, found: &TokenKind, position: usize) -> ExpressionError {
    let kind = ExpressionErrorKind::Unexpected { expected, found: found.to_string() };
    ExpressionError { position, kind }
}

fn binary_operator(kind: &TokenKind) -> Option<(Operator, u8)> {
    match kind {
        TokenKind::Plus => Some((Operator::Add, ADDITIVE_POWER)),
        TokenKind::Minus => Some((Operator::Subtract, ADDITIVE_POWER)),
        TokenKind::Star => Some((Operator::Multiply, MULTIPLICATIVE_POWER)),
        TokenKind::Slash => Some((Operator::Divide, MULTIPLICATIVE_POWER)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> (usize, String) {
        let refusal = parse(text).unwrap_err();
        (refusal.position, refusal.kind.to_string())
    }

    #[test]
    fn operands_come_before_what_uses_them() {
        let nodes = parse("close - ema(close, 3)").unwrap().nodes().to_vec();
        let expected = [
            Node::Field(Field::Close),
            Node::Field(Field::Close),
            Node::Call { function: Function::Ema, operand: 1, window: 3 },
            Node::Binary { operator: Operator::Subtract, left: 0, right: 2 },
        ];
        assert_eq!(nodes, expected);
    }

    #[test]
    fn a_refusal_says_where_and_what() {
        let cases = [
            ("", 0, "expected a number, a field, a function or '(', found the end of the text"),
            (
                "close +",
                7,
                "expected a number, a field, a function or '(', found the end of the text",
            ),
            ("(close", 6, "expected an operator or ')', found the end of the text"),
            ("close close", 6, "expected an operator or the end of the text, found \"close\""),
            ("price", 0, "\"price\" is not a field; the fields are open, high, low, close, volume"),
            ("1 + sma(close, 3)", 4, "\"sma\" is not a function; the functions are ret, ema, std"),
            ("ema(close)", 9, "expected an operator or ',' and a window, found ')'"),
            ("ema(close, 3", 12, "expected ')', found the end of the text"),
        ];
        for (text, position, message) in cases {
            assert_eq!(refusal(text), (position, message.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_window_is_a_whole_number_in_range() {
        let cases = [
            ("ema(close, 0)", "from 1 to 100000, not 0"),
            ("std(close, 1)", "from 2 to 100000, not 1"),
            ("ret(close, -1)", "from 1 to 100000, not a negative number"),
            ("ema(close, 2.5)", "from 1 to 100000, not 2.5"),
            ("ema(close, 100001)", "from 1 to 100000, not 100001"),
            ("ema(close, close)", "from 1 to 100000, not \"close\""),
        ];
        for (text, ending) in cases {
            let (position, message) = refusal(text);
            assert_eq!(position, 11, "{text}");
            assert!(message.ends_with(ending), "{message}");
        }
    }

    #[test]
    fn nesting_is_limited_and_chains_are_not() {
        let nested = |depth: usize| format!("{}close{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(parse(&nested(MAX_DEPTH + 1)).unwrap_err().kind, ExpressionErrorKind::TooDeep);
        assert_eq!(parse(&format!("{}1", "-".repeat(5_000))).unwrap_err().position, MAX_DEPTH);
        assert!(parse(&format!("1{}", "+1".repeat(4_000))).is_ok());
    }

    #[test]
    fn the_sum_of_windows_and_the_length_are_limited() {
        let calls = ["ema(close, 100000)"; 11].join(" + ");
        assert_eq!(parse(&calls).unwrap_err().kind, ExpressionErrorKind::WindowsTooLarge);
        assert_eq!(parse(&" ".repeat(10_001)).unwrap_err().kind, ExpressionErrorKind::TooLong);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused_within_itself(text in "\\PC*") {
            if let Err(refusal) = parse(&text) {
                prop_assert!(refusal.position <= text.chars().count());
            }
        }

        #[test]
        fn any_tokens_are_parsed_or_refused(tokens in prop::collection::vec(
            prop::sample::select(vec!["close", "ema(", "std(", ",", "(", ")", "+", "-", "*", "/", "3", "1e", ".", " "]), 0..40)
        ) {
            let _ = parse(&tokens.concat());
        }
    }
}
