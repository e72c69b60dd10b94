use proptest::prelude::*;

use super::market::{daily, feed, fills, named, of_closes, on, on_share, terms, try_on, walk};
use crate::backtest::{BarColumns, Engine, FeedData, RunError, Unwatched};
use crate::strategy::tests::market;
use crate::time::DAY_NS;

const CROSS: &str = r#"{"parameters": {"fast": 4, "slow": 8},
    "entry": "cross_above(sma(close, fast), sma(close, slow))",
    "exit": "cross_below(sma(close, fast), sma(close, slow))"}"#;

fn mean(closes: &[i64], end: usize, window: usize) -> Option<f64> {
    let from = (end + 1).checked_sub(window)?;
    Some(closes[from..=end].iter().map(|close| *close as f64).sum::<f64>() / window as f64)
}

/// Fills of the cross, order by order: what is decided at a close fills at the next open, which is that close.
fn naive_cross(closes: &[i64], cash: i64) -> Vec<(i64, i64, i64)> {
    let (mut cash, mut held, mut fills) = (cash, 0, Vec::new());
    for bar in 1..closes.len().saturating_sub(1) {
        let means = |bar: usize| Some((mean(closes, bar, 4)?, mean(closes, bar, 8)?));
        let Some((fast, slow)) = means(bar) else { continue };
        let Some((fast_before, slow_before)) = means(bar - 1) else { continue };
        let price = closes[bar];
        let change = if held == 0 && fast > slow && fast_before <= slow_before {
            cash / price
        } else if held > 0 && fast < slow && fast_before >= slow_before {
            -held
        } else {
            0
        };
        if change != 0 {
            fills.push((bar as i64 + 1, change, price));
            cash -= change * price;
            held += change;
        }
    }
    fills
}

#[test]
fn a_cross_is_traded_as_order_by_order() {
    for seed in 0..20 {
        // Whole dollars, whose means of four and eight a float holds: two that are equal are so here and there.
        let closes: Vec<i64> = walk(600, seed).iter().map(|close| close / 10 * 100).collect();
        let outcome = on_share(CROSS, of_closes(0, &closes));
        let expected = naive_cross(&closes, 10_000_000);
        assert!(expected.len() > 10);
        assert_eq!(fills(&outcome), expected, "{seed}");
        assert_eq!(outcome.rejections, []);
    }
}

#[test]
fn a_rule_is_woken_only_where_it_may_act() {
    let outcome = on_share(CROSS, of_closes(0, &walk(2_000, 3)));
    let orders = outcome.orders.len() as u64;
    // Once to decide each order, once to stop.
    assert_eq!(outcome.counters.calls, orders + 1);
}

/// A run whose data come in parts.
fn in_parts(text: &str, closes: &[i64], cuts: &[usize]) -> crate::backtest::Outcome {
    let part = |from: usize, to: usize| {
        let whole = of_closes(0, closes);
        let slice = |column: &[i64]| column[from..to].to_vec();
        BarColumns::new([
            slice(whole.open_time_ns()),
            slice(whole.close_time_ns()),
            slice(whole.open()),
            slice(whole.high()),
            slice(whole.low()),
            slice(whole.close()),
            slice(whole.volume()),
        ])
        .unwrap()
    };
    let mut trader = market::trader(text);
    let mut engine = Engine::new(vec![feed(named("SPY"), part(0, 0))], terms()).unwrap();
    let bounds: Vec<usize> = cuts.iter().copied().chain([closes.len()]).collect();
    let mut from = 0;
    for to in bounds {
        let data = FeedData::Bars(part(from, to).into());
        let until_ns = to as i64 * DAY_NS - 1;
        engine.push(vec![(0, data)], until_ns, &mut trader, &Unwatched).unwrap();
        from = to;
    }
    engine.finish(&mut trader, &Unwatched).unwrap()
}

