//! What time alone does.

use crate::instrument::testing::{currency, future, instrument};
use crate::instrument::{InstrumentChange, InstrumentTerms, Session};
use crate::order::command::{
    ChangeInstrument, Deposit, ExecutionKind, RegisterInstrument, SetCalendar,
};
use crate::order::event::EventBody;
use crate::order::state::State;
use crate::order::status::OrderState;
use crate::order::terms::{OrderTerms, Side, TimeInForce};
use crate::order::testing::{
    advance, bracket, buy, fill, hard, limit, mark, names, ready, report, run, run_at, set_limits,
    with_order_in, NOW_NS,
};
use crate::portfolio::cost::Cash;
use crate::price::{Price, Quantity};
use crate::time::{DAY_NS, HOUR_NS};

fn good_till(order_id: &str, expire_time_ns: i64) -> OrderTerms {
    OrderTerms {
        time_in_force: TimeInForce::Gtd,
        expire_time_ns: Some(expire_time_ns),
        ..limit(order_id)
    }
}

/// The account once its day has begun.
fn begun() -> State {
    let mut state = ready();
    assert_eq!(names(&advance(&mut state, NOW_NS)), ["DayStarted"]);
    state
}

#[test]
fn time_does_not_go_back() {
    let mut state = begun();
    let error = run_at(&mut state, buy("o"), NOW_NS - 1).unwrap_err();
    assert_eq!(crate::error::Refusal::reason(&error), "TIME_WENT_BACK");
}

#[test]
fn an_order_expires_exactly_when_its_time_comes_and_only_by_advancing() {
    let mut state = begun();
    run(&mut state, good_till("o", NOW_NS + 10));
    assert_eq!(advance(&mut state, NOW_NS + 9).events, []);
    assert_eq!(names(&advance(&mut state, NOW_NS + 10)), ["OrderExpired"]);
    assert_eq!(state.order("o").unwrap().state, OrderState::Expired);
    assert_eq!(advance(&mut state, NOW_NS + 11).events, []);
}

#[test]
fn orders_expire_in_the_order_they_became_known() {
    let mut state = begun();
    run(&mut state, good_till("late", NOW_NS + 20));
    run(&mut state, good_till("early", NOW_NS + 10));
    run(
        &mut state,
        OrderTerms {
            time_in_force: TimeInForce::Gtc,
            expire_time_ns: None,
            ..good_till("never", 0)
        },
    );
    let expired = advance(&mut state, NOW_NS + 30);
    let ids: Vec<_> = expired
        .events
        .iter()
        .map(|event| match &event.body {
            EventBody::OrderExpired(expired) => expired.order_id.as_str().to_owned(),
            other => panic!("{}", other.type_name()),
        })
        .collect();
    assert_eq!(ids, ["late", "early"]);
}

#[test]
fn a_day_order_ends_with_its_session_or_else_with_the_trading_day() {
    let mut state = begun();
    let day = OrderTerms { time_in_force: TimeInForce::Day, ..limit("day") };
    run(&mut state, day.clone());
    let midnight_ns = state.day_start_time_ns(NOW_NS) + DAY_NS;
    assert_eq!(state.order("day").unwrap().end_time_ns, Some(midnight_ns));

    let session = Session {
        open_time_ns: NOW_NS - HOUR_NS,
        close_time_ns: NOW_NS + HOUR_NS,
        order_cutoff_time_ns: None,
    };
    run(&mut state, SetCalendar { calendar_id: "nyse".into(), sessions: vec![session] });
    let listed = InstrumentTerms {
        symbol: "QQQ".into(),
        calendar_id: Some("nyse".into()),
        ..crate::instrument::testing::spy()
    };
    run(&mut state, RegisterInstrument { instrument: instrument(listed) });
    run(&mut state, mark("QQQ", 40_000));
    run(
        &mut state,
        OrderTerms {
            symbol: "QQQ".into(),
            order_id: "q".into(),
            client_order_id: "q".into(),
            ..day
        },
    );
    assert_eq!(names(&advance(&mut state, NOW_NS + HOUR_NS)), ["OrderExpired"]);
    assert_eq!(state.order("q").unwrap().state, OrderState::Expired);
    assert_eq!(names(&advance(&mut state, midnight_ns)), ["OrderExpired", "DayStarted"]);
}

#[test]
fn an_order_that_waits_for_consent_is_rejected_when_nobody_gives_it() {
    let mut state = with_order_in(OrderState::PendingApproval);
    advance(&mut state, NOW_NS);
    assert_eq!(advance(&mut state, NOW_NS + HOUR_NS - 1).events, []);
    assert_eq!(names(&advance(&mut state, NOW_NS + HOUR_NS)), ["OrderRejected"]);
    let order = state.order("o").unwrap();
    assert_eq!(order.reject_reason.unwrap().name(), "APPROVAL_EXPIRED");
    assert_eq!(state.available(), Some(Cash(100_000_000)));
}

#[test]
fn the_exits_of_an_entry_that_expires_are_canceled_once() {
    let mut state = begun();
    let exit = OrderTerms {
        side: Side::Sell,
        limit_price: Some(Price(42_000)),
        ..good_till("out", NOW_NS + 10)
    };
    run(&mut state, bracket(good_till("in", NOW_NS + 10), [exit]));
    assert_eq!(names(&advance(&mut state, NOW_NS + 10)), ["OrderExpired", "OrderCanceled"]);
    assert_eq!(state.order("out").unwrap().state, OrderState::Canceled);
}

