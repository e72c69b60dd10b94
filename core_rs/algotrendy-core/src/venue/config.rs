//! How a simulated venue trades: one struct, printed in every report that rests on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::VenueError;
use crate::decimal::Decimal;
use crate::order::ids::Symbol;

/// Where a market order fills on bars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketFill {
    /// At the open of the first bar that opens when it was decided or later.
    #[default]
    NextOpen,
    /// An order decided as a bar closes fills at that close: at a price that it may have been decided on.
    SameClose,
}

/// What a price must do for a resting limit order to fill on bars and trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitFill {
    /// Reach the limit.
    #[default]
    Touched,
    /// Go a tick beyond it: then everybody at the limit has filled.
    Crossed,
}

/// How much worse than the market's price an order fills that takes liquidity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slippage {
    /// Not at all.
    #[default]
    None,
    /// By a share of the price, in basis points.
    Bps(Decimal),
    /// By `coefficient` × (share of the volume)² of the price, where the share counts all that was filled from the same
    /// data so far. Wants `participation`, its volume limit. Zipline's `VolumeShareSlippage` has 0.1 with 0.025.
    VolumeShare {
        /// The price impact of taking the whole volume.
        coefficient: Decimal,
    },
    /// By `coefficient` × volatility × √(quantity / average volume) of the price.
    SquareRoot {
        /// Of the order of one.
        coefficient: Decimal,
        /// The numbers of every instrument that is to be traded.
        markets: BTreeMap<Symbol, ImpactTerms>,
    },
}

/// What square-root impact needs to know of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImpactTerms {
    /// The standard deviation of a day's return, in basis points.
    pub volatility_bps: Decimal,
    /// What trades on an average day, in base units.
    pub average_volume: Decimal,
}

/// How far apart bid and ask are taken to be around a bar's or a trade's price. Quotes have their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spread {
    /// Not at all.
    #[default]
    None,
    /// By so many ticks: a buy pays half of them more, a sell gets half of them less.
    Ticks(u32),
    /// By a share of the price, in basis points.
    Bps(Decimal),
}

/// What a fill costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fees {
    /// What the instrument's own commission says; a limit order that rested is a maker, everything else a taker.
    #[default]
    Instrument,
    /// A share of the notional, in basis points, whatever the instrument says.
    Bps(Decimal),
}

/// How long a message travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Latency {
    /// No time.
    #[default]
    None,
    /// Always the same.
    Fixed {
        /// Nanoseconds.
        latency_ns: i64,
    },
    /// Anything between two bounds, both included, equally likely.
    Uniform {
        /// Nanoseconds.
        lowest_ns: i64,
        /// Nanoseconds.
        highest_ns: i64,
    },
    /// Exponential.
    Exponential {
        /// Nanoseconds.
        mean_ns: i64,
    },
    /// Log-normal: its logarithm is normal around the median's.
    LogNormal {
        /// Nanoseconds.
        median_ns: i64,
        /// The standard deviation of the natural logarithm.
        sigma: Decimal,
    },
}

/// How a simulated venue trades. What is left out is the default: market orders fill whole at the next open, limit orders
/// whole when touched, at the instruments' own commissions, without slippage, spread and latency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VenueConfig {
    /// Where a market order fills on bars.
    pub market_fill: MarketFill,
    /// What a price must do for a resting limit order to fill.
    pub limit_fill: LimitFill,
    /// The share of a bar's volume, of a quote's size or of a trade's that all orders together can fill, above zero and
    /// at most 1. Unset: orders fill whole, whatever the volume.
    pub participation: Option<Decimal>,
    /// How much worse than the market's price an order fills that takes liquidity.
    pub slippage: Slippage,
    /// How far apart bid and ask are around a bar's or a trade's price.
    pub spread: Spread,
    /// What a fill costs.
    pub fees: Fees,
    /// How long an order travels to the venue.
    pub order_latency: Latency,
    /// How long a cancel or a replacement travels to the venue.
    pub change_latency: Latency,
    /// How long a report travels back.
    pub report_latency: Latency,
    /// What all randomness comes from.
    pub seed: u64,
}

