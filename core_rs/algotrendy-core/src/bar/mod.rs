//! Bars of every style, from trades, quotes and smaller bars: one [`Aggregator`] and a [`ClosePolicy`] per style, each in a file of its own.
//!
//! [`BarSeries`] is the whole way: columns or single ticks are screened for faults ([`Screen`]), put in order, folded by the style's aggregator.
//! There is one way in, so batch, streaming and any chunking agree. The bars, what is pending and what was rejected account for every tick.

mod aggregator;
mod any;
mod calendar;
mod columns;
mod compact;
mod conditions;
mod element;
mod error;
mod fault;
mod imbalance;
mod range;
mod recent;
mod renko;
mod renko_size;
mod run;
mod screen;
mod series;
mod sink;
mod spec;
mod split;
mod threshold;
mod time;
mod transform;

#[cfg(test)]
mod testing;

pub use aggregator::{Aggregator, ClosePolicy, MOST_BARS_OF_A_TICK};
pub(crate) use calendar::{date_of, fixed_interval};
pub use calendar::{Grid, Segment, SessionTable, Zone};
pub use columns::{
    ColumnError, Marks, SmallBarColumns, SmallBars, TickColumns, INVALID, INVALID_NOTIONAL,
};
pub use compact::Repeated;
pub use conditions::{ConditionTable, Counts};
pub use element::{Bar, BarFlags, CloseReason, Tick, NO_ID};
pub use error::{BarError, BatchError};
pub use fault::{Action, Fault, FaultRules, IdRule, Report, Totals};
pub use series::{BarSeries, Checkpoint, Draft};
pub use sink::{BarSink, Bars};
pub use spec::{
    Anchor, BrickSize, Closed, Empty, ImbalanceMeasure, Overshoot, Reversal, SeriesSpec, Sign,
    Source, Style, ThresholdRule, Trigger, VolumeRule, Wicks,
};
pub use transform::HEIKIN_ASHI_DIGITS;
