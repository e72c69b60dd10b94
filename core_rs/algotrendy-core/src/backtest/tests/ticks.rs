//! Trades and quotes.

use std::sync::Arc;

use super::*;
use Side::{Buy, Sell};

fn trade_feed(rows: &[(i64, i64)]) -> Feed {
    let trades = Arc::new(trades(rows));
    Feed::new(share("SPY"), FeedData::Trades { trades, bars: Some(Box::new(intervals(MINUTE))) })
}

#[test]
fn an_order_decided_on_a_bar_of_trades_meets_the_next_trade() {
    let rows = [(5, 100), (30, 104), (61, 107), (62, 108), (130, 111)];
    let mut script = Script { every_bar: true, ..Script::default() }.buy(0, 2);
    let outcome = ran(vec![trade_feed(&rows)], usd(CASH), &mut script);
    assert_eq!(fills(&outcome), [(1, Buy, 2, 107, 61)]);
    // Valued at the last trade at each bar's close; the last bar ends when its interval does.
    assert_eq!(outcome.curve.time_ns, [60, 120, 180]);
    assert_eq!(outcome.curve.equity, [CASH, CASH + 2, CASH + 8]);
    assert_eq!((outcome.counters.trades, outcome.counters.bars), (5, 3));
    assert_eq!(outcome.counters.walked, 1, "the only trade that an order met");
}

/// Asks for every tick.
#[derive(Default)]
struct Ticking {
    seen: Vec<(i64, usize, usize)>,
}

impl Strategy for Ticking {
    fn next_wake(&mut self, _: &Session, _: FeedId, _: usize) -> Option<usize> {
        None
    }

    fn next_tick(&mut self, _: &Session, _: FeedId, from: usize) -> Option<usize> {
        Some(from)
    }

    fn on_moment(&mut self, session: &mut Session, moment: &Moment<'_>) -> Result<(), RunError> {
        for row in moment.ticks {
            self.seen.push((moment.time_ns, row.feed, row.index));
            assert!(session.known_ticks(row.feed) > row.index);
            if self.seen.len() == 2 {
                session.submit(&NewOrder::market(0, Buy, 1))?;
                session.submit(&NewOrder::market(0, Buy, 1).limit(Price(95)))?;
            }
        }
        Ok(())
    }
}

#[test]
fn trades_and_quotes_of_one_time_come_feed_by_feed_before_anybody_is_told() {
    let quotes = QuoteColumns::new([
        vec![10, 20, 30],
        vec![99, 99, 94],
        vec![101, 103, 95],
        vec![5; 3],
        vec![5; 3],
    ]);
    let quotes = Feed {
        name: "SPY:quotes".to_owned(),
        ..Feed::new(share("SPY"), FeedData::Quotes(Arc::new(quotes.unwrap())))
    };
    let trades = trades(&[(10, 100), (20, 102), (20, 101), (40, 96)]);
    let trades = FeedData::Trades { trades: Arc::new(trades), bars: None };
    let mut strategy = Ticking::default();
    let feeds = vec![quotes, Feed::new(share("SPY"), trades)];
    let outcome = run(feeds, usd(CASH), &mut strategy, &Unwatched).unwrap();
    let expected =
        [(10, 0, 0), (10, 1, 0), (20, 0, 1), (20, 1, 1), (20, 1, 2), (30, 0, 2), (40, 1, 3)];
    assert_eq!(strategy.seen, expected);
    // At the ask that stood as it was sent; the limit order at the quote that came down to it.
    assert_eq!(fills(&outcome), [(1, Buy, 1, 101, 10), (2, Buy, 1, 95, 30)]);
    assert_eq!(
        outcome.curve.time_ns,
        [10, 20, 30, 40],
        "of a run without bars, ticks are the points"
    );
    assert_eq!(outcome.curve.equity[3], CASH - 101 - 95 + 2 * 96);
}

#[test]
fn bars_that_were_made_of_trades_and_those_trades_fill_alike_at_opens() {
    // One trade a second-long bar: its open is the trade, so that a market order fills at the same prices.
    let rows: Vec<_> = (0..40).map(|index| (index * 60 + 1, 100 + index * 7 % 11)).collect();
    let made: Vec<_> = rows.iter().map(|(_, price)| *price).collect();
    let script = || Script::default().buy(3, 5).sell(9, 2).buy(20, 1).sell(30, 4);
    let ticks = ran(vec![trade_feed(&rows)], usd(CASH), &mut script());
    let bars = ran(vec![feed("SPY", flat(&made))], usd(CASH), &mut script());
    let prices = |outcome: &Outcome| {
        fills(outcome).iter().map(|fill| (fill.0, fill.1, fill.2, fill.3)).collect::<Vec<_>>()
    };
    assert_eq!(prices(&ticks), prices(&bars));
    assert_eq!(prices(&ticks)[1].1, Sell);
    assert_eq!(ticks.curve.equity, bars.curve.equity);
    assert_eq!(ticks.curve.time_ns, bars.curve.time_ns);
}
