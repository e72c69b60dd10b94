//! What cannot be valued, the edges of the range, and open orders' exposure.

use proptest::prelude::*;

use super::{fill, open, rates, slot, slot_at};
use crate::decimal::Decimal;
use crate::instrument::testing::{currency, future, fx, instrument, spy};
use crate::instrument::{Commission, InstrumentKind, InstrumentTerms, Margin};
use crate::order::order::Order;
use crate::order::state::Slot;
use crate::order::status::OrderState;
use crate::order::terms::{OrderTerms, OrderType, Side, TimeInForce};
use crate::portfolio::cost::Cash;
use crate::portfolio::rates::Rates;
use crate::portfolio::valuation::slot_value;
use crate::price::{Notional, Price, Quantity};
use crate::risk::exposure::{OpenTotals, OrderExposure, SlotValue, Sums, Totals};

fn order(side: Side, order_type: OrderType, quantity: i64, price: Option<i64>) -> Order {
    let terms = OrderTerms {
        order_id: "o".into(),
        client_order_id: "c".into(),
        symbol: "SPY".into(),
        side,
        order_type,
        quantity: Quantity(quantity),
        limit_price: price.map(Price),
        stop_price: None,
        trail: None,
        time_in_force: TimeInForce::Gtc,
        expire_time_ns: None,
        post_only: false,
        reduce_only: false,
        strategy_id: None,
        trader_id: None,
        sending_time_ns: None,
    };
    Order::new(terms, None, 0)
}

fn limit(side: Side, quantity: i64, price: i64) -> Order {
    order(side, OrderType::Limit, quantity, Some(price))
}

fn exposure(terms: InstrumentTerms, order: &Order) -> OrderExposure {
    OrderExposure::of(&instrument(terms), order).unwrap().unwrap()
}

fn charged() -> InstrumentTerms {
    let rate = Decimal::new(5, 1);
    InstrumentTerms { commission: Some(Commission::PerContract { rate }), ..spy() }
}

#[test]
fn nothing_held_and_nothing_open_is_worth_nothing_without_price_or_rate() {
    let slot = slot(fx());
    let worth = slot_value(&slot, &rates("USD", &[]), &OpenTotals::default(), &slot.position);
    assert_eq!(worth, Ok(SlotValue::default()));
}

#[test]
fn a_position_without_price_or_rate_and_an_order_without_price_are_unvalued() {
    let (unknown, known) = (rates("USD", &[]), rates("USD", &[("JPY", "0.0066")]));
    let mut unpriced = slot(fx());
    fill(&mut unpriced, Side::Buy, 1, 150_000);
    let none = OpenTotals::default();
    let worth = |slot: &Slot, rates, open| slot_value(slot, rates, open, &slot.position).unwrap();
    assert_eq!(worth(&unpriced, &known, &none), SlotValue::UNVALUED);
    let mut priced = slot_at(fx(), 150_000);
    let orders = open(&priced, (1, 150_000), (0, 0));
    assert_eq!(worth(&priced, &unknown, &orders), SlotValue::UNVALUED);
    fill(&mut priced, Side::Buy, 1, 150_000);
    assert_eq!(worth(&priced, &unknown, &none), SlotValue::UNVALUED);
    assert!(!worth(&priced, &known, &none).is_unvalued);
    let market = exposure(fx(), &order(Side::Buy, OrderType::Market, 5, None));
    let orders = none.moved(None, Some(&market)).unwrap();
    assert_eq!(worth(&priced, &known, &orders), SlotValue::UNVALUED);
    assert_eq!(orders.moved(Some(&market), None).unwrap(), none);
}

#[test]
fn an_amount_beyond_the_range_is_an_error() {
    let mut slot = slot_at(InstrumentTerms { multiplier: i64::MAX, ..future() }, i64::MAX);
    slot.position.set(Quantity(i64::MAX), Notional(0), Cash::ZERO);
    let none = OpenTotals::default();
    assert!(slot_value(&slot, &rates("USD", &[]), &none, &slot.position).is_err());
    // 2^100 minor units are in range, one more is not.
    let slot = slot_at(spy(), 40_000);
    for (fees, is_valued) in [(1 << 100, true), ((1 << 100) + 1, false)] {
        let open = OpenTotals { fees, ..none };
        let worth = slot_value(&slot, &rates("USD", &[]), &open, &slot.position);
        assert_eq!(worth.is_ok(), is_valued);
    }
}

#[test]
fn an_order_counts_what_is_left_of_it_at_its_own_price_and_its_fee() {
    let mut buy = limit(Side::Buy, 10, 40_000);
    buy.leaves_quantity = Quantity(4);
    let exposure = exposure(charged(), &buy);
    assert_eq!((exposure.leaves.0, exposure.notional()), (4, Some(160_000)));
    assert_eq!(exposure.fee.0, 200);
}

