//! Orders that meet quotes and trades.

use super::*;
use crate::venue::{LimitFill, Slippage, Spread, VenueQuote, VenueTrade};
use ExecutionKind::{Accepted, Fill, Rejected, Triggered};

fn quote(time_ns: i64, bid: i64, ask: i64, sizes: [i64; 2]) -> VenueQuote {
    let [bid_size, ask_size] = sizes.map(Quantity);
    VenueQuote { time_ns: NOW_NS + time_ns, bid: Price(bid), ask: Price(ask), bid_size, ask_size }
}

fn on_quote(venue: &mut SimulatedVenue, quote: &VenueQuote) -> Vec<ExecutionReport> {
    reported(|reports| venue.on_quote("SPY", quote, reports).unwrap())
}

fn on_trade(
    venue: &mut SimulatedVenue,
    time_ns: i64,
    price: i64,
    quantity: i64,
) -> Vec<ExecutionReport> {
    let (price, quantity) = (Price(price), Quantity(quantity));
    let trade = VenueTrade { time_ns: NOW_NS + time_ns, price, quantity };
    reported(|reports| venue.on_trade("SPY", &trade, reports).unwrap())
}

fn whole_sizes() -> VenueConfig {
    VenueConfig { participation: Some(decimal("1")), ..VenueConfig::default() }
}

#[test]
fn an_order_trades_at_the_quote_that_stands_as_it_arrives() {
    let mut venue = plain();
    assert!(on_quote(&mut venue, &quote(-5, 39_990, 40_010, [100, 100])).is_empty());
    let reports = send(&mut venue, buy("b", 10));
    assert_eq!(told(&reports), [("b", Accepted, 0, 0), ("b", Fill, 10, 40_010)]);
    assert_eq!(reports[1].transact_time_ns, Some(NOW_NS));
    assert_eq!(fills(&send(&mut venue, sell("s", 10))), [("s", 10, 39_990)]);
}

#[test]
fn a_quotes_size_is_consumed_until_the_next_quote() {
    let mut venue = venue(whole_sizes());
    on_quote(&mut venue, &quote(-5, 39_990, 40_010, [100, 50]));
    assert_eq!(fills(&send(&mut venue, buy("a", 30))), [("a", 30, 40_010)]);
    assert_eq!(fills(&send(&mut venue, buy("b", 30))), [("b", 20, 40_010)]);
    assert!(fills(&send(&mut venue, buy("c", 10))).is_empty());
    // The other side is another's.
    assert_eq!(fills(&send(&mut venue, sell("s", 100))), [("s", 100, 39_990)]);
    let reports = on_quote(&mut venue, &quote(5, 39_990, 40_020, [100, 15]));
    assert_eq!(fills(&reports), [("b", 10, 40_020), ("c", 5, 40_020)]);
}

#[test]
fn a_limit_order_takes_up_to_its_limit_or_rests_and_is_met_at_it() {
    let mut venue = plain();
    on_quote(&mut venue, &quote(-5, 39_990, 40_010, [100, 100]));
    assert_eq!(fills(&send(&mut venue, limit(buy("takes", 1), 40_020))), [("takes", 1, 40_010)]);
    assert!(fills(&send(&mut venue, limit(buy("rests", 1), 40_000))).is_empty());
    assert!(on_quote(&mut venue, &quote(1, 39_980, 40_001, [100, 100])).is_empty());
    let reports = on_quote(&mut venue, &quote(2, 39_900, 39_910, [100, 100]));
    assert_eq!(fills(&reports), [("rests", 1, 40_000)]);
}

#[test]
fn a_stop_is_triggered_by_the_side_it_takes() {
    let mut venue = plain();
    on_quote(&mut venue, &quote(-5, 39_990, 40_010, [100, 100]));
    send_all(&mut venue, [stop(buy("b", 1), 40_020), stop(sell("s", 1), 39_980)]);
    let reports = on_quote(&mut venue, &quote(1, 39_985, 40_025, [100, 100]));
    assert_eq!(told(&reports), [("b", Triggered, 0, 0), ("b", Fill, 1, 40_025)]);
    let reports = on_quote(&mut venue, &quote(2, 39_970, 40_000, [100, 100]));
    assert_eq!(told(&reports), [("s", Triggered, 0, 0), ("s", Fill, 1, 39_970)]);
}

#[test]
fn a_trailing_stop_follows_the_bid_or_the_ask() {
    let mut venue = plain();
    on_quote(&mut venue, &quote(-5, 39_990, 40_010, [100, 100]));
    send_all(&mut venue, [trailing(sell("s", 1), Trail::Offset(Price(20)))]);
    assert!(on_quote(&mut venue, &quote(1, 40_090, 40_100, [100, 100])).is_empty());
    assert!(on_quote(&mut venue, &quote(2, 40_071, 40_080, [100, 100])).is_empty());
    assert_eq!(
        fills(&on_quote(&mut venue, &quote(3, 40_070, 40_080, [100, 100]))),
        [("s", 1, 40_070)]
    );
}

