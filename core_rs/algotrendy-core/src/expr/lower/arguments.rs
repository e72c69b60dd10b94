//! The arguments of a call, put in the order of the parameters and checked against them.

use super::{Lowering, Result, Scope, Value};
use crate::expr::error::{short, ExpressionErrorKind, Found, Place};
use crate::expr::function::{Function, Parameter, ParameterKind};
use crate::expr::suggestion::{nearest, DidYouMean};
use crate::expr::syntax::{Argument, Call, Span, Tree};
use crate::expr::{Kind, MAX_WINDOW};

/// A call's arguments, one for each parameter.
pub(super) struct Bound<'v> {
    pub(super) values: Vec<Value<'v>>,
    /// What [`crate::expr::function::Settings`] holds.
    pub(super) settings: Vec<f64>,
}

/// Which argument each parameter gets; `None` where it is left out.
pub(super) fn places<'c, 'v>(
    function: &'static Function,
    call: &'c Call<'v>,
) -> Result<Vec<Option<&'c Tree<'v>>>> {
    let mut places = vec![None; function.parameters.len()];
    for (index, argument) in call.arguments.iter().enumerate() {
        let place = place(function, index, argument)?;
        let parameter = function.parameters[place].name;
        if places[place].is_some() {
            let span = argument.keyword.map_or(argument.value.span, |keyword| keyword.span);
            let kind = ExpressionErrorKind::ArgumentRepeated { function: function.name, parameter };
            return Err(kind.at(span));
        }
        places[place] = Some(&argument.value);
    }
    Ok(places)
}

fn place(function: &'static Function, index: usize, argument: &Argument<'_>) -> Result<usize> {
    let parameters = function.parameters;
    let Some(keyword) = argument.keyword else {
        if index < parameters.len() {
            return Ok(index);
        }
        let kind = ExpressionErrorKind::ArgumentsTooMany {
            function: function.name,
            most: parameters.len(),
            signature: function.signature(),
        };
        return Err(kind.at(argument.value.span));
    };
    let place = parameters.iter().position(|parameter| parameter.name == keyword.text);
    place.ok_or_else(|| {
        let kind = ExpressionErrorKind::ArgumentUnknown {
            function: function.name,
            keyword: short(keyword.text),
            suggestion: nearest(keyword.text, parameters.iter().map(|parameter| parameter.name)),
            signature: function.signature(),
        };
        kind.at(keyword.span)
    })
}

impl Lowering<'_> {
    /// The values of a call's arguments, where no parameter is a name or an expression.
    pub(super) fn bind<'v>(
        &mut self,
        function: &'static Function,
        call: &Call<'v>,
        span: Span,
        scope: Scope<'_, 'v>,
    ) -> Result<Bound<'v>> {
        let places = places(function, call)?;
        let mut bound = Bound { values: Vec::new(), settings: Vec::new() };
        for (parameter, argument) in function.parameters.iter().zip(&places) {
            let value = match argument {
                Some(tree) => self.tree(tree, scope)?,
                None => self.default(function, parameter, span, scope)?,
            };
            let check =
                Check { function, parameter, span: argument.map_or(span, |tree| tree.span) };
            bound.settings.push(check.setting(value, &bound.values)?);
            bound.values.push(value);
        }
        check_ddof(function, &bound.settings, &places, span)?;
        Ok(bound)
    }

    fn default<'v>(
        &mut self,
        function: &'static Function,
        parameter: &'static Parameter,
        span: Span,
        scope: Scope<'_, 'v>,
    ) -> Result<Value<'v>> {
        let constant = match parameter.kind {
            ParameterKind::Number { default: Some(name) } => {
                return self.name(name, span, Scope::of_clock(scope.clock));
            }
            ParameterKind::Choice { default, .. } => return Ok(Value::Text(default)),
            ParameterKind::Flag => return Ok(Value::Constant(Kind::Boolean, 0.0)),
            ParameterKind::Window { default, .. } => default.map(count),
            ParameterKind::Lag { default } => Some(count(default)),
            ParameterKind::Ddof => Some(1.0),
            ParameterKind::Constant { default, .. } => default,
            _ => None,
        };
        constant
            .map(|constant| Value::Constant(Kind::Number, constant))
            .ok_or_else(|| missing(function, parameter).at(span))
    }
}

pub(super) fn missing(
    function: &'static Function,
    parameter: &'static Parameter,
) -> ExpressionErrorKind {
    ExpressionErrorKind::ArgumentMissing {
        function: function.name,
        parameter: parameter.name,
        signature: function.signature(),
    }
}

/// One argument against its parameter.
pub(super) struct Check {
    pub(super) function: &'static Function,
    pub(super) parameter: &'static Parameter,
    pub(super) span: Span,
}

