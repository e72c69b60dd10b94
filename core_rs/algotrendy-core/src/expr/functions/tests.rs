use std::collections::HashSet;

use super::*;
use crate::expr::function::{Group, Output, ResultKind};
use crate::expr::{Expression, Field, Kind, ModelError, Models, Operation};

struct OneModel;

impl Models for OneModel {
    fn features(&self, _name: &str) -> Result<Vec<String>, ModelError> {
        Ok(vec!["close".to_owned()])
    }
}

fn parsed_with(text: &str) -> Expression {
    Expression::with_models(text, &OneModel).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A call with an argument for each parameter; windows from `window` on.
fn call(function: &Function, output: Option<&Output>, window: usize) -> (String, Vec<usize>) {
    let mut windows = Vec::new();
    let mut arguments = Vec::new();
    for parameter in function.parameters {
        let text = match parameter.kind {
            ParameterKind::Number { .. } | ParameterKind::Either | ParameterKind::Expression => {
                "close".to_owned()
            }
            ParameterKind::Boolean => "close > open".to_owned(),
            ParameterKind::Window { min, max, .. } => {
                windows.push((min + window + 2 * windows.len()).min(max));
                windows.last().map(ToString::to_string).unwrap_or_default()
            }
            ParameterKind::Lag { .. } => {
                windows.push((1 + window).min(MAX_WINDOW));
                windows.last().map(ToString::to_string).unwrap_or_default()
            }
            ParameterKind::Ddof => "0".to_owned(),
            ParameterKind::Constant { min, max, default } => {
                crate::expr::canonical::number(default.unwrap_or(f64::midpoint(min, max)))
            }
            ParameterKind::Choice { default, .. } => format!("{default:?}"),
            ParameterKind::Name => "\"1h\"".to_owned(),
            ParameterKind::Flag => "False".to_owned(),
        };
        arguments.push(format!("{}={text}", parameter.name));
    }
    let attribute = output.map(|output| format!(".{}", output.name)).unwrap_or_default();
    (format!("{}({}){attribute}", function.name, arguments.join(", ")), windows)
}

/// Each value of each function.
fn values() -> impl Iterator<Item = (&'static Function, Option<&'static Output>)> {
    functions().flat_map(|function| {
        let outputs: Vec<Option<&Output>> = match function.outputs() {
            [] => vec![None],
            outputs => outputs.iter().map(Some).collect(),
        };
        outputs.into_iter().map(move |output| (function, output))
    })
}

/// The documented warm-up with windows in place of their names.
fn documented_warm_up(function: &Function, output: Option<&Output>, windows: &[usize]) -> usize {
    let text = output.map_or(function.warm_up, |output| output.warm_up);
    let mut names = windows.iter();
    let mut constants = Vec::new();
    for parameter in function.parameters {
        if matches!(parameter.kind, ParameterKind::Window { .. } | ParameterKind::Lag { .. }) {
            constants.push((parameter.name, names.next().unwrap().to_string()));
        }
    }
    let mut with_constants = String::new();
    for word in text
        .split_inclusive(|character: char| !character.is_ascii_alphanumeric() && character != '_')
    {
        let name = word.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        let value = constants.iter().find(|(constant, _)| *constant == name);
        with_constants
            .push_str(&value.map_or(word.to_owned(), |(_, value)| word.replace(name, value)));
    }
    let expression = Expression::parse(&with_constants).unwrap();
    let output = expression.graph().outputs()[0];
    let Operation::Constant(value) = expression.graph().nodes()[output].operation else {
        panic!("{with_constants} is no constant");
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let warm_up = value.get() as usize;
    warm_up
}

#[test]
fn the_documented_warm_up_is_that_of_the_graph() {
    for (function, output) in values() {
        for window in [0, 1, 4, 17] {
            let (text, windows) = call(function, output, window);
            let expected = documented_warm_up(function, output, &windows);
            assert_eq!(parsed_with(&text).warm_up(), expected, "{text}");
        }
    }
}

#[test]
fn every_function_has_the_type_it_says_with_its_defaults_too() {
    for (function, output) in values() {
        let (text, _) = call(function, output, 3);
        let expected = match function.result {
            ResultKind::Is(kind) => kind,
            ResultKind::OfArguments => Kind::Number,
        };
        assert_eq!(parsed_with(&text).kind(), expected, "{text}");
        if function.parameters.iter().all(|parameter| parameter.default_text().is_some()) {
            let attribute = output.map(|output| format!(".{}", output.name)).unwrap_or_default();
            let short = format!("{}(){attribute}", function.name);
            let long = format!("{}{attribute}", function.signature());
            assert_eq!(parsed_with(&short), parsed_with(&long), "{short}");
        }
    }
}

#[test]
fn functions_of_either_type_have_that_of_their_arguments() {
    for text in [
        "lag(close > open, 2)",
        "where(True, close > open, False)",
        "fill_null(close > open, False)",
    ] {
        assert_eq!(parsed_with(text).kind(), Kind::Boolean, "{text}");
    }
}

#[test]
fn every_function_takes_its_largest_windows() {
    for (function, output) in values() {
        let (text, _) = call(function, output, MAX_WINDOW);
        assert!(Expression::with_models(&text, &OneModel).is_ok(), "{text}");
    }
}

#[test]
fn every_function_is_documented() {
    for function in functions() {
        let Function { name, summary, .. } = *function;
        assert!(summary.ends_with('.') && summary.len() > 5, "{name}: {summary}");
        let says_all = function.group == Group::Calendar || !function.outputs().is_empty();
        assert!(says_all || !function.formula().is_empty(), "{name}");
        assert!(function.convention.is_empty() || function.convention.ends_with('.'), "{name}");
        assert!(!function.source.ends_with('.'), "{name}");
    }
}

#[test]
fn parameters_say_what_they_take() {
    let kinds = |name: &str| -> Vec<String> {
        let parameters = entry_of(name).unwrap().function.parameters;
        parameters.iter().map(|parameter| parameter.kind.to_string()).collect()
    };
    let window = "whole number from 1 to 100000";
    assert_eq!(kinds("std"), ["number", window, "whole number below n"]);
    assert_eq!(kinds("lag"), ["number or boolean", window]);
    assert_eq!(kinds("ema"), ["number", window, "\"mean\" or \"first\""]);
    assert_eq!(kinds("psar"), ["constant from 0 to 1"; 2]);
    assert_eq!(kinds("model"), ["text", "True or False"]);
}

#[test]
fn names_are_used_once() {
    let mut names = HashSet::new();
    assert!(functions().all(|function| names.insert(function.name)));
    let mut names: HashSet<&str> = Field::ALL.iter().map(|field| field.name()).collect();
    assert!(derived_fields().iter().all(|field| names.insert(field.name)));
    for function in functions() {
        let mut names = HashSet::new();
        assert!(function.parameters.iter().all(|parameter| names.insert(parameter.name)));
    }
}

#[test]
fn derived_fields_are_their_definitions() {
    for field in derived_fields() {
        assert_eq!(parsed_with(field.name), parsed_with(field.definition));
    }
}

#[test]
fn a_signature_is_how_a_function_is_called() {
    let signature = |name: &str| entry_of(name).unwrap().function.signature();
    assert_eq!(signature("ema"), "ema(x, n, seed=\"mean\")");
    assert_eq!(signature("psar"), "psar(step=0.02, max=0.2)");
    assert_eq!(signature("obv"), "obv()");
    assert_eq!(signature("model"), "model(name, in_sample=False)");
}
