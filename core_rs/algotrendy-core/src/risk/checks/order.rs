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
    Ok(Finding::within(bound, hundredths_of_bps(input.candidate.leaves.0.into(), volume.into())?))
}

/// `part` of `whole` in hundredths of a basis point, rounded up. `whole` is positive.
#[inline]
pub(super) fn hundredths_of_bps(part: i128, whole: i128) -> Result<i128, NumberError> {
    ceiling(part, 1_000_000, whole)
}

/// `part` × `factor` / `whole`, rounded up. `whole` is positive.
#[inline]
pub(super) fn ceiling(part: i128, factor: i64, whole: i128) -> Result<i128, NumberError> {
    let product = crate::price::multiply(part, factor.into(), "share")?;
    // Dividing 64 bits takes a tenth of the time that dividing 128 takes.
    if let (Ok(product), Ok(whole)) = (i64::try_from(product), i64::try_from(whole)) {
        return Ok(i128::from(
            product.div_euclid(whole) + i64::from(product.rem_euclid(whole) > 0),
        ));
    }
    Ok(product.div_euclid(whole) + i128::from(product.rem_euclid(whole) > 0))
}
