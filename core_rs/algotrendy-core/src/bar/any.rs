//! An aggregator of a style chosen at run time. The choice is made once for a run, not for a tick.

use serde::{Deserialize, Serialize};

use super::aggregator::Aggregator;
use super::columns::TickColumns;
use super::element::{Bar, Tick};
use super::error::{BarError, BatchError};
use super::imbalance::ImbalancePolicy;
use super::range::RangePolicy;
use super::renko::RenkoPolicy;
use super::run::Width;
use super::sink::BarSink;
use super::threshold::{CountMeasure, NotionalMeasure, ThresholdPolicy, VolumeMeasure};
use super::time::TimePolicy;
use super::transform::{HeikinAshiPolicy, LineBreakPolicy};
use crate::trade::Trade;

/// One of each style.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum AnyAggregator {
    Time(Aggregator<TimePolicy>),
    Tick(Aggregator<ThresholdPolicy<CountMeasure>>),
    Volume(Aggregator<ThresholdPolicy<VolumeMeasure>>),
    Dollar(Aggregator<ThresholdPolicy<NotionalMeasure>>),
    Range(Aggregator<RangePolicy>),
    Renko(Aggregator<RenkoPolicy>),
    Imbalance(Aggregator<ImbalancePolicy>),
    HeikinAshi(Aggregator<HeikinAshiPolicy>),
    LineBreak(Aggregator<LineBreakPolicy>),
}

macro_rules! each {
    ($any:expr, $aggregator:ident => $call:expr) => {
        match $any {
            AnyAggregator::Time($aggregator) => $call,
            AnyAggregator::Tick($aggregator) => $call,
            AnyAggregator::Volume($aggregator) => $call,
            AnyAggregator::Dollar($aggregator) => $call,
            AnyAggregator::Range($aggregator) => $call,
            AnyAggregator::Renko($aggregator) => $call,
            AnyAggregator::Imbalance($aggregator) => $call,
            AnyAggregator::HeikinAshi($aggregator) => $call,
            AnyAggregator::LineBreak($aggregator) => $call,
        }
    };
}

impl AnyAggregator {
    pub fn push_trade(&mut self, trade: &Trade, closed: &mut impl BarSink) -> Result<(), BarError> {
        each!(self, aggregator => aggregator.push_trade(trade, closed))
    }

    pub fn push(&mut self, tick: &Tick, closed: &mut impl BarSink) -> Result<(), BarError> {
        each!(self, aggregator => aggregator.push(tick, closed))
    }

    pub fn push_run(
        &mut self,
        trades: &TickColumns<'_>,
        width: Width,
        closed: &mut impl BarSink,
    ) -> Result<(), BatchError> {
        each!(self, aggregator => aggregator.push_run(trades, width, closed))
    }

    pub fn advance(
        &mut self,
        watermark_ns: i64,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        each!(self, aggregator => aggregator.advance(watermark_ns, closed))
    }

    pub fn finish(&mut self) -> Option<Bar> {
        each!(self, aggregator => aggregator.finish())
    }

    pub fn pending(&self) -> Option<Bar> {
        each!(self, aggregator => aggregator.pending())
    }
}
