use super::*;
use crate::expr::suggestion::DidYouMean;
use crate::expr::{Expression, ModelError, Models, MAX_WINDOW};

fn refused(text: &str) -> ExpressionError {
    match Expression::parse(text) {
        Ok(_) => panic!("{text} is an expression"),
        Err(error) => error,
    }
}

/// The characters an error points at, and its message.
fn pointed(text: &str) -> (String, String) {
    let error = refused(text);
    let wrong = text.chars().skip(error.position).take(error.end - error.position).collect();
    (wrong, error.kind.to_string())
}

#[test]
fn every_error_points_at_what_is_wrong_and_says_what() {
    for (text, wrong, message) in [
        // Characters and words.
        ("close²", "²", "unexpected character '²'"),
        ("close $ 2", "$", "unexpected character '$'"),
        ("1e999 + 1", "1e999", "1e999 is not a number that can be computed with"),
        ("bars(\"1h)", "\"1h)", "the text is not closed with the quote it was opened with"),
        ("close & open", "&", "'&' is not an operator of the language; write and"),
        ("close && open", "&&", "'&&' is not an operator of the language; write and"),
        ("close | open", "|", "'|' is not an operator of the language; write or"),
        ("close || open", "||", "'||' is not an operator of the language; write or"),
        ("!True", "!", "'!' is not an operator of the language; write not"),
        ("close ^ 2", "^", "'^' is not an operator of the language; write **"),
        ("close // 2", "//", "'//' is not an operator of the language; write floor(a / b)"),
        ("close > 1 AND open > 1", "AND", "'AND' is not an operator of the language; write and"),
        ("1 − 2", "−", "'−' is not an operator of the language; write -"),
        ("close[1]", "[", "'[' is not an operator of the language; write lag(x, n)"),
        ("close = 3", "=", "'=' is not an operator of the language; write =="),
        ("abs(close = 3)", "close", "abs has no argument \"close\": abs(x)"),
        ("abs(1 + close = 3)", "=", "'=' is not an operator of the language; write =="),
        // Grammar.
        ("", "", "expected a number, a name, a function or '(', found the end of the text"),
        ("close +", "", "expected a number, a name, a function or '(', found the end of the text"),
        ("close close", "close", "expected an operator or the end of the text, found 'close'"),
        ("(close", "", "expected an operator or ')', found the end of the text"),
        ("ema(close 3)", "3", "expected an operator, ',' or ')', found '3'"),
        ("1 if True", "", "expected 'else', found the end of the text"),
        ("close == not True", "not", "expected parentheses around 'not …', found 'not'"),
        ("close.", "", "expected an attribute's name, found the end of the text"),
        ("close.line", "line", "nothing is called \"line\" here: only functions of several values and bars(\"…\") have attributes"),
        ("ema(close, 3).line", "line", "nothing is called \"line\" here: only functions of several values and bars(\"…\") have attributes"),
        ("macd().line.line", "line", "nothing is called \"line\" here: only functions of several values and bars(\"…\") have attributes"),
        // Names.
        ("clsoe + 1", "clsoe", "\"clsoe\" is not a field; did you mean close?"),
        ("1 + price", "price", "\"price\" is not a field"),
        ("rsi > 70", "rsi", "rsi is a function; write rsi(x=close, n=14, seed=\"mean\")"),
        ("1 + sme(close, 3)", "sme", "\"sme\" is not a function; did you mean sma?"),
        ("close(1)", "close", "\"close\" is not a function"),
        ("delay(close, 1)", "delay", "\"delay\" is not a function; did you mean lag?"),
        ("macd(close)", "macd(close)", "macd has several values; write one of macd(…).line, macd(…).signal, macd(…).histogram"),
        ("macd(close).signl", "signl", "macd has no value \"signl\"; did you mean signal?; it has line, signal, histogram"),
        ("macd(close).x", "x", "macd has no value \"x\"; it has line, signal, histogram"),
        // Types.
        ("close and True", "close", "'and' needs a boolean, found a number"),
        ("1 + (close > open)", "(close > open)", "'+' needs a number, found a boolean"),
        ("not close", "close", "'not' needs a boolean, found a number"),
        ("-True", "True", "'-' needs a number, found a boolean"),
        ("(close < open) < high", "(close < open)", "'<' needs a number, found a boolean"),
        ("(close < open) == high", "high", "'==' needs a boolean, found a number"),
        ("1 if close else 2", "close", "the condition after 'if' needs a boolean, found a number"),
        ("1 if True else False", "False", "what follows 'else' needs a number, found a boolean"),
        ("\"mean\"", "\"mean\"", "an expression needs a number or a boolean, found a text"),
        ("close + 'a'", "'a'", "'+' needs a number, found a text"),
        ("ema(close > open, 3)", "close > open", "x of ema needs a number, found a boolean"),
        ("where(close, 1, 2)", "close", "c of where needs a boolean, found a number"),
        ("where(True, 1, False)", "False", "b of where needs a number, found a boolean"),
        ("lag('a')", "'a'", "x of lag needs a number or a boolean, found a text"),
        ("ema(close, True)", "True", "n of ema needs a whole number, found a boolean"),
        ("ema(close, 3, 3)", "3", "seed of ema needs a text, found a number"),
        ("bars(1).close", "1", "name of bars needs a text with a name, found a number"),
        ("bars('').close", "''", "name of bars needs a text with a name, found an empty text"),
        ("model('m', 1)", "1", "in_sample of model needs True or False, found a number"),
        // Constants.
        ("lag(close, -1)", "-1", "an expression cannot look ahead: n of lag counts bars back, so it must be 1 or more"),
        ("ret(close, n=2 - 3)", "2 - 3", "an expression cannot look ahead: n of ret counts bars back, so it must be 1 or more"),
        ("lag(close, 0)", "0", "n of lag must be a whole number from 1 to 100000, not 0"),
        ("ema(close, -5)", "-5", "n of ema must be a whole number from 1 to 100000, not -5"),
        ("ema(close, 2.5)", "2.5", "n of ema must be a whole number from 1 to 100000, not 2.5"),
        ("ema(close, 100001)", "100001", "n of ema must be a whole number from 1 to 100000, not 100001"),
        ("ema(close, 1 / 0)", "1 / 0", "n of ema must be a whole number from 1 to 100000, not null"),
        ("median(close, 10001)", "10001", "n of median must be a whole number from 1 to 10000, not 10001"),
        ("std(close, 1)", "1", "n of std must be a whole number from 2 to 100000, not 1"),
        ("cov(close, open, ddof=4, n=3)", "3", "n of cov must be a whole number from 5 to 100000, not 3"),
        ("kurt(close, 3)", "3", "n of kurt must be a whole number from 4 to 100000, not 3"),
        ("ema(close, volume)", "volume", "n of ema must be a constant: it cannot change from bar to bar"),
        ("max(open, close)", "close", "n of max must be a constant: it cannot change from bar to bar; did you mean maximum?"),
        ("quantile(close, 5, 1.5)", "1.5", "q of quantile must be a number from 0 to 1, not 1.5"),
        ("ema(close, 3, seed=\"frist\")", "\"frist\"", "seed of ema must be \"mean\" or \"first\", not \"frist\"; did you mean first?"),
        ("model('m', in_sample=close > 1)", "close > 1", "in_sample of model must be a constant: it cannot change from bar to bar"),
        // Arguments.
        ("1 + ema(close)", "ema(close)", "ema needs n: ema(x, n, seed=\"mean\")"),
        ("ema(n=3)", "ema(n=3)", "ema needs x: ema(x, n, seed=\"mean\")"),
        ("ema(close, window=3)", "window", "ema has no argument \"window\": ema(x, n, seed=\"mean\")"),
        ("ema(close, 3, sede='mean')", "sede", "ema has no argument \"sede\"; did you mean seed?: ema(x, n, seed=\"mean\")"),
        ("ema(close, 3, n=4)", "n", "n of ema is given twice"),
        ("ema(n=3, n=4)", "n", "n of ema is given twice"),
        ("abs(close, 3)", "3", "abs takes at most 1 argument: abs(x)"),
        ("hour(close)", "close", "hour takes no arguments: hour()"),
        ("ema(close, n=3, 'mean')", "'mean'", "an argument without a name cannot follow one with a name"),
        // Other series, universes, models.
        ("bars('1h')", "bars('1h')", "bars needs x: bars(\"1h\", x) or bars(\"1h\").close"),
        ("bars('1h', close).open", "open", "nothing is called \"open\" here: only functions of several values and bars(\"…\") have attributes"),
        ("bars('1h').clsoe", "clsoe", "\"clsoe\" is not a field; did you mean close?"),
        ("bars('1h', bars('1d').close)", "bars('1d').close", "bars(…) cannot stand inside bars(…)"),
        ("bars('1h', cs_rank(close))", "cs_rank(close)", "cs_rank compares a universe's members at the bars the expression is evaluated on; it cannot stand inside bars(…)"),
        ("1 + model('spy')", "model('spy')", "\"spy\" is not a model"),
    ] {
        assert_eq!(pointed(text), (wrong.to_owned(), message.to_owned()), "{text}");
    }
}

