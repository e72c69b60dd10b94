//! Limits, switches and overrides: what people decide about an account.

use crate::decimal::Decimal;
use crate::error::Refusal;
use crate::instrument::testing::{instrument, spy};
use crate::instrument::InstrumentTerms;
use crate::order::command::{
    Approve, CommandBody, Consent, ExecutionKind, Kill, Override, Rearm, RegisterInstrument, Scope,
    SetConnection, SetCovariance, SetLimits, SetTradingState,
};
use crate::order::event::EventBody;
use crate::order::state::State;
use crate::order::status::OrderState;
use crate::order::terms::{OrderTerms, OrderType, Side};
use crate::order::testing::{
    advance, buy, fill, limits, mark, names, ready, refusal, report, run, NOW_NS,
};
use crate::price::{Price, Quantity};
use crate::risk::limits::{Limit, Limits, Severity, TradingState};

fn set(change: impl FnOnce(&mut Limits)) -> SetLimits {
    let mut set = limits(2);
    change(&mut set);
    SetLimits { limits: Box::new(set) }
}

fn refused(state: &mut State, body: impl Into<CommandBody>) -> (&'static str, String) {
    let error = refusal(state, body);
    (error.reason(), error.to_string())
}

/// The field that a command has wrong.
fn wrong_field(state: &mut State, body: impl Into<CommandBody>) -> String {
    let error = refusal(state, body);
    assert_eq!(error.reason(), "INVALID_ARGUMENT", "{error}");
    error.metadata().into_iter().find(|(name, _)| *name == "field").unwrap().1
}

#[allow(clippy::unnecessary_wraps, reason = "what the fields of a limit set take")]
fn limit(value: i128) -> Option<Limit> {
    Some(Limit { value: Decimal::new(value, 0), severity: Severity::Hard })
}

#[test]
fn limits_are_replaced_by_later_ones_only() {
    let mut state = ready();
    assert_eq!(names(&run(&mut state, set(|_| {}))), ["LimitsSet"]);
    assert!(run(&mut state, set(|_| {})).events.is_empty(), "a repetition");
    let same_version = set(|limits| limits.account.max_open_orders = limit(1));
    let (reason, text) = refused(&mut state, same_version);
    assert_eq!(reason, "FAILED_PRECONDITION");
    assert_eq!(text, "limits of version 2 are in force, 2 is not later");
    assert_eq!(
        refused(&mut state, SetLimits { limits: Box::new(limits(1)) }).0,
        "FAILED_PRECONDITION"
    );
}

#[test]
fn limits_with_a_wrong_number_are_refused_as_a_whole() {
    let mut state = ready();
    let wrong = set(|limits| {
        limits.account.max_open_orders = limit(1);
        limits.strategies.entry("momentum".into()).or_default().max_credit = limit(-1);
    });
    assert_eq!(wrong_field(&mut state, wrong), "strategies.momentum.max_credit.value");
    assert_eq!(state.limits().unwrap().version, 1);
}

fn covariance(symbols: &[&str], covariance: &[i64]) -> SetCovariance {
    SetCovariance {
        symbols: symbols.iter().map(|symbol| (*symbol).into()).collect(),
        covariance: covariance.to_vec(),
        deviations_thousandths: 1_000,
    }
}

fn with_qqq() -> State {
    let mut state = ready();
    let terms = InstrumentTerms { symbol: "QQQ".into(), ..spy() };
    run(&mut state, RegisterInstrument { instrument: instrument(terms) });
    run(&mut state, mark("QQQ", 40_000));
    state
}

#[test]
fn a_matrix_that_cannot_be_a_covariance_is_refused() {
    let mut state = with_qqq();
    let both = ["SPY", "QQQ"];
    for (wrong, field) in [
        (covariance(&both, &[1, 0, 0]), "covariance"),
        (covariance(&both, &[1, 2, 3, 1]), "covariance"),
        (covariance(&both, &[1, 0, 0, -1]), "covariance"),
        (covariance(&["SPY", "SPY"], &[1, 0, 0, 1]), "symbols"),
        (
            SetCovariance { deviations_thousandths: 0, ..covariance(&["SPY"], &[1]) },
            "deviations_thousandths",
        ),
    ] {
        assert_eq!(wrong_field(&mut state, wrong), field);
    }
    assert_eq!(refused(&mut state, covariance(&["DIA"], &[1])).0, "UNKNOWN_INSTRUMENT");
    assert_eq!(names(&run(&mut state, covariance(&both, &[1, -1, -1, 1]))), ["CovarianceSet"]);
}

