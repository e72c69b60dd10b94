//! For every row an order just within and one just beyond.

use super::*;
use crate::instrument::testing::{future, index};
use crate::instrument::Session;
use crate::order::command::{
    ChangeInstrument, Deposit, Kill, Replace, Scope, SetCalendar, SetConnection, SetCovariance,
    SetTradingState,
};
use crate::order::order::Replacement;
use crate::order::state::MarkTrust;
use crate::order::terms::TimeInForce;
use crate::risk::checks::ROWS;
use crate::risk::limits::{SelfTrade, TradingState};
use crate::time::SECOND_NS;

/// One row: an order that passes everything, and one that breaks the row and nothing before it.
struct Case {
    rule: &'static str,
    within: Scene,
    beyond: Scene,
    /// The limit and what is observed beyond it; empty where the row has no number.
    numbers: (String, String),
}

fn case(rule: &'static str, within: Scene, beyond: Scene, numbers: (&str, &str)) -> Case {
    Case { rule, within, beyond, numbers: (numbers.0.to_owned(), numbers.1.to_owned()) }
}

/// The same account, two orders.
fn two(
    rule: &'static str,
    state: State,
    within: OrderTerms,
    beyond: OrderTerms,
    numbers: (&str, &str),
) -> Case {
    case(rule, Scene::new(state.clone(), within), Scene::new(state, beyond), numbers)
}

/// Two accounts, the same order.
fn yes_no(rule: &'static str, within: State, beyond: State) -> Case {
    case(rule, Scene::new(within, bought(10)), Scene::new(beyond, bought(10)), ("", ""))
}

/// The same account and order, two times.
fn times(
    rule: &'static str,
    scene: Scene,
    (within, beyond): (i64, i64),
    numbers: (&str, &str),
) -> Case {
    let (state, terms) = (scene.state.clone(), scene.terms.clone());
    case(rule, scene.at(within), Scene::new(state, terms).at(beyond), numbers)
}

fn changed(mut state: State, change: impl FnOnce(&mut State)) -> State {
    change(&mut state);
    state
}

/// A limit of the account, and an order of ten and one of eleven shares.
fn ten_or_eleven(
    rule: &'static str,
    set: impl FnOnce(&mut LimitSet),
    numbers: (&str, &str),
) -> Case {
    two(rule, account(|limits| set(&mut limits.account)), bought(10), bought(11), numbers)
}

fn instrument_cases() -> Vec<Case> {
    let free = || account(|_| {});
    let expiring = |expire_time_ns| {
        let terms = InstrumentTerms { expire_time_ns: Some(expire_time_ns), ..future() };
        Scene::new(changed(free(), |state| list(state, terms)), of("ESZ6", bought(1)))
    };
    let unlimited = changed(State::new("main", currency("USD")), |state| list(state, spy()));
    let listed = changed(free(), |state| list(state, index()));
    vec![
        yes_no("limits_present", free(), unlimited),
        two("tradable", listed, bought(10), of("SPX", bought(10)), ("", "")),
        yes_no("halted", free(), changed(free(), |state| spy_slot(state).is_halted = true)),
        case("expired", expiring(NOW_NS + 1), expiring(NOW_NS), (&past(1), &past(0))),
    ]
}

/// A time of `ago_ns` before now, as it is told.
fn past(ago_ns: i64) -> String {
    (NOW_NS - ago_ns).to_string()
}

fn size_cases() -> Vec<Case> {
    let known_volume =
        changed(account(|limits| limits.account.max_volume_share_bps = at_most("100")), |state| {
            spy_slot(state).average_volume = Some(1_000);
        });
    vec![
        ten_or_eleven("order_quantity", |set| set.max_order_quantity = at_most("10"), ("10", "11")),
        ten_or_eleven(
            "order_notional",
            |set| set.max_order_notional = at_most("4000"),
            ("4000.00", "4400.00"),
        ),
        two(
            "order_notional_minimum",
            account(|limits| limits.account.min_order_notional = at_most("4000")),
            bought(10),
            bought(9),
            ("4000.00", "3600.00"),
        ),
        two("volume_share", known_volume, bought(10), bought(11), ("100.00", "110.00")),
    ]
}

