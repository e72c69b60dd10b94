//! Whole accounts: several currencies, marks that are believed or not, what is free, and sums that are kept up to date.

use proptest::prelude::*;

use crate::error::Refusal;
use crate::instrument::testing::{currency, future, fx, instrument, perpetual, spy};
use crate::instrument::InstrumentTerms;
use crate::order::command::{
    CommandBody, Deposit, ExecutionKind, ExecutionReport, Mark, MarkRate, RegisterInstrument,
    SetLimits,
};
use crate::order::state::{MarkTrust, State};
use crate::order::terms::{OrderTerms, OrderType, Side};
use crate::order::testing::{buy, cancel, fill, limits, mark, report, run, run_at, NOW_NS};
use crate::portfolio::account::{Posting, Purpose};
use crate::portfolio::cost::Cash;
use crate::portfolio::{Equity, EquityError};
use crate::price::{Notional, Price, Quantity};
use crate::risk::exposure::{SlotValue, Sums};
use crate::risk::limits::Limits;

fn deposit(code: &str, amount: i64) -> Deposit {
    Deposit { currency: currency(code), amount }
}

fn rate(code: &str, rate: &str) -> MarkRate {
    MarkRate { currency: currency(code), rate: rate.parse().unwrap() }
}

/// A dollar account that knows a share, a future, a perpetual in USDT and dollars in yen, without marks or rates.
fn account() -> State {
    let mut state = State::new("main", currency("USD"));
    run(&mut state, deposit("USD", 100_000_000));
    let tech = |terms| InstrumentTerms { sector: Some("tech".into()), ..terms };
    for terms in [tech(spy()), future(), tech(perpetual()), fx()] {
        run(&mut state, RegisterInstrument { instrument: instrument(terms) });
    }
    run(&mut state, SetLimits { limits: Box::new(limits(1)) });
    state
}

fn marked() -> State {
    let mut state = account();
    for (symbol, price) in
        [("SPY", 40_000), ("ESZ6", 500_000), ("BTC-PERP", 6_000_000), ("USD/JPY", 150_000)]
    {
        run(&mut state, mark(symbol, price));
    }
    run(&mut state, rate("USDT", "0.999"));
    run(&mut state, rate("JPY", "0.0066"));
    state
}

fn order(order_id: &str, symbol: &str, side: Side, quantity: i64) -> OrderTerms {
    OrderTerms { symbol: symbol.into(), side, quantity: Quantity(quantity), ..buy(order_id) }
}

fn trade(state: &mut State, order_id: &str, symbol: &str, side: Side, quantity: i64, price: i64) {
    run(state, order(order_id, symbol, side, quantity));
    run(state, fill(order_id, order_id, quantity, price));
}

fn trust(state: &State, symbol: &str) -> (i64, MarkTrust) {
    let slot = &state.slots[symbol];
    (slot.reference.as_ref().unwrap().price.0, slot.trust)
}

#[test]
fn an_account_is_worth_its_cash_and_what_its_positions_add_in_its_own_currency() {
    let mut state = marked();
    run(&mut state, deposit("JPY", 1_000_000));
    trade(&mut state, "share", "SPY", Side::Buy, 100, 39_900);
    trade(&mut state, "future", "ESZ6", Side::Sell, 1, 500_500);
    trade(&mut state, "perpetual", "BTC-PERP", Side::Buy, 250, 5_900_000);
    trade(&mut state, "yen", "USD/JPY", Side::Buy, 10_000, 149_000);
    // Cash: 1,000,000.00 − 39,900.00, and 1,000,000 yen: 6,600.00.
    // Positions: 40,000.00, five points of fifty dollars, 250 USDT at 0.999, 10,000 yen at 0.0066.
    let equity = Equity::of(&state).unwrap();
    assert_eq!(equity.cash.0, 96_010_000 + 660_000);
    assert_eq!(equity.positions_value.0, 4_000_000 + 25_000 + 24_975 + 6_600);
    assert_eq!(Some(equity.equity), state.equity());
    // Margins: the share whole, 12,000.00, 1,500 USDT at 0.999, 49,950 yen at 0.0066: 329.67.
    let margin = 4_000_000 + 1_200_000 + 149_850 + 32_967;
    assert_eq!(state.totals().sums.initial_margin.0, margin);
    assert_eq!(state.available(), Some(Cash(equity.equity.0 - margin)));
    assert_eq!(state.totals().sectors[0].0, 4_000_000 + 1_498_500);
}

