//! How a configuration reads in a report.

use std::fmt;

use super::config::{Fees, Latency, LimitFill, MarketFill, Slippage, Spread, VenueConfig};

/// What a simulation rests on, a sentence each.
impl fmt::Display for VenueConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let market = match self.market_fill {
            MarketFill::NextOpen => "Market orders fill at the next open.",
            MarketFill::SameClose => {
                "Market orders fill at the close they were decided on (SAME CLOSE: a known price)."
            }
        };
        let limit = match self.limit_fill {
            LimitFill::Touched => "Limit orders fill when touched.",
            LimitFill::Crossed => "Limit orders fill when crossed by a tick.",
        };
        write!(formatter, "{market} {limit}")?;
        match self.participation {
            Some(share) => write!(formatter, " Fills take at most {share} of the volume.")?,
            None => write!(formatter, " Orders fill whole, whatever the volume.")?,
        }
        write!(formatter, " Slippage: {}. Spread: {}.", self.slippage, self.spread)?;
        match self.fees {
            Fees::Instrument => write!(formatter, " Fees: the instrument's commission.")?,
            Fees::Bps(rate) => write!(formatter, " Fees: {rate} bps.")?,
        }
        let Self { order_latency, change_latency, report_latency, seed, .. } = self;
        write!(formatter, " Latency: orders {order_latency}, changes {change_latency}, reports {report_latency}; seed {seed}.")
    }
}

impl fmt::Display for Slippage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(formatter, "none"),
            Self::Bps(rate) => write!(formatter, "{rate} bps"),
            Self::VolumeShare { coefficient } => {
                write!(formatter, "{coefficient} x (volume share)^2")
            }
            Self::SquareRoot { coefficient, .. } => {
                write!(formatter, "{coefficient} x volatility x sqrt(quantity / average volume)")
            }
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(formatter, "none"),
            Self::Ticks(ticks) => write!(formatter, "{ticks} ticks"),
            Self::Bps(rate) => write!(formatter, "{rate} bps"),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(formatter, "none"),
            Self::Fixed { latency_ns } => write!(formatter, "{latency_ns} ns"),
            Self::Uniform { lowest_ns, highest_ns } => {
                write!(formatter, "uniform from {lowest_ns} to {highest_ns} ns")
            }
            Self::Exponential { mean_ns } => write!(formatter, "exponential, mean {mean_ns} ns"),
            Self::LogNormal { median_ns, sigma } => {
                write!(formatter, "log-normal, median {median_ns} ns, sigma {sigma}")
            }
        }
    }
}
