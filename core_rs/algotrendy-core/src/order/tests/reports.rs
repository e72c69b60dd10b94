//! Execution reports against what is known of an order.

use crate::error::Refusal;
use crate::instrument::testing::currency;
use crate::order::command::{Cancel, Deposit, ExecutionKind, ExecutionReport, Replace};
use crate::order::error::DecideError;
use crate::order::event::EventBody;
use crate::order::machine::{next, Input, Step};
use crate::order::order::Replacement;
use crate::order::state::State;
use crate::order::status::{OrderState, OrderStatus};
use crate::order::terms::OrderTerms;
use crate::order::testing::{
    advance, buy, cancel, fill, limit, names, ready, refusal, report, run, run_at, set_limits,
    with_order_in, NOW_NS,
};
use crate::portfolio::cost::Cash;
use crate::price::{Price, Quantity};
use crate::risk::limits::Rate;

fn refers(told: ExecutionReport, reference: &str) -> ExecutionReport {
    ExecutionReport { reference_execution_id: Some(reference.into()), ..told }
}

fn bust(execution_id: &str, reference: &str) -> ExecutionReport {
    let told = ExecutionReport::new("o".into(), execution_id.into(), ExecutionKind::Bust);
    refers(told, reference)
}

fn correct(execution_id: &str, reference: &str, quantity: i64, price: i64) -> ExecutionReport {
    let kind = ExecutionKind::Correct;
    refers(ExecutionReport { kind, ..fill("o", execution_id, quantity, price) }, reference)
}

fn fee(execution_id: &str, reference: &str, fee: i64) -> ExecutionReport {
    let told = ExecutionReport::new("o".into(), execution_id.into(), ExecutionKind::Fee);
    ExecutionReport { fee, ..refers(told, reference) }
}

fn cash(state: &State) -> i128 {
    state.account().balance(currency("USD")).0
}

fn held(state: &State) -> i64 {
    state.position("SPY").unwrap().quantity.0
}

fn order_state(state: &State) -> OrderState {
    state.order("o").unwrap().state
}

/// What a report makes of an order, as the table has it.
fn outcome(state: &mut State, told: ExecutionReport) -> Step {
    let before = (state.event_sequence(), order_state(state));
    match run_at(state, told, NOW_NS) {
        Ok(decision) if decision.events.is_empty() => {
            assert_eq!((state.event_sequence(), order_state(state)), before);
            Step::Repeat
        }
        Ok(_) if order_state(state) == before.1 => Step::Stay,
        Ok(_) => Step::Move(order_state(state)),
        Err(error) => {
            assert_eq!((state.event_sequence(), order_state(state)), before);
            assert!(["ORDER_STATE_CONFLICT", "OVERFILL"].contains(&error.reason()), "{error}");
            Step::Impossible
        }
    }
}

#[test]
fn every_report_does_in_every_state_what_the_table_says() {
    let told = |input: Input| {
        let kind = match input {
            Input::PartialFill => return Some(fill("o", "part", 3, 40_000)),
            Input::FullFill => return Some(fill("o", "rest", 10, 40_000)),
            Input::Sent => ExecutionKind::Sent,
            Input::Uncertain => ExecutionKind::Uncertain,
            Input::Rejected => ExecutionKind::Rejected,
            Input::Triggered => ExecutionKind::Triggered,
            Input::Canceled => ExecutionKind::Canceled,
            Input::CancelRejected => ExecutionKind::CancelRejected,
            Input::Expired => ExecutionKind::Expired,
            Input::Accepted => {
                let venue_order_id = Some("v-1".into());
                return Some(ExecutionReport {
                    venue_order_id,
                    ..report("o", ExecutionKind::Accepted)
                });
            }
            _ => return None,
        };
        Some(report("o", kind))
    };
    for state in OrderState::ALL {
        for input in Input::ALL {
            let Some(told) = told(input) else { continue };
            let mut state_of_account = with_order_in(state);
            let expected = match next(state, input) {
                // It was on its way as its cancel was asked for.
                Step::Back => Step::Move(OrderState::Sent),
                step => step,
            };
            assert_eq!(
                outcome(&mut state_of_account, told),
                expected,
                "{} in {}",
                input.name(),
                state.name()
            );
        }
    }
}

