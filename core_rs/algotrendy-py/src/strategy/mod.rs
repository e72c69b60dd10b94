//! `StrategyRule`, `RuleStream` and `RuleUniverse`: a spec compiled, and followed bar by bar or time by time.

mod intent;
mod rule;
mod stream;
mod universe;

use pyo3::prelude::*;

/// Adds these classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<rule::PyStrategyRule>()?;
    module.add_class::<stream::PyRuleStream>()?;
    module.add_class::<universe::PyRuleUniverse>()?;
    module.add_class::<intent::PyAmount>()?;
    module.add_class::<intent::PyExits>()
}
