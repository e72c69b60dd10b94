//! Orders that depend on each other or on the position: brackets, OCOs, reduce-only.

use super::*;
use ExecutionKind::{Canceled, Fill, Replaced, Triggered};

fn exit(order: VenueOrder) -> VenueOrder {
    VenueOrder { reduce_only: true, oco_list: Some("list".into()), ..order }
}

fn target(quantity: i64) -> VenueOrder {
    exit(limit(sell("target", quantity), 40_400))
}

fn stop_loss(quantity: i64) -> VenueOrder {
    exit(stop(sell("stop", quantity), 39_600))
}

fn share(participation: &str) -> SimulatedVenue {
    venue(VenueConfig { participation: Some(decimal(participation)), ..VenueConfig::default() })
}

/// Walks a bar; the exits are sent as soon as the entry has filled, for what has filled.
fn walk_with_exits(
    venue: &mut SimulatedVenue,
    bar: &VenueBar,
    exits: impl Fn(i64) -> [VenueOrder; 2],
) -> Vec<ExecutionReport> {
    let mut all = Vec::new();
    venue.begin_bar("SPY", bar, &mut all).unwrap();
    loop {
        let mut reports = Vec::new();
        if !venue.next(&mut reports).unwrap() {
            return all;
        }
        for report in &reports {
            if report.order_id.as_str() == "entry" && report.kind == Fill {
                for order in exits(report.quantity.0) {
                    all.extend(send(venue, order));
                }
            }
        }
        all.extend(reports);
    }
}

fn without_acceptances(reports: &[ExecutionReport]) -> Vec<Told<'_>> {
    told(reports).into_iter().filter(|told| told.1 != ExecutionKind::Accepted).collect()
}

#[test]
fn exits_sent_as_the_entry_fills_take_part_in_the_rest_of_the_bar() {
    let mut venue = plain();
    send_all(&mut venue, [buy("entry", 100)]);
    let exits = |quantity| [target(quantity), stop_loss(quantity)];
    let reports = walk_with_exits(&mut venue, &wide(0), exits);
    // The low comes first, so the stop fills, and the high finds no target.
    assert_eq!(
        without_acceptances(&reports),
        [
            ("entry", Fill, 100, 40_000),
            ("stop", Triggered, 0, 0),
            ("stop", Fill, 100, 39_600),
            ("target", Canceled, 0, 0),
        ]
    );
    assert_eq!((venue.position("SPY"), venue.working_orders()), (Quantity(0), 0));
}

#[test]
fn a_bracket_that_fills_in_part_keeps_its_exits_to_what_is_held() {
    let mut venue = share("0.1");
    send_all(&mut venue, [buy("entry", 60)]);
    let exits = |quantity| [target(quantity), stop_loss(quantity)];
    let reports = walk_with_exits(&mut venue, &wide(0), exits);
    // Of the bar's 100 the entry took 60: the stop finds 40, and the target keeps the other 20.
    assert_eq!(
        without_acceptances(&reports),
        [
            ("entry", Fill, 60, 40_000),
            ("stop", Triggered, 0, 0),
            ("stop", Fill, 40, 39_600),
            ("target", Replaced, 20, 0),
        ]
    );
    let reports = on_bar(&mut venue, &bar(1, [39_700, 39_800, 39_000, 39_500]));
    assert_eq!(told(&reports), [("stop", Fill, 20, 39_700), ("target", Canceled, 0, 0)]);
}

#[test]
fn a_fill_of_one_order_of_an_oco_takes_as_much_from_the_other() {
    let mut venue = share("0.03");
    let alternatives = [limit(buy("a", 50), 39_600), limit(buy("b", 40), 39_900)];
    let in_list = |order| VenueOrder { oco_list: Some("list".into()), ..order };
    send_all(&mut venue, alternatives.map(in_list));
    let reports = on_bar(&mut venue, &wide(0));
    assert_eq!(told(&reports), [("b", Fill, 30, 39_900), ("a", Replaced, 20, 0)]);
    let reports = on_bar(&mut venue, &wide(1));
    assert_eq!(
        told(&reports),
        [("b", Fill, 10, 39_900), ("a", Replaced, 10, 0), ("a", Fill, 10, 39_600)]
    );
}

#[test]
fn orders_of_other_lists_lose_nothing() {
    let mut venue = plain();
    let other = VenueOrder { oco_list: Some("other".into()), ..limit(buy("o", 5), 39_000) };
    send_all(&mut venue, [other, limit(buy("alone", 5), 39_000), buy("entry", 10)]);
    send_all(&mut venue, [VenueOrder { reduce_only: false, ..target(10) }]);
    assert_eq!(told(&on_bar(&mut venue, &wide(0))).len(), 2);
    assert_eq!(venue.working_orders(), 2);
}

#[test]
fn two_reduce_only_orders_in_one_bar_close_a_position_once() {
    let mut venue = plain();
    venue.set_position("SPY", Quantity(100)).unwrap();
    let reducing = |order| VenueOrder { reduce_only: true, ..order };
    let orders =
        [stop(sell("first", 70), 39_600), stop(sell("second", 70), 39_550), sell("third", 5)];
    send_all(&mut venue, orders.map(reducing));
    let reports = on_bar(&mut venue, &wide(0));
    assert_eq!(
        fills(&reports),
        [("third", 5, 40_000), ("first", 70, 39_600), ("second", 25, 39_550)]
    );
    assert_eq!(reports.last().unwrap().kind, Canceled);
    assert_eq!(reports.last().unwrap().reason.as_deref(), Some("NOTHING_TO_REDUCE"));
    assert_eq!((venue.position("SPY"), venue.working_orders()), (Quantity(0), 0));
}

#[test]
fn a_reduce_only_order_on_the_wrong_side_or_without_a_position_is_canceled() {
    for position in [0, 100] {
        let mut venue = plain();
        venue.set_position("SPY", Quantity(position)).unwrap();
        send_all(&mut venue, [VenueOrder { reduce_only: true, ..buy("o", 10) }]);
        assert_eq!(told(&on_bar(&mut venue, &wide(0))), [("o", Canceled, 0, 0)]);
    }
}

#[test]
fn a_cancel_between_two_steps_takes_the_order_out_of_the_rest_of_the_bar() {
    let mut venue = plain();
    send_all(&mut venue, [buy("entry", 10), limit(sell("o", 10), 40_400)]);
    let mut reports = Vec::new();
    venue.begin_bar("SPY", &wide(0), &mut reports).unwrap();
    assert!(venue.next(&mut reports).unwrap());
    reports.extend(cancel(&mut venue, "o"));
    while venue.next(&mut reports).unwrap() {}
    assert_eq!(told(&reports), [("entry", Fill, 10, 40_000), ("o", Canceled, 0, 0)]);
}

#[test]
fn an_order_decided_within_the_bar_meets_the_next_one() {
    let mut venue = plain();
    send_all(&mut venue, [buy("entry", 10)]);
    let mut reports = Vec::new();
    venue.begin_bar("SPY", &wide(0), &mut reports).unwrap();
    assert!(venue.next(&mut reports).unwrap());
    let late = VenueOrder { decided_time_ns: NOW_NS + BAR_NS, ..limit(sell("late", 10), 40_400) };
    send_all(&mut venue, [late]);
    assert!(!venue.next(&mut reports).unwrap());
    assert_eq!(fills(&on_bar(&mut venue, &wide(1))), [("late", 10, 40_400)]);
}
