//! What is traded, and the currency it is priced in. An instrument is valid by construction, also when read from a journal.

pub mod calendar;
pub mod change;
pub mod cost;
pub mod currency;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::order::ids::{CalendarId, Sector, Symbol};
use crate::price::MAX_SCALE;

pub use calendar::{Calendar, Session};
pub use change::InstrumentChange;
pub use cost::{Commission, Margin};
pub use currency::Currency;

/// The longest symbol, in bytes.
pub const MAX_SYMBOL_BYTES: usize = 64;

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
}

impl InstrumentKind {
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

/// The terms of an instrument, unchecked: what [`Instrument::new`] takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InstrumentTerms {
    /// The venue's name for it.
    pub symbol: Symbol,
    /// What kind of thing it is.
    pub kind: InstrumentKind,
    /// The currency of its price.
    pub currency: Currency,
    /// Prices are in units of 10^−`price_scale`.
    pub price_scale: u8,
    /// Quantities are in units of 10^−`quantity_scale`.
    pub quantity_scale: u8,
    /// The price step, in price units.
    pub tick_size: i64,
    /// The quantity step, in quantity units.
    pub lot_size: i64,
    /// Base units per contract.
    #[serde(default = "one")]
    pub multiplier: i64,
    /// Whether prices may be zero or below, as spreads and some futures are.
    #[serde(default)]
    pub allow_negative_prices: bool,
    /// What must be free to open it. Unset: its whole notional.
    #[serde(default)]
    pub initial_margin: Option<Margin>,
    /// What must stay while it is held. Unset: nothing where it is paid in full, else the initial margin.
    #[serde(default)]
    pub maintenance_margin: Option<Margin>,
    /// What a fill costs, as the account expects it. Unset: nothing.
    #[serde(default)]
    pub commission: Option<Commission>,
    /// When it stops trading; unset: never.
    #[serde(default)]
    pub expire_time_ns: Option<i64>,
    /// The table of its sessions; unset: its market is always open.
    #[serde(default)]
    pub calendar_id: Option<CalendarId>,
    /// The group whose exposure is limited together.
    #[serde(default)]
    pub sector: Option<Sector>,
}

fn one() -> i64 {
    1
}

/// Something with a price: its scales, steps and currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "InstrumentTerms", into = "InstrumentTerms")]
pub struct Instrument(InstrumentTerms);

impl Instrument {
    /// Checks the terms.
    ///
    /// # Errors
    /// [`InstrumentError`] naming the first field that is wrong.
    pub fn new(terms: InstrumentTerms) -> Result<Self, InstrumentError> {
        let symbol_is_printable = terms.symbol.as_str().bytes().all(|byte| byte.is_ascii_graphic());
        let symbol_bytes = terms.symbol.as_str().len();
        if symbol_bytes == 0 || symbol_bytes > MAX_SYMBOL_BYTES || !symbol_is_printable {
            return Err(InstrumentError::new(
                "symbol",
                terms.symbol.as_str(),
                "1 to 64 printable ASCII characters without spaces",
            ));
        }
        for (field, scale) in
            [("price_scale", terms.price_scale), ("quantity_scale", terms.quantity_scale)]
        {
            if scale > MAX_SCALE {
                return Err(InstrumentError::new(field, &scale, "between 0 and 18"));
            }
        }
        for (field, value) in [
            ("tick_size", terms.tick_size),
            ("lot_size", terms.lot_size),
            ("multiplier", terms.multiplier),
        ] {
            if value <= 0 {
                return Err(InstrumentError::new(field, &value, "positive"));
            }
        }
        Ok(Self(terms))
    }

    /// The venue's name for it.
    #[must_use]
    pub fn symbol(&self) -> &str {
        self.0.symbol.as_str()
    }

    /// All its terms.
    #[must_use]
    pub fn terms(&self) -> &InstrumentTerms {
        &self.0
    }

    /// What kind of thing it is.
    #[must_use]
    pub fn kind(&self) -> InstrumentKind {
        self.0.kind
    }