impl Check {
    /// The number that stands for a constant argument; 0 for a series.
    fn setting(&self, value: Value<'_>, before: &[Value<'_>]) -> Result<f64> {
        match self.parameter.kind {
            ParameterKind::Number { .. } => self.series(Kind::Number, value),
            ParameterKind::Boolean => self.series(Kind::Boolean, value),
            ParameterKind::Either => self.either(value, before),
            ParameterKind::Window { min, max, .. } => self.window(value, min, max),
            ParameterKind::Lag { .. } => {
                if matches!(value, Value::Constant(Kind::Number, lag) if lag < 0.0) {
                    let (function, parameter) = (self.function.name, self.parameter.name);
                    return self.err(ExpressionErrorKind::LooksAhead { function, parameter });
                }
                self.window(value, 1, MAX_WINDOW)
            }
            ParameterKind::Ddof => self.window(value, 0, MAX_WINDOW - 1),
            ParameterKind::Constant { min, max, .. } => self.constant(value, min, max),
            ParameterKind::Choice { choices, .. } => self.choice(value, choices),
            ParameterKind::Flag => self.flag(value).map(|flag| f64::from(u8::from(flag))),
            ParameterKind::Name | ParameterKind::Expression => Ok(0.0),
        }
    }

    fn series(&self, kind: Kind, value: Value<'_>) -> Result<f64> {
        if value.kind() == Some(kind) {
            return Ok(0.0);
        }
        self.err(self.mismatch(kind.with_article(), value))
    }

    /// Of the type of the first parameter that takes either.
    fn either(&self, value: Value<'_>, before: &[Value<'_>]) -> Result<f64> {
        let mut others = self.function.parameters.iter().zip(before);
        let first = others.find(|(parameter, _)| parameter.kind == ParameterKind::Either);
        match first.and_then(|(_, first)| first.kind()) {
            Some(kind) => self.series(kind, value),
            None if value.kind().is_some() => Ok(0.0),
            None => self.err(self.mismatch("a number or a boolean", value)),
        }
    }

    /// A constant number, whatever it is.
    fn number(&self, expected: &'static str, value: Value<'_>) -> Result<f64> {
        match value {
            Value::Constant(Kind::Number, constant) => Ok(constant),
            Value::Series(Kind::Number, _) => self.err(self.not_constant()),
            _ => self.err(self.mismatch(expected, value)),
        }
    }

    fn window(&self, value: Value<'_>, min: usize, max: usize) -> Result<f64> {
        let window = self.number("a whole number", value)?;
        if window.fract() == 0.0 && (count(min)..=count(max)).contains(&window) {
            return Ok(window);
        }
        self.err(ExpressionErrorKind::WindowInvalid {
            function: self.function.name,
            parameter: self.parameter.name,
            min,
            max,
            found: Found(window),
        })
    }

    fn constant(&self, value: Value<'_>, min: f64, max: f64) -> Result<f64> {
        let constant = self.number("a number", value)?;
        if (min..=max).contains(&constant) {
            return Ok(constant);
        }
        self.err(ExpressionErrorKind::ConstantInvalid {
            function: self.function.name,
            parameter: self.parameter.name,
            min,
            max,
            found: Found(constant),
        })
    }

    fn choice(&self, value: Value<'_>, choices: &'static [&'static str]) -> Result<f64> {
        let Value::Text(text) = value else {
            return self.err(self.mismatch("a text", value));
        };
        if let Some(place) = choices.iter().position(|choice| *choice == text) {
            return Ok(count(place));
        }
        self.err(ExpressionErrorKind::ChoiceUnknown {
            function: self.function.name,
            parameter: self.parameter.name,
            choices,
            found: short(text),
            suggestion: nearest(text, choices.iter().copied()),
        })
    }

    pub(super) fn flag(&self, value: Value<'_>) -> Result<bool> {
        match value {
            Value::Constant(Kind::Boolean, flag) => Ok(flag != 0.0),
            Value::Series(Kind::Boolean, _) => self.err(self.not_constant()),
            _ => self.err(self.mismatch("True or False", value)),
        }
    }

    fn not_constant(&self) -> ExpressionErrorKind {
        let (function, parameter) = (self.function.name, self.parameter.name);
        // In Python, max and min compare two values.
        let of_two = match function {
            "max" => Some("maximum".to_owned()),
            "min" => Some("minimum".to_owned()),
            _ => None,
        };
        ExpressionErrorKind::NotConstant { function, parameter, suggestion: DidYouMean(of_two) }
    }

    pub(super) fn mismatch(&self, expected: &'static str, value: Value<'_>) -> ExpressionErrorKind {
        let (function, parameter) = (self.function.name, self.parameter.name);
        let place = Place::Argument { function, parameter };
        ExpressionErrorKind::TypeMismatch { place, expected, found: value.found() }
    }

    pub(super) fn err<T>(&self, kind: ExpressionErrorKind) -> Result<T> {
        Err(kind.at(self.span))
    }
}

/// What is divided by is at least 1.
fn check_ddof(
    function: &'static Function,
    settings: &[f64],
    places: &[Option<&Tree<'_>>],
    span: Span,
) -> Result<()> {
    let parameters = function.parameters;
    let ddof = parameters.iter().position(|parameter| parameter.kind == ParameterKind::Ddof);
    let window = parameters
        .iter()
        .position(|parameter| matches!(parameter.kind, ParameterKind::Window { .. }));
    let (Some(ddof), Some(window)) = (ddof, window) else { return Ok(()) };
    if settings[window] > settings[ddof] {
        return Ok(());
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Checked to be a window.
    let min = settings[ddof] as usize + 1;
    let kind = ExpressionErrorKind::WindowInvalid {
        function: function.name,
        parameter: parameters[window].name,
        min,
        max: MAX_WINDOW,
        found: Found(settings[window]),
    };
    Err(kind.at(places[window].map_or(span, |tree| tree.span)))
}

#[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
fn count(window: usize) -> f64 {
    window as f64
}
