//! Orders as they are submitted, changed and canceled: good and bad.

use crate::error::Refusal;
use crate::instrument::testing::{currency, instrument};
use crate::instrument::{InstrumentChange, InstrumentTerms, Session};
use crate::order::command::{
    AdjustPosition, AdoptOrder, Advance, Approve, CancelAll, ChangeInstrument, ClosePosition,
    Command, CommandBody, Consent, Deposit, ExecutionKind, MarkRate, RegisterInstrument, Replace,
    SetCalendar, SetLimits, Withdraw,
};
use crate::order::decide::{decide_submit, Decision};
use crate::order::error::DecideError;
use crate::order::event::EventBody;
use crate::order::order::Replacement;
use crate::order::state::State;
use crate::order::status::OrderState;
use crate::order::terms::{OrderTerms, OrderType, Side, TimeInForce, Trail};
use crate::order::testing::{
    bracket, buy, cancel, fill, hard, limit, limits, mark, names, ready, refusal, report, run,
    sell, set_limits, soft, with_order_in, NOW_NS,
};
use crate::portfolio::cost::Cash;
use crate::price::{Price, Quantity};
use crate::risk::limits::SelfTrade;

fn reason(state: &mut State, body: impl Into<CommandBody>) -> &'static str {
    refusal(state, body).reason()
}

fn order_state(state: &State, order_id: &str) -> OrderState {
    state.order(order_id).unwrap().state
}

#[test]
fn terms_that_contradict_each_other_are_refused() {
    let trailing = OrderTerms {
        order_type: OrderType::TrailingStop,
        trail: Some(Trail::Offset(Price(100))),
        ..buy("o")
    };
    let stop =
        OrderTerms { order_type: OrderType::Stop, stop_price: Some(Price(41_000)), ..buy("o") };
    let cases = [
        (OrderTerms { order_id: "".into(), ..buy("o") }, "order_id"),
        (OrderTerms { client_order_id: "".into(), ..buy("o") }, "client_order_id"),
        (OrderTerms { strategy_id: Some("".into()), ..buy("o") }, "strategy_id"),
        (OrderTerms { trader_id: Some("".into()), ..buy("o") }, "trader_id"),
        (OrderTerms { limit_price: Some(Price(1)), ..buy("o") }, "limit_price"),
        (OrderTerms { limit_price: None, ..limit("o") }, "limit_price"),
        (OrderTerms { stop_price: Some(Price(1)), ..limit("o") }, "stop_price"),
        (OrderTerms { stop_price: None, ..stop.clone() }, "stop_price"),
        (OrderTerms { trail: Some(Trail::Bps(5)), ..stop }, "trail"),
        (OrderTerms { trail: None, ..trailing.clone() }, "trail"),
        (OrderTerms { trail: Some(Trail::Bps(0)), ..trailing.clone() }, "trail"),
        (OrderTerms { trail: Some(Trail::Bps(10_000)), ..trailing.clone() }, "trail"),
        (OrderTerms { trail: Some(Trail::Offset(Price(0))), ..trailing }, "trail"),
        (OrderTerms { time_in_force: TimeInForce::Gtd, ..buy("o") }, "expire_time_ns"),
        (OrderTerms { expire_time_ns: Some(NOW_NS + 1), ..buy("o") }, "expire_time_ns"),
        (OrderTerms { post_only: true, ..buy("o") }, "post_only"),
        (
            OrderTerms { post_only: true, time_in_force: TimeInForce::Ioc, ..limit("o") },
            "post_only",
        ),
    ];
    for (terms, field) in cases {
        let error = refusal(&mut ready(), terms);
        assert!(error.metadata().contains(&("field", field.to_owned())), "{error}");
    }
}

