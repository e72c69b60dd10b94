//! Expressions: `Expression`, `FeatureSet` and what they compute over tables, bar by bar and over universes.

mod columns;
pub(crate) mod environment;
mod expression;
mod features;
mod reference;
pub(crate) mod set;
mod spare;
pub(crate) mod stream;
mod universe;

use pyo3::prelude::*;

/// Adds these classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<expression::PyExpression>()?;
    module.add_class::<stream::PyExpressionStream>()?;
    module.add_class::<features::PyFeatures>()?;
    module.add_class::<set::PyFeatureSet>()?;
    module.add_class::<stream::PyFeatureStream>()?;
    module.add_class::<universe::PyUniverseStream>()?;
    reference::register(module)
}
