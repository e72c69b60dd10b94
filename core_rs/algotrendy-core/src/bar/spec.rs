//! What bars are asked for, in units.

use serde::{Deserialize, Serialize};

use super::any::AnyAggregator;
use super::calendar::{Grid, SessionTable};
use super::error::BarError;
use super::fault::{Action, FaultRules, IdRule};
use super::imbalance::ImbalancePolicy;
use super::range::RangePolicy;
use super::renko::{RenkoPolicy, RenkoTerms};
use super::renko_size::Sizer;
use super::threshold::ThresholdPolicy;
use super::time::TimePolicy;
use super::transform::{HeikinAshiPolicy, LineBreakPolicy};
use super::Aggregator;

macro_rules! words {
    ($($(#[$meta:meta])+ $name:ident { $($(#[$variant_meta:meta])+ $variant:ident),+ $(,)? })+) => {$(
        $(#[$meta])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_meta])+ $variant),+ }
    )+};
}

words! {
    /// Which end of an interval belongs to it.
    Closed {
        /// The start; the end does not.
        #[default]
        Left,
        /// The end; the start does not.
        Right,
    }
    /// What becomes of an interval without ticks.
    Empty {
        /// Nothing.
        #[default]
        Omit,
        /// A bar at the last close.
        Flat,
        /// A bar without prices.
        Null,
    }
    /// What becomes of a trade that is larger than what is missing.
    Overshoot {
        /// It is kept whole.
        #[default]
        Whole,
        /// It is split across bars.
        Split,
    }
    /// When a range bar closes.
    Trigger {
        /// With the tick at which its range reaches the size.
        #[default]
        Touch,
        /// Before the tick at which the range would exceed the size.
        Exceed,
    }
    /// How far a price must turn to make a brick the other way.
    Reversal {
        /// Two sizes from the last close, one from its open.
        #[default]
        TwoBricks,
        /// One size from the last close.
        OneBrick,
    }
    /// What high and low of a brick show.
    Wicks {
        /// The brick's ends alone.
        #[default]
        None,
        /// The excursion against its direction as well.
        Against,
        /// Both extremes.
        Both,
    }
    /// Which brick gets what was traded where one tick completes several.
    VolumeRule {
        /// The first.
        #[default]
        First,
        /// All, evenly.
        Spread,
    }
    /// Where a trade's sign comes from.
    Sign {
        /// The direction of the last change of price.
        #[default]
        TickRule,
        /// Who took the liquidity.
        Side,
    }
    /// What comes in.
    Source {
        /// Trades.
        #[default]
        Trades,
        /// Bids and asks, as prices without quantity.
        Quotes,
        /// Smaller bars.
        Bars,
    }
}

/// What an imbalance sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImbalanceMeasure {
    /// Signs.
    Ticks,
    /// Sign × quantity.
    Volume,
    /// Sign × |price| × quantity.
    Notional,
}

/// Where the first brick starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// At the first price.
    #[default]
    First,
    /// At the multiple of the size at or below it.
    Floor,
    /// At the nearest multiple of the size, half to even.
    Nearest,
    /// At this price.
    Price(i64),
}

/// How large a brick is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BrickSize {
    /// Always the same.
    Fixed {
        /// In units of price.
        size: i64,
    },
    /// A share of the last close.
    Share {
        /// In units of 10^−18.
        share: i64,
    },
    /// The average true range.
    Atr {
        /// Over how many intervals.
        periods: u32,
        /// How long each is; none: each smaller bar is one.
        interval_ns: Option<i64>,
    },
}

/// When an imbalance is large enough.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ThresholdRule {
    /// At a number, in units of the measure.
    Fixed {
        /// The number.
        threshold: i128,
    },
    /// At what is usual: the expected number of ticks times the expected imbalance of one.
    Adaptive {
        /// Of the first bar.
        expected_ticks: f64,
        /// Of one tick of the first bar, in units of the measure.
        expected_imbalance: f64,
        /// Over how many bars expectations move.
        span: u32,
        /// The fewest ticks to expect.
        min_ticks: f64,
        /// The most ticks to expect.
        max_ticks: f64,
    },
}

/// A style and its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)] // The parameters are documented where their policies are.
pub enum Style {
    Time { grid: Grid, closed: Closed, empty: Empty },
    Tick { size: i64 },
    Volume { size: i64, overshoot: Overshoot },
    Dollar { size: i128, overshoot: Overshoot },
    Range { size: i64, trigger: Trigger, gaps: bool },
    Renko { size: BrickSize, anchor: Anchor, reversal: Reversal, wicks: Wicks, volume: VolumeRule },
    Imbalance { measure: ImbalanceMeasure, sign: Sign, threshold: ThresholdRule },
    HeikinAshi {},
    LineBreak { lines: u32 },
}

