//! Who sent how much in what time: sliding windows over the last events, with room made when limits are set.

/// The account's messages.
#[derive(Clone, Debug, Default)]
pub struct AccountThrottles {}

/// One strategy's messages, fills and positions.
#[derive(Clone, Debug, Default)]
pub struct StrategyBook {}
