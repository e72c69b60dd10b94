//! Orders that depend on each other.

use crate::error::Refusal;
use crate::order::command::{ExecutionKind, ExecutionReport, Replace, SubmitList};
use crate::order::order::Replacement;
use crate::order::state::State;
use crate::order::status::OrderState;
use crate::order::terms::{Contingency, OrderTerms, OrderType, Side};
use crate::order::testing::{
    bracket, buy, cancel, fill, hard, limit, names, ready, refusal, report, run, sell, set_limits,
    soft,
};
use crate::price::{Price, Quantity};

fn target(order_id: &str) -> OrderTerms {
    OrderTerms { side: Side::Sell, limit_price: Some(Price(42_000)), ..limit(order_id) }
}

fn stop(order_id: &str) -> OrderTerms {
    let stop_price = Some(Price(38_000));
    OrderTerms { order_type: OrderType::Stop, stop_price, ..sell(order_id) }
}

fn list(contingency: Contingency, orders: Vec<OrderTerms>) -> SubmitList {
    SubmitList { list_id: "list".into(), contingency, orders }
}

fn state_of(state: &State, order_id: &str) -> OrderState {
    state.order(order_id).unwrap().state
}

fn accept(state: &mut State, order_id: &str) -> Vec<&'static str> {
    names(&run(state, report(order_id, ExecutionKind::Accepted)))
}

/// A bracket whose entry was accepted.
fn bracketed() -> State {
    let mut state = ready();
    let created = run(&mut state, bracket(buy("in"), [target("up"), stop("down")]));
    assert_eq!(names(&created), ["OrderCreated"; 3]);
    accept(&mut state, "in");
    state
}

#[test]
fn the_exits_of_a_bracket_wait_for_its_entry_and_reserve_nothing() {
    let state = bracketed();
    assert_eq!(state_of(&state, "up"), OrderState::Held);
    assert!(state.order("down").unwrap().terms.reduce_only);
    let open = state.slot("SPY").unwrap().open;
    assert_eq!((open.count, open.buy_quantity, open.sell_quantity), (1, 10, 0));
}

#[test]
fn a_partial_fill_of_the_entry_releases_the_exits_for_as_much() {
    let mut state = bracketed();
    let filled = names(&run(&mut state, fill("in", "a", 4, 40_000)));
    assert_eq!(filled, ["OrderFilled", "PositionOpened", "OrderReleased", "OrderReleased"]);
    let up = state.order("up").unwrap();
    assert_eq!((up.state, up.terms.quantity), (OrderState::PendingSend, Quantity(4)));
    assert_eq!(accept(&mut state, "up"), ["OrderAccepted"]);
    let more = names(&run(&mut state, fill("in", "b", 6, 40_000)));
    assert_eq!(more, ["OrderFilled", "PositionChanged", "ReplaceRequested"]);
    assert_eq!(accept(&mut state, "down"), ["OrderAccepted", "ReplaceRequested"]);
    run(&mut state, report("up", ExecutionKind::Replaced));
    assert_eq!(state.order("up").unwrap().leaves_quantity, Quantity(10));
}

#[test]
fn a_fill_of_one_exit_takes_as_much_from_the_other() {
    let mut state = bracketed();
    run(&mut state, fill("in", "a", 10, 40_000));
    accept(&mut state, "up");
    accept(&mut state, "down");
    let part = run(&mut state, fill("up", "b", 3, 42_000));
    assert_eq!(names(&part), ["OrderFilled", "PositionChanged", "ReplaceRequested"]);
    run(&mut state, report("down", ExecutionKind::Replaced));
    assert_eq!(state.order("down").unwrap().terms.quantity, Quantity(7));
    let rest = run(&mut state, fill("up", "c", 7, 42_000));
    assert_eq!(names(&rest), ["OrderFilled", "PositionClosed", "CancelRequested"]);
    assert_eq!(names(&run(&mut state, report("down", ExecutionKind::Canceled))), ["OrderCanceled"]);
}

