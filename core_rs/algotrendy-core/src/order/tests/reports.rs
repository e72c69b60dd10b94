//! Execution reports against every status an order can have.

use super::super::command::{Advance, Cancel, ExecutionKind, ExecutionReport};
use super::super::error::DecideError;
use super::super::order::OrderStatus::{
    self, Canceled, Expired, Filled, New, PartiallyFilled, PendingCancel, PendingNew, Rejected,
};
use super::super::state::State;
use super::super::testing::{
    buy, day, event_names, fill, ready, refusal, report, run, with_order_in, NOW_NS,
};
use crate::price::Quantity;

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Becomes(OrderStatus),
    Repeats,
    Conflicts,
    Overfills,
}

use Outcome::{Becomes, Conflicts, Overfills, Repeats};

/// What each kind of report makes of an order: ACCEPTED, FILL of 3 of its 10, CANCELED, REJECTED, EXPIRED.
const TABLE: [(OrderStatus, [Outcome; 5]); 8] = [
    (
        PendingNew,
        [
            Becomes(New),
            Becomes(PartiallyFilled),
            Becomes(Canceled),
            Becomes(Rejected),
            Becomes(Expired),
        ],
    ),
    (New, [Repeats, Becomes(PartiallyFilled), Becomes(Canceled), Conflicts, Becomes(Expired)]),
    (
        PartiallyFilled,
        [Repeats, Becomes(PartiallyFilled), Becomes(Canceled), Conflicts, Becomes(Expired)],
    ),
    (Filled, [Repeats, Overfills, Conflicts, Conflicts, Conflicts]),
    (
        PendingCancel,
        [Repeats, Becomes(PendingCancel), Becomes(Canceled), Becomes(Rejected), Becomes(Expired)],
    ),
    (Canceled, [Repeats, Becomes(Canceled), Repeats, Conflicts, Repeats]),
    (Rejected, [Conflicts, Conflicts, Conflicts, Repeats, Conflicts]),
    (Expired, [Repeats, Becomes(Expired), Repeats, Conflicts, Repeats]),
];

