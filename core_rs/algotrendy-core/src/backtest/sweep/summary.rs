//! What is to be known of a run among many.

use super::super::outcome::Outcome;
use crate::metric::{performance, trade_statistics, Performance, TradeStatistics};

/// What a run amounts to. Amounts are in minor units of the account's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Of its equity curve.
    pub performance: Performance,
    /// Of its round trips.
    pub trades: TradeStatistics,
    /// The share of closes with a position open.
    pub time_in_market: f64,
    /// What the account is worth at the last close; what it began with, where there was none.
    pub final_equity: i64,
    /// Fees of all fills.
    pub fees: i64,
    /// What fills cost more than the prices that their orders met.
    pub slippage: i64,
    /// How many orders were sent.
    pub order_count: u64,
    /// How many fills they had.
    pub fill_count: u64,
    /// How many were refused.
    pub rejection_count: u64,
}

impl Summary {
    /// Measures an outcome.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // A curve has fewer than 2^53 points.
    pub fn of(outcome: &Outcome) -> Self {
        let (curve, steps) = (&outcome.curve, &outcome.curve.steps);
        let count = curve.time_ns.len();
        let ends = steps.first.iter().skip(1).copied().chain([count]);
        let spans = steps.first.iter().zip(ends).zip(&steps.position_count);
        let held: usize =
            spans.filter(|(_, held)| **held > 0).map(|((first, end), _)| end - first).sum();
        Self {
            performance: performance(&curve.time_ns, &curve.equity),
            trades: trade_statistics(&outcome.positions),
            time_in_market: if count > 0 { held as f64 / count as f64 } else { 0.0 },
            final_equity: curve.equity.last().copied().unwrap_or(outcome.cash),
            fees: steps.fees.last().copied().unwrap_or(0),
            slippage: steps.slippage.last().copied().unwrap_or(0),
            order_count: outcome.orders.len() as u64,
            fill_count: outcome.fills.len() as u64,
            rejection_count: outcome.rejections.len() as u64,
        }
    }
}
