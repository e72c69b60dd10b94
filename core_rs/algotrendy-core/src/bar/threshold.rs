//! Tick, volume and dollar bars: a bar closes with the trade at which a sum reaches the size.

use serde::{Deserialize, Serialize};

use super::aggregator::{ClosePolicy, Run, MOST_BARS_OF_A_TICK};
use super::columns::Ticks;
use super::element::{Bar, CloseReason, Tick};
use super::error::BarError;
use super::run::{product, Width};
use super::sink::BarSink;
use super::spec::Overshoot;
use crate::price::{Notional, Quantity};
use crate::trade::AggressorSide;

/// What is summed.
pub trait Measure: Clone {
    /// Why a bar of this measure closes.
    const REASON: CloseReason;

    /// How many leading ticks keep the sum below `missing` more, and what they add.
    fn run(ticks: &Ticks<'_>, missing: i128) -> (usize, i128);

    /// What one of some ticks adds.
    fn at(ticks: &Ticks<'_>, index: usize) -> i128;

    /// What one tick adds.
    fn of(bar: &Bar) -> i128;

    /// The smallest quantity of a trade, in units, that adds at least `missing`; at most its quantity.
    fn quantity_for(missing: i128, bar: &Bar) -> i64;
}

/// Counts trades.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct CountMeasure;

impl Measure for CountMeasure {
    const REASON: CloseReason = CloseReason::Ticks;

    #[inline]
    fn run(ticks: &Ticks<'_>, missing: i128) -> (usize, i128) {
        let Some(counts) = ticks.counts() else {
            let most = usize::try_from(missing - 1).unwrap_or(usize::MAX);
            let count = ticks.len().min(most);
            return (count, count as i128);
        };
        run_of(ticks.len(), missing, |index| i128::from(counts[index]))
    }

    fn at(ticks: &Ticks<'_>, index: usize) -> i128 {
        ticks.counts().map_or(1, |counts| i128::from(counts[index]))
    }

    fn of(bar: &Bar) -> i128 {
        i128::from(bar.trade_count)
    }

    fn quantity_for(_missing: i128, bar: &Bar) -> i64 {
        bar.volume.0
    }
}

/// Sums quantities.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct VolumeMeasure;

impl Measure for VolumeMeasure {
    const REASON: CloseReason = CloseReason::Volume;

    #[inline]
    fn run(ticks: &Ticks<'_>, missing: i128) -> (usize, i128) {
        if ticks.width == Width::Wide {
            return run_of(ticks.len(), missing, |index| i128::from(ticks.quantities[index]));
        }
        let (count, sum) = ticks.find_by_sum(narrow(missing), |_, quantity| quantity);
        (count, i128::from(sum))
    }

    fn at(ticks: &Ticks<'_>, index: usize) -> i128 {
        i128::from(ticks.quantities[index])
    }

    fn of(bar: &Bar) -> i128 {
        i128::from(bar.volume.0)
    }

    fn quantity_for(missing: i128, bar: &Bar) -> i64 {
        i64::try_from(missing).unwrap_or(i64::MAX).min(bar.volume.0)
    }
}

/// Sums |price| × quantity.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct NotionalMeasure;

impl Measure for NotionalMeasure {
    const REASON: CloseReason = CloseReason::Notional;

    #[inline]
    fn run(ticks: &Ticks<'_>, missing: i128) -> (usize, i128) {
        if ticks.width == Width::Wide {
            return run_of(ticks.len(), missing, |index| ticks.notional(index).wrapping_abs());
        }
        let missing = narrow(missing);
        let (count, sum) = if ticks.width == Width::Short {
            ticks.find_by_sum(missing, |price, quantity| {
                product::<true>(price, quantity).wrapping_abs()
            })
        } else {
            ticks.find_by_sum(missing, |price, quantity| {
                product::<false>(price, quantity).wrapping_abs()
            })
        };
        (count, i128::from(sum))
    }

    #[inline]
    fn at(ticks: &Ticks<'_>, index: usize) -> i128 {
        ticks.notional(index).wrapping_abs()
    }

    fn of(bar: &Bar) -> i128 {
        bar.notional.0.saturating_abs()
    }

    fn quantity_for(missing: i128, bar: &Bar) -> i64 {
        let price = own_price(bar).abs();
        if price == 0 {
            return bar.volume.0;
        }
        let units = missing / price + i128::from(missing % price != 0);
        i64::try_from(units).unwrap_or(i64::MAX).min(bar.volume.0)
    }
}

/// What is missing, as far as a run of narrow numbers can reach.
fn narrow(missing: i128) -> i64 {
    i64::try_from(missing).unwrap_or(i64::MAX)
}

#[inline]
fn run_of(length: usize, missing: i128, added: impl Fn(usize) -> i128) -> (usize, i128) {
    let mut sum = 0_i128;
    for index in 0..length {
        let next = sum.saturating_add(added(index));
        if next >= missing {
            return (index, sum);
        }
        sum = next;
    }
    (length, sum)
}

/// Closes a bar when its sum reaches a size.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ThresholdPolicy<M> {
    size: i128,
    overshoot: Overshoot,
    filled: i128,
    measure: M,
}

impl<M: Measure + Default> ThresholdPolicy<M> {
    /// Bars of `size`.
    ///
    /// # Errors
    /// [`BarError::Parameter`].
    pub fn new(size: i128, overshoot: Overshoot) -> Result<Self, BarError> {
        // Half the range, so that a sum and what is added to it can be compared with it.
        if !(1..=i128::MAX / 2).contains(&size) {
            return Err(BarError::parameter("size", &size, "a positive size"));
        }
        Ok(Self { size, overshoot, filled: 0, measure: M::default() })
    }