#[test]
fn a_held_or_ended_order_reserves_nothing_and_all_others_do() {
    for state in OrderState::ALL {
        let order = Order { state, ..limit(Side::Buy, 1, 1) };
        let found = OrderExposure::of(&instrument(spy()), &order).unwrap();
        assert_eq!(found.is_some(), state.is_open() && state != OrderState::Held, "{state:?}");
    }
}

#[test]
fn a_reduce_only_order_counts_its_fee_and_itself_only() {
    let mut sell = limit(Side::Sell, 10, 40_000);
    sell.terms.reduce_only = true;
    let totals = OpenTotals::default().moved(None, Some(&exposure(charged(), &sell))).unwrap();
    assert_eq!(totals, OpenTotals { fees: 500, count: 1, ..OpenTotals::default() });
}

#[test]
fn a_negative_price_is_a_notional_of_its_size() {
    let order = limit(Side::Buy, 2, -300);
    assert_eq!(exposure(future(), &order).notional(), Some(30_000));
}

#[test]
fn orders_leave_the_totals_as_they_came() {
    let orders = [limit(Side::Buy, 3, 400), limit(Side::Sell, 5, 500), limit(Side::Buy, 7, 300)]
        .map(|order| exposure(charged(), &order));
    let mut totals = OpenTotals::default();
    for order in &orders {
        totals = totals.moved(None, Some(order)).unwrap();
    }
    let expected = OpenTotals {
        buy_quantity: 10,
        sell_quantity: 5,
        buy_notional: 3_300,
        sell_notional: 2_500,
        fees: 750,
        count: 3,
        unpriced_count: 0,
    };
    assert_eq!(totals, expected);
    for order in &orders {
        totals = totals.moved(Some(order), None).unwrap();
    }
    assert_eq!(totals, OpenTotals::default());
}

#[test]
fn totals_out_of_range_are_an_error() {
    let full = OpenTotals { buy_notional: i128::MAX, ..OpenTotals::default() };
    assert!(full.moved(None, Some(&exposure(spy(), &limit(Side::Buy, 1, 1)))).is_err());
    assert!(full.moved(None, Some(&exposure(spy(), &limit(Side::Sell, 1, 1)))).is_ok());
    let crowded = OpenTotals { count: u32::MAX, ..OpenTotals::default() };
    assert!(crowded.moved(None, Some(&exposure(spy(), &limit(Side::Sell, 1, 1)))).is_err());
}

#[test]
fn sums_of_extreme_values_stay_in_range() {
    let extreme = Cash(1 << 100);
    let most =
        SlotValue { equity: extreme, initial_margin: Cash(-extreme.0), ..SlotValue::default() };
    let mut totals = Totals { cash: extreme, ..Totals::default() };
    for _ in 0..1_000 {
        totals.sums = totals.sums.replaced(&SlotValue::default(), &most);
    }
    assert_eq!(totals.available(), Some(Cash(2_001 << 100)));
    assert_eq!(totals.sums.replaced(&most, &SlotValue::UNVALUED).unvalued_count, 1);
}

#[test]
fn an_unvalued_instrument_or_currency_leaves_the_account_unvalued() {
    let one = Sums::default().replaced(&SlotValue::default(), &SlotValue::UNVALUED);
    assert_eq!(Totals::default().equity_with(&one), None);
    assert_eq!(Totals::default().available_with(&one), None);
    let foreign = Totals { unvalued_cash_count: 1, ..Totals::default() };
    assert_eq!((foreign.equity(), foreign.available()), (None, None));
    assert_eq!(Totals::default().equity(), Some(Cash::ZERO));
}

/// `units × 10^−scale` in units of 10^−`to`, half to even, the plain way.
fn rounded(units: i128, scale: u8, to: u8) -> i128 {
    let (up, down) = (10_i128.pow(to.into()), 10_i128.pow(scale.into()));
    let (floor, rest) = ((units * up).div_euclid(down), (units * up).rem_euclid(down));
    floor + i128::from(rest * 2 > down || (rest * 2 == down && floor.rem_euclid(2) == 1))
}

