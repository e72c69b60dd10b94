//! A spec with its expressions compiled: what is evaluated at each bar, and where each value stands.

use std::sync::Arc;

use super::bits::holds;
use super::error::SpecError;
use super::size::Size;
use super::spec::{ParameterValue, Spec};
use super::stops::Distance;
use crate::expr::{
    Compiler, ExpressionError, ExpressionErrorKind, Field, Kind, Models, Names, Place, Plan,
};

/// What a strategy does, ready to be evaluated and decided: the same in backtest, paper and live.
#[derive(Clone, Debug)]
pub struct Rule {
    spec: Arc<Spec>,
    plan: Arc<Plan>,
    outputs: Outputs,
    /// The spec's symbols, or as many as there turned out to be: what an equal share is of.
    symbol_count: usize,
}

/// Where in a plan's outputs each of a rule's values is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// Whether to buy.
    pub entry: Option<usize>,
    /// Whether to sell what was bought.
    pub exit: Option<usize>,
    /// Whether to sell short.
    pub short_entry: Option<usize>,
    /// Whether to buy back.
    pub short_exit: Option<usize>,
    /// Who comes first.
    pub rank: Option<usize>,
    /// The share of the equity.
    pub weight: Option<usize>,
    /// How far away the stop loss is.
    pub stop_loss: Option<usize>,
    /// How far away the take profit is.
    pub take_profit: Option<usize>,
    /// How far behind the trailing stop is.
    pub trailing: Option<usize>,
}

/// What the expressions say at one bar. A number without a value is NaN, a condition without one does not hold.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // They are independent of each other.
pub struct Signals {
    /// Whether to buy; with a rank, whether it may be held.
    pub entry: bool,
    /// Whether to sell what was bought.
    pub exit: bool,
    /// Whether to sell short.
    pub short_entry: bool,
    /// Whether to buy back what was sold short.
    pub short_exit: bool,
    /// Who comes first.
    pub rank: f64,
    /// The share of the equity.
    pub weight: f64,
    /// How far away the stop loss is.
    pub stop_loss: f64,
    /// How far away the take profit is.
    pub take_profit: f64,
    /// How far behind the trailing stop is.
    pub trailing: f64,
}

impl Rule {
    /// Compiles a spec.
    ///
    /// # Errors
    /// [`SpecError`], also for a feature that nothing uses.
    pub fn compile(spec: &Spec, models: &dyn Models) -> Result<Self, SpecError> {
        spec.validate()?;
        check_features(spec, models)?;
        let mut compiler = Compiler::new(models);
        let outputs = compile_into(&mut compiler, &mut 0, spec)?;
        Ok(Self::with(spec.clone(), Arc::new(Plan::new(compiler.finish())), outputs))
    }

    /// Compiles specs into one plan, in which what they share is computed once. One that is none leaves the others as they are.
    pub fn compile_all(specs: &[Spec], models: &dyn Models) -> Vec<Result<Self, SpecError>> {
        let (mut compiler, mut count) = (Compiler::new(models), 0);
        let mut compile = |spec: &Spec| {
            spec.validate()?;
            let outputs = compile_into(&mut compiler, &mut count, spec);
            // A feature that is wrong is told in its own text, not where it is used.
            outputs.map_err(|error| check_features(spec, models).err().unwrap_or(error))
        };
        let outputs: Vec<Result<Outputs, SpecError>> = specs.iter().map(&mut compile).collect();
        let plan = Arc::new(Plan::new(compiler.finish()));
        let rule = |(spec, outputs): (&Spec, Result<Outputs, SpecError>)| {
            Ok(Self::with(spec.clone(), Arc::clone(&plan), outputs?))
        };
        specs.iter().zip(outputs).map(rule).collect()
    }

    fn with(spec: Spec, plan: Arc<Plan>, outputs: Outputs) -> Self {
        let symbol_count = spec.symbols.len().max(1);
        Self { spec: Arc::new(spec), plan, outputs, symbol_count }
    }

