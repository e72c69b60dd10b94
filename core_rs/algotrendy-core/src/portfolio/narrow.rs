//! What an instrument is worth where all numbers fit 64 bits, as nearly always: the same as [`super::valuation`] finds in
//! 128, for a third of the work.

use super::cost::Cash;
use super::position::Position;
use crate::instrument::cost::WHOLE_BPS;
use crate::instrument::{Instrument, Margin};
use crate::price::{rescale_narrow, Price};
use crate::risk::exposure::{OpenTotals, SlotValue};

/// Makes `value` the worth in the instrument's currency; `None` where a number has more than 64 bits or a margin is no
/// share of the notional, and then `value` is left as it is.
///
/// What fits is in the range that [`super::valuation`] allows: if the notionals of what is held and of both worst cases
/// are below 2^63, that of all orders and what is held together is below 2^66.
#[inline]
pub(super) fn set_value(
    value: &mut SlotValue,
    instrument: &Instrument,
    price: Price,
    (position, open): (&Position, &OpenTotals),
) -> Option<()> {
    let (from, to) = (instrument.notional_scale(), instrument.currency().cash_scale());
    let cash = |units: i64| rescale_narrow(units, from, to);
    let narrow = |number: i128| i64::try_from(number).ok();
    let held = position.quantity.0;
    let unit = price.0.checked_mul(instrument.multiplier()).filter(|&unit| unit != 0)?;
    let units = unit.checked_mul(held)?;
    let notional = cash(units)?;
    let open = Open {
        buys: narrow(open.buy_quantity)?,
        sells: narrow(open.sell_quantity)?,
        buy_notional: narrow(open.buy_notional)?,
        sell_notional: narrow(open.sell_notional)?,
    };
    // All together, as if none of them were on the other side.
    held.checked_abs()?.checked_add(open.buys)?.checked_add(open.sells)?;
    let worth = |quantity: i64| cash(unit.checked_mul(quantity)?);
    let longest = if open.buys == 0 { notional } else { worth(held.checked_add(open.buys)?)? };
    let shortest = if open.sells == 0 { notional } else { worth(held.checked_sub(open.sells)?)? };
    let size = units.checked_abs()?;
    let equity = if instrument.kind().is_paid_in_full() {
        notional
    } else {
        cash(units.checked_sub(narrow(position.total_cost.0)?)?)?
    };
    let initial_margin = initial(instrument, held, size, &open)?;
    let maintenance_margin = match instrument.maintenance_margin() {
        Some(margin) => amount(instrument, margin, size)?,
        None => 0,
    };
    let open_notional = cash(open.buy_notional.checked_add(open.sell_notional)?)?;
    *value = SlotValue {
        is_unvalued: false,
        equity: Cash(equity.into()),
        notional: Cash(notional.into()),
        worst_notional: Cash(longest.checked_abs()?.max(shortest.checked_abs()?).into()),
        longest_notional: Cash(longest.into()),
        shortest_notional: Cash(shortest.into()),
        initial_margin: Cash(initial_margin.into()),
        maintenance_margin: Cash(maintenance_margin.into()),
        fees: value.fees,
        open_notional: Cash(open_notional.into()),
    };
    Some(())
}

/// Open orders in 64 bits.
struct Open {
    buys: i64,
    sells: i64,
    buy_notional: i64,
    sell_notional: i64,
}

/// As [`super::margin::initial_in_range`]: a share of the side with the larger notional.
#[inline]
fn initial(instrument: &Instrument, held: i64, size: i64, open: &Open) -> Option<i64> {
    let quantity = held.checked_abs()?;
    let (long, short) =
        if held > 0 { ((quantity, size), (0, 0)) } else { ((0, 0), (quantity, size)) };
    let buys = side(long.1, short.0, (open.buys, open.buy_notional))?;
    let sells = side(short.1, long.0, (open.sells, open.sell_notional))?;
    amount(instrument, instrument.initial_margin(), buys.max(sells))
}

/// The notional of a side: of what is held on it, and of its orders in excess of what is held on the other.
#[inline]
fn side(held: i64, opposite: i64, (quantity, notional): (i64, i64)) -> Option<i64> {
    if quantity <= opposite {
        return Some(held);
    }
    // Sharing a notional out takes more bits.
    (opposite == 0).then_some(())?;
    held.checked_add(notional)
}

#[inline]
fn amount(instrument: &Instrument, margin: Margin, notional: i64) -> Option<i64> {
    let (from, to) = (instrument.notional_scale(), instrument.currency().cash_scale());
    match margin {
        Margin::Bps(WHOLE_BPS) => rescale_narrow(notional, from, to),
        // A basis point is 10⁻⁴.
        Margin::Bps(bps) => rescale_narrow(notional.checked_mul(bps.into())?, from + 4, to),
        Margin::PerContract(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::instrument::testing::{coin, future, instrument, perpetual, spy};
    use crate::order::state::Slot;
    use crate::portfolio::valuation::wide_value;
    use crate::price::{Notional, Quantity};

    /// Small numbers, large ones, and those at the edges.
    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![
            -1_000..1_000_i64,
            -10_i64.pow(12)..10_i64.pow(12),
            any::<i64>(),
            Just(0),
            Just(i64::MIN),
            Just(i64::MAX),
        ]
    }

    proptest! {
        #[test]
        fn what_64_bits_hold_is_worth_what_128_bits_say(
            kind in 0..4_usize,
            price in number(),
            held in number(),
            total_cost in number(),
            orders in prop::array::uniform4(number()),
            fees in 0..1_000_i128,
        ) {
            let terms = [spy(), coin(), future(), perpetual()][kind].clone();
            let slot = Slot::new(instrument(terms), None);
            let mut position = slot.position.clone();
            position.set(Quantity(held), Notional(total_cost.into()), Cash::ZERO);
            let [buys, sells, buy_notional, sell_notional] = orders.map(|number| i128::from(number).abs());
            let open = OpenTotals {
                buy_quantity: buys,
                sell_quantity: sells,
                buy_notional,
                sell_notional,
                fees,
                ..OpenTotals::default()
            };
            let mut value = SlotValue { fees: Cash(fees), ..SlotValue::UNVALUED };
            let world = (&position, &open);
            if set_value(&mut value, &slot.instrument, Price(price), world).is_some() {
                prop_assert_eq!(wide_value(&slot.instrument, Price(price), world), Ok(value));
            }
        }
    }
}
