//! What the simulated venue fills, when, and at what price.

use proptest::prelude::*;

use super::simulated::{SimulatedVenue, VenueBar, VenueError};
use crate::error::Refusal;
use crate::instrument::{Instrument, InstrumentTerms};
use crate::order::command::{ExecutionKind, ExecutionReport};
use crate::order::testing::{buy, coin, decimal, limit, ready, run, sell, spy, spy_terms, NOW_NS};
use crate::order::{Order, OrderTerms};
use crate::price::{Price, Quantity};

fn venue(slippage_bps: &str, fee_bps: &str) -> SimulatedVenue {
    SimulatedVenue::new(decimal(slippage_bps), decimal(fee_bps)).unwrap()
}

fn order(terms: OrderTerms) -> Order {
    Order::new(terms, Some(Price(40_000)), NOW_NS)
}

/// A bar that opens at `open_time_ns` and 400.00, between 395.00 and 405.00.
fn bar(open_time_ns: i64) -> VenueBar {
    VenueBar {
        open_time_ns,
        close_time_ns: open_time_ns + 100,
        open: Price(40_000),
        high: Price(40_500),
        low: Price(39_500),
        close: Price(40_100),
        volume: Quantity(1_000),
    }
}

fn fill_of(venue: &mut SimulatedVenue, terms: OrderTerms) -> Option<ExecutionReport> {
    venue.send(&order(terms));
    let reports = venue.on_bar(&spy(), &bar(NOW_NS)).unwrap();
    assert!(reports.len() <= 1);
    reports.into_iter().next()
}

#[test]
fn a_market_order_fills_at_the_open_made_worse_by_the_slippage() {
    for (terms, slippage_bps, price) in [
        (buy("o", 10), "0", 40_000),
        (sell("o", 10), "0", 40_000),
        (buy("o", 10), "2.5", 40_010),
        (sell("o", 10), "2.5", 39_990),
        (buy("o", 10), "0.01", 40_001),
        (sell("o", 10), "0.01", 39_999),
    ] {
        let report = fill_of(&mut venue(slippage_bps, "0"), terms).unwrap();
        assert_eq!((report.price, report.quantity), (Price(price), Quantity(10)));
        assert_eq!(report.transact_time_ns, Some(NOW_NS));
    }
}

#[test]
fn a_limit_order_fills_at_the_open_never_beyond_its_limit() {
    for (terms, price) in [
        (limit(buy("o", 1), 40_300), 40_200),
        (limit(buy("o", 1), 40_100), 40_100),
        (limit(buy("o", 1), 40_000), 40_000),
        (limit(sell("o", 1), 39_700), 39_800),
        (limit(sell("o", 1), 39_900), 39_900),
    ] {
        let report = fill_of(&mut venue("50", "0"), terms).unwrap();
        assert_eq!((report.price, report.transact_time_ns), (Price(price), Some(NOW_NS)));
    }
}

#[test]
fn a_limit_that_the_range_reaches_fills_at_the_limit_by_the_bars_end() {
    for terms in [limit(buy("o", 1), 39_500), limit(sell("o", 1), 40_500)] {
        let price = terms.limit_price.unwrap();
        let report = fill_of(&mut venue("50", "0"), terms).unwrap();
        assert_eq!((report.price, report.transact_time_ns), (price, Some(NOW_NS + 100)));
    }
    for terms in [limit(buy("o", 1), 39_499), limit(sell("o", 1), 40_501)] {
        assert_eq!(fill_of(&mut venue("50", "0"), terms), None);
    }
}

#[test]
fn an_order_meets_no_bar_that_opened_before_its_decision() {
    let mut venue = venue("0", "0");
    venue.send(&order(buy("o", 1)));
    assert!(venue.on_bar(&spy(), &bar(NOW_NS - 1)).unwrap().is_empty());
    assert!(venue.on_bar(&coin(), &bar(NOW_NS)).unwrap().is_empty());
    assert_eq!(venue.on_bar(&spy(), &bar(NOW_NS)).unwrap().len(), 1);
    assert!(venue.on_bar(&spy(), &bar(NOW_NS + 1)).unwrap().is_empty());
}

#[test]
fn orders_fill_in_the_order_they_were_sent_with_ids_that_repeat() {
    let fills = || {
        let mut venue = venue("0", "0");
        for id in ["c", "a", "b"] {
            assert_eq!(venue.send(&order(buy(id, 1)))[0].execution_id.as_str(), format!("{id}-1"));
        }
        venue.cancel("a");
        venue.on_bar(&spy(), &bar(NOW_NS)).unwrap()
    };
    let reports = fills();
    let ids: Vec<_> = reports.iter().map(|report| report.execution_id.as_str()).collect();
    assert_eq!(ids, ["c-2", "b-2"]);
    assert_eq!(fills(), reports);
}

