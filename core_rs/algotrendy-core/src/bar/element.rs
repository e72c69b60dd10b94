//! A bar, and the tick that becomes part of it: a trade is the smallest bar.

use serde::{Deserialize, Serialize};

use super::error::BarError;
use crate::price::{Notional, Price, Quantity};
use crate::trade::{AggressorSide, Trade};

/// The id of a trade that has none.
pub const NO_ID: i64 = i64::MIN;

/// Why a bar ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[repr(u8)]
#[non_exhaustive]
pub enum CloseReason {
    /// Time passed the end of its interval.
    #[default]
    Interval,
    /// It held its number of trades.
    Ticks,
    /// It held its volume.
    Volume,
    /// It held its notional.
    Notional,
    /// Its price moved by its range.
    Range,
    /// The price completed a brick.
    Brick,
    /// Buyers or sellers outweighed the others by the threshold.
    Imbalance,
    /// The price broke a line.
    Line,
    /// The session ended.
    Session,
    /// The caller asked for what there was: the bar is partial.
    Finish,
}

impl CloseReason {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 10] = [
        Self::Interval,
        Self::Ticks,
        Self::Volume,
        Self::Notional,
        Self::Range,
        Self::Brick,
        Self::Imbalance,
        Self::Line,
        Self::Session,
        Self::Finish,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interval => "INTERVAL",
            Self::Ticks => "TICKS",
            Self::Volume => "VOLUME",
            Self::Notional => "NOTIONAL",
            Self::Range => "RANGE",
            Self::Brick => "BRICK",
            Self::Imbalance => "IMBALANCE",
            Self::Line => "LINE",
            Self::Session => "SESSION",
            Self::Finish => "FINISH",
        }
    }
}

/// What is peculiar to a bar, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BarFlags(pub u8);

impl BarFlags {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// It was asked for before it was complete.
    pub const PARTIAL: Self = Self(1);
    /// Intervals without ticks were left out before it, or a jump made it without a trade at its prices.
    pub const GAP: Self = Self(2);
    /// It holds a late tick.
    pub const LATE: Self = Self(4);
    /// A session's end cut it short.
    pub const SESSION_BREAK: Self = Self(8);
    /// Its interval had no tick.
    pub const EMPTY: Self = Self(16);
    /// It holds a tick with a fault that was kept.
    pub const SUSPECT: Self = Self(32);
    /// No print in it counted for price: its price is the one before.
    pub const CARRIED: Self = Self(64);

    /// Nothing has been added to it yet. No bar that is handed out has it.
    pub(super) const BLANK: Self = Self(128);

    /// Whether one of the bits of `flags` is set.
    #[inline]
    #[must_use]
    pub const fn has_any(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }

    /// Whether all bits of `flags` are set.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }

    /// These without those.
    #[must_use]
    pub const fn without(self, flags: Self) -> Self {
        Self(self.0 & !flags.0)
    }
}

/// What happened to one instrument between two times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// When it opened: a time bar's interval starts then, another bar had its first tick then.
    pub open_time_ns: i64,
    /// When it closed; at this time, and not before, the whole bar is known.
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
    /// The sum of price × quantity; divided by the volume it is the VWAP.
    pub notional: Notional,
    /// How many trades there were.
    pub trade_count: i64,
    /// The part of the volume that buyers took.
    pub buy_volume: Quantity,
    /// The part of the volume that sellers took.
    pub sell_volume: Quantity,
    /// The id of its first trade that has one; [`NO_ID`] if none has.
    pub first_trade_id: i64,
    /// The id of its last trade that has one.
    pub last_trade_id: i64,
    /// Why it ended.
    pub close_reason: CloseReason,
    /// What is peculiar to it.
    pub flags: BarFlags,
}

impl Bar {
    /// What it is flagged with as long as none of its ticks has told a price.
    pub(super) const UNPRICED: BarFlags = BarFlags::CARRIED.with(BarFlags::BLANK);

    /// A bar at one price and time that holds nothing.
    #[must_use]
    pub const fn at(price: Price, open_time_ns: i64, close_time_ns: i64) -> Self {
        Self {
            open_time_ns,
            close_time_ns,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: Quantity::ZERO,
            notional: Notional::ZERO,
            trade_count: 0,
            buy_volume: Quantity::ZERO,
            sell_volume: Quantity::ZERO,
            first_trade_id: NO_ID,
            last_trade_id: NO_ID,
            close_reason: CloseReason::Interval,
            flags: BarFlags::NONE,
        }
    }

    /// The bar of one trade.
    #[inline]
    #[must_use]
    pub fn of_trade(trade: &Trade) -> Self {
        let taken_by = |side| {
            if trade.aggressor_side == side {
                trade.quantity
            } else {
                Quantity::ZERO
            }
        };
        Self {
            volume: trade.quantity,
            notional: trade.price.times(trade.quantity),
            trade_count: 1,
            buy_volume: taken_by(AggressorSide::Buy),
            sell_volume: taken_by(AggressorSide::Sell),
            first_trade_id: trade.id,
            last_trade_id: trade.id,
            ..Self::at(trade.price, trade.event_time_ns, trade.event_time_ns)
        }
    }

