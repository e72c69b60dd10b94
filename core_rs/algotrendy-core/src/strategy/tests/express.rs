//! The short way of market orders leads to what the long one does.

use proptest::prelude::*;

use super::market::{daily, feed, named, of_closes, short_and_long, terms, trader, walk};
use crate::backtest::{
    BarColumns, Delisting, Feed, FeedData, Finish, Outcome, Progress, RunError, RunTerms, Unwatched,
};
use crate::decimal::Decimal;
use crate::instrument::testing::{coin, currency, future, instrument, spy};
use crate::instrument::{Commission, InstrumentTerms, Margin};
use crate::time::DAY_NS;
use crate::venue::{Fees, Latency, MarketFill, Slippage, Spread, VenueConfig};

const CROSS: &str =
    r#"{"entry": "cross_above(close, sma(close, 5))", "exit": "close < sma(close, 5)"}"#;
const BOTH: &str = r#"{"entry": "close > sma(close, 4)", "short_entry": "close < sma(close, 4)"}"#;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Whether all orders went the short way.
fn went_short(outcome: &Outcome) -> bool {
    outcome.counters.short > 0 && outcome.counters.short == outcome.orders.len() as u64
}

fn share() -> Vec<Feed> {
    vec![feed(named("SPY"), of_closes(0, &walk(300, 5)))]
}

#[test]
fn market_orders_of_one_symbol_go_the_short_way() {
    for finish in [Finish::Hold, Finish::LastOpen, Finish::LastClose] {
        for text in [CROSS, BOTH] {
            let short = short_and_long(text, share(), RunTerms { finish, ..terms() }).0.unwrap();
            assert!(went_short(&short), "{finish:?} {text}");
            assert!(short.fills.len() > 20);
        }
    }
}

#[test]
fn what_may_come_between_goes_the_long_way() {
    let venue = |venue: VenueConfig| RunTerms { venue, ..terms() };
    let latency = Latency::Fixed { latency_ns: 1 };
    let limits = Some(Box::new(crate::backtest::no_limits()));
    let worlds = [
        venue(VenueConfig { market_fill: MarketFill::SameClose, ..VenueConfig::default() }),
        venue(VenueConfig { participation: Some(decimal("0.5")), ..VenueConfig::default() }),
        venue(VenueConfig { order_latency: latency, ..VenueConfig::default() }),
        venue(VenueConfig { report_latency: latency, ..VenueConfig::default() }),
        RunTerms { limits, ..terms() },
    ];
    for terms in worlds {
        let short = short_and_long(CROSS, share(), terms.clone()).0.unwrap();
        assert!(!went_short(&short), "{terms:?}");
    }
    let stopped = r#"{"entry": "close > open", "stops": {"stop_loss": {"percent": "0.01"}}}"#;
    assert!(!went_short(&short_and_long(stopped, share(), terms()).0.unwrap()));
    let mut delisted = share();
    delisted[0].delisting = Some(Delisting { time_ns: 100 * DAY_NS, price: None });
    assert!(!went_short(&short_and_long(CROSS, delisted, terms()).0.unwrap()));
    let two = ["A", "B"].map(|name| feed(named(name), of_closes(0, &walk(300, 5))));
    assert!(!went_short(&short_and_long(CROSS, two.into(), terms()).0.unwrap()));
}

#[test]
fn a_refused_order_and_a_ruin_are_told_as_the_long_way_tells_them() {
    // Everything at the close, and a commission on top of it: refused.
    let dear = InstrumentTerms {
        commission: Some(Commission::Percentage {
            maker_bps: decimal("10"),
            taker_bps: decimal("10"),
        }),
        ..spy()
    };
    let feeds = vec![feed(instrument(dear), of_closes(0, &walk(60, 5)))];
    let refused = short_and_long(CROSS, feeds, terms()).0.unwrap();
    assert!(!refused.rejections.is_empty());
    // Short of all it is worth, and then the price is ten times as high.
    let up = [100, 99, 98, 97, 96, 900, 950, 990].map(|close| close * 100);
    let text = r#"{"short_entry": "close < sma(close, 3)"}"#;
    let ruined = short_and_long(text, vec![feed(named("SPY"), of_closes(0, &up))], terms()).0;
    assert!(matches!(ruined, Err(RunError::Ruined { .. })), "{ruined:?}");
    let few = RunTerms { max_orders: 3, ..terms() };
    let ended = short_and_long(CROSS, share(), few).0;
    assert!(matches!(ended, Err(RunError::TooManyOrders { limit: 3, .. })), "{ended:?}");
}

