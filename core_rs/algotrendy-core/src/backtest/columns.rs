//! Market data as columns: raw, in the units of one instrument, checked once as they come in.

use super::error::DataError;
use crate::price::{Price, Quantity};
use crate::venue::{VenueBar, VenueQuote, VenueTrade};

/// Bars in time order; all columns have the same length.
///
/// A bar opens at or after the close of the one before it, closes at or after its open, and its prices and volume do not
/// contradict each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BarColumns {
    open_time_ns: Vec<i64>,
    close_time_ns: Vec<i64>,
    open: Vec<i64>,
    high: Vec<i64>,
    low: Vec<i64>,
    close: Vec<i64>,
    volume: Vec<i64>,
}

/// Trades in time order; all columns have the same length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TradeColumns {
    time_ns: Vec<i64>,
    price: Vec<i64>,
    quantity: Vec<i64>,
    side: Option<Vec<i8>>,
}

/// Best bids and asks in time order; all columns have the same length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuoteColumns {
    time_ns: Vec<i64>,
    bid: Vec<i64>,
    ask: Vec<i64>,
    bid_size: Vec<i64>,
    ask_size: Vec<i64>,
}

macro_rules! columns {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {
        $($(#[$meta])* #[must_use] pub fn $name(&self) -> &[i64] { &self.$name })+
    };
}

impl BarColumns {
    /// Checks the columns: `[open_time_ns, close_time_ns, open, high, low, close, volume]`.
    ///
    /// # Errors
    /// [`DataError`] naming the column, the index and the value.
    pub fn new(columns: [Vec<i64>; 7]) -> Result<Self, DataError> {
        let bars = Self::made(columns);
        bars.check_lengths()?;
        if !bars.is_plausible() {
            (0..bars.len()).try_for_each(|index| bars.check(index))?;
        }
        Ok(bars)
    }

    columns!(
        /// When each interval begins.
        open_time_ns,
        /// When each interval ends: from then on the bar is known.
        close_time_ns,
        /// The first prices.
        open,
        /// The highest prices.
        high,
        /// The lowest prices.
        low,
        /// The last prices.
        close,
        /// What traded.
        volume,
    );

    /// How many bars there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open_time_ns.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One bar.
    ///
    /// # Panics
    /// If there is no such bar.
    #[must_use]
    #[inline]
    pub fn bar(&self, index: usize) -> VenueBar {
        VenueBar {
            open_time_ns: self.open_time_ns[index],
            close_time_ns: self.close_time_ns[index],
            open: Price(self.open[index]),
            high: Price(self.high[index]),
            low: Price(self.low[index]),
            close: Price(self.close[index]),
            volume: Quantity(self.volume[index]),
        }
    }

    /// Bars that the core made itself.
    pub(super) fn made(columns: [Vec<i64>; 7]) -> Self {
        let [open_time_ns, close_time_ns, open, high, low, close, volume] = columns;
        Self { open_time_ns, close_time_ns, open, high, low, close, volume }
    }

    /// The bars from `first` on, followed by `others`.
    pub(super) fn continued(&self, first: usize, others: &Self) -> Self {
        let joined = |held: &[i64], more: &[i64]| [&held[first..], more].concat();
        Self {
            open_time_ns: joined(&self.open_time_ns, &others.open_time_ns),
            close_time_ns: joined(&self.close_time_ns, &others.close_time_ns),
            open: joined(&self.open, &others.open),
            high: joined(&self.high, &others.high),
            low: joined(&self.low, &others.low),
            close: joined(&self.close, &others.close),
            volume: joined(&self.volume, &others.volume),
        }
    }

    fn check_lengths(&self) -> Result<(), DataError> {
        let expected = self.len();
        check_length("close_time_ns", &self.close_time_ns, expected)?;
        check_length("open", &self.open, expected)?;
        check_length("high", &self.high, expected)?;
        check_length("low", &self.low, expected)?;
        check_length("close", &self.close, expected)?;
        check_length("volume", &self.volume, expected)
    }

    /// Whether all bars pass [`Self::check`], without an early exit, so that it is a few instructions for each.
    fn is_plausible(&self) -> bool {
        let mut wrong = false;
        for index in 0..self.len() {
            let (open, close) = (self.open[index], self.close[index]);
            wrong |= self.low[index] > open.min(close)
                || self.high[index] < open.max(close)
                || self.close_time_ns[index] < self.open_time_ns[index]
                || self.volume[index] < 0;
        }
        let follows = self.open_time_ns.iter().skip(1).zip(&self.close_time_ns);
        !follows.fold(wrong, |wrong, (open_ns, last_ns)| wrong | is_before(*open_ns, *last_ns))
    }

    fn check(&self, index: usize) -> Result<(), DataError> {
        let (open, close) = (self.open[index], self.close[index]);
        let [low, high] = [self.low[index], self.high[index]];
        let [open_time_ns, close_time_ns] = [self.open_time_ns[index], self.close_time_ns[index]];
        let row = Row { index };
        row.check("low", low, low <= open.min(close), "its lowest price")?;
        row.check("high", high, high >= open.max(close), "its highest price")?;
        let lasts = close_time_ns >= open_time_ns;
        row.check("close_time_ns", close_time_ns, lasts, "at or after its open")?;
        row.check("volume", self.volume[index], self.volume[index] >= 0, "zero or above")?;
        let last_ns = index.checked_sub(1).map_or(i64::MIN, |last| self.close_time_ns[last]);
        let expected = "at or after the close of the bar before it";
        row.check("open_time_ns", open_time_ns, open_time_ns >= last_ns, expected)
    }
}

impl TradeColumns {
    /// Checks the columns; a side is 1 for a buyer that took liquidity, −1 for a seller, 0 unknown.
    ///
    /// # Errors
    /// [`DataError`] naming the column, the index and the value.
    pub fn new(
        time_ns: Vec<i64>,
        price: Vec<i64>,
        quantity: Vec<i64>,
        side: Option<Vec<i8>>,
    ) -> Result<Self, DataError> {
        let expected = time_ns.len();
        check_length("price", &price, expected)?;
        check_length("quantity", &quantity, expected)?;
        if let Some(side) = &side {
            check_length("side", side, expected)?;
        }
        check_order(&time_ns)?;
        check_sign("quantity", &quantity)?;
        Ok(Self { time_ns, price, quantity, side })
    }

    columns!(
        /// When each was made.
        time_ns,
        /// At what prices.
        price,
        /// How much changed hands.
        quantity,
    );

    /// Who took the liquidity, where that is known: 1 a buyer, −1 a seller, 0 unknown.
    #[must_use]
    pub fn side(&self) -> Option<&[i8]> {
        self.side.as_deref()
    }

    /// How many trades there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time_ns.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One trade.
    ///
    /// # Panics
    /// If there is no such trade.
    #[must_use]
    #[inline]
    pub fn trade(&self, index: usize) -> VenueTrade {
        VenueTrade {
            time_ns: self.time_ns[index],
            price: Price(self.price[index]),
            quantity: Quantity(self.quantity[index]),
        }
    }

    /// The trades from `first` on, followed by `others`.
    pub(super) fn continued(&self, first: usize, others: &Self) -> Self {
        let side = match (&self.side, &others.side) {
            (None, None) => None,
            _ => Some([&self.sides_from(first)[..], &others.sides_from(0)[..]].concat()),
        };
        Self {
            time_ns: [&self.time_ns[first..], &others.time_ns].concat(),
            price: [&self.price[first..], &others.price].concat(),
            quantity: [&self.quantity[first..], &others.quantity].concat(),
            side,
        }
    }

    fn sides_from(&self, first: usize) -> Vec<i8> {
        let unknown = || vec![0; self.len() - first];
        self.side.as_ref().map_or_else(unknown, |side| side[first..].to_vec())
    }
}

impl QuoteColumns {
    /// Checks the columns: `[time_ns, bid, ask, bid_size, ask_size]`.
    ///
    /// # Errors
    /// [`DataError`] naming the column, the index and the value.
    pub fn new(columns: [Vec<i64>; 5]) -> Result<Self, DataError> {
        let [time_ns, bid, ask, bid_size, ask_size] = columns;
        let expected = time_ns.len();
        check_length("bid", &bid, expected)?;
        check_length("ask", &ask, expected)?;
        check_length("bid_size", &bid_size, expected)?;
        check_length("ask_size", &ask_size, expected)?;
        check_order(&time_ns)?;
        for (index, (bid, ask)) in bid.iter().zip(&ask).enumerate() {
            Row { index }.check("ask", *ask, ask >= bid, "at or above the bid")?;
        }
        check_sign("bid_size", &bid_size)?;
        check_sign("ask_size", &ask_size)?;
        Ok(Self { time_ns, bid, ask, bid_size, ask_size })
    }

    columns!(
        /// Since when each stands.
        time_ns,
        /// The best bids.
        bid,
        /// The best asks.
        ask,
        /// What is bid for.
        bid_size,
        /// What is offered.
        ask_size,
    );

    /// How many quotes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time_ns.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One quote.
    ///
    /// # Panics
    /// If there is no such quote.
    #[must_use]
    #[inline]
    pub fn quote(&self, index: usize) -> VenueQuote {
        VenueQuote {
            time_ns: self.time_ns[index],
            bid: Price(self.bid[index]),
            ask: Price(self.ask[index]),
            bid_size: Quantity(self.bid_size[index]),
            ask_size: Quantity(self.ask_size[index]),
        }
    }

    /// The quotes from `first` on, followed by `others`.
    pub(super) fn continued(&self, first: usize, others: &Self) -> Self {
        let joined = |held: &[i64], more: &[i64]| [&held[first..], more].concat();
        Self {
            time_ns: joined(&self.time_ns, &others.time_ns),
            bid: joined(&self.bid, &others.bid),
            ask: joined(&self.ask, &others.ask),
            bid_size: joined(&self.bid_size, &others.bid_size),
            ask_size: joined(&self.ask_size, &others.ask_size),
        }
    }
}

const fn is_before(time_ns: i64, other_ns: i64) -> bool {
    time_ns < other_ns
}

/// One row's checks.
struct Row {
    index: usize,
}

impl Row {
    fn check(
        &self,
        column: &'static str,
        value: i64,
        is_right: bool,
        expected: &'static str,
    ) -> Result<(), DataError> {
        if is_right {
            return Ok(());
        }
        Err(DataError::ValueInvalid { column, index: self.index, value, expected })
    }
}

fn check_length<T>(column: &'static str, values: &[T], expected: usize) -> Result<(), DataError> {
    if values.len() == expected {
        return Ok(());
    }
    Err(DataError::LengthsDiffer { column, length: values.len(), expected })
}

fn check_order(time_ns: &[i64]) -> Result<(), DataError> {
    let is_back = |pair: &[i64]| pair[1] < pair[0];
    match time_ns.windows(2).position(is_back) {
        None => Ok(()),
        Some(before) => {
            let (index, expected) = (before + 1, "at or after the one before it");
            Row { index }.check("time_ns", time_ns[index], false, expected)
        }
    }
}

fn check_sign(column: &'static str, values: &[i64]) -> Result<(), DataError> {
    match values.iter().position(|value| *value < 0) {
        None => Ok(()),
        Some(index) => Row { index }.check(column, values[index], false, "zero or above"),
    }
}
