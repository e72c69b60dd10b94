//! What a fill at an open costs beside its price, as it can be known before.

use crate::decimal::Decimal;
use crate::instrument::{Commission, Instrument};
use crate::price::Price;
use crate::venue::{Fees, Slippage, Spread, VenueConfig};

/// A buyer's slippage, half the spread and the fee, as a share of the open. Slippage that depends on volume is not in it, because the bar's
/// volume is not known at its open.
#[allow(clippy::cast_precision_loss)] // Rounded on purpose.
pub(super) fn cost_at_open(venue: &VenueConfig, instrument: &Instrument, open: Price) -> f64 {
    let open_ticks = open.0 as f64 / instrument.tick_size() as f64;
    let spread = match venue.spread {
        Spread::None => 0.0,
        Spread::Ticks(ticks) => f64::from(ticks) / 2.0 / open_ticks,
        Spread::Bps(rate) => bps(rate) / 2.0,
    };
    let slippage = match &venue.slippage {
        Slippage::Bps(rate) => bps(*rate),
        _ => 0.0,
    };
    let fee = match (&venue.fees, instrument.commission()) {
        (Fees::Bps(rate), _) => bps(*rate),
        (Fees::Instrument, Some(Commission::Percentage { taker_bps, .. })) => bps(*taker_bps),
        (Fees::Instrument, Some(Commission::PerShare { rate, .. })) => {
            let price = open.0 as f64 * instrument.multiplier() as f64;
            super::sizing::as_f64(*rate) * 10_f64.powi(instrument.price_scale().into()) / price
        }
        (Fees::Instrument, _) => 0.0,
    };
    let moved = spread + slippage;
    fee + moved + moved * fee
}

fn bps(rate: Decimal) -> f64 {
    super::sizing::as_f64(rate) / 10_000.0
}
