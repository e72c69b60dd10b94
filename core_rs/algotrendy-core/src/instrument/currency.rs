//! Currencies that cash can be held in, and their minor units.

use std::fmt;
use std::str::FromStr;

use serde::{de, Deserialize, Deserializer, Serialize, Serializer};

use super::InstrumentError;

/// Known currencies and the scale of their minor unit: ISO 4217 for money, 8 by convention for coins. In the order of
/// their codes, which is the order of the currencies.
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

/// A currency that amounts of cash can be held in: its place among those that are known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(u8);

impl Currency {
    /// The code, ISO 4217 where it has one.
    #[must_use]
    pub const fn code(self) -> &'static str {
        CURRENCIES[self.0 as usize].0
    }

    /// Cash is counted in units of 10^−`cash_scale`: 2 for cents.
    #[must_use]
    pub const fn cash_scale(self) -> u8 {
        CURRENCIES[self.0 as usize].1
    }
}

impl FromStr for Currency {
    type Err = InstrumentError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        CURRENCIES
            .binary_search_by_key(&code, |(known, _)| known)
            .ok()
            .and_then(|index| u8::try_from(index).ok())
            .map(Self)
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
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_know_their_minor_unit() {
        for (code, scale) in [("USD", 2), ("EUR", 2), ("JPY", 0), ("BTC", 8)] {
            assert_eq!(code.parse::<Currency>().unwrap().cash_scale(), scale);
        }
    }

    #[test]
    fn every_known_code_is_read_back_and_orders_as_its_text() {
        assert!(CURRENCIES.is_sorted());
        for (code, scale) in CURRENCIES {
            let currency: Currency = code.parse().unwrap();
            assert_eq!((currency.code(), currency.cash_scale()), (code, scale));
        }
    }

    #[test]
    fn an_unknown_code_is_refused_by_name() {
        for code in ["usd", "", "XXX", "US", "USDD"] {
            assert_eq!(code.parse::<Currency>().unwrap_err().field, "currency", "{code}");
        }
    }
}
