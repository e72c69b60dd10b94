//! What a check needs and does not have refuses the order.

use super::*;
use crate::order::command::{Deposit, SetCovariance};
use crate::order::state::MarkTrust;
use crate::time::SECOND_NS;

fn refusal(state: State, terms: OrderTerms) -> (String, String) {
    let judged = Scene::new(state, terms).judged();
    let Verdict::Hard(breach) = judged.verdict else { panic!("{:?}", judged.verdict) };
    let observed = breach.observed.map(|observed| observed.to_string()).unwrap_or_default();
    (breach.rule.to_owned(), observed)
}

fn refused_by(rule: &str) -> (String, String) {
    (rule.to_owned(), String::new())
}

#[test]
fn an_instrument_that_was_never_marked_has_no_reference_price() {
    let mut state = account(|_| {});
    let listed = InstrumentTerms { symbol: "QQQ".into(), ..spy() };
    run(&mut state, RegisterInstrument { instrument: instrument(listed) });
    assert_eq!(refusal(state, of("QQQ", bought(1))), refused_by("reference_present"));
}

#[test]
fn a_price_from_the_journal_waits_for_a_fresh_one() {
    let mut state = account(|_| {});
    spy_slot(&mut state).trust = MarkTrust::Recovered;
    assert_eq!(refusal(state.clone(), bought(1)), refused_by("reference_present"));
    run(&mut state, mark("SPY", 40_000));
    assert_eq!(Scene::new(state, bought(1)).judged().verdict, Verdict::Pass);
}

#[test]
fn a_mark_that_is_not_believed_stops_orders_until_the_next_confirms_it() {
    let mut state = account(|limits| limits.max_mark_move_bps = Some(100));
    run(&mut state, mark("SPY", 50_000));
    assert_eq!(refusal(state.clone(), bought(1)), refused_by("market_data"));
    run(&mut state, mark("SPY", 50_010));
    assert_eq!(Scene::new(state, bought(1)).judged().verdict, Verdict::Pass);
}

#[test]
fn a_limit_whose_measure_is_unknown_lets_nothing_pass() {
    type Change = fn(&mut Limits);
    let unknown: [(&str, Change); 4] = [
        ("volume_share", |limits| limits.account.max_volume_share_bps = at_most("10000")),
        ("value_at_risk", |limits| limits.account.max_value_at_risk = at_most("1000000")),
        ("daily_loss", |limits| limits.account.max_daily_loss = at_most("1000000")),
        ("drawdown", |limits| limits.account.max_drawdown_bps = at_most("10000")),
    ];
    for (rule, change) in unknown {
        // No day has begun here, and no equity was measured.
        let mut state = order::ready();
        limit(&mut state, change);
        assert_eq!(refusal(state, bought(1)), refused_by(rule));
    }
}

#[test]
fn a_soft_limit_whose_measure_is_unknown_waits_for_a_person() {
    let state = account(|limits| limits.account.max_volume_share_bps = softly("10000"));
    let Verdict::Soft(breach) = Scene::new(state, bought(1)).judged().verdict else { panic!() };
    assert_eq!((breach.rule, breach.observed), ("volume_share", None));
}

#[test]
fn what_a_covariance_does_not_cover_has_no_value_at_risk() {
    let mut state = account(|limits| limits.account.max_value_at_risk = at_most("1000000"));
    list(&mut state, InstrumentTerms { symbol: "QQQ".into(), ..spy() });
    let symbols = vec!["QQQ".into()];
    let (covariance, deviations_thousandths) = (vec![1], 1_000);
    run(&mut state, SetCovariance { symbols, covariance, deviations_thousandths });
    assert_eq!(refusal(state.clone(), bought(1)), refused_by("value_at_risk"));
    assert_eq!(Scene::new(state.clone(), of("QQQ", bought(1))).judged().verdict, Verdict::Pass);
    limit(&mut state, |_| {});
    trade(&mut state, bought(1));
    limit(&mut state, |limits| limits.account.max_value_at_risk = at_most("1000000"));
    assert_eq!(refusal(state, of("QQQ", bought(1))), refused_by("value_at_risk"));
}

