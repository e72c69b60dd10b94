//! Submissions, deposits, limits, marks and time.

use super::super::command::{Advance, Deposit, Mark, RegisterInstrument, SetLimits, Withdraw};
use super::super::decide::{check, decide};
use super::super::error::DecideError;
use super::super::event::EventBody;
use super::super::order::{OrderStatus, OrderTerms};
use super::super::state::State;
use super::super::testing::{
    buy, day, decimal, event_names, fill, limit, limits, mark, ready, ready_with, refusal, run,
    sell, spy, spy_terms, with_order_in, NOW_NS,
};
use crate::error::Refusal;
use crate::instrument::{Instrument, InstrumentTerms};
use crate::portfolio::cost::Cash;
use crate::portfolio::equity::{Equity, EquityError};
use crate::price::{Price, Quantity};
use crate::risk::limits::Limits;

fn reason_of(state: &mut State, terms: OrderTerms) -> String {
    let decision = run(state, terms);
    match &decision.events[0].body {
        EventBody::OrderRejected(rejected) => rejected.reason.clone(),
        other => panic!("not rejected: {other:?}"),
    }
}

fn ready_under(change: impl FnOnce(&mut Limits)) -> State {
    let mut state = ready();
    let mut changed = Limits { version: 2, ..limits() };
    change(&mut changed);
    run(&mut state, SetLimits { limits: changed });
    state
}

#[test]
fn an_order_within_all_limits_is_created() {
    let mut state = ready();
    assert_eq!(event_names(&run(&mut state, buy("o", 10))), ["OrderCreated"]);
    let order = state.order_by_client_id("client-o").unwrap();
    assert_eq!(order.status, OrderStatus::PendingNew);
    assert_eq!(order.reference_price, Some(Price(40_000)));
}

#[test]
fn terms_that_are_wrong_whatever_the_state_are_refused() {
    let lots = InstrumentTerms { lot_size: 10, tick_size: 5, ..spy_terms() };
    let mut state = ready_with(&Instrument::new(lots).unwrap(), Price(40_000));
    let elsewhere = OrderTerms { symbol: "QQQ".to_owned(), ..buy("o", 10) };
    let priced_market = OrderTerms { limit_price: Some(Price(40_000)), ..buy("o", 10) };
    let unpriced_limit = OrderTerms { limit_price: None, ..limit(buy("o", 10), 40_000) };
    let endless_day = OrderTerms { expire_time_ns: None, ..day(buy("o", 10), NOW_NS + 1) };
    let nameless = OrderTerms { client_order_id: "".into(), ..buy("o", 10) };
    let cases = [
        (elsewhere, "UNKNOWN_INSTRUMENT"),
        (buy("o", 0), "QUANTITY_NOT_POSITIVE"),
        (buy("o", -10), "QUANTITY_NOT_POSITIVE"),
        (buy("o", i64::MIN), "QUANTITY_NOT_POSITIVE"),
        (buy("o", 15), "QUANTITY_OFF_LOT"),
        (limit(buy("o", 10), 0), "PRICE_NOT_POSITIVE"),
        (limit(buy("o", 10), 40_001), "PRICE_OFF_TICK"),
        (priced_market, "ORDER_TERMS_INVALID"),
        (unpriced_limit, "ORDER_TERMS_INVALID"),
        (endless_day, "ORDER_TERMS_INVALID"),
        (day(buy("o", 10), NOW_NS), "ORDER_TERMS_INVALID"),
        (nameless, "INVALID_ARGUMENT"),
    ];
    for (terms, reason) in cases {
        assert_eq!(refusal(&mut state, terms.clone()).reason(), reason, "{terms:?}");
        assert_eq!(check(&state, &terms, NOW_NS).unwrap_err().reason(), reason);
    }
}

#[test]
fn the_values_of_a_refusal_are_human_decimals() {
    let lots = InstrumentTerms { tick_size: 5, ..spy_terms() };
    let mut state = ready_with(&Instrument::new(lots).unwrap(), Price(40_000));
    let metadata = refusal(&mut state, limit(buy("o", 1), 40_001)).metadata();
    assert_eq!(metadata, [("price", "400.01".to_owned()), ("tick_size", "0.05".to_owned())]);
}