#[test]
fn data_in_parts_lead_to_the_same_outcome() {
    let closes = walk(500, 11);
    let scheduled = r#"{"entry": "close > sma(close, 5)", "exit": "close < sma(close, 5)",
        "size": {"type": "weight", "expression": "0.01 * rsi(close, 5)"}, "schedule": {"every": "week"},
        "stops": {"stop_loss": {"distance": "std(close, 5)"}, "max_bars": 9}}"#;
    let weekly = r#"{"entry": "close > bars('1w').close", "exit": "close < bars('1w').close"}"#;
    for text in [CROSS, scheduled, weekly] {
        let whole = on_share(text, of_closes(0, &closes));
        assert!(whole.fills.len() > 10, "{text}");
        for cuts in [&[][..], &[1], &[250], &[63, 64, 65, 400]] {
            assert_eq!(in_parts(text, &closes, cuts), whole, "{text} {cuts:?}");
        }
    }
}

#[test]
fn a_position_is_turned_around_at_one_open() {
    // Rises for five days, falls for five.
    let closes = [100, 101, 102, 103, 104, 103, 102, 101, 100, 99].map(|close| close * 100);
    let text = r#"{"entry": "close > open", "short_entry": "close < open", "size": {"type": "fixed", "quantity": 10}}"#;
    let outcome = on_share(text, of_closes(0, &closes));
    assert_eq!(fills(&outcome), [(2, 10, 10_100), (6, -10, 10_300), (6, -10, 10_300)]);
}

#[test]
fn all_that_was_closed_pays_for_what_is_opened_at_the_same_open() {
    let closes = [100, 101, 102, 103, 104, 103, 102, 101, 100, 99].map(|close| close * 100);
    for size_at in ["close", "next_open"] {
        let text = format!(
            r#"{{"entry": "close > open", "short_entry": "close < open", "size_at": "{size_at}"}}"#
        );
        let outcome = on_share(&text, of_closes(0, &closes));
        assert_eq!(outcome.rejections, [], "{size_at}");
        // 990 at 101.00, sold at 103.00, leave 101,980.00, which is 990 at 103.00.
        let expected = [(2, 990, 10_100), (6, -990, 10_300), (6, -990, 10_300)];
        assert_eq!(fills(&outcome), expected, "{size_at}");
    }
}

#[test]
fn what_is_turned_around_after_a_gap_is_checked_at_the_open_that_pays_for_it() {
    let bars = daily(
        0,
        &[
            [10_000, 10_100, 10_000, 10_100],
            [10_100, 10_200, 10_100, 10_200],
            [10_200, 10_200, 10_000, 10_000],
            [8_000, 8_000, 7_900, 7_900],
        ],
    );
    for size_at in ["close", "next_open"] {
        let text = format!(
            r#"{{"entry": "close > open", "short_entry": "close < open", "size_at": "{size_at}"}}"#
        );
        let outcome = on(&text, vec![feed(named("SPY"), bars.clone())]);
        assert_eq!(outcome.rejections, [], "{size_at}");
        // 990 at 101.00, sold at 80.00, leave 79,210.00, which is 990 at 80.00; at the close they were worth 990 at 100.00.
        let expected = [(1, 990, 10_100), (3, -990, 8_000), (3, -990, 8_000)];
        assert_eq!(fills(&outcome), expected, "{size_at}");
    }
}

#[test]
fn what_is_sized_at_the_open_spends_everything_there_with_its_fee() {
    let bars = daily(
        0,
        &[
            [10_000, 10_100, 9_900, 10_100],
            [10_500, 10_600, 10_400, 10_500],
            [10_500, 10_500, 10_500, 10_500],
        ],
    );
    let mut terms = terms();
    terms.venue.fees = crate::venue::Fees::Bps("10".parse().unwrap());
    let text = r#"{"entry": "close > open", "size_at": "next_open"}"#;
    let outcome = try_on(text, vec![feed(named("SPY"), bars)], terms).unwrap();
    // ⌊100,000 / (105 · 1.001)⌋
    assert_eq!(fills(&outcome), [(1, 951, 10_500)]);
    assert_eq!(outcome.rejections, []);
}

