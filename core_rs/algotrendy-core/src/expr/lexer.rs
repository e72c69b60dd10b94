//! Text into tokens. Positions count characters, as an editor's cursor does, not bytes.

use std::fmt;

use super::error::{ExpressionError, ExpressionErrorKind};
use super::MAX_TEXT_CHARS;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Number { value: f64, text: String },
    Name(String),
    Plus,
    Minus,
    Star,
    Slash,
    LeftParenthesis,
    RightParenthesis,
    Comma,
    End,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Number { text, .. } => text,
            Self::Name(name) => return write!(formatter, "{name:?}"),
            Self::Plus => "'+'",
            Self::Minus => "'-'",
            Self::Star => "'*'",
            Self::Slash => "'/'",
            Self::LeftParenthesis => "'('",
            Self::RightParenthesis => "')'",
            Self::Comma => "','",
            Self::End => "the end of the text",
        })
    }
}

/// A token and where it starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) position: usize,
}

/// The tokens of a text, with `End` as the last.
pub(super) fn tokenize(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let characters: Vec<char> = text.chars().take(MAX_TEXT_CHARS + 1).collect();
    if characters.len() > MAX_TEXT_CHARS {
        return Err(ExpressionError {
            position: MAX_TEXT_CHARS,
            kind: ExpressionErrorKind::TooLong,
        });
    }
    let mut tokens = Vec::new();
    let mut position = 0;
    while let Some(&character) = characters.get(position) {
        if character.is_whitespace() {
            position += 1;
            continue;
        }
        let end = token_end(&characters, position);
        let kind = token_kind(&characters[position..end])
            .map_err(|kind| ExpressionError { position, kind })?;
        tokens.push(Token { kind, position });
        position = end;
    }
    tokens.push(Token { kind: TokenKind::End, position });
    Ok(tokens)
}

fn token_kind(characters: &[char]) -> Result<TokenKind, ExpressionErrorKind> {
    let text: String = characters.iter().collect();
    Ok(match characters[0] {
        '+' => TokenKind::Plus,
        '-' => TokenKind::Minus,
        '*' => TokenKind::Star,
        '/' => TokenKind::Slash,
        '(' => TokenKind::LeftParenthesis,
        ')' => TokenKind::RightParenthesis,
        ',' => TokenKind::Comma,
        first if first.is_ascii_digit() => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => TokenKind::Number { value, text },
            _ => return Err(ExpressionErrorKind::NumberInvalid { text }),
        },
        first if is_name_start(first) => TokenKind::Name(text),
        character => return Err(ExpressionErrorKind::CharacterUnknown { character }),
    })
}

fn token_end(characters: &[char], start: usize) -> usize {
    let first = characters[start];
    if first.is_ascii_digit() {
        number_end(characters, start)
    } else if is_name_start(first) {
        run_end(characters, start, |character| {
            is_name_start(character) || character.is_ascii_digit()
        })
    } else {
        start + 1
    }
}

/// Digits, then perhaps a fraction, then perhaps an exponent: `1`, `1.5`, `1e-3`.
fn number_end(characters: &[char], start: usize) -> usize {
    let is_digit = |character: char| character.is_ascii_digit();
    let mut end = run_end(characters, start, is_digit);
    if characters.get(end) == Some(&'.') {
        end = run_end(characters, end + 1, is_digit);
    }
    if matches!(characters.get(end), Some('e' | 'E')) {
        let sign = usize::from(matches!(characters.get(end + 1), Some('+' | '-')));
        end = run_end(characters, end + 1 + sign, is_digit);
    }
    end.min(characters.len())
}

fn run_end(characters: &[char], start: usize, belongs: impl Fn(char) -> bool) -> usize {
    let rest = characters.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|character| belongs(**character)).count()
}

fn is_name_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let tokens = tokenize("\u{a0}ema(close ,10)").unwrap();
        let positions: Vec<usize> = tokens.iter().map(|token| token.position).collect();
        assert_eq!(positions, [1, 4, 5, 11, 12, 14, 15]);
    }

    #[test]
    fn numbers_have_a_fraction_and_an_exponent() {
        for (text, expected) in
            [("10", 10.0), ("1.5", 1.5), ("2.", 2.0), ("1e-3", 1e-3), ("2.5E+2", 250.0)]
        {
            let tokens = tokenize(text).unwrap();
            assert_eq!(
                tokens[0].kind,
                TokenKind::Number { value: expected, text: text.to_owned() }
            );
            assert_eq!(tokens.len(), 2);
        }
    }

    #[test]
    fn numbers_that_cannot_be_computed_with_are_refused() {
        for text in ["1e", "1e+", "1e999"] {
            let kind = ExpressionErrorKind::NumberInvalid { text: text.to_owned() };
            assert_eq!(tokenize(text), Err(ExpressionError { position: 0, kind }));
        }
    }

    #[test]
    fn other_characters_are_refused_where_they_stand() {
        let kind = ExpressionErrorKind::CharacterUnknown { character: '²' };
        assert_eq!(tokenize("close²"), Err(ExpressionError { position: 5, kind }));
    }
}