#[test]
fn a_repeated_submission_decides_nothing_and_other_terms_are_refused() {
    let mut state = ready();
    run(&mut state, buy("o", 10));
    let retry = OrderTerms { order_id: "p".into(), ..buy("o", 10) };
    assert!(run(&mut state, retry).events.is_empty());
    let other = OrderTerms { quantity: Quantity(11), ..buy("o", 10) };
    let error = refusal(&mut state, other);
    assert!(matches!(error, DecideError::ClientOrderIdReused { .. }), "{error}");
    let stolen = OrderTerms { client_order_id: "another".into(), ..buy("o", 10) };
    assert_eq!(refusal(&mut state, stolen).reason(), "ALREADY_EXISTS");
}

#[test]
fn a_rejected_order_is_remembered_for_its_retry() {
    let mut state = ready();
    assert_eq!(reason_of(&mut state, buy("o", 1_000)), "NOTIONAL_LIMIT_EXCEEDED");
    assert!(run(&mut state, buy("o", 1_000)).events.is_empty());
    let order = state.order_by_client_id("client-o").unwrap();
    assert_eq!(order.reject_reason.as_deref(), Some("NOTIONAL_LIMIT_EXCEEDED"));
    assert_eq!(order.leaves_quantity, Quantity(0));
}

#[test]
fn without_limits_or_a_fresh_reference_price_nothing_is_sent() {
    let mut state = State::new("account");
    run(&mut state, RegisterInstrument { instrument: spy() });
    let failures = check(&state, &buy("o", 1), NOW_NS).unwrap();
    let reasons: Vec<_> = failures.iter().map(|failure| failure.reason.name()).collect();
    assert_eq!(reasons, ["LIMITS_MISSING", "REFERENCE_PRICE_MISSING"]);
    assert_eq!(reason_of(&mut state, buy("a", 1)), "LIMITS_MISSING");
    run(&mut state, SetLimits { limits: limits() });
    assert_eq!(reason_of(&mut state, buy("b", 1)), "REFERENCE_PRICE_MISSING");
    mark(&mut state, "SPY", Price(40_000));
    let late = decide(&state, &buy("c", 1).into(), NOW_NS + 1_000_001).unwrap();
    let EventBody::OrderRejected(rejected) = &late.events[0].body else { panic!("{late:?}") };
    assert_eq!(rejected.reason, "REFERENCE_PRICE_STALE");
    assert_eq!((rejected.limit.as_str(), rejected.observed.as_str()), ("1000000", "1000001"));
}

#[test]
fn each_limit_allows_its_own_value_and_refuses_one_unit_more() {
    let mut state = ready_under(|limits| limits.max_order_quantity = Some(decimal("5")));
    run(&mut state, buy("a", 5));
    assert_eq!(reason_of(&mut state, buy("b", 6)), "QUANTITY_LIMIT_EXCEEDED");

    let mut state = ready_under(|limits| limits.max_order_notional = decimal("2000.00"));
    run(&mut state, buy("a", 5));
    assert_eq!(reason_of(&mut state, limit(buy("b", 5), 40_001)), "NOTIONAL_LIMIT_EXCEEDED");

    let mut state = ready();
    run(&mut state, limit(buy("a", 1), 42_000));
    run(&mut state, limit(buy("b", 1), 38_000));
    assert_eq!(reason_of(&mut state, limit(buy("c", 1), 42_001)), "PRICE_COLLAR_BREACHED");
    assert_eq!(reason_of(&mut state, limit(buy("d", 1), 37_999)), "PRICE_COLLAR_BREACHED");

    let mut state = ready_under(|limits| limits.max_open_orders = 1);
    run(&mut state, buy("a", 1));
    assert_eq!(reason_of(&mut state, buy("b", 1)), "OPEN_ORDER_LIMIT_EXCEEDED");
}