    /// Fills bars with parts of a trade. It is counted where it starts.
    fn split(
        &mut self,
        pending: &mut Option<Bar>,
        tick: &Tick,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        let bars = self.filled.saturating_add(M::of(&tick.bar)) / self.size;
        if bars > i128::from(MOST_BARS_OF_A_TICK) {
            return Err(BarError::TooManyBars { limit: MOST_BARS_OF_A_TICK, size: self.size });
        }
        let mut rest = tick.bar;
        loop {
            let quantity = M::quantity_for(self.size - self.filled, &rest);
            let is_all = quantity == rest.volume.0;
            let part = if is_all { rest } else { part(&rest, tick.side, quantity) };
            let mut bar = match *pending {
                // Only the first part meets a bar that holds something, so this is refused before anything has changed.
                Some(mut bar) => {
                    bar.add(&part)?;
                    bar
                }
                None => part,
            };
            *pending = None;
            self.filled = self.filled.saturating_add(M::of(&part));
            rest = remainder(&rest, &part);
            bar.close_time_ns = tick.bar.close_time_ns;
            if self.filled >= self.size {
                self.end(&mut bar, None);
                closed.push_bar(&bar);
            } else {
                *pending = Some(bar);
            }
            if rest.volume.0 == 0 {
                return Ok(());
            }
        }
    }
}

/// A trade's own price, even where it does not count for the bar's.
fn own_price(trade: &Bar) -> i128 {
    trade.notional.0.checked_div(i128::from(trade.volume.0)).unwrap_or(0)
}

/// The first `quantity` units of a trade, with its count.
fn part(trade: &Bar, side: AggressorSide, quantity: i64) -> Bar {
    let taken_by = |by| if side == by { Quantity(quantity) } else { Quantity::ZERO };
    Bar {
        volume: Quantity(quantity),
        notional: Notional(own_price(trade) * i128::from(quantity)),
        buy_volume: taken_by(AggressorSide::Buy),
        sell_volume: taken_by(AggressorSide::Sell),
        ..*trade
    }
}

/// What is left of a trade after a part of it, which has been counted.
fn remainder(trade: &Bar, part: &Bar) -> Bar {
    Bar {
        volume: Quantity(trade.volume.0 - part.volume.0),
        notional: Notional(trade.notional.0 - part.notional.0),
        buy_volume: Quantity(trade.buy_volume.0 - part.buy_volume.0),
        sell_volume: Quantity(trade.sell_volume.0 - part.sell_volume.0),
        trade_count: 0,
        ..*trade
    }
}

impl<M: Measure + Default> ClosePolicy for ThresholdPolicy<M> {
    #[inline]
    fn run(&mut self, _pending: &Bar, ticks: &Ticks<'_>) -> Run {
        let (count, added) = M::run(ticks, self.size - self.filled);
        if count == ticks.len() {
            self.filled += added;
            return Run { count, ends: false };
        }
        let overshoots = (self.filled + added).saturating_add(M::at(ticks, count)) > self.size;
        if overshoots && self.overshoot == Overshoot::Split {
            self.filled += added;
            return Run { count, ends: false };
        }
        Run { count: count + 1, ends: true }
    }