#[test]
fn quantities_and_prices_off_their_steps_are_refused() {
    let mut state = ready();
    let change =
        InstrumentChange { tick_size: Some(5), lot_size: Some(10), ..InstrumentChange::default() };
    run(&mut state, ChangeInstrument { symbol: "SPY".into(), change, effective_time_ns: None });
    for (terms, expected) in [
        (OrderTerms { quantity: Quantity(0), ..buy("o") }, "QUANTITY_NOT_POSITIVE"),
        (OrderTerms { quantity: Quantity(-10), ..buy("o") }, "QUANTITY_NOT_POSITIVE"),
        (OrderTerms { quantity: Quantity(11), ..buy("o") }, "QUANTITY_OFF_LOT"),
        (OrderTerms { limit_price: Some(Price(0)), ..limit("o") }, "PRICE_NOT_POSITIVE"),
        (OrderTerms { limit_price: Some(Price(39_901)), ..limit("o") }, "PRICE_OFF_TICK"),
        (OrderTerms { symbol: "QQQ".into(), ..buy("o") }, "UNKNOWN_INSTRUMENT"),
    ] {
        assert_eq!(reason(&mut state, terms), expected);
    }
}

#[test]
fn numbers_out_of_range_are_refused_and_change_nothing() {
    let huge = OrderTerms {
        quantity: Quantity(i64::MAX),
        limit_price: Some(Price(i64::MAX)),
        ..limit("o")
    };
    let mut state = ready();
    for terms in [huge.clone(), OrderTerms { side: Side::Sell, ..huge }] {
        let result = crate::order::testing::run_at(&mut state, terms, NOW_NS);
        let is_refused = result.map_or(true, |decision| names(&decision) == ["OrderRejected"]);
        assert!(is_refused);
        assert_eq!(state.open_orders().count(), 0);
    }
}

#[test]
fn a_submission_that_is_repeated_changes_nothing_even_after_a_replacement() {
    let mut state = ready();
    run(&mut state, limit("o"));
    let retry = OrderTerms { order_id: "other".into(), ..limit("o") };
    assert_eq!(run(&mut state, retry.clone()).events, []);
    run(&mut state, report("o", ExecutionKind::Accepted));
    let replacement = Replacement { quantity: Some(Quantity(7)), ..Replacement::default() };
    run(&mut state, Replace { order_id: "o".into(), replacement });
    run(&mut state, report("o", ExecutionKind::Replaced));
    assert_eq!(state.order("o").unwrap().terms.quantity, Quantity(7));
    assert_eq!(run(&mut state, retry).events, []);
    let other = OrderTerms { quantity: Quantity(7), ..limit("o") };
    assert_eq!(reason(&mut state, other), "CLIENT_ORDER_ID_REUSED");
}

#[test]
fn an_order_id_is_used_once() {
    let mut state = ready();
    run(&mut state, buy("o"));
    let again = OrderTerms { client_order_id: "new".into(), ..buy("o") };
    assert_eq!(reason(&mut state, again), "ALREADY_EXISTS");
}

#[test]
fn a_check_that_fails_rejects_the_order_on_the_record() {
    let mut state = ready();
    set_limits(&mut state, |limits| limits.account.max_order_quantity = hard("9"));
    let decision = run(&mut state, buy("o"));
    let EventBody::OrderRejected(rejected) = &decision.events[0].body else { panic!() };
    assert_eq!(rejected.reason.name(), "QUANTITY_LIMIT_EXCEEDED");
    assert_eq!(
        (rejected.limit.unwrap().to_string(), rejected.observed.unwrap().to_string()),
        ("9".into(), "10".into())
    );
    assert_eq!(order_state(&state, "o"), OrderState::Rejected);
    assert_eq!(run(&mut state, buy("o")).events, [], "its retry is answered by the rejection");
}

#[test]
fn prices_that_no_record_holds_are_recorded_with_the_decision_that_read_them() {
    let mut state = ready();
    let first = run(&mut state, buy("o"));
    assert_eq!(first.prices_read.len(), 1);
    assert_eq!(run(&mut state, buy("p")).prices_read, []);
    run(&mut state, mark("SPY", 40_001));
    assert_eq!(run(&mut state, buy("q")).prices_read.len(), 1);
}

#[test]
fn a_command_id_makes_any_command_safe_to_retry() {
    let mut state = ready();
    let mut decision = Decision::default();
    let paid = |amount| Command {
        id: Some("once".into()),
        body: Deposit { currency: currency("USD"), amount }.into(),
    };
    state.execute(&paid(5), NOW_NS, &mut decision).unwrap();
    assert_eq!(decision.events.len(), 1);
    state.execute(&paid(5), NOW_NS + 1, &mut decision).unwrap();
    assert_eq!(decision.events, []);
    let error = state.execute(&paid(6), NOW_NS + 1, &mut decision).unwrap_err();
    assert_eq!(error.reason(), "ALREADY_EXISTS");
    assert_eq!(state.account().balance(currency("USD")), Cash(100_000_005));
    let nameless = Command { id: Some("".into()), body: Advance {}.into() };
    assert_eq!(
        state.execute(&nameless, NOW_NS + 1, &mut decision).unwrap_err().reason(),
        "INVALID_ARGUMENT"
    );
}

