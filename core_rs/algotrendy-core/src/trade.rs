//! A trade (a venue's print), in the scales of one instrument.

use serde::{Deserialize, Serialize};

use crate::price::{Price, Quantity};

/// Who took the liquidity: FIX's aggressor side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AggressorSide {
    /// The venue does not say, or the print came from an auction.
    #[default]
    Unknown,
    /// A buyer lifted an offer.
    Buy,
    /// A seller hit a bid.
    Sell,
}

impl AggressorSide {
    /// From its code in a column: 1 a buyer, −1 a seller, anything else unknown.
    #[must_use]
    pub const fn from_code(code: i8) -> Self {
        match code {
            1 => Self::Buy,
            -1 => Self::Sell,
            _ => Self::Unknown,
        }
    }

    /// Its code in a column: 1 a buyer, −1 a seller, 0 unknown.
    #[must_use]
    pub const fn code(self) -> i8 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
            Self::Unknown => 0,
        }
    }
}

/// One print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// When the venue made it.
    pub event_time_ns: i64,
    /// At what price.
    pub price: Price,
    /// How much changed hands; zero for a print without volume, as an index makes.
    pub quantity: Quantity,
    /// Who took the liquidity.
    pub aggressor_side: AggressorSide,
    /// The venue's id; [`crate::bar::NO_ID`] if it has none.
    pub id: i64,
}
