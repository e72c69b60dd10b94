//! Checks 2, 3, 4 and 17: the size of one order.
#![allow(clippy::unnecessary_wraps, reason = "all rows have the signature of the table")]

use super::finding::Finding;
use super::input::Input;
use crate::price::NumberError;
use crate::risk::measure::Measure;
use crate::risk::resolved::Bound;

type Found = Result<Finding, NumberError>;

pub(super) fn order_quantity(input: &Input<'_>) -> Found {
    let own = input.strategy.and_then(|strategy| strategy.order_quantity);
    let scale = input.slot.instrument.quantity_scale();
    let bound =
        input.slot.limits.bounds.of(Measure::OrderQuantity).tightest(Bound::new(own, scale));
    Ok(Finding::within(bound, input.candidate.leaves.0.into()))
}

pub(super) fn order_notional(input: &Input<'_>) -> Found {
    let Some(money) = &input.money else { return Ok(Finding::NOT_APPLICABLE) };
    Ok(Finding::within(input.bound(Measure::OrderNotional), money.notional.0))
}

pub(super) fn order_notional_minimum(input: &Input<'_>) -> Found {
    let Some(money) = &input.money else { return Ok(Finding::NOT_APPLICABLE) };
    if input.only_reduces {
        return Ok(Finding::NOT_APPLICABLE);
    }
    // A minimum is kept with its sign turned, and so is what is measured by it.
    Ok(Finding::within(input.bound(Measure::OrderNotionalMinimum), -money.notional.0))
}

pub(super) fn volume_share(input: &Input<'_>) -> Found {
    let bound = input.bound(Measure::VolumeShare);
    if !bound.is_set() {
        return Ok(Finding::NOT_SET);
    }
    let Some(volume) = input.slot.average_volume.filter(|volume| *volume > 0) else {
        return Ok(Finding::unknown(bound));
    };
    share_within(input, bound, (input.candidate.leaves.0.into(), BPS, volume.into()))
}

/// A hundredth of a basis point is 10⁻⁶.
pub(super) const BPS: i64 = 1_000_000;

/// Judges `part` × `factor` / `whole`, rounded up, by a bound. `whole` is positive.
///
/// Dividing takes longer than all else that a row does: where nobody asks for the number, it is enough that the product is
/// no more than the limit times `whole`.
#[inline]
pub(super) fn share_within(
    input: &Input<'_>,
    bound: Bound,
    (part, factor, whole): (i128, i64, i128),
) -> Found {
    if !input.tells_numbers {
        let limit = i64::try_from(bound.hard.min(bound.soft));
        if let (Ok(part), Ok(whole), Ok(limit)) = (i64::try_from(part), i64::try_from(whole), limit)
        {
            // Products of two 64-bit numbers always fit.
            if i128::from(part) * i128::from(factor) <= i128::from(limit) * i128::from(whole) {
                return Ok(Finding::PASS);
            }
        }
    }
    Ok(Finding::within(bound, ceiling(part, factor, whole)?))
}

/// `part` × `factor` / `whole`, rounded up. `whole` is positive.
fn ceiling(part: i128, factor: i64, whole: i128) -> Result<i128, NumberError> {
    let product = crate::price::multiply(part, factor.into(), "share")?;
    // Dividing 64 bits takes a tenth of the time that dividing 128 takes.
    if let (Ok(product), Ok(whole)) = (i64::try_from(product), i64::try_from(whole)) {
        return Ok(i128::from(
            product.div_euclid(whole) + i64::from(product.rem_euclid(whole) > 0),
        ));
    }
    Ok(product.div_euclid(whole) + i128::from(product.rem_euclid(whole) > 0))
}
