//! What a fill costs: the instrument's own commission, or one rate for the whole venue.

use super::config::Fees;
use super::pricing::power_of_ten;
use crate::decimal::Decimal;
use crate::instrument::Instrument;
use crate::portfolio::commission::{charge, Charged, Liquidity};
use crate::price::{divide_half_even, NumberError, Price, Quantity};

const BPS_SCALE: u8 = 4;
const OVERFLOW: NumberError = NumberError::Overflow { quantity: "fee" };

/// The fee of a fill in minor units of the instrument's currency, added to what its order was `charged`.
///
/// # Errors
/// [`NumberError::Overflow`] if it leaves the range; nothing changes.
pub(super) fn fee(
    fees: Fees,
    instrument: &Instrument,
    charged: &mut Charged,
    (quantity, price): (Quantity, Price),
    liquidity: Liquidity,
) -> Result<i64, NumberError> {
    let fee = match fees {
        Fees::Instrument => charge(instrument, charged, quantity, price, liquidity)?.0,
        Fees::Bps(rate) => share(instrument, rate, quantity, price)?,
    };
    i64::try_from(fee).map_err(|_| OVERFLOW)
}

/// Rounded once, half to even, from the exact product.
fn share(
    instrument: &Instrument,
    rate: Decimal,
    quantity: Quantity,
    price: Price,
) -> Result<i128, NumberError> {
    let notional = price.notional(quantity, instrument.multiplier())?.0;
    let product = notional.checked_abs().and_then(|notional| notional.checked_mul(rate.units()));
    let product = product.ok_or(OVERFLOW)?;
    let product_scale = instrument.notional_scale() + rate.scale() + BPS_SCALE;
    let cash_scale = instrument.currency().cash_scale();
    if product_scale <= cash_scale {
        return product.checked_mul(power_of_ten(cash_scale - product_scale)?).ok_or(OVERFLOW);
    }
    // A divisor beyond the range is more than twice any product: the fee rounds to nothing.
    Ok(power_of_ten(product_scale - cash_scale)
        .map_or(0, |divisor| divide_half_even(product, divisor)))
}