#[test]
fn a_new_rate_revalues_cash_and_positions() {
    let mut state = marked();
    run(&mut state, deposit("JPY", 1_000_000));
    trade(&mut state, "yen", "USD/JPY", Side::Buy, 10_000, 149_000);
    let before = state.equity().unwrap().0;
    run(&mut state, rate("JPY", "0.0067"));
    assert_eq!(state.equity().unwrap().0 - before, 10_000 + 100);
}

#[test]
fn what_is_free_is_the_balance_and_no_more_than_is_available() {
    let mut state = marked();
    run(&mut state, deposit("JPY", 1_000_000));
    assert_eq!(state.free_cash(currency("USD")), Some(Cash(100_000_000)));
    assert_eq!(state.free_cash(currency("JPY")), Some(Cash(1_000_000)));
    assert_eq!(state.free_cash(currency("USDT")), Some(Cash::ZERO));
    assert_eq!(state.free_cash(currency("EUR")), None, "no rate");
    // 83 contracts at 12,000.00 take 996,000.00 of 1,006,600.00.
    trade(&mut state, "future", "ESZ6", Side::Buy, 83, 500_000);
    // 10,600.00 are left: 1,606,060.6 yen, of which there are a million.
    assert_eq!(state.free_cash(currency("USD")), Some(Cash(1_060_000)));
    run(&mut state, mark("ESZ6", 499_800));
    // Two points of 83 × 50 dollars less: 2,300.00, and 348,484.8 yen.
    assert_eq!(state.free_cash(currency("USD")), Some(Cash(230_000)));
    assert_eq!(state.free_cash(currency("JPY")), Some(Cash(348_484)));
    run(&mut state, mark("ESZ6", 499_000));
    assert_eq!(state.free_cash(currency("USD")), Some(Cash::ZERO));
    assert!(state.available().unwrap().0 < 0);
}

#[test]
fn what_cannot_be_valued_is_named() {
    let mut state = account();
    assert_eq!(Equity::of(&state).unwrap().equity.0, 100_000_000);
    run(&mut state, deposit("EUR", 500));
    let error = Equity::of(&state).unwrap_err();
    assert_eq!(error, EquityError::RateMissing { currency: currency("EUR") });
    assert_eq!((error.reason(), state.equity()), ("RATE_MISSING", None));
    run(&mut state, rate("EUR", "1.1"));
    assert_eq!(Equity::of(&state).unwrap().equity.0, 100_000_550);

    let slot = state.slots.get_index_of("USD/JPY").unwrap();
    state.slots[slot].position.set(Quantity(1), Notional(1), Cash::ZERO);
    state.refresh(u32::try_from(slot).unwrap());
    let error = Equity::of(&state).unwrap_err();
    assert_eq!(error, EquityError::ReferencePriceMissing { symbol: "USD/JPY".to_owned() });
    assert_eq!(error.metadata(), [("symbol", "USD/JPY".to_owned())]);
    run(&mut state, mark("USD/JPY", 150_000));
    let error = Equity::of(&state).unwrap_err();
    assert_eq!(error, EquityError::RateMissing { currency: currency("JPY") });
}

#[test]
fn a_worth_out_of_range_leaves_the_account_unvalued_and_says_so() {
    let mut state = marked();
    state.slots[0].position.set(Quantity(i64::MAX), Notional(1 << 100), Cash::ZERO);
    state.refresh(0);
    assert_eq!((state.equity(), state.available()), (None, None));
    assert_eq!(Equity::of(&state).unwrap_err().reason(), "VALUE_OVERFLOW");
    let huge = Cash(1 << 120);
    state.slots[0].position.set(Quantity(0), Notional(0), Cash::ZERO);
    state.refresh(0);
    let posting = Posting { purpose: Purpose::Deposit, currency: currency("USD"), amount: huge };
    state.post(&posting).unwrap();
    assert_eq!(state.equity(), None);
    assert_eq!(Equity::of(&state).unwrap_err().reason(), "VALUE_OVERFLOW");
}

fn suspicious() -> State {
    let mut state = account();
    let strict = Limits { max_mark_move_bps: Some(500), ..limits(2) };
    run(&mut state, SetLimits { limits: Box::new(strict) });
    run(&mut state, mark("SPY", 40_000));
    state
}

