//! Orders that meet bars: when, along which path, and how much of them.

use super::*;
use crate::error::Refusal;
use crate::venue::{LimitFill, MarketFill, VenueError};
use ExecutionKind::{Accepted, Canceled, Fill, Triggered};

#[test]
fn a_market_order_fills_at_the_next_open() {
    let mut venue = plain();
    assert_eq!(told(&send(&mut venue, buy("o", 10))), [("o", Accepted, 0, 0)]);
    let reports = on_bar(&mut venue, &wide(0));
    assert_eq!(told(&reports), [("o", Fill, 10, 40_000)]);
    assert_eq!(reports[0].transact_time_ns, Some(NOW_NS));
    assert_eq!((venue.position("SPY"), venue.working_orders()), (Quantity(10), 0));
}

#[test]
fn an_order_meets_no_bar_that_opened_before_its_decision() {
    let mut venue = plain();
    send_all(&mut venue, [buy("o", 1)]);
    let early = VenueBar { open_time_ns: NOW_NS - 1, ..wide(0) };
    assert!(on_bar(&mut venue, &early).is_empty());
    assert_eq!(fills(&on_bar(&mut venue, &wide(1))), [("o", 1, 40_000)]);
    assert!(on_bar(&mut venue, &wide(2)).is_empty());
}

#[test]
fn an_order_decided_at_a_close_fills_there_only_where_that_is_configured() {
    let config = VenueConfig { market_fill: MarketFill::SameClose, ..VenueConfig::default() };
    assert!(config.fills_at_known_prices() && !VenueConfig::default().fills_at_known_prices());
    let mut venue = venue(config);
    on_bar(&mut venue, &wide(-1));
    let reports = send(&mut venue, buy("o", 10));
    assert_eq!(told(&reports), [("o", Accepted, 0, 0), ("o", Fill, 10, 40_100)]);
    assert_eq!(reports[1].transact_time_ns, Some(NOW_NS));
    let later = VenueOrder { decided_time_ns: NOW_NS + 1, ..buy("later", 10) };
    assert_eq!(told(&send(&mut venue, later)), [("later", Accepted, 0, 0)]);

    let mut careful = plain();
    on_bar(&mut careful, &wide(-1));
    assert_eq!(told(&send(&mut careful, buy("o", 10))), [("o", Accepted, 0, 0)]);
}

#[test]
fn the_nearer_extreme_comes_first_and_a_tie_goes_down_first() {
    for (prices, first) in [
        ([40_000, 40_100, 39_800, 40_000], "sell"),
        ([40_000, 40_200, 39_900, 40_000], "buy"),
        ([40_000, 40_100, 39_900, 40_000], "buy"),
    ] {
        let mut venue = plain();
        let [_, high, low, _] = prices;
        send_all(&mut venue, [limit(buy("buy", 1), low), limit(sell("sell", 1), high)]);
        let reports = on_bar(&mut venue, &bar(0, prices));
        assert_eq!(fills(&reports)[0].0, first, "{prices:?}");
        assert_eq!(reports.len(), 2);
    }
}

#[test]
fn a_gap_through_a_stop_fills_at_the_open_worse_than_the_stop() {
    let mut venue = plain();
    on_bar(&mut venue, &wide(-1));
    send_all(&mut venue, [stop(sell("long", 10), 39_800), stop(buy("short", 10), 40_500)]);
    let down = on_bar(&mut venue, &bar(0, [39_000, 39_100, 38_900, 39_000]));
    assert_eq!(told(&down), [("long", Triggered, 0, 0), ("long", Fill, 10, 39_000)]);
    assert_eq!(down[1].transact_time_ns, Some(NOW_NS));
    let up = on_bar(&mut venue, &bar(1, [41_000, 41_000, 40_900, 41_000]));
    assert_eq!(told(&up), [("short", Triggered, 0, 0), ("short", Fill, 10, 41_000)]);
}

#[test]
fn a_gap_through_a_limit_fills_at_the_open_better_than_the_limit() {
    let mut venue = plain();
    on_bar(&mut venue, &wide(-1));
    send_all(&mut venue, [limit(buy("o", 10), 39_500)]);
    assert_eq!(
        fills(&on_bar(&mut venue, &bar(0, [39_000, 39_000, 38_000, 38_500]))),
        [("o", 10, 39_000)]
    );
}

#[test]
fn within_the_bar_a_stop_fills_at_its_stop_and_a_limit_at_its_limit_by_the_close() {
    let mut venue = plain();
    send_all(&mut venue, [stop(sell("stop", 1), 39_600), limit(sell("limit", 1), 40_400)]);
    let reports = on_bar(&mut venue, &wide(0));
    assert_eq!(fills(&reports), [("stop", 1, 39_600), ("limit", 1, 40_400)]);
    assert!(reports.iter().all(|report| report.transact_time_ns == Some(NOW_NS + BAR_NS)));
}

