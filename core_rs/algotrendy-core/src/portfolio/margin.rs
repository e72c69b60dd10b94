//! Margins, in minor units of the instrument's currency: each rounded once, half to even.
//!
//! They are part of a valuation, which has checked that every number is in range: notionals are below 2^96 of their
//! units and quantities below 2^63.

use super::cost::share_of_cost;
use crate::instrument::cost::WHOLE_BPS;
use crate::instrument::{Instrument, Margin};
use crate::price::{rescale_in_range, Notional, Quantity};
use crate::risk::exposure::OpenTotals;

/// The initial margin of the worst case: of a position whose open orders all fill on one side, whichever takes more.
///
/// A side's margin is that of what is held on it, at the reference price, and of the open orders in excess of what is
/// held on the other, at their own average price. `notional` is the position's, without its sign.
#[must_use]
#[inline]
pub fn initial_in_range(
    instrument: &Instrument,
    notional: i128,
    held: i64,
    open: &OpenTotals,
) -> i128 {
    let size = i128::from(held.unsigned_abs());
    let nothing = (0, 0);
    let (long, short) =
        if held > 0 { ((size, notional), nothing) } else { (nothing, (size, notional)) };
    let buys = side(long, short.0, (open.buy_quantity, open.buy_notional));
    let sells = side(short, long.0, (open.sell_quantity, open.sell_notional));
    let margin = instrument.initial_margin();
    // A margin grows with what it is of, so that a side with more of both takes more.
    if buys.0 >= sells.0 && buys.1 >= sells.1 {
        amount(instrument, margin, buys)
    } else if sells.0 >= buys.0 && sells.1 >= buys.1 {
        amount(instrument, margin, sells)
    } else {
        amount(instrument, margin, buys).max(amount(instrument, margin, sells))
    }
}

/// The maintenance margin of a position; `notional` is its, without its sign.
#[must_use]
#[inline]
pub fn maintenance_in_range(instrument: &Instrument, notional: i128, held: i64) -> i128 {
    let size = i128::from(held.unsigned_abs());
    instrument.maintenance_margin().map_or(0, |margin| amount(instrument, margin, (size, notional)))
}

/// What `margin` takes up of a quantity and its notional; neither negative.
#[inline]
fn amount(instrument: &Instrument, margin: Margin, (quantity, notional): (i128, i128)) -> i128 {
    let cash_scale = instrument.currency().cash_scale();
    let notional_scale = instrument.notional_scale();
    match margin {
        Margin::Bps(WHOLE_BPS) => rescale_in_range(notional, notional_scale, cash_scale),
        // A basis point is 10⁻⁴.
        Margin::Bps(bps) => {
            rescale_in_range(notional.wrapping_mul(bps.into()), notional_scale + 4, cash_scale)
        }
        Margin::PerContract(amount) => {
            let product = i128::from(amount).wrapping_mul(quantity);
            rescale_in_range(product, instrument.quantity_scale(), 0)
        }
    }
}

/// The quantity and the notional that a side's margin is of.
#[inline]
fn side(
    (held, held_notional): (i128, i128),
    opposite: i128,
    (quantity, notional): (i128, i128),
) -> (i128, i128) {
    let excess = (quantity - opposite).max(0);
    let share = if excess == 0 {
        0
    } else if excess == quantity {
        notional
    } else {
        share(notional, excess, quantity)
    };
    (held + excess, held_notional + share)
}

#[cold]
fn share(notional: i128, part: i128, whole: i128) -> i128 {
    let narrow = |quantity: i128| Quantity(i64::try_from(quantity).unwrap_or(i64::MAX));
    share_of_cost(Notional(notional), narrow(part), narrow(whole)).0
}
