//! Why the venue refuses what it is given. A refusal leaves it as it was.

use crate::error::Refusal;
use crate::price::NumberError;

/// Why the venue could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VenueError {
    /// A field of the configuration is out of range.
    #[error("{field} must be {expected}, not {value}")]
    ConfigInvalid {
        /// The field.
        field: &'static str,
        /// What it was.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Market data contradicts itself or what came before.
    #[error("{field} of {symbol} must be {expected}, not {value}")]
    DataInvalid {
        /// The instrument.
        symbol: String,
        /// The field.
        field: &'static str,
        /// What it was, in the instrument's units or nanoseconds.
        value: i64,
        /// What it must be.
        expected: &'static str,
    },
    /// The venue was not told of the instrument.
    #[error("instrument {symbol:?} is not listed")]
    UnknownInstrument {
        /// The symbol.
        symbol: String,
    },
    /// Square-root impact has no numbers for the instrument.
    #[error("slippage has no volatility and average volume for {symbol:?}")]
    ImpactUnknown {
        /// The symbol.
        symbol: String,
    },
    /// A number left its range.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl VenueError {
    /// The refusal of a field of the configuration.
    pub(super) fn config(
        field: &'static str,
        value: &(impl ToString + ?Sized),
        expected: &'static str,
    ) -> Self {
        Self::ConfigInvalid { field, value: value.to_string(), expected }
    }
}

impl Refusal for VenueError {
    fn reason(&self) -> &'static str {
        match self {
            Self::ConfigInvalid { .. } | Self::ImpactUnknown { .. } => "INVALID_ARGUMENT",
            Self::DataInvalid { .. } => "DATA_VALUE_INVALID",
            Self::UnknownInstrument { .. } => "UNKNOWN_INSTRUMENT",
            Self::Number(error) => error.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::ConfigInvalid { field, value, expected } => vec![
                ("field", (*field).to_owned()),
                ("value", value.clone()),
                ("expected", (*expected).to_owned()),
            ],
            Self::DataInvalid { symbol, field, value, expected } => vec![
                ("symbol", symbol.clone()),
                ("field", (*field).to_owned()),
                ("value", value.to_string()),
                ("expected", (*expected).to_owned()),
            ],
            Self::UnknownInstrument { symbol } | Self::ImpactUnknown { symbol } => {
                vec![("symbol", symbol.clone())]
            }
            Self::Number(error) => error.metadata(),
        }
    }
}
