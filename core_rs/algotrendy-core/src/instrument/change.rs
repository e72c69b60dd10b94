//! What may change of an instrument while it is known.

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::price::Price;

/// Changes to an instrument; what is unset stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstrumentChange {
    /// The new price step, in price units; open orders off it stay as they are.
    pub tick_size: Option<i64>,
    /// The new quantity step, in quantity units.
    pub lot_size: Option<i64>,
    /// Whether trading is halted.
    pub is_halted: Option<bool>,
    /// The lowest price an order may have; zero and below it lifts the band.
    pub lower_band: Option<Price>,
    /// The highest price an order may have; zero and below it lifts the band.
    pub upper_band: Option<Price>,
    /// The average daily volume, in base units.
    pub average_volume: Option<Decimal>,
    /// When it stops trading.
    pub expire_time_ns: Option<i64>,
}