#[test]
fn an_unvalued_account_takes_only_what_reduces() {
    let mut state = account(|limits| limits.account.max_daily_loss = at_most("1"));
    trade(&mut state, bought(10));
    run(&mut state, Deposit { currency: currency("EUR"), amount: 1 });
    assert_eq!(refusal(state.clone(), bought(1)), refused_by("positions_valued"));
    assert_eq!(Scene::new(state.clone(), sold(10)).judged().verdict, Verdict::Pass);
    assert_eq!(refusal(state, sold(11)), refused_by("positions_valued"));
}

#[test]
fn credit_in_a_currency_without_a_rate_is_unknown() {
    let mut state = account(|_| {});
    list(&mut state, dax());
    mark_rate(&mut state, "EUR", "1.1");
    trade(&mut state, of("DAX", bought(10)));
    limit(&mut state, |limits| limits.account.max_credit = at_most("1000000"));
    // Ten DAX at 400.00 EUR, then ten SPY at 400.00 USD.
    let judged = Scene::new(state.clone(), bought(10)).judged();
    assert_eq!(judged.numbers("credit"), ("1000000.00".into(), "8400.00".into()));
    state.rates = crate::portfolio::rates::Rates::new(currency("USD"));
    let judged = Scene::new(state, bought(10)).judged();
    assert_eq!(judged.row("credit").judgement, Judgement::Hard);
    assert_eq!(judged.row("credit").observed(), None);
}

#[test]
fn a_calendar_that_is_not_known_is_never_open() {
    let mut state = account(|limits| limits.queue_when_closed = true);
    list(&mut state, InstrumentTerms { symbol: "QQQ".into(), ..spy() });
    let terms = InstrumentTerms { calendar_id: Some("us".into()), ..spy() };
    spy_slot(&mut state).instrument = instrument(terms);
    state.resolve_slot(0);
    assert_eq!(refusal(state, bought(1)), refused_by("market_hours"));
}

#[test]
fn no_share_of_an_equity_of_nothing_is_small_enough() {
    let mut state = account(|limits| limits.account.max_leverage_bps = at_most("100000"));
    trade(&mut state, bought(2_500));
    run(&mut state, mark("SPY", 1));
    state.losses.day_equity = None;
    state.account = crate::portfolio::Account::default();
    state.refresh_all();
    spy_slot(&mut state).position.quantity.0 = -1;
    state.refresh_all();
    let judged = Scene::new(state.clone(), sold(1)).judged();
    assert_eq!(judged.row("leverage").judgement, Judgement::Hard);
    assert_eq!(judged.row("leverage").observed(), None);
    assert_eq!(Scene::new(state, bought(1)).judged().verdict, Verdict::Pass);
}

#[test]
fn a_price_that_is_told_from_the_future_tells_of_a_wrong_clock() {
    let mut state = account(|limits| limits.max_clock_skew_ns = Some(5));
    let told = |ahead_ns| crate::order::command::Mark {
        price_time_ns: Some(NOW_NS + ahead_ns),
        ..mark("SPY", 40_000)
    };
    run(&mut state, told(5));
    assert_eq!(Scene::new(state.clone(), bought(1)).judged().verdict, Verdict::Pass);
    run(&mut state, told(6));
    assert_eq!(refusal(state, bought(1)), ("clock".into(), "6".into()));
}

#[test]
fn a_delayed_price_is_as_old_as_its_source_says() {
    let mut state = account(|limits| limits.max_reference_age_ns = SECOND_NS);
    let price_time_ns = Some(NOW_NS - SECOND_NS - 1);
    run(&mut state, crate::order::command::Mark { price_time_ns, ..mark("SPY", 40_000) });
    assert_eq!(refusal(state, bought(1)), ("reference_age".into(), "1000000001".into()));
}

#[test]
fn a_number_that_leaves_its_range_is_an_error() {
    let mut state = account(|_| {});
    let terms = InstrumentTerms {
        symbol: "BIG".into(),
        multiplier: i64::MAX,
        price_scale: 0,
        quantity_scale: 0,
        ..spy()
    };
    list(&mut state, terms);
    let terms = of("BIG", at_price(bought(i64::MAX), i64::MAX));
    let slot = state.slot_index("BIG").unwrap();
    let candidate = Candidate::new(&terms, slot);
    assert!(decide(&state, &candidate, NOW_NS).is_err());
    assert!(report(&state, &candidate, NOW_NS, &mut Report::default()).is_err());
}
