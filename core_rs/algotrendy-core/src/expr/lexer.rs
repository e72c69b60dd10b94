//! Text into tokens. Positions count characters, as an editor's cursor does, not bytes.

use super::error::{short, BoxedResult, ExpressionErrorKind};
use super::syntax::{Operator, Span};
use super::MAX_TEXT_CHARS;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TokenKind<'a> {
    Number(f64),
    Name(&'a str),
    Text(&'a str),
    Boolean(bool),
    Operator(Operator),
    Not,
    If,
    Else,
    /// `=`, which only names an argument.
    Assign,
    Dot,
    Comma,
    LeftParenthesis,
    RightParenthesis,
    End,
}

/// A token, where it stands and how it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) span: Span,
    pub(super) text: &'a str,
}

impl Token<'_> {
    /// As an error names it.
    pub(super) fn found(&self) -> String {
        match self.kind {
            TokenKind::End => "the end of the text".to_owned(),
            _ => format!("'{}'", short(self.text)),
        }
    }
}

/// Operators of other languages, and what to write instead.
const FOREIGN: [(&str, &str); 16] = [
    ("&&", "and"),
    ("||", "or"),
    ("//", "floor(a / b)"),
    ("<>", "!="),
    ("&", "and"),
    ("|", "or"),
    ("^", "**"),
    ("!", "not"),
    ("~", "not"),
    ("?", "a if c else b"),
    ("[", "lag(x, n)"),
    // As word processors write them.
    ("−", "-"),
    ("×", "*"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
];

/// The language knows no upper case, but for `True` and `False`.
const FOREIGN_WORDS: [(&str, &str); 3] = [("AND", "and"), ("OR", "or"), ("NOT", "not")];

/// Longer ones first.
const SYMBOLS: [(&str, TokenKind<'static>); 18] = [
    ("**", TokenKind::Operator(Operator::Power)),
    ("<=", TokenKind::Operator(Operator::LessEqual)),
    (">=", TokenKind::Operator(Operator::GreaterEqual)),
    ("==", TokenKind::Operator(Operator::Equal)),
    ("!=", TokenKind::Operator(Operator::NotEqual)),
    ("<", TokenKind::Operator(Operator::Less)),
    (">", TokenKind::Operator(Operator::Greater)),
    ("+", TokenKind::Operator(Operator::Add)),
    ("-", TokenKind::Operator(Operator::Subtract)),
    ("*", TokenKind::Operator(Operator::Multiply)),
    ("/", TokenKind::Operator(Operator::Divide)),
    ("%", TokenKind::Operator(Operator::Remainder)),
    ("=", TokenKind::Assign),
    (".", TokenKind::Dot),
    (",", TokenKind::Comma),
    ("(", TokenKind::LeftParenthesis),
    (")", TokenKind::RightParenthesis),
    ("", TokenKind::End),
];

/// The tokens of a text, with `End` as the last.
pub(super) fn tokenize(text: &str) -> BoxedResult<Vec<Token<'_>>> {
    let length = text.chars().count();
    if length > MAX_TEXT_CHARS {
        let span = Span { start: MAX_TEXT_CHARS, end: length };
        return Err(ExpressionErrorKind::TooLong.at(span));
    }
    let mut tokens = Vec::with_capacity(text.len() / 3 + 1);
    let mut position = 0;
    let mut rest = text;
    loop {
        let blank = blank_bytes(rest);
        position += rest[..blank].chars().count();
        rest = &rest[blank..];
        let (kind, bytes) = token(rest).map_err(|(kind, bytes)| {
            kind.at(Span { start: position, end: position + rest[..bytes].chars().count() })
        })?;
        let end = position + rest[..bytes].chars().count();
        tokens.push(Token { kind, span: Span { start: position, end }, text: &rest[..bytes] });
        if kind == TokenKind::End {
            return Ok(tokens);
        }
        position = end;
        rest = &rest[bytes..];
    }
}

/// Whitespace and comments at the start.
fn blank_bytes(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if !rest.starts_with('#') {
            return text.len() - rest.len();
        }
        rest = rest.find('\n').map_or("", |end| &rest[end..]);
    }
}

type LexerError = (ExpressionErrorKind, usize);

