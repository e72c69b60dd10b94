//! Each scope decides alone, the tightest of several decides, and each counts its own.

use super::*;
use crate::order::command::{ExecutionReport, Kill, Scope};
use crate::time::SECOND_NS;

type Set = fn(&mut LimitSet, Option<Limit>);

/// Limits that every scope bounds alike, each with an order of ten shares beyond `tight` and within `wide`.
const SHARED: [(&str, Set, &str, &str); 9] = [
    ("order_quantity", |set, limit| set.max_order_quantity = limit, "9", "10"),
    ("order_notional", |set, limit| set.max_order_notional = limit, "3999.99", "4000"),
    ("order_notional_minimum", |set, limit| set.min_order_notional = limit, "4000.01", "4000"),
    ("position_quantity", |set, limit| set.max_position_quantity = limit, "9", "10"),
    ("position_notional", |set, limit| set.max_position_notional = limit, "3999.99", "4000"),
    ("gross", |set, limit| set.max_gross_notional = limit, "3999.99", "4000"),
    ("net", |set, limit| set.max_net_notional = limit, "3999.99", "4000"),
    ("leverage", |set, limit| set.max_leverage_bps = limit, "39.99", "40"),
    ("credit", |set, limit| set.max_credit = limit, "3999.99", "4000"),
];

fn scope<'a>(limits: &'a mut Limits, name: &str) -> &'a mut LimitSet {
    match name {
        "global" => &mut limits.global,
        "account" => &mut limits.account,
        "strategy" => limits.strategies.entry("momentum".into()).or_default(),
        _ => limits.instruments.entry("SPY".into()).or_default(),
    }
}

const SCOPES: [&str; 4] = ["global", "account", "strategy", "instrument"];

#[test]
fn each_scope_decides_alone() {
    for (rule, set, tight, wide) in SHARED {
        for name in SCOPES {
            let state = account(|limits| set(scope(limits, name), at_most(tight)));
            let judged = Scene::new(state, by("momentum", bought(10))).judged();
            assert_eq!(judged.refusing(), rule, "{name}");
            let state = account(|limits| set(scope(limits, name), at_most(wide)));
            let judged = Scene::new(state, by("momentum", bought(10))).judged();
            assert_eq!(judged.verdict, Verdict::Pass, "{rule} of {name}");
        }
    }
}

#[test]
fn the_tightest_scope_decides_whichever_it_is() {
    for (rule, set, tight, wide) in SHARED {
        for tightest in SCOPES {
            let state = account(|limits| {
                for name in SCOPES {
                    set(scope(limits, name), at_most(if name == tightest { tight } else { wide }));
                }
            });
            let judged = Scene::new(state, by("momentum", bought(10))).judged();
            assert_eq!(judged.refusing(), rule, "{tightest}");
            let limit: crate::decimal::Decimal = tight.parse().unwrap();
            let told = judged.row(rule).limit().unwrap();
            assert_eq!(limit.floor_units(8), told.floor_units(8), "{rule} of {tightest}");
        }
    }
}

#[test]
fn a_strategys_and_an_instruments_limits_leave_others_alone() {
    let mut state = account(|limits| {
        limits.strategies.entry("momentum".into()).or_default().max_order_quantity = at_most("1");
        limits.instruments.entry("QQQ".into()).or_default().max_order_quantity = at_most("2");
    });
    list(&mut state, InstrumentTerms { symbol: "QQQ".into(), ..spy() });
    let refusing = |terms| Scene::new(state.clone(), terms).judged().refusing();
    assert_eq!(refusing(bought(10)), "");
    assert_eq!(refusing(by("value", bought(10))), "");
    assert_eq!(refusing(by("momentum", bought(2))), "order_quantity");
    assert_eq!(refusing(of("QQQ", bought(3))), "order_quantity");
    assert_eq!(refusing(of("QQQ", by("momentum", bought(2)))), "order_quantity");
}

#[test]
fn a_strategys_position_is_its_own() {
    let mut state = account(|limits| {
        let own = limits.strategies.entry("momentum".into()).or_default();
        own.max_position_quantity = at_most("10");
        own.max_position_notional = at_most("4000");
    });
    trade(&mut state, by("value", bought(100)));
    trade(&mut state, by("momentum", bought(4)));
    open(&mut state, &by("momentum", named("bid", at_price(bought(3), 39_000))));
    let judged = |quantity| Scene::new(state.clone(), by("momentum", bought(quantity))).judged();
    assert_eq!(judged(3).verdict, Verdict::Pass);
    let beyond = judged(4);
    assert_eq!(beyond.refusing(), "position_quantity");
    assert_eq!(beyond.numbers("position_quantity"), ("10".into(), "11".into()));
    assert_eq!(beyond.numbers("position_notional"), ("4000.00".into(), "4400.00".into()));
}

