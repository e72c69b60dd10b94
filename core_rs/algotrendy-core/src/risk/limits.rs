//! The limits of one account, set as a whole and replaced as a whole.

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::order::error::DecideError;

/// What an order may be and make of the account. Amounts are in the instrument's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Later limits have a higher one.
    pub version: u64,
    /// Base units an order may have; unset: bounded by its notional alone.
    pub max_order_quantity: Option<Decimal>,
    /// Notional an order may have.
    pub max_order_notional: Decimal,
    /// Notional a position may have if the open orders of a side all fill.
    pub max_position_notional: Decimal,
    /// Orders that may be open at once.
    pub max_open_orders: u32,
    /// How far a limit price may be from the reference price, in basis points of it.
    pub price_collar_bps: u32,
    /// How old a reference price may be.
    pub max_reference_age_ns: i64,
    /// Whether an order may make a position short.
    pub allow_short: bool,
}

impl Limits {
    /// Refuses limits that are below zero.
    ///
    /// # Errors
    /// [`DecideError::FieldInvalid`] naming the field.
    pub fn validate(&self) -> Result<(), DecideError> {
        let decimals = [
            ("max_order_quantity", self.max_order_quantity.unwrap_or(Decimal::new(0, 0))),
            ("max_order_notional", self.max_order_notional),
            ("max_position_notional", self.max_position_notional),
            ("max_reference_age_ns", Decimal::new(self.max_reference_age_ns.into(), 0)),
        ];
        match decimals.into_iter().find(|(_, limit)| limit.units() < 0) {
            None => Ok(()),
            Some((field, limit)) => Err(DecideError::FieldInvalid {
                field,
                value: limit.to_string(),
                expected: "zero or above",
            }),
        }
    }
}
