//! The combinations of values that parameters may have.

use crate::strategy::{ParameterValue, Spec, SpecError};

/// Parameters and the values that each is given, in combination with all of the others: the last varies fastest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    axes: Vec<(String, Vec<ParameterValue>)>,
}

impl Grid {
    /// The combinations of these. A grid of no parameters has one: the spec as it is.
    #[must_use]
    pub const fn new(axes: Vec<(String, Vec<ParameterValue>)>) -> Self {
        Self { axes }
    }

    /// Its parameters and their values.
    #[must_use]
    pub fn axes(&self) -> &[(String, Vec<ParameterValue>)] {
        &self.axes
    }

    /// How many combinations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.axes.iter().map(|(_, values)| values.len()).fold(1, usize::saturating_mul)
    }

    /// Whether there are none: a parameter has no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of a combination, by its place.
    #[must_use]
    pub fn values(&self, place: usize) -> Vec<ParameterValue> {
        let mut rest = place;
        let mut values: Vec<ParameterValue> = Vec::with_capacity(self.axes.len());
        for (_, axis) in self.axes.iter().rev() {
            values.push(axis[rest % axis.len()]);
            rest /= axis.len();
        }
        values.reverse();
        values
    }

    /// A spec with the values of a combination.
    #[must_use]
    pub fn spec(&self, spec: &Spec, place: usize) -> Spec {
        let mut spec = spec.clone();
        for ((name, _), value) in self.axes.iter().zip(self.values(place)) {
            spec.parameters.insert(name.clone(), value);
        }
        spec
    }

    /// Whether a spec has these parameters, of these types.
    pub(super) fn check(&self, spec: &Spec) -> Result<(), SpecError> {
        for (place, (name, values)) in self.axes.iter().enumerate() {
            let Some(default) = spec.parameters.get(name) else {
                let known: Vec<&str> = spec.parameters.keys().map(String::as_str).collect();
                let expected = match known[..] {
                    [] => "a parameter of the strategy, which has none".to_owned(),
                    _ => format!("a parameter of the strategy: {}", known.join(", ")),
                };
                return Err(SpecError::invalid("grid", name, expected));
            };
            if self.axes[..place].iter().any(|(other, _)| other == name) {
                return Err(SpecError::invalid("grid", name, "each parameter once"));
            }
            if values.is_empty() {
                return Err(SpecError::invalid(
                    format!("grid.{name}"),
                    "empty",
                    "one value or more",
                ));
            }
            let is_boolean = |value: &ParameterValue| matches!(value, ParameterValue::Boolean(_));
            if let Some(value) =
                values.iter().find(|value| is_boolean(value) != is_boolean(default))
            {
                let expected = if is_boolean(default) { "true or false" } else { "a number" };
                return Err(SpecError::invalid(format!("grid.{name}"), value, expected));
            }
        }
        if self
            .axes
            .iter()
            .try_fold(1_usize, |count, (_, values)| count.checked_mul(values.len()))
            .is_none()
        {
            let expected = "as many combinations as can be counted";
            return Err(SpecError::invalid("grid", "too large", expected));
        }
        Ok(())
    }
}