#[test]
fn a_fill_of_an_exit_while_the_other_is_being_replaced_is_made_up_for_once_it_is() {
    let mut state = bracketed();
    run(&mut state, fill("in", "a", 10, 40_000));
    accept(&mut state, "up");
    accept(&mut state, "down");
    run(&mut state, fill("up", "b", 3, 42_000));
    assert_eq!(
        names(&run(&mut state, fill("up", "c", 3, 42_000))),
        ["OrderFilled", "PositionChanged"]
    );
    let replaced = names(&run(&mut state, report("down", ExecutionKind::Replaced)));
    assert_eq!(replaced, ["OrderReplaced", "ReplaceRequested"]);
    assert_eq!(
        state.order("down").unwrap().replacement.as_ref().unwrap().quantity,
        Some(Quantity(4))
    );
}

#[test]
fn exits_are_canceled_when_their_entry_ends_without_a_fill() {
    for kind in [ExecutionKind::Canceled, ExecutionKind::Expired] {
        let mut state = bracketed();
        let ended = names(&run(&mut state, report("in", kind)));
        assert_eq!(ended[1..], ["OrderCanceled", "OrderCanceled"]);
        assert_eq!(state.open_orders().count(), 0);
    }
    let mut state = ready();
    run(&mut state, bracket(buy("in"), [stop("down")]));
    let rejected = run(&mut state, report("in", ExecutionKind::Rejected));
    assert_eq!(names(&rejected), ["OrderRejected", "OrderCanceled"]);
}

#[test]
fn exits_stay_when_their_entry_ends_after_a_partial_fill() {
    let mut state = bracketed();
    run(&mut state, fill("in", "a", 4, 40_000));
    assert_eq!(names(&run(&mut state, report("in", ExecutionKind::Canceled))), ["OrderCanceled"]);
    assert_eq!(state_of(&state, "up"), OrderState::PendingSend);
    let late = run(&mut state, fill("in", "b", 2, 40_000));
    assert_eq!(names(&late), ["OrderFilled", "PositionChanged"], "the exits follow once accepted");
    assert_eq!(accept(&mut state, "up"), ["OrderAccepted", "ReplaceRequested"]);
}

#[test]
fn a_held_exit_that_is_canceled_ends_at_once() {
    let mut state = bracketed();
    assert_eq!(names(&run(&mut state, cancel("up"))), ["OrderCanceled"]);
    let filled = names(&run(&mut state, fill("in", "a", 10, 40_000)));
    assert_eq!(filled, ["OrderFilled", "PositionOpened", "OrderReleased"]);
}

#[test]
fn one_cancels_the_other_by_what_it_fills() {
    let mut state = ready();
    run(&mut state, buy("hold"));
    run(&mut state, fill("hold", "h", 10, 40_000));
    run(&mut state, list(Contingency::Oco, vec![target("up"), stop("down")]));
    accept(&mut state, "up");
    accept(&mut state, "down");
    let filled = names(&run(&mut state, fill("down", "d", 10, 38_000)));
    assert_eq!(filled, ["OrderFilled", "PositionClosed", "CancelRequested"]);
    assert_eq!(state_of(&state, "up"), OrderState::PendingCancel);
}

#[test]
fn one_triggers_the_other_for_at_most_what_was_asked() {
    let mut state = ready();
    let half = OrderTerms { quantity: Quantity(5), ..target("half") };
    run(&mut state, list(Contingency::Oto, vec![buy("in"), half]));
    run(&mut state, fill("in", "a", 4, 40_000));
    assert_eq!(state.order("half").unwrap().terms.quantity, Quantity(4));
    accept(&mut state, "half");
    run(&mut state, fill("in", "b", 6, 40_000));
    assert_eq!(
        state.order("half").unwrap().replacement.as_ref().unwrap().quantity,
        Some(Quantity(5))
    );
}

#[test]
fn a_list_is_created_whole_or_not_at_all() {
    for limit in [hard("9"), soft("9")] {
        let mut state = ready();
        set_limits(&mut state, |limits| limits.account.max_order_quantity = limit);
        let small = OrderTerms { quantity: Quantity(5), ..buy("in") };
        let decision = run(&mut state, list(Contingency::Oto, vec![small, target("up")]));
        assert_eq!(names(&decision), ["OrderRejected"; 2]);
        let reasons = ["in", "up"].map(|id| state.order(id).unwrap().reject_reason.unwrap().name());
        assert_eq!(reasons, ["LIST_ENDED", "QUANTITY_LIMIT_EXCEEDED"]);
        assert_eq!(state.open_orders().count(), 0);
    }
}

