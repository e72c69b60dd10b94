use super::market::{daily, fills, on_share};
use crate::order::status::OrderStatus;
use crate::order::terms::OrderType;

/// Bought at the second bar's open, which is 100.00.
fn after_entry(stops: &str, bars: &[[i64; 4]]) -> crate::backtest::Outcome {
    let mut prices = vec![[9_900, 10_000, 9_900, 10_000]];
    prices.extend_from_slice(bars);
    let text = format!(
        r#"{{"entry": "close > open and is_null(lag(close))", "size": {{"type": "fixed", "quantity": 10}}, "stops": {stops}}}"#
    );
    on_share(&text, daily(0, &prices))
}

const BOTH: &str = r#"{"stop_loss": {"percent": "0.05"}, "take_profit": {"percent": "0.1"}}"#;

#[test]
fn a_stop_and_a_target_protect_the_rest_of_the_bar_that_entered() {
    for (bar, price) in
        [([10_000, 10_100, 9_400, 9_600], 9_500), ([10_000, 11_200, 9_900, 11_100], 11_000)]
    {
        let outcome = after_entry(BOTH, &[bar, [10_000; 4]]);
        assert_eq!(fills(&outcome)[..1], [(1, 10, 10_000)], "{bar:?}");
        let exit = &outcome.fills[1];
        assert_eq!((exit.quantity, exit.price), (10, price), "{bar:?}");
        assert_eq!(outcome.fills.len(), 2, "{bar:?}");
    }
}

#[test]
fn the_exit_that_did_not_fill_is_canceled() {
    let outcome =
        after_entry(BOTH, &[[10_000, 11_200, 9_900, 11_100], [11_100, 11_100, 5_000, 5_000]]);
    let kinds: Vec<(OrderType, OrderStatus)> =
        outcome.orders.iter().map(|order| (order.order_type, order.status)).collect();
    let expected = [
        (OrderType::Market, OrderStatus::Filled),
        (OrderType::Stop, OrderStatus::Canceled),
        (OrderType::Limit, OrderStatus::Filled),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(outcome.fills.len(), 2);
}

#[test]
fn a_gap_through_a_stop_fills_at_the_open_and_one_over_a_target_too() {
    let quiet = [10_000, 10_050, 9_950, 10_000];
    let gap_down = after_entry(BOTH, &[quiet, [9_000, 9_100, 8_900, 9_000]]);
    assert_eq!(fills(&gap_down)[1], (2, -10, 9_000));
    let gap_up = after_entry(BOTH, &[quiet, [12_000, 12_100, 11_900, 12_000]]);
    assert_eq!(fills(&gap_up)[1], (2, -10, 12_000));
}

#[test]
fn of_both_touched_in_a_bar_the_path_says_which_fills() {
    let quiet = [10_000, 10_050, 9_950, 10_000];
    // Nearer to the high, the path goes there first; nearer to the low, there.
    let high_first = after_entry(BOTH, &[quiet, [10_900, 11_200, 9_000, 10_000]]);
    let low_first = after_entry(BOTH, &[quiet, [9_600, 11_200, 9_400, 10_000]]);
    assert_eq!((high_first.fills[1].price, high_first.fills.len()), (11_000, 2));
    assert_eq!((low_first.fills[1].price, low_first.fills.len()), (9_500, 2));
}

#[test]
fn a_trailing_stop_follows_the_highest_price() {
    let stops = r#"{"trailing": {"percent": "0.1"}}"#;
    let outcome = after_entry(
        stops,
        &[
            [10_000, 10_000, 9_900, 9_950],
            [10_000, 12_000, 10_000, 12_000],
            [11_900, 11_900, 10_700, 10_700],
        ],
    );
    assert_eq!(fills(&outcome)[1].1, -10);
    assert_eq!(outcome.fills[1].price, 10_800, "a tenth below 120.00");
}

#[test]
fn a_position_lasts_for_max_bars_and_its_exits_end_with_it() {
    let quiet = [10_000, 10_050, 9_950, 10_000];
    let stops = r#"{"stop_loss": {"percent": "0.05"}, "max_bars": 3}"#;
    let outcome = after_entry(stops, &[quiet, quiet, quiet, quiet, [9_000; 4]]);
    // Bars 1, 2 and 3; it is decided at the close of the third.
    assert_eq!(fills(&outcome), [(1, 10, 10_000), (4, -10, 10_000)]);
    assert_eq!(outcome.orders[1].status, OrderStatus::Canceled);
}

#[test]
fn a_position_that_was_stopped_out_may_be_entered_again() {
    let text = r#"{"entry": "close >= 100", "size": {"type": "fixed", "quantity": 10}, "stops": {"stop_loss": {"percent": "0.05"}, "max_bars": 2}}"#;
    let quiet = [10_000, 10_000, 10_000, 10_000];
    let falls = [10_000, 10_000, 9_000, 10_000];
    let outcome = on_share(text, daily(0, &[quiet, falls, quiet, quiet, quiet, quiet, quiet]));
    let expected = [(1, 10), (1, -10), (2, 10), (4, -10), (5, 10)];
    let found: Vec<(i64, i64)> =
        fills(&outcome).iter().map(|fill| (fill.0.min(6), fill.1)).collect();
    // The stop filled in the bar that entered, whose close decides again.
    assert_eq!(found.iter().map(|fill| fill.1).collect::<Vec<_>>(), expected.map(|fill| fill.1));
    assert_eq!(outcome.rejections, []);
}

#[test]
fn a_short_position_is_protected_from_above() {
    let text = r#"{"short_entry": "is_null(lag(close))", "size": {"type": "fixed", "quantity": 10},
        "stops": {"stop_loss": {"percent": "0.05"}, "take_profit": {"distance": "close * 0 + 7.5"}}}"#;
    let first = [10_000, 10_000, 10_000, 10_000];
    let lost = on_share(text, daily(0, &[first, [10_000, 10_600, 9_900, 10_000], first]));
    assert_eq!(lost.fills.iter().map(|fill| fill.price).collect::<Vec<_>>(), [10_000, 10_500]);
    let won = on_share(text, daily(0, &[first, [10_000, 10_100, 9_000, 9_500], first]));
    assert_eq!(won.fills.iter().map(|fill| fill.price).collect::<Vec<_>>(), [10_000, 9_250]);
}
