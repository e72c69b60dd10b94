//! What an order pays that takes liquidity: the market's price, made worse by half the spread and the slippage, then
//! rounded to the tick that is worse still.
//!
//! All of it is exact but the square root, which is rounded to 10⁻¹² of the price; `sqrt` is the same on every machine.

use super::config::{ImpactTerms, Slippage, Spread, VenueConfig};
use super::error::VenueError;
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::order::terms::Side;
use crate::price::{divide_half_even, NumberError, Price, Quantity};

const BPS_SCALE: u8 = 4;
/// Impacts that are computed are rounded to this scale.
const IMPACT_SCALE: u8 = 12;
/// Shares of a volume are rounded to this scale.
const SHARE_SCALE: u8 = 9;

const OVERFLOW: NumberError = NumberError::Overflow { quantity: "slipped price" };
const NOTHING: Decimal = Decimal::new(0, 0);

/// How much of what liquidity a fill takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// What this fill takes.
    pub quantity: Quantity,
    /// What all fills of the same data have taken, this one included.
    pub total: i64,
    /// What there was.
    pub volume: i64,
}

/// `price` made worse for `side`.
///
/// # Errors
/// [`NumberError::Overflow`] if it leaves the range.
pub(super) fn worse(
    instrument: &Instrument,
    side: Side,
    price: Price,
    (share, half_ticks): (Decimal, u32),
) -> Result<Price, NumberError> {
    if share.units() == 0
        && half_ticks == 0
        && price.0 > 0
        && price.is_multiple_of(instrument.tick_size())
    {
        // Nothing makes it worse, as where a quote has its own spread.
        return Ok(price);
    }
    // Everything is doubled, so that half a tick is whole.
    let one = power_of_ten(share.scale())?.checked_mul(2).ok_or(OVERFLOW)?;
    let exact = i128::from(price.0).checked_mul(one).ok_or(OVERFLOW)?;
    let tick_size = i128::from(instrument.tick_size());
    let by_share = i128::from(price.0).abs().checked_mul(share.units() * 2);
    let by_ticks =
        tick_size.checked_mul(i128::from(half_ticks)).and_then(|by| by.checked_mul(one / 2));
    let slip = by_share.zip(by_ticks).and_then(|(share, ticks)| share.checked_add(ticks));
    let (slip, step) = slip.zip(tick_size.checked_mul(one)).ok_or(OVERFLOW)?;
    let ticks = match side {
        Side::Buy => -((-exact).checked_sub(slip).ok_or(OVERFLOW)?.div_euclid(step)),
        Side::Sell => exact.checked_sub(slip).ok_or(OVERFLOW)?.div_euclid(step),
    };
    let mut worse = ticks.checked_mul(tick_size).ok_or(OVERFLOW)?;
    if !instrument.allow_negative_prices() {
        worse = worse.max(tick_size);
    }
    i64::try_from(worse).map(Price).map_err(|_| OVERFLOW)
}

/// By what share of the price and how many half ticks a fill is worse.
///
/// # Errors
/// [`NumberError::Overflow`] if the share leaves its range.
pub(super) fn impact(
    config: &VenueConfig,
    root_factor: f64,
    taken: Taken,
    has_own_spread: bool,
) -> Result<(Decimal, u32), NumberError> {
    let share = match &config.slippage {
        Slippage::None => NOTHING,
        Slippage::Bps(rate) => Decimal::new(rate.units(), rate.scale() + BPS_SCALE),
        Slippage::VolumeShare { coefficient } => volume_impact(*coefficient, taken)?,
        Slippage::SquareRoot { .. } => root_impact(root_factor, taken.quantity)?,
    };
    match config.spread {
        Spread::Ticks(ticks) if !has_own_spread => Ok((share, ticks)),
        Spread::Bps(rate) if !has_own_spread => {
            let half = Decimal::new(rate.units() * 5, rate.scale() + BPS_SCALE + 1);
            Ok((sum(share, half)?, 0))
        }
        _ => Ok((share, 0)),
    }
}

/// `coefficient` × (total / volume)².
fn volume_impact(coefficient: Decimal, taken: Taken) -> Result<Decimal, NumberError> {
    let Taken { total, volume, .. } = taken;
    if volume <= 0 {
        return Ok(NOTHING);
    }
    let share = divide_half_even(i128::from(total) * power_of_ten(SHARE_SCALE)?, volume.into());
    let product = coefficient.units().checked_mul(share * share).ok_or(OVERFLOW)?;
    let scale = coefficient.scale() + 2 * SHARE_SCALE;
    Ok(Decimal::new(divide_half_even(product, power_of_ten(scale - IMPACT_SCALE)?), IMPACT_SCALE))
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "an impact is a model's estimate: 53 bits of it are more than it knows"
)]
fn root_impact(factor: f64, quantity: Quantity) -> Result<Decimal, NumberError> {
    let units = (factor * (quantity.0 as f64).sqrt() * 1e12).round();
    // Above a thousand times the price the estimate means nothing.
    if units < 1e15 {
        Ok(Decimal::new(units as i128, IMPACT_SCALE))
    } else {
        Err(OVERFLOW)
    }
}

/// What multiplies the square root of a quantity in units: `coefficient` × volatility / √(average volume in units).
///
/// # Errors
/// [`VenueError::ImpactUnknown`] if the configuration has no numbers for the instrument.
#[allow(clippy::cast_precision_loss, reason = "see `root_impact`")]
pub(super) fn root_factor(
    config: &VenueConfig,
    instrument: &Instrument,
) -> Result<f64, VenueError> {
    let Slippage::SquareRoot { coefficient, markets } = &config.slippage else {
        return Ok(0.0);
    };
    let symbol = instrument.symbol();
    let unknown = || VenueError::ImpactUnknown { symbol: symbol.to_owned() };
    let ImpactTerms { volatility_bps, average_volume } = markets.get(symbol).ok_or_else(unknown)?;
    let average_units = average_volume.floor_units(instrument.quantity_scale())?.max(1);
    let scale = volatility_bps.scale() + BPS_SCALE + coefficient.scale();
    let product = volatility_bps.units().checked_mul(coefficient.units()).ok_or(OVERFLOW)?;
    Ok(product as f64 / power_of_ten(scale)? as f64 / (average_units as f64).sqrt())
}

fn sum(left: Decimal, right: Decimal) -> Result<Decimal, NumberError> {
    let scale = left.scale().max(right.scale());
    let units = left.floor_units(scale)?.checked_add(right.floor_units(scale)?);
    units.map(|units| Decimal::new(units, scale)).ok_or(OVERFLOW)
}

pub(super) fn power_of_ten(exponent: u8) -> Result<i128, NumberError> {
    10_i128.checked_pow(exponent.into()).ok_or(NumberError::Overflow { quantity: "power of ten" })
}
