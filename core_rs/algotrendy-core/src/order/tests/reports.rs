//! Execution reports against what is known of an order.

use crate::order::command::ExecutionKind;
use crate::order::status::OrderState;
use crate::order::testing::{buy, cancel, fill, names, ready, report, run};
use crate::price::Quantity;

#[test]
fn an_order_is_created_accepted_and_filled_and_its_position_opens() {
    let mut state = ready();
    assert_eq!(names(&run(&mut state, buy("o"))), ["OrderCreated"]);
    assert_eq!(names(&run(&mut state, report("o", ExecutionKind::Sent))), ["OrderSent"]);
    assert_eq!(names(&run(&mut state, report("o", ExecutionKind::Accepted))), ["OrderAccepted"]);
    let filled = run(&mut state, fill("o", "e", 10, 40_000));
    assert_eq!(names(&filled), ["OrderFilled", "PositionOpened"]);
    assert_eq!(state.order("o").unwrap().state, OrderState::Filled);
    assert_eq!(state.position("SPY").unwrap().quantity, Quantity(10));
    assert_eq!(state.equity().unwrap().0, 100_000_000);
}

#[test]
fn a_fill_that_crossed_the_cancel_is_applied() {
    let mut state = ready();
    run(&mut state, buy("o"));
    run(&mut state, report("o", ExecutionKind::Accepted));
    assert_eq!(names(&run(&mut state, cancel("o"))), ["CancelRequested"]);
    assert_eq!(names(&run(&mut state, report("o", ExecutionKind::Canceled))), ["OrderCanceled"]);
    assert_eq!(state.open_orders().count(), 0);
    run(&mut state, fill("o", "e", 4, 40_000));
    assert_eq!(state.order("o").unwrap().state, OrderState::Canceled);
    assert_eq!(state.position("SPY").unwrap().quantity, Quantity(4));
}
