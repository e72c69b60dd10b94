//! Bars from trades, of any style: one [`Aggregator`] and a [`ClosePolicy`] per style, each in a file of its own.
//!
//! `push` is the only way in, so batch, streaming and any chunking agree. The bars, the pending bar and the late trades
//! account for every trade.

mod aggregator;
mod columns;
mod time;

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::price::{Notional, Price, Quantity};
use crate::trade::{AggressorSide, Trade};

pub use aggregator::{Aggregator, BarSink, BatchError, ClosePolicy};
pub use columns::Bars;
pub use time::{TimeBarAggregator, TimePolicy};

/// Why a bar ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum CloseReason {
    /// A trade came after its interval.
    #[default]
    Interval,
    /// The caller asked for what there was: the bar is partial.
    Finish,
}

impl CloseReason {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interval => "INTERVAL",
            Self::Finish => "FINISH",
        }
    }
}

/// What happened to one instrument between two times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// The first nanosecond that the bar covers.
    pub open_time_ns: i64,
    /// The nanosecond after the last that it covers; at this time, and not before, the whole bar is known.
    pub close_time_ns: i64,
    /// The first price.
    pub open: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The last price.
    pub close: Price,
    /// The sum of quantities.
    pub volume: Quantity,
    /// How many trades there were.
    #[serde(default)]
    pub trade_count: i64,
    /// The sum of price × quantity; divided by the volume it is the VWAP.
    #[serde(default)]
    pub notional: Notional,
    /// The part of the volume that buyers took.
    #[serde(default)]
    pub buy_volume: Quantity,
    /// The part of the volume that sellers took.
    #[serde(default)]
    pub sell_volume: Quantity,
    /// Why the bar ended.
    #[serde(default)]
    pub close_reason: CloseReason,
}

impl Bar {
    /// The bar of one trade.
    #[inline]
    #[must_use]
    pub fn from_trade(open_time_ns: i64, close_time_ns: i64, trade: &Trade) -> Self {
        Self {
            open_time_ns,
            close_time_ns,
            open: trade.price,
            high: trade.price,
            low: trade.price,
            close: trade.price,
            volume: trade.quantity,
            trade_count: 1,
            notional: trade.price.times(trade.quantity),
            buy_volume: taken_by(AggressorSide::Buy, trade),
            sell_volume: taken_by(AggressorSide::Sell, trade),
            close_reason: CloseReason::default(),
        }
    }

    /// Adds a trade.
    ///
    /// # Errors
    /// [`BarError::Overflow`] if the volume leaves its range; nothing changes.
    #[inline]
    pub fn add(&mut self, trade: &Trade) -> Result<(), BarError> {
        let overflow = |_| BarError::Overflow { field: "volume" };
        self.volume = self.volume.checked_add(trade.quantity).map_err(overflow)?;
        self.high = self.high.max(trade.price);
        self.low = self.low.min(trade.price);
        self.close = trade.price;
        self.trade_count += 1;
        // The rest is in range because the volume is: parts of it, and at most 2^63 times it.
        self.notional.0 += trade.price.times(trade.quantity).0;
        self.buy_volume.0 += taken_by(AggressorSide::Buy, trade).0;
        self.sell_volume.0 += taken_by(AggressorSide::Sell, trade).0;
        Ok(())
    }
}

#[inline]
fn taken_by(side: AggressorSide, trade: &Trade) -> Quantity {
    if trade.aggressor_side == side {
        trade.quantity
    } else {
        Quantity::ZERO
    }
}

/// Why a trade could not become part of a bar; the aggregator is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BarError {
    /// A sum left its range.
    #[error("the bar's {field} leaves the range of its type")]
    Overflow {
        /// Which sum.
        field: &'static str,
    },
    /// A trade gave back volume.
    #[error("a trade's quantity must not be negative, but is {quantity}")]
    QuantityNegative {
        /// The quantity, in units.
        quantity: i64,
    },
    /// A trade's interval starts or ends outside the representable times.
    #[error("the interval of a trade at {time_ns} ns leaves the range of time")]
    TimeOutOfRange {
        /// When the trade was.
        time_ns: i64,
    },
    /// A time bar of no or negative length was asked for.
    #[error("interval_ns must be positive, not {interval_ns}")]
    IntervalNotPositive {
        /// The interval.
        interval_ns: i64,
    },
}

impl Refusal for BarError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Overflow { .. } | Self::TimeOutOfRange { .. } => "VALUE_OVERFLOW",
            Self::QuantityNegative { .. } => "DATA_VALUE_INVALID",
            Self::IntervalNotPositive { .. } => "INVALID_ARGUMENT",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Overflow { field } => vec![("field", (*field).to_owned())],
            Self::QuantityNegative { quantity } => vec![("quantity", quantity.to_string())],
            Self::TimeOutOfRange { time_ns } => vec![("time_ns", time_ns.to_string())],
            Self::IntervalNotPositive { interval_ns } => {
                vec![("interval_ns", interval_ns.to_string())]
            }
        }
    }
}