#[test]
fn an_order_is_created_accepted_and_filled_and_its_position_opens() {
    let mut state = ready();
    assert_eq!(names(&run(&mut state, buy("o"))), ["OrderCreated"]);
    assert_eq!(names(&run(&mut state, report("o", ExecutionKind::Sent))), ["OrderSent"]);
    assert_eq!(names(&run(&mut state, report("o", ExecutionKind::Accepted))), ["OrderAccepted"]);
    let filled = run(&mut state, fill("o", "e", 10, 40_000));
    assert_eq!(names(&filled), ["OrderFilled", "PositionOpened"]);
    assert_eq!(order_state(&state), OrderState::Filled);
    assert_eq!((held(&state), cash(&state)), (10, 100_000_000 - 400_000));
    assert_eq!(state.equity(), Some(Cash(100_000_000)));
    assert_eq!(state.open_orders().count(), 0);
}

#[test]
fn a_report_of_an_unknown_order_is_refused() {
    let error = refusal(&mut ready(), report("nobody", ExecutionKind::Accepted));
    assert_eq!(error, DecideError::UnknownOrder { order_id: "nobody".into() });
}

#[test]
fn a_rejection_of_an_order_that_the_venue_took_is_refused() {
    let mut state = with_order_in(OrderState::Accepted);
    run(&mut state, cancel("o"));
    let accepted = ExecutionReport {
        venue_order_id: Some("v-1".into()),
        ..report("o", ExecutionKind::Accepted)
    };
    run(&mut state, accepted);
    let error = refusal(&mut state, report("o", ExecutionKind::Rejected));
    assert_eq!(error.reason(), "ORDER_STATE_CONFLICT");
}

#[test]
fn a_venue_that_changes_its_id_of_an_order_is_refused() {
    let mut state = with_order_in(OrderState::Accepted);
    let with_id = |id: &str| ExecutionReport {
        venue_order_id: Some(id.into()),
        ..report("o", ExecutionKind::Accepted)
    };
    assert_eq!(names(&run(&mut state, with_id("v-1"))), ["OrderAccepted"]);
    assert_eq!(run(&mut state, with_id("v-1")).events, []);
    assert_eq!(refusal(&mut state, with_id("v-2")).reason(), "ORDER_STATE_CONFLICT");
}

#[test]
fn a_fill_is_applied_once_per_execution_id() {
    let mut state = with_order_in(OrderState::Accepted);
    run(&mut state, fill("o", "a", 4, 40_000));
    assert_eq!(run(&mut state, fill("o", "a", 4, 40_000)).events, []);
    assert_eq!(held(&state), 4);
    let error = refusal(&mut state, fill("o", "a", 5, 40_000));
    let expected =
        DecideError::ExecutionConflict { order_id: "o".into(), execution_id: "a".to_owned() };
    assert_eq!(error, expected);
    run(&mut state, buy("other"));
    assert_eq!(refusal(&mut state, fill("other", "a", 4, 40_000)).reason(), "ORDER_STATE_CONFLICT");
}

#[test]
fn more_than_was_ordered_cannot_fill() {
    let mut state = with_order_in(OrderState::Accepted);
    run(&mut state, fill("o", "a", 4, 40_000));
    assert_eq!(refusal(&mut state, fill("o", "b", 7, 40_000)).reason(), "OVERFILL");
    run(&mut state, fill("o", "b", 6, 40_000));
    assert_eq!(order_state(&state), OrderState::Filled);
    assert_eq!(refusal(&mut state, fill("o", "c", 1, 40_000)).reason(), "OVERFILL");
}

#[test]
fn a_fill_that_is_none_is_refused() {
    let mut state = with_order_in(OrderState::Accepted);
    let nameless = fill("o", "", 4, 40_000);
    for (told, reason) in [
        (fill("o", "a", 0, 40_000), "QUANTITY_NOT_POSITIVE"),
        (fill("o", "a", -1, 40_000), "QUANTITY_NOT_POSITIVE"),
        (fill("o", "a", 1, 0), "PRICE_NOT_POSITIVE"),
        (nameless, "INVALID_ARGUMENT"),
    ] {
        assert_eq!(refusal(&mut state, told).reason(), reason);
    }
}

