//! Replacements, approvals, lists and orders that would trade with each other.

use super::*;
use crate::instrument::Session;
use crate::order::command::SetCalendar;
use crate::risk::checks::crossed;
use crate::risk::limits::SelfTrade;
use crate::time::{DAY_NS, SECOND_NS};

fn replacing(state: &State, order_id: &'static str, terms: OrderTerms) -> Judged {
    Scene { replaces: Some(order_id), ..Scene::new(state.clone(), named(order_id, terms)) }.judged()
}

#[test]
fn a_replacement_takes_the_place_of_its_order_in_every_sum() {
    let mut state = account(|limits| {
        limits.account.max_position_quantity = at_most("20");
        limits.account.max_gross_notional = at_most("8000");
        limits.account.max_credit = at_most("8000");
        limits.account.max_open_orders = at_most("1");
        limits.strategies.entry("momentum".into()).or_default().max_position_quantity =
            at_most("20");
    });
    let bid = |quantity| by("momentum", at_price(bought(quantity), 40_000));
    open(&mut state, &named("bid", bid(10)));
    assert_eq!(replacing(&state, "bid", bid(20)).verdict, Verdict::Pass);
    let beyond = replacing(&state, "bid", bid(21));
    assert_eq!(beyond.refusing(), "position_quantity");
    assert_eq!(beyond.numbers("position_quantity"), ("20".into(), "21".into()));
    for rule in ["gross", "credit"] {
        assert_eq!(beyond.numbers(rule), ("8000.00".into(), "8400.00".into()), "{rule}");
    }
}

#[test]
fn a_replacement_of_a_partly_filled_order_counts_what_is_left() {
    let mut state = account(|limits| limits.account.max_order_quantity = at_most("10"));
    open(&mut state, &named("bid", at_price(bought(10), 40_000)));
    run(&mut state, order::fill("bid", "first", 6, 40_000));
    let judged = |quantity| replacing(&state, "bid", at_price(bought(quantity), 40_000));
    assert_eq!(judged(16).verdict, Verdict::Pass);
    assert_eq!(judged(17).numbers("order_quantity"), ("10".into(), "11".into()));
}

#[test]
fn a_replacement_that_only_lowers_its_quantity_passes_limits_below_it() {
    let mut state = account(|_| {});
    let bid = |quantity| by("momentum", at_price(bought(quantity), 40_000));
    open(&mut state, &named("bid", bid(100)));
    limit(&mut state, |limits| {
        for set in [&mut limits.global, limits.strategies.entry("momentum".into()).or_default()] {
            set.max_position_quantity = at_most("1");
            set.max_position_notional = at_most("1");
            set.max_open_orders = at_most("0");
            set.max_gross_notional = at_most("1");
            set.max_net_notional = at_most("1");
            set.max_leverage_bps = at_most("0.01");
            set.max_concentration_bps = at_most("0.01");
            set.max_credit = at_most("1");
        }
    });
    assert_eq!(replacing(&state, "bid", bid(99)).verdict, Verdict::Pass);
    assert_eq!(replacing(&state, "bid", bid(101)).refusing(), "position_quantity");
}

#[test]
fn a_replacement_needs_funds_only_for_what_it_adds() {
    let mut state = account(|_| {});
    open(&mut state, &named("bid", at_price(bought(2_500), 40_000)));
    let judged = |quantity| replacing(&state, "bid", at_price(bought(quantity), 40_000));
    assert_eq!(judged(2_500).verdict, Verdict::Pass);
    assert_eq!(judged(2_501).refusing(), "funds");
    assert_eq!(judged(2_501).numbers("funds"), ("1000000.00".into(), "1000400.00".into()));
    assert_eq!(
        Scene::new(state, bought(1)).judged().numbers("funds"),
        ("0.00".into(), "400.00".into())
    );
}

