//! What can be wrong with a text, and how it is said.

use super::{ExpressionError, Found, Place};
use crate::expr::suggestion::DidYouMean;
use crate::expr::{
    MAX_DEPTH, MAX_MEMORY, MAX_MODEL_DEPTH, MAX_NODES, MAX_TEXT_CHARS, MAX_TOTAL_MEMORY,
};

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionErrorKind {
    /// A character the language does not use.
    #[error("unexpected character {character:?}")]
    CharacterUnknown {
        /// The character.
        character: char,
    },
    /// An operator of another language.
    #[error("'{found}' is not an operator of the language; write {instead}")]
    OperatorUnknown {
        /// The operator.
        found: &'static str,
        /// What to write.
        instead: &'static str,
    },
    /// A number that `f64` cannot hold.
    #[error("{text} is not a number that can be computed with")]
    NumberInvalid {
        /// The digits.
        text: String,
    },
    /// A quote that is not closed on its line.
    #[error("the text is not closed with the quote it was opened with")]
    TextUnterminated,
    /// Something else should stand here.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What should stand here.
        expected: &'static str,
        /// What stands here.
        found: String,
    },
    /// A name that is no field.
    #[error("{name:?} is not a field{suggestion}")]
    NameUnknown {
        /// The name.
        name: String,
        /// The nearest name there is.
        suggestion: DidYouMean,
    },
    /// A function without parentheses.
    #[error("{function} is a function; write {signature}")]
    NotCalled {
        /// The function.
        function: &'static str,
        /// How it is called.
        signature: String,
    },
    /// A name that is no function.
    #[error("{name:?} is not a function{suggestion}")]
    FunctionUnknown {
        /// The name.
        name: String,
        /// The nearest name there is.
        suggestion: DidYouMean,
    },
    /// An attribute that a function of several values does not have.
    #[error("{function} has no value {attribute:?}{suggestion}; it has {}", .attributes.join(", "))]
    AttributeUnknown {
        /// The function.
        function: &'static str,
        /// The attribute.
        attribute: String,
        /// What it has.
        attributes: Vec<&'static str>,
        /// The nearest of them.
        suggestion: DidYouMean,
    },
    /// A function of several values, none of which was chosen.
    #[error("{function} has several values; write one of {}", list(attributes, |name| format!("{function}(…).{name}"), ", "))]
    AttributeMissing {
        /// The function.
        function: &'static str,
        /// What it has.
        attributes: Vec<&'static str>,
    },
    /// An attribute of what has none.
    #[error("nothing is called {attribute:?} here: only functions of several values and bars(\"…\") have attributes")]
    AttributeUnexpected {
        /// The attribute.
        attribute: String,
    },
    /// A value of another type.
    #[error("{place} needs {expected}, found {found}")]
    TypeMismatch {
        /// What needs it: an operator or an argument.
        place: Place,
        /// The type it needs.
        expected: &'static str,
        /// The type that stands here.
        found: &'static str,
    },
    /// A negative lag.
    #[error("an expression cannot look ahead: {parameter} of {function} counts bars back, so it must be 1 or more")]
    LooksAhead {
        /// The function.
        function: &'static str,
        /// Its parameter.
        parameter: &'static str,
    },
    /// A window out of range, or not a whole number.
    #[error("{parameter} of {function} must be a whole number from {min} to {max}, not {found}")]
    WindowInvalid {
        /// Whose window.
        function: &'static str,
        /// Its parameter.
        parameter: &'static str,
        /// The smallest window it may have.
        min: usize,
        /// The largest.
        max: usize,
        /// What stands here.
        found: Found,
    },
    /// A constant out of range.
    #[error("{parameter} of {function} must be a number from {min} to {max}, not {found}")]
    ConstantInvalid {
        /// Whose constant.
        function: &'static str,
        /// Its parameter.
        parameter: &'static str,
        /// The smallest it may be.
        min: f64,
        /// The largest.
        max: f64,
        /// What stands here.
        found: Found,
    },
    /// A value that differs from bar to bar where one is needed that does not.
    #[error(
        "{parameter} of {function} must be a constant: it cannot change from bar to bar{suggestion}"
    )]
    NotConstant {
        /// The function.
        function: &'static str,
        /// Its parameter.
        parameter: &'static str,
        /// The function of two series that was probably meant.
        suggestion: DidYouMean,
    },
    /// A text that is none of those a parameter takes.
    #[error("{parameter} of {function} must be {}, not {found:?}{suggestion}", list(choices, |choice| format!("{choice:?}"), " or "))]
    ChoiceUnknown {
        /// The function.
        function: &'static str,
        /// Its parameter.
        parameter: &'static str,
        /// What it takes.
        choices: &'static [&'static str],
        /// The text.
        found: String,
        /// The nearest choice.
        suggestion: DidYouMean,
    },
    /// An argument that has no default.
    #[error("{function} needs {parameter}: {signature}")]
    ArgumentMissing {
        /// The function.
        function: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// How it is called.
        signature: String,
    },
    /// A keyword that the function does not have.
    #[error("{function} has no argument {keyword:?}{suggestion}: {signature}")]
    ArgumentUnknown {
        /// The function.
        function: &'static str,
        /// The keyword.
        keyword: String,
        /// The nearest parameter.
        suggestion: DidYouMean,
        /// How it is called.
        signature: String,
    },
    /// An argument given twice.
    #[error("{parameter} of {function} is given twice")]
    ArgumentRepeated {
        /// The function.
        function: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
    /// More arguments than parameters.
    #[error("{function} takes {}: {signature}", most_arguments(*most))]
    ArgumentsTooMany {
        /// The function.
        function: &'static str,
        /// How many it takes.
        most: usize,
        /// How it is called.
        signature: String,
    },
    /// As in Python.
    #[error("an argument without a name cannot follow one with a name")]
    PositionalAfterKeyword,
    /// Bars of another series inside bars of another series.
    #[error("bars(…) cannot stand inside bars(…)")]
    BarsNested,
    /// Only the series that an expression is evaluated on has a universe.
    #[error("{function} compares a universe's members at the bars the expression is evaluated on; it cannot stand inside bars(…)")]
    CrossSectionInBars {
        /// The function.
        function: &'static str,
    },
    /// A model nobody knows.
    #[error("{name:?} is not a model{suggestion}")]
    ModelUnknown {
        /// The name.
        name: String,
        /// The nearest name there is.
        suggestion: DidYouMean,
    },
    /// A model whose features cannot be read now.
    #[error("the features of model {name:?} cannot be read: {problem}")]
    ModelUnreadable {
        /// The name.
        name: String,
        /// Why.
        problem: String,
    },
    /// A model that needs its own output.
    #[error("model {name:?} uses itself in its features")]
    ModelRecursive {
        /// The name.
        name: String,
    },
    /// Models of models of models.
    #[error("models use models deeper than {MAX_MODEL_DEPTH} levels, or stand too deep in an expression")]
    ModelsTooDeep,
    /// A model's feature that is no expression.
    #[error("feature {feature:?} of model {name:?} is not an expression: {error}")]
    ModelFeatureInvalid {
        /// The model.
        name: String,
        /// The feature's text.
        feature: String,
        /// What is wrong with it.
        error: Box<ExpressionError>,
    },
    /// A name whose expression needs its own value.
    #[error("{name:?} uses itself")]
    NameRecursive {
        /// The name.
        name: String,
    },
    /// Names of names of names.
    #[error("the expressions that names stand for nest too deep")]
    NamesTooDeep,
    /// A name that stands for what is no expression where it stands.
    #[error("{name:?} is not an expression here: {error}")]
    NamedInvalid {
        /// The name.
        name: String,
        /// What is wrong with the text it stands for.
        error: Box<ExpressionError>,
    },
    /// Nesting.
    #[error(
        "parentheses, calls, signs, powers and conditions nest deeper than {MAX_DEPTH} levels"
    )]
    TooDeep,
    /// Length.
    #[error("the text is longer than {MAX_TEXT_CHARS} characters")]
    TooLong,
    /// Size, with every function replaced by its definition.
    #[error("the expression has more than {MAX_NODES} operations")]
    TooManyNodes,
    /// The windows of the whole expression.
    #[error("the windows add up to more than {MAX_MEMORY} bars")]
    MemoryTooLarge,
    /// The windows of all expressions together.
    #[error("the windows of all expressions together add up to more than {MAX_TOTAL_MEMORY} bars")]
    TotalMemoryTooLarge,
}

fn most_arguments(most: usize) -> String {
    match most {
        0 => "no arguments".to_owned(),
        1 => "at most 1 argument".to_owned(),
        _ => format!("at most {most} arguments"),
    }
}

fn list(names: &[&str], written: impl Fn(&str) -> String, separator: &str) -> String {
    names.iter().map(|name| written(name)).collect::<Vec<_>>().join(separator)
}
