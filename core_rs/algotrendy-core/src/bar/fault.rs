//! What can be wrong with a tick, what to do about it, and the account of what was done.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::element::Bar;
use super::error::BarError;

/// What is wrong with a tick. A tick is rejected for the first of these, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// A number is missing or none, a quantity is negative, or a bar contradicts itself.
    Invalid,
    /// Its conditions say that it counts for nothing.
    Excluded,
    /// Its price is zero or below where the instrument forbids it.
    NonpositivePrice,
    /// A trade of nothing.
    ZeroQuantity,
    /// A bid above its ask.
    Crossed,
    /// Its id was there already.
    Duplicate,
    /// It is older than the watermark.
    Late,
    /// It is outside the sessions.
    Outside,
    /// It counts for volume alone, and there is no price yet.
    Unpriced,
}

impl Fault {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Invalid,
        Self::Excluded,
        Self::NonpositivePrice,
        Self::ZeroQuantity,
        Self::Crossed,
        Self::Duplicate,
        Self::Late,
        Self::Outside,
        Self::Unpriced,
    ];

    /// Its name in reports and rules.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Excluded => "excluded",
            Self::NonpositivePrice => "nonpositive_price",
            Self::ZeroQuantity => "zero_quantity",
            Self::Crossed => "crossed",
            Self::Duplicate => "duplicate",
            Self::Late => "late",
            Self::Outside => "outside",
            Self::Unpriced => "unpriced",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Invalid => "invalid: a price or quantity is missing or no number, the quantity is negative, or a bar contradicts itself",
            Self::Excluded => "excluded: its conditions count for nothing",
            Self::NonpositivePrice => "nonpositive_price: the instrument allows positive prices alone",
            Self::ZeroQuantity => "zero_quantity: a trade of nothing",
            Self::Crossed => "crossed: the bid is above the ask",
            Self::Duplicate => "duplicate: its id was there already",
            Self::Late => "late: it is older than the watermark",
            Self::Outside => "outside: it is in no session",
            Self::Unpriced => "unpriced: it counts for volume alone, and there is no price yet",
        })
    }
}

/// What to do with a tick that has a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Count it, and leave it out.
    Drop,
    /// Count it, and take it all the same.
    Keep,
    /// Refuse it, and change nothing.
    Raise,
}

/// How a repeated id is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdRule {
    /// It is among the last 1,024.
    #[default]
    Window,
    /// It is not above the highest so far.
    Monotone,
}

/// What to do about each fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultRules {
    /// Not [`Action::Keep`]: there is nothing to keep.
    pub invalid: Action,
    /// For prices of zero and below.
    pub nonpositive_price: Action,
    /// For trades of nothing.
    pub zero_quantity: Action,
    /// For crossed quotes.
    pub crossed: Action,
    /// For repeated ids.
    pub duplicate: Action,
    /// For ticks older than the watermark.
    pub late: Action,
    /// For ticks outside sessions.
    pub outside: Action,
}

impl Default for FaultRules {
    fn default() -> Self {
        Self {
            invalid: Action::Drop,
            nonpositive_price: Action::Drop,
            // An index prints a price and no quantity.
            zero_quantity: Action::Keep,
            crossed: Action::Drop,
            duplicate: Action::Drop,
            late: Action::Drop,
            outside: Action::Drop,
        }
    }
}

impl FaultRules {
    /// What to do about a fault.
    #[must_use]
    pub const fn action(&self, fault: Fault) -> Action {
        match fault {
            Fault::Invalid => self.invalid,
            Fault::NonpositivePrice => self.nonpositive_price,
            Fault::ZeroQuantity => self.zero_quantity,
            Fault::Crossed => self.crossed,
            Fault::Duplicate => self.duplicate,
            Fault::Late => self.late,
            Fault::Outside => self.outside,
            Fault::Excluded | Fault::Unpriced => Action::Drop,
        }
    }
}

/// Sums over ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// How many trades, or quotes.
    pub count: i64,
    /// Their quantities.
    pub volume: i128,
    /// Their price × quantity.
    pub notional: i128,
}

impl Totals {
    /// Adds what a bar holds.
    ///
    /// # Errors
    /// [`BarError::Overflow`].
    #[inline]
    pub fn add(&mut self, bar: &Bar) -> Result<(), BarError> {
        self.add_sums(bar.trade_count, i128::from(bar.volume.0), bar.notional.0)
    }

    /// Adds sums of what is in bars already: an account that ends at the edge of its range is no reason to lose them.
    #[inline]
    pub(super) fn add_saturating(&mut self, count: i64, volume: i128, notional: i128) {
        self.count = self.count.saturating_add(count);
        self.volume = self.volume.saturating_add(volume);
        self.notional = self.notional.saturating_add(notional);
    }

    /// Adds sums.
    ///
    /// # Errors
    /// [`BarError::Overflow`]; nothing changes.
    #[inline]
    pub fn add_sums(&mut self, count: i64, volume: i128, notional: i128) -> Result<(), BarError> {
        let overflow = BarError::Overflow { field: "total" };
        let Some(count) = self.count.checked_add(count) else { return Err(overflow) };
        let Some(volume) = self.volume.checked_add(volume) else { return Err(overflow) };
        let Some(notional) = self.notional.checked_add(notional) else { return Err(overflow) };
        *self = Self { count, volume, notional };
        Ok(())
    }
}

/// The account of one series: what was rejected, and what was kept although it had a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Left out, by the fault's place in [`Fault::ALL`].
    pub rejected: [Totals; Fault::ALL.len()],
    /// Taken, by the fault's place in [`Fault::ALL`].
    pub kept: [Totals; Fault::ALL.len()],
    /// What prints held that count for price and not for volume.
    pub not_in_volume: Totals,
}