#[test]
fn new_orders_and_replacements_have_rates_of_their_own() {
    let mut state = account(|limits| {
        limits.account.order_rate = rate(1, SECOND_NS);
        limits.duplicate_window_ns = SECOND_NS;
    });
    let bid = at_price(bought(10), 39_000);
    open(&mut state, &named("bid", bid.clone()));
    let judged = replacing(&state, "bid", bid.clone());
    assert_eq!(judged.verdict, Verdict::Pass);
    assert_eq!(judged.row("order_rate").judgement, Judgement::NotApplicable);
    assert_eq!(judged.row("duplicate_terms").judgement, Judgement::NotApplicable);
    let judged = Scene::new(state, bid).judged();
    assert_eq!(judged.row("replace_rate").judgement, Judgement::NotApplicable);
    assert_eq!(judged.refusing(), "duplicate_terms");
}

#[test]
fn an_order_that_waits_is_checked_again_by_what_it_adds() {
    let mut state = account(|limits| {
        limits.account.max_order_quantity = softly("9");
        limits.account.max_open_orders = at_most("1");
        limits.account.order_rate = rate(1, SECOND_NS);
    });
    run(&mut state, named("waiting", bought(10)));
    let waiting = |state: &State| {
        let order = state.order("waiting").unwrap().clone();
        judged(state, &Candidate::approving(&order, 0), NOW_NS).verdict
    };
    assert!(
        matches!(waiting(&state), Verdict::Soft(_)),
        "its own place in the sums is not counted twice"
    );
    limit(&mut state, |limits| limits.account.max_position_quantity = at_most("9"));
    let Verdict::Hard(breach) = waiting(&state) else { panic!() };
    assert_eq!(breach.rule, "position_quantity");
}

/// The last order of a list, with those before it.
fn listed(state: &State, ahead: &[OrderTerms], last: &OrderTerms, waits: bool) -> Judged {
    let ahead: Vec<_> = ahead.iter().collect();
    judged(state, &Candidate::new(last, 0).after(&ahead, waits), NOW_NS)
}

#[test]
fn the_orders_of_a_list_count_for_those_after_them() {
    let state = account(|limits| {
        limits.account.max_position_quantity = at_most("20");
        limits.account.max_gross_notional = at_most("8000");
        limits.account.max_credit = at_most("8000");
        limits.account.max_open_orders = at_most("2");
        limits.account.order_rate = rate(2, SECOND_NS);
        limits.strategies.entry("momentum".into()).or_default().max_position_quantity =
            at_most("20");
    });
    let bid = |quantity| by("momentum", at_price(bought(quantity), 40_000));
    assert_eq!(listed(&state, &[bid(10)], &bid(10), false).verdict, Verdict::Pass);
    let beyond = listed(&state, &[bid(10)], &bid(11), false);
    assert_eq!(beyond.refusing(), "position_quantity");
    for rule in ["gross", "credit"] {
        assert_eq!(beyond.numbers(rule), ("8000.00".into(), "8400.00".into()), "{rule}");
    }
    let third = listed(&state, &[bid(1), bid(1)], &bid(1), false);
    for rule in ["open_orders", "order_rate"] {
        assert_eq!(third.numbers(rule), ("2".into(), "3".into()), "{rule}");
    }
}

#[test]
fn a_list_must_be_paid_for_as_a_whole() {
    let state = account(|_| {});
    let bid = |quantity| at_price(bought(quantity), 40_000);
    assert_eq!(listed(&state, &[bid(2_000)], &bid(500), false).verdict, Verdict::Pass);
    let beyond = listed(&state, &[bid(2_000)], &bid(501), false);
    assert_eq!(beyond.numbers("funds"), ("200000.00".into(), "200400.00".into()));
}

#[test]
fn an_exit_reduces_what_its_entry_will_have_bought() {
    let state = account(|limits| {
        limits.allow_short = false;
        limits.self_trade = SelfTrade::CancelNewest;
    });
    let exit = |quantity| OrderTerms { reduce_only: true, ..at_price(sold(quantity), 39_000) };
    let entry = [at_price(bought(10), 40_000)];
    assert_eq!(listed(&state, &entry, &exit(10), true).verdict, Verdict::Pass);
    assert_eq!(listed(&state, &entry, &exit(11), true).refusing(), "reduce_only");
    assert_eq!(listed(&state, &entry, &exit(10), false).refusing(), "reduce_only");
}