struct Registry;

impl Models for Registry {
    fn features(&self, name: &str) -> Result<Vec<String>, ModelError> {
        let texts = match name {
            "itself" => vec!["close", "model('itself')"],
            "ping" => vec!["model('pong')"],
            "pong" => vec!["model('ping')"],
            "broken" => vec!["close", "sme(close, 3)"],
            "locked" => return Err(ModelError::Unreadable { problem: "it is locked".to_owned() }),
            "0" => vec!["close"],
            "1" => vec!["model('0')"],
            "2" => vec!["model('1')"],
            "3" => vec!["model('2')"],
            "4" => vec!["model('3')"],
            _ => return Err(ModelError::Unknown { known: vec!["spy_5d".to_owned()] }),
        };
        Ok(texts.into_iter().map(str::to_owned).collect())
    }
}

#[test]
fn models_that_cannot_be_used_are_refused_where_they_stand() {
    for (name, message) in [
        ("spy", "\"spy\" is not a model"),
        ("spy_5", "\"spy_5\" is not a model; did you mean spy_5d?"),
        ("locked", "the features of model \"locked\" cannot be read: it is locked"),
        ("itself", "feature \"model('itself')\" of model \"itself\" is not an expression: at character 0: model \"itself\" uses itself in its features"),
        ("ping", "feature \"model('pong')\" of model \"ping\" is not an expression: at character 0: feature \"model('ping')\" of model \"pong\" is not an expression: at character 0: model \"ping\" uses itself in its features"),
        ("broken", "feature \"sme(close, 3)\" of model \"broken\" is not an expression: at character 0: \"sme\" is not a function; did you mean sma?"),
    ] {
        let text = format!("1 + model({name:?})");
        let error = Expression::with_models(&text, &Registry).unwrap_err();
        assert_eq!((error.position, error.end), (4, text.chars().count()), "{name}");
        assert_eq!(error.kind.to_string(), message);
    }
    assert!(Expression::with_models("model('3')", &Registry).is_ok());
    let error = Expression::with_models("model('4')", &Registry).unwrap_err();
    assert!(error.to_string().contains("models use models deeper than 4 levels"), "{error}");
}

