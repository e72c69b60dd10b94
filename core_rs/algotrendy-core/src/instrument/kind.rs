//! What kinds of instruments there are, and how each moves cash.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::InstrumentError;

/// What kind of thing an instrument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum InstrumentKind {
    /// A number computed from others: it has prices, and nothing of it can be owned.
    Index,
    /// A share, or a fund's share.
    Equity,
    /// An exchange-traded future, settled daily.
    Future,
    /// A coin or token against a currency.
    Crypto,
    /// A linear perpetual future: profit in the currency of its price, never settled.
    Perpetual,
    /// One currency against another, on margin.
    Fx,
}

impl InstrumentKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Index, Self::Equity, Self::Future, Self::Crypto, Self::Perpetual, Self::Fx];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Index => "INDEX",
            Self::Equity => "EQUITY",
            Self::Future => "FUTURE",
            Self::Crypto => "CRYPTO",
            Self::Perpetual => "PERPETUAL",
            Self::Fx => "FX",
        }
    }

    /// Whether a fill moves cash by its whole notional; else only profit and fees become cash, and margin is reserved.
    #[must_use]
    pub const fn is_paid_in_full(self) -> bool {
        matches!(self, Self::Index | Self::Equity | Self::Crypto)
    }
}

impl FromStr for InstrumentKind {
    type Err = InstrumentError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            InstrumentError::new(
                "kind",
                name,
                "one of INDEX, EQUITY, FUTURE, CRYPTO, PERPETUAL, FX",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_name() {
        for kind in InstrumentKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert_eq!("equity".parse::<InstrumentKind>().unwrap_err().field, "kind");
    }
}