fn offered(self_trade: SelfTrade) -> State {
    let mut state = account(|limits| limits.self_trade = self_trade);
    open(&mut state, &named("near", at_price(sold(1), 40_100)));
    open(&mut state, &named("far", at_price(sold(1), 40_200)));
    open(&mut state, &named("bid", at_price(bought(1), 39_000)));
    let stop = OrderTerms {
        order_type: OrderType::Stop,
        stop_price: Some(Price(39_500)),
        ..named("stop", sold(1))
    };
    open(&mut state, &stop);
    state
}

fn crossed_ids(state: &State, terms: &OrderTerms) -> Vec<String> {
    let candidate = Candidate::new(terms, 0);
    crossed(state, &candidate).map(|order| order.terms.order_id.to_string()).collect()
}

#[test]
fn orders_that_would_trade_with_each_other_are_found() {
    let state = offered(SelfTrade::Allow);
    let none: [&str; 0] = [];
    assert_eq!(crossed_ids(&state, &at_price(bought(1), 40_099)), none);
    assert_eq!(crossed_ids(&state, &at_price(bought(1), 40_100)), ["near"]);
    assert_eq!(crossed_ids(&state, &bought(1)), ["near", "far"]);
    assert_eq!(crossed_ids(&state, &at_price(sold(1), 39_000)), ["bid"]);
    assert_eq!(crossed_ids(&state, &at_price(sold(1), 39_001)), none);
}

#[test]
fn a_stop_trades_with_nothing_before_it_is_triggered_and_with_anything_after() {
    let mut state = offered(SelfTrade::Allow);
    let waiting =
        OrderTerms { order_type: OrderType::Stop, stop_price: Some(Price(41_000)), ..bought(1) };
    assert_eq!(crossed_ids(&state, &waiting), [""; 0]);
    run(&mut state, order::report("stop", ExecutionKind::Triggered));
    assert_eq!(crossed_ids(&state, &at_price(bought(1), 1)), ["stop"]);
}

#[test]
fn self_trades_are_prevented_in_three_ways() {
    let verdict = |self_trade| {
        let state = offered(self_trade);
        let judged = Scene::new(state, bought(1)).judged();
        (judged.refusing(), judged.row("self_trade").judgement)
    };
    assert_eq!(verdict(SelfTrade::Allow), ("", Judgement::NotSet));
    assert_eq!(verdict(SelfTrade::CancelNewest), ("self_trade", Judgement::Hard));
    assert_eq!(verdict(SelfTrade::CancelOldest), ("", Judgement::Pass));
    assert_eq!(verdict(SelfTrade::CancelBoth), ("self_trade", Judgement::Hard));
}

#[test]
fn the_oldest_the_newest_or_both_are_canceled() {
    for (self_trade, expected) in [
        (SelfTrade::CancelNewest, vec!["OrderRejected"]),
        (SelfTrade::CancelOldest, vec!["CancelRequested", "CancelRequested", "OrderCreated"]),
        (SelfTrade::CancelBoth, vec!["CancelRequested", "CancelRequested", "OrderRejected"]),
    ] {
        let decision = run(&mut offered(self_trade), bought(1));
        assert_eq!(order::names(&decision), expected, "{self_trade:?}");
    }
}

#[test]
fn a_replacement_does_not_trade_with_the_order_it_replaces() {
    let state = offered(SelfTrade::CancelNewest);
    let at = |price| replacing(&state, "bid", at_price(bought(1), price)).refusing();
    assert_eq!((at(40_099), at(40_100)), ("", "self_trade"));
}