#[test]
fn a_mark_too_far_from_the_last_is_not_believed_until_the_next_confirms_it() {
    let mut state = suspicious();
    run(&mut state, mark("SPY", 42_000));
    assert_eq!(trust(&state, "SPY"), (42_000, MarkTrust::Fresh), "five percent, exactly");
    run(&mut state, mark("SPY", 50_000));
    assert_eq!(trust(&state, "SPY"), (42_000, MarkTrust::Suspect));
    run(&mut state, mark("SPY", 51_000));
    assert_eq!(trust(&state, "SPY"), (51_000, MarkTrust::Fresh), "near the one before");
}

#[test]
fn a_mark_back_near_the_last_that_was_believed_is_believed() {
    let mut state = suspicious();
    run(&mut state, mark("SPY", 400));
    run(&mut state, mark("SPY", 40_100));
    assert_eq!(trust(&state, "SPY"), (40_100, MarkTrust::Fresh));
    // The odd one is forgotten: coming again, it is odd again.
    run(&mut state, mark("SPY", 400));
    assert_eq!(trust(&state, "SPY"), (40_100, MarkTrust::Suspect));
    run(&mut state, mark("SPY", 80_000));
    run(&mut state, mark("SPY", 410));
    assert_eq!(trust(&state, "SPY"), (40_100, MarkTrust::Suspect), "only the last one confirms");
}

#[test]
fn without_a_limit_every_mark_is_believed() {
    let mut state = marked();
    run(&mut state, mark("SPY", 1));
    assert_eq!(trust(&state, "SPY"), (1, MarkTrust::Fresh));
}

#[test]
fn a_wrong_mark_or_rate_is_refused_and_changes_nothing() {
    let mut state = marked();
    let before = (trust(&state, "SPY"), state.totals().clone(), state.rates().clone());
    let cases: [(CommandBody, &str); 6] = [
        (mark("NONE", 1).into(), "UNKNOWN_INSTRUMENT"),
        (mark("SPY", 0).into(), "PRICE_NOT_POSITIVE"),
        (mark("SPY", -1).into(), "PRICE_NOT_POSITIVE"),
        (rate("JPY", "0").into(), "INVALID_ARGUMENT"),
        (rate("JPY", "-0.1").into(), "INVALID_ARGUMENT"),
        (rate("USD", "1").into(), "INVALID_ARGUMENT"),
    ];
    for (body, reason) in cases {
        assert_eq!(run_at(&mut state, body, NOW_NS).unwrap_err().reason(), reason);
    }
    let early = run_at(&mut state, mark("SPY", 5), NOW_NS - 1).unwrap_err();
    assert_eq!(early.reason(), "TIME_WENT_BACK");
    let after = (trust(&state, "SPY"), state.totals().clone(), state.rates().clone());
    assert_eq!(before, after);
    run(&mut state, mark("ESZ6", -5));
    assert_eq!(trust(&state, "ESZ6").0, -5, "a spread may be below zero");
}

#[test]
fn a_mark_says_when_it_was_the_price() {
    let mut state = marked();
    run(&mut state, Mark { price_time_ns: Some(NOW_NS - 7), ..mark("SPY", 40_100) });
    let reference = state.slots["SPY"].reference.clone().unwrap();
    assert_eq!((reference.time_ns, reference.price_time_ns), (NOW_NS, NOW_NS - 7));
    assert!(state.slots["SPY"].is_unrecorded);
}

#[derive(Clone, Debug)]
enum Action {
    Limit(usize, Side, i64, i64),
    Fill(usize, i64, i64),
    Bust(usize),
    Cancel(usize),
    Mark(usize, i64),
    Rate(bool, i64),
    Pay(bool, i64),
}