/// Everything that a series of bars is made by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesSpec {
    /// What bars.
    pub style: Style,
    /// Of what.
    #[serde(default)]
    pub source: Source,
    /// What to do about faults.
    #[serde(default)]
    pub faults: FaultRules,
    /// How repeated ids are told.
    #[serde(default)]
    pub ids: IdRule,
    /// Whether prices may be zero or below.
    #[serde(default)]
    pub allow_nonpositive_prices: bool,
    /// By how much a tick may be older than the newest one.
    #[serde(default)]
    pub lateness_ns: i64,
    /// When there is trading; none: always.
    #[serde(default)]
    pub sessions: Option<SessionTable>,
}

impl SeriesSpec {
    /// The aggregator that it asks for.
    pub(super) fn aggregator(&self) -> Result<AnyAggregator, BarError> {
        self.check()?;
        let breaks = match &self.style {
            // A grid knows its own ends.
            Style::Time { .. } => None,
            _ => self.sessions.clone(),
        };
        macro_rules! aggregator {
            ($kind:ident, $policy:expr) => {
                AnyAggregator::$kind(Aggregator::new($policy, breaks))
            };
        }
        Ok(match &self.style {
            Style::Time { grid, closed, empty } => {
                aggregator!(Time, TimePolicy::new(grid.clone(), *closed, *empty)?)
            }
            Style::Tick { size } => {
                aggregator!(Tick, ThresholdPolicy::new((*size).into(), Overshoot::Whole)?)
            }
            Style::Volume { size, overshoot } => {
                aggregator!(Volume, ThresholdPolicy::new((*size).into(), *overshoot)?)
            }
            Style::Dollar { size, overshoot } => {
                aggregator!(Dollar, ThresholdPolicy::new(*size, *overshoot)?)
            }
            Style::Range { size, trigger, gaps } => {
                aggregator!(Range, RangePolicy::new(*size, *trigger, *gaps)?)
            }
            Style::Renko { size, anchor, reversal, wicks, volume } => {
                let terms = RenkoTerms {
                    anchor: *anchor,
                    reversal: *reversal,
                    wicks: *wicks,
                    volume: *volume,
                };
                aggregator!(Renko, RenkoPolicy::new(Sizer::new(size)?, terms)?)
            }
            Style::Imbalance { measure, sign, threshold } => {
                aggregator!(Imbalance, ImbalancePolicy::new(*measure, *sign, threshold)?)
            }
            Style::HeikinAshi {} => aggregator!(HeikinAshi, HeikinAshiPolicy::default()),
            Style::LineBreak { lines } => aggregator!(LineBreak, LineBreakPolicy::new(*lines)?),
        })
    }

    fn check(&self) -> Result<(), BarError> {
        if self.lateness_ns < 0 {
            return Err(BarError::parameter("lateness", &self.lateness_ns, "0 or more"));
        }
        if self.faults.invalid == Action::Keep {
            return Err(BarError::parameter("faults.invalid", "keep", "\"drop\" or \"raise\""));
        }
        let style = self.style.name();
        let refuse = |expected| {
            Err(BarError::parameter(
                "source",
                &format!("{:?} for {style} bars", self.source).to_lowercase(),
                expected,
            ))
        };
        match (self.source, &self.style) {
            (
                Source::Quotes,
                Style::Volume { .. } | Style::Dollar { .. } | Style::Imbalance { .. },
            ) => refuse("trades, because a quote trades nothing"),
            (Source::Bars, Style::Imbalance { .. }) => {
                refuse("trades, because a smaller bar has no sign")
            }
            (Source::Bars, Style::Range { gaps: true, .. }) => {
                refuse("trades or quotes, because a smaller bar's path is unknown; or gaps=False")
            }
            (
                Source::Bars,
                Style::Volume { overshoot: Overshoot::Split, .. }
                | Style::Dollar { overshoot: Overshoot::Split, .. },
            ) => refuse("trades, because a smaller bar cannot be split; or overshoot=\"whole\""),
            (Source::Trades | Source::Quotes, Style::HeikinAshi {} | Style::LineBreak { .. }) => {
                refuse("bars")
            }
            (
                Source::Trades | Source::Quotes,
                Style::Renko { size: BrickSize::Atr { interval_ns: None, .. }, .. },
            ) => refuse("bars; or an interval, as in \"atr(14, 1h)\""),
            _ => Ok(()),
        }
    }
}

impl Style {
    /// The names of all of them.
    pub const NAMES: [&'static str; 11] = [
        "time",
        "tick",
        "volume",
        "dollar",
        "range",
        "renko",
        "tick_imbalance",
        "volume_imbalance",
        "dollar_imbalance",
        "heikin_ashi",
        "line_break",
    ];

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Time { .. } => "time",
            Self::Tick { .. } => "tick",
            Self::Volume { .. } => "volume",
            Self::Dollar { .. } => "dollar",
            Self::Range { .. } => "range",
            Self::Renko { .. } => "renko",
            Self::Imbalance { measure: ImbalanceMeasure::Ticks, .. } => "tick_imbalance",
            Self::Imbalance { measure: ImbalanceMeasure::Volume, .. } => "volume_imbalance",
            Self::Imbalance { measure: ImbalanceMeasure::Notional, .. } => "dollar_imbalance",
            Self::HeikinAshi {} => "heikin_ashi",
            Self::LineBreak { .. } => "line_break",
        }
    }
}