#[test]
fn only_the_last_commands_are_remembered() {
    let mut state = ready();
    let mut decision = Decision::default();
    let mut pay = |state: &mut State, id: usize| {
        let body = Deposit { currency: currency("USD"), amount: 1 }.into();
        let command = Command { id: Some(id.to_string().into()), body };
        state.execute(&command, NOW_NS, &mut decision).unwrap();
        decision.events.len()
    };
    let total = (0..=crate::order::repeats::REMEMBERED_COMMANDS)
        .map(|id| pay(&mut state, id))
        .sum::<usize>();
    assert_eq!(total, crate::order::repeats::REMEMBERED_COMMANDS + 1);
    assert_eq!((pay(&mut state, 1), pay(&mut state, 0)), (0, 1));
}

#[test]
fn cancels_do_what_the_table_says() {
    for (state, expected) in [
        (OrderState::Held, Ok(OrderState::Canceled)),
        (OrderState::PendingApproval, Ok(OrderState::Canceled)),
        (OrderState::PendingSend, Ok(OrderState::PendingCancel)),
        (OrderState::Unknown, Ok(OrderState::PendingCancel)),
        (OrderState::PendingReplace, Ok(OrderState::PendingCancel)),
        (OrderState::PendingCancel, Ok(OrderState::PendingCancel)),
        (OrderState::Canceled, Ok(OrderState::Canceled)),
        (OrderState::Filled, Err("ORDER_STATE_CONFLICT")),
        (OrderState::Rejected, Err("ORDER_STATE_CONFLICT")),
        (OrderState::Expired, Err("ORDER_STATE_CONFLICT")),
    ] {
        let mut account = with_order_in(state);
        match expected {
            Ok(after) => {
                run(&mut account, cancel("o"));
                assert_eq!(order_state(&account, "o"), after);
            }
            Err(expected) => assert_eq!(reason(&mut account, cancel("o")), expected),
        }
    }
    assert_eq!(reason(&mut ready(), cancel("nobody")), "ORDER_UNKNOWN");
}

#[test]
fn many_orders_are_canceled_by_instrument_and_strategy() {
    let mut state = ready();
    run(&mut state, OrderTerms { strategy_id: Some("s".into()), ..limit("a") });
    run(&mut state, limit("b"));
    run(&mut state, bracket(buy("in"), [OrderTerms { side: Side::Sell, ..limit("out") }]));
    let of_strategy = CancelAll { strategy_id: Some("s".into()), symbol: Some("SPY".into()) };
    assert_eq!(names(&run(&mut state, of_strategy)), ["CancelRequested"]);
    let all = names(&run(&mut state, CancelAll::default()));
    assert_eq!(all, ["CancelRequested", "CancelRequested", "OrderCanceled"]);
    let elsewhere = CancelAll { symbol: Some("QQQ".into()), ..CancelAll::default() };
    assert_eq!(reason(&mut state, elsewhere), "UNKNOWN_INSTRUMENT");
}

fn replace(order_id: &str, quantity: Option<i64>, limit_price: Option<i64>) -> Replace {
    let replacement = Replacement {
        quantity: quantity.map(Quantity),
        limit_price: limit_price.map(Price),
        stop_price: None,
    };
    Replace { order_id: order_id.into(), replacement }
}

fn working() -> State {
    let mut state = ready();
    run(&mut state, limit("o"));
    run(&mut state, report("o", ExecutionKind::Accepted));
    state
}

