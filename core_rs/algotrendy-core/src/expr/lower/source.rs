//! Other series' bars, and models.

use super::arguments::{missing, places, Check};
use super::{Lowering, Result, Scope, Value};
use crate::expr::error::{short, ExpressionErrorKind};
use crate::expr::function::Function;
use crate::expr::graph::{ClockId, ModelUse, NodeId, Operation, BASE_CLOCK};
use crate::expr::models::ModelError;
use crate::expr::suggestion::nearest;
use crate::expr::syntax::{Call, Span, Tree};
use crate::expr::{canonical, parser, Kind, MAX_MODEL_DEPTH};

/// How deep in trees a model may stand: its features nest as deep again, and all of them must fit on the stack.
pub(super) const MAX_TREES_AROUND: usize = 64;

impl Lowering<'_> {
    /// `bars("1h", x)`, or `bars("1h").close` for `bars("1h", close)`.
    pub(super) fn bars<'v>(
        &mut self,
        function: &'static Function,
        call: &Call<'v>,
        span: Span,
        scope: Scope<'_, 'v>,
    ) -> Result<Value<'v>> {
        if scope.clock != BASE_CLOCK {
            return Err(ExpressionErrorKind::BarsNested.at(span));
        }
        let places = places(function, call)?;
        let name = self.constant_name(function, places[0], span, scope)?;
        let clock = self.graph.clock(name);
        let inner = Scope { clock, ..scope };
        let value = match (places[1], call.attribute) {
            (Some(tree), None) => self.tree(tree, inner)?,
            (None, Some(field)) => self.name(field.text, field.span, Scope::of_clock(clock))?,
            (None, None) => return Err(nothing_of(function, name).at(span)),
            (Some(_), Some(name)) => {
                return Err(ExpressionErrorKind::attribute_unexpected(name.text).at(name.span));
            }
        };
        match value {
            Value::Series(kind, node) => {
                self.series(kind, scope.clock, Operation::AsOf(node), span)
            }
            constant => Ok(constant),
        }
    }

    /// `model("name")`: the output of a model, given the values of its features.
    pub(super) fn model<'v>(
        &mut self,
        function: &'static Function,
        call: &Call<'v>,
        span: Span,
        scope: Scope<'_, 'v>,
    ) -> Result<Value<'v>> {
        let places = places(function, call)?;
        let name = self.constant_name(function, places[0], span, scope)?;
        let is_in_sample = match places[1] {
            Some(tree) => {
                let parameter = &function.parameters[1];
                let value = self.tree(tree, scope)?;
                Check { function, parameter, span: tree.span }.flag(value)?
            }
            None => false,
        };
        let features = self.features_of(name, scope.clock, span)?;
        let model = self.graph.model(ModelUse { name: name.to_owned(), is_in_sample });
        self.series(Kind::Number, scope.clock, Operation::Model(model, features), span)
    }

    fn constant_name<'v>(
        &mut self,
        function: &'static Function,
        argument: Option<&Tree<'v>>,
        span: Span,
        scope: Scope<'_, 'v>,
    ) -> Result<&'v str> {
        let parameter = &function.parameters[0];
        let Some(tree) = argument else {
            return Err(missing(function, parameter).at(span));
        };
        match self.tree(tree, scope)? {
            Value::Text(name) if !name.trim().is_empty() => Ok(name),
            value => {
                let check = Check { function, parameter, span: tree.span };
                let is_empty = matches!(value, Value::Text(_));
                let mut kind = check.mismatch("a text with a name", value);
                if let (true, ExpressionErrorKind::TypeMismatch { found, .. }) =
                    (is_empty, &mut kind)
                {
                    *found = "an empty text";
                }
                check.err(kind)
            }
        }
    }

    /// The nodes of a model's features. They are lowered once an expression, however often it uses the model.
    fn features_of(&mut self, name: &str, clock: ClockId, span: Span) -> Result<Box<[NodeId]>> {
        if self.open_models.iter().any(|open| open == name) {
            return Err(ExpressionErrorKind::ModelRecursive { name: short(name) }.at(span));
        }
        if self.open_models.len() == MAX_MODEL_DEPTH || self.depth > MAX_TREES_AROUND {
            return Err(ExpressionErrorKind::ModelsTooDeep.at(span));
        }
        let key = (name.to_owned(), clock);
        if let Some(features) = self.features.get(&key) {
            return Ok(features.clone());
        }
        let texts =
            self.models.features(name).map_err(|error| unknown_model(name, error).at(span))?;
        self.open_models.push(name.to_owned());
        let features: Result<Box<[NodeId]>> =
            texts.iter().map(|text| self.feature(name, text, clock, span)).collect();
        self.open_models.pop();
        let features = features?;
        self.features.insert(key, features.clone());
        Ok(features)
    }

    fn feature(&mut self, model: &str, text: &str, clock: ClockId, span: Span) -> Result<NodeId> {
        let lowered = parser::parse(text).and_then(|tree| {
            let value = self.tree(&tree, Scope::of_clock(clock))?;
            self.node(value, clock, tree.span)
        });
        lowered.map_err(|error| {
            let (name, feature) = (short(model), short(text));
            ExpressionErrorKind::ModelFeatureInvalid { name, feature, error }.at(span)
        })
    }
}

/// Bars without what is wanted of them.
fn nothing_of(function: &'static Function, name: &str) -> ExpressionErrorKind {
    let bars = format!("{}({}", function.name, canonical::quoted(&short(name)));
    ExpressionErrorKind::ArgumentMissing {
        function: function.name,
        parameter: function.parameters[1].name,
        signature: format!("{bars}, x) or {bars}).close"),
    }
}

fn unknown_model(name: &str, error: ModelError) -> ExpressionErrorKind {
    match error {
        ModelError::Unknown { known } => ExpressionErrorKind::ModelUnknown {
            name: short(name),
            suggestion: nearest(name, known.iter().map(String::as_str)),
        },
        ModelError::Unreadable { problem } => {
            ExpressionErrorKind::ModelUnreadable { name: short(name), problem }
        }
    }
}