#[test]
fn a_rejection_tells_rule_limit_and_observed_value() {
    let decision = run(&mut ready(), buy("o", 300));
    let EventBody::OrderRejected(rejected) = &decision.events[0].body else { panic!() };
    assert_eq!(rejected.rule, "order_notional");
    assert_eq!((rejected.limit.as_str(), rejected.observed.as_str()), ("100000.00", "120000.00"));
}

#[test]
fn the_position_limit_counts_open_orders_of_the_same_side() {
    let mut state = ready();
    run(&mut state, buy("a", 250));
    run(&mut state, buy("b", 250));
    assert_eq!(reason_of(&mut state, buy("c", 1)), "POSITION_LIMIT_EXCEEDED");
    run(&mut state, fill("a", "1", 250, 40_000));
    assert_eq!(reason_of(&mut state, buy("d", 1)), "POSITION_LIMIT_EXCEEDED");
}

#[test]
fn what_only_shrinks_a_position_passes_a_limit_that_it_is_above() {
    let mut state = ready();
    run(&mut state, buy("a", 250));
    run(&mut state, fill("a", "1", 250, 40_000));
    let lowered = Limits { version: 2, max_position_notional: decimal("1"), ..limits() };
    run(&mut state, SetLimits { limits: lowered });
    assert_eq!(event_names(&run(&mut state, sell("b", 100))), ["OrderCreated"]);
    assert_eq!(reason_of(&mut state, buy("c", 1)), "POSITION_LIMIT_EXCEEDED");
}

#[test]
fn a_sale_cannot_go_short_unless_the_limits_allow_it() {
    let mut state = ready();
    assert_eq!(reason_of(&mut state, sell("a", 1)), "SHORT_NOT_ALLOWED");
    run(&mut state, buy("b", 10));
    run(&mut state, fill("b", "1", 10, 40_000));
    run(&mut state, sell("c", 6));
    assert_eq!(reason_of(&mut state, sell("d", 5)), "SHORT_NOT_ALLOWED");
    run(&mut state, sell("e", 4));
    let mut state = ready_under(|limits| limits.allow_short = true);
    assert_eq!(event_names(&run(&mut state, sell("a", 1))), ["OrderCreated"]);
}

#[test]
fn open_buys_reserve_their_cash() {
    let mut state = ready_under(|limits| {
        limits.max_order_notional = decimal("1000000");
        limits.max_position_notional = decimal("10000000");
        limits.max_order_quantity = None;
    });
    let usd = spy().currency();
    run(&mut state, buy("a", 2_000));
    assert_eq!(state.free_cash(usd).unwrap(), Cash(20_000_000));
    assert_eq!(reason_of(&mut state, buy("b", 501)), "INSUFFICIENT_FUNDS");
    let error = refusal(&mut state, Withdraw { currency: usd, amount: 20_000_001 });
    assert_eq!(error.reason(), "INSUFFICIENT_FUNDS");
    run(&mut state, Withdraw { currency: usd, amount: 20_000_000 });
}

#[test]
fn all_failed_checks_are_told_when_asked() {
    let mut state = ready_under(|limits| limits.max_open_orders = 0);
    let terms = limit(sell("o", 2_000), 50_000);
    let reasons: Vec<_> = check(&state, &terms, NOW_NS)
        .unwrap()
        .into_iter()
        .map(|failure| failure.reason.name())
        .collect();
    let expected = [
        "QUANTITY_LIMIT_EXCEEDED",
        "NOTIONAL_LIMIT_EXCEEDED",
        "PRICE_COLLAR_BREACHED",
        "OPEN_ORDER_LIMIT_EXCEEDED",
        "POSITION_LIMIT_EXCEEDED",
        "SHORT_NOT_ALLOWED",
    ];
    assert_eq!(reasons, expected);
    assert_eq!(reason_of(&mut state, terms), "QUANTITY_LIMIT_EXCEEDED");
}

#[test]
fn time_never_goes_back() {
    let mut state = ready();
    let error = decide(&state, &Advance {}.into(), NOW_NS - 1).unwrap_err();
    assert_eq!(error, DecideError::TimeWentBack { time_ns: NOW_NS - 1, last_time_ns: NOW_NS });
    let later = Mark { symbol: "SPY".to_owned(), price: Price(1), source: "close".to_owned() };
    state.execute(&later.into(), NOW_NS + 5).unwrap();
    assert!(decide(&state, &Advance {}.into(), NOW_NS + 4).is_err());
}

