//! A strategy as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::amount;
use super::error::SpecError;
use super::schedule::Schedule;
use super::size::{Size, SizeAt};
use super::stops::Stops;
use crate::decimal::Decimal;
use crate::order::ids::Symbol;
use crate::venue::VenueConfig;

/// What a strategy does at a bar's close. Every symbol has the same rule.
///
/// Without `rank` a flat symbol is bought where `entry` holds and `exit` does not, and sold again where `exit` holds; short likewise. Where
/// the other side's entry holds at the exit, the position is closed and the other one opened. What has no value does not hold, and nothing
/// is decided while an order of the symbol works. What is traded both ways and has no exit has the other side's entry for one.
///
/// With `rank`, the members for which `entry` holds (all, if there is none) and which have a rank are held, the highest first, as many as
/// `hold` says; equals go in the order of the symbols.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// What people call it; at most 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it trades, each once; none: every symbol whose bars are given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<Symbol>,
    /// Names of constants in the expressions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, ParameterValue>,
    /// Names of expressions in the expressions, in any order: they may use each other, though none itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub features: BTreeMap<String, String>,
    /// A boolean expression: when a symbol is bought. With `rank`: who may be held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// A boolean expression: when what was bought is sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// A boolean expression: when a symbol is sold short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_entry: Option<String>,
    /// A boolean expression: when what was sold short is bought back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_exit: Option<String>,
    /// A number: who is held first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<String>,
    /// How many are held; with `rank` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// How much is bought.
    #[serde(skip_serializing_if = "is_default")]
    pub size: Size,
    /// At which price that is computed.
    #[serde(skip_serializing_if = "is_default")]
    pub size_at: SizeAt,
    /// What else ends a position.
    #[serde(skip_serializing_if = "is_default")]
    pub stops: Stops,
    /// At which bars there is a decision.
    #[serde(skip_serializing_if = "is_default")]
    pub schedule: Schedule,
    /// Which bars it is meant for, such as `1m`: for those who choose the data; the rule does not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bars: Option<String>,
    /// How a simulated venue trades for it, in backtest and paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<VenueConfig>,
}

/// A constant that an expression knows by a name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a number or a boolean")]
pub enum ParameterValue {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
}

impl ParameterValue {
    /// As the number that expressions compute with.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // Validated to be a number that a float holds.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Boolean(value) => f64::from(u8::from(value)),
            Self::Integer(value) => value as f64,
            Self::Number(value) => value,
        }
    }
}

impl std::fmt::Display for ParameterValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Boolean(value) => write!(formatter, "{value}"),
            Self::Integer(value) => write!(formatter, "{value}"),
            Self::Number(value) => write!(formatter, "{value}"),
        }
    }
}

/// How many members a ranking strategy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// So many.
    Count(usize),
    /// This share of the members that have a rank, rounded down, at least one; above 0, at most 1.
    #[serde(with = "amount")]
    Fraction(Decimal),
}

impl Spec {
    /// Reads and validates a spec's JSON.
    ///
    /// # Errors
    /// [`SpecError`] naming the field.
    pub fn from_json(text: &str) -> Result<Self, SpecError> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let spec: Self = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let field = error.path().to_string();
            SpecError::Unreadable { field, problem: error.into_inner().to_string() }
        })?;
        let unreadable = |error: serde_json::Error| SpecError::Unreadable {
            field: ".".to_owned(),
            problem: error.to_string(),
        };
        reader.end().map_err(unreadable)?;
        spec.validate()?;
        Ok(spec)
    }

    /// The canonical JSON: fields in the order of the type, names in alphabetical order, defaults left out, no spaces. Equal specs have
    /// equal texts.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| unreachable!("a spec is JSON: {error}"))
    }

    /// The expressions, each with the field that it stands in; features first.
    #[must_use]
    pub fn expressions(&self) -> Vec<(String, &str)> {
        let features = self.features.iter().map(|(name, text)| (format!("features.{name}"), text));
        let rules = [
            ("entry", &self.entry),
            ("exit", &self.exit),
            ("short_entry", &self.short_entry),
            ("short_exit", &self.short_exit),
            ("rank", &self.rank),
        ];
        let rules =
            rules.into_iter().filter_map(|(field, text)| Some((field.to_owned(), text.as_ref()?)));
        let mut expressions: Vec<(String, &str)> =
            features.chain(rules).map(|(field, text)| (field, text.as_str())).collect();
        if let Size::Weight { expression } = &self.size {
            expressions.push(("size.expression".to_owned(), expression));
        }
        for (field, distance) in self.stops.distances() {
            if let super::Distance::Distance(text) = distance {
                expressions.push((format!("stops.{field}.distance"), text));
            }
        }
        expressions
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