fn price_cases() -> Vec<Case> {
    let free = || account(|_| {});
    let dax_state = |has_rate| {
        changed(free(), |state| {
            list(state, dax());
            if has_rate {
                mark_rate(state, "EUR", "1.1");
            }
        })
    };
    let moved = |price| {
        changed(account(|limits| limits.account.price_move_bps = at_most("250")), |state| {
            run(state, mark("SPY", price));
        })
    };
    let aging = account(|limits| limits.max_reference_age_ns = SECOND_NS);
    let sent_at =
        |sending_time_ns| OrderTerms { sending_time_ns: Some(sending_time_ns), ..bought(10) };
    let untrusted = |trust| changed(free(), |state| spy_slot(state).trust = trust);
    vec![
        yes_no("reference_present", free(), untrusted(MarkTrust::Recovered)),
        case(
            "rate_present",
            Scene::new(dax_state(true), of("DAX", bought(10))),
            Scene::new(dax_state(false), of("DAX", bought(10))),
            ("", ""),
        ),
        times(
            "reference_age",
            Scene::new(aging, bought(10)),
            (NOW_NS + SECOND_NS, NOW_NS + SECOND_NS + 1),
            ("1000000000", "1000000001"),
        ),
        two(
            "price_collar",
            account(|limits| limits.account.price_collar_bps = at_most("100")),
            at_price(bought(10), 40_400),
            at_price(bought(10), 40_401),
            ("100.00", "100.25"),
        ),
        case(
            "price_move",
            Scene::new(moved(41_000), bought(10)),
            Scene::new(moved(41_001), bought(10)),
            ("250.00", "250.25"),
        ),
        yes_no("market_data", free(), untrusted(MarkTrust::Suspect)),
        two(
            "clock",
            account(|limits| limits.max_clock_skew_ns = Some(5)),
            sent_at(NOW_NS - 5),
            sent_at(NOW_NS - 6),
            ("5", "6"),
        ),
    ]
}

fn traffic_cases() -> Vec<Case> {
    let sent_one = |change: fn(&mut Limits)| {
        let state = changed(account(change), |state| open(state, &buy("first")));
        Scene::new(state, bought(10))
    };
    let a_second_later = (NOW_NS + SECOND_NS, NOW_NS + SECOND_NS - 1);
    let messages = |count: usize| {
        changed(account(|limits| limits.account.max_order_to_trade = at_most("2")), |state| {
            for index in 0..count {
                open(state, &buy(&index.to_string()));
            }
        })
    };
    let disabled = changed(account(|_| {}), |state| {
        let momentum = state.strategy_index(Some(&"momentum".into()));
        state.strategy_book(momentum).unwrap().is_disabled = true;
    });
    vec![
        times(
            "duplicate_terms",
            sent_one(|limits| limits.duplicate_window_ns = SECOND_NS),
            a_second_later,
            ("1000000000", "999999999"),
        ),
        times(
            "order_rate",
            sent_one(|limits| limits.account.order_rate = rate(1, SECOND_NS)),
            a_second_later,
            ("1", "2"),
        ),
        replace_rate(a_second_later),
        case(
            "order_to_trade",
            Scene::new(messages(1), bought(10)),
            Scene::new(messages(2), bought(10)),
            ("2.00", "3.00"),
        ),
        two(
            "strategy_disabled",
            disabled,
            by("value", bought(10)),
            by("momentum", bought(10)),
            ("", ""),
        ),
    ]
}

fn replace_rate((within, beyond): (i64, i64)) -> Case {
    let state =
        changed(account(|limits| limits.account.replace_rate = rate(1, SECOND_NS)), |state| {
            let working = named("working", at_price(bought(10), 39_000));
            open(state, &working);
            let replacement =
                Replacement { quantity: Some(Quantity(11)), ..Replacement::default() };
            run(state, Replace { order_id: "working".into(), replacement });
            run(state, order::report("working", ExecutionKind::Replaced));
        });
    let terms = named("working", at_price(bought(12), 39_000));
    let scene = |time_ns| Scene {
        replaces: Some("working"),
        ..Scene::new(state.clone(), terms.clone()).at(time_ns)
    };
    case("replace_rate", scene(within), scene(beyond), ("1", "2"))
}

fn position_cases() -> Vec<Case> {
    let holding =
        |change: fn(&mut Limits)| changed(account(change), |state| trade(state, bought(10)));
    let one_open = |count: usize| {
        changed(account(|limits| limits.account.max_open_orders = at_most("1")), |state| {
            (0..count).for_each(|_| open(state, &buy("first")));
        })
    };
    let locates =
        account(|limits| limits.locates = Some([("SPY".into(), "1".parse().unwrap())].into()));
    let reduce = |quantity| OrderTerms { reduce_only: true, ..sold(quantity) };
    vec![
        ten_or_eleven(
            "position_quantity",
            |set| set.max_position_quantity = at_most("10"),
            ("10", "11"),
        ),
        ten_or_eleven(
            "position_notional",
            |set| set.max_position_notional = at_most("4000"),
            ("4000.00", "4400.00"),
        ),
        case(
            "open_orders",
            Scene::new(one_open(0), bought(10)),
            Scene::new(one_open(1), bought(10)),
            ("1", "2"),
        ),
        two("short", holding(|limits| limits.allow_short = false), sold(10), sold(11), ("0", "-1")),
        two("locate", locates, sold(1), sold(2), ("1", "2")),
        two("reduce_only", holding(|_| {}), reduce(10), reduce(11), ("10", "11")),
    ]
}