#[test]
fn a_fill_that_crossed_the_cancel_is_applied_and_called_late() {
    let mut state = with_order_in(OrderState::Canceled);
    let decision = run(&mut state, fill("o", "a", 4, 40_000));
    let EventBody::OrderFilled(filled) = &decision.events[0].body else { panic!() };
    assert!(filled.late);
    assert_eq!((filled.leaves_quantity, filled.status), (Quantity(0), OrderStatus::Canceled));
    assert_eq!((order_state(&state), held(&state)), (OrderState::Canceled, 4));
    run(&mut state, fill("o", "b", 6, 40_000));
    assert_eq!((order_state(&state), held(&state)), (OrderState::Filled, 10));
}

#[test]
fn a_change_that_crossed_the_end_is_what_late_fills_are_of() {
    for ended in [OrderState::Canceled, OrderState::Expired] {
        let mut state = with_order_in(ended);
        let told =
            ExecutionReport { quantity: Quantity(12), ..report("o", ExecutionKind::Replaced) };
        assert_eq!(names(&run(&mut state, told.clone())), ["OrderReplaced"]);
        let order = state.order("o").unwrap();
        assert_eq!((order.terms.quantity, order.leaves_quantity), (Quantity(12), Quantity(0)));
        assert_eq!(order_state(&state), ended);
        assert_eq!(run(&mut state, told).events, [], "it was told before");
        run(&mut state, fill("o", "a", 11, 40_000));
        assert_eq!((order_state(&state), held(&state)), (ended, 11));
        run(&mut state, fill("o", "b", 1, 40_000));
        assert_eq!((order_state(&state), held(&state)), (OrderState::Filled, 12));
    }
}

#[test]
fn a_bust_of_an_open_order_gives_it_its_leaves_back() {
    let mut state = with_order_in(OrderState::Accepted);
    run(&mut state, ExecutionReport { fee: 7, ..fill("o", "a", 4, 40_000) });
    run(&mut state, fee("f", "a", 3));
    let decision = run(&mut state, bust("b", "a"));
    assert_eq!(names(&decision), ["FillBusted", "PositionClosed"]);
    let order = state.order("o").unwrap();
    assert_eq!((order.filled_quantity, order.leaves_quantity), (Quantity(0), Quantity(10)));
    assert_eq!((held(&state), cash(&state)), (0, 100_000_000));
    assert_eq!(run(&mut state, bust("b", "a")).events, []);
    assert_eq!(run(&mut state, bust("again", "a")).events, []);
    let told = ExecutionReport { fee: 7, ..fill("o", "a", 4, 40_000) };
    assert_eq!(run(&mut state, told).events, [], "it was told before");
}

#[test]
fn a_busted_order_that_had_filled_stays_ended() {
    let mut state = with_order_in(OrderState::Filled);
    run(&mut state, bust("b", "all"));
    assert_eq!((order_state(&state), held(&state)), (OrderState::Canceled, 0));
    assert_eq!(state.open_orders().count(), 0);
}

#[test]
fn a_bust_or_fee_of_an_unknown_fill_is_refused() {
    let mut state = with_order_in(OrderState::Filled);
    assert_eq!(refusal(&mut state, bust("b", "nothing")).reason(), "ORDER_STATE_CONFLICT");
    assert_eq!(refusal(&mut state, fee("f", "nothing", 1)).reason(), "ORDER_STATE_CONFLICT");
    assert_eq!(refusal(&mut state, report("o", ExecutionKind::Bust)).reason(), "INVALID_ARGUMENT");
    run(&mut state, bust("b", "all"));
    assert_eq!(refusal(&mut state, fee("f", "all", 1)).reason(), "ORDER_STATE_CONFLICT");
    assert_eq!(refusal(&mut state, correct("k", "all", 10, 1)).reason(), "ORDER_STATE_CONFLICT");
}

