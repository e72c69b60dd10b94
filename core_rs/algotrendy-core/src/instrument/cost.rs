//! What holding and trading an instrument costs: margin and commission.

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;

/// Equity that a position takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Margin {
    /// A share of the notional, in basis points: above zero, at most 10,000.
    Bps(u32),
    /// An amount for each unit of quantity, in minor units of the instrument's currency: positive.
    PerContract(i64),
}

/// What a fill costs. Amounts are in the instrument's currency, rounded half to even at its minor unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commission {
    /// So much a share, but at least a minimum an order, and at most a share of the notional.
    PerShare {
        /// For one share.
        rate: Decimal,
        /// At least this for an order: what its fills were charged before counts.
        #[serde(default)]
        minimum: Option<Decimal>,
        /// At most this share of the notional, in basis points; it wins over the minimum.
        #[serde(default)]
        maximum_bps: Option<Decimal>,
    },
    /// So much a contract.
    PerContract {
        /// For one contract.
        rate: Decimal,
    },
    /// A share of the notional, in basis points. A negative one is a rebate.
    Percentage {
        /// For an order that rested.
        maker_bps: Decimal,
        /// For an order that traded at once; what orders are checked with.
        taker_bps: Decimal,
    },
}