    /// Adds what another bar, a later one, holds: its prices and its sums.
    ///
    /// # Errors
    /// [`BarError::Overflow`] if a sum leaves its range; nothing changes.
    #[inline]
    pub fn add(&mut self, other: &Self) -> Result<(), BarError> {
        self.add_sums(other)?;
        let is_carried = other.flags.contains(BarFlags::CARRIED);
        if self.is_blank() || (self.flags.contains(BarFlags::CARRIED) && !is_carried) {
            (self.open, self.high, self.low) = (other.open, other.high, other.low);
            self.flags = self.flags.without(BarFlags(BarFlags::CARRIED.0 | BarFlags::BLANK.0));
            self.flags = self.flags.with(BarFlags(other.flags.0 & BarFlags::CARRIED.0));
        } else if !is_carried {
            self.high = self.high.max(other.high);
            self.low = self.low.min(other.low);
        }
        self.close = other.close;
        Ok(())
    }

    /// Whether the sums stay in their ranges with what another bar holds.
    #[inline]
    #[must_use]
    pub fn can_add(&self, other: &Self) -> bool {
        self.volume.0.checked_add(other.volume.0).is_some()
            && self.notional.0.checked_add(other.notional.0).is_some()
            && self.trade_count.checked_add(other.trade_count).is_some()
    }

    /// Adds a trade at its price, as adding its bar does.
    ///
    /// # Errors
    /// [`BarError::Overflow`] if a sum leaves its range; nothing changes.
    #[inline]
    pub fn add_trade(&mut self, trade: &Trade) -> Result<(), BarError> {
        let overflow = |field| BarError::Overflow { field };
        let Trade { price, quantity, .. } = *trade;
        let volume = self.volume.0.checked_add(quantity.0).ok_or(overflow("volume"))?;
        let notional = self.notional.0.checked_add(price.times(quantity).0);
        let notional = notional.ok_or(overflow("notional"))?;
        self.trade_count = self.trade_count.checked_add(1).ok_or(overflow("trade_count"))?;
        self.volume.0 = volume;
        self.notional.0 = notional;
        match trade.aggressor_side {
            AggressorSide::Buy => self.buy_volume.0 += quantity.0,
            AggressorSide::Sell => self.sell_volume.0 += quantity.0,
            AggressorSide::Unknown => {}
        }
        if trade.id != NO_ID {
            if self.first_trade_id == NO_ID {
                self.first_trade_id = trade.id;
            }
            self.last_trade_id = trade.id;
        }
        if self.flags.has_any(Self::UNPRICED) {
            self.flags = self.flags.without(Self::UNPRICED);
            (self.open, self.high, self.low) = (price, price, price);
        } else {
            self.high = self.high.max(price);
            self.low = self.low.min(price);
        }
        self.close = price;
        Ok(())
    }

    /// Whether the sums stay in their ranges with a trade.
    #[inline]
    #[must_use]
    pub fn can_add_trade(&self, trade: &Trade) -> bool {
        self.volume.0.checked_add(trade.quantity.0).is_some()
            && self.notional.0.checked_add(trade.price.times(trade.quantity).0).is_some()
            && self.trade_count < i64::MAX
    }

    /// Adds what another bar holds but its prices.
    ///
    /// # Errors
    /// [`BarError::Overflow`] if a sum leaves its range; nothing changes.
    #[inline]
    pub fn add_sums(&mut self, other: &Self) -> Result<(), BarError> {
        let overflow = |field| BarError::Overflow { field };
        let volume = self.volume.0.checked_add(other.volume.0).ok_or(overflow("volume"))?;
        let notional = self.notional.0.checked_add(other.notional.0).ok_or(overflow("notional"))?;
        let trade_count =
            self.trade_count.checked_add(other.trade_count).ok_or(overflow("trade_count"))?;
        self.volume.0 = volume;
        self.notional.0 = notional;
        self.trade_count = trade_count;
        // In range because the volume is, of which they are parts.
        self.buy_volume.0 += other.buy_volume.0;
        self.sell_volume.0 += other.sell_volume.0;
        if self.first_trade_id == NO_ID {
            self.first_trade_id = other.first_trade_id;
        }
        if other.last_trade_id != NO_ID {
            self.last_trade_id = other.last_trade_id;
        }
        let inherited =
            other.flags.0 & (BarFlags::LATE.0 | BarFlags::SUSPECT.0 | BarFlags::PARTIAL.0);
        self.flags = self.flags.with(BarFlags(inherited));
        Ok(())
    }

    /// Whether nothing has been added to it yet: see [`super::columns::Ticks::start`].
    #[inline]
    #[must_use]
    pub(super) const fn is_blank(&self) -> bool {
        self.flags.contains(BarFlags::BLANK)
    }

    /// This bar with a range that holds a price, too.
    #[must_use]
    pub fn holding(self, price: Price) -> Self {
        Self { high: self.high.max(price), low: self.low.min(price), ..self }
    }

    /// This bar, ended at a time for a reason.
    #[inline]
    #[must_use]
    pub fn ended(self, close_reason: CloseReason, close_time_ns: i64) -> Self {
        Self { close_time_ns, close_reason, ..self }
    }

    /// This bar with more flags.
    #[inline]
    #[must_use]
    pub fn flagged(self, flags: BarFlags) -> Self {
        Self { flags: self.flags.with(flags), ..self }
    }
}

/// One market update on its way into bars: a trade, a quote or a smaller bar.
///
/// What it adds is itself a bar; its prices all equal the trade's, but for a smaller bar, or a print that counts only for high and low.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// When it happened, which decides where it belongs.
    pub time_ns: i64,
    /// What it adds.
    pub bar: Bar,
    /// Who took the liquidity.
    pub side: AggressorSide,
}

impl Tick {
    /// A trade as a tick.
    #[inline]
    #[must_use]
    pub fn of_trade(trade: &Trade) -> Self {
        Self { time_ns: trade.event_time_ns, bar: Bar::of_trade(trade), side: trade.aggressor_side }
    }
}
