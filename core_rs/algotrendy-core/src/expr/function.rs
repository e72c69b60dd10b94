//! What the function table says of each function: how it is called, what it computes, and from whom it is.

use std::fmt::{self, Write as _};

use super::canonical;
use super::graph::{CalendarField, Field};
use super::op::{CrossOp, Op, Real, Seed};
use super::{Kind, MAX_WINDOW};

/// A chapter of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Value by value.
    Elementwise,
    /// Against a value some bars before.
    Change,
    /// Over the last `n` bars.
    Window,
    /// Moving means.
    Mean,
    /// Momentum indicators.
    Momentum,
    /// Trend indicators.
    Trend,
    /// Volatility indicators and bands.
    Volatility,
    /// Volume indicators.
    Volume,
    /// Events.
    Logic,
    /// The time a bar opened at.
    Calendar,
    /// Over a universe.
    CrossSection,
    /// Other series and models.
    Source,
}

impl Group {
    /// All of them, in the order of the reference.
    pub const ALL: [Self; 12] = [
        Self::Elementwise,
        Self::Change,
        Self::Window,
        Self::Mean,
        Self::Momentum,
        Self::Trend,
        Self::Volatility,
        Self::Volume,
        Self::Logic,
        Self::Calendar,
        Self::CrossSection,
        Self::Source,
    ];

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Elementwise => "Value by value",
            Self::Change => "Changes",
            Self::Window => "Windows",
            Self::Mean => "Moving means",
            Self::Momentum => "Momentum",
            Self::Trend => "Trend",
            Self::Volatility => "Volatility",
            Self::Volume => "Volume",
            Self::Logic => "Logic",
            Self::Calendar => "Calendar",
            Self::CrossSection => "Cross-section",
            Self::Source => "Other series and models",
        }
    }
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParameterKind {
    /// A number, which may change from bar to bar.
    Number {
        /// Text of what it is if it is left out.
        default: Option<&'static str>,
    },
    /// A boolean, which may change from bar to bar.
    Boolean,
    /// A number or a boolean; several of one function are of one type.
    Either,
    /// A constant number of bars.
    Window {
        /// The smallest.
        min: usize,
        /// The largest.
        max: usize,
        /// What it is if it is left out.
        default: Option<usize>,
    },
    /// A constant number of bars to look back.
    Lag {
        /// What it is if it is left out.
        default: usize,
    },
    /// What is subtracted from the number of values before dividing by it: less than the window. 1 if it is left out.
    Ddof,
    /// A constant number.
    Constant {
        /// The smallest.
        min: f64,
        /// The largest.
        max: f64,
        /// What it is if it is left out.
        default: Option<f64>,
    },
    /// One of some texts.
    Choice {
        /// The texts.
        choices: &'static [&'static str],
        /// What it is if it is left out.
        default: &'static str,
    },
    /// The name of a series or of a model.
    Name,
    /// A constant boolean; false if it is left out.
    Flag,
    /// An expression on another series' bars.
    Expression,
}

impl fmt::Display for ParameterKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { .. } => formatter.write_str("number"),
            Self::Boolean => formatter.write_str("boolean"),
            Self::Either => formatter.write_str("number or boolean"),
            Self::Window { min, max, .. } => write!(formatter, "whole number from {min} to {max}"),
            Self::Lag { .. } => write!(formatter, "whole number from 1 to {MAX_WINDOW}"),
            Self::Ddof => formatter.write_str("whole number below n"),
            Self::Constant { min, max, .. } => write!(formatter, "constant from {min} to {max}"),
            Self::Choice { choices, .. } => {
                let choices: Vec<String> =
                    choices.iter().map(|text| canonical::quoted(text)).collect();
                formatter.write_str(&choices.join(" or "))
            }
            Self::Name => formatter.write_str("text"),
            Self::Flag => formatter.write_str("True or False"),
            Self::Expression => formatter.write_str("expression"),
        }
    }
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its name, by which it may be given: `ema(x=close, n=10)`.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParameterKind,
}

impl Parameter {
    /// Whether its values may change from bar to bar.
    #[must_use]
    pub const fn is_series(&self) -> bool {
        matches!(
            self.kind,
            ParameterKind::Number { .. } | ParameterKind::Boolean | ParameterKind::Either
        )
    }

