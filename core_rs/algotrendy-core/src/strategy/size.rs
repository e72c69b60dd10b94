//! How much is bought.

use serde::{Deserialize, Serialize};

use super::amount;
use crate::decimal::Decimal;

/// How much an entry buys, or sells short. A quantity is rounded down to the lot; where that leaves nothing, there is no order.
///
/// A share is of the account's equity; it may be above 1 where the account has leverage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Size {
    /// An equal share of the equity for each that is held with `rank`, else for each symbol.
    #[default]
    Equal,
    /// Always the same.
    Fixed {
        /// Base units; positive.
        #[serde(with = "amount")]
        quantity: Decimal,
    },
    /// For the same money.
    Notional {
        /// Of the instrument's currency; positive.
        #[serde(with = "amount")]
        amount: Decimal,
    },
    /// A share of the equity.
    Percent {
        /// Above 0, at most 100; 1 is all of it.
        #[serde(with = "amount")]
        percent: Decimal,
    },
    /// The share of the equity that an expression says at the bar decided on. Where it has no value, or one that is not positive, nothing
    /// is bought.
    Weight {
        /// A number.
        expression: String,
    },
    /// The share of the equity at which it would vary as much as is wanted: `annual / (std(ret(close, 1), window) · √periods_per_year)`, at
    /// most `cap`.
    VolatilityTarget {
        /// The standard deviation of a year's return; 0.1 is 10 %.
        #[serde(with = "amount")]
        annual: Decimal,
        /// In bars; at least 2.
        window: usize,
        /// The largest share; 1 where it is left out.
        #[serde(with = "amount", default = "one")]
        cap: Decimal,
        /// How many bars a year has: 252 where it is left out, as of daily bars.
        #[serde(with = "amount", default = "trading_days")]
        periods_per_year: Decimal,
    },
    /// A fraction of the share that Kelly's criterion holds: `fraction · mean(ret(close, 1), window) / var(ret(close, 1), window)`, between
    /// 0 and `cap`.
    Kelly {
        /// 0.5 is half Kelly.
        #[serde(with = "amount")]
        fraction: Decimal,
        /// The largest share; 1 where it is left out.
        #[serde(with = "amount", default = "one")]
        cap: Decimal,
        /// In bars; at least 2.
        window: usize,
    },
}

/// At which price a quantity is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeAt {
    /// At the close that is decided on.
    #[default]
    Close,
    /// At the open at which it fills, with its fee in it: all of the equity can be spent, and none is left over but for the lot. Live it is
    /// sent as the market data tell that open.
    NextOpen,
}

fn one() -> Decimal {
    Decimal::new(1, 0)
}

fn trading_days() -> Decimal {
    Decimal::new(252, 0)
}
