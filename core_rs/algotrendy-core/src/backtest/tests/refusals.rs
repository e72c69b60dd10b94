//! What cannot be run, and what ends a run.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::*;
use crate::error::Refusal;
use crate::instrument::testing::coin;
use Side::{Buy, Sell};

fn refused(feeds: Vec<Feed>, terms: RunTerms) -> RunError {
    run(feeds, terms, &mut Script::default(), &Unwatched).unwrap_err()
}

fn columns() -> [Vec<i64>; 7] {
    [vec![0, 60], vec![60, 120], vec![5, 5], vec![6, 6], vec![4, 4], vec![5, 5], vec![1, 1]]
}

#[test]
fn bars_that_contradict_themselves_are_refused_by_column_place_and_value() {
    let cases = [
        (0, 59, "open_time_ns[1] must be at or after the close of the bar before it, not 59"),
        (1, 59, "close_time_ns[1] must be at or after its open, not 59"),
        (3, 4, "high[1] must be its highest price, not 4"),
        (4, 6, "low[1] must be its lowest price, not 6"),
        (6, -1, "volume[1] must be zero or above, not -1"),
    ];
    for (column, value, expected) in cases {
        let mut columns = columns();
        columns[column][1] = value;
        assert_eq!(BarColumns::new(columns).unwrap_err().to_string(), expected);
    }
    let mut short = columns();
    short[2].pop();
    let refused = BarColumns::new(short).unwrap_err();
    assert_eq!(refused.to_string(), "open has 1 values where the others have 2");
    assert_eq!(refused.reason(), "COLUMN_LENGTHS_DIFFER");
}

#[test]
fn ticks_that_contradict_themselves_are_refused_by_column_place_and_value() {
    let back = TradeColumns::new(vec![2, 1], vec![5, 5], vec![1, 1], None).unwrap_err();
    assert_eq!(back.to_string(), "time_ns[1] must be at or after the one before it, not 1");
    let negative = TradeColumns::new(vec![1, 2], vec![5, 5], vec![1, -1], None).unwrap_err();
    assert_eq!(negative.to_string(), "quantity[1] must be zero or above, not -1");
    assert!(TradeColumns::new(vec![1], vec![5], vec![1], Some(vec![1, 1])).is_err());
    let crossed = QuoteColumns::new([vec![1], vec![5], vec![4], vec![1], vec![1]]).unwrap_err();
    assert_eq!(crossed.to_string(), "ask[0] must be at or above the bid, not 4");
    assert_eq!(crossed.metadata()[1], ("index", "0".to_owned()));
}

#[test]
fn a_price_that_an_instrument_cannot_have_is_refused_by_feed_and_place() {
    let mut wrong = columns();
    wrong[4][1] = 0;
    let refused = refused(vec![feed("SPY", BarColumns::new(wrong).unwrap())], usd(CASH));
    assert_eq!(refused.to_string(), "feed \"SPY\": low[1] must be positive, not 0");
    assert_eq!(refused.reason(), "DATA_VALUE_INVALID");
    assert_eq!(refused.metadata()[0], ("feed", "SPY".to_owned()));
}

#[test]
fn feeds_that_contradict_each_other_or_themselves_are_refused_by_name() {
    let spy = || feed("SPY", flat(&[1, 2]));
    assert!(refused(vec![], usd(CASH)).to_string().contains("feeds must be one or more"));
    let twice = refused(vec![spy(), spy()], usd(CASH));
    let expected = "name of feed \"SPY\" must be one that no other feed has, not SPY";
    assert_eq!(twice.to_string(), expected);
    let other = InstrumentTerms { symbol: "SPY".into(), ..coin() };
    let other = Feed { name: "other".to_owned(), instrument: instrument(other), ..spy() };
    assert!(refused(vec![spy(), other], usd(CASH)).to_string().starts_with("instrument of feed"));
    let overlapping = Feed { membership: vec![(0, 50), (40, 60)], ..spy() };
    assert!(refused(vec![overlapping], usd(CASH)).to_string().starts_with("membership of feed"));
    let factor = |time_ns, price_factor| Factor { time_ns, price_factor, volume_factor: 1.0 };
    for factors in [[factor(5, 1.0), factor(5, 1.0)], [factor(5, 1.0), factor(6, f64::NAN)]] {
        let factors = Feed { factors: Arc::from(factors), ..spy() };
        assert_eq!(refused(vec![factors], usd(CASH)).reason(), "INVALID_ARGUMENT");
    }
    let null = SeriesSpec {
        style: Style::Time {
            grid: Grid::Fixed { interval_ns: MINUTE, offset_ns: 0 },
            closed: Closed::Left,
            empty: Empty::Null,
        },
        ..intervals(MINUTE)
    };
    let data = FeedData::Trades { trades: Arc::default(), bars: Some(Box::new(null)) };
    let refused = refused(vec![Feed::new(share("SPY"), data)], usd(CASH));
    assert!(refused.to_string().contains("must be bars that have prices"), "{refused}");
}

