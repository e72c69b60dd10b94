//! Strategies that are Python classes: their context, their features, and when they are called.

mod bar;
mod context;
mod features;
mod order;
mod present;
mod program;
mod run;
mod strategy;
mod tick;
mod view;

use pyo3::prelude::*;

pub use program::FeatureProgram;
pub use strategy::ClassStrategy;
pub use view::model_feature;

/// Adds these classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<bar::PyStrategyBar>()?;
    module.add_class::<bar::PyStrategyBars>()?;
    module.add_class::<view::PyRunView>()?;
    module.add_class::<context::PyContext>()?;
    module.add_class::<tick::PyStrategyTrade>()?;
    module.add_class::<tick::PyStrategyQuote>()?;
    module.add_class::<tick::PyTimer>()
}