#[test]
fn the_orders_of_a_list_are_checked_as_if_those_before_were_open() {
    let mut state = ready();
    set_limits(&mut state, |limits| limits.account.max_position_quantity = hard("15"));
    let orders = vec![limit("a"), OrderTerms { limit_price: Some(Price(39_800)), ..limit("b") }];
    assert_eq!(names(&run(&mut state, list(Contingency::Oco, orders))), ["OrderRejected"; 2]);
    assert_eq!(names(&run(&mut state, limit("a2"))), ["OrderCreated"]);
}

#[test]
fn a_list_that_is_repeated_changes_nothing_and_one_that_is_reused_is_refused() {
    let mut state = ready();
    let submitted = bracket(buy("in"), [target("up"), stop("down")]);
    run(&mut state, submitted.clone());
    assert_eq!(run(&mut state, submitted.clone()).events, []);
    let other = SubmitList { contingency: Contingency::Oto, ..submitted.clone() };
    assert_eq!(refusal(&mut state, other).reason(), "CLIENT_ORDER_ID_REUSED");
    let renamed = SubmitList { list_id: "other".into(), ..submitted };
    assert_eq!(refusal(&mut state, renamed).reason(), "CLIENT_ORDER_ID_REUSED");
    let reused = bracket(buy("x"), [target("y")]);
    assert_eq!(refusal(&mut state, reused).reason(), "ALREADY_EXISTS");
}

#[test]
fn a_list_that_cannot_be_is_refused() {
    let mut state = ready();
    let sideways = OrderTerms { side: Side::Buy, ..target("up") };
    let other = OrderTerms { symbol: "QQQ".into(), ..target("up") };
    let twice = OrderTerms { client_order_id: "c-in".into(), ..target("up") };
    let lists = [
        (list(Contingency::Bracket, vec![buy("in")]), "INVALID_ARGUMENT"),
        (
            list(Contingency::Bracket, vec![buy("in"), stop("a"), stop("b"), stop("c")]),
            "INVALID_ARGUMENT",
        ),
        (
            list(Contingency::Oco, (0..17).map(|n| limit(&n.to_string())).collect()),
            "INVALID_ARGUMENT",
        ),
        (
            SubmitList { list_id: "".into(), ..bracket(buy("in"), [target("up")]) },
            "INVALID_ARGUMENT",
        ),
        (bracket(buy("in"), [sideways]), "ORDER_TERMS_INVALID"),
        (bracket(buy("in"), [other]), "UNKNOWN_INSTRUMENT"),
        (bracket(buy("in"), [twice]), "INVALID_ARGUMENT"),
        (
            bracket(buy("in"), [OrderTerms { order_id: "in".into(), ..target("up") }]),
            "INVALID_ARGUMENT",
        ),
    ];
    for (submitted, reason) in lists {
        assert_eq!(refusal(&mut state, submitted.clone()).reason(), reason, "{submitted:?}");
    }
}

#[test]
fn what_a_list_decides_cannot_be_replaced_by_hand() {
    let mut state = bracketed();
    let replacement = Replacement { quantity: Some(Quantity(5)), ..Replacement::default() };
    let by_hand = Replace { order_id: "up".into(), replacement };
    assert_eq!(refusal(&mut state, by_hand).reason(), "ORDER_TERMS_INVALID");
}

#[test]
fn a_bust_of_the_entry_makes_the_exits_smaller() {
    let mut state = bracketed();
    run(&mut state, fill("in", "a", 4, 40_000));
    run(&mut state, fill("in", "b", 6, 40_000));
    accept(&mut state, "up");
    run(&mut state, report("up", ExecutionKind::Replaced));
    let bust = ExecutionReport {
        reference_execution_id: Some("b".into()),
        ..ExecutionReport::new("in".into(), "bust".into(), ExecutionKind::Bust)
    };
    let busted = run(&mut state, bust);
    assert_eq!(names(&busted), ["FillBusted", "PositionChanged", "ReplaceRequested"]);
}