fn portfolio_cases() -> Vec<Case> {
    let numbers = ("4000.00", "4400.00");
    let euros = changed(account(|_| {}), |state| {
        run(state, Deposit { currency: currency("EUR"), amount: 1 });
    });
    let tech = changed(
        account(|limits| {
            limits.sectors.insert("tech".into(), at_most("4000").unwrap());
        }),
        |state| {
            let terms =
                InstrumentTerms { symbol: "QQQ".into(), sector: Some("tech".into()), ..spy() };
            list(state, terms);
        },
    );
    vec![
        yes_no("positions_valued", account(|_| {}), euros),
        ten_or_eleven("gross", |set| set.max_gross_notional = at_most("4000"), numbers),
        ten_or_eleven("net", |set| set.max_net_notional = at_most("4000"), numbers),
        ten_or_eleven("leverage", |set| set.max_leverage_bps = at_most("40"), ("40.00", "44.00")),
        ten_or_eleven(
            "concentration",
            |set| set.max_concentration_bps = at_most("40"),
            ("40.00", "44.00"),
        ),
        two("sector", tech, of("QQQ", bought(10)), of("QQQ", bought(11)), numbers),
        two("funds", account(|_| {}), bought(2_500), bought(2_501), ("1000000.00", "1000400.00")),
        ten_or_eleven("credit", |set| set.max_credit = at_most("4000"), numbers),
    ]
}

fn market_cases() -> Vec<Case> {
    let session = |order_cutoff_time_ns| {
        let state = changed(account(|_| {}), |state| {
            let session = Session {
                open_time_ns: NOW_NS - 10,
                close_time_ns: NOW_NS + 10,
                order_cutoff_time_ns,
            };
            run(state, SetCalendar { calendar_id: "us".into(), sessions: vec![session] });
            list(
                state,
                InstrumentTerms { symbol: "QQQ".into(), calendar_id: Some("us".into()), ..spy() },
            );
        });
        Scene::new(state, of("QQQ", bought(10)))
    };
    let banded = changed(account(|_| {}), |state| {
        spy_slot(state).bands = (Some(Price(39_900)), Some(Price(40_100)));
    });
    let until = |expire_time_ns| OrderTerms {
        time_in_force: TimeInForce::Gtd,
        expire_time_ns: Some(expire_time_ns),
        ..bought(10)
    };
    vec![
        times("market_hours", session(None), (NOW_NS + 9, NOW_NS + 10), ("", "")),
        times(
            "order_cutoff",
            session(Some(NOW_NS + 5)),
            (NOW_NS + 4, NOW_NS + 5),
            (&past(-4), &past(-5)),
        ),
        two(
            "price_band",
            banded,
            at_price(bought(10), 40_100),
            at_price(bought(10), 40_101),
            ("401.00", "401.01"),
        ),
        two("expire_time", account(|_| {}), until(NOW_NS + 1), until(NOW_NS), (&past(1), &past(0))),
    ]
}

fn permission_cases() -> Vec<Case> {
    let free = || account(|_| {});
    let by_trader = |trader: &str| OrderTerms { trader_id: Some(trader.into()), ..bought(10) };
    let ada = account(|limits| limits.permissions.traders = Some([("ada".into(), None)].into()));
    let momentum = account(|limits| {
        limits.permissions.strategies =
            Some([("momentum".into(), Some(["SPY".into()].into()))].into());
    });
    let killed = changed(free(), |state| {
        let (scope, person) = (Scope::Account, "ada".into());
        run(state, Kill { scope, person, note: String::new(), flatten: false });
    });
    let restricted = account(|limits| limits.restricted = ["SPY".into()].into());
    let told = |trading_state| {
        changed(free(), |state| {
            trade(state, bought(10));
            run(state, SetTradingState { trading_state, person: "ada".into() });
        })
    };
    let lost = changed(free(), |state| {
        run(state, SetConnection { connected: false });
    });
    vec![
        yes_no("restricted", free(), restricted),
        two("trader_permission", ada, by_trader("ada"), by_trader("bob"), ("", "")),
        two("strategy_permission", momentum, by("momentum", bought(10)), bought(10), ("", "")),
        yes_no("kill_switch", free(), killed),
        yes_no("connection", free(), lost),
        yes_no("trading_halted", free(), told(TradingState::Halted)),
        two("trading_reducing", told(TradingState::Reducing), sold(10), sold(11), ("", "")),
    ]
}

