//! Hard and soft limits, what only grows, and overrides.

use super::*;
use crate::order::command::{Approve, Consent, Override, SetTradingState};
use crate::risk::limits::TradingState;

fn soft_rule(scene: &Scene) -> &'static str {
    match scene.judged().verdict {
        Verdict::Soft(breach) => breach.rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_soft_breach_waits_and_a_hard_one_beside_it_refuses() {
    let soft = |limits: &mut Limits| limits.account.max_order_quantity = softly("9");
    assert_eq!(soft_rule(&Scene::new(account(soft), bought(10))), "order_quantity");
    let both = account(|limits| {
        soft(limits);
        limits.account.max_gross_notional = at_most("3999");
    });
    assert_eq!(Scene::new(both, bought(10)).judged().refusing(), "gross");
}

#[test]
fn the_first_of_several_soft_breaches_is_told() {
    let state = account(|limits| {
        limits.account.max_gross_notional = softly("1");
        limits.account.max_order_notional = softly("1");
    });
    assert_eq!(soft_rule(&Scene::new(state, bought(10))), "order_notional");
}

#[test]
fn a_hard_limit_of_one_scope_and_a_soft_one_of_another_both_apply() {
    let state = account(|limits| {
        limits.global.max_order_quantity = at_most("20");
        limits.account.max_order_quantity = softly("10");
    });
    let judged = |quantity| Scene::new(state.clone(), bought(quantity)).judged();
    assert_eq!(judged(10).verdict, Verdict::Pass);
    assert_eq!(judged(10).numbers("order_quantity"), ("10".into(), "10".into()));
    assert_eq!(soft_rule(&Scene::new(state.clone(), bought(20))), "order_quantity");
    assert_eq!(judged(21).refusing(), "order_quantity");
    assert_eq!(judged(21).numbers("order_quantity"), ("20".into(), "21".into()));
}

#[test]
fn a_limit_between_two_units_allows_the_lower_one_and_a_minimum_the_higher() {
    let state = account(|limits| {
        limits.account.max_order_quantity = at_most("10.9");
        limits.account.min_order_notional = at_most("3999.999");
    });
    let judged = |quantity| Scene::new(state.clone(), bought(quantity)).judged();
    assert_eq!(judged(11).numbers("order_quantity"), ("10".into(), "11".into()));
    assert_eq!(judged(9).numbers("order_notional_minimum"), ("4000.00".into(), "3600.00".into()));
}

#[test]
fn a_limit_nobody_set_is_told_as_such() {
    let judged = Scene::new(account(|_| {}), bought(10)).judged();
    for rule in ["order_quantity", "gross", "value_at_risk", "order_rate", "duplicate_terms"] {
        assert_eq!(judged.row(rule).judgement, Judgement::NotSet, "{rule}");
    }
}

/// A limit that is below what is held already.
fn overfull() -> State {
    let mut state = account(|_| {});
    trade(&mut state, bought(100));
    limit(&mut state, |limits| {
        limits.account.max_position_quantity = at_most("50");
        limits.account.max_position_notional = at_most("20000");
        limits.account.max_gross_notional = at_most("20000");
        limits.account.max_net_notional = at_most("20000");
        limits.account.max_leverage_bps = at_most("200");
        limits.account.max_concentration_bps = at_most("200");
    });
    state
}

#[test]
fn a_limit_below_what_is_held_refuses_only_what_grows() {
    let judged = |terms| Scene::new(overfull(), terms).judged();
    assert_eq!(judged(bought(1)).refusing(), "position_quantity");
    for quantity in [1, 100, 150] {
        assert_eq!(judged(sold(quantity)).verdict, Verdict::Pass, "{quantity}");
    }
    assert_eq!(judged(sold(201)).refusing(), "position_quantity");
}

#[test]
fn a_hedge_is_not_refused_by_a_net_limit_that_it_relieves() {
    let mut state = account(|_| {});
    list(&mut state, InstrumentTerms { symbol: "QQQ".into(), ..spy() });
    trade(&mut state, bought(100));
    limit(&mut state, |limits| limits.account.max_net_notional = at_most("20000"));
    let judged = |terms| Scene::new(state.clone(), terms).judged();
    assert_eq!(judged(of("QQQ", bought(1))).refusing(), "net");
    // If only the hedge fills, the account is net short by less than it is long now; if nothing does, as long as now.
    assert_eq!(judged(of("QQQ", sold(50))).verdict, Verdict::Pass);
}

#[test]
fn what_only_reduces_passes_loss_limits_and_missing_funds() {
    let mut state = account(|_| {});
    trade(&mut state, bought(2_500));
    run(&mut state, mark("SPY", 30_000));
    limit(&mut state, |limits| {
        limits.account.max_daily_loss = at_most("1");
        limits.account.max_drawdown_bps = at_most("1");
        limits.account.min_order_notional = at_most("1000000");
    });
    order::advance(&mut state, NOW_NS);
    let judged = |terms| Scene::new(state.clone(), terms).judged();
    assert_eq!(judged(sold(1)).verdict, Verdict::Pass);
    assert_eq!(judged(sold(2_500)).verdict, Verdict::Pass);
    assert_eq!(judged(sold(2_501)).refusing(), "order_notional_minimum");
    assert_eq!(judged(bought(10_000)).refusing(), "funds");
}

#[test]
fn reducing_counts_all_open_orders_of_the_side() {
    let mut state = account(|_| {});
    trade(&mut state, bought(10));
    open(&mut state, &named("offer", at_price(sold(6), 41_000)));
    open(&mut state, &named("bid", at_price(bought(5), 39_000)));
    let person = "ada".into();
    run(&mut state, SetTradingState { trading_state: TradingState::Reducing, person });
    let judged = |terms| Scene::new(state.clone(), terms).judged();
    assert_eq!(judged(sold(4)).verdict, Verdict::Pass);
    assert_eq!(judged(sold(5)).refusing(), "trading_reducing");
    assert_eq!(judged(bought(1)).refusing(), "trading_reducing");
    let reduce_only = OrderTerms { reduce_only: true, ..sold(10) };
    assert_eq!(judged(reduce_only).verdict, Verdict::Pass);
}

#[test]
fn a_margin_call_leaves_only_what_reduces() {
    let mut state = account(|_| {});
    trade(&mut state, bought(10));
    state.losses.is_margin_called = true;
    assert_eq!(Scene::new(state.clone(), bought(1)).judged().refusing(), "trading_reducing");
    assert_eq!(Scene::new(state, sold(10)).judged().verdict, Verdict::Pass);
}

fn granted(rule: &str, strategy_id: Option<&str>, symbol: Option<&str>) -> Approve {
    let consent = Consent::Override(Override {
        rule: rule.into(),
        strategy_id: strategy_id.map(Into::into),
        symbol: symbol.map(Into::into),
        until_ns: NOW_NS + 10,
    });
    Approve { approver: "ada".into(), consent, note: "as agreed".into() }
}

#[test]
fn an_override_lets_its_rule_pass_and_no_other() {
    let mut state = account(|limits| {
        limits.account.max_order_quantity = at_most("9");
        limits.account.max_order_notional = at_most("4399");
    });
    run(&mut state, granted("order_quantity", None, None));
    let judged = |terms| Scene::new(state.clone(), terms).judged();
    assert_eq!(judged(bought(10)).verdict, Verdict::Pass);
    assert_eq!(judged(bought(10)).numbers("order_quantity"), ("9".into(), "10".into()));
    assert_eq!(judged(bought(11)).refusing(), "order_notional");
}

#[test]
fn an_override_ends_at_its_time_also_before_anybody_advances() {
    let mut state = account(|limits| limits.account.max_order_quantity = at_most("9"));
    run(&mut state, granted("order_quantity", None, None));
    let at = |time_ns| Scene::new(state.clone(), bought(10)).at(time_ns).judged().refusing();
    assert_eq!((at(NOW_NS + 9), at(NOW_NS + 10)), ("", "order_quantity"));
    let decision = order::advance(&mut state, NOW_NS + 10);
    assert_eq!(order::names(&decision), ["OverrideExpired"]);
    assert!(state.overrides().is_empty());
}

#[test]
fn an_override_for_a_strategy_or_an_instrument_is_for_nothing_else() {
    let mut state = account(|limits| limits.account.max_order_quantity = at_most("9"));
    list(&mut state, InstrumentTerms { symbol: "QQQ".into(), ..spy() });
    run(&mut state, granted("order_quantity", Some("momentum"), Some("SPY")));
    let refusing = |terms| Scene::new(state.clone(), terms).judged().refusing();
    assert_eq!(refusing(by("momentum", bought(10))), "");
    assert_eq!(refusing(bought(10)), "order_quantity");
    assert_eq!(refusing(by("value", bought(10))), "order_quantity");
    assert_eq!(refusing(of("QQQ", by("momentum", bought(10)))), "order_quantity");
}

#[test]
fn an_order_by_which_value_at_risk_falls_passes_whatever_the_limit() {
    let mut state = account(|_| {});
    list(&mut state, InstrumentTerms { symbol: "QQQ".into(), ..spy() });
    let symbols = vec!["SPY".into(), "QQQ".into()];
    let covariance = vec![100_000_000, 90_000_000, 90_000_000, 100_000_000];
    let deviations_thousandths = 1_000;
    run(
        &mut state,
        crate::order::command::SetCovariance { symbols, covariance, deviations_thousandths },
    );
    trade(&mut state, bought(100));
    limit(&mut state, |limits| limits.account.max_value_at_risk = at_most("1"));
    let judged = |terms| Scene::new(state.clone(), terms).judged();
    assert_eq!(judged(of("QQQ", sold(50))).verdict, Verdict::Pass);
    assert_eq!(judged(of("QQQ", bought(1))).refusing(), "value_at_risk");
    assert_eq!(judged(bought(1)).numbers("value_at_risk"), ("1.00".into(), "404.00".into()));
}
