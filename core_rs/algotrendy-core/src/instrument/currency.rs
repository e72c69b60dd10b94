//! Currencies that cash can be held in, and their minor units.

use std::fmt;
use std::str::FromStr;

use serde::{de, Deserialize, Deserializer, Serialize, Serializer};

use super::InstrumentError;

/// Known currencies and the scale of their minor unit: ISO 4217 for money, 8 by convention for coins.
const CURRENCIES: [(&str, u8); 20] = [
    ("AUD", 2),
    ("BTC", 8),
    ("CAD", 2),
    ("CHF", 2),
    ("CNY", 2),
    ("ETH", 8),
    ("EUR", 2),
    ("GBP", 2),
    ("HKD", 2),
    ("INR", 2),
    ("JPY", 0),
    ("KRW", 0),
    ("MXN", 2),
    ("NOK", 2),
    ("NZD", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("USD", 2),
    ("USDC", 8),
    ("USDT", 8),
];

/// A currency that amounts of cash can be held in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    cash_scale: u8,
}

impl Currency {
    /// The code, ISO 4217 where it has one.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// Cash is counted in units of 10^−`cash_scale`: 2 for cents.
    #[must_use]
    pub const fn cash_scale(self) -> u8 {
        self.cash_scale
    }
}

impl FromStr for Currency {
    type Err = InstrumentError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        CURRENCIES
            .iter()
            .find(|(known, _)| *known == code)
            .map(|&(code, cash_scale)| Self { code, cash_scale })
            .ok_or_else(|| {
                InstrumentError::new(
                    "currency",
                    code,
                    "a known currency code such as USD, EUR or BTC",
                )
            })
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code)
    }
}