#[test]
fn a_replacement_reserves_the_larger_of_what_is_and_what_may_be() {
    let mut state = working();
    assert_eq!(names(&run(&mut state, replace("o", Some(20), Some(39_000)))), ["ReplaceRequested"]);
    let open = state.slot("SPY").unwrap().open;
    assert_eq!((open.buy_quantity, open.buy_notional), (20, 20 * 39_000));
    assert_eq!(run(&mut state, replace("o", Some(20), Some(39_000))).events, []);
    assert_eq!(reason(&mut state, replace("o", Some(21), None)), "ORDER_STATE_CONFLICT");
    run(&mut state, report("o", ExecutionKind::ReplaceRejected));
    assert_eq!(state.slot("SPY").unwrap().open.buy_quantity, 10);
    assert_eq!(run(&mut state, report("o", ExecutionKind::ReplaceRejected)).events, []);
}

#[test]
fn a_replacement_that_breaks_a_limit_is_refused_and_leaves_the_order_as_it_is() {
    for limit in [hard("15"), soft("15")] {
        let mut state = working();
        set_limits(&mut state, |limits| limits.account.max_order_quantity = limit);
        let before = state.order("o").cloned();
        assert_eq!(names(&run(&mut state, replace("o", Some(16), None))), ["ReplaceRefused"]);
        assert_eq!(state.order("o").cloned(), before);
        assert_eq!(names(&run(&mut state, replace("o", Some(15), None))), ["ReplaceRequested"]);
    }
}

#[test]
fn a_replacement_that_cannot_be_is_refused() {
    let mut state = working();
    run(&mut state, fill("o", "a", 4, 39_900));
    for (body, expected) in [
        (replace("o", None, None), "INVALID_ARGUMENT"),
        (replace("o", Some(0), None), "QUANTITY_NOT_POSITIVE"),
        (replace("o", Some(4), None), "ORDER_TERMS_INVALID"),
        (replace("o", None, Some(0)), "PRICE_NOT_POSITIVE"),
        (replace("nobody", Some(5), None), "ORDER_UNKNOWN"),
    ] {
        assert_eq!(reason(&mut state, body), expected);
    }
    let stop_price = Some(Price(1));
    let with_stop = Replacement { stop_price, ..Replacement::default() };
    assert_eq!(
        reason(&mut state, Replace { order_id: "o".into(), replacement: with_stop }),
        "ORDER_TERMS_INVALID"
    );
    assert_eq!(run(&mut state, replace("o", Some(10), None)).events, [], "it changes nothing");
    run(&mut state, buy("market"));
    assert_eq!(reason(&mut state, replace("market", None, Some(40_000))), "ORDER_TERMS_INVALID");
    assert_eq!(reason(&mut state, replace("market", Some(5), None)), "ORDER_STATE_CONFLICT");
}

#[test]
fn a_position_is_closed_by_a_market_order_after_its_orders_are_canceled() {
    let mut state = working();
    run(&mut state, fill("o", "a", 4, 39_900));
    let close = ClosePosition {
        symbol: "SPY".into(),
        order_id: "close".into(),
        client_order_id: "close".into(),
        strategy_id: None,
    };
    assert_eq!(names(&run(&mut state, close.clone())), ["CancelRequested", "OrderCreated"]);
    let terms = &state.order("close").unwrap().terms;
    assert_eq!((terms.side, terms.quantity, terms.reduce_only), (Side::Sell, Quantity(4), true));
    run(&mut state, fill("close", "b", 4, 40_000));
    assert_eq!(run(&mut state, close.clone()).events, []);
    let flat = ClosePosition {
        client_order_id: "again".into(),
        order_id: "again".into(),
        ..close.clone()
    };
    assert_eq!(run(&mut state, flat).events, []);
    let reused = ClosePosition { client_order_id: "c-o".into(), ..close.clone() };
    assert_eq!(reason(&mut state, reused), "CLIENT_ORDER_ID_REUSED");
    assert_eq!(
        reason(&mut state, ClosePosition { symbol: "QQQ".into(), ..close }),
        "UNKNOWN_INSTRUMENT"
    );
}

fn consent(approver: &str, consent: Consent) -> Approve {
    Approve { approver: approver.into(), consent, note: "seen".to_owned() }
}