#[test]
fn limits_are_refused_where_they_are_passed() {
    let windows: Vec<String> = (0..11).map(|i| format!("sma(close, {})", MAX_WINDOW - i)).collect();
    let text = windows.join(" + ");
    let error = refused(&text);
    assert_eq!(error.kind, ExpressionErrorKind::MemoryTooLarge);
    assert_eq!(error.position, text.rfind("sma").unwrap());
    assert!(Expression::parse(&windows[..10].join(" + ")).is_ok());

    let text: Vec<String> = (100..920).map(|i| format!("adx({i}).dx")).collect();
    let error = refused(&text.join("+"));
    assert_eq!(error.kind, ExpressionErrorKind::TooManyNodes);
}

#[test]
fn a_caret_stands_under_every_character_that_is_wrong() {
    let text = "ema(close, 3)\n\t> sme(close, 30)  # é\n+ 1";
    let caret = refused(text).caret(text);
    let message = "\"sme\" is not a function; did you mean sma?";
    assert_eq!(caret, format!("\t> sme(close, 30)  # é\n\t  ^^^ {message}"));

    let message = "expected a number, a name, a function or '(', found the end of the text";
    for text in ["", "close +", "close +\n"] {
        let last = text.split('\n').next_back().unwrap();
        let blank = " ".repeat(last.chars().count());
        assert_eq!(refused(text).caret(text), format!("{last}\n{blank}^ {message}"));
    }

    let text = "abs(close,\n2\n)";
    let caret = refused(text).caret(text);
    assert_eq!(caret, "2\n^ abs takes at most 1 argument: abs(x)");
    let text = "macd(\n)";
    assert!(refused(text).caret(text).starts_with("macd(\n^^^^^ macd has several values"));
}

#[test]
fn a_refusal_has_its_place_in_numbers() {
    let error = refused("1 + sme(close, 3)");
    assert_eq!(error.to_string(), "at character 4: \"sme\" is not a function; did you mean sma?");
    assert_eq!(error.reason(), "EXPRESSION_INVALID");
    let problem = ("problem", "\"sme\" is not a function; did you mean sma?".to_owned());
    let metadata = vec![("position", "4".to_owned()), ("end", "7".to_owned()), problem];
    assert_eq!(error.metadata(), metadata);

    let error = crate::expr::compile(["close", "1 +"], &crate::expr::NoModels).unwrap_err();
    assert_eq!(error.index, 1);
    assert_eq!(error.metadata()[0], ("index", "1".to_owned()));
    assert!(error.to_string().starts_with("expression 1: at character 3: expected"), "{error}");
}

#[test]
fn a_long_name_is_cut_in_the_message() {
    let error = refused(&"x".repeat(9_000));
    let kind = ExpressionErrorKind::NameUnknown {
        name: format!("{}…", "x".repeat(40)),
        suggestion: DidYouMean(None),
    };
    assert_eq!(error, ExpressionError { position: 0, end: 9_000, kind });
}