fn outcome(mut state: State, report: ExecutionReport) -> Outcome {
    let before = state.clone();
    match state.execute(&report.into(), NOW_NS + 1) {
        Ok(decision) if decision.events.is_empty() => {
            assert_eq!(state, before);
            Repeats
        }
        Ok(_) => Becomes(state.order("o").unwrap().status),
        Err(error) => {
            assert_eq!(state, before);
            match crate::error::Refusal::reason(&error) {
                "ORDER_STATE_CONFLICT" => Conflicts,
                "OVERFILL" => Overfills,
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn every_report_has_one_outcome_in_every_status() {
    for (status, outcomes) in TABLE {
        for (kind, expected) in ExecutionKind::ALL.into_iter().zip(outcomes) {
            let told = match kind {
                ExecutionKind::Fill => fill("o", "next", 3, 40_000),
                _ => report("o", kind),
            };
            assert_eq!(outcome(with_order_in(status), told), expected, "{status:?} {kind:?}");
        }
    }
}

#[test]
fn the_table_covers_every_status() {
    assert_eq!(TABLE.map(|(status, _)| status), OrderStatus::ALL);
}

#[test]
fn a_report_of_an_unknown_order_is_refused() {
    let error = refusal(&mut ready(), report("nobody", ExecutionKind::Accepted));
    assert_eq!(error, DecideError::UnknownOrder { order_id: "nobody".into() });
}

#[test]
fn a_fill_is_applied_once_per_execution_id() {
    let mut state = with_order_in(New);
    run(&mut state, fill("o", "a", 4, 40_000));
    let once = state.clone();
    assert_eq!(run(&mut state, fill("o", "a", 4, 40_000)).events, []);
    assert_eq!(state, once);
    run(&mut state, fill("o", "b", 4, 40_000));
    assert_eq!(state.position("SPY").unwrap().quantity, Quantity(8));
}

#[test]
fn an_execution_id_with_other_values_is_refused() {
    let mut state = with_order_in(New);
    run(&mut state, fill("o", "a", 4, 40_000));
    let error = refusal(&mut state, fill("o", "a", 5, 40_000));
    let expected =
        DecideError::ExecutionConflict { order_id: "o".into(), execution_id: "a".to_owned() };
    assert_eq!(error, expected);
}

#[test]
fn more_than_was_ordered_cannot_fill() {
    let mut state = with_order_in(PartiallyFilled);
    assert!(matches!(refusal(&mut state, fill("o", "b", 7, 40_000)), DecideError::Overfill { .. }));
    run(&mut state, fill("o", "b", 6, 40_000));
    assert_eq!(state.order("o").unwrap().status, Filled);
}

#[test]
fn a_fill_that_crossed_the_cancel_is_applied_and_called_late() {
    let mut state = with_order_in(Canceled);
    let decision = run(&mut state, fill("o", "a", 10, 40_000));
    assert_eq!(event_names(&decision), ["OrderFilled", "PositionOpened"]);
    let super::super::EventBody::OrderFilled(filled) = &decision.events[0].body else { panic!() };
    assert!(filled.late);
    assert_eq!(state.order("o").unwrap().status, Filled);
    assert_eq!(state.position("SPY").unwrap().quantity, Quantity(10));
}

#[test]
fn an_order_that_filled_in_part_and_ended_leaves_nothing() {
    let mut state = with_order_in(PartiallyFilled);
    run(&mut state, report("o", ExecutionKind::Canceled));
    let order = state.order("o").unwrap();
    assert_eq!((order.filled_quantity, order.leaves_quantity), (Quantity(4), Quantity(0)));
    assert_eq!(state.open_orders().len(), 0);
}

#[test]
fn a_venue_that_tells_its_id_after_a_fill_is_listened_to() {
    let mut state = with_order_in(PendingNew);
    run(&mut state, fill("o", "a", 4, 40_000));
    let told = ExecutionReport {
        venue_order_id: Some("v-1".into()),
        ..report("o", ExecutionKind::Accepted)
    };
    assert_eq!(event_names(&run(&mut state, told.clone())), ["OrderAccepted"]);
    assert_eq!(state.order("o").unwrap().status, PartiallyFilled);
    assert!(run(&mut state, told.clone()).events.is_empty());
    let other = ExecutionReport { venue_order_id: Some("v-2".into()), ..told };
    assert!(matches!(refusal(&mut state, other), DecideError::OrderStateConflict { .. }));
}

#[test]
fn a_cancel_is_requested_once_and_comes_too_late_for_an_ended_order() {
    let cancel = Cancel { order_id: "o".into() };
    for status in OrderStatus::ALL {
        let mut state = with_order_in(status);
        match status {
            PendingNew | New | PartiallyFilled => {
                assert_eq!(event_names(&run(&mut state, cancel.clone())), ["CancelRequested"]);
                assert_eq!(state.order("o").unwrap().status, PendingCancel);
            }
            PendingCancel | Canceled => {
                assert!(run(&mut state, cancel.clone()).events.is_empty());
            }
            Filled | Rejected => {
                let error = refusal(&mut state, cancel.clone());
                assert!(matches!(error, DecideError::OrderStateConflict { .. }), "{error}");
            }
            Expired => {
                assert!(state.execute(&cancel.clone().into(), NOW_NS + 1).is_err());
            }
        }
    }
}

#[test]
fn a_day_order_expires_when_time_reaches_its_end_and_not_before() {
    let mut state = ready();
    run(&mut state, day(buy("a", 1), NOW_NS + 10));
    run(&mut state, buy("b", 1));
    assert!(state.execute(&Advance {}.into(), NOW_NS + 9).unwrap().events.is_empty());
    let decision = state.execute(&Advance {}.into(), NOW_NS + 10).unwrap();
    assert_eq!(event_names(&decision), ["OrderExpired"]);
    assert_eq!(state.order("a").unwrap().status, Expired);
    assert_eq!(state.order("b").unwrap().status, PendingNew);
}

#[test]
fn a_fill_without_an_id_a_quantity_or_a_price_is_refused() {
    let mut state = with_order_in(New);
    for told in
        [fill("o", "", 1, 1), fill("o", "a", 0, 1), fill("o", "a", -1, 1), fill("o", "a", 1, 0)]
    {
        refusal(&mut state, told);
    }
}