/// A value by its definitions alone: (equity, longest, shortest, worst, initial, maintenance, fees, open).
fn by_definition(slot: &Slot, rates: &Rates, open: &OpenTotals) -> [i128; 8] {
    let (instrument, position) = (&slot.instrument, &slot.position);
    let currency = instrument.currency();
    let (scale, own) = (instrument.notional_scale(), currency.cash_scale());
    let to = rates.account_currency().cash_scale();
    let converted = |amount: i128| match rates.get(currency) {
        Some(rate) => rounded(amount * rate.rate.units(), own + rate.rate.scale(), to),
        None => amount,
    };
    let worth = |units: i128| converted(rounded(units, scale, own));
    let unit =
        i128::from(slot.reference.as_ref().unwrap().price.0) * i128::from(instrument.multiplier());
    let held = i128::from(position.quantity.0);
    let margin = |margin: Margin, notional: i128, quantity: i128| match margin {
        Margin::Bps(bps) => rounded(notional * i128::from(bps), scale + 4, own),
        Margin::PerContract(amount) => {
            rounded(i128::from(amount) * quantity, instrument.quantity_scale(), 0)
        }
    };
    let side = |sign: i128, quantity: i128, notional: i128| {
        let (same, opposite) = ((held * sign).max(0), (-held * sign).max(0));
        let excess = (quantity - opposite).max(0);
        // Rounded to whole notional units, as a quotient of integers.
        let share = if quantity == 0 {
            0
        } else {
            let (floor, rest) = (notional * excess / quantity, notional * excess % quantity);
            floor + i128::from(rest * 2 > quantity || (rest * 2 == quantity && floor % 2 == 1))
        };
        margin(instrument.initial_margin(), (unit * same).abs() + share, same + excess)
    };
    let initial = side(1, open.buy_quantity, open.buy_notional).max(side(
        -1,
        open.sell_quantity,
        open.sell_notional,
    ));
    let maintenance =
        instrument.maintenance_margin().map_or(0, |of| margin(of, (unit * held).abs(), held.abs()));
    let cost = if instrument.kind().is_paid_in_full() { 0 } else { position.total_cost.0 };
    let longest = worth(unit * (held + open.buy_quantity));
    let shortest = worth(unit * (held - open.sell_quantity));
    [
        worth(unit * held - cost),
        longest,
        shortest,
        longest.abs().max(shortest.abs()),
        converted(initial),
        converted(maintenance),
        converted(open.fees),
        worth(open.buy_notional + open.sell_notional),
    ]
}

prop_compose! {
    fn some_terms()(
        kind in 1..InstrumentKind::ALL.len(), code in 0..4_usize, price_scale in 0..=8_u8,
        quantity_scale in 0..=8_u8, multiplier in 1..100_i64, bps in 1..=10_000_u32, amount in 1..10_000_i64, per_contract in any::<bool>(),
    ) -> InstrumentTerms {
        let margin = if per_contract { Margin::PerContract(amount) } else { Margin::Bps(bps) };
        InstrumentTerms {
            kind: InstrumentKind::ALL[kind],
            currency: currency(["USD", "JPY", "USDT", "EUR"][code]),
            price_scale,
            quantity_scale,
            multiplier,
            initial_margin: Some(margin),
            maintenance_margin: (kind % 2 == 0).then_some(margin),
            ..spy()
        }
    }
}

proptest! {
    #[test]
    fn a_value_is_what_its_definitions_say(
        terms in some_terms(), account in 0..3_usize, price in 1..100_000_000_i64,
        held in -1_000_000_i64..1_000_000, cost in 1..100_000_000_i64,
        buys in (0..1_000_000_i64, 1..100_000_000_i64), sells in (0..1_000_000_i64, 1..100_000_000_i64), fees in 0..1_000_i128,
    ) {
        let account = ["USD", "JPY", "USDT"][account];
        let known: Vec<_> = [("USD", "1.0371"), ("JPY", "0.006655"), ("USDT", "0.99985"), ("EUR", "1.1")]
            .into_iter()
            .filter(|(code, _)| *code != account)
            .collect();
        let rates = rates(account, &known);
        let mut slot = slot_at(terms, price);
        let units = i128::from(held) * i128::from(cost) * i128::from(slot.instrument.multiplier());
        slot.position.set(Quantity(held), Notional(units), Cash::ZERO);
        let open = OpenTotals { fees, ..open(&slot, buys, sells) };
        let value = slot_value(&slot, &rates, &open, &slot.position).unwrap();
        let found = [
            value.equity, value.longest_notional, value.shortest_notional, value.worst_notional,
            value.initial_margin, value.maintenance_margin, value.fees, value.open_notional,
        ];
        prop_assert_eq!(found.map(|cash| cash.0), by_definition(&slot, &rates, &open));
    }
}

#[test]
fn what_has_more_digits_in_cash_than_in_notional_stays_in_range_as_well() {
    let terms = InstrumentTerms { price_scale: 0, currency: currency("USDT"), ..spy() };
    let mut slot = slot_at(terms, i64::MAX);
    let none = OpenTotals::default();
    for (quantity, is_valued) in [(1 << 4, true), (1 << 5, false), (i64::MAX, false)] {
        slot.position.set(Quantity(quantity), Notional(0), Cash::ZERO);
        let worth = slot_value(&slot, &rates("USDT", &[]), &none, &slot.position);
        assert_eq!(worth.is_ok(), is_valued, "{quantity}");
    }
}

#[test]
fn an_amount_for_each_contract_out_of_range_is_an_error() {
    let margin = Some(Margin::PerContract(i64::MAX));
    let terms = InstrumentTerms { initial_margin: margin, maintenance_margin: None, ..future() };
    let mut slot = slot_at(terms, 1);
    let none = OpenTotals::default();
    for (quantity, is_valued) in [(1 << 30, true), (1 << 40, false)] {
        slot.position.set(Quantity(quantity), Notional(0), Cash::ZERO);
        let worth = slot_value(&slot, &rates("USD", &[]), &none, &slot.position);
        assert_eq!(worth.is_ok(), is_valued, "{quantity}");
    }
}