const SYMBOLS: [(&str, i64); 4] =
    [("SPY", 40_000), ("ESZ6", 500_000), ("BTC-PERP", 6_000_000), ("USD/JPY", 150_000)];

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let side = any::<bool>().prop_map(|buys| if buys { Side::Buy } else { Side::Sell });
    // Prices in thousandths of the usual one.
    let (symbol, price) = (0..SYMBOLS.len(), 900..1_100_i64);
    let action = prop_oneof![
        4 => (symbol.clone(), side, 1..50_i64, price.clone())
            .prop_map(|(symbol, side, quantity, price)| Action::Limit(symbol, side, quantity, price)),
        4 => (0..20_usize, 1..50_i64, price.clone())
            .prop_map(|(order, quantity, price)| Action::Fill(order, quantity, price)),
        1 => (0..20_usize).prop_map(Action::Bust),
        1 => (0..20_usize).prop_map(Action::Cancel),
        2 => (symbol, price.clone()).prop_map(|(symbol, price)| Action::Mark(symbol, price)),
        1 => (any::<bool>(), price).prop_map(|(yen, rate)| Action::Rate(yen, rate)),
        1 => (any::<bool>(), 1..1_000_000_i64).prop_map(|(yen, amount)| Action::Pay(yen, amount)),
    ];
    prop::collection::vec(action, 1..60)
}

fn command(state: &State, number: usize, action: &Action) -> Option<CommandBody> {
    let name = |order: usize| format!("o{order}");
    let scaled = |symbol: usize, price: i64| SYMBOLS[symbol].1 / 1_000 * price;
    let place = |order: &usize| {
        let orders = state.orders().into_iter().filter(|order| order.state.may_be_at_venue());
        let orders: Vec<_> = orders.collect();
        orders.get(order.checked_rem(orders.len())?).map(|order| order.terms.clone())
    };
    Some(match action {
        Action::Limit(symbol, side, quantity, price) => OrderTerms {
            order_type: OrderType::Limit,
            limit_price: Some(Price(scaled(*symbol, *price) / 25 * 25)),
            ..order(&name(number), SYMBOLS[*symbol].0, *side, *quantity)
        }
        .into(),
        Action::Fill(order, quantity, price) => {
            let terms = place(order)?;
            let symbol = SYMBOLS.iter().position(|(symbol, _)| terms.symbol.as_str() == *symbol)?;
            let quantity = (*quantity).min(terms.quantity.0);
            let id = format!("f{number}");
            ExecutionReport {
                fee: 7,
                ..fill(terms.order_id.as_str(), &id, quantity, scaled(symbol, *price))
            }
            .into()
        }
        Action::Bust(fill) => {
            let order = state.orders().into_iter().find(|order| order.filled_quantity.0 > 0)?;
            ExecutionReport {
                reference_execution_id: Some(format!("f{fill}").into()),
                execution_id: format!("b{number}").into(),
                ..report(order.terms.order_id.as_str(), ExecutionKind::Bust)
            }
            .into()
        }
        Action::Cancel(order) => cancel(place(order)?.order_id.as_str()).into(),
        Action::Mark(symbol, price) => mark(SYMBOLS[*symbol].0, scaled(*symbol, *price)).into(),
        Action::Rate(true, thousandths) => rate("JPY", &format!("0.00{thousandths}")).into(),
        Action::Rate(false, thousandths) => rate("USDT", &format!("0.{thousandths}")).into(),
        Action::Pay(yen, amount) => deposit(if *yen { "JPY" } else { "USDT" }, *amount).into(),
    })
}

/// All values and sums, reckoned anew.
fn from_scratch(state: &State) -> State {
    let mut fresh = state.clone();
    fresh.totals.sums = Sums::default();
    fresh.totals.sectors.values_mut().for_each(|sum| *sum = Cash::ZERO);
    fresh.slots.values_mut().for_each(|slot| slot.value = SlotValue::default());
    fresh.refresh_all();
    fresh
}

proptest! {
    #![proptest_config(crate::soak::cases(64))]

    #[test]
    fn sums_kept_up_to_date_are_those_reckoned_anew(actions in actions()) {
        let mut state = marked();
        for (number, action) in actions.iter().enumerate() {
            let Some(body) = command(&state, number, action) else { continue };
            // Some are refused; what is not changed is still up to date.
            let _ = run_at(&mut state, body, NOW_NS);
            let fresh = from_scratch(&state);
            prop_assert_eq!(state.totals(), fresh.totals());
            let values = |state: &State| state.slots.values().map(|slot| slot.value).collect::<Vec<_>>();
            prop_assert_eq!(values(&state), values(&fresh));
            let equity = Equity::of(&state).unwrap();
            prop_assert_eq!(Some(equity.equity), state.equity());
            for balance in state.account.balances() {
                let sum = balance.deposits.0 + balance.trades.0 + balance.fees.0;
                prop_assert_eq!(balance.cash.0, sum);
            }
        }
    }
}
