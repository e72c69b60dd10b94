//! Trades (a venue's prints), one at a time or as columns of equal length, in the scales of one instrument.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
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
    /// From its code in a column: 1 a buyer, −1 a seller, anything else unknown. [`TradeColumns`] admits only 1, −1 and 0.
    #[must_use]
    pub const fn from_code(code: i8) -> Self {
        match code {
            1 => Self::Buy,
            -1 => Self::Sell,
            _ => Self::Unknown,
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
}

/// Trades as borrowed columns of equal length.
#[derive(Clone, Copy, Debug)]
pub struct TradeColumns<'a> {
    event_times_ns: &'a [i64],
    prices: &'a [i64],
    quantities: &'a [i64],
    aggressor_sides: Option<&'a [i8]>,
}

impl<'a> TradeColumns<'a> {
    /// Columns of trades whose aggressors are unknown.
    ///
    /// # Errors
    /// [`TradeError::LengthsDiffer`].
    pub fn new(
        event_times_ns: &'a [i64],
        prices: &'a [i64],
        quantities: &'a [i64],
    ) -> Result<Self, TradeError> {
        let expected = event_times_ns.len();
        for (column, length) in [("prices", prices.len()), ("quantities", quantities.len())] {
            if length != expected {
                return Err(TradeError::LengthsDiffer { column, length, expected });
            }
        }
        Ok(Self { event_times_ns, prices, quantities, aggressor_sides: None })
    }

    /// Adds the aggressors: 1 a buyer, −1 a seller, 0 unknown.
    ///
    /// # Errors
    /// [`TradeError::LengthsDiffer`]; [`TradeError::AggressorSideUnknown`] for any other code.
    pub fn with_aggressor_sides(self, aggressor_sides: &'a [i8]) -> Result<Self, TradeError> {
        if aggressor_sides.len() != self.len() {
            return Err(TradeError::LengthsDiffer {
                column: "aggressor_sides",
                length: aggressor_sides.len(),
                expected: self.len(),
            });
        }
        if let Some(index) = aggressor_sides.iter().position(|code| !(-1..=1).contains(code)) {
            return Err(TradeError::AggressorSideUnknown { index, code: aggressor_sides[index] });
        }
        Ok(Self { aggressor_sides: Some(aggressor_sides), ..self })
    }

    /// How many trades there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.event_times_ns.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.event_times_ns.is_empty()
    }

    /// The codes of the aggressors, if they are known.
    #[must_use]
    pub const fn aggressor_sides(&self) -> Option<&'a [i8]> {
        self.aggressor_sides
    }

    /// The trade at `index`, but for its aggressor.
    ///
    /// # Panics
    /// If `index` is not below [`Self::len`].
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize, aggressor_side: AggressorSide) -> Trade {
        Trade {
            event_time_ns: self.event_times_ns[index],
            price: Price(self.prices[index]),
            quantity: Quantity(self.quantities[index]),
            aggressor_side,
        }
    }
}

/// Columns that are not trades.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TradeError {
    /// The columns are not one table.
    #[error("{column} has {length} values where the times have {expected}")]
    LengthsDiffer {
        /// The column that differs.
        column: &'static str,
        /// Its length.
        length: usize,
        /// The length of the times.
        expected: usize,
    },
    /// A code that is no side.
    #[error("aggressor_sides[{index}] is {code}, not 1 (a buyer), -1 (a seller) or 0 (unknown)")]
    AggressorSideUnknown {
        /// Where it is.
        index: usize,
        /// What it is.
        code: i8,
    },
}

impl Refusal for TradeError {
    fn reason(&self) -> &'static str {
        match self {
            Self::LengthsDiffer { .. } => "COLUMN_LENGTHS_DIFFER",
            Self::AggressorSideUnknown { .. } => "DATA_VALUE_INVALID",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::LengthsDiffer { column, length, expected } => vec![
                ("column", (*column).to_owned()),
                ("length", length.to_string()),
                ("expected", expected.to_string()),
            ],
            Self::AggressorSideUnknown { index, code } => {
                vec![
                    ("column", "aggressor_sides".to_owned()),
                    ("index", index.to_string()),
                    ("value", code.to_string()),
                ]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_different_lengths_are_refused_by_name() {
        let refusal = TradeColumns::new(&[1, 2], &[1, 2], &[1]).unwrap_err();
        assert_eq!(
            refusal,
            TradeError::LengthsDiffer { column: "quantities", length: 1, expected: 2 }
        );
    }

    #[test]
    fn a_code_that_is_no_side_is_refused_where_it_stands() {
        let columns = TradeColumns::new(&[1, 2], &[1, 2], &[1, 1]).unwrap();
        let refusal = columns.with_aggressor_sides(&[0, 2]).unwrap_err();
        assert_eq!(refusal, TradeError::AggressorSideUnknown { index: 1, code: 2 });
    }
}