#[test]
fn a_correction_is_a_bust_and_a_fill() {
    let mut state = with_order_in(OrderState::Filled);
    let decision = run(&mut state, correct("k", "all", 8, 39_000));
    let expected = ["FillBusted", "PositionClosed", "OrderFilled", "PositionOpened"];
    assert_eq!(names(&decision), expected);
    assert_eq!((held(&state), cash(&state)), (8, 100_000_000 - 8 * 39_000));
    assert_eq!(order_state(&state), OrderState::Canceled, "less than all of it is filled");
    assert_eq!(run(&mut state, correct("k", "all", 8, 39_000)).events, []);
    assert_eq!(
        refusal(&mut state, correct("k", "all", 7, 39_000)).reason(),
        "ORDER_STATE_CONFLICT"
    );
    run(&mut state, correct("l", "k", 10, 39_500));
    assert_eq!((order_state(&state), held(&state)), (OrderState::Filled, 10));
    assert_eq!(cash(&state), 100_000_000 - 10 * 39_500);
}

#[test]
fn a_correction_above_what_was_ordered_is_refused() {
    let mut state = with_order_in(OrderState::Filled);
    assert_eq!(refusal(&mut state, correct("k", "all", 11, 39_000)).reason(), "OVERFILL");
}

#[test]
fn a_late_fee_moves_cash_and_nothing_else_once() {
    let mut state = with_order_in(OrderState::Filled);
    let before = (held(&state), cash(&state));
    assert_eq!(names(&run(&mut state, fee("f", "all", 25))), ["FeeCharged"]);
    assert_eq!(run(&mut state, fee("f", "all", 25)).events, []);
    assert_eq!((held(&state), cash(&state)), (before.0, before.1 - 25));
    assert_eq!(refusal(&mut state, fee("f", "all", 26)).reason(), "ORDER_STATE_CONFLICT");
    let in_euro = ExecutionReport { fee_currency: Some(currency("EUR")), ..fee("g", "all", 1) };
    assert_eq!(refusal(&mut state, in_euro).reason(), "INVALID_ARGUMENT");
}

#[test]
fn a_fee_in_another_currency_leaves_that_currencys_cash() {
    let mut state = with_order_in(OrderState::Accepted);
    run(&mut state, Deposit { currency: currency("EUR"), amount: 100 });
    let fee_currency = Some(currency("EUR"));
    run(&mut state, ExecutionReport { fee: 7, fee_currency, ..fill("o", "a", 10, 40_000) });
    assert_eq!(state.account().balance(currency("EUR")), Cash(93));
    assert_eq!(cash(&state), 100_000_000 - 400_000);
}

#[test]
fn an_order_whose_fate_is_unknown_reserves_until_the_venue_tells() {
    for order_state in [OrderState::Unknown, OrderState::PendingApproval] {
        let mut state = with_order_in(order_state);
        let slot = state.slot("SPY").unwrap();
        assert_eq!((slot.open.count, slot.open.buy_quantity), (1, 10));
        assert_eq!(state.available(), Some(Cash(100_000_000 - 399_000)));
        if order_state == OrderState::Unknown {
            advance(&mut state, NOW_NS + crate::time::DAY_NS * 400);
            assert_eq!(state.order("o").unwrap().state, OrderState::Unknown);
            run(&mut state, report("o", ExecutionKind::Rejected));
            assert_eq!(state.available(), Some(Cash(100_000_000)));
        }
    }
}

#[test]
fn a_stop_that_triggers_is_marked_once_and_others_cannot() {
    let mut state = with_order_in(OrderState::Sent);
    let decision = run(&mut state, report("o", ExecutionKind::Triggered));
    assert_eq!(names(&decision), ["OrderAccepted", "OrderTriggered"]);
    assert!(state.order("o").unwrap().is_triggered);
    assert_eq!(run(&mut state, report("o", ExecutionKind::Triggered)).events, []);
    run(&mut state, buy("market"));
    let error = refusal(&mut state, report("market", ExecutionKind::Triggered));
    assert_eq!(error.reason(), "ORDER_STATE_CONFLICT");
}