/// The first token and how many bytes it has.
fn token(text: &str) -> Result<(TokenKind<'_>, usize), LexerError> {
    let bytes = text.as_bytes();
    match bytes {
        [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => number(text),
        [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => {
            let end = run(bytes, 0, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
            match FOREIGN_WORDS.iter().find(|(word, _)| *word == &text[..end]) {
                Some(&(found, instead)) => {
                    Err((ExpressionErrorKind::OperatorUnknown { found, instead }, end))
                }
                None => Ok((word(&text[..end]), end)),
            }
        }
        [b'\'' | b'"', ..] => quoted(text),
        _ => symbol(text),
    }
}

fn word(text: &str) -> TokenKind<'_> {
    match text {
        "and" => TokenKind::Operator(Operator::And),
        "or" => TokenKind::Operator(Operator::Or),
        "not" => TokenKind::Not,
        "if" => TokenKind::If,
        "else" => TokenKind::Else,
        "True" | "true" => TokenKind::Boolean(true),
        "False" | "false" => TokenKind::Boolean(false),
        _ => TokenKind::Name(text),
    }
}

/// Digits, then perhaps a fraction, then perhaps an exponent: `1`, `1.5`, `.5`, `1e-3`.
fn number(text: &str) -> Result<(TokenKind<'_>, usize), LexerError> {
    let bytes = text.as_bytes();
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let mut end = run(bytes, 0, is_digit);
    if bytes.get(end) == Some(&b'.') {
        end = run(bytes, end + 1, is_digit);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        end = run(bytes, end + 1 + sign, is_digit);
    }
    match text[..end].parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((TokenKind::Number(value), end)),
        _ => Err((ExpressionErrorKind::NumberInvalid { text: short(&text[..end]) }, end)),
    }
}

/// A text ends on its line; nothing in it is an escape.
fn quoted(text: &str) -> Result<(TokenKind<'_>, usize), LexerError> {
    let quote = &text[..1];
    let line = text[1..].split('\n').next().unwrap_or_default();
    match line.find(quote) {
        Some(length) => Ok((TokenKind::Text(&line[..length]), length + 2)),
        None => Err((ExpressionErrorKind::TextUnterminated, line.len() + 1)),
    }
}

fn symbol(text: &str) -> Result<(TokenKind<'_>, usize), LexerError> {
    let Some(character) = text.chars().next() else { return Ok((TokenKind::End, 0)) };
    let foreign = FOREIGN.iter().find(|(symbol, _)| text.starts_with(symbol));
    match foreign {
        Some(&(found, instead)) if !text.starts_with("!=") => {
            Err((ExpressionErrorKind::OperatorUnknown { found, instead }, found.len()))
        }
        _ => match SYMBOLS.iter().find(|(symbol, _)| text.starts_with(symbol)) {
            Some(&(symbol, kind)) if !symbol.is_empty() => Ok((kind, symbol.len())),
            _ => Err((ExpressionErrorKind::CharacterUnknown { character }, character.len_utf8())),
        },
    }
}

/// The end of the bytes from `start` on that belong together.
fn run(bytes: &[u8], start: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start.min(bytes.len()) + rest.iter().take_while(|byte| belongs(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::ExpressionError;

    fn kinds(text: &str) -> Vec<TokenKind<'_>> {
        tokenize(text).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn positions_count_characters() {
        let tokens = tokenize("\u{a0}ema(close ,10) # é\n+ 'é' -").unwrap();
        let spans: Vec<(usize, usize)> =
            tokens.iter().map(|token| (token.span.start, token.span.end)).collect();
        let expected = [
            (1, 4),
            (4, 5),
            (5, 10),
            (11, 12),
            (12, 14),
            (14, 15),
            (20, 21),
            (22, 25),
            (26, 27),
            (27, 27),
        ];
        assert_eq!(spans, expected);
    }

    #[test]
    fn numbers_have_a_fraction_and_an_exponent() {
        for (text, expected) in [
            ("10", 10.0),
            ("1.5", 1.5),
            ("2.", 2.0),
            (".5", 0.5),
            ("1e-3", 1e-3),
            ("2.5E+2", 250.0),
        ] {
            assert_eq!(kinds(text), [TokenKind::Number(expected), TokenKind::End], "{text}");
        }
    }

    #[test]
    fn numbers_that_cannot_be_computed_with_are_refused() {
        for text in ["1e", "1e+", "1e999"] {
            let kind = ExpressionErrorKind::NumberInvalid { text: text.to_owned() };
            let error = ExpressionError { position: 0, end: text.len(), kind };
            assert_eq!(tokenize(text), Err(Box::new(error)));
        }
    }

    #[test]
    fn texts_have_either_quote_and_no_escapes() {
        assert_eq!(kinds("'a\"\\'"), [TokenKind::Text("a\"\\"), TokenKind::End]);
        assert_eq!(kinds("\"1h\""), [TokenKind::Text("1h"), TokenKind::End]);
    }

    #[test]
    fn other_characters_are_refused_where_they_stand() {
        let kind = ExpressionErrorKind::CharacterUnknown { character: '²' };
        let error = ExpressionError { position: 5, end: 6, kind };
        assert_eq!(tokenize("close²"), Err(Box::new(error)));
    }
}
