//! Market data as the venue trades it: prices and sizes in the instrument's units.

use serde::{Deserialize, Serialize};

use super::error::VenueError;
use crate::instrument::Instrument;
use crate::price::{Price, Quantity};

/// A bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueBar {
    /// When its interval begins.
    pub open_time_ns: i64,
    /// When its interval ends.
    pub close_time_ns: i64,
    /// The first price.
    pub open: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The last price.
    pub close: Price,
    /// What traded.
    pub volume: Quantity,
}

/// The best bid and the best ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueQuote {
    /// Since when.
    pub time_ns: i64,
    /// The best bid.
    pub bid: Price,
    /// The best ask, not below the bid.
    pub ask: Price,
    /// What is bid for.
    pub bid_size: Quantity,
    /// What is offered.
    pub ask_size: Quantity,
}

/// A print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueTrade {
    /// When it was made.
    pub time_ns: i64,
    /// At what price.
    pub price: Price,
    /// How much changed hands.
    pub quantity: Quantity,
}

impl VenueBar {
    /// The prices in the order in which they are taken to have come: the open, then the extreme that is nearer to it.
    #[must_use]
    pub fn path(&self) -> [Price; 4] {
        // In 128 bits, because a range may be wider than the type of a price.
        let distance = |price: Price| (i128::from(price.0) - i128::from(self.open.0)).abs();
        if distance(self.high) < distance(self.low) {
            [self.open, self.high, self.low, self.close]
        } else {
            [self.open, self.low, self.high, self.close]
        }
    }

    /// Checks the bar against itself and against `last_time_ns`, the end of what came before.
    ///
    /// # Errors
    /// [`VenueError::DataInvalid`] naming the field.
    pub(super) fn validate(
        &self,
        instrument: &Instrument,
        last_time_ns: i64,
    ) -> Result<(), VenueError> {
        let is_lowest = self.low <= self.open.min(self.close).min(self.high);
        let is_highest = self.high >= self.open.max(self.close);
        let lasts = self.close_time_ns >= self.open_time_ns;
        let field = Fields { symbol: instrument.symbol() };
        field.check("low", self.low.0, is_lowest, "its lowest price")?;
        field.check("high", self.high.0, is_highest, "its highest price")?;
        field.check("close_time_ns", self.close_time_ns, lasts, "at or after its open")?;
        field.check("volume", self.volume.0, self.volume.0 >= 0, "zero or above")?;
        field.price(instrument, "low", self.low)?;
        field.time("open_time_ns", self.open_time_ns, last_time_ns)
    }
}

impl VenueQuote {
    /// The middle of bid and ask, rounded down.
    #[must_use]
    pub const fn middle(&self) -> Price {
        let (Price(bid), Price(ask)) = (self.bid, self.ask);
        // The bits that both have, and half of those that one has: the middle without their sum.
        Price((bid & ask) + ((bid ^ ask) >> 1))
    }

    /// Checks the quote against itself and against `last_time_ns`, the end of what came before.
    ///
    /// # Errors
    /// [`VenueError::DataInvalid`] naming the field.
    pub(super) fn validate(
        &self,
        instrument: &Instrument,
        last_time_ns: i64,
    ) -> Result<(), VenueError> {
        let field = Fields { symbol: instrument.symbol() };
        field.check("ask", self.ask.0, self.ask >= self.bid, "at or above the bid")?;
        field.check("bid_size", self.bid_size.0, self.bid_size.0 >= 0, "zero or above")?;
        field.check("ask_size", self.ask_size.0, self.ask_size.0 >= 0, "zero or above")?;
        field.price(instrument, "bid", self.bid)?;
        field.time("time_ns", self.time_ns, last_time_ns)
    }
}

impl VenueTrade {
    /// Checks the trade, also against `last_time_ns`, the end of what came before.
    ///
    /// # Errors
    /// [`VenueError::DataInvalid`] naming the field.
    pub(super) fn validate(
        &self,
        instrument: &Instrument,
        last_time_ns: i64,
    ) -> Result<(), VenueError> {
        let field = Fields { symbol: instrument.symbol() };
        field.check("quantity", self.quantity.0, self.quantity.0 >= 0, "zero or above")?;
        field.price(instrument, "price", self.price)?;
        field.time("time_ns", self.time_ns, last_time_ns)
    }
}

/// Checks of an instrument's fields.
struct Fields<'a> {
    symbol: &'a str,
}

impl Fields<'_> {
    fn check(
        &self,
        field: &'static str,
        value: i64,
        is_right: bool,
        expected: &'static str,
    ) -> Result<(), VenueError> {
        if is_right {
            return Ok(());
        }
        Err(VenueError::DataInvalid { symbol: self.symbol.to_owned(), field, value, expected })
    }

    fn price(
        &self,
        instrument: &Instrument,
        field: &'static str,
        price: Price,
    ) -> Result<(), VenueError> {
        let is_right = price.0 > 0 || instrument.allow_negative_prices();
        self.check(field, price.0, is_right, "positive")
    }

    fn time(&self, field: &'static str, time_ns: i64, last_ns: i64) -> Result<(), VenueError> {
        let expected = "at or after the end of the data before it";
        self.check(field, time_ns, time_ns >= last_ns, expected)
    }
}