#[test]
fn a_quote_has_its_spread_and_still_slips() {
    let config = VenueConfig {
        slippage: Slippage::Bps(decimal("1")),
        spread: Spread::Ticks(100),
        ..VenueConfig::default()
    };
    let mut venue = venue(config);
    on_quote(&mut venue, &quote(-5, 39_990, 40_000, [100, 100]));
    assert_eq!(fills(&send(&mut venue, buy("b", 1))), [("b", 1, 40_004)]);
}

#[test]
fn an_immediate_order_has_its_only_chance_at_the_quote() {
    let mut venue = venue(whole_sizes());
    on_quote(&mut venue, &quote(-5, 39_990, 40_010, [100, 50]));
    let reports = send(&mut venue, within(buy("fok", 60), TimeInForce::Fok));
    assert_eq!(reports[1].kind, ExecutionKind::Canceled);
    let reports = send(&mut venue, within(buy("ioc", 60), TimeInForce::Ioc));
    assert_eq!(told(&reports)[1], ("ioc", Fill, 50, 40_010));
    assert_eq!(venue.working_orders(), 0);
}

#[test]
fn a_post_only_order_is_rejected_where_the_quote_would_fill_it() {
    let mut venue = plain();
    on_quote(&mut venue, &quote(-5, 39_990, 40_010, [100, 100]));
    let post_only = |id, price| VenueOrder { post_only: true, ..limit(buy(id, 1), price) };
    assert_eq!(told(&send(&mut venue, post_only("a", 40_010))), [("a", Rejected, 0, 0)]);
    assert_eq!(told(&send(&mut venue, post_only("b", 40_009))), [("b", Accepted, 0, 0)]);
}

#[test]
fn without_quotes_a_trade_fills_what_takes_and_what_rests_from_one_quantity() {
    let mut venue = venue(whole_sizes());
    send_all(&mut venue, [limit(buy("rests", 30), 40_000), buy("takes", 100)]);
    // Before its first trade nobody knows whether the limit order rests.
    assert_eq!(fills(&on_trade(&mut venue, 1, 40_100, 50)), [("takes", 50, 40_100)]);
    let reports = on_trade(&mut venue, 2, 39_950, 60);
    assert_eq!(fills(&reports), [("rests", 30, 40_000), ("takes", 30, 39_950)]);
    assert!(on_trade(&mut venue, 3, 39_950, 0).is_empty());
}

#[test]
fn a_trade_from_before_its_decision_meets_no_order() {
    let mut venue = plain();
    on_trade(&mut venue, -1, 40_000, 10);
    assert_eq!(told(&send(&mut venue, buy("o", 1))), [("o", Accepted, 0, 0)]);
    assert_eq!(fills(&on_trade(&mut venue, 0, 40_010, 10)), [("o", 1, 40_010)]);
}

#[test]
fn where_a_quote_stands_a_trade_triggers_stops_that_take_the_quote() {
    let mut venue = venue(whole_sizes());
    on_quote(&mut venue, &quote(-5, 39_990, 40_010, [5, 100]));
    send_all(&mut venue, [stop(sell("stop", 8), 39_950), limit(sell("rests", 10), 40_050)]);
    let reports = on_trade(&mut venue, 1, 39_940, 100);
    // The bid has five, whatever the trade's quantity.
    assert_eq!(told(&reports), [("stop", Triggered, 0, 0), ("stop", Fill, 5, 39_990)]);
    assert_eq!(fills(&on_trade(&mut venue, 2, 40_060, 4)), [("rests", 4, 40_050)]);
    assert_eq!(
        fills(&on_quote(&mut venue, &quote(3, 39_980, 40_000, [9, 9]))),
        [("stop", 3, 39_980)]
    );
}

#[test]
fn a_trade_at_the_limit_does_not_fill_where_it_must_be_crossed() {
    let config = VenueConfig { limit_fill: LimitFill::Crossed, ..VenueConfig::default() };
    let mut venue = venue(config);
    on_trade(&mut venue, -1, 40_000, 10);
    send_all(&mut venue, [limit(buy("o", 1), 39_900)]);
    assert!(on_trade(&mut venue, 1, 39_900, 10).is_empty());
    assert_eq!(fills(&on_trade(&mut venue, 2, 39_899, 10)), [("o", 1, 39_900)]);
}

#[test]
fn impossible_quotes_and_trades_are_refused_and_change_nothing() {
    let mut venue = plain();
    on_quote(&mut venue, &quote(0, 39_990, 40_010, [1, 1]));
    for wrong in [
        quote(1, 40_020, 40_010, [1, 1]),
        quote(1, 0, 40_010, [1, 1]),
        quote(1, 39_990, 40_010, [-1, 1]),
        quote(1, 39_990, 40_010, [1, -1]),
        quote(-1, 39_990, 40_010, [1, 1]),
    ] {
        assert!(venue.on_quote("SPY", &wrong, &mut Vec::new()).is_err(), "{wrong:?}");
    }
    for (price, quantity) in [(0, 1), (-1, 1), (1, -1)] {
        let (price, quantity) = (Price(price), Quantity(quantity));
        let wrong = VenueTrade { time_ns: NOW_NS + 1, price, quantity };
        assert!(venue.on_trade("SPY", &wrong, &mut Vec::new()).is_err(), "{wrong:?}");
    }
    assert_eq!(fills(&send(&mut venue, buy("o", 1))), [("o", 1, 40_010)]);
}
