//! Time bars: half-open intervals `[t, t + interval)`, aligned to the Unix epoch. An interval without trades has no bar.

use super::{Aggregator, Bar, BarError, BarSink, ClosePolicy};
use crate::time::interval_start_ns;
use crate::trade::Trade;

/// Closes a bar when a trade comes after its interval.
#[derive(Clone, Copy, Debug)]
pub struct TimePolicy {
    interval_ns: i64,
}

/// Folds trades into time bars.
pub type TimeBarAggregator = Aggregator<TimePolicy>;

impl TimePolicy {
    /// Intervals of `interval_ns`.
    ///
    /// # Errors
    /// [`BarError::IntervalNotPositive`].
    pub const fn new(interval_ns: i64) -> Result<Self, BarError> {
        if interval_ns <= 0 {
            return Err(BarError::IntervalNotPositive { interval_ns });
        }
        Ok(Self { interval_ns })
    }
}

impl ClosePolicy for TimePolicy {
    #[inline]
    fn absorbs(&self, pending: &Bar, trade: &Trade) -> bool {
        // Trades come in order, so none is before the bar; and no division, for nearly every trade is absorbed.
        trade.event_time_ns < pending.close_time_ns
    }

    fn turn(
        &mut self,
        pending: &mut Option<Bar>,
        trade: &Trade,
        closed: &mut impl BarSink,
    ) -> Result<(), BarError> {
        let out_of_range = BarError::TimeOutOfRange { time_ns: trade.event_time_ns };
        let open_time_ns =
            interval_start_ns(trade.event_time_ns, self.interval_ns).ok_or(out_of_range)?;
        let close_time_ns = open_time_ns.checked_add(self.interval_ns).ok_or(out_of_range)?;
        if let Some(bar) = pending.replace(Bar::from_trade(open_time_ns, close_time_ns, trade)) {
            closed.push_bar(bar);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bar::{Bars, BatchError, CloseReason};
    use crate::price::{Notional, Price, Quantity};
    use crate::time::{DAY_NS, MINUTE_NS};
    use crate::trade::{AggressorSide, TradeColumns};

    fn trade(event_time_ns: i64, price: i64, quantity: i64) -> Trade {
        Trade {
            event_time_ns,
            price: Price(price),
            quantity: Quantity(quantity),
            aggressor_side: AggressorSide::Unknown,
        }
    }

    fn minutes() -> TimeBarAggregator {
        TimeBarAggregator::with_policy(TimePolicy::new(MINUTE_NS).unwrap())
    }

    fn push_all(aggregator: &mut TimeBarAggregator, trades: &[Trade]) -> Vec<Bar> {
        let mut closed = Vec::new();
        for trade in trades {
            aggregator.push(trade, &mut closed).unwrap();
        }
        closed
    }

    #[test]
    fn a_bar_closes_with_the_first_trade_after_its_interval() {
        let mut aggregator = minutes();
        let closed = push_all(
            &mut aggregator,
            &[
                trade(0, 10, 1),
                trade(5, 12, 2),
                trade(MINUTE_NS - 1, 9, 3),
                trade(MINUTE_NS, 11, 4),
            ],
        );
        let expected = Bar {
            open_time_ns: 0,
            close_time_ns: MINUTE_NS,
            open: Price(10),
            high: Price(12),
            low: Price(9),
            close: Price(9),
            volume: Quantity(6),
            trade_count: 3,
            notional: Notional(10 + 24 + 27),
            buy_volume: Quantity(0),
            sell_volume: Quantity(0),
            close_reason: CloseReason::Interval,
        };
        assert_eq!(closed, [expected]);
        assert_eq!(aggregator.pending().map(|bar| bar.open_time_ns), Some(MINUTE_NS));
    }

    #[test]
    fn an_interval_without_trades_has_no_bar() {
        let closed = push_all(
            &mut minutes(),
            &[trade(0, 10, 1), trade(5 * MINUTE_NS, 10, 1), trade(DAY_NS, 10, 1)],
        );
        let opens: Vec<i64> = closed.iter().map(|bar| bar.open_time_ns).collect();
        assert_eq!(opens, [0, 5 * MINUTE_NS]);
    }

    #[test]
    fn trades_before_1970_fall_into_the_interval_that_holds_them() {
        let closed = push_all(&mut minutes(), &[trade(-1, 10, 1), trade(0, 10, 1)]);
        assert_eq!((closed[0].open_time_ns, closed[0].close_time_ns), (-MINUTE_NS, 0));
    }

    #[test]
    fn a_late_trade_is_counted_and_changes_no_bar() {
        let mut aggregator = minutes();
        push_all(&mut aggregator, &[trade(7, 10, 1), trade(6, 99, 5)]);
        assert_eq!(aggregator.late_trades(), 1);
        assert_eq!(aggregator.finish().unwrap().volume, Quantity(1));
    }

    #[test]
    fn the_volume_is_split_by_who_took_the_liquidity() {
        let columns = TradeColumns::new(&[0, 1, 2], &[10, 10, 10], &[1, 2, 4]).unwrap();
        let columns = columns.with_aggressor_sides(&[1, -1, 0]).unwrap();
        let bar = TimeBarAggregator::fold(TimePolicy::new(MINUTE_NS).unwrap(), columns)
            .unwrap()
            .get(0)
            .unwrap();
        assert_eq!(
            (bar.volume, bar.buy_volume, bar.sell_volume),
            (Quantity(7), Quantity(1), Quantity(2))
        );
    }

    #[test]
    fn a_finished_bar_is_partial_and_is_handed_out_once() {
        let mut aggregator = minutes();
        push_all(&mut aggregator, &[trade(0, 10, 1)]);
        assert_eq!(aggregator.finish().unwrap().close_reason, CloseReason::Finish);
        assert_eq!(aggregator.finish(), None);
    }

    #[test]
    fn a_volume_that_leaves_its_range_changes_nothing() {
        let mut aggregator = minutes();
        push_all(&mut aggregator, &[trade(0, 10, i64::MAX)]);
        let before = *aggregator.pending().unwrap();
        let refusal = aggregator.push(&trade(1, 10, 1), &mut Vec::new());
        assert_eq!(refusal, Err(BarError::Overflow { field: "volume" }));
        assert_eq!(aggregator.pending(), Some(&before));
        // Its time does not count either: an older trade is still in order.
        assert_eq!(aggregator.push(&trade(0, 10, 0), &mut Vec::new()), Ok(()));
        assert_eq!(aggregator.late_trades(), 0);
    }

    #[test]
    fn a_refused_batch_changes_nothing_and_names_the_trade() {
        let mut aggregator = minutes();
        let times_ns = [0, MINUTE_NS, 2 * MINUTE_NS];
        let trades = TradeColumns::new(&times_ns, &[1, 1, 1], &[1, 1, -1]).unwrap();
        let refusal = aggregator.push_many(trades).unwrap_err();
        assert_eq!(
            refusal,
            BatchError { index: 2, source: BarError::QuantityNegative { quantity: -1 } }
        );
        assert_eq!(aggregator.pending(), None);
    }

    #[test]
    fn times_at_the_end_of_time_are_refused() {
        for time_ns in [i64::MIN, i64::MAX] {
            let refusal = minutes().push(&trade(time_ns, 10, 1), &mut Vec::new());
            assert_eq!(refusal, Err(BarError::TimeOutOfRange { time_ns }));
        }
    }

    #[test]
    fn an_interval_must_be_positive() {
        for interval_ns in [0, -1] {
            let refusal = TimePolicy::new(interval_ns).unwrap_err();
            assert_eq!(refusal, BarError::IntervalNotPositive { interval_ns });
        }
    }

    fn any_trades() -> impl Strategy<Value = Vec<(i64, i64, i64)>> {
        prop::collection::vec((-10_000..10_000_i64, -500..500_i64, 0..1_000_i64), 0..200)
    }

    fn fold_in_chunks(
        trades: &[(i64, i64, i64)],
        interval_ns: i64,
        chunk: usize,
    ) -> (Vec<Bar>, u64) {
        let mut aggregator = TimeBarAggregator::with_policy(TimePolicy::new(interval_ns).unwrap());
        let mut bars = Vec::new();
        for chunk in trades.chunks(chunk) {
            let times_ns: Vec<i64> = chunk.iter().map(|trade| trade.0).collect();
            let prices: Vec<i64> = chunk.iter().map(|trade| trade.1).collect();
            let quantities: Vec<i64> = chunk.iter().map(|trade| trade.2).collect();
            let columns = TradeColumns::new(&times_ns, &prices, &quantities).unwrap();
            bars.extend(aggregator.push_many(columns).unwrap().iter());
        }
        bars.extend(aggregator.finish());
        (bars, aggregator.late_trades())
    }

    proptest! {
        #[test]
        fn bars_and_late_trades_account_for_every_trade(trades in any_trades(), interval_ns in 1..5_000_i64) {
            let (bars, late_trades) = fold_in_chunks(&trades, interval_ns, 1_000);
            let mut last_ns = i64::MIN;
            let mut on_time = Vec::new();
            for trade in &trades {
                if trade.0 >= last_ns {
                    last_ns = trade.0;
                    on_time.push(trade);
                }
            }
            prop_assert_eq!(bars.iter().map(|bar| bar.trade_count).sum::<i64>(), i64::try_from(on_time.len()).unwrap());
            prop_assert_eq!(usize::try_from(late_trades).unwrap(), trades.len() - on_time.len());
            prop_assert_eq!(bars.iter().map(|bar| bar.volume.0).sum::<i64>(), on_time.iter().map(|trade| trade.2).sum::<i64>());
            let notional: i128 = on_time.iter().map(|trade| i128::from(trade.1) * i128::from(trade.2)).sum();
            prop_assert_eq!(bars.iter().map(|bar| bar.notional.0).sum::<i128>(), notional);
        }

        #[test]
        fn a_bar_lies_between_its_low_and_high_and_on_the_grid(trades in any_trades(), interval_ns in 1..5_000_i64) {
            let (bars, _) = fold_in_chunks(&trades, interval_ns, 1_000);
            for bar in &bars {
                prop_assert!(bar.low <= bar.open.min(bar.close) && bar.open.max(bar.close) <= bar.high);
                prop_assert_eq!(bar.open_time_ns.rem_euclid(interval_ns), 0);
                prop_assert_eq!(bar.close_time_ns - bar.open_time_ns, interval_ns);
            }
            prop_assert!(bars.windows(2).all(|pair| pair[0].close_time_ns <= pair[1].open_time_ns));
        }

        #[test]
        fn any_chunking_gives_the_same_bars(trades in any_trades(), interval_ns in 1..5_000_i64, chunk in 1..50_usize) {
            prop_assert_eq!(fold_in_chunks(&trades, interval_ns, chunk), fold_in_chunks(&trades, interval_ns, 1_000));
        }
    }

    #[test]
    fn columns_give_back_the_bars_they_took() {
        let bar = Bar::from_trade(0, MINUTE_NS, &trade(0, 10, 1));
        let mut bars = Bars::default();
        bars.push_bar(bar);
        assert_eq!((bars.get(0), bars.get(1)), (Some(bar), None));
    }
}