#[test]
fn prices_that_the_path_does_not_reach_fill_nothing() {
    let mut venue = plain();
    let orders = [
        limit(buy("a", 1), 39_499),
        limit(sell("b", 1), 40_501),
        stop(buy("c", 1), 40_501),
        stop(sell("d", 1), 39_499),
    ];
    send_all(&mut venue, orders);
    assert!(on_bar(&mut venue, &wide(0)).is_empty());
}

#[test]
fn a_limit_that_must_be_crossed_is_not_filled_by_a_touch() {
    let config = VenueConfig { limit_fill: LimitFill::Crossed, ..VenueConfig::default() };
    let mut venue = venue(config);
    send_all(&mut venue, [limit(buy("touched", 1), 39_500), limit(buy("crossed", 1), 39_501)]);
    assert_eq!(fills(&on_bar(&mut venue, &wide(0))), [("crossed", 1, 39_501)]);
}

#[test]
fn a_stop_limit_waits_at_its_limit_once_it_has_triggered() {
    let mut venue = plain();
    let order = stop(limit(buy("o", 1), 40_150), 40_200);
    send_all(&mut venue, [VenueOrder { order_type: OrderType::StopLimit, ..order }]);
    let reports = on_bar(&mut venue, &bar(0, [40_000, 40_300, 39_900, 40_250]));
    assert_eq!(told(&reports), [("o", Triggered, 0, 0)]);
    assert_eq!(
        fills(&on_bar(&mut venue, &bar(1, [40_250, 40_260, 40_100, 40_100]))),
        [("o", 1, 40_150)]
    );
}

#[test]
fn a_trailing_stop_ratchets_along_the_path_before_it_triggers_on_the_rest() {
    let mut venue = plain();
    on_bar(&mut venue, &bar(-1, [40_000; 4]));
    send_all(&mut venue, [trailing(sell("o", 1), Trail::Offset(Price(500)))]);
    // Up to 402.00 first: the stop follows from 395.00 to 397.00, where the fall to 394.00 meets it.
    let reports = on_bar(&mut venue, &bar(0, [40_000, 40_200, 39_400, 39_600]));
    assert_eq!(told(&reports), [("o", Triggered, 0, 0), ("o", Fill, 1, 39_700)]);
}

#[test]
fn a_trailing_stop_never_goes_back() {
    let mut venue = plain();
    on_bar(&mut venue, &bar(-1, [40_000; 4]));
    // One percent above 400.00 is 404.00; the low of 390.00 takes it to 393.90.
    send_all(&mut venue, [trailing(buy("o", 1), Trail::Bps(100))]);
    assert!(on_bar(&mut venue, &bar(0, [39_900, 40_100, 39_850, 39_900])).is_empty());
    let reports = on_bar(&mut venue, &bar(1, [39_100, 39_350, 39_000, 39_350]));
    assert!(reports.is_empty(), "the stop is 393.90, and 393.50 does not reach it");
    assert_eq!(
        fills(&on_bar(&mut venue, &bar(2, [39_380, 39_400, 39_380, 39_400]))),
        [("o", 1, 39_390)]
    );
}

#[test]
fn a_trailing_stop_without_a_market_starts_behind_the_first_open() {
    let mut venue = plain();
    send_all(&mut venue, [trailing(sell("o", 1), Trail::Offset(Price(300)))]);
    assert_eq!(fills(&on_bar(&mut venue, &wide(0))), [("o", 1, 39_700)]);
}

#[test]
fn one_bars_volume_is_shared_by_all_orders_in_time_priority() {
    let config = VenueConfig { participation: Some(decimal("0.1")), ..VenueConfig::default() };
    let mut venue = venue(config);
    send_all(&mut venue, [buy("first", 70), sell("second", 50), buy("third", 10)]);
    let fills_at = |venue: &mut SimulatedVenue, index| on_bar(venue, &wide(index));
    assert_eq!(fills(&fills_at(&mut venue, 0)), [("first", 70, 40_000), ("second", 30, 40_000)]);
    assert_eq!(fills(&fills_at(&mut venue, 1)), [("second", 20, 40_000), ("third", 10, 40_000)]);
}