fn kill(scope: Scope, flatten: bool) -> Kill {
    Kill { scope, person: "ada".into(), note: "enough".into(), flatten }
}

fn rearm(scope: &Scope, confirm: bool) -> Rearm {
    Rearm { scope: scope.clone(), person: "ada".into(), confirm }
}

fn momentum() -> Scope {
    Scope::Strategy("momentum".into())
}

fn by(strategy_id: &str, terms: OrderTerms) -> OrderTerms {
    OrderTerms { strategy_id: Some(strategy_id.into()), ..terms }
}

fn resting(order_id: &str) -> OrderTerms {
    let limit_price = Some(Price(39_000));
    OrderTerms { order_type: OrderType::Limit, limit_price, ..buy(order_id) }
}

fn open(state: &mut State, terms: OrderTerms) {
    let order_id = terms.order_id.clone();
    run(state, terms);
    run(state, report(order_id.as_str(), ExecutionKind::Accepted));
}

fn traded(state: &mut State, terms: OrderTerms) {
    let (order_id, quantity) = (terms.order_id.clone(), terms.quantity.0);
    run(state, terms);
    run(state, fill(order_id.as_str(), &format!("fill-{order_id}"), quantity, 40_000));
}

fn state_of(state: &State, order_id: &str) -> OrderState {
    state.order(order_id).unwrap().state
}

#[test]
fn a_kill_switch_cancels_the_orders_of_its_scope_and_stops_new_ones() {
    for (scope, canceled) in [(Scope::Global, 2), (Scope::Account, 2), (momentum(), 1)] {
        let mut state = ready();
        open(&mut state, by("momentum", resting("a")));
        open(&mut state, by("value", resting("b")));
        let decision = run(&mut state, kill(scope.clone(), false));
        let mut expected = vec!["Killed"];
        expected.resize(1 + canceled, "CancelRequested");
        assert_eq!(names(&decision), expected, "{scope}");
        assert!(run(&mut state, kill(scope, false)).events.is_empty(), "a repetition");
        assert_eq!(names(&run(&mut state, by("momentum", buy("c")))), ["OrderRejected"]);
    }
}

#[test]
fn a_switch_without_a_name_behind_it_is_not_pulled() {
    let nobody = Kill { person: " ".into(), ..kill(Scope::Account, false) };
    assert_eq!(wrong_field(&mut ready(), nobody), "person");
}

/// Ten SPY of momentum and five of value, and eight QQQ short of momentum.
fn holding() -> State {
    let mut state = with_qqq();
    traded(&mut state, by("momentum", buy("a")));
    traded(&mut state, by("value", OrderTerms { quantity: Quantity(5), ..buy("b") }));
    let short =
        OrderTerms { symbol: "QQQ".into(), side: Side::Sell, quantity: Quantity(8), ..buy("c") };
    traded(&mut state, by("momentum", short));
    state
}

fn created(decision: &crate::order::decide::Decision) -> Vec<(&str, &str, Side, i64)> {
    let orders = decision.events.iter().filter_map(|event| match &event.body {
        EventBody::OrderCreated(created) => Some(&created.order.terms),
        _ => None,
    });
    orders
        .map(|terms| (terms.order_id.as_str(), terms.symbol.as_str(), terms.side, terms.quantity.0))
        .collect()
}

#[test]
fn flattening_closes_what_is_held_whatever_the_limits() {
    let mut state = holding();
    run(
        &mut state,
        set(|limits| {
            limits.trading_state = TradingState::Halted;
            limits.account.max_order_quantity = limit(1);
        }),
    );
    let sequence = state.event_sequence();
    let decision = run(&mut state, kill(Scope::Account, true));
    let ids = [format!("flatten-{}", sequence + 2), format!("flatten-{}", sequence + 3)];
    let expected =
        [(ids[0].as_str(), "SPY", Side::Sell, 15), (ids[1].as_str(), "QQQ", Side::Buy, 8)];
    assert_eq!(created(&decision), expected);
    let order = state.order(&ids[0]).unwrap();
    assert!(order.terms.reduce_only && order.terms.order_type == OrderType::Market);
    assert_eq!(order.state, OrderState::PendingSend);
}