#[test]
fn an_order_that_waits_is_sent_or_rejected_by_another_person() {
    let grant = || Consent::Grant("o".into());
    let mut state = with_order_in(OrderState::PendingApproval);
    assert_eq!(reason(&mut state, consent("trader", grant())), "INVALID_ARGUMENT");
    assert_eq!(reason(&mut state, consent("", grant())), "INVALID_ARGUMENT");
    assert_eq!(
        reason(&mut state, consent("boss", Consent::Grant("nobody".into()))),
        "ORDER_UNKNOWN"
    );
    assert_eq!(names(&run(&mut state, consent("boss", grant()))), ["OrderApproved"]);
    assert_eq!(order_state(&state, "o"), OrderState::PendingSend);
    assert_eq!(reason(&mut state, consent("boss", grant())), "ORDER_STATE_CONFLICT");

    let mut state = with_order_in(OrderState::PendingApproval);
    run(&mut state, consent("boss", Consent::Deny("o".into())));
    assert_eq!(state.order("o").unwrap().reject_reason.unwrap().name(), "APPROVAL_DENIED");
}

#[test]
fn consent_does_not_help_an_order_that_breaks_a_hard_limit_by_now() {
    let mut state = with_order_in(OrderState::PendingApproval);
    set_limits(&mut state, |limits| limits.restricted = ["SPY".into()].into());
    assert_eq!(
        names(&run(&mut state, consent("boss", Consent::Grant("o".into())))),
        ["OrderRejected"]
    );
    assert_eq!(state.order("o").unwrap().reject_reason.unwrap().name(), "INSTRUMENT_RESTRICTED");
}

#[test]
fn self_trades_are_prevented_as_the_limits_say() {
    for (self_trade, expected) in [
        (SelfTrade::Allow, vec!["OrderCreated"]),
        (SelfTrade::CancelNewest, vec!["OrderRejected"]),
        (SelfTrade::CancelOldest, vec!["CancelRequested", "OrderCreated"]),
        (SelfTrade::CancelBoth, vec!["CancelRequested", "OrderRejected"]),
    ] {
        let mut state = working();
        set_limits(&mut state, |limits| limits.self_trade = self_trade);
        assert_eq!(names(&run(&mut state, sell("s"))), expected);
    }
}

#[test]
fn an_order_of_the_venues_is_taken_over_once() {
    let mut state = ready();
    let adopt = |filled: i64| AdoptOrder {
        terms: limit("o"),
        filled_quantity: Quantity(filled),
        venue_order_id: "v-1".into(),
    };
    assert_eq!(reason(&mut state, adopt(10)), "INVALID_ARGUMENT");
    assert_eq!(reason(&mut state, adopt(-1)), "INVALID_ARGUMENT");
    assert_eq!(names(&run(&mut state, adopt(4))), ["OrderAdopted"]);
    assert_eq!(run(&mut state, adopt(4)).events, []);
    let order = state.order("o").unwrap();
    assert_eq!((order.state, order.leaves_quantity), (OrderState::Accepted, Quantity(6)));
    assert_eq!(state.slot("SPY").unwrap().open.buy_quantity, 6);
    assert_eq!(reason(&mut state, fill("o", "a", 7, 39_900)), "OVERFILL");
    let other = AdoptOrder { venue_order_id: "v-2".into(), ..adopt(4) };
    assert_eq!(reason(&mut state, other), "CLIENT_ORDER_ID_REUSED");
}

#[test]
fn a_position_is_made_what_it_is_said_to_be_without_cash() {
    let mut state = ready();
    let adjust = |quantity: i64| AdjustPosition {
        symbol: "SPY".into(),
        quantity: Quantity(quantity),
        price: Price(40_000),
        person: "clerk".into(),
        note: String::new(),
    };
    assert_eq!(run(&mut state, adjust(0)).events, []);
    assert_eq!(names(&run(&mut state, adjust(-7))), ["PositionAdjusted"]);
    let position = state.position("SPY").unwrap();
    assert_eq!((position.quantity, position.total_cost.0), (Quantity(-7), -280_000));
    assert_eq!(state.account().balance(currency("USD")), Cash(100_000_000));
    assert_eq!(
        reason(&mut state, AdjustPosition { person: "".into(), ..adjust(1) }),
        "INVALID_ARGUMENT"
    );
    assert_eq!(
        reason(&mut state, AdjustPosition { price: Price(0), ..adjust(1) }),
        "PRICE_NOT_POSITIVE"
    );
    assert_eq!(
        reason(&mut state, AdjustPosition { symbol: "QQQ".into(), ..adjust(1) }),
        "UNKNOWN_INSTRUMENT"
    );
}

