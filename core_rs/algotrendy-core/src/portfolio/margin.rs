//! Margins, in minor units of the instrument's currency: each rounded once, half to even.

use crate::instrument::cost::WHOLE_BPS;
use crate::instrument::{Instrument, Margin};
use crate::price::{divide_half_even, multiply, rescale_half_even, NumberError, Price};
use crate::risk::exposure::OpenTotals;

/// What `margin` takes up of a `notional`, in notional units, and a `quantity`, in quantity units; neither negative.
///
/// # Errors
/// [`NumberError::Overflow`] if it leaves the range.
#[inline]
pub fn amount(
    instrument: &Instrument,
    margin: Margin,
    notional: i128,
    quantity: i128,
) -> Result<i128, NumberError> {
    let cash_scale = instrument.currency().cash_scale();
    match margin {
        Margin::Bps(WHOLE_BPS) => {
            rescale_half_even(notional, instrument.notional_scale(), cash_scale)
        }
        Margin::Bps(bps) => {
            let product = multiply(notional, bps.into(), "margin")?;
            // A basis point is 10⁻⁴.
            rescale_half_even(product, instrument.notional_scale() + 4, cash_scale)
        }
        Margin::PerContract(amount) => {
            let product = multiply(amount.into(), quantity, "margin")?;
            rescale_half_even(product, instrument.quantity_scale(), 0)
        }
    }
}

/// The initial margin of the worst case: of a position `held` whose open orders all fill on one side, whichever takes more.
///
/// A side's margin is that of what is held on it, at the reference price, and of the open orders in excess of what is
/// held on the other, at their own average price.
///
/// # Errors
/// [`NumberError::Overflow`] if it leaves the range.
#[inline]
pub fn initial(
    instrument: &Instrument,
    reference: Price,
    held: i64,
    open: &OpenTotals,
) -> Result<i128, NumberError> {
    let size = i128::from(held).abs();
    let (long, short) = if held > 0 { (size, 0) } else { (0, size) };
    let buys = side(instrument, reference, (long, short), (open.buy_quantity, open.buy_notional))?;
    let sells =
        side(instrument, reference, (short, long), (open.sell_quantity, open.sell_notional))?;
    Ok(buys.max(sells))
}

/// The maintenance margin of a position `held`.
///
/// # Errors
/// [`NumberError::Overflow`] if it leaves the range.
#[inline]
pub fn maintenance(
    instrument: &Instrument,
    reference: Price,
    held: i64,
) -> Result<i128, NumberError> {
    let size = i128::from(held).abs();
    match instrument.maintenance_margin() {
        Some(margin) if size > 0 => {
            amount(instrument, margin, notional(instrument, reference, size)?, size)
        }
        _ => Ok(0),
    }
}

#[inline]
fn side(
    instrument: &Instrument,
    reference: Price,
    (held, opposite): (i128, i128),
    (quantity, orders_notional): (i128, i128),
) -> Result<i128, NumberError> {
    let excess = (quantity - opposite).max(0);
    if held == 0 && excess == 0 {
        return Ok(0);
    }
    let orders = if excess == 0 || excess == quantity {
        orders_notional * i128::from(excess > 0)
    } else {
        divide_half_even(multiply(orders_notional, excess, "margin")?, quantity)
    };
    let overflow = NumberError::Overflow { quantity: "margin" };
    let total = notional(instrument, reference, held)?.checked_add(orders).ok_or(overflow)?;
    let size = held.checked_add(excess).ok_or(overflow)?;
    amount(instrument, instrument.initial_margin(), total, size)
}

/// The notional of `quantity` at `price`, without its sign, in notional units.
#[inline]
fn notional(instrument: &Instrument, price: Price, quantity: i128) -> Result<i128, NumberError> {
    let product = multiply(price.0.into(), quantity, "notional")?;
    let notional = multiply(product, instrument.multiplier().into(), "notional")?;
    notional.checked_abs().ok_or(NumberError::Overflow { quantity: "notional" })
}