    /// Text of what it is if it is left out; `None` if it must be given.
    #[must_use]
    pub fn default_text(&self) -> Option<String> {
        match self.kind {
            ParameterKind::Number { default } => default.map(str::to_owned),
            ParameterKind::Window { default, .. } => default.map(|window| window.to_string()),
            ParameterKind::Lag { default } => Some(default.to_string()),
            ParameterKind::Ddof => Some("1".to_owned()),
            ParameterKind::Constant { default, .. } => default.map(canonical::number),
            ParameterKind::Choice { default, .. } => Some(canonical::quoted(default)),
            ParameterKind::Flag => Some("False".to_owned()),
            _ => None,
        }
    }
}

/// The type of a function's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultKind {
    /// Always this.
    Is(Kind),
    /// That of its arguments.
    OfArguments,
}

/// One of the values of a function that has several.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// The attribute that chooses it.
    pub name: &'static str,
    /// Text in the language.
    pub definition: &'static str,
    /// As [`Function::warm_up`].
    pub warm_up: &'static str,
}

/// What a function is lowered to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body {
    /// An operation on its series.
    Primitive(fn(&Settings<'_>) -> Op),
    /// An operation on fields.
    OfFields(&'static [Field], fn(&Settings<'_>) -> Op),
    /// Text in the language.
    Definition(&'static str),
    Outputs(&'static [Output]),
    Calendar(CalendarField),
    CrossSection(CrossOp),
    Bars,
    Model,
}

/// A function of the language.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Its chapter.
    pub group: Group,
    /// Its parameters, in the order of arguments without a name.
    pub parameters: &'static [Parameter],
    /// The type of its value.
    pub result: ResultKind,
    pub(super) body: Body,
    /// How many bars come before its first value if its series have one at every bar: text in the language, of its parameters, which
    /// have the defaults of their texts.
    pub warm_up: &'static str,
    /// What it is, in one sentence.
    pub summary: &'static str,
    pub(super) formula: &'static str,
    /// Where references disagree: what is done here, and how to get the other; empty where they agree.
    pub convention: &'static str,
    /// Where it is from; empty for arithmetic.
    pub source: &'static str,
}

impl Function {
    /// What an entry of the table need not say.
    pub(super) const PLAIN: Self = Self {
        name: "",
        group: Group::Elementwise,
        parameters: &[],
        result: ResultKind::Is(Kind::Number),
        body: Body::Outputs(&[]),
        warm_up: "0",
        summary: "",
        formula: "",
        convention: "",
        source: "",
    };

    /// The values to choose from by attribute; empty for a function of one value.
    #[must_use]
    pub fn outputs(&self) -> &'static [Output] {
        match self.body {
            Body::Outputs(outputs) => outputs,
            _ => &[],
        }
    }

    /// What it computes, as a formula or as text in the language.
    #[must_use]
    pub fn formula(&self) -> &'static str {
        match self.body {
            Body::Definition(text) if self.formula.is_empty() => text,
            _ => self.formula,
        }
    }

    /// How it is called: `ema(x, n, seed="mean")`.
    #[must_use]
    pub fn signature(&self) -> String {
        let mut signature = format!("{}(", self.name);
        for (index, parameter) in self.parameters.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let _ = write!(signature, "{separator}{}", parameter.name);
            if let Some(default) = parameter.default_text() {
                let _ = write!(signature, "={default}");
            }
        }
        signature.push(')');
        signature
    }
}

/// A name that stands for text in the language.
#[derive(Clone, Copy, Debug)]
pub struct DerivedField {
    /// The name.
    pub name: &'static str,
    /// The text.
    pub definition: &'static str,
    /// What it is, in one sentence.
    pub summary: &'static str,
}

/// The constant arguments of a call, checked.
pub(super) struct Settings<'a> {
    pub(super) parameters: &'static [Parameter],
    /// A number for each parameter: for a choice, which of them; for a series, nothing that matters.
    pub(super) values: &'a [f64],
}

impl Settings<'_> {
    fn value(&self, name: &str) -> f64 {
        let place = self.parameters.iter().position(|parameter| parameter.name == name);
        place.map_or(f64::NAN, |place| self.values[place])
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Checked when it was bound.
    pub(super) fn count(&self, name: &str) -> usize {
        self.value(name) as usize
    }

    pub(super) fn n(&self) -> usize {
        self.count("n")
    }

    pub(super) fn ddof(&self) -> usize {
        self.count("ddof")
    }

    pub(super) fn real(&self, name: &str) -> Real {
        Real::new(self.value(name))
    }

    pub(super) fn seed(&self) -> Seed {
        match self.count("seed") {
            0 => Seed::Mean,
            _ => Seed::First,
        }
    }
}