#[test]
fn an_order_larger_than_the_volume_fills_over_several_bars_in_whole_lots() {
    let config = VenueConfig { participation: Some(decimal("0.025")), ..VenueConfig::default() };
    let mut venue = SimulatedVenue::with_config(config).unwrap();
    let lots = crate::instrument::InstrumentTerms { lot_size: 10, ..spy() };
    venue.set_instrument(&instrument(lots)).unwrap();
    send_all(&mut venue, [buy("o", 50)]);
    // 2.5 % of 1,000 is 25: two lots.
    for (index, quantity) in [(0, 20), (1, 20), (2, 10)] {
        assert_eq!(fills(&on_bar(&mut venue, &wide(index))), [("o", quantity, 40_000)]);
    }
    let empty = VenueBar { volume: Quantity::ZERO, ..wide(3) };
    send_all(&mut venue, [buy("p", 10)]);
    assert!(on_bar(&mut venue, &empty).is_empty());
}

#[test]
fn execution_ids_count_an_orders_reports_and_repeat_with_the_history() {
    let history = || {
        let mut venue = plain();
        let mut ids = Vec::new();
        for id in ["c", "a", "b", "an-order-id-that-is-longer-than-fits-in-place"] {
            ids.extend(send(&mut venue, buy(id, 1)));
        }
        ids.extend(cancel(&mut venue, "a"));
        ids.extend(on_bar(&mut venue, &wide(0)));
        ids
    };
    let ids: Vec<_> = history().iter().map(|report| report.execution_id.to_string()).collect();
    let long = "an-order-id-that-is-longer-than-fits-in-place";
    let (first, second) = (format!("{long}-1"), format!("{long}-2"));
    assert_eq!(ids, ["c-1", "a-1", "b-1", &first, "a-2", "c-2", "b-2", &second]);
    assert_eq!(history(), history());
}

#[test]
fn a_halted_instrument_does_not_trade_and_moves_no_trailing_stop() {
    let mut venue = plain();
    on_bar(&mut venue, &bar(-1, [40_000; 4]));
    send_all(&mut venue, [buy("o", 1), trailing(sell("t", 1), Trail::Offset(Price(500)))]);
    venue.set_halted("SPY", true).unwrap();
    assert!(on_bar(&mut venue, &bar(0, [50_000; 4])).is_empty());
    assert_eq!(told(&send(&mut venue, buy("p", 1))), [("p", Accepted, 0, 0)]);
    assert_eq!(told(&cancel(&mut venue, "p")), [("p", Canceled, 0, 0)]);
    venue.set_halted("SPY", false).unwrap();
    let reports = on_bar(&mut venue, &bar(1, [39_600, 39_600, 39_500, 39_600]));
    assert_eq!(fills(&reports), [("o", 1, 39_600), ("t", 1, 39_500)]);
    assert!(venue.set_halted("QQQ", true).is_err());
}

#[test]
fn an_impossible_bar_is_refused_by_name_and_changes_nothing() {
    let mut venue = plain();
    send_all(&mut venue, [buy("o", 1)]);
    let good = wide(0);
    let cases = [
        ("low", VenueBar { low: Price(40_001), ..good }),
        ("high", VenueBar { high: Price(39_999), ..good }),
        ("low", VenueBar { low: Price(0), ..good }),
        ("volume", VenueBar { volume: Quantity(-1), ..good }),
        ("close_time_ns", VenueBar { close_time_ns: NOW_NS - 1, ..good }),
    ];
    for (expected, wrong) in cases {
        let refused = venue.on_bar("SPY", &wrong, &mut Vec::new()).unwrap_err();
        let VenueError::DataInvalid { symbol, field, .. } = &refused else { panic!("{refused}") };
        assert_eq!((symbol.as_str(), *field), ("SPY", expected));
        assert_eq!(refused.reason(), "DATA_VALUE_INVALID");
    }
    let unlisted = venue.on_bar("QQQ", &good, &mut Vec::new()).unwrap_err();
    assert_eq!(unlisted.reason(), "UNKNOWN_INSTRUMENT");
    assert_eq!(on_bar(&mut venue, &good).len(), 1);
    let again = venue.on_bar("SPY", &good, &mut Vec::new()).unwrap_err();
    assert_eq!(again.metadata()[1], ("field", "open_time_ns".to_owned()));
}

#[test]
fn a_price_that_leaves_its_range_ends_the_walk_and_fills_nothing() {
    let config = VenueConfig {
        slippage: crate::venue::Slippage::Bps(decimal("100")),
        ..VenueConfig::default()
    };
    let mut venue = venue(config);
    send_all(&mut venue, [buy("o", 1)]);
    let refused = venue.on_bar("SPY", &bar(0, [i64::MAX; 4]), &mut Vec::new()).unwrap_err();
    assert_eq!(refused.reason(), "VALUE_OVERFLOW");
    assert_eq!((venue.position("SPY"), venue.working_orders()), (Quantity(0), 1));
    assert_eq!(fills(&on_bar(&mut venue, &wide(1))), [("o", 1, 40_400)]);
}
