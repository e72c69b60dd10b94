//! Trade conditions: which prints count for price, and which for volume.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::columns::Marks;

/// What prints with a condition count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// For the high and the low.
    pub high_low: bool,
    /// For the open and the close.
    pub open_close: bool,
    /// For the volume.
    pub volume: bool,
}

impl Counts {
    fn marks(self) -> u8 {
        let not = |counts: bool, bit: u8| if counts { 0 } else { bit };
        not(self.high_low, Marks::NOT_HIGH_LOW)
            | not(self.open_close, Marks::NOT_LAST)
            | not(self.volume, Marks::NOT_VOLUME)
    }
}

/// What each code of a feed counts for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConditionTable(HashMap<String, Counts>);

impl ConditionTable {
    /// The marks of a print with a code; none where the code is unknown.
    #[must_use]
    pub fn marks(&self, code: &str) -> Option<u8> {
        self.0.get(code).map(|counts| counts.marks())
    }
}
