//! Evaluation: one bar in, one value out.

use super::ast::{Ast, Field, Function, Node, Operator};
use super::error::ColumnError;
use super::kernel::{Ema, Ret, Std};

/// One bar's values, in the order of [`Field::ALL`]; NaN where a field is not read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldValues(pub [f64; Field::COUNT]);

impl FieldValues {
    /// From what was given, in the order of [`Field::ALL`].
    ///
    /// # Errors
    /// [`ColumnError::Missing`] with the first of `required` that was not given.
    pub fn from_given(
        given: [Option<f64>; Field::COUNT],
        required: &[Field],
    ) -> Result<Self, ColumnError> {
        match required.iter().find(|field| given[field.index()].is_none()) {
            Some(&field) => Err(ColumnError::Missing { field }),
            None => Ok(Self(given.map(|value| value.unwrap_or(f64::NAN)))),
        }
    }
}

/// Borrowed columns of equal length, in the order of [`Field::ALL`].
#[derive(Clone, Copy, Debug, Default)]
pub struct FieldColumns<'a> {
    columns: [Option<&'a [f64]>; Field::COUNT],
    length: Option<usize>,
}

impl<'a> FieldColumns<'a> {
    /// Adds a column.
    ///
    /// # Errors
    /// [`ColumnError::LengthsDiffer`] if another column has another length.
    pub fn with(mut self, field: Field, values: &'a [f64]) -> Result<Self, ColumnError> {
        let expected = *self.length.get_or_insert(values.len());
        if values.len() != expected {
            return Err(ColumnError::LengthsDiffer { field, length: values.len(), expected });
        }
        self.columns[field.index()] = Some(values);
        Ok(self)
    }

    /// How many bars there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length.unwrap_or(0)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all of `fields` were given.
    ///
    /// # Errors
    /// [`ColumnError::Missing`] with the first that was not.
    pub fn require(&self, fields: &[Field]) -> Result<(), ColumnError> {
        match fields.iter().find(|field| self.columns[field.index()].is_none()) {
            Some(&field) => Err(ColumnError::Missing { field }),
            None => Ok(()),
        }
    }

    /// One bar's values.
    ///
    /// # Panics
    /// If `index` is not below [`Self::len`].
    #[must_use]
    pub fn row(&self, index: usize) -> FieldValues {
        FieldValues(self.columns.map(|column| column.map_or(f64::NAN, |values| values[index])))
    }
}

/// A node with the state it keeps from bar to bar.
#[derive(Clone, Debug)]
enum Step {
    Number(f64),
    Field(Field),
    Negate(usize),
    Binary(Operator, usize, usize),
    Ret(usize, Ret),
    Ema(usize, Ema),
    Std(usize, Std),
}

impl From<&Node> for Step {
    fn from(node: &Node) -> Self {
        match *node {
            Node::Number(value) => Self::Number(value),
            Node::Field(field) => Self::Field(field),
            Node::Negate { operand } => Self::Negate(operand),
            Node::Binary { operator, left, right } => Self::Binary(operator, left, right),
            Node::Call { function, operand, window } => match function {
                Function::Ret => Self::Ret(operand, Ret::new(window)),
                Function::Ema => Self::Ema(operand, Ema::new(window)),
                Function::Std => Self::Std(operand, Std::new(window)),
            },
        }
    }
}

/// An evaluation in progress.
#[derive(Clone, Debug)]
pub struct ExpressionStream {
    steps: Vec<Step>,
    /// The value of each step at the last bar.
    values: Vec<f64>,
}

impl ExpressionStream {
    pub(super) fn new(ast: &Ast) -> Self {
        let steps: Vec<Step> = ast.nodes().iter().map(Step::from).collect();
        let values = vec![f64::NAN; steps.len()];
        Self { steps, values }
    }

    /// Adds one bar and returns the expression's value at it.
    // Compiled once: inlined copies could order the operands of a sum of NaNs differently, and so differ in bits.
    #[inline(never)]
    pub fn push(&mut self, bar: &FieldValues) -> f64 {
        let mut value = f64::NAN;
        for (index, step) in self.steps.iter_mut().enumerate() {
            value = match step {
                Step::Number(number) => *number,
                Step::Field(field) => bar.0[field.index()],
                Step::Negate(operand) => -self.values[*operand],
                Step::Binary(operator, left, right) => {
                    apply(*operator, self.values[*left], self.values[*right])
                }
                Step::Ret(operand, kernel) => kernel.push(self.values[*operand]),
                Step::Ema(operand, kernel) => kernel.push(self.values[*operand]),
                Step::Std(operand, kernel) => kernel.push(self.values[*operand]),
            };
            self.values[index] = value;
        }
        value
    }
}

fn apply(operator: Operator, left: f64, right: f64) -> f64 {
    match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
    }
}