    /// The currency of its price.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.0.currency
    }

    /// Prices are in units of 10^−`price_scale`.
    #[must_use]
    pub fn price_scale(&self) -> u8 {
        self.0.price_scale
    }

    /// Quantities are in units of 10^−`quantity_scale`.
    #[must_use]
    pub fn quantity_scale(&self) -> u8 {
        self.0.quantity_scale
    }

    /// Notionals are in units of 10^−`notional_scale`: the sum of both scales.
    #[must_use]
    pub fn notional_scale(&self) -> u8 {
        self.0.price_scale + self.0.quantity_scale
    }

    /// The price step, in price units.
    #[must_use]
    pub fn tick_size(&self) -> i64 {
        self.0.tick_size
    }

    /// The quantity step, in quantity units.
    #[must_use]
    pub fn lot_size(&self) -> i64 {
        self.0.lot_size
    }

    /// Base units per contract.
    #[must_use]
    pub fn multiplier(&self) -> i64 {
        self.0.multiplier
    }

    /// Whether prices may be zero or below.
    #[must_use]
    pub fn allow_negative_prices(&self) -> bool {
        self.0.allow_negative_prices
    }
}

impl TryFrom<InstrumentTerms> for Instrument {
    type Error = InstrumentError;

    fn try_from(terms: InstrumentTerms) -> Result<Self, Self::Error> {
        Self::new(terms)
    }
}

impl From<Instrument> for InstrumentTerms {
    fn from(instrument: Instrument) -> Self {
        instrument.0
    }
}

/// A field of an instrument is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {expected}, not {value:?}")]
pub struct InstrumentError {
    /// The field.
    pub field: &'static str,
    /// What it was.
    pub value: String,
    /// What it must be.
    pub expected: &'static str,
}

impl InstrumentError {
    pub(crate) fn new(
        field: &'static str,
        value: &(impl ToString + ?Sized),
        expected: &'static str,
    ) -> Self {
        Self { field, value: value.to_string(), expected }
    }
}

impl Refusal for InstrumentError {
    fn reason(&self) -> &'static str {
        "INSTRUMENT_INVALID"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("field", self.field.to_owned()),
            ("value", self.value.clone()),
            ("expected", self.expected.to_owned()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spy() -> InstrumentTerms {
        InstrumentTerms {
            symbol: "SPY".into(),
            kind: InstrumentKind::Equity,
            currency: "USD".parse().unwrap(),
            price_scale: 2,
            quantity_scale: 0,
            tick_size: 1,
            lot_size: 1,
            multiplier: 1,
            allow_negative_prices: false,
            initial_margin: None,
            maintenance_margin: None,
            commission: None,
            expire_time_ns: None,
            calendar_id: None,
            sector: None,
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        let cases: [(&str, InstrumentTerms); 6] = [
            ("symbol", InstrumentTerms { symbol: Symbol::default(), ..spy() }),
            ("symbol", InstrumentTerms { symbol: "S P".into(), ..spy() }),
            ("price_scale", InstrumentTerms { price_scale: 19, ..spy() }),
            ("tick_size", InstrumentTerms { tick_size: 0, ..spy() }),
            ("lot_size", InstrumentTerms { lot_size: -1, ..spy() }),
            ("multiplier", InstrumentTerms { multiplier: 0, ..spy() }),
        ];
        for (field, terms) in cases {
            assert_eq!(Instrument::new(terms).unwrap_err().field, field);
        }
    }

    #[test]
    fn currencies_know_their_minor_unit() {
        for (code, scale) in [("USD", 2), ("EUR", 2), ("JPY", 0), ("BTC", 8)] {
            assert_eq!(code.parse::<Currency>().unwrap().cash_scale(), scale);
        }
        assert_eq!("usd".parse::<Currency>().unwrap_err().field, "currency");
    }

    #[test]
    fn every_kind_is_read_back_from_its_name() {
        for kind in InstrumentKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
    }
}