    #[inline]
    fn end(&mut self, pending: &mut Bar, _next_ns: Option<i64>) {
        self.filled = 0;
        pending.close_reason = M::REASON;
    }

    fn turn(
        &mut self,
        pending: &mut Option<Bar>,
        tick: &Tick,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        self.split(pending, tick, closed)
    }

    fn taken(&mut self, _bar: &Bar) {
        self.filled = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::aggregator::Aggregator;
    use super::super::testing::{bytes, trade};
    use super::*;
    use crate::price::Price;
    use crate::trade::Trade;
    use proptest::prelude::*;

    fn bars_of<M: Measure + Default>(
        size: i128,
        overshoot: Overshoot,
        trades: &[Trade],
    ) -> (Vec<Bar>, Option<Bar>) {
        let policy = ThresholdPolicy::<M>::new(size, overshoot).unwrap();
        let (mut aggregator, mut closed) = (Aggregator::new(policy, None), Vec::new());
        for trade in trades {
            aggregator.push(&Tick::of_trade(trade), &mut closed).unwrap();
        }
        (closed, aggregator.finish())
    }

    fn trades(rows: &[(i64, i64)]) -> Vec<Trade> {
        rows.iter().map(|(price, quantity)| trade(0, *price, *quantity)).collect()
    }

    fn volumes(bars: &[Bar]) -> Vec<i64> {
        bars.iter().map(|bar| bar.volume.0).collect()
    }

    #[test]
    fn a_whole_trade_closes_the_bar_and_its_excess_is_not_carried_over() {
        let trades = trades(&[(5, 6), (5, 6), (5, 6), (5, 6)]);
        let (bars, rest) = bars_of::<VolumeMeasure>(10, Overshoot::Whole, &trades);
        assert_eq!((volumes(&bars), rest), (vec![12, 12], None));
        assert_eq!(bars[0].close_reason, CloseReason::Volume);
    }

    #[test]
    fn a_bar_of_ticks_holds_its_number_of_trades() {
        let (bars, rest) =
            bars_of::<CountMeasure>(2, Overshoot::Whole, &trades(&[(5, 9), (6, 0), (7, 1)]));
        assert_eq!((bars.len(), bars[0].trade_count), (1, 2));
        assert_eq!(rest.map(|bar| bar.trade_count), Some(1));
    }

    #[test]
    fn a_split_trade_is_counted_where_it_starts_and_names_every_part() {
        let split = [
            trade(1, 5, 4),
            Trade { id: 7, aggressor_side: AggressorSide::Buy, ..trade(2, 6, 25) },
        ];
        let (bars, rest) = bars_of::<VolumeMeasure>(10, Overshoot::Split, &split);
        let rest = rest.unwrap();
        assert_eq!((volumes(&bars), rest.volume.0), (vec![10, 10], 9));
        let counts = [bars[0].trade_count, bars[1].trade_count, rest.trade_count];
        assert_eq!(counts, [2, 0, 0]);
        assert!([bars[0], bars[1], rest].iter().all(|bar| bar.last_trade_id == 7));
        assert_eq!((bars[0].buy_volume.0, bars[1].buy_volume.0, rest.buy_volume.0), (6, 10, 9));
        assert_eq!((bars[1].open, bars[1].open_time_ns), (Price(6), 2));
    }

    #[test]
    fn a_price_of_zero_fills_no_dollar_bar() {
        for overshoot in [Overshoot::Whole, Overshoot::Split] {
            let (bars, rest) = bars_of::<NotionalMeasure>(10, overshoot, &trades(&[(0, 1_000)]));
            assert_eq!((bars, rest.map(|bar| bar.volume.0)), (vec![], Some(1_000)));
        }
    }

    #[test]
    fn a_price_below_zero_counts_for_what_it_is_worth() {
        let (bars, rest) =
            bars_of::<NotionalMeasure>(10, Overshoot::Split, &trades(&[(-3, 4), (3, 4)]));
        assert_eq!((volumes(&bars), rest.map(|bar| bar.volume.0)), (vec![4, 4], None));
        assert_eq!(bars[0].notional, Notional(-12));
    }

    #[test]
    fn a_trade_that_makes_too_many_bars_is_refused_and_changes_nothing() {
        let policy = ThresholdPolicy::<VolumeMeasure>::new(2, Overshoot::Split).unwrap();
        let (mut aggregator, mut closed) = (Aggregator::new(policy, None), Vec::new());
        aggregator.push(&Tick::of_trade(&trade(0, 5, 1)), &mut closed).unwrap();
        let before = bytes(&aggregator);
        let refusal = aggregator.push(&Tick::of_trade(&trade(1, 5, 2_000_001)), &mut closed);
        assert_eq!(refusal, Err(BarError::TooManyBars { limit: MOST_BARS_OF_A_TICK, size: 2 }));
        assert_eq!((bytes(&aggregator), closed.len()), (before, 0));
    }

    #[test]
    fn a_size_that_is_not_positive_is_refused() {
        for size in [0, -1, i128::MAX] {
            assert!(ThresholdPolicy::<NotionalMeasure>::new(size, Overshoot::Whole).is_err());
        }
    }

    fn rows() -> impl Strategy<Value = Vec<(i64, i64)>> {
        prop::collection::vec((1..50_i64, 1..200_i64), 1..30)
    }

    proptest! {
        #[test]
        fn a_split_volume_bar_holds_exactly_the_size(rows in rows(), size in 1..300_i64) {
            let (bars, rest) = bars_of::<VolumeMeasure>(size.into(), Overshoot::Split, &trades(&rows));
            prop_assert!(bars.iter().all(|bar| bar.volume.0 == size));
            let rest = rest.map_or(0, |bar| bar.volume.0);
            prop_assert!(rest < size);
            prop_assert_eq!(volumes(&bars).iter().sum::<i64>() + rest, rows.iter().map(|row| row.1).sum::<i64>());
        }

        #[test]
        fn a_split_dollar_bar_overshoots_by_less_than_one_unit(rows in rows(), size in 1..2_000_i128) {
            let (bars, rest) = bars_of::<NotionalMeasure>(size, Overshoot::Split, &trades(&rows));
            for bar in &bars {
                let unit = i128::from(bar.close.0);
                prop_assert!((size..size + unit).contains(&bar.notional.0), "{:?}", bar);
            }
            let rest = rest.map_or(0, |bar| bar.notional.0);
            prop_assert!(rest < size);
            let given: i64 = rows.iter().map(|(price, quantity)| price * quantity).sum();
            prop_assert_eq!(bars.iter().map(|bar| bar.notional.0).sum::<i128>() + rest, i128::from(given));
        }
    }
}