#[test]
fn terms_that_cannot_be_are_refused_by_field() {
    let spy = || vec![feed("SPY", flat(&[1, 2]))];
    assert_eq!(refused(spy(), usd(0)).to_string(), "cash must be positive, not 0");
    let backwards = RunTerms { start_ns: Some(5), end_ns: Some(5), ..usd(CASH) };
    assert_eq!(refused(spy(), backwards).to_string(), "end_ns must be after start_ns, not 5");
    let mut venue = usd(CASH);
    venue.venue.participation = Some("2".parse().unwrap());
    assert!(refused(spy(), venue).to_string().starts_with("participation must be"));
}

#[test]
fn an_account_that_is_worth_nothing_ends_the_run_at_that_close() {
    let data = flat(&[100, 100, 150, 250, 100]);
    let mut script = Script::default().sell(0, 1_000);
    let ruined = run(vec![feed("SPY", data)], usd(CASH), &mut script, &Unwatched).unwrap_err();
    let RunError::Ruined { time_ns, equity } = ruined else { panic!("{ruined}") };
    assert_eq!((time_ns, equity), (240, CASH - 150_000));
    assert_eq!(ruined.reason(), "INSUFFICIENT_FUNDS");
}

#[test]
fn ruin_comes_before_what_goes_wrong_after_it() {
    let data = flat(&[100, 100, 250, 250, 100]);
    let mut script = Script::default().sell(0, 1_000).at((0, 3), |session| {
        Err(RunError::Strategy {
            time_ns: session.now_ns(),
            reason: "INTERNAL",
            message: "too late".to_owned(),
        })
    });
    let ruined = run(vec![feed("SPY", data)], usd(CASH), &mut script, &Unwatched).unwrap_err();
    assert!(matches!(ruined, RunError::Ruined { time_ns: 180, .. }), "{ruined}");
}

#[test]
fn a_run_makes_no_more_orders_than_it_may() {
    let terms = RunTerms { max_orders: 1, ..usd(CASH) };
    let mut script = Script::default().buy(0, 1).buy(1, 1);
    let ended = run(vec![feed("SPY", flat(&[1; 4]))], terms, &mut script, &Unwatched);
    let ended = ended.unwrap_err();
    assert!(matches!(ended, RunError::TooManyOrders { limit: 1, time_ns: 120 }), "{ended}");
}

#[test]
fn whoever_controls_a_run_sees_how_far_it_is_and_may_end_it() {
    let seen = Cell::new(0);
    let control = |progress: &Progress| {
        assert!(progress.done <= progress.total);
        seen.set(seen.get() + 1);
        if seen.get() == 2 {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    };
    let data = flat(&vec![1; 5_000]);
    let mut script = Script { every_bar: true, ..Script::default() };
    let ended = run(vec![feed("SPY", data)], usd(CASH), &mut script, &control).unwrap_err();
    assert!(matches!(ended, RunError::Canceled { .. }), "{ended}");
    assert_eq!(script.told.len(), 2_048);
}

#[test]
fn a_strategy_that_answers_without_an_end_is_ended() {
    let mut script = Script::default()
        .buy(0, 1)
        .on_fill(|session| session.submit(&NewOrder::market(0, Buy, 1)).map(|_| ()));
    let data = vec![feed("SPY", flat(&[1; 3]))];
    let ended = run(data, usd(i64::MAX / 4), &mut script, &Unwatched).unwrap_err();
    assert!(matches!(ended, RunError::Endless { time_ns: 60, .. }), "{ended}");
}

#[test]
fn requests_that_cannot_be_are_errors_of_the_request_and_change_nothing() {
    let mut script = Script::default().at((0, 0), |session| {
        assert!(matches!(session.cancel(1), Err(RunError::Unknown { what: "order", .. })));
        assert!(session.set_timer(60, None).is_err());
        assert!(session.set_timer(61, Some(0)).is_err());
        assert!(session.target_weight(0, f64::NAN).is_err());
        assert!(session.submit_list(crate::order::terms::Contingency::Oco, &[]).is_err());
        let bad = session.submit(&NewOrder::market(0, Sell, 0)).unwrap_err();
        assert_eq!(bad.to_string(), "quantity 0 must be positive");
        assert_eq!(session.order_count(), 0);
        session.submit(&NewOrder::market(0, Buy, 1)).map(|number| assert_eq!(number, 1))
    });
    let outcome = ran(vec![feed("SPY", flat(&[1; 3]))], usd(CASH), &mut script);
    assert_eq!((outcome.orders.len(), outcome.fills.len(), outcome.names.len()), (1, 1, 0));
}

#[test]
fn a_refusal_by_a_check_is_told_with_its_rule() {
    let mut script = Script::default().buy(0, 1_001);
    let outcome = ran(vec![feed("SPY", flat(&[100; 3]))], usd(CASH), &mut script);
    let rejection = &outcome.rejections[0];
    assert_eq!((rejection.order, rejection.time_ns), (1, 60));
    assert_eq!(rejection.reason.name(), "INSUFFICIENT_FUNDS");
    assert!(rejection.limit.is_some() && rejection.observed.is_some());
    assert_eq!(outcome.orders[0].status.name(), "REJECTED");
    assert_eq!(outcome.orders[0].reason, Some(rejection.reason));
    assert_eq!(script.told, ["60 bar 0:0", "60 OrderRejected"]);
}