#[test]
fn flattening_a_strategy_closes_its_own_part_only() {
    let mut state = holding();
    let decision = run(&mut state, kill(momentum(), true));
    let closed: Vec<_> =
        created(&decision).into_iter().map(|(_, symbol, _, size)| (symbol, size)).collect();
    assert_eq!(closed, [("SPY", 10), ("QQQ", 8)]);
    let value = run(&mut state, kill(Scope::Strategy("value".into()), true));
    assert_eq!(
        created(&value)
            .into_iter()
            .map(|(_, symbol, side, size)| (symbol, side, size))
            .collect::<Vec<_>>(),
        [("SPY", Side::Sell, 5)]
    );
}

#[test]
fn a_strategy_closes_no_more_than_the_account_holds() {
    let mut state = holding();
    // Value sells what momentum holds: the account has three SPY left, and value is short by twelve of its own.
    let sell = OrderTerms { side: Side::Sell, quantity: Quantity(12), ..buy("d") };
    traded(&mut state, by("value", sell));
    let closed: Vec<_> = created(&run(&mut state, kill(momentum(), true)))
        .into_iter()
        .map(|(_, symbol, _, size)| (symbol.to_owned(), size))
        .collect();
    assert_eq!(closed, [("SPY".to_owned(), 3), ("QQQ".to_owned(), 8)]);
    assert!(created(&run(&mut state, kill(Scope::Strategy("value".into()), true))).is_empty());
}

#[test]
fn a_switch_that_is_on_can_still_be_told_to_flatten_once() {
    let mut state = holding();
    assert_eq!(names(&run(&mut state, kill(Scope::Account, false))), ["Killed"]);
    let flattened = run(&mut state, kill(Scope::Account, true));
    assert_eq!(names(&flattened), ["Killed", "OrderCreated", "OrderCreated"]);
    assert!(run(&mut state, kill(Scope::Account, true)).events.is_empty());
}

#[test]
fn a_taken_id_does_not_hold_up_flattening() {
    let mut state = holding();
    // It is created, then come the kill and its own cancel.
    let taken = format!("flatten-{}", state.event_sequence() + 4);
    run(&mut state, resting(&taken));
    let decision = run(&mut state, kill(Scope::Account, true));
    let ids: Vec<_> = created(&decision).into_iter().map(|(order_id, ..)| order_id).collect();
    assert_eq!(ids.len(), 2, "{:?}", names(&decision));
    assert_eq!(ids[0], format!("{taken}-"));
}

#[test]
fn re_arming_takes_two_steps() {
    for scope in [Scope::Global, Scope::Account, momentum()] {
        let mut state = ready();
        assert!(run(&mut state, rearm(&scope, true)).events.is_empty(), "nothing is stopped");
        run(&mut state, kill(scope.clone(), false));
        assert_eq!(refused(&mut state, rearm(&scope, true)).0, "FAILED_PRECONDITION");
        assert_eq!(names(&run(&mut state, rearm(&scope, false))), ["RearmRequested"]);
        assert!(run(&mut state, rearm(&scope, false)).events.is_empty(), "a repetition");
        assert_eq!(names(&run(&mut state, by("momentum", buy("a")))), ["OrderRejected"]);
        assert_eq!(names(&run(&mut state, rearm(&scope, true))), ["Rearmed"]);
        assert_eq!(names(&run(&mut state, by("momentum", buy("b")))), ["OrderCreated"]);
    }
}

#[test]
fn another_kill_takes_a_request_to_re_arm_back() {
    let mut state = ready();
    run(&mut state, kill(Scope::Account, false));
    run(&mut state, rearm(&Scope::Account, false));
    run(&mut state, kill(Scope::Account, true));
    assert_eq!(refused(&mut state, rearm(&Scope::Account, true)).0, "FAILED_PRECONDITION");
}

