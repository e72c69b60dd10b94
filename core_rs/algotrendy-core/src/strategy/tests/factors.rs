use proptest::prelude::*;

use super::market::{feed, fills, named, of_closes, on, walk};
use super::share;
use crate::backtest::Factor;
use crate::expr::{NoModels, Others};
use crate::strategy::{Columns, Environment, Rule, Spec, Values};
use crate::time::DAY_NS;

fn split(day: i64, price_factor: f64) -> Factor {
    Factor { time_ns: day * DAY_NS, price_factor, volume_factor: 1.0 / price_factor }
}

/// What a rule's first number is at each bar.
fn weights(rule: &Rule, bars: &crate::backtest::BarColumns, factors: &[Factor]) -> Vec<f64> {
    let columns = Columns::of(bars, 0, &share(), &rule.fields(), true);
    let environment = Environment::default();
    let values =
        Values::of(rule.plan(), &columns, factors, &Others::new(), &environment.context()).unwrap();
    let output = rule.outputs().weight.unwrap();
    (0..bars.len()).map(|index| values.at(output, index)).collect()
}

fn weight(expression: &str) -> Rule {
    let text = format!(
        r#"{{"entry": "close > 0", "size": {{"type": "weight", "expression": "{expression}"}}}}"#
    );
    Rule::compile(&Spec::from_json(&text).unwrap(), &NoModels).unwrap()
}

#[test]
fn a_split_moves_no_mean_and_no_return() {
    // 100 a day, then two for one: 50 a day.
    let closes: Vec<i64> = (0..20).map(|day| if day < 10 { 10_000 } else { 5_000 }).collect();
    let bars = of_closes(0, &closes);
    let factors = [split(10, 0.5)];
    let means = weights(&weight("sma(close, 5)"), &bars, &factors);
    assert_eq!(means[9], 100.0, "nobody knows of it before");
    assert!(means[10..].iter().all(|mean| *mean == 50.0), "{means:?}");
    let returns = weights(&weight("ret(close, 1)"), &bars, &factors);
    assert!(returns[1..].iter().all(|value| *value == 0.0), "{returns:?}");
    let volumes = weights(&weight("sma(volume, 2)"), &bars, &factors);
    assert_eq!(volumes[10], 1_500_000.0, "the day before counts twice as many shares");
}

#[test]
fn orders_fill_at_raw_prices() {
    let closes: Vec<i64> = (0..20).map(|day| if day < 10 { 10_000 } else { 5_000 }).collect();
    let mut feed = feed(named("SPY"), of_closes(0, &closes));
    let text = r#"{"entry": "ret(close, 1) > -0.1 and day() == 5", "exit": "ret(close, 1) < -0.1",
        "size": {"type": "fixed", "quantity": 10}}"#;
    assert_eq!(fills(&on(text, vec![feed.clone()])), [(5, 10, 10_000), (11, -10, 5_000)]);
    feed.factors = [split(10, 0.5)].into();
    assert_eq!(fills(&on(text, vec![feed])), [(5, 10, 10_000)]);
}

proptest! {
    #![proptest_config(crate::soak::cases(32))]
    #[test]
    fn every_bar_sees_its_history_restated_to_its_own_day(
        seed in any::<u64>(),
        splits in prop::collection::btree_map(-2..70_i64, prop_oneof![Just(0.5), Just(2.0), Just(0.98), Just(1.0)], 0..6),
    ) {
        let closes = walk(60, seed);
        let bars = of_closes(0, &closes);
        let factors: Vec<Factor> = splits.iter().map(|(day, factor)| split(*day, *factor)).collect();
        for expression in ["ema(close, 4) + sma(volume, 3)", "rsi(close, 5)", "close - lag(high, 7)", "bars('1w').close"] {
            let rule = weight(expression);
            let found = weights(&rule, &bars, &factors);
            for day in 0..60_usize {
                // All bars up to this one, as if they had traded at this day's prices.
                let restated = |column: &[i64], is_volume: bool| -> Vec<f64> {
                    (0..=day).map(|bar| {
                        let since = splits.range(..=day as i64).filter(|(split, _)| **split > bar as i64);
                        let factor: f64 = since.map(|(_, factor)| if is_volume { 1.0 / factor } else { *factor }).product();
                        column[bar] as f64 / if is_volume { 1.0 } else { 100.0 } * factor
                    }).collect()
                };
                let (high, close, volume) = (restated(bars.high(), false), restated(bars.close(), false), restated(bars.volume(), true));
                let series = crate::expr::Series::default()
                    .with(crate::expr::Field::High, &high).unwrap()
                    .with(crate::expr::Field::Close, &close).unwrap()
                    .with(crate::expr::Field::Volume, &volume).unwrap()
                    .with_open_times(&bars.open_time_ns()[..=day]).unwrap()
                    .with_close_times(&bars.close_time_ns()[..=day]).unwrap();
                let environment = Environment::default();
                let columns = rule.plan().evaluate(&series, &Others::new(), &environment.context()).unwrap();
                let expected = columns[rule.outputs().weight.unwrap()][day];
                let is_near = (found[day] - expected).abs() <= 1e-9 * expected.abs().max(1.0);
                prop_assert!(is_near || (found[day].is_nan() && expected.is_nan()), "{} {} {} {}", expression, day, found[day], expected);
            }
        }
    }
}
