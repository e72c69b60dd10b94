//! Tokens into a tree, by Pratt's method: every operator has a level, and one loop serves all levels. Precedence is Python's.

use super::error::{BoxedResult as Result, ExpressionErrorKind};
use super::lexer::{tokenize, Token, TokenKind};
use super::syntax::{Argument, Call, Conditional, Form, Level, Name, Operator, Prefix, Span, Tree};
use super::MAX_DEPTH;

#[cfg(test)]
mod tests;

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Result<Tree<'_>> {
    let mut parser = Parser { tokens: tokenize(text)?, next: 0, depth: 0 };
    let tree = parser.expression()?;
    parser.expect(TokenKind::End, "an operator or the end of the text")?;
    Ok(tree)
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn expression(&mut self) -> Result<Tree<'a>> {
        let yes = self.operation(Level::Conditional)?;
        if self.peek().kind != TokenKind::If {
            return Ok(yes);
        }
        let keyword = self.advance();
        let condition = self.operation(Level::Conditional)?;
        self.expect(TokenKind::Else, "'else'")?;
        let no = self.nested(keyword.span, Self::expression)?;
        let span = yes.span.to(no.span);
        let form = Form::Conditional(Box::new(Conditional { yes, condition, no }));
        Ok(Tree { span, form })
    }

    /// Parses as far as operators bind tighter than `above`.
    fn operation(&mut self, above: Level) -> Result<Tree<'a>> {
        let mut left = self.prefix(above)?;
        while let Some(operator) = self.operator() {
            if operator.level() <= above {
                break;
            }
            left = self.chain(left, operator.level())?;
        }
        Ok(left)
    }

    /// What follows a first operand on the level of its operator.
    fn chain(&mut self, first: Tree<'a>, level: Level) -> Result<Tree<'a>> {
        let mut span = first.span;
        // Parentheses that change nothing leave no trace: `(a + b) + c` is `a + b + c`.
        let merges = level.groups_left() && first.level() == level;
        let (first, mut rest) = match first.form {
            Form::Chain(first, rest) if merges => (first, rest),
            form => (Box::new(Tree { span, form }), Vec::new()),
        };
        while let Some(operator) = self.operator().filter(|operator| operator.level() == level) {
            let token = self.advance();
            let right = if operator == Operator::Power {
                // To the right of `**` a sign binds tighter: `2 ** -1`.
                self.nested(token.span, |parser| parser.operation(Level::Product))?
            } else {
                self.operation(level)?
            };
            span = span.to(right.span);
            rest.push((operator, right));
        }
        Ok(Tree { span, form: Form::Chain(first, rest) })
    }

    fn operator(&self) -> Option<Operator> {
        match self.peek().kind {
            TokenKind::Operator(operator) => Some(operator),
            _ => None,
        }
    }

    fn prefix(&mut self, above: Level) -> Result<Tree<'a>> {
        let token = *self.peek();
        let (prefix, operand_above) = match token.kind {
            TokenKind::Operator(Operator::Add) => (Prefix::Plus, Level::Product),
            TokenKind::Operator(Operator::Subtract) => (Prefix::Minus, Level::Product),
            TokenKind::Not if above < Level::Not => (Prefix::Not, Level::And),
            TokenKind::Not => {
                return unexpected("parentheses around 'not …'", &token);
            }
            _ => return self.postfix(),
        };
        self.advance();
        let operand = self.nested(token.span, |parser| parser.operation(operand_above))?;
        let span = token.span.to(operand.span);
        Ok(Tree { span, form: Form::Prefix(prefix, Box::new(operand)) })
    }

    /// An operand and its attribute.
    fn postfix(&mut self) -> Result<Tree<'a>> {
        let mut tree = self.operand()?;
        while self.peek().kind == TokenKind::Dot {
            self.advance();
            let token = self.advance();
            let TokenKind::Name(text) = token.kind else {
                return unexpected("an attribute's name", &token);
            };
            match &mut tree.form {
                Form::Call(call) if call.attribute.is_none() => {
                    call.attribute = Some(Name { text, span: token.span });
                    tree.span = tree.span.to(token.span);
                }
                _ => return Err(ExpressionErrorKind::attribute_unexpected(text).at(token.span)),
            }
        }
        Ok(tree)
    }

    fn operand(&mut self) -> Result<Tree<'a>> {
        let token = self.advance();
        let form = match token.kind {
            TokenKind::Number(value) => Form::Number(value),
            TokenKind::Boolean(value) => Form::Boolean(value),
            TokenKind::Text(text) => Form::Text(text),
            TokenKind::Name(text) if self.peek().kind == TokenKind::LeftParenthesis => {
                let name = Name { text, span: token.span };
                return self.nested(token.span, |parser| parser.call(name));
            }
            TokenKind::Name(text) => Form::Name(text),
            TokenKind::LeftParenthesis => {
                let inner = self.nested(token.span, Self::expression)?;
                let end = self.expect(TokenKind::RightParenthesis, "an operator or ')'")?;
                return Ok(Tree { span: token.span.to(end), form: inner.form });
            }
            _ => return unexpected("a number, a name, a function or '('", &token),
        };
        Ok(Tree { span: token.span, form })
    }

    /// `(arguments)`, after the name.
    fn call(&mut self, name: Name<'a>) -> Result<Tree<'a>> {
        self.advance();
        let mut arguments: Vec<Argument<'a>> = Vec::new();
        while self.peek().kind != TokenKind::RightParenthesis {
            let argument = self.argument()?;
            let follows_keyword = arguments.last().is_some_and(|last| last.keyword.is_some());
            if follows_keyword && argument.keyword.is_none() {
                return Err(ExpressionErrorKind::PositionalAfterKeyword.at(argument.value.span));
            }
            arguments.push(argument);
            if self.peek().kind != TokenKind::Comma {
                break;
            }
            self.advance();
        }
        let end = self.expect(TokenKind::RightParenthesis, "an operator, ',' or ')'")?;
        let form = Form::Call(Call { name, arguments, attribute: None });
        Ok(Tree { span: name.span.to(end), form })
    }

    fn argument(&mut self) -> Result<Argument<'a>> {
        let token = *self.peek();
        let is_named =
            self.tokens.get(self.next + 1).is_some_and(|next| next.kind == TokenKind::Assign);
        let keyword = match token.kind {
            TokenKind::Name(text) if is_named => {
                self.advance();
                self.advance();
                Some(Name { text, span: token.span })
            }
            _ => None,
        };
        Ok(Argument { keyword, value: self.expression()? })
    }

    /// Goes one level down. The limit keeps a text from exhausting the stack.
    fn nested<T>(&mut self, span: Span, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_DEPTH {
            return Err(ExpressionErrorKind::TooDeep.at(span));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn peek(&self) -> &Token<'a> {
        &self.tokens[self.next]
    }

    /// Takes the next token; `End` is never passed.
    fn advance(&mut self) -> Token<'a> {
        let token = *self.peek();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn expect(&mut self, kind: TokenKind<'_>, expected: &'static str) -> Result<Span> {
        let token = self.advance();
        if token.kind == kind {
            Ok(token.span)
        } else {
            unexpected(expected, &token)
        }
    }
}

fn unexpected<T>(expected: &'static str, token: &Token<'_>) -> Result<T> {
    let kind = match token.kind {
        TokenKind::Assign => ExpressionErrorKind::OperatorUnknown { found: "=", instead: "==" },
        _ => ExpressionErrorKind::Unexpected { expected, found: token.found() },
    };
    Err(kind.at(token.span))
}
