//! What all bar styles share: the order of trades, the pending bar, late trades, batches.

use std::ops::Range;

use super::{Bar, BarError, Bars, CloseReason};
use crate::error::Refusal;
use crate::trade::{AggressorSide, Trade, TradeColumns};

/// Where closed bars go.
pub trait BarSink {
    /// Takes the next closed bar.
    fn push_bar(&mut self, bar: Bar);
}

impl BarSink for Vec<Bar> {
    fn push_bar(&mut self, bar: Bar) {
        self.push(bar);
    }
}

/// A style of bar: where one ends and the next begins.
///
/// Trades come in order, none older than the one before it, and of no negative quantity.
pub trait ClosePolicy: Clone {
    /// Whether `trade` only adds to the pending bar: it neither ends it nor opens another. Asked for every trade, so it is short.
    fn absorbs(&self, pending: &Bar, trade: &Trade) -> bool;

    /// Folds a trade that [`Self::absorbs`] declined, and hands on the bars that it closes.
    ///
    /// The policy has the whole pending bar in its hands, because styles differ in more than a test: a time bar ends before the
    /// trade that closes it, a tick bar with it, and one trade can close several Renko bricks.
    ///
    /// # Errors
    /// Any [`BarError`]; then the policy and the pending bar are unchanged and no bar was handed on.
    fn turn(
        &mut self,
        pending: &mut Option<Bar>,
        trade: &Trade,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError>;
}

/// Folds trades into bars of one style.
#[derive(Clone, Debug)]
pub struct Aggregator<P> {
    policy: P,
    pending: Option<Bar>,
    last_event_time_ns: i64,
    late_trades: u64,
}

impl<P: ClosePolicy> Aggregator<P> {
    /// An aggregator that has seen no trade.
    pub fn with_policy(policy: P) -> Self {
        Self { policy, pending: None, last_event_time_ns: i64::MIN, late_trades: 0 }
    }

    /// Adds one trade and hands on the bars it closed. A trade older than the one before it changes no bar; it is counted in
    /// [`Self::late_trades`].
    ///
    /// # Errors
    /// Any [`BarError`]; nothing changes.
    #[inline]
    pub fn push(&mut self, trade: &Trade, closed: &mut impl BarSink) -> Result<(), BarError> {
        if trade.quantity.0 < 0 {
            return Err(BarError::QuantityNegative { quantity: trade.quantity.0 });
        }
        if trade.event_time_ns < self.last_event_time_ns {
            self.late_trades += 1;
            return Ok(());
        }
        match &mut self.pending {
            Some(bar) if self.policy.absorbs(bar, trade) => bar.add(trade)?,
            pending => self.policy.turn(pending, trade, closed)?,
        }
        self.last_event_time_ns = trade.event_time_ns;
        Ok(())
    }

    /// Adds many trades: a loop over [`Self::push`].
    ///
    /// # Errors
    /// The first refusal, with the index of its trade; nothing changes, neither by the trades before it.
    pub fn push_many(&mut self, trades: TradeColumns<'_>) -> Result<Bars, BatchError> {
        // Worked on a copy, so that a refusal loses no bar that was closed on the way to it.
        let mut next = self.clone();
        let mut bars = Bars::default();
        // Two loops, because the one without sides is half the work.
        match trades.aggressor_sides() {
            Some(sides) => {
                next.push_each(trades, &mut bars, |index| AggressorSide::from_code(sides[index]))
            }
            None => next.push_each(trades, &mut bars, |_| AggressorSide::Unknown),
        }?;
        bars.late_trades = next.late_trades - self.late_trades;
        *self = next;
        Ok(bars)
    }

    fn push_each(
        &mut self,
        trades: TradeColumns<'_>,
        closed: &mut Bars,
        aggressor_side: impl Fn(usize) -> AggressorSide,
    ) -> Result<(), BatchError> {
        let trade = |index| trades.get(index, aggressor_side(index));
        let mut index = 0;
        while index < trades.len() {
            self.push(&trade(index), closed).map_err(|source| BatchError { index, source })?;
            index = self.absorb(index + 1..trades.len(), &trade);
        }
        Ok(())
    }

    /// Adds trades for as long as [`Self::push`] would only add them to the pending bar, and returns the index of the first that it
    /// would not. The same steps, on a copy of the bar that stays in registers: twice as fast.
    fn absorb(&mut self, indices: Range<usize>, trade: &impl Fn(usize) -> Trade) -> usize {
        let Some(pending) = &mut self.pending else { return indices.start };
        let (mut bar, mut last_event_time_ns) = (*pending, self.last_event_time_ns);
        let mut index = indices.start;
        while index < indices.end {
            let trade = trade(index);
            let in_order = trade.quantity.0 >= 0 && trade.event_time_ns >= last_event_time_ns;
            if !in_order || !self.policy.absorbs(&bar, &trade) || bar.add(&trade).is_err() {
                break;
            }
            last_event_time_ns = trade.event_time_ns;
            index += 1;
        }
        *pending = bar;
        self.last_event_time_ns = last_event_time_ns;
        index
    }

    /// All bars of `trades`, the last of them partial.
    ///
    /// # Errors
    /// The first refusal, with the index of its trade.
    pub fn fold(policy: P, trades: TradeColumns<'_>) -> Result<Bars, BatchError> {
        let mut aggregator = Self::with_policy(policy);
        let mut bars = aggregator.push_many(trades)?;
        if let Some(bar) = aggregator.finish() {
            bars.push_bar(bar);
        }
        Ok(bars)
    }

    /// Takes out the pending bar, which is partial. Trades still to come in its interval make another bar of that interval.
    pub fn finish(&mut self) -> Option<Bar> {
        self.pending.take().map(|bar| Bar { close_reason: CloseReason::Finish, ..bar })
    }

    /// The bar that trades are being added to.
    #[must_use]
    pub fn pending(&self) -> Option<&Bar> {
        self.pending.as_ref()
    }

    /// How many trades were older than the one before them, and so are in no bar.
    #[must_use]
    pub fn late_trades(&self) -> u64 {
        self.late_trades
    }
}

/// A trade of a batch was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("trade {index}: {source}")]
pub struct BatchError {
    /// Its place in the batch.
    pub index: usize,
    /// Why.
    pub source: BarError,
}

impl Refusal for BatchError {
    fn reason(&self) -> &'static str {
        self.source.reason()
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        let mut metadata = self.source.metadata();
        metadata.push(("index", self.index.to_string()));
        metadata
    }
}