#[test]
fn an_instrument_changes_when_its_time_comes() {
    let mut state = begun();
    let change = InstrumentChange { tick_size: Some(5), ..InstrumentChange::default() };
    let later =
        ChangeInstrument { symbol: "SPY".into(), change, effective_time_ns: Some(NOW_NS + 10) };
    assert_eq!(names(&run(&mut state, later)), ["InstrumentChangeScheduled"]);
    assert_eq!(advance(&mut state, NOW_NS + 9).events, []);
    assert_eq!(state.instrument("SPY").unwrap().tick_size(), 1);
    assert_eq!(names(&advance(&mut state, NOW_NS + 10)), ["InstrumentChanged"]);
    assert_eq!(state.instrument("SPY").unwrap().tick_size(), 5);
    assert_eq!(advance(&mut state, NOW_NS + 11).events, []);
    let registered =
        RegisterInstrument { instrument: instrument(crate::instrument::testing::spy()) };
    assert_eq!(run_at(&mut state, registered, NOW_NS + 11).unwrap().events, []);
}

#[test]
fn a_trading_day_begins_once_and_measures_from_its_equity() {
    let mut state = begun();
    assert_eq!(advance(&mut state, NOW_NS + 1).events, []);
    run_at(&mut state, Deposit { currency: currency("USD"), amount: 5 }, NOW_NS + 1).unwrap();
    assert_eq!(state.losses().day_equity, Some(Cash(100_000_005)));
    let next_ns = state.day_start_time_ns(NOW_NS) + DAY_NS;
    assert_eq!(advance(&mut state, next_ns - 1).events, []);
    assert_eq!(names(&advance(&mut state, next_ns)), ["DayStarted"]);
    assert_eq!(state.losses().day_start_time_ns, Some(next_ns));
}

#[test]
fn equity_peaks_are_kept_only_while_a_drawdown_is_limited() {
    let mut state = begun();
    run(&mut state, buy("o"));
    run(&mut state, fill("o", "a", 10, 40_000));
    run(&mut state, mark("SPY", 41_000));
    assert_eq!(advance(&mut state, NOW_NS).events, []);
    set_limits(&mut state, |limits| limits.account.max_drawdown_bps = hard("500"));
    assert_eq!(names(&advance(&mut state, NOW_NS)), ["EquityPeaked"]);
    run(&mut state, mark("SPY", 40_500));
    assert_eq!(advance(&mut state, NOW_NS).events, []);
    run(&mut state, mark("SPY", 41_001));
    assert_eq!(names(&advance(&mut state, NOW_NS)), ["EquityPeaked"]);
    assert_eq!(state.losses().peak_equity, Some(Cash(100_010_010)));
}

/// An account that bought `count` futures at 5,000.00, whose contract the instrument builders describe.
fn with_futures(count: i64) -> (State, String) {
    let price = 500_000;
    let mut state = begun();
    let terms = InstrumentTerms { calendar_id: None, ..future() };
    let symbol = terms.symbol.to_string();
    run(&mut state, RegisterInstrument { instrument: instrument(terms) });
    run(&mut state, mark(&symbol, price));
    run(
        &mut state,
        OrderTerms { symbol: symbol.as_str().into(), quantity: Quantity(count), ..buy("f") },
    );
    run(&mut state, report("f", ExecutionKind::Accepted));
    run(&mut state, fill("f", "a", count, price));
    (state, symbol)
}

#[test]
fn a_futures_gain_becomes_cash_as_its_day_ends() {
    let (mut state, symbol) = with_futures(2);
    run(&mut state, mark(&symbol, 500_100));
    let (cash, equity) = (state.account().balance(currency("USD")), state.equity());
    let next_ns = state.day_start_time_ns(NOW_NS) + DAY_NS;
    assert_eq!(advance(&mut state, next_ns - 1).events, []);
    let settled = advance(&mut state, next_ns);
    assert_eq!(names(&settled), ["VariationSettled", "DayStarted"]);
    let EventBody::VariationSettled(event) = &settled.events[0].body else { panic!() };
    assert!(event.amount.0 > 0);
    assert_eq!(state.account().balance(currency("USD")).0, cash.0 + event.amount.0);
    assert_eq!(state.position(&symbol).unwrap().total_cost, event.total_cost);
    assert_eq!(state.equity(), equity);
    assert_eq!(advance(&mut state, next_ns).events, []);
}

#[test]
fn margin_is_called_once_and_restored() {
    let (mut state, symbol) = with_futures(60);
    // 1,000,000.00 less 60 contracts × 50 × 133.33 is just above 60 × 10,000.00.
    run(&mut state, mark(&symbol, 500_000 - 13_333));
    assert_eq!(advance(&mut state, NOW_NS).events, []);
    run(&mut state, mark(&symbol, 500_000 - 13_334));
    assert_eq!(names(&advance(&mut state, NOW_NS)), ["MarginCalled"]);
    assert!(state.losses().is_margin_called);
    assert_eq!(advance(&mut state, NOW_NS + 1).events, []);
    run_at(&mut state, mark(&symbol, 500_000 - 13_333), NOW_NS + 1).unwrap();
    assert_eq!(names(&advance(&mut state, NOW_NS + 1)), ["MarginRestored"]);
    assert!(!state.losses().is_margin_called);
}
