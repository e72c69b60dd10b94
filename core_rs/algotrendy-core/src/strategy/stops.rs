//! What ends a position but its rule.

use serde::{Deserialize, Serialize};

use super::amount;
use crate::decimal::Decimal;

/// Exits that every entry gets. Prices count from the price at which the entry filled.
///
/// Stop loss, take profit and trailing stop are orders at the venue from the moment the entry fills, and the first that fills cancels the
/// others: what happens inside a bar is the venue's matter, and a gap through a stop fills at the open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stops {
    /// A stop order at a loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_loss: Option<Distance>,
    /// A limit order at a profit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take_profit: Option<Distance>,
    /// A stop order that follows the market; a percent is in whole basis points, of the market's price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trailing: Option<Distance>,
    /// After so many bars, that of the fill included, the position is closed at the market.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bars: Option<u32>,
}

/// How far a price lies from another, to the nearest tick, at least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distance {
    /// A fraction of the price: `"0.05"` is 5 %.
    #[serde(with = "amount")]
    Percent(Decimal),
    /// An expression: a difference of prices, as of the bar at which the entry was decided. Without a value there is no such exit.
    Distance(String),
}

impl Stops {
    /// Each exit at a price, with the field it stands in.
    #[must_use]
    pub fn distances(&self) -> Vec<(&'static str, &Distance)> {
        let fields = [
            ("stop_loss", &self.stop_loss),
            ("take_profit", &self.take_profit),
            ("trailing", &self.trailing),
        ];
        fields
            .into_iter()
            .filter_map(|(field, distance)| Some((field, distance.as_ref()?)))
            .collect()
    }
}
