//! How many units money buys, rounded down to the lot: exact where the money is, else in `f64`.

use super::cost::cost_at_open;
use super::size::{Size, SizeAt};
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::price::{NumberError, Price, Quantity};
use crate::venue::VenueConfig;

/// A little less than all, so that what a float rounds up is not spent: 1 − 2⁻⁵², as backtesting.py has it.
const NEARLY_ALL: f64 = 1.0 - f64::EPSILON;

/// A share of the equity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share {
    /// As it is written.
    Exact(Decimal),
    /// One of so many equal parts.
    Part(usize),
    /// As it was computed.
    Computed(f64),
}

impl Share {
    /// As a float.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // A share has few digits, and is rounded here.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Exact(share) => as_f64(share),
            Self::Part(count) => 1.0 / count as f64,
            Self::Computed(share) => share,
        }
    }
}

/// How much an order is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// Units of quantity, a multiple of the lot size.
    Units(Quantity),
    /// What this share of the equity buys at the open at which it fills: see [`units_at_open`].
    ShareAtOpen(f64),
    /// What this much of the instrument's currency buys there.
    MoneyAtOpen(f64),
}

impl Amount {
    /// What it is at the open at which it fills, in units, with what a fill there costs on top of it; no share is taken of an equity that is not
    /// known.
    ///
    /// # Errors
    /// [`NumberError`] if a number leaves its range.
    pub fn units_at_open(
        self,
        equity: Option<Decimal>,
        open: Price,
        venue: &VenueConfig,
        instrument: &Instrument,
    ) -> Result<i64, NumberError> {
        let money = match self {
            Self::Units(quantity) => return Ok(quantity.0),
            Self::MoneyAtOpen(money) => money,
            Self::ShareAtOpen(share) => equity.map_or(0.0, |equity| share * as_f64(equity)),
        };
        units_at_open(money, open, cost_at_open(venue, instrument, open), instrument)
    }
}

/// What an entry is for; none where there is nothing to buy, or no equity is known to take a share of.
///
/// # Errors
/// [`NumberError`] if a number leaves its range.
pub(super) fn amount(
    size: &Size,
    size_at: SizeAt,
    share: Option<Share>,
    equity: Option<Decimal>,
    price: Price,
    instrument: &Instrument,
) -> Result<Option<Amount>, NumberError> {
    let is_at_open = size_at == SizeAt::NextOpen;
    let units = match (size, share) {
        (Size::Fixed { quantity }, _) => fixed(*quantity, instrument)?,
        (Size::Notional { amount }, _) if is_at_open => {
            return Ok(Some(Amount::MoneyAtOpen(as_f64(*amount))));
        }
        (Size::Notional { amount }, _) => units_for(*amount, 1, price, instrument)?,
        (_, Some(share)) if is_at_open => {
            let share = share.as_f64();
            return Ok((share > 0.0).then_some(Amount::ShareAtOpen(share)));
        }
        (_, Some(share)) => match equity {
            Some(equity) => units_of(share, equity, price, instrument)?,
            None => 0,
        },
        (_, None) => 0,
    };
    Ok((units > 0).then_some(Amount::Units(Quantity(units))))
}

/// The units that a share of the equity buys at a price, at least 0.
///
/// # Errors
/// [`NumberError`] if a number leaves its range.
pub fn units_of(
    share: Share,
    equity: Decimal,
    price: Price,
    instrument: &Instrument,
) -> Result<i64, NumberError> {
    match share {
        Share::Exact(share) => {
            let units = equity.units().checked_mul(share.units()).ok_or(OVERFLOW)?;
            units_for(Decimal::new(units, equity.scale() + share.scale()), 1, price, instrument)
        }
        Share::Part(count) => units_for(equity, count, price, instrument),
        Share::Computed(share) => {
            floor_units(share * as_f64(equity), unit_price(price, instrument), instrument)
        }
    }
}

/// The units that money buys at an open, with `cost` (a share of the price) on top of it, at least 0: `⌊money · (1 − 2⁻⁵²) / (open · (1 +
/// cost))⌋` to the lot.
///
/// # Errors
/// [`NumberError`] if a number leaves its range.
pub fn units_at_open(
    money: f64,
    open: Price,
    cost: f64,
    instrument: &Instrument,
) -> Result<i64, NumberError> {
    let price = unit_price(open, instrument);
    floor_units(money * NEARLY_ALL, price + price * cost, instrument)
}

const OVERFLOW: NumberError = NumberError::Overflow { quantity: "quantity" };

/// Units of quantity, down to the lot.
fn fixed(quantity: Decimal, instrument: &Instrument) -> Result<i64, NumberError> {
    let units = i64::try_from(quantity.floor_units(instrument.quantity_scale())?);
    let units = units.map_err(|_| OVERFLOW)?;
    Ok(units - units % instrument.lot_size())
}

/// What one of `parts` equal parts of money buys, exactly.
fn units_for(
    money: Decimal,
    parts: usize,
    price: Price,
    instrument: &Instrument,
) -> Result<i64, NumberError> {
    let lot = Quantity(instrument.lot_size());
    let lot_price = price.notional(lot, instrument.multiplier())?.0;
    if money.units() <= 0 || lot_price <= 0 {
        return Ok(0);
    }
    let digits = i32::from(instrument.notional_scale()) - i32::from(money.scale());
    let factor = 10_i128.checked_pow(digits.unsigned_abs()).ok_or(OVERFLOW)?;
    let (up, down) = if digits >= 0 { (factor, 1) } else { (1, factor) };
    let money = money.units().checked_mul(up).ok_or(OVERFLOW)?;
    let parts = i128::try_from(parts).map_err(|_| OVERFLOW)?;
    let price = lot_price.checked_mul(down).and_then(|price| price.checked_mul(parts));
    let lots = i64::try_from(money / price.ok_or(OVERFLOW)?).map_err(|_| OVERFLOW)?;
    lots.checked_mul(lot.0).ok_or(OVERFLOW)
}

/// The price of one unit of quantity, in the instrument's currency.
#[allow(clippy::cast_precision_loss)] // Rounded on purpose.
fn unit_price(price: Price, instrument: &Instrument) -> f64 {
    let scale = power(instrument.price_scale()) * power(instrument.quantity_scale());
    price.0 as f64 * instrument.multiplier() as f64 / scale
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // Checked to be in range.
fn floor_units(money: f64, price: f64, instrument: &Instrument) -> Result<i64, NumberError> {
    let lot = instrument.lot_size();
    let lot_price = price * lot as f64;
    // Written so that NaN buys nothing, too.
    if !(money > 0.0 && lot_price > 0.0) {
        return Ok(0);
    }
    let mut lots = (money / lot_price).floor();
    if lots * lot_price > money {
        lots -= 1.0;
    }
    if lots >= 9e18 / lot as f64 {
        return Err(OVERFLOW);
    }
    Ok(lots as i64 * lot)
}

#[allow(clippy::cast_precision_loss)] // Rounded on purpose.
pub(super) fn as_f64(value: Decimal) -> f64 {
    value.units() as f64 / power(value.scale())
}

/// A power of ten, exact up to 10²².
fn power(scale: u8) -> f64 {
    10_f64.powi(scale.into())
}
