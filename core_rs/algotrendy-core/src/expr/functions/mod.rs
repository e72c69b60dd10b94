//! The function table: what the language can do, in chapters.

mod calendar;
mod change;
mod elementwise;
mod logic;
mod mean;
mod momentum;
mod source;
#[cfg(test)]
mod tests;
mod trend;
mod universe;
mod volatility;
mod volume;
mod window;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::function::{Body, DerivedField, Function, Parameter, ParameterKind};
use super::parser;
use super::syntax::Tree;
use super::{MAX_RANKED_WINDOW, MAX_WINDOW};

const CHAPTERS: [&[Function]; 12] = [
    elementwise::FUNCTIONS,
    change::FUNCTIONS,
    window::FUNCTIONS,
    mean::FUNCTIONS,
    momentum::FUNCTIONS,
    trend::FUNCTIONS,
    volatility::FUNCTIONS,
    volume::FUNCTIONS,
    logic::FUNCTIONS,
    calendar::FUNCTIONS,
    universe::FUNCTIONS,
    source::FUNCTIONS,
];

/// Every function of the language, in the order of the reference.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    CHAPTERS.into_iter().flatten()
}

/// The names that stand for text in the language.
#[must_use]
pub fn derived_fields() -> &'static [DerivedField] {
    &[
        DerivedField {
            name: "vwap",
            definition: "notional / volume",
            summary: "The bar's volume-weighted average price.",
        },
        DerivedField {
            name: "hl2",
            definition: "(high + low) / 2",
            summary: "The middle of the bar's range (TA-Lib's MEDPRICE).",
        },
        DerivedField {
            name: "hlc3",
            definition: "(high + low + close) / 3",
            summary: "The typical price (TA-Lib's TYPPRICE).",
        },
        DerivedField {
            name: "ohlc4",
            definition: "(open + high + low + close) / 4",
            summary: "The average price (TA-Lib's AVGPRICE).",
        },
    ]
}

/// A function and its definitions, parsed: one, or one for each output.
pub(super) struct Entry {
    pub(super) function: &'static Function,
    pub(super) definitions: Vec<Tree<'static>>,
}

struct Library {
    functions: HashMap<&'static str, Entry>,
    derived: HashMap<&'static str, Tree<'static>>,
}

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library {
    functions: functions().map(|function| (function.name, entry(function))).collect(),
    derived: derived_fields().iter().map(|field| (field.name, parsed(field.definition))).collect(),
});

pub(super) fn entry_of(name: &str) -> Option<&'static Entry> {
    LIBRARY.functions.get(name)
}

pub(super) fn derived(name: &str) -> Option<&'static Tree<'static>> {
    LIBRARY.derived.get(name)
}

fn entry(function: &'static Function) -> Entry {
    let definitions = match function.body {
        Body::Definition(text) => vec![parsed(text)],
        Body::Outputs(outputs) => outputs.iter().map(|output| parsed(output.definition)).collect(),
        _ => Vec::new(),
    };
    Entry { function, definitions }
}

fn parsed(text: &'static str) -> Tree<'static> {
    match parser::parse(text) {
        Ok(tree) => tree,
        Err(error) => panic!("{text:?} of the function table: {error}"),
    }
}

/// A series of numbers that must be given.
const fn number(name: &'static str) -> Parameter {
    Parameter { name, kind: ParameterKind::Number { default: None } }
}

/// A series of numbers that is the close if it is left out.
const X_OR_CLOSE: Parameter =
    Parameter { name: "x", kind: ParameterKind::Number { default: Some("close") } };

const X: Parameter = number("x");

const N: Parameter = window("n", 1);

const DDOF: Parameter = Parameter { name: "ddof", kind: ParameterKind::Ddof };

const SEED: Parameter = Parameter {
    name: "seed",
    kind: ParameterKind::Choice { choices: &["mean", "first"], default: "mean" },
};

/// A series of booleans that must be given.
const fn boolean(name: &'static str) -> Parameter {
    Parameter { name, kind: ParameterKind::Boolean }
}

/// A series of either type that must be given.
const fn either(name: &'static str) -> Parameter {
    Parameter { name, kind: ParameterKind::Either }
}

/// A window that must be given.
const fn window(name: &'static str, min: usize) -> Parameter {
    Parameter { name, kind: ParameterKind::Window { min, max: MAX_WINDOW, default: None } }
}

/// A window whose values are kept in order: a smaller limit, as each bar costs more.
const fn ranked_window(name: &'static str) -> Parameter {
    Parameter {
        name,
        kind: ParameterKind::Window { min: 1, max: MAX_RANKED_WINDOW, default: None },
    }
}

/// A window that may be left out.
const fn window_or(name: &'static str, default: usize) -> Parameter {
    let kind = ParameterKind::Window { min: 1, max: MAX_WINDOW, default: Some(default) };
    Parameter { name, kind }
}

const fn lag_or(default: usize) -> Parameter {
    Parameter { name: "n", kind: ParameterKind::Lag { default } }
}

/// A constant that may be left out.
const fn constant_or(name: &'static str, min: f64, max: f64, default: f64) -> Parameter {
    Parameter { name, kind: ParameterKind::Constant { min, max, default: Some(default) } }
}