#[test]
fn what_cannot_begin_is_told_as_the_long_way_tells_it() {
    let unknown = r#"{"symbols": ["XYZ"], "entry": "close > open"}"#;
    let error = short_and_long(unknown, share(), terms()).0.unwrap_err();
    assert!(matches!(error, RunError::Unknown { .. }), "{error}");
    let missing = r#"{"entry": "trade_count > 5"}"#;
    let error = short_and_long(missing, share(), terms()).0.unwrap_err();
    assert!(matches!(error, RunError::Strategy { .. }), "{error}");
}

#[test]
fn who_watches_may_end_it() {
    let closes: Vec<i64> = (0..5_000).map(|day| 10_000 + 100 * (day % 2)).collect();
    let feeds = vec![feed(named("SPY"), of_closes(0, &closes))];
    let text = r#"{"entry": "close > open", "exit": "close < open"}"#;
    let seen = std::cell::Cell::new(0);
    let control = |progress: &Progress| {
        seen.set(progress.done);
        std::ops::ControlFlow::Break(())
    };
    let error = trader(text).run(feeds, terms(), &control).unwrap_err();
    assert!(matches!(error, RunError::Canceled { .. }), "{error}");
    assert!(seen.get() > 0 && seen.get() < 5_000);
}

#[test]
fn a_trader_runs_again_as_it_ran() {
    let mut once = trader(BOTH);
    let first = once.run(share(), terms(), &Unwatched).unwrap();
    assert_eq!(once.run(share(), terms(), &Unwatched).unwrap(), first);
}

/// Bars of any length, also none, with gaps in time and price.
fn bars() -> impl Strategy<Value = BarColumns> {
    let bar = (0..3_i64, 0..3_i64, -300..300_i64, -300..300_i64, 0..50_i64);
    prop::collection::vec(bar, 0..120).prop_map(|rows| {
        let mut columns: [Vec<i64>; 7] = Default::default();
        let (mut now, mut last) = (0, 10_000_i64);
        for (pause, length, gap, step, reach) in rows {
            let open = (last + gap / 4).max(500);
            let close = (open + step).max(500);
            let (opens, closes) = (now + pause * DAY_NS, now + (pause + length) * DAY_NS);
            let row = [
                opens,
                closes,
                open,
                open.max(close) + reach,
                (open.min(close) - reach).max(1),
                close,
                1_000,
            ];
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
            (now, last) = (closes, close);
        }
        BarColumns::new(columns).unwrap()
    })
}