    /// On a plan that has more outputs than its own.
    pub(super) fn on(&self, plan: Plan) -> Self {
        Self { plan: Arc::new(plan), ..self.clone() }
    }

    /// For so many symbols, where the spec names none.
    #[must_use]
    pub fn for_symbols(self, count: usize) -> Self {
        let symbol_count =
            if self.spec.symbols.is_empty() { count.max(1) } else { self.symbol_count };
        Self { symbol_count, ..self }
    }

    /// What it was compiled of.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// What is evaluated. It may have outputs of other rules, too.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Where its values are among the plan's outputs.
    #[must_use]
    pub const fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// How many symbols share the equity.
    #[must_use]
    pub const fn symbol_count(&self) -> usize {
        self.symbol_count
    }

    /// Whether it ranks its symbols.
    #[must_use]
    pub const fn is_ranking(&self) -> bool {
        self.outputs.rank.is_some()
    }

    /// Whether all symbols must be looked at together.
    #[must_use]
    pub fn needs_universe(&self) -> bool {
        self.is_ranking() || self.plan.needs_universe()
    }

    /// How many bars come before every expression may have a value, whatever the data: bars to feed before a decision.
    #[must_use]
    pub fn warm_up(&self) -> usize {
        let graph = self.plan.graph();
        let nodes = self.outputs.all().map(|output| graph.outputs()[output]);
        nodes.map(|node| graph.warm_up(node)).max().unwrap_or(0)
    }

    /// The fields that it reads of the bars it trades.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        self.plan.base_fields(|_| false)
    }

    /// What the outputs of its plan say.
    #[must_use]
    pub fn signals(&self, value: impl Fn(usize) -> f64) -> Signals {
        let is_met = |output: Option<usize>| output.is_some_and(|output| holds(value(output)));
        let number = |output: Option<usize>| output.map_or(f64::NAN, &value);
        let outputs = &self.outputs;
        Signals {
            // With a rank, everybody may be held where no condition says otherwise.
            entry: is_met(outputs.entry) || (outputs.entry.is_none() && outputs.rank.is_some()),
            exit: is_met(outputs.exit),
            short_entry: is_met(outputs.short_entry),
            short_exit: is_met(outputs.short_exit),
            rank: number(outputs.rank),
            weight: number(outputs.weight),
            stop_loss: number(outputs.stop_loss),
            take_profit: number(outputs.take_profit),
            trailing: number(outputs.trailing),
        }
    }
}

impl Signals {
    /// What of it counts: nothing at a bar that does not decide, and nothing is opened of what is not in the universe.
    #[must_use]
    pub const fn at(self, is_due: bool, may_open: bool) -> Self {
        Self {
            entry: self.entry && is_due && may_open,
            exit: self.exit && is_due,
            short_entry: self.short_entry && is_due && may_open,
            short_exit: self.short_exit && is_due,
            ..self
        }
    }
}

impl Outputs {
    /// All there are.
    pub fn all(&self) -> impl Iterator<Item = usize> {
        self.conditions().into_iter().chain(self.numbers()).flatten()
    }

    /// Of conditions: entry, exit, short entry, short exit.
    #[must_use]
    pub const fn conditions(&self) -> [Option<usize>; 4] {
        [self.entry, self.exit, self.short_entry, self.short_exit]
    }

    /// Of numbers: rank, weight, stop loss, take profit, trailing.
    #[must_use]
    pub const fn numbers(&self) -> [Option<usize>; 5] {
        [self.rank, self.weight, self.stop_loss, self.take_profit, self.trailing]
    }
}

/// The names that a spec's expressions may use.
fn names(spec: &Spec) -> Names {
    let mut names = Names::default();
    for (name, value) in &spec.parameters {
        let kind = match value {
            ParameterValue::Boolean(_) => Kind::Boolean,
            _ => Kind::Number,
        };
        names.constant(name, kind, value.as_f64());
    }
    for (name, text) in &spec.features {
        names.expression(name, text);
    }
    names
}