fn loss_cases() -> Vec<Case> {
    let lost = |change: fn(&mut Limits), price| {
        changed(account(change), |state| {
            trade(state, bought(100));
            run(state, mark("SPY", price));
        })
    };
    let daily: fn(&mut Limits) = |limits| limits.account.max_daily_loss = at_most("1000");
    let drawdown: fn(&mut Limits) = |limits| limits.account.max_drawdown_bps = at_most("10");
    let risk =
        changed(account(|limits| limits.account.max_value_at_risk = at_most("40")), |state| {
            // One percent a day, one deviation.
            run(
                state,
                SetCovariance {
                    symbols: vec!["SPY".into()],
                    covariance: vec![100_000_000],
                    deviations_thousandths: 1_000,
                },
            );
        });
    let from = |change, price| Scene::new(lost(change, price), bought(10));
    vec![
        case("daily_loss", from(daily, 39_000), from(daily, 38_999), ("1000.00", "1001.00")),
        case("drawdown", from(drawdown, 39_000), from(drawdown, 38_999), ("10.00", "10.01")),
        two("value_at_risk", risk, bought(10), bought(11), ("40.00", "44.00")),
    ]
}

fn self_trade_cases() -> Vec<Case> {
    let offered = changed(account(|limits| limits.self_trade = SelfTrade::CancelNewest), |state| {
        open(state, &named("offer", at_price(sold(10), 40_100)));
    });
    let at = |price| at_price(bought(10), price);
    vec![two("self_trade", offered, at(40_099), at(40_100), ("", ""))]
}

fn cases() -> Vec<Case> {
    [
        instrument_cases(),
        size_cases(),
        price_cases(),
        traffic_cases(),
        position_cases(),
        portfolio_cases(),
        self_trade_cases(),
        market_cases(),
        permission_cases(),
        loss_cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_row_passes_an_order_just_within_and_refuses_one_just_beyond() {
    for Case { rule, within, beyond, numbers } in cases() {
        assert_eq!(within.judged().verdict, Verdict::Pass, "{rule}");
        let judged = beyond.judged();
        assert_eq!(judged.refusing(), rule);
        let row = judged.row(rule);
        assert_eq!(row.judgement, Judgement::Hard, "{rule}");
        assert_eq!(judged.numbers(rule), numbers, "{rule}");
        let Verdict::Hard(Breach { reason, .. }) = judged.verdict else { unreachable!() };
        assert_eq!(reason, ROWS.iter().find(|row| row.rule == rule).unwrap().reason);
    }
}

#[test]
fn every_row_has_a_case_and_a_name_of_its_own() {
    let mut tested: Vec<_> = cases().into_iter().map(|case| case.rule).collect();
    let mut rules: Vec<_> = ROWS.iter().map(|row| row.rule).collect();
    tested.sort_unstable();
    rules.sort_unstable();
    assert_eq!(tested, rules);
    rules.dedup();
    assert_eq!(rules.len(), ROWS.len());
}

#[test]
fn head_room_is_what_is_left_and_negative_beyond_the_limit() {
    for Case { rule, within, beyond, numbers } in cases() {
        if numbers.1.is_empty() || matches!(rule, "price_band" | "duplicate_terms") {
            continue;
        }
        let room = within.judged().row(rule).head_room().unwrap();
        assert!(room.units() >= 0, "{rule}: {room}");
        let room = beyond.judged().row(rule).head_room().unwrap();
        assert!(room.units() < 0, "{rule}: {room}");
    }
}

#[test]
fn a_change_of_an_instrument_reaches_its_checks() {
    let mut state = account(|limits| limits.account.max_volume_share_bps = at_most("100"));
    let change = crate::instrument::InstrumentChange {
        is_halted: Some(true),
        average_volume: Some("1000".parse().unwrap()),
        ..Default::default()
    };
    run(&mut state, ChangeInstrument { symbol: "SPY".into(), change, effective_time_ns: None });
    let judged = Scene::new(state, bought(10)).judged();
    assert_eq!(judged.refusing(), "halted");
    assert_eq!(judged.row("volume_share").judgement, Judgement::Pass);
}
