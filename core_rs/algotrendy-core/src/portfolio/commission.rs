//! What fills cost: estimated before an order is sent, charged when it fills.
//!
//! Every amount is the exact product, rounded once, half to even, at the minor unit of the instrument's currency.

use super::cost::Cash;
use crate::decimal::Decimal;
use crate::instrument::{Commission, Instrument};
use crate::price::{multiply, rescale_half_even, NumberError, Price, Quantity};

/// Whether an order gave or took liquidity when it filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Liquidity {
    /// It rested.
    Maker,
    /// It traded at once.
    Taker,
}

/// What has filled of an order, and what it was charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charged {
    /// What has filled.
    pub quantity: Quantity,
    /// Σ price × quantity × multiplier over the fills, without its sign, in notional units.
    pub notional: i128,
    /// The fees so far.
    pub fee: Cash,
}

/// What an order of `quantity` is expected to cost, of which `notional`, without its sign, is the notional at its
/// valuation price: as if it traded at once and in one fill. A rebate is not counted before it is earned.
///
/// # Errors
/// [`NumberError::Overflow`] if it leaves the range.
#[inline]
pub fn estimate(
    instrument: &Instrument,
    quantity: Quantity,
    notional: i128,
) -> Result<Cash, NumberError> {
    let Some(commission) = instrument.commission() else { return Ok(Cash::ZERO) };
    let fee = match commission {
        Commission::PerShare { .. } => per_order(instrument, commission, quantity, notional),
        Commission::PerContract { rate } => per_unit(instrument, *rate, quantity),
        Commission::Percentage { taker_bps, .. } => share(instrument, *taker_bps, notional),
    };
    Ok(fee?.max(Cash::ZERO))
}

/// The fee of a fill, which is added to what its order was `charged`.
///
/// # Errors
/// [`NumberError::Overflow`] if it leaves the range; nothing changes.
pub fn charge(
    instrument: &Instrument,
    charged: &mut Charged,
    quantity: Quantity,
    price: Price,
    liquidity: Liquidity,
) -> Result<Cash, NumberError> {
    let notional = price.notional(quantity, instrument.multiplier())?;
    let notional = notional.0.checked_abs().ok_or(OVERFLOW)?;
    let whole_quantity = charged.quantity.checked_add(quantity)?;
    let whole_notional = charged.notional.checked_add(notional).ok_or(OVERFLOW)?;
    let fee = match (instrument.commission(), liquidity) {
        (None, _) => Cash::ZERO,
        (Some(commission @ Commission::PerShare { .. }), _) => {
            let whole = per_order(instrument, commission, whole_quantity, whole_notional)?;
            whole.checked_sub(charged.fee)?.max(Cash::ZERO)
        }
        (Some(Commission::PerContract { rate }), _) => per_unit(instrument, *rate, quantity)?,
        (Some(Commission::Percentage { maker_bps, .. }), Liquidity::Maker) => {
            share(instrument, *maker_bps, notional)?
        }
        (Some(Commission::Percentage { taker_bps, .. }), Liquidity::Taker) => {
            share(instrument, *taker_bps, notional)?
        }
    };
    let fees = charged.fee.checked_add(fee)?;
    *charged = Charged { quantity: whole_quantity, notional: whole_notional, fee: fees };
    Ok(fee)
}

/// What all that has filled of an order costs together: its rate, at least its minimum, at most its cap.
fn per_order(
    instrument: &Instrument,
    commission: &Commission,
    quantity: Quantity,
    notional: i128,
) -> Result<Cash, NumberError> {
    let Commission::PerShare { rate, minimum, maximum_bps } = commission else {
        return Ok(Cash::ZERO);
    };
    let mut fee = per_unit(instrument, *rate, quantity)?;
    if let Some(minimum) = minimum {
        let scale = instrument.currency().cash_scale();
        fee = fee.max(Cash(rescale_half_even(minimum.units(), minimum.scale(), scale)?));
    }
    if let Some(maximum_bps) = maximum_bps {
        fee = fee.min(share(instrument, *maximum_bps, notional)?);
    }
    Ok(fee)
}

fn per_unit(
    instrument: &Instrument,
    rate: Decimal,
    quantity: Quantity,
) -> Result<Cash, NumberError> {
    let product = multiply(rate.units(), quantity.0.into(), "commission")?;
    let scale = rate.scale() + instrument.quantity_scale();
    rescale_half_even(product, scale, instrument.currency().cash_scale()).map(Cash)
}

fn share(instrument: &Instrument, bps: Decimal, notional: i128) -> Result<Cash, NumberError> {
    let product = multiply(notional, bps.units(), "commission")?;
    // A basis point is 10⁻⁴.
    let scale = instrument.notional_scale() + bps.scale() + 4;
    rescale_half_even(product, scale, instrument.currency().cash_scale()).map(Cash)
}