#[test]
fn cash_is_paid_in_and_out_but_only_what_is_free() {
    let mut state = ready();
    let usd = currency("USD");
    for amount in [0, -1] {
        assert_eq!(reason(&mut state, Deposit { currency: usd, amount }), "INVALID_ARGUMENT");
        assert_eq!(reason(&mut state, Withdraw { currency: usd, amount }), "INVALID_ARGUMENT");
    }
    run(&mut state, limit("o"));
    let free = 100_000_000 - 399_000;
    assert_eq!(
        reason(&mut state, Withdraw { currency: usd, amount: free + 1 }),
        "INSUFFICIENT_FUNDS"
    );
    run(&mut state, Withdraw { currency: usd, amount: free });
    assert_eq!(state.available(), Some(Cash(0)));
    assert_eq!(
        reason(&mut state, Withdraw { currency: currency("EUR"), amount: 1 }),
        "RATE_MISSING"
    );
}

#[test]
fn instruments_and_calendars_are_registered_once() {
    let mut state = ready();
    let spy = crate::instrument::testing::spy();
    let registered = |terms| RegisterInstrument { instrument: instrument(terms) };
    assert_eq!(run(&mut state, registered(spy.clone())).events, []);
    let other = InstrumentTerms { multiplier: 2, ..spy.clone() };
    assert_eq!(reason(&mut state, registered(other)), "ALREADY_EXISTS");
    let listed = InstrumentTerms { symbol: "QQQ".into(), calendar_id: Some("nyse".into()), ..spy };
    assert_eq!(reason(&mut state, registered(listed.clone())), "INVALID_ARGUMENT");
    let session = |open_time_ns, close_time_ns| Session {
        open_time_ns,
        close_time_ns,
        order_cutoff_time_ns: None,
    };
    let set = |sessions| SetCalendar { calendar_id: "nyse".into(), sessions };
    assert_eq!(reason(&mut state, set(vec![session(5, 5)])), "INSTRUMENT_INVALID");
    assert_eq!(names(&run(&mut state, set(vec![session(5, 6)]))), ["CalendarSet"]);
    assert_eq!(run(&mut state, set(vec![session(5, 6)])).events, []);
    assert_eq!(names(&run(&mut state, registered(listed))), ["InstrumentRegistered"]);
    let change = InstrumentChange { tick_size: Some(0), ..InstrumentChange::default() };
    let wrong = ChangeInstrument { symbol: "SPY".into(), change, effective_time_ns: None };
    assert_eq!(reason(&mut state, wrong), "INSTRUMENT_INVALID");
}

#[test]
fn later_limits_replace_earlier_ones() {
    let mut state = ready();
    let set = |version| SetLimits { limits: Box::new(limits(version)) };
    assert_eq!(run(&mut state, set(1)).events, []);
    assert_eq!(names(&run(&mut state, set(3))), ["LimitsSet"]);
    assert_eq!(reason(&mut state, set(2)), "FAILED_PRECONDITION");
}

#[test]
fn marks_that_cannot_be_are_refused() {
    let mut state = ready();
    assert_eq!(reason(&mut state, mark("QQQ", 1)), "UNKNOWN_INSTRUMENT");
    assert_eq!(reason(&mut state, mark("SPY", 0)), "PRICE_NOT_POSITIVE");
    let rate = |rate: &str| MarkRate { currency: currency("EUR"), rate: rate.parse().unwrap() };
    assert_eq!(reason(&mut state, rate("0")), "INVALID_ARGUMENT");
    assert_eq!(run(&mut state, rate("1.1")).events, []);
}

#[test]
fn a_refused_submission_leaves_the_decision_empty() {
    let state = ready();
    let mut decision = Decision::default();
    decide_submit(&state, &buy("o"), NOW_NS, &mut decision).unwrap();
    assert_eq!(decision.events.len(), 1);
    let error = decide_submit(&state, &buy(""), NOW_NS, &mut decision).unwrap_err();
    assert!(matches!(error, DecideError::FieldInvalid { field: "order_id", .. }));
    assert_eq!(decision, Decision::default());
}