impl VenueConfig {
    /// Whether an order may fill at a price that was known when it was decided: what a report must say.
    #[must_use]
    pub fn fills_at_known_prices(&self) -> bool {
        self.market_fill == MarketFill::SameClose
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`VenueError::ConfigInvalid`] naming the first field that is out of range.
    pub fn validate(&self) -> Result<(), VenueError> {
        if let Some(share) = self.participation {
            if !is_positive(share) || exceeds_one(share)? {
                return Err(VenueError::config("participation", &share, "above 0 and at most 1"));
            }
        }
        self.validate_prices()?;
        if let Fees::Bps(rate) = self.fees {
            bps("fee_bps", rate)?;
        }
        self.order_latency.validate("order_latency")?;
        self.change_latency.validate("change_latency")?;
        self.report_latency.validate("report_latency")
    }

    fn validate_prices(&self) -> Result<(), VenueError> {
        if let Spread::Bps(rate) = self.spread {
            bps("spread_bps", rate)?;
        }
        match &self.slippage {
            Slippage::None => Ok(()),
            Slippage::Bps(rate) => bps("slippage_bps", *rate),
            Slippage::VolumeShare { coefficient } => {
                not_negative("slippage.coefficient", *coefficient)?;
                if self.participation.is_none() {
                    let expected = "set where slippage is a volume share";
                    return Err(VenueError::config("participation", "unset", expected));
                }
                Ok(())
            }
            Slippage::SquareRoot { coefficient, markets } => {
                not_negative("slippage.coefficient", *coefficient)?;
                markets.values().try_for_each(|market| {
                    not_negative("slippage.markets.volatility_bps", market.volatility_bps)?;
                    let field = "slippage.markets.average_volume";
                    if is_positive(market.average_volume) {
                        return Ok(());
                    }
                    Err(VenueError::config(field, &market.average_volume, "positive"))
                })
            }
        }
    }
}

impl Latency {
    fn validate(&self, field: &'static str) -> Result<(), VenueError> {
        let (value, is_right) = match *self {
            Self::None => return Ok(()),
            Self::Fixed { latency_ns } => (latency_ns, latency_ns >= 0),
            Self::Uniform { lowest_ns, highest_ns } => {
                (lowest_ns, lowest_ns >= 0 && lowest_ns <= highest_ns)
            }
            Self::Exponential { mean_ns } => (mean_ns, mean_ns >= 0),
            Self::LogNormal { median_ns, sigma } => {
                if sigma.units() < 0 || sigma.floor_units(0)? >= 10 {
                    return Err(VenueError::config(field, &sigma, "of a sigma from 0 to below 10"));
                }
                (median_ns, median_ns >= 0)
            }
        };
        let expected = "of nanoseconds at or above 0, the highest not below the lowest";
        if is_right {
            Ok(())
        } else {
            Err(VenueError::config(field, &value, expected))
        }
    }
}

fn is_positive(value: Decimal) -> bool {
    value.units() > 0
}

fn exceeds_one(share: Decimal) -> Result<bool, VenueError> {
    Ok(Decimal::new(-share.units(), share.scale()).floor_units(0)? < -1)
}

fn not_negative(field: &'static str, value: Decimal) -> Result<(), VenueError> {
    if value.units() >= 0 && value.floor_units(0)? < 1_000_000 {
        return Ok(());
    }
    Err(VenueError::config(field, &value, "zero or above and below 1000000"))
}

/// A share of a price or notional: all of it is out of range.
fn bps(field: &'static str, rate: Decimal) -> Result<(), VenueError> {
    if rate.units() >= 0 && rate.floor_units(0)? < 10_000 {
        return Ok(());
    }
    Err(VenueError::config(field, &rate, "zero or above and below 10000"))
}