const OVERFLOW: NumberError = NumberError::Overflow { quantity: "commission" };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::testing::{coin, future, instrument, perpetual, spy};
    use crate::instrument::InstrumentTerms;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn with(terms: InstrumentTerms, commission: Commission) -> Instrument {
        instrument(InstrumentTerms { commission: Some(commission), ..terms })
    }

    /// Half a cent a share, at least a dollar, at most one percent.
    fn shares() -> Instrument {
        with(
            spy(),
            Commission::PerShare {
                rate: decimal("0.005"),
                minimum: Some(decimal("1")),
                maximum_bps: Some(decimal("100")),
            },
        )
    }

    fn fees(instrument: &Instrument, fills: &[(i64, i64)]) -> Vec<i128> {
        let mut charged = Charged::default();
        fills
            .iter()
            .map(|&(quantity, price)| {
                let (quantity, price) = (Quantity(quantity), Price(price));
                charge(instrument, &mut charged, quantity, price, Liquidity::Taker).unwrap().0
            })
            .collect()
    }

    #[test]
    fn a_share_order_pays_its_minimum_once_and_then_its_rate() {
        // 1,000 shares cost 5.00, of which the first fills' minimum of 1.00 was paid.
        assert_eq!(fees(&shares(), &[(100, 40_000), (100, 40_000), (800, 40_000)]), [100, 0, 400]);
        assert_eq!(estimate(&shares(), Quantity(1_000), 40_000_000), Ok(Cash(500)));
        assert_eq!(estimate(&shares(), Quantity(1), 40_000), Ok(Cash(100)));
    }

    #[test]
    fn the_cap_wins_over_the_minimum() {
        // Ten shares at 0.50: one percent of 5.00 is a nickel.
        assert_eq!(fees(&shares(), &[(10, 50), (10, 50)]), [5, 5]);
    }

    #[test]
    fn an_odd_half_cent_goes_to_the_even_cent() {
        let instrument = with(
            spy(),
            Commission::PerShare { rate: decimal("0.005"), minimum: None, maximum_bps: None },
        );
        // 0.005, 0.015 and 0.025 so far.
        assert_eq!(fees(&instrument, &[(1, 100), (2, 100), (2, 100)]), [0, 2, 0]);
    }

    #[test]
    fn a_contract_pays_its_rate() {
        let instrument = with(future(), Commission::PerContract { rate: decimal("2.255") });
        assert_eq!(fees(&instrument, &[(1, 500_000), (3, 500_000)]), [226, 676]);
    }

    #[test]
    fn a_maker_may_be_paid_and_a_taker_pays_a_share_of_the_notional() {
        let commission =
            Commission::Percentage { maker_bps: decimal("-0.5"), taker_bps: decimal("4.5") };
        let instrument = with(perpetual(), commission);
        let mut charged = Charged::default();
        let (quantity, price) = (Quantity(250), Price(6_000_000));
        let maker = charge(&instrument, &mut charged, quantity, price, Liquidity::Maker).unwrap();
        let taker = charge(&instrument, &mut charged, quantity, price, Liquidity::Taker).unwrap();
        // A quarter coin at 60,000.00: 15,000 USDT, of eight digits.
        assert_eq!((maker.0, taker.0), (-75_000_000, 675_000_000));
        assert_eq!((charged.fee.0, charged.quantity.0), (600_000_000, 500));
        let rebate = Commission::Percentage { maker_bps: decimal("1"), taker_bps: decimal("-1") };
        let estimated = estimate(&with(coin(), rebate), Quantity(1), 1);
        assert_eq!(estimated, Ok(Cash::ZERO), "a rebate is not counted before it is earned");
    }

    #[test]
    fn a_negative_price_costs_what_its_size_costs() {
        let percentage =
            Commission::Percentage { maker_bps: decimal("1"), taker_bps: decimal("1") };
        assert_eq!(fees(&with(future(), percentage), &[(1, -500_000)]), [2_500]);
    }

    #[test]
    fn no_commission_costs_nothing_and_an_extreme_one_is_an_error() {
        assert_eq!(estimate(&instrument(spy()), Quantity(5), 25), Ok(Cash::ZERO));
        let percentage =
            Commission::Percentage { maker_bps: decimal("1"), taker_bps: decimal("10000") };
        let instrument = with(coin(), percentage);
        let (quantity, price) = (Quantity(i64::MAX), Price(i64::MAX));
        let mut charged = Charged::default();
        assert!(charge(&instrument, &mut charged, quantity, price, Liquidity::Taker).is_err());
        assert_eq!(charged, Charged::default());
    }
}