#[test]
fn a_mark_makes_no_event_and_is_gone_after_recovery() {
    let mut state = ready();
    let sequence = state.event_sequence();
    mark(&mut state, "SPY", Price(41_000));
    assert_eq!(state.event_sequence(), sequence);
    assert_eq!(state.reference_price("SPY").unwrap().price, Price(41_000));
    let unknown = Mark { symbol: "QQQ".to_owned(), price: Price(1), source: "close".to_owned() };
    assert_eq!(refusal(&mut state, unknown).reason(), "UNKNOWN_INSTRUMENT");
    let zero = Mark { symbol: "SPY".to_owned(), price: Price(0), source: "close".to_owned() };
    assert_eq!(refusal(&mut state, zero).reason(), "PRICE_NOT_POSITIVE");
}

#[test]
fn a_submission_tells_the_price_it_was_decided_on() {
    let decision = run(&mut ready(), buy("o", 1));
    assert_eq!(decision.prices_read["SPY"].price, Price(40_000));
}

#[test]
fn limits_are_replaced_by_later_ones_only() {
    let mut state = ready();
    assert!(run(&mut state, SetLimits { limits: limits() }).events.is_empty());
    let other = Limits { max_open_orders: 6, ..limits() };
    assert_eq!(
        refusal(&mut state, SetLimits { limits: other.clone() }).reason(),
        "FAILED_PRECONDITION"
    );
    run(&mut state, SetLimits { limits: Limits { version: 2, ..other } });
    let negative = Limits { version: 3, max_order_notional: decimal("-1"), ..limits() };
    assert_eq!(refusal(&mut state, SetLimits { limits: negative }).reason(), "INVALID_ARGUMENT");
}

#[test]
fn an_instrument_keeps_its_terms() {
    let mut state = ready();
    assert!(run(&mut state, RegisterInstrument { instrument: spy() }).events.is_empty());
    let other = Instrument::new(InstrumentTerms { tick_size: 5, ..spy_terms() }).unwrap();
    let error = refusal(&mut state, RegisterInstrument { instrument: other });
    assert_eq!(error.reason(), "ALREADY_EXISTS");
}

#[test]
fn amounts_of_cash_are_positive() {
    let mut state = ready();
    for amount in [0, -1] {
        let currency = spy().currency();
        refusal(&mut state, Deposit { currency, amount });
        refusal(&mut state, Withdraw { currency, amount });
    }
}

#[test]
fn equity_is_cash_and_positions_at_their_marks() {
    let mut state = with_order_in(OrderStatus::Filled);
    mark(&mut state, "SPY", Price(41_000));
    let equity = Equity::of(&state).unwrap();
    let cash = Cash(100_000_000 - 400_000 - 7);
    assert_eq!((equity.cash, equity.positions_value), (cash, Cash(410_000)));
    assert_eq!(equity.equity, Cash(100_009_993));
}

#[test]
fn equity_needs_a_mark_for_every_position() {
    let filled = with_order_in(OrderStatus::Filled);
    let recovered = State { reference_prices: std::collections::BTreeMap::new(), ..filled };
    let missing = EquityError::ReferencePriceMissing { symbol: "SPY".to_owned() };
    assert_eq!(Equity::of(&recovered), Err(missing));
    assert!(matches!(Equity::of(&State::new("a")), Err(EquityError::NotOneCurrency { .. })));
}

#[test]
fn an_overflow_is_refused_before_anything_changes() {
    let terms = InstrumentTerms { multiplier: i64::MAX, ..spy_terms() };
    let instrument = Instrument::new(terms).unwrap();
    let mut state = ready_with(&instrument, Price(i64::MAX));
    let unbounded = Limits { version: 2, max_order_quantity: None, ..limits() };
    run(&mut state, SetLimits { limits: unbounded });
    let error = refusal(&mut state, buy("o", i64::MAX));
    assert_eq!(error.reason(), "VALUE_OVERFLOW");
}