#[test]
fn an_order_is_taken_once_and_canceled_once() {
    let mut venue = venue("0", "0");
    assert_eq!(venue.send(&order(buy("o", 1)))[0].kind, ExecutionKind::Accepted);
    assert!(venue.send(&order(buy("o", 1))).is_empty());
    assert_eq!(venue.cancel("o")[0].kind, ExecutionKind::Canceled);
    assert!(venue.cancel("o").is_empty());
}

#[test]
fn the_fee_is_rounded_half_to_even_to_the_minor_unit() {
    for (quantity, fee_bps, fee) in
        [(1, "1", 4), (10, "1", 40), (1, "0.125", 0), (1, "0.375", 2), (1, "0", 0)]
    {
        let report = fill_of(&mut venue("0", fee_bps), buy("o", quantity)).unwrap();
        assert_eq!((report.fee, report.fee_currency), (fee, Some(spy().currency())), "{fee_bps}");
    }
}

#[test]
fn a_price_stays_on_the_tick_and_above_zero() {
    let instrument = Instrument::new(InstrumentTerms { tick_size: 25, ..spy_terms() }).unwrap();
    let mut nearly_all = venue("9999.99", "0");
    nearly_all.send(&order(sell("o", 1)));
    nearly_all.send(&order(buy("p", 1)));
    let reports = nearly_all.on_bar(&instrument, &bar(NOW_NS)).unwrap();
    assert_eq!((reports[0].price, reports[1].price), (Price(25), Price(80_000)));
}

#[test]
fn a_rate_that_is_negative_or_above_all_is_refused() {
    for (slippage_bps, fee_bps) in [("-1", "0"), ("10000", "0"), ("0", "-0.1")] {
        let refused = SimulatedVenue::new(decimal(slippage_bps), decimal(fee_bps)).unwrap_err();
        assert_eq!(refused.reason(), "INVALID_ARGUMENT");
    }
}

#[test]
fn a_bar_that_contradicts_itself_is_refused_and_fills_nothing() {
    let mut venue = venue("0", "0");
    venue.send(&order(buy("o", 1)));
    let good = bar(NOW_NS);
    for wrong in [
        VenueBar { low: Price(40_001), ..good },
        VenueBar { high: Price(39_999), ..good },
        VenueBar { low: Price(0), ..good },
        VenueBar { close_time_ns: NOW_NS - 1, ..good },
    ] {
        let refused = venue.on_bar(&spy(), &wrong).unwrap_err();
        assert!(matches!(refused, VenueError::BarInvalid { .. }), "{refused}");
    }
    assert_eq!(venue.on_bar(&spy(), &good).unwrap().len(), 1);
}

#[test]
fn a_venue_rebuilt_from_the_open_orders_repeats_what_the_core_knows() {
    let mut state = ready();
    run(&mut state, buy("o", 1));
    let send = |state: &crate::order::State, venue: &mut SimulatedVenue| -> Vec<_> {
        state.open_orders().flat_map(|order| venue.send(order)).collect()
    };
    for report in send(&state, &mut venue("0", "0")) {
        assert_eq!(run(&mut state, report).events.len(), 1);
    }
    let mut rebuilt = venue("0", "0");
    for report in send(&state, &mut rebuilt) {
        assert!(run(&mut state, report).events.is_empty());
    }
    for report in rebuilt.on_bar(&spy(), &bar(NOW_NS)).unwrap() {
        run(&mut state, report);
    }
    assert_eq!(state.open_orders().len(), 0);
}

proptest! {
    #[test]
    fn slippage_never_helps_and_moves_by_less_than_a_tick_more_than_it_says(
        open in 1..10_000_000_i64, hundredths in 0..10_000_i128, tick_size in 1..50_i64,
    ) {
        let instrument = Instrument::new(InstrumentTerms { tick_size, ..spy_terms() }).unwrap();
        let rate = crate::decimal::Decimal::new(hundredths, 2);
        let flat = VenueBar {
            open: Price(open), high: Price(open), low: Price(open), close: Price(open), ..bar(NOW_NS)
        };
        let mut venue = SimulatedVenue::new(rate, decimal("0")).unwrap();
        venue.send(&order(buy("b", 1)));
        venue.send(&order(sell("s", 1)));
        let reports = venue.on_bar(&instrument, &flat).unwrap();
        let slip = i128::from(open) * hundredths;
        let tick = i128::from(tick_size) * 1_000_000;
        let bought = i128::from(reports[0].price.0 - open) * 1_000_000;
        prop_assert!(slip <= bought && bought < slip + tick);
        let sold = i128::from(open - reports[1].price.0) * 1_000_000;
        prop_assert!(reports[1].price.0 == tick_size || (slip <= sold && sold < slip + tick));
        prop_assert_eq!(reports[1].price.0 % tick_size, 0);
    }
}
