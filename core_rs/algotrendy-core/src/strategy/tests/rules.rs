use super::rule;
use crate::error::Refusal;
use crate::expr::{ModelError, Models, NoModels};
use crate::strategy::{Rule, Spec, SpecError};

fn refused(text: &str) -> SpecError {
    let spec = Spec::from_json(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    Rule::compile(&spec, &NoModels).unwrap_err()
}

fn metadata(error: &SpecError, key: &str) -> String {
    let found = error.metadata().into_iter().find(|(name, _)| *name == key);
    found.unwrap_or_else(|| panic!("{error} has no {key}")).1
}

#[test]
fn a_parameter_is_its_value_in_every_expression() {
    let named = rule(
        r#"{"parameters": {"fast": 10, "slow": 20, "is_on": true, "far": 2.5},
            "features": {"trend": "sma(close, slow)"},
            "entry": "cross_above(sma(close, fast), trend) and is_on", "exit": "close < trend",
            "stops": {"stop_loss": {"distance": "far * atr(fast)"}}}"#,
    );
    let written = rule(
        r#"{"entry": "cross_above(sma(close, 10), sma(close, 20)) and True",
            "exit": "close < sma(close, 20)", "stops": {"stop_loss": {"distance": "2.5 * atr(10)"}}}"#,
    );
    assert_eq!(named.plan().graph(), written.plan().graph());
    assert_eq!(named.outputs(), written.outputs());
    assert_eq!(named.warm_up(), 20);
}

#[test]
fn what_is_wrong_with_an_expression_is_told_with_its_field_and_place() {
    for (terms, field, position, end, problem) in [
        (r#""entry": "close > slwo""#, "entry", 8, 12, "did you mean slow?"),
        (
            r#""entry": "sma(close, 10)""#,
            "entry",
            0,
            14,
            "needs a condition (true or false), found a number",
        ),
        (r#""entry": "close > 1", "exit": "close <""#, "exit", 7, 7, "found the end of the text"),
        (
            r#""entry": "sma(close, is_on) > 1""#,
            "entry",
            11,
            16,
            "needs a whole number, found a boolean",
        ),
        (r#""entry": "sma(close, half) > 1""#, "entry", 11, 15, "must be a whole number from 1"),
        (
            r#""entry": "close > 1", "size": {"type": "weight", "expression": "close > 1"}"#,
            "size.expression",
            0,
            9,
            "needs a number, found a boolean",
        ),
        (
            r#""entry": "close > 1", "stops": {"trailing": {"distance": "atr(x)"}}"#,
            "stops.trailing.distance",
            4,
            5,
            "\"x\" is not a field",
        ),
        (r#""rank": "close > 1", "hold": {"count": 1}"#, "rank", 0, 9, "needs a number"),
        (
            r#""features": {"a": "close + b", "b": "a"}, "entry": "close > 1""#,
            "features.a",
            8,
            9,
            "uses itself",
        ),
        (
            r#""features": {"a": "closes"}, "entry": "close > 1""#,
            "features.a",
            0,
            6,
            "did you mean close?",
        ),
        (
            r#""features": {"a": "b + 1", "b": "sma(close)"}, "entry": "a > 1""#,
            "features.b",
            0,
            10,
            "sma needs n",
        ),
        (
            r#""features": {"a": "bars('1h').close"}, "entry": "bars('1d', a) > 1""#,
            "entry",
            11,
            12,
            "\"a\" is not an expression here",
        ),
    ] {
        let text =
            format!(r#"{{"parameters": {{"slow": 20, "is_on": true, "half": 0.5}}, {terms}}}"#);
        let error = refused(&text);
        assert_eq!(error.reason(), "EXPRESSION_INVALID", "{terms}: {error}");
        assert_eq!(metadata(&error, "field"), field, "{terms}: {error}");
        let place = (metadata(&error, "position"), metadata(&error, "end"));
        assert_eq!(place, (position.to_string(), end.to_string()), "{terms}: {error}");
        assert!(metadata(&error, "problem").contains(problem), "{terms}: {error}");
    }
}

#[test]
fn several_rules_share_what_they_have_in_common() {
    let specs: Vec<Spec> = [(5, 20), (5, 50), (10, 20), (10, 50)]
        .map(|(fast, slow)| {
            let text = format!(
                r#"{{"parameters": {{"fast": {fast}, "slow": {slow}}},
                    "entry": "sma(close, fast) > sma(close, slow)", "exit": "sma(close, fast) < sma(close, slow)"}}"#
            );
            Spec::from_json(&text).unwrap()
        })
        .into();
    let rules: Vec<Rule> =
        Rule::compile_all(&specs, &NoModels).into_iter().map(Result::unwrap).collect();
    // The close, four means, and two comparisons a rule.
    assert_eq!(rules[0].plan().graph().nodes().len(), 1 + 4 + 4 * 2);
    let entries: Vec<Option<usize>> = rules.iter().map(|rule| rule.outputs().entry).collect();
    assert_eq!(entries, [Some(0), Some(2), Some(4), Some(6)]);
}

#[test]
fn a_rule_that_is_none_leaves_the_others_as_they_are() {
    let spec = |fast: i64| {
        let text = format!(
            r#"{{"parameters": {{"fast": {fast}}}, "features": {{"trend": "sma(close, fast)"}}, "entry": "close > trend"}}"#
        );
        Spec::from_json(&text).unwrap()
    };
    let rules = Rule::compile_all(&[spec(3), spec(0), spec(5)], &NoModels);
    let [Ok(first), Err(error), Ok(last)] = &rules[..] else { panic!("{rules:?}") };
    assert_eq!((first.outputs().entry, last.outputs().entry), (Some(0), Some(1)));
    assert_eq!(
        (metadata(error, "field"), metadata(error, "position")),
        ("features.trend".to_owned(), "11".to_owned())
    );
}

#[test]
fn a_model_that_is_not_known_is_named() {
    struct Known;
    impl Models for Known {
        fn features(&self, _: &str) -> Result<Vec<String>, ModelError> {
            Err(ModelError::Unknown { known: vec!["trend_model".to_owned()] })
        }
    }
    let spec = Spec::from_json(r#"{"entry": "model('trend_models') > 0.5"}"#).unwrap();
    let error = Rule::compile(&spec, &Known).unwrap_err();
    assert_eq!(metadata(&error, "model"), "trend_models");
    assert!(error.to_string().contains("did you mean trend_model?"), "{error}");
}
