//! The orders that protect a position, from the price at which it was entered.

use super::rule::Signals;
use super::stops::{Distance, Stops};
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::order::terms::{OrderType, Side, Trail};
use crate::price::{divide_half_even, NumberError, Price};

/// How far from the fill each exit will be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exits {
    /// A stop at a loss.
    pub stop_loss: Option<Gap>,
    /// A limit at a profit.
    pub take_profit: Option<Gap>,
    /// A stop that follows.
    pub trailing: Option<Gap>,
}

/// A distance from a price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gap {
    /// A fraction of it.
    Fraction(Decimal),
    /// Price units, positive.
    Units(i64),
}

/// One exit of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitOrder {
    /// Which way it trades: against the entry.
    pub side: Side,
    /// A stop, a limit or a trailing stop.
    pub order_type: OrderType,
    /// Of a limit.
    pub limit_price: Option<Price>,
    /// Of a stop.
    pub stop_price: Option<Price>,
    /// Of a trailing stop.
    pub trail: Option<Trail>,
}

impl Exits {
    /// What a spec's stops are as of a bar.
    pub(super) fn of(stops: &Stops, signals: &Signals, instrument: &Instrument) -> Self {
        let gap = |distance: &Option<Distance>, value: f64| match distance.as_ref()? {
            Distance::Percent(fraction) => Some(Gap::Fraction(*fraction)),
            Distance::Distance(_) => units(value, instrument).map(Gap::Units),
        };
        Self {
            stop_loss: gap(&stops.stop_loss, signals.stop_loss),
            take_profit: gap(&stops.take_profit, signals.take_profit),
            trailing: gap(&stops.trailing, signals.trailing),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The exits of what `side` entered at `price`: stop loss, take profit, trailing stop.
    ///
    /// # Errors
    /// [`NumberError`] if a price leaves its range.
    pub fn orders(
        &self,
        side: Side,
        price: Price,
        instrument: &Instrument,
    ) -> Result<Vec<ExitOrder>, NumberError> {
        let order = |order_type| ExitOrder {
            side: side.opposite(),
            order_type,
            limit_price: None,
            stop_price: None,
            trail: None,
        };
        let mut orders = Vec::with_capacity(3);
        if let Some(gap) = self.stop_loss {
            let stop_price = Some(moved(price, gap, side.opposite(), instrument)?);
            orders.push(ExitOrder { stop_price, ..order(OrderType::Stop) });
        }
        if let Some(gap) = self.take_profit {
            let limit_price = Some(moved(price, gap, side, instrument)?);
            orders.push(ExitOrder { limit_price, ..order(OrderType::Limit) });
        }
        if let Some(gap) = self.trailing {
            let trail = Some(trail(gap, instrument)?);
            orders.push(ExitOrder { trail, ..order(OrderType::TrailingStop) });
        }
        Ok(orders)
    }
}

/// A distance that an expression says, in price units; none where it says nothing, or nothing positive.
#[allow(clippy::cast_possible_truncation)] // Checked to be in range.
fn units(value: f64, instrument: &Instrument) -> Option<i64> {
    let units = (value * 10_f64.powi(instrument.price_scale().into())).round_ties_even();
    // Written so that NaN is none, too.
    (value > 0.0 && units < 9e18).then(|| (units as i64).max(1))
}

/// The price so far above (buy) or below (sell) another: to the nearest tick, at least one away, and not below the lowest price there can
/// be.
fn moved(price: Price, gap: Gap, way: Side, instrument: &Instrument) -> Result<Price, NumberError> {
    let overflow = NumberError::Overflow { quantity: "price" };
    let tick = i128::from(instrument.tick_size());
    let sign = if way == Side::Buy { 1 } else { -1 };
    let price = i128::from(price.0);
    let ticks = match gap {
        Gap::Units(units) => divide_half_even(price + sign * i128::from(units), tick),
        Gap::Fraction(fraction) => {
            let one = 10_i128.pow(fraction.scale().into());
            // Of what a negative price is, too, a fraction is a distance.
            let moved = price.abs().checked_mul(fraction.units()).ok_or(overflow)?;
            let units = price.checked_mul(one).ok_or(overflow)?.checked_add(sign * moved);
            divide_half_even(units.ok_or(overflow)?, one.checked_mul(tick).ok_or(overflow)?)
        }
    };
    let ticks = if way == Side::Buy {
        ticks.max(price.div_euclid(tick) + 1)
    } else {
        ticks.min((price + tick - 1).div_euclid(tick) - 1)
    };
    let ticks = if instrument.allow_negative_prices() { ticks } else { ticks.max(1) };
    i64::try_from(ticks * tick).map(Price).map_err(|_| overflow)
}

fn trail(gap: Gap, instrument: &Instrument) -> Result<Trail, NumberError> {
    let overflow = NumberError::Overflow { quantity: "trail" };
    match gap {
        // Validated to be a whole number of basis points.
        Gap::Fraction(fraction) => {
            u32::try_from(fraction.floor_units(4)?).map(Trail::Bps).map_err(|_| overflow)
        }
        Gap::Units(units) => {
            let tick = instrument.tick_size();
            let ticks = divide_half_even(units.into(), tick.into()).max(1);
            let offset = i64::try_from(ticks).ok().and_then(|ticks| ticks.checked_mul(tick));
            offset.map(|offset| Trail::Offset(Price(offset))).ok_or(overflow)
        }
    }
}
