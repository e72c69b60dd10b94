//! What round trips amount to.

use crate::backtest::RoundTrip;

/// Statistics of round trips, which go from a flat position to the next flat one. Profits are after fees, in minor units of the
/// instruments' currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TradeStatistics {
    /// How many were closed.
    pub trade_count: u64,
    /// How many were not.
    pub open_trade_count: u64,
    /// The share of the closed ones with a profit above 0; none where there was none.
    pub win_rate: Option<f64>,
    /// The sum of the profits over the sum of the losses of the closed ones; none without a loss.
    pub profit_factor: Option<f64>,
    /// The mean profit of the closed ones; none where there was none.
    pub average_trade: Option<f64>,
}

/// Measures round trips of instruments of one currency.
#[must_use]
#[allow(clippy::cast_precision_loss)] // Counts and sums are rounded.
pub fn trade_statistics(trips: &[RoundTrip]) -> TradeStatistics {
    let (mut closed, mut wins, mut gained, mut lost) = (0_u64, 0_u64, 0_i128, 0_i128);
    for trip in trips.iter().filter(|trip| trip.close_time_ns.is_some()) {
        let profit = i128::from(trip.profit) - i128::from(trip.fees);
        closed += 1;
        wins += u64::from(profit > 0);
        gained += profit.max(0);
        lost += (-profit).max(0);
    }
    let of_closed = |sum: f64| (closed > 0).then(|| sum / closed as f64);
    TradeStatistics {
        trade_count: closed,
        open_trade_count: trips.len() as u64 - closed,
        win_rate: of_closed(wins as f64),
        profit_factor: (lost > 0).then(|| gained as f64 / lost as f64),
        average_trade: of_closed((gained - lost) as f64),
    }
}
