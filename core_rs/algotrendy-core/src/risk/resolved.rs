//! Limits in the units of one instrument, so that a check compares integers: made when limits or instruments change.

/// The limits that apply to one instrument's orders, but for their strategy's.
#[derive(Clone, Debug, Default)]
pub struct SlotLimits {}