#[test]
fn a_price_does_not_age_while_its_market_is_closed() {
    let mut state = account(|limits| limits.max_reference_age_ns = SECOND_NS);
    let session = |open_time_ns, close_time_ns| Session {
        open_time_ns,
        close_time_ns,
        order_cutoff_time_ns: None,
    };
    let tomorrow = NOW_NS + DAY_NS;
    let sessions = vec![
        session(NOW_NS - DAY_NS / 2, NOW_NS + SECOND_NS / 2),
        session(tomorrow, tomorrow + DAY_NS / 2),
    ];
    run(&mut state, SetCalendar { calendar_id: "us".into(), sessions });
    list(
        &mut state,
        InstrumentTerms { symbol: "QQQ".into(), calendar_id: Some("us".into()), ..spy() },
    );
    let at = |time_ns| Scene::new(state.clone(), of("QQQ", bought(1))).at(time_ns).judged();
    assert_eq!(at(tomorrow).verdict, Verdict::Pass);
    assert_eq!(at(tomorrow + SECOND_NS / 2).verdict, Verdict::Pass);
    assert_eq!(at(tomorrow + SECOND_NS / 2 + 1).refusing(), "reference_age");
    let closed = at(NOW_NS + DAY_NS / 2);
    assert_eq!(closed.refusing(), "market_hours");
    assert_eq!(closed.row("reference_age").judgement, Judgement::Pass);
}

#[test]
fn orders_are_queued_for_a_closed_market_where_that_is_wanted() {
    let mut state = account(|limits| limits.queue_when_closed = true);
    run(&mut state, SetCalendar { calendar_id: "us".into(), sessions: vec![] });
    list(
        &mut state,
        InstrumentTerms { symbol: "QQQ".into(), calendar_id: Some("us".into()), ..spy() },
    );
    assert_eq!(Scene::new(state, of("QQQ", bought(1))).judged().verdict, Verdict::Pass);
}

#[test]
fn the_same_terms_are_known_again_whatever_their_ids_and_whoever_sends_them() {
    let mut state = account(|limits| limits.duplicate_window_ns = SECOND_NS);
    open(&mut state, &by("momentum", named("first", at_price(bought(10), 39_000))));
    let refusing = |terms| Scene::new(state.clone(), terms).judged().refusing();
    assert_eq!(refusing(at_price(bought(10), 39_000)), "duplicate_terms");
    assert_eq!(refusing(at_price(bought(10), 39_001)), "");
    assert_eq!(refusing(at_price(bought(11), 39_000)), "");
    assert_eq!(refusing(at_price(sold(10), 39_000)), "");
    assert_eq!(refusing(OrderTerms { reduce_only: false, ..bought(10) }), "");
}

#[test]
fn a_repetition_begins_the_window_again() {
    let mut state = account(|limits| limits.duplicate_window_ns = 10);
    for (index, time_ns) in [NOW_NS, NOW_NS + 10].into_iter().enumerate() {
        order::run_at(&mut state, named(&index.to_string(), bought(10)), time_ns).unwrap();
    }
    let at = |time_ns| Scene::new(state.clone(), bought(10)).at(time_ns).judged().refusing();
    assert_eq!((at(NOW_NS + 19), at(NOW_NS + 20)), ("duplicate_terms", ""));
}

#[test]
fn cancels_count_as_messages_and_are_never_refused() {
    let mut state = account(|limits| {
        limits.account.max_order_to_trade = at_most("2");
        limits.order_to_trade_minimum = 2;
    });
    open(&mut state, &named("bid", at_price(bought(1), 39_000)));
    assert_eq!(Scene::new(state.clone(), bought(1)).judged().verdict, Verdict::Pass);
    let decision = run(&mut state, order::cancel("bid"));
    assert_eq!(order::names(&decision), ["CancelRequested"]);
    let judged = Scene::new(state.clone(), bought(1)).judged();
    assert_eq!(judged.numbers("order_to_trade"), ("2.00".into(), "3.00".into()));
    run(&mut state, order::fill("bid", "late", 1, 39_000));
    assert_eq!(Scene::new(state.clone(), bought(1)).judged().refusing(), "order_to_trade");
    order::advance(&mut state, NOW_NS + DAY_NS);
    let next_day = Scene::new(state, bought(1)).at(NOW_NS + DAY_NS).judged();
    assert_eq!(next_day.row("order_to_trade").judgement, Judgement::Pass);
}
