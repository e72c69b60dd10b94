use proptest::prelude::*;

use super::{flat, rule, share, SILENT};
use crate::decimal::Decimal;
use crate::expr::{Calendar, Context, Field, NoPredictor, Others, Series};
use crate::instrument::testing::{coin, future, instrument};
use crate::instrument::{Instrument, InstrumentTerms};
use crate::price::Price;
use crate::strategy::{units_at_open, units_of, Amount, Share, Signals, View};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// What a size buys where the entry holds.
fn bought(size: &str, view: &View, instrument: &Instrument, weight: f64) -> Option<Amount> {
    let rule = rule(&format!(r#"{{"entry": "close > 1", {size}}}"#));
    let signals = Signals { entry: true, weight, ..SILENT };
    rule.decide(&signals, view, instrument).unwrap().open.map(|open| open.amount)
}

fn units(size: &str, view: &View, instrument: &Instrument, weight: f64) -> i64 {
    match bought(&format!(r#""size": {size}"#), view, instrument, weight) {
        Some(Amount::Units(quantity)) => quantity.0,
        Some(other) => panic!("{other:?}"),
        None => 0,
    }
}

#[test]
fn each_size_is_what_its_formula_says() {
    let (shares, view) = (share(), flat());
    for (size, weight, expected) in [
        (r#"{"type": "equal"}"#, f64::NAN, 100),
        (r#"{"type": "fixed", "quantity": "12"}"#, f64::NAN, 12),
        // Down to the lot.
        (r#"{"type": "fixed", "quantity": "12.9"}"#, f64::NAN, 12),
        (r#"{"type": "fixed", "quantity": "0.9"}"#, f64::NAN, 0),
        (r#"{"type": "notional", "amount": "1250"}"#, f64::NAN, 12),
        (r#"{"type": "percent", "percent": "0.5"}"#, f64::NAN, 50),
        (r#"{"type": "percent", "percent": "0.4999"}"#, f64::NAN, 49),
        (r#"{"type": "percent", "percent": "2"}"#, f64::NAN, 200),
        (r#"{"type": "weight", "expression": "close"}"#, 0.25, 25),
        (r#"{"type": "weight", "expression": "close"}"#, 0.0, 0),
        (r#"{"type": "weight", "expression": "close"}"#, -1.0, 0),
        (r#"{"type": "weight", "expression": "close"}"#, f64::NAN, 0),
    ] {
        assert_eq!(units(size, &view, &shares, weight), expected, "{size} {weight}");
    }
}

#[test]
fn a_multiplier_and_a_lot_are_counted_in() {
    let contract = instrument(future());
    let view = View { price: Price(400_000), equity: Some(decimal("1000000")), ..flat() };
    // 4,000.00 at 50 a point: 200,000 a contract.
    assert_eq!(units(r#"{"type": "percent", "percent": "1"}"#, &view, &contract, f64::NAN), 5);
    assert_eq!(units(r#"{"type": "notional", "amount": "399999"}"#, &view, &contract, f64::NAN), 1);
    let lots = instrument(InstrumentTerms { lot_size: 1_000_000, ..coin() });
    let view = View { price: Price(6_000_000_000_000), equity: Some(decimal("1000")), ..flat() };
    // 1,000 / 60,000 = 0.01666666 in lots of 0.01.
    assert_eq!(units(r#"{"type": "percent", "percent": "1"}"#, &view, &lots, f64::NAN), 1_000_000);
}

#[test]
fn an_equal_share_is_one_of_the_symbols() {
    let three = rule(r#"{"symbols": ["A", "B", "C"], "entry": "close > 1"}"#);
    let unnamed = rule(r#"{"entry": "close > 1"}"#).for_symbols(4);
    let signals = Signals { entry: true, ..SILENT };
    let bought = |rule: &crate::strategy::Rule| {
        rule.decide(&signals, &flat(), &share()).unwrap().open.unwrap().amount
    };
    assert_eq!(bought(&three), Amount::Units(crate::price::Quantity(33)));
    assert_eq!(bought(&unnamed), Amount::Units(crate::price::Quantity(25)));
    assert_eq!(three.clone().for_symbols(9).symbol_count(), 3);
}

#[test]
fn what_is_sized_at_the_open_says_what_it_may_spend() {
    let (shares, view) = (share(), flat());
    for (size, weight, expected) in [
        (r#"{"type": "percent", "percent": "0.5"}"#, f64::NAN, Some(Amount::ShareAtOpen(0.5))),
        (r#"{"type": "equal"}"#, f64::NAN, Some(Amount::ShareAtOpen(1.0))),
        (r#"{"type": "weight", "expression": "close"}"#, 0.3, Some(Amount::ShareAtOpen(0.3))),
        (r#"{"type": "weight", "expression": "close"}"#, 0.0, None),
        (r#"{"type": "notional", "amount": "500"}"#, f64::NAN, Some(Amount::MoneyAtOpen(500.0))),
        (
            r#"{"type": "fixed", "quantity": "7"}"#,
            f64::NAN,
            Some(Amount::Units(crate::price::Quantity(7))),
        ),
    ] {
        let terms = format!(r#""size": {size}, "size_at": "next_open""#);
        assert_eq!(bought(&terms, &view, &shares, weight), expected, "{size}");
    }
}

#[test]
fn all_is_spent_at_the_open_with_its_fee_and_no_more() {
    // The peers' formula: ⌊100,000 · (1 − 2⁻⁵²) / (137.559998 · 1.001)⌋.
    let six = instrument(InstrumentTerms { price_scale: 6, ..crate::instrument::testing::spy() });
    assert_eq!(units_at_open(100_000.0, Price(137_559_998), 0.001, &six), Ok(726));
    // What can be bought exactly is bought less one: a float may have rounded it up.
    assert_eq!(units_at_open(100.0, Price(10_000), 0.0, &share()), Ok(0));
    for money in [0.0, -1.0, f64::NAN] {
        assert_eq!(units_at_open(money, Price(10_000), 0.0, &share()), Ok(0));
    }
    assert!(units_at_open(1e30, Price(1), 0.0, &share()).is_err());
}

#[test]
fn a_number_out_of_range_is_an_error() {
    let huge = Decimal::new(i128::MAX, 0);
    for share_of in [Share::Exact(decimal("2")), Share::Part(1), Share::Computed(1.0)] {
        assert!(units_of(share_of, huge, Price(1), &share()).is_err(), "{share_of:?}");
    }
}

/// The weight that a size computes at the last of these closes.
fn weight(size: &str, closes: &[f64]) -> f64 {
    let rule = rule(&format!(r#"{{"entry": "close > 1", "size": {size}}}"#));
    let series = Series::default().with(Field::Close, closes).unwrap();
    let calendar = Calendar::default();
    let context = Context::new(&calendar, &NoPredictor);
    let columns = rule.plan().evaluate(&series, &Others::new(), &context).unwrap();
    *columns[rule.outputs().weight.unwrap()].last().unwrap()
}

#[test]
fn a_volatility_target_and_kelly_are_what_their_formulas_say() {
    let closes = [100.0, 102.0, 101.0, 104.0, 103.0, 105.0];
    let returns: Vec<f64> = closes.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect();
    let last = &returns[1..];
    let mean = last.iter().sum::<f64>() / 4.0;
    let variance = last.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 3.0;
    let near = |found: f64, expected: f64| {
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
    };
    let target = r#"{"type": "volatility_target", "annual": "0.1", "window": 4}"#;
    near(weight(target, &closes), 0.1 / (variance.sqrt() * 252_f64.sqrt()));
    let capped = r#"{"type": "volatility_target", "annual": "0.1", "window": 4, "cap": "0.2", "periods_per_year": 365}"#;
    near(weight(capped, &closes), 0.2);
    let kelly = r#"{"type": "kelly", "fraction": "0.01", "window": 4, "cap": 5}"#;
    near(weight(kelly, &closes), 0.01 * mean / variance);
    near(weight(r#"{"type": "kelly", "fraction": "0.5", "window": 4}"#, &closes), 1.0);
    let fallen: Vec<f64> = closes.iter().rev().copied().collect();
    assert_eq!(weight(r#"{"type": "kelly", "fraction": "0.5", "window": 4}"#, &fallen), 0.0);
    assert!(weight(target, &[100.0; 6]).is_nan(), "what does not vary has no target");
}

proptest! {
    #[test]
    fn a_share_buys_all_it_can_pay_and_no_more(
        equity in 0..10_i128.pow(9),
        share_units in 1..20_000_i128,
        price in 10_i64.pow(5)..10_i64.pow(9),
        parts in 1..100_usize,
    ) {
        let equity = Decimal::new(equity, 2);
        for traded in [share(), instrument(future()), instrument(coin())] {
            let cost = |units: i64| i128::from(price) * i128::from(traded.multiplier()) * i128::from(units);
            let scale = u32::from(traded.notional_scale());
            for (share_of, numerator, denominator) in [
                (Share::Exact(Decimal::new(share_units, 4)), share_units, 10_000),
                (Share::Part(parts), 1, parts as i128),
            ] {
                let bought = units_of(share_of, equity, Price(price), &traded).unwrap();
                let money = equity.units() * 10_i128.pow(scale.saturating_sub(2)) * numerator;
                let costs = |units: i64| cost(units) * denominator * 10_i128.pow(2_u32.saturating_sub(scale));
                prop_assert!(costs(bought) <= money && money < costs(bought + traded.lot_size()));
                prop_assert_eq!(bought % traded.lot_size(), 0);
            }
        }
    }
}
