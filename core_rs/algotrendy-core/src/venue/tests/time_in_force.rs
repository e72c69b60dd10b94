//! How long orders live: IOC and FOK, DAY and GTD.

use super::*;
use ExecutionKind::{Canceled, Expired, Fill};

fn share() -> SimulatedVenue {
    venue(VenueConfig { participation: Some(decimal("0.1")), ..VenueConfig::default() })
}

#[test]
fn an_ioc_order_fills_what_it_can_at_once_and_the_rest_is_canceled() {
    let mut venue = share();
    send_all(&mut venue, [within(buy("o", 150), TimeInForce::Ioc)]);
    let reports = on_bar(&mut venue, &wide(0));
    assert_eq!(told(&reports), [("o", Fill, 100, 40_000), ("o", Canceled, 0, 0)]);
    assert_eq!(reports[1].reason.as_deref(), Some("NOT_FILLED_AT_ONCE"));
}

#[test]
fn an_ioc_limit_that_the_open_does_not_reach_is_canceled_though_the_bar_would_reach_it() {
    let mut venue = share();
    send_all(&mut venue, [within(limit(buy("o", 10), 39_900), TimeInForce::Ioc)]);
    assert_eq!(told(&on_bar(&mut venue, &wide(0))), [("o", Canceled, 0, 0)]);
}

#[test]
fn a_fok_order_fills_whole_or_not_at_all() {
    for (quantity, expected) in [(100, ("o", Fill, 100, 40_000)), (101, ("o", Canceled, 0, 0))] {
        let mut venue = share();
        send_all(&mut venue, [within(buy("o", quantity), TimeInForce::Fok)]);
        assert_eq!(told(&on_bar(&mut venue, &wide(0))), [expected]);
        assert_eq!(venue.working_orders(), 0);
    }
}

#[test]
fn a_stop_that_is_immediate_waits_for_its_stop_first() {
    let mut venue = share();
    send_all(&mut venue, [within(stop(sell("o", 150), 39_600), TimeInForce::Ioc)]);
    assert!(on_bar(&mut venue, &bar(0, [40_000; 4])).is_empty());
    let reports = on_bar(&mut venue, &wide(1));
    assert_eq!(told(&reports)[1..], [("o", Fill, 100, 39_600), ("o", Canceled, 0, 0)]);
}

#[test]
fn a_day_order_takes_part_in_the_bar_that_ends_with_the_day_and_then_expires() {
    let mut venue = plain();
    let day_end_ns = NOW_NS + BAR_NS;
    let orders = [limit(buy("filled", 1), 39_500), limit(buy("expired", 1), 39_000)];
    send_all(&mut venue, orders.map(|order| until(order, day_end_ns)));
    let reports = on_bar(&mut venue, &wide(0));
    assert_eq!(told(&reports), [("filled", Fill, 1, 39_500), ("expired", Expired, 0, 0)]);
    assert_eq!(reports[1].transact_time_ns, Some(day_end_ns));
}

#[test]
fn an_order_that_expires_within_a_bar_can_fill_at_its_open_alone() {
    let mut venue = plain();
    let orders = [limit(buy("later", 1), 39_900), limit(buy("open", 1), 40_000)];
    send_all(&mut venue, orders.map(|order| until(order, NOW_NS + 50)));
    let reports = on_bar(&mut venue, &wide(0));
    assert_eq!(told(&reports), [("open", Fill, 1, 40_000), ("later", Expired, 0, 0)]);
    assert_eq!(reports[1].transact_time_ns, Some(NOW_NS + 50));
}

#[test]
fn an_order_expires_before_the_bar_that_opens_at_its_end() {
    let mut venue = plain();
    send_all(&mut venue, [until(buy("o", 1), NOW_NS + BAR_NS)]);
    assert_eq!(told(&on_bar(&mut venue, &wide(1))), [("o", Expired, 0, 0)]);
}

#[test]
fn time_alone_expires_orders_each_at_its_end() {
    let mut venue = plain();
    send_all(
        &mut venue,
        [until(buy("b", 1), NOW_NS + 20), until(buy("a", 1), NOW_NS + 10), buy("c", 1)],
    );
    assert_eq!(venue.next_due_ns(), Some(NOW_NS + 10));
    let advance = |venue: &mut SimulatedVenue, time_ns| {
        reported(|reports| venue.advance(time_ns, reports).unwrap())
    };
    assert!(advance(&mut venue, NOW_NS + 9).is_empty());
    let reports = advance(&mut venue, NOW_NS + 50);
    assert_eq!(told(&reports), [("a", Expired, 0, 0), ("b", Expired, 0, 0)]);
    assert_eq!(reports[1].transact_time_ns, Some(NOW_NS + 20));
    assert_eq!((venue.next_due_ns(), venue.working_orders()), (None, 1));
}