#[test]
fn one_switch_is_not_re_armed_with_another() {
    let mut state = ready();
    run(&mut state, kill(Scope::Global, false));
    run(&mut state, kill(Scope::Account, false));
    for confirm in [false, true] {
        run(&mut state, rearm(&Scope::Account, confirm));
    }
    assert_eq!(names(&run(&mut state, buy("a"))), ["OrderRejected"]);
    let nobody = Rearm { person: "".into(), ..rearm(&Scope::Global, false) };
    assert_eq!(wrong_field(&mut state, nobody), "person");
}

#[test]
fn what_an_account_may_do_is_changed_by_a_named_person() {
    let mut state = ready();
    let told = |trading_state| SetTradingState { trading_state, person: "ada".into() };
    assert!(run(&mut state, told(TradingState::Active)).events.is_empty());
    assert_eq!(names(&run(&mut state, told(TradingState::Halted))), ["TradingStateChanged"]);
    assert_eq!(names(&run(&mut state, buy("a"))), ["OrderRejected"]);
    let nobody = SetTradingState { person: "".into(), ..told(TradingState::Active) };
    assert_eq!(wrong_field(&mut state, nobody), "person");
}

#[test]
fn a_lost_connection_cancels_all_orders_where_that_is_wanted() {
    for cancels in [false, true] {
        let mut state = ready();
        run(&mut state, set(|limits| limits.cancel_on_disconnect = cancels));
        open(&mut state, resting("a"));
        let mut expected = vec!["ConnectionChanged"];
        expected.resize(1 + usize::from(cancels), "CancelRequested");
        assert_eq!(names(&run(&mut state, SetConnection { connected: false })), expected);
        assert!(run(&mut state, SetConnection { connected: false }).events.is_empty());
        assert_eq!(names(&run(&mut state, buy("b"))), ["OrderRejected"]);
        assert_eq!(
            names(&run(&mut state, SetConnection { connected: true })),
            ["ConnectionChanged"]
        );
        assert_eq!(names(&run(&mut state, buy("c"))), ["OrderCreated"]);
        let left = if cancels { OrderState::PendingCancel } else { OrderState::Accepted };
        assert_eq!(state_of(&state, "a"), left);
    }
}

fn granted(rule: &str) -> Override {
    Override { rule: rule.into(), strategy_id: None, symbol: None, until_ns: NOW_NS + 10 }
}

fn approve(granted: Override) -> Approve {
    Approve {
        approver: "ada".into(),
        consent: Consent::Override(granted),
        note: "as agreed".into(),
    }
}

#[test]
fn only_a_rule_that_has_a_limit_is_overridden_and_only_until_a_time_to_come() {
    let mut state = ready();
    for rule in ["unheard_of", "funds", "kill_switch", "limits_present", "reference_present"] {
        assert_eq!(wrong_field(&mut state, approve(granted(rule))), "rule", "{rule}");
    }
    let late = Override { until_ns: NOW_NS, ..granted("gross") };
    assert_eq!(wrong_field(&mut state, approve(late)), "until_ns");
    let unknown = Override { symbol: Some("DIA".into()), ..granted("gross") };
    assert_eq!(refused(&mut state, approve(unknown)).0, "UNKNOWN_INSTRUMENT");
    let nobody = Approve { approver: "".into(), ..approve(granted("gross")) };
    assert_eq!(wrong_field(&mut state, nobody), "approver");
}

#[test]
fn an_override_is_on_record_with_its_approver_until_it_expires() {
    let mut state = ready();
    let decision = run(&mut state, approve(granted("gross")));
    let EventBody::OverrideGranted(body) = &decision.events[0].body else { panic!() };
    assert_eq!((body.approver.as_str(), body.note.as_str()), ("ada", "as agreed"));
    assert!(run(&mut state, approve(granted("gross"))).events.is_empty(), "a repetition");
    assert!(!names(&advance(&mut state, NOW_NS + 9)).contains(&"OverrideExpired"));
    assert!(names(&advance(&mut state, NOW_NS + 10)).contains(&"OverrideExpired"));
    assert!(state.overrides().is_empty());
}