#[test]
fn a_strategy_trades_the_symbols_that_it_names() {
    let feeds = || ["A", "B"].map(|name| feed(named(name), of_closes(0, &[100, 101, 102]))).into();
    let outcome = on(r#"{"symbols": ["B"], "entry": "close > open"}"#, feeds());
    assert_eq!(outcome.fills.iter().map(|fill| fill.instrument).collect::<Vec<_>>(), [1]);
    let both = on(r#"{"entry": "close > open"}"#, feeds());
    assert_eq!(both.fills.len(), 2, "an equal share for each");
    let error =
        try_on(r#"{"symbols": ["C"], "entry": "close > open"}"#, feeds(), terms()).unwrap_err();
    assert!(
        matches!(error, RunError::Unknown { what: "instrument", ref name } if name == "C"),
        "{error}"
    );
}

#[test]
fn a_field_that_bars_do_not_have_is_named() {
    let error = try_on(
        r#"{"entry": "trade_count > 5"}"#,
        vec![feed(named("SPY"), of_closes(0, &[100, 101]))],
        terms(),
    )
    .unwrap_err();
    assert!(error.to_string().contains("\"trade_count\""), "{error}");
}

#[test]
fn nothing_is_bought_out_of_the_universe_and_what_is_held_may_be_sold() {
    let mut with_spans = feed(
        named("SPY"),
        of_closes(0, &[100, 101, 102, 103, 104, 103, 102, 101].map(|close| close * 100)),
    );
    with_spans.membership = vec![(3 * DAY_NS, 4 * DAY_NS + 1)];
    let outcome = on(
        r#"{"entry": "close > open", "exit": "close < open", "size": {"type": "fixed", "quantity": 1}}"#,
        vec![with_spans],
    );
    // The first close in it is the third day's.
    assert_eq!(fills(&outcome), [(3, 1, 10_200), (6, -1, 10_300)]);
}

#[test]
fn a_schedule_chooses_the_closes_that_decide() {
    let closes: Vec<i64> = (0..60).map(|day| 10_000 + day * 10).collect();
    let text = r#"{"entry": "close > open", "exit": "close > open", "size": {"type": "fixed", "quantity": 1}, "schedule": {"every": {"bars": 7}}}"#;
    // An exit that holds with the entry buys nothing.
    assert_eq!(fills(&on_share(text, of_closes(0, &closes))), []);
    let text = r#"{"entry": "hour() == 0", "short_entry": "False", "exit": "close > 0 and day() > 3", "size": {"type": "fixed", "quantity": 1}, "schedule": {"every": "month"}}"#;
    // 1970-01-01 decides, then 1970-02-01, at the close of the day; both fill at the next open.
    assert_eq!(fills(&on_share(text, of_closes(0, &closes))), [(1, 1, 10_000)]);
}

proptest! {
    #![proptest_config(crate::soak::cases(64))]
    #[test]
    fn a_run_decides_as_bar_by_bar_decisions_do(
        seed in any::<u64>(),
        windows in (1..6_usize, 2..12_usize),
        is_short in any::<bool>(),
        max_bars in prop::option::of(1..8_u32),
        every in 1..4_u32,
    ) {
        let (fast, slow) = windows;
        let short = if is_short { r#""short_entry": "sma(close, fast) < sma(close, slow)","# } else { "" };
        let stops = max_bars.map_or(String::new(), |bars| format!(r#""stops": {{"max_bars": {bars}}},"#));
        let text = format!(
            r#"{{"parameters": {{"fast": {fast}, "slow": {slow}}}, {short} {stops}
                "entry": "sma(close, fast) > sma(close, slow)", "exit": "rsi(close, slow) > 60",
                "size": {{"type": "fixed", "quantity": 5}}, "schedule": {{"every": {{"bars": {every}}}}}}}"#
        );
        let closes = walk(200, seed);
        let outcome = on_share(&text, of_closes(0, &closes));
        prop_assert_eq!(fills(&outcome), super::streams::fills_bar_by_bar(&text, &closes));
    }
}
