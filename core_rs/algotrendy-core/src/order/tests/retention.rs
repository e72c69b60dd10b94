//! What a core remembers of orders that have ended.

use crate::error::Refusal;
use crate::order::book::Entry;
use crate::order::command::ExecutionKind;
use crate::order::decide::{decide_report, decide_submit, Decision};
use crate::order::state::State;
use crate::order::terms::{OrderTerms, Side};
use crate::order::testing::{bracket, buy, fill, limit, ready, refusal, report, run, NOW_NS};
use crate::price::Price;

/// Submits an order and fills it; buys and sells take turns, so that the position stays.
fn trade(state: &mut State, decision: &mut Decision, number: u64) {
    let order_id = format!("n{number}");
    let side = if number % 2 == 0 { Side::Buy } else { Side::Sell };
    decide_submit(state, &OrderTerms { side, ..buy(&order_id) }, NOW_NS, decision).unwrap();
    state.apply(decision).unwrap();
    let filled = fill(&order_id, &format!("f{number}"), 10, 40_000);
    decide_report(state, &filled, NOW_NS, decision).unwrap();
    state.apply(decision).unwrap();
}

#[test]
fn what_a_core_holds_does_not_grow_with_what_it_has_done() {
    let mut state = ready().retaining(Some(100));
    let mut decision = Decision::default();
    for number in 0..1_000 {
        trade(&mut state, &mut decision, number);
    }
    let size = state.book().size();
    assert_eq!(size, (100, 101));
    for number in 1_000..50_000 {
        trade(&mut state, &mut decision, number);
    }
    assert_eq!(state.book().size(), size);
    assert!(state.order("n49900").is_some() && state.order("n49899").is_none());
    assert!(state.book().find_execution("f49899").is_none());
}

#[test]
fn open_orders_are_kept_however_old_they_are() {
    let mut state = ready().retaining(Some(3));
    let mut decision = Decision::default();
    run(&mut state, limit("old"));
    for number in 0..50 {
        trade(&mut state, &mut decision, number);
    }
    assert_eq!(state.open_orders().count(), 1);
    assert_eq!(state.orders()[0].terms.order_id.as_str(), "old");
    run(&mut state, report("old", ExecutionKind::Canceled));
    assert!(state.order("old").is_some());
}

#[test]
fn a_forgotten_order_is_unknown_and_its_ids_may_be_used_again() {
    let mut state = ready().retaining(Some(1));
    let mut decision = Decision::default();
    trade(&mut state, &mut decision, 0);
    trade(&mut state, &mut decision, 1);
    assert_eq!(refusal(&mut state, fill("n0", "late", 1, 40_000)).reason(), "ORDER_UNKNOWN");
    trade(&mut state, &mut decision, 0);
    assert_eq!(state.orders().len(), 1);
}

#[test]
fn nothing_is_kept_where_nothing_is_retained() {
    let mut state = ready().retaining(Some(0));
    trade(&mut state, &mut Decision::default(), 0);
    assert_eq!(state.orders().len(), 0);
    assert_eq!(state.position("SPY").unwrap().quantity.0, 10);
}

#[test]
fn an_entry_is_kept_while_its_exits_are_open() {
    let mut state = ready().retaining(Some(0));
    let exit = OrderTerms { side: Side::Sell, limit_price: Some(Price(42_000)), ..limit("out") };
    run(&mut state, bracket(buy("in"), [exit]));
    run(&mut state, fill("in", "a", 10, 40_000));
    assert!(state.order("in").is_some());
    run(&mut state, fill("out", "b", 10, 42_000));
    assert_eq!(state.orders().len(), 0);
}

#[test]
fn an_open_order_takes_at_most_512_bytes_with_its_places_in_the_tables() {
    // Two ids in tables that are at most seven eighths full and at least seven sixteenths, five bytes each.
    let in_tables = 2 * 5 * 16 / 7;
    // Room for a 32nd more than there are.
    let with_room = size_of::<Entry>() * 33 / 32;
    assert!(with_room + in_tables <= 512, "{}", size_of::<Entry>());
}