#[test]
fn a_strategy_and_an_instrument_count_their_own_orders_and_messages() {
    let limited: [fn(&mut LimitSet); 3] = [
        |set| set.max_open_orders = at_most("1"),
        |set| set.order_rate = rate(1, SECOND_NS),
        |set| set.max_order_to_trade = at_most("1"),
    ];
    for (set, rule) in limited.into_iter().zip(["open_orders", "order_rate", "order_to_trade"]) {
        for name in SCOPES {
            let mut state = account(|limits| set(scope(limits, name)));
            list(&mut state, InstrumentTerms { symbol: "QQQ".into(), ..spy() });
            open(&mut state, &by("momentum", named("first", bought(1))));
            let refusing = |terms| Scene::new(state.clone(), terms).judged().refusing();
            assert_eq!(refusing(by("momentum", bought(1))), rule, "{name}");
            let elsewhere = of("QQQ", by("value", bought(1)));
            let expected = if ["global", "account"].contains(&name) { rule } else { "" };
            assert_eq!(refusing(elsewhere), expected, "{rule} of {name}");
        }
    }
}

#[test]
fn credit_is_what_is_open_and_what_was_traded_by_strategy_and_for_all() {
    let mut state = account(|limits| {
        limits.account.max_credit = at_most("20000");
        limits.strategies.entry("momentum".into()).or_default().max_credit = at_most("10000");
    });
    trade(&mut state, by("momentum", bought(10)));
    trade(&mut state, by("momentum", sold(10)));
    open(&mut state, &by("value", named("bid", at_price(bought(20), 40_000))));
    // 8,000.00 traded by momentum, 8,000.00 open of value.
    let judged = |terms| Scene::new(state.clone(), terms).judged();
    assert_eq!(judged(by("momentum", bought(5))).verdict, Verdict::Pass);
    let own = judged(by("momentum", bought(6)));
    assert_eq!(own.numbers("credit"), ("10000.00".into(), "10400.00".into()));
    assert_eq!(judged(by("value", bought(10))).verdict, Verdict::Pass);
    let all = judged(by("value", bought(11)));
    assert_eq!(all.numbers("credit"), ("20000.00".into(), "20400.00".into()));
    run(&mut state, order::report("bid", ExecutionKind::Canceled));
    order::advance(&mut state, NOW_NS + crate::time::DAY_NS);
    run(&mut state, mark("SPY", 40_000));
    let next_day = Scene::new(state, by("momentum", bought(25))).at(NOW_NS + crate::time::DAY_NS);
    assert_eq!(next_day.judged().numbers("credit"), ("10000.00".into(), "10000.00".into()));
}

#[test]
fn a_strategy_that_fills_too_often_rests_until_it_is_re_armed() {
    let mut state = account(|limits| limits.global.execution_rate = rate(2, SECOND_NS));
    trade(&mut state, by("momentum", bought(1)));
    assert_eq!(Scene::new(state.clone(), by("momentum", bought(1))).judged().refusing(), "");
    trade(&mut state, by("momentum", bought(1)));
    let refusing = |state: &State, terms| Scene::new(state.clone(), terms).judged().refusing();
    assert_eq!(refusing(&state, by("momentum", bought(1))), "strategy_disabled");
    assert_eq!(refusing(&state, by("value", bought(1))), "");
    let scope = Scope::Strategy("momentum".into());
    for confirm in [false, true] {
        let (scope, person) = (scope.clone(), "ada".into());
        run(&mut state, crate::order::command::Rearm { scope, person, confirm });
    }
    assert_eq!(refusing(&state, by("momentum", bought(1))), "");
    trade(&mut state, by("momentum", bought(1)));
    assert_eq!(refusing(&state, by("momentum", bought(1))), "", "fills before do not count");
}

#[test]
fn fills_further_apart_than_the_window_never_disable() {
    let mut state = account(|limits| limits.global.execution_rate = rate(2, 10));
    open(&mut state, &by("momentum", bought(10)));
    for index in 0..5 {
        let id = format!("fill-{index}");
        let told: ExecutionReport = order::fill("checked", &id, 1, 40_000);
        order::run_at(&mut state, told, NOW_NS + 10 * index).unwrap();
    }
    let scene = Scene::new(state, by("momentum", named("next", bought(1)))).at(NOW_NS + 40);
    assert_eq!(scene.judged().refusing(), "");
}

#[test]
fn a_kill_switch_stops_its_scope() {
    let cases = [
        (Scope::Global, [true, true, true]),
        (Scope::Account, [true, true, true]),
        (Scope::Strategy("momentum".into()), [true, false, false]),
    ];
    for (scope, stopped) in cases {
        let mut state = account(|_| {});
        let person = "ada".into();
        run(&mut state, Kill { scope: scope.clone(), person, note: String::new(), flatten: false });
        let orders = [by("momentum", bought(1)), by("value", bought(1)), bought(1)];
        let found = orders
            .map(|terms| Scene::new(state.clone(), terms).judged().refusing() == "kill_switch");
        assert_eq!(found, stopped, "{scope}");
    }
}