fn rule() -> impl Strategy<Value = String> {
    let signals = prop::sample::select(vec![
        r#""entry": "close > open", "exit": "close < open""#,
        r#""entry": "close > open", "short_entry": "close < open""#,
        r#""entry": "close > lag(close, 1)", "exit": "close < lag(close, 2)", "short_entry": "close < lag(close, 1)""#,
        r#""short_entry": "close < sma(close, 3)", "short_exit": "close > open""#,
        r#""entry": "close > 0""#,
        r#""entry": "close > 0", "exit": "close > 0""#,
    ]);
    let size = prop::sample::select(vec![
        r#"{"type": "equal"}"#,
        r#"{"type": "percent", "percent": "0.5"}"#,
        r#"{"type": "percent", "percent": "1"}"#,
        r#"{"type": "percent", "percent": "1.7"}"#,
        r#"{"type": "fixed", "quantity": 30}"#,
        r#"{"type": "notional", "amount": "20000"}"#,
        r#"{"type": "weight", "expression": "close / 20000"}"#,
    ]);
    let size_at = prop::sample::select(vec!["close", "next_open"]);
    let more = prop::sample::select(vec![
        "",
        r#", "stops": {"max_bars": 3}"#,
        r#", "stops": {"max_bars": 1}"#,
        r#", "schedule": {"every": "week"}"#,
        r#", "schedule": {"every": {"bars": 3}}"#,
        r#", "stops": {"stop_loss": {"percent": "0.01"}}"#,
    ]);
    (signals, size, size_at, more).prop_map(|(signals, size, size_at, more)| {
        format!(r#"{{{signals}, "size": {size}, "size_at": "{size_at}"{more}}}"#)
    })
}

fn traded() -> impl Strategy<Value = InstrumentTerms> {
    let commission = prop::sample::select(vec![
        None,
        Some(Commission::PerShare {
            rate: decimal("0.005"),
            minimum: Some(decimal("1")),
            maximum_bps: Some(decimal("100")),
        }),
        Some(Commission::Percentage { maker_bps: decimal("1"), taker_bps: decimal("12.5") }),
    ]);
    let margin = prop::sample::select(vec![None, Some(Margin::Bps(5_000))]);
    let kinds = prop::sample::select(vec![spy(), spy(), coin(), future()]);
    (kinds, prop::sample::select(vec![1, 5]), prop::sample::select(vec![1, 10]), commission, margin)
        .prop_map(|(base, tick_size, lot_size, commission, initial_margin)| {
            let is_share = base.symbol == spy().symbol;
            let initial_margin = if is_share { initial_margin } else { base.initial_margin };
            InstrumentTerms { tick_size, lot_size, initial_margin, commission, ..base }
        })
}

fn world() -> impl Strategy<Value = RunTerms> {
    let slippage = prop::sample::select(vec![Slippage::None, Slippage::Bps(decimal("7.5"))]);
    let spread =
        prop::sample::select(vec![Spread::None, Spread::Ticks(3), Spread::Bps(decimal("4"))]);
    let fees = prop::sample::select(vec![Fees::Instrument, Fees::Bps(decimal("1"))]);
    let finish = prop::sample::select(vec![Finish::Hold, Finish::LastOpen, Finish::LastClose]);
    let start = prop::option::of(0..40_i64);
    let end = prop::option::of(41..200_i64);
    let fill = prop::sample::select(vec![
        MarketFill::NextOpen,
        MarketFill::NextOpen,
        MarketFill::SameClose,
    ]);
    let account = prop::sample::select(vec!["USD", "USD", "USD", "EUR"]);
    (slippage, spread, fees, finish, start, end, fill, account).prop_map(
        |(slippage, spread, fees, finish, start, end, market_fill, account)| RunTerms {
            venue: VenueConfig { market_fill, slippage, spread, fees, ..VenueConfig::default() },
            finish,
            start_ns: start.map(|day| day * DAY_NS),
            end_ns: end.map(|day| day * DAY_NS),
            rates: if account == "EUR" { vec![(currency("USD"), decimal("0.9"))] } else { vec![] },
            ..RunTerms::new(currency(account), 10_000_000)
        },
    )
}

proptest! {
    #[test]
    fn the_short_way_leads_to_what_the_long_one_does(
        text in rule(),
        bars in bars(),
        traded in traded(),
        terms in world(),
        membership in prop::sample::select(vec![vec![], vec![(5, 30), (40, 60)]]),
    ) {
        let span = |(from, to): (i64, i64)| (from * DAY_NS, to * DAY_NS);
        let membership = membership.into_iter().map(span).collect();
        let data = FeedData::Bars(bars.into());
        let feed = Feed { membership, ..Feed::new(instrument(traded), data) };
        // Compared as they are made.
        let _ = short_and_long(&text, vec![feed], terms);
    }
}

#[test]
fn days_without_a_next_open_leave_their_order_open() {
    let bars = daily(0, &[[10_000, 10_100, 10_000, 10_100], [10_100, 10_200, 10_100, 10_200]]);
    let text = r#"{"entry": "close > open", "exit": "close > open"}"#;
    let (short, _) = short_and_long(text, vec![feed(named("SPY"), bars)], terms());
    assert_eq!(short.unwrap().orders.len(), 0, "what is to be bought and sold is left alone");
}
