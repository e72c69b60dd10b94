use proptest::prelude::*;

use super::*;
use crate::expr::{canonical, Expression, NodeId, Operation, MAX_TEXT_CHARS};

/// The value of a text of constants.
fn constant(text: &str) -> f64 {
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let output: NodeId = expression.graph().outputs()[0];
    match expression.graph().nodes()[output].operation {
        Operation::Constant(value) => value.get(),
        ref other => panic!("{text} is {other:?}"),
    }
}

fn canonical_of(text: &str) -> String {
    canonical::text(&parse(text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

#[test]
fn operators_bind_as_in_python() {
    // The values are Python's own, with True for 1 and False for 0.
    for (text, value) in [
        ("2 + 3 * 4", 14.0),
        ("(2 + 3) * 4", 20.0),
        ("10 - 4 - 3", 3.0),
        ("10 - (4 - 3)", 9.0),
        ("16 / 4 / 2", 2.0),
        ("7 % 4 * 2", 6.0),
        ("-7 % 3", 2.0),
        ("7 % -3", -2.0),
        ("-2 ** 2", -4.0),
        ("(-2) ** 2", 4.0),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 2", 512.0),
        ("(2 ** 3) ** 2", 64.0),
        ("2 ** -1 ** 2", 0.5),
        ("2 * -3 ** 2", -18.0),
        ("-2 * 3 - -1", -5.0),
        ("--3 - +2", 1.0),
        ("1 < 2", 1.0),
        ("1 < 3 > 2", 1.0),
        ("1 < 2 < 2", 0.0),
        ("3 > 2 >= 2 != 1 == 1 <= 1", 1.0),
        ("1 + 1 == 2", 1.0),
        ("not 1 == 2", 1.0),
        ("not True or True", 1.0),
        ("not (True or True)", 0.0),
        ("not True and False", 0.0),
        ("not not True", 1.0),
        ("True or False and False", 1.0),
        ("(True or False) and False", 0.0),
        ("True and not False", 1.0),
        ("true == (1 < 2)", 1.0),
        ("1 if True else 2 + 3", 1.0),
        ("1 if False else 2 if False else 3", 3.0),
        ("(1 if True else 2) if False else 3", 3.0),
        ("1 + 1 if 1 < 2 and True else 5", 2.0),
        ("1 if not True else 2", 2.0),
    ] {
        assert_eq!(constant(text).to_bits(), f64::to_bits(value), "{text}");
    }
}

#[test]
fn the_canonical_text_has_the_spaces_and_parentheses_of_one_person() {
    for (text, expected) in [
        ("close", "close"),
        (" ( close )", "close"),
        ("ema( close,10 ,seed='first')", "ema(close, 10, seed=\"first\")"),
        ("(close+open)+high", "close + open + high"),
        ("close+(open+high)", "close + (open + high)"),
        ("(close*2)/open", "close * 2 / open"),
        ("close*(open-high)", "close * (open - high)"),
        ("-(close**2)", "-close ** 2"),
        ("(-close)**2", "(-close) ** 2"),
        ("(close**2)**open", "(close ** 2) ** open"),
        ("close**(2**open)", "close ** 2 ** open"),
        ("2**(-close)", "2 ** -close"),
        ("2**(1+close)", "2 ** (1 + close)"),
        ("-(-close)", "--close"),
        ("not(close>open)", "not close > open"),
        ("(not close>open)==(open>high)", "(not close > open) == (open > high)"),
        ("(close<open)and((open<high)or true)", "close < open and (open < high or True)"),
        ("(close>open)and(high>low)and False", "close > open and high > low and False"),
        (
            "(1 if true else 2)if(true if true else false)else(3)",
            "(1 if True else 2) if (True if True else False) else 3",
        ),
        ("1 if true else(2 if true else 3)", "1 if True else 2 if True else 3"),
        ("(1 if true else 2)+3", "(1 if True else 2) + 3"),
        ("bars ( '1h' ) . close # the last\n", "bars(\"1h\").close"),
        ("(macd(close)).line", "macd(close).line"),
        ("1.50 + 1e3 + .5 + 1e-9 + 1e300", "1.5 + 1000 + 0.5 + 1e-9 + 1e300"),
        ("f('a\"b')", "f('a\"b')"),
        ("obv( )", "obv()"),
        ("obv(close, )", "obv(close)"),
    ] {
        assert_eq!(canonical_of(text), expected, "{text}");
        assert_eq!(canonical_of(expected), expected);
    }
}

#[test]
fn spans_cover_what_they_are_of() {
    let tree = parse("ema(close, 3) + (open * 2)").unwrap();
    let operands = tree.operands();
    assert_eq!((tree.span.start, tree.span.end), (0, 26));
    assert_eq!((operands[0].span.start, operands[0].span.end), (0, 13));
    assert_eq!((operands[1].span.start, operands[1].span.end), (16, 26));
}

#[test]
fn nesting_is_limited_whatever_nests() {
    for (open, close) in [
        ("(", ")"),
        ("-", ""),
        ("+", ""),
        ("not ", ""),
        ("abs(", ")"),
        ("2 ** ", ""),
        ("1 if True else ", ""),
        ("(1 if ", " else 2)"),
        ("-(", ")"),
        ("1 + 2 * -3 ** (True or False and not 1 < ", ")"),
    ] {
        let nested = |levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
        for levels in [65, 200] {
            let error = parse(&nested(levels)).unwrap_err();
            assert_eq!(error.kind, ExpressionErrorKind::TooDeep, "{open}");
        }
        assert!(parse(&nested(15)).is_ok(), "{open}");
    }
    assert!(parse(&format!("{}1{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH))).is_ok());
}

#[test]
fn a_long_text_of_one_level_is_no_nesting() {
    for text in
        [vec!["1"; 2_500].join("+"), vec!["1<2"; 1_000].join(" and "), vec!["1"; 2_500].join("<")]
    {
        assert!(parse(&text).is_ok());
        assert!(Expression::parse(&text).is_ok());
        assert_eq!(canonical_of(&canonical_of(&text)), canonical_of(&text));
    }
    let error = parse(&" ".repeat(MAX_TEXT_CHARS + 1)).unwrap_err();
    assert_eq!(error.kind, ExpressionErrorKind::TooLong);
    assert_eq!((error.position, error.end), (MAX_TEXT_CHARS, MAX_TEXT_CHARS + 1));
}

/// Texts of the grammar with needless parentheses and blanks; many of them have wrong types.
pub(super) fn any_text() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "close", "open", "1", "2.5", "1e-3", "True", "False", "hlc3", "\"1h\"", "hour()",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 3, |inner| {
        let operators =
            vec!["+", "-", "*", "/", "%", "**", "<", "<=", ">", ">=", "==", "!=", " and ", " or "];
        let calls = vec!["abs", "lag", "minimum", "is_null", "ema", "rsi", "where", "cs_rank"];
        let binary = (inner.clone(), prop::sample::select(operators), inner.clone());
        prop_oneof![
            4 => binary.clone().prop_map(|(a, operator, b)| format!("{a}{operator}{b}")),
            2 => binary.prop_map(|(a, operator, b)| format!("({a}) {operator} ({b} )")),
            2 => (prop::sample::select(vec!["-", "+", "not "]), inner.clone())
                .prop_map(|(prefix, a)| format!("{prefix}{a}")),
            1 => inner.clone().prop_map(|a| format!("(({a}))")),
            1 => (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("{a} if {b} else {c}")),
            2 => (prop::sample::select(calls), prop::collection::vec(inner.clone(), 1..3))
                .prop_map(|(name, arguments)| format!("{name}({})", arguments.join(","))),
            1 => inner.prop_map(|a| format!("macd(x={a}, fast=2).line")),
        ]
    })
}

/// Pieces of the language in any order.
fn any_soup() -> impl Strategy<Value = String> {
    let pieces = vec![
        "close", "ema", "macd", "bars", "model", "(", ")", "(", ")", ",", ".", "=", "==", "<",
        "**", "-", "not", "and", "if", "else", "True", "1", "2.5", "1e9", "\"1h\"", "'x", "#",
        "\n", "n=", ".line", "é", "&", "%", "close", "10",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..40).prop_map(|pieces| pieces.join(" "))
}

fn check_error(text: &str) {
    if let Err(error) = Expression::parse(text) {
        let length = text.chars().count();
        assert!(error.position <= error.end && error.end <= length, "{error:?} of {text:?}");
        assert!(!error.caret(text).is_empty());
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        check_error(&text);
    }

    #[test]
    fn no_soup_of_tokens_panics(text in any_soup()) {
        check_error(&text);
    }

    #[test]
    fn the_canonical_text_is_the_same_expression(text in any_text()) {
        let Ok(tree) = parse(&text) else { return Ok(()) };
        let canonical = canonical::text(&tree);
        prop_assert_eq!(&canonical_of(&canonical), &canonical);
        match (Expression::parse(&text), Expression::parse(&canonical)) {
            (Ok(left), Ok(right)) => {
                prop_assert_eq!(&left, &right);
                prop_assert_eq!(left.canonical(), right.canonical());
                prop_assert_eq!(left.describe(), right.describe());
            }
            (Err(left), Err(right)) => prop_assert_eq!(left.kind, right.kind),
            (left, right) => prop_assert!(false, "{:?} but {:?} of {}", left, right, canonical),
        }
    }
}
