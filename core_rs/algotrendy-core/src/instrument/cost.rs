//! What holding and trading an instrument costs: margin and commission. Reckoned in [`crate::portfolio`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::InstrumentError;
use crate::decimal::Decimal;

/// Basis points in the whole.
pub const WHOLE_BPS: u32 = 10_000;

/// Equity that a position takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Margin {
    /// A share of the notional, in basis points: above zero, at most 10,000.
    Bps(u32),
    /// An amount for each unit of quantity, in minor units of the instrument's currency: positive.
    PerContract(i64),
}

impl Margin {
    /// All that a position is worth.
    pub const WHOLE_NOTIONAL: Self = Self::Bps(WHOLE_BPS);

    pub(super) fn check(self, field: &'static str) -> Result<(), InstrumentError> {
        match self {
            Self::Bps(1..=WHOLE_BPS) | Self::PerContract(1..) => Ok(()),
            Self::Bps(_) => {
                Err(InstrumentError::new(field, &self, "between 1 and 10000 basis points"))
            }
            Self::PerContract(_) => Err(InstrumentError::new(field, &self, "positive")),
        }
    }
}

impl fmt::Display for Margin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bps(bps) => write!(formatter, "{bps} bps"),
            Self::PerContract(amount) => write!(formatter, "{amount} per contract"),
        }
    }
}

/// What a fill costs. Amounts are in the instrument's currency, rounded half to even at its minor unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commission {
    /// So much a share, but at least a minimum an order, and at most a share of the notional.
    PerShare {
        /// For one share: zero or above.
        rate: Decimal,
        /// At least this for an order: what its fills were charged before counts. Zero or above.
        #[serde(default)]
        minimum: Option<Decimal>,
        /// At most this share of the notional, in basis points; it wins over the minimum. Above zero, at most 10,000.
        #[serde(default)]
        maximum_bps: Option<Decimal>,
    },
    /// So much a contract.
    PerContract {
        /// For one contract: zero or above.
        rate: Decimal,
    },
    /// A share of the notional, in basis points, at most 10,000. A negative one is a rebate.
    Percentage {
        /// For an order that rested.
        maker_bps: Decimal,
        /// For an order that traded at once; what orders are checked with.
        taker_bps: Decimal,
    },
}

impl Commission {
    pub(super) fn check(&self) -> Result<(), InstrumentError> {
        let not_negative = |field, amount: Decimal| match amount.units() {
            0.. => Ok(()),
            _ => Err(InstrumentError::new(field, &amount, "zero or above")),
        };
        match *self {
            Self::PerShare { rate, minimum, maximum_bps } => {
                not_negative("commission.rate", rate)?;
                minimum.map_or(Ok(()), |minimum| not_negative("commission.minimum", minimum))?;
                match maximum_bps {
                    Some(bps) if bps.units() <= 0 || !is_share(bps) => Err(InstrumentError::new(
                        "commission.maximum_bps",
                        &bps,
                        "above zero, at most 10000",
                    )),
                    _ => Ok(()),
                }
            }
            Self::PerContract { rate } => not_negative("commission.rate", rate),
            Self::Percentage { maker_bps, taker_bps } => {
                for (field, bps) in
                    [("commission.maker_bps", maker_bps), ("commission.taker_bps", taker_bps)]
                {
                    if !is_share(bps) {
                        return Err(InstrumentError::new(field, &bps, "between -10000 and 10000"));
                    }
                }
                Ok(())
            }
        }
    }
}

/// Whether `bps` is between minus and plus the whole.
fn is_share(bps: Decimal) -> bool {
    let whole = Decimal::new(WHOLE_BPS.into(), 0).floor_units(bps.scale());
    whole.is_ok_and(|whole| (-whole..=whole).contains(&bps.units()))
}
