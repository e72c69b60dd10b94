//! What is traded, and the currency it is priced in. An instrument is valid by construction, also when read from a journal.

pub mod calendar;
pub mod change;
pub mod cost;
pub mod currency;
pub mod error;
pub mod kind;
pub mod terms;

#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::order::ids::{CalendarId, Sector};

pub use calendar::{Calendar, Session};
pub use change::InstrumentChange;
pub use cost::{Commission, Margin};
pub use currency::Currency;
pub use error::InstrumentError;
pub use kind::InstrumentKind;
pub use terms::{InstrumentTerms, MAX_SYMBOL_BYTES};

/// Something with a price: its scales, steps and currency, its margins and its commission.
///
/// What every decision reads lies in place; the rest is shared by all copies, so that copying one is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "InstrumentTerms", into = "InstrumentTerms")]
pub struct Instrument {
    multiplier: i64,
    tick_size: i64,
    lot_size: i64,
    initial_margin: Margin,
    maintenance_margin: Option<Margin>,
    kind: InstrumentKind,
    currency: Currency,
    price_scale: u8,
    quantity_scale: u8,
    allow_negative_prices: bool,
    terms: Arc<InstrumentTerms>,
}

impl Instrument {
    /// Checks the terms.
    ///
    /// # Errors
    /// [`InstrumentError`] naming the first field that is wrong.
    pub fn new(terms: InstrumentTerms) -> Result<Self, InstrumentError> {
        terms.check()?;
        Ok(Self {
            multiplier: terms.multiplier,
            tick_size: terms.tick_size,
            lot_size: terms.lot_size,
            initial_margin: terms.initial_margin_or_default(),
            maintenance_margin: terms.maintenance_margin_or_default(),
            kind: terms.kind,
            currency: terms.currency,
            price_scale: terms.price_scale,
            quantity_scale: terms.quantity_scale,
            allow_negative_prices: terms.allow_negative_prices,
            terms: Arc::new(terms),
        })
    }

    /// The venue's name for it.
    #[must_use]
    pub fn symbol(&self) -> &str {
        self.terms.symbol.as_str()
    }

    /// All its terms.
    #[must_use]
    pub fn terms(&self) -> &InstrumentTerms {
        &self.terms
    }

    /// What kind of thing it is.
    #[must_use]
    pub const fn kind(&self) -> InstrumentKind {
        self.kind
    }

    /// The currency of its price.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// Prices are in units of 10^−`price_scale`.
    #[must_use]
    pub const fn price_scale(&self) -> u8 {
        self.price_scale
    }

    /// Quantities are in units of 10^−`quantity_scale`.
    #[must_use]
    pub const fn quantity_scale(&self) -> u8 {
        self.quantity_scale
    }

    /// Notionals are in units of 10^−`notional_scale`: the sum of both scales.
    #[must_use]
    pub const fn notional_scale(&self) -> u8 {
        self.price_scale + self.quantity_scale
    }

    /// The price step, in price units.
    #[must_use]
    pub const fn tick_size(&self) -> i64 {
        self.tick_size
    }

    /// The quantity step, in quantity units.
    #[must_use]
    pub const fn lot_size(&self) -> i64 {
        self.lot_size
    }

    /// Base units per contract.
    #[must_use]
    pub const fn multiplier(&self) -> i64 {
        self.multiplier
    }

    /// Whether prices may be zero or below.
    #[must_use]
    pub const fn allow_negative_prices(&self) -> bool {
        self.allow_negative_prices
    }

    /// What must be free to open it.
    #[must_use]
    pub const fn initial_margin(&self) -> Margin {
        self.initial_margin
    }

    /// What must stay while it is held, if anything.
    #[must_use]
    pub const fn maintenance_margin(&self) -> Option<Margin> {
        self.maintenance_margin
    }

    /// What a fill costs, if anything.
    #[must_use]
    pub fn commission(&self) -> Option<&Commission> {
        self.terms.commission.as_ref()
    }

    /// When it stops trading, if ever.
    #[must_use]
    pub fn expire_time_ns(&self) -> Option<i64> {
        self.terms.expire_time_ns
    }

    /// The table of its sessions; none: its market is always open.
    #[must_use]
    pub fn calendar_id(&self) -> Option<&CalendarId> {
        self.terms.calendar_id.as_ref()
    }

    /// The group whose exposure is limited together.
    #[must_use]
    pub fn sector(&self) -> Option<&Sector> {
        self.terms.sector.as_ref()
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
        Arc::unwrap_or_clone(instrument.terms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instrument_is_small_enough_to_be_read_in_two_cache_lines() {
        assert!(std::mem::size_of::<Instrument>() <= 96, "{}", std::mem::size_of::<Instrument>());
    }
}
