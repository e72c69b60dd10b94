//! Orders, cancels and replacements: what is taken, what is refused, and what priority remains.

use super::*;
use crate::order::order::Replacement;
use ExecutionKind::{
    Accepted, CancelRejected, Canceled, Fill, Rejected, ReplaceRejected, Replaced,
};

fn replace(
    venue: &mut SimulatedVenue,
    order_id: &str,
    replacement: Replacement,
) -> Vec<ExecutionReport> {
    let order_id = OrderId::from(order_id);
    reported(|reports| venue.replace(&order_id, &replacement, NOW_NS, reports).unwrap())
}

fn quantity(quantity: i64) -> Replacement {
    Replacement { quantity: Some(Quantity(quantity)), ..Replacement::default() }
}

fn limit_price(price: i64) -> Replacement {
    Replacement { limit_price: Some(Price(price)), ..Replacement::default() }
}

fn reason(reports: &[ExecutionReport]) -> Option<&str> {
    reports[0].reason.as_deref()
}

#[test]
fn an_order_is_taken_once() {
    let mut venue = plain();
    assert_eq!(told(&send(&mut venue, buy("o", 1))), [("o", Accepted, 0, 0)]);
    assert!(send(&mut venue, buy("o", 1)).is_empty());
    assert!(send(&mut venue, VenueOrder { filled_quantity: Quantity(1), ..buy("p", 1) }).is_empty());
}

#[test]
fn an_order_in_what_is_not_listed_is_rejected() {
    let mut venue = plain();
    let reports = send(&mut venue, VenueOrder { symbol: "QQQ".into(), ..buy("o", 1) });
    assert_eq!((told(&reports)[0].1, reason(&reports)), (Rejected, Some("INSTRUMENT_NOT_LISTED")));
}

#[test]
fn a_cancel_of_what_has_ended_or_never_was_is_refused() {
    let mut venue = plain();
    send_all(&mut venue, [buy("o", 1), buy("p", 1)]);
    assert_eq!(told(&cancel(&mut venue, "o")), [("o", Canceled, 0, 0)]);
    on_bar(&mut venue, &wide(0));
    for order_id in ["o", "p", "unknown"] {
        let reports = cancel(&mut venue, order_id);
        assert_eq!(told(&reports), [(order_id, CancelRejected, 0, 0)]);
        assert_eq!(reason(&reports), Some("ORDER_NOT_WORKING"));
    }
}

#[test]
fn only_a_smaller_quantity_keeps_its_place() {
    for (replacement, first) in [
        (quantity(5), "a"),
        (quantity(15), "b"),
        (limit_price(39_900), "b"),
        (Replacement { quantity: Some(Quantity(5)), ..limit_price(39_900) }, "b"),
    ] {
        let mut venue = plain();
        send_all(&mut venue, [limit(buy("a", 10), 39_900), limit(buy("b", 10), 39_900)]);
        assert_eq!(replace(&mut venue, "a", replacement)[0].kind, Replaced);
        assert_eq!(fills(&on_bar(&mut venue, &wide(0)))[0].0, first, "{replacement:?}");
    }
}

#[test]
fn a_replacement_is_reported_with_what_it_changed_and_fills_on_its_new_terms() {
    let mut venue = plain();
    send_all(&mut venue, [limit(buy("o", 10), 39_000)]);
    assert_eq!(told(&replace(&mut venue, "o", quantity(5))), [("o", Replaced, 5, 0)]);
    assert_eq!(told(&replace(&mut venue, "o", limit_price(39_600))), [("o", Replaced, 0, 39_600)]);
    assert_eq!(fills(&on_bar(&mut venue, &wide(0))), [("o", 5, 39_600)]);
}

#[test]
fn a_replacement_counts_what_has_filled() {
    let config = VenueConfig { participation: Some(decimal("0.004")), ..VenueConfig::default() };
    let mut venue = venue(config);
    send_all(&mut venue, [buy("o", 10)]);
    assert_eq!(fills(&on_bar(&mut venue, &wide(0))), [("o", 4, 40_000)]);
    let refused = replace(&mut venue, "o", quantity(4));
    assert_eq!(
        (refused[0].kind, reason(&refused)),
        (ReplaceRejected, Some("QUANTITY_ALREADY_FILLED"))
    );
    assert_eq!(told(&replace(&mut venue, "o", quantity(6))), [("o", Replaced, 6, 0)]);
    assert_eq!(told(&on_bar(&mut venue, &wide(1))), [("o", Fill, 2, 40_000)]);
    let gone = replace(&mut venue, "o", quantity(20));
    assert_eq!((gone[0].kind, reason(&gone)), (ReplaceRejected, Some("ORDER_NOT_WORKING")));
}

#[test]
fn a_price_that_the_order_does_not_have_cannot_be_replaced() {
    let mut venue = plain();
    send_all(
        &mut venue,
        [buy("market", 1), limit(buy("limit", 1), 39_000), stop(buy("stop", 1), 41_000)],
    );
    let stop_price = Replacement { stop_price: Some(Price(40_800)), ..Replacement::default() };
    for (order_id, replacement) in
        [("market", limit_price(1)), ("limit", stop_price), ("stop", limit_price(1))]
    {
        let reports = replace(&mut venue, order_id, replacement);
        assert_eq!(
            (reports[0].kind, reason(&reports)),
            (ReplaceRejected, Some("ORDER_HAS_NO_SUCH_PRICE"))
        );
    }
    assert_eq!(replace(&mut venue, "stop", stop_price)[0].kind, Replaced);
}

#[test]
fn a_post_only_order_that_would_trade_at_the_known_price_is_rejected() {
    let mut venue = plain();
    on_bar(&mut venue, &wide(-1));
    let post_only = |order| VenueOrder { post_only: true, ..order };
    // The bar closed at 401.00.
    for order in [limit(buy("o", 1), 40_100), limit(sell("o", 1), 40_100)] {
        let reports = send(&mut venue, post_only(order));
        assert_eq!((reports[0].kind, reason(&reports)), (Rejected, Some("POST_ONLY_WOULD_TAKE")));
        assert_eq!((reports.len(), venue.working_orders()), (1, 0));
    }
    send_all(&mut venue, [post_only(limit(buy("o", 1), 40_099))]);
    let refused = replace(&mut venue, "o", limit_price(40_100));
    assert_eq!(
        (refused[0].kind, reason(&refused)),
        (ReplaceRejected, Some("POST_ONLY_WOULD_TAKE"))
    );
    assert_eq!(
        fills(&on_bar(&mut venue, &bar(0, [40_100, 40_200, 40_000, 40_100]))),
        [("o", 1, 40_099)]
    );
}

#[test]
fn a_rebuilt_venue_goes_on_with_the_same_execution_ids() {
    let config = VenueConfig { participation: Some(decimal("0.004")), ..VenueConfig::default() };
    let mut before = venue(config.clone());
    send_all(&mut before, [buy("o-1", 10)]);
    let first = on_bar(&mut before, &wide(0));
    let mut rebuilt = venue(config);
    let rest = VenueOrder { filled_quantity: Quantity(4), ..buy("o-1", 10) };
    send_all(&mut rebuilt, [rest.after(&first[0].execution_id)]);
    let ids = |reports: &[ExecutionReport]| reports[0].execution_id.to_string();
    assert_eq!(ids(&first), "o-1-2");
    let second = on_bar(&mut rebuilt, &wide(1));
    assert_eq!((ids(&second), fills(&second)), ("o-1-4".to_owned(), vec![("o-1", 4, 40_000)]));
}