#[test]
fn a_strategy_that_fills_too_often_is_disabled_by_the_fill_that_reaches_the_rate() {
    let mut state = ready();
    set_limits(&mut state, |limits| {
        limits.account.execution_rate = Some(Rate { count: 2, window_ns: 1_000 });
    });
    run(&mut state, OrderTerms { strategy_id: Some("s".into()), ..buy("o") });
    assert_eq!(
        names(&run(&mut state, fill("o", "a", 1, 40_000))),
        ["OrderFilled", "PositionOpened"]
    );
    let second = names(&run(&mut state, fill("o", "b", 1, 40_000)));
    assert_eq!(second, ["OrderFilled", "PositionChanged", "StrategyDisabled"]);
}

#[test]
fn a_replaced_report_takes_what_it_leaves_out_from_the_request() {
    let mut state = with_order_in(OrderState::PendingReplace);
    let told = report("o", ExecutionKind::Replaced);
    assert_eq!(names(&run(&mut state, told.clone())), ["OrderReplaced"]);
    let order = state.order("o").unwrap();
    assert_eq!(
        (order.terms.limit_price, order.terms.quantity),
        (Some(Price(39_800)), Quantity(10))
    );
    assert_eq!((order.state, &order.replacement), (OrderState::Accepted, &None));
    assert_eq!(run(&mut state, told.clone()).events, []);
    let smaller = ExecutionReport { quantity: Quantity(7), ..told };
    run(&mut state, smaller);
    assert_eq!(state.order("o").unwrap().leaves_quantity, Quantity(7));
}

#[test]
fn an_order_that_is_replaced_by_what_has_filled_is_filled() {
    let mut state = with_order_in(OrderState::Accepted);
    run(&mut state, fill("o", "a", 4, 40_000));
    run(
        &mut state,
        ExecutionReport { quantity: Quantity(4), ..report("o", ExecutionKind::Replaced) },
    );
    assert_eq!(order_state(&state), OrderState::Filled);
    assert_eq!(state.open_orders().count(), 0);
}

/// Where an order stands whose cancel is refused, after `told` before it was asked for and `since` while it was on its way.
fn after_refused_cancel(told: &[ExecutionKind], since: &[ExecutionKind]) -> OrderState {
    let mut state = ready();
    run(&mut state, buy("o"));
    for kind in told {
        run(&mut state, report("o", *kind));
    }
    run(&mut state, Cancel { order_id: "o".into() });
    for kind in since {
        let venue_order_id = Some("v-1".into());
        run(&mut state, ExecutionReport { venue_order_id, ..report("o", *kind) });
    }
    let refused = run(&mut state, report("o", ExecutionKind::CancelRejected));
    assert_eq!(names(&refused), ["CancelRejected"]);
    order_state(&state)
}

#[test]
fn an_order_whose_cancel_is_refused_goes_back_to_where_it_stood() {
    use ExecutionKind::{Accepted, Sent, Uncertain};
    assert_eq!(after_refused_cancel(&[Sent], &[]), OrderState::Sent);
    assert_eq!(
        after_refused_cancel(&[], &[]),
        OrderState::Sent,
        "an answer shows that it was sent"
    );
    assert_eq!(after_refused_cancel(&[Sent, Uncertain], &[]), OrderState::Unknown);
    assert_eq!(after_refused_cancel(&[Sent, Accepted], &[]), OrderState::Accepted);
    assert_eq!(after_refused_cancel(&[Sent], &[Accepted]), OrderState::Accepted);
}

#[test]
fn a_replacement_on_its_way_is_still_on_its_way_after_a_refused_cancel() {
    let mut state = ready();
    run(&mut state, limit("o"));
    run(&mut state, report("o", ExecutionKind::Accepted));
    let replacement = Replacement { quantity: Some(Quantity(5)), ..Replacement::default() };
    run(&mut state, Replace { order_id: "o".into(), replacement });
    run(&mut state, Cancel { order_id: "o".into() });
    let mut replaced = state.clone();
    run(&mut state, report("o", ExecutionKind::CancelRejected));
    assert_eq!(order_state(&state), OrderState::PendingReplace);
    run(&mut replaced, report("o", ExecutionKind::Replaced));
    run(&mut replaced, report("o", ExecutionKind::CancelRejected));
    assert_eq!(order_state(&replaced), OrderState::Accepted);
}