/// Whether every feature is an expression, also those that nothing uses.
fn check_features(spec: &Spec, models: &dyn Models) -> Result<(), SpecError> {
    let mut compiler = Compiler::new(models);
    compiler.set_names(names(spec));
    // What is wrong with a feature that others use is told in its own text before it is told in theirs.
    let mut refused = None;
    for (name, text) in &spec.features {
        if let Err(error) = compiler.output(text) {
            let is_of_another = matches!(error.kind, ExpressionErrorKind::NamedInvalid { .. });
            let error = SpecError::expression(&format!("features.{name}"), text, error);
            if !is_of_another {
                return Err(error);
            }
            refused.get_or_insert(error);
        }
    }
    refused.map_or(Ok(()), Err)
}

/// Adds a spec's expressions to a graph that has `count` outputs.
fn compile_into(
    compiler: &mut Compiler<'_>,
    count: &mut usize,
    spec: &Spec,
) -> Result<Outputs, SpecError> {
    compiler.set_names(names(spec));
    let mut output = |field: &str, text: Option<&str>, expected: Kind| {
        let Some(text) = text else { return Ok(None) };
        let refuse = |error| SpecError::expression(field, text, error);
        let kind = compiler.output(text).map_err(refuse)?;
        *count += 1;
        if kind == expected {
            return Ok(Some(*count - 1));
        }
        Err(refuse(wrong_kind(text, expected, kind)))
    };
    let mut condition =
        |field: &str, text: &Option<String>| output(field, text.as_deref(), Kind::Boolean);
    let mut outputs = Outputs {
        entry: condition("entry", &spec.entry)?,
        exit: condition("exit", &spec.exit)?,
        short_entry: condition("short_entry", &spec.short_entry)?,
        short_exit: condition("short_exit", &spec.short_exit)?,
        ..Outputs::default()
    };
    // What is traded both ways and has no exit is turned around by the other side's entry.
    if outputs.entry.is_some() && outputs.short_entry.is_some() {
        outputs.exit = outputs.exit.or(outputs.short_entry);
        outputs.short_exit = outputs.short_exit.or(outputs.entry);
    }
    outputs.rank = output("rank", spec.rank.as_deref(), Kind::Number)?;
    let (field, text) = weight(&spec.size);
    outputs.weight = output(field, text.as_deref(), Kind::Number)?;
    let mut distance = |field: &str, distance: &Option<Distance>| match distance {
        Some(Distance::Distance(text)) => {
            output(&format!("stops.{field}.distance"), Some(text), Kind::Number)
        }
        _ => Ok(None),
    };
    outputs.stop_loss = distance("stop_loss", &spec.stops.stop_loss)?;
    outputs.take_profit = distance("take_profit", &spec.stops.take_profit)?;
    outputs.trailing = distance("trailing", &spec.stops.trailing)?;
    Ok(outputs)
}

/// The expression of a size that has one, and the field it stands in.
fn weight(size: &Size) -> (&'static str, Option<String>) {
    match size {
        Size::Equal | Size::Fixed { .. } | Size::Notional { .. } | Size::Percent { .. } => {
            ("size", None)
        }
        Size::Weight { expression } => ("size.expression", Some(expression.clone())),
        Size::VolatilityTarget { annual, window, cap, periods_per_year } => {
            let yearly = format!("std(ret(close, 1), {window}) * sqrt({periods_per_year})");
            ("size", Some(format!("minimum({annual} / ({yearly}), {cap})")))
        }
        Size::Kelly { fraction, cap, window } => {
            let ratio = format!("mean(ret(close, 1), {window}) / var(ret(close, 1), {window})");
            ("size", Some(format!("clip({fraction} * {ratio}, 0, {cap})")))
        }
    }
}

fn wrong_kind(text: &str, expected: Kind, found: Kind) -> ExpressionError {
    let expected = match expected {
        Kind::Boolean => "a condition (true or false)",
        Kind::Number => "a number",
    };
    let found = match found {
        Kind::Boolean => "a boolean",
        Kind::Number => "a number",
    };
    let kind = ExpressionErrorKind::TypeMismatch { place: Place::Rule, expected, found };
    ExpressionError { position: 0, end: text.chars().count(), kind }
}
