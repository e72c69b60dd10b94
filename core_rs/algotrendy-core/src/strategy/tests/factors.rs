use proptest::prelude::*;

use super::market::{feed, fills, named, of_closes, on, walk};
use super::share;
use super::universes::bars as bars_of;
use crate::backtest::{BarColumns, Factor};
use crate::expr::{Field, NoModels, Others, Series, Universe};
use crate::strategy::{Columns, Environment, MemberBars, Rule, Spec, Values};
use crate::time::DAY_NS;

fn split(day: i64, price_factor: f64) -> Factor {
    Factor { time_ns: day * DAY_NS, price_factor, volume_factor: 1.0 / price_factor }
}

/// What a rule's first number is at each bar.
fn weights(rule: &Rule, bars: &BarColumns, factors: &[Factor]) -> Vec<f64> {
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

/// Splits of one member, by day.
type Splits = std::collections::BTreeMap<i64, f64>;

/// All bars that close by the end of a day, as if they had traded at the prices of the last of them.
struct Restated {
    high: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
    open_times_ns: Vec<i64>,
    close_times_ns: Vec<i64>,
    bounds: Vec<usize>,
}

impl Restated {
    fn at(day: usize, members: &[BarColumns], splits: &[Splits]) -> Self {
        let (mut high, mut close, mut volume) = (Vec::new(), Vec::new(), Vec::new());
        let (mut open_times_ns, mut close_times_ns, mut bounds) = (Vec::new(), Vec::new(), vec![0]);
        for (bars, splits) in members.iter().zip(splits) {
            let count = bars
                .open_time_ns()
                .iter()
                .filter(|open_ns| **open_ns <= day as i64 * DAY_NS)
                .count();
            let day_of = |bar: usize| bars.open_time_ns()[bar] / DAY_NS;
            for bar in 0..count {
                let since = splits.range(day_of(bar) + 1..=day_of(count - 1).max(day_of(bar) + 1));
                let since = since.filter(|(split, _)| **split <= day_of(count - 1));
                let factor: f64 = since.map(|(_, factor)| factor).product();
                high.push(bars.high()[bar] as f64 / 100.0 * factor);
                close.push(bars.close()[bar] as f64 / 100.0 * factor);
                volume.push(bars.volume()[bar] as f64 / factor);
                open_times_ns.push(bars.open_time_ns()[bar]);
                close_times_ns.push(bars.close_time_ns()[bar]);
            }
            bounds.push(close.len());
        }
        Self { high, close, volume, open_times_ns, close_times_ns, bounds }
    }

    fn universe(&self) -> Universe<'_> {
        let series = Series::default()
            .with(Field::High, &self.high)
            .and_then(|series| series.with(Field::Close, &self.close))
            .and_then(|series| series.with(Field::Volume, &self.volume))
            .and_then(|series| series.with_open_times(&self.open_times_ns))
            .and_then(|series| series.with_close_times(&self.close_times_ns))
            .unwrap();
        Universe::new(series, &self.bounds, &self.close_times_ns).unwrap()
    }
}

fn some_splits() -> impl Strategy<Value = Vec<Splits>> {
    let factor = prop_oneof![Just(0.5), Just(4.0), Just(0.97), Just(1.0)];
    prop::collection::vec(prop::collection::btree_map(-2..50_i64, factor, 0..4), 4)
}

/// Of values of each member's own past, of several comparisons one after the other, and of functions of the past of what was compared.
const COMPARED: [&str; 7] = [
    "cs_rank(ret(close, 5)) - cs_zscore(sma(volume, 3))",
    "cs_demean(close) + ema(close, 4)",
    "cs_rank(bars('1w').close) + lag(high, 2)",
    "cs_scale(cs_rank(close) + cs_zscore(volume))",
    "mean(cs_rank(close), 4)",
    "ema(cs_demean(close), 3) - cs_rank(delta(cs_rank(volume), 2))",
    "corr(cs_rank(high), cs_rank(volume), 6) + bars('1w', sma(close, 2))",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_comparison_sees_everybodys_history_restated_to_its_own_day(
        seed in 0..1_000_000_u64,
        splits in some_splits(),
        gap in 2..9_usize,
    ) {
        let closes: Vec<Vec<i64>> = (0..4).map(|member| walk(45, seed + member)).collect();
        let members = bars_of(&closes, |member, day| (member * 7 + day * 13) % gap != 0);
        for expression in COMPARED {
            let rule = weight(expression);
            let member = |(bars, splits): (&BarColumns, &Splits)| MemberBars {
                columns: Columns::of(bars, 0, &share(), &rule.fields(), true),
                counted: vec![true; bars.len()],
                factors: splits.iter().map(|(day, factor)| split(*day, *factor)).collect(),
                passed: 0,
            };
            let given: Vec<MemberBars> = members.iter().zip(&splits).map(member).collect();
            let environment = Environment::default();
            let context = environment.context();
            let found = Values::of_universe(rule.plan(), &given, &context, 2).unwrap();
            let output = rule.outputs().weight.unwrap();
            for day in 0..45 {
                let restated = Restated::at(day, &members, &splits);
                let columns = rule.plan().evaluate_universe(&restated.universe(), &Others::new(), &context, 1).unwrap();
                for (member, rows) in restated.bounds.windows(2).enumerate() {
                    let last = rows[1].checked_sub(1).filter(|last| rows[0] <= *last);
                    let Some(last) = last.filter(|last| restated.open_times_ns[*last] == day as i64 * DAY_NS) else { continue };
                    let (value, expected) = (found[member].at(output, last - rows[0]), columns[output][last]);
                    let is_near = (value - expected).abs() <= 1e-9 * expected.abs().max(1.0);
                    prop_assert!(is_near || (value.is_nan() && expected.is_nan()), "{} {} {} {} {}", expression, member, day, value, expected);
                }
            }
        }
    }
}

#[test]
fn a_split_changes_nobodys_rank() {
    // The lower one falls to a half in a split of two for one, which is no loss.
    let rising = |day: i64| 10_000 + 100 * day;
    let closes: Vec<Vec<i64>> = vec![
        (0..20).map(|day| if day < 10 { rising(day) * 2 } else { rising(day) }).collect(),
        vec![10_000; 20],
    ];
    let feeds = || -> Vec<_> {
        let bars = closes.iter().map(|closes| of_closes(0, closes));
        ["A", "B"].iter().zip(bars).map(|(name, bars)| feed(named(name), bars)).collect()
    };
    let text = r#"{"entry": "cs_rank(ret(close, 3)) == 1 and day() == 6", "exit": "cs_rank(ret(close, 3)) < 1",
        "size": {"type": "fixed", "quantity": 10}}"#;
    let sold = fills(&on(text, feeds()));
    assert_eq!(sold, [(6, 10, 21_000), (11, -10, 11_000)], "without the factor it seems to lose");
    let mut adjusted = feeds();
    adjusted[0].factors = [split(10, 0.5)].into();
    assert_eq!(fills(&on(text, adjusted)), [(6, 10, 21_000)]);
}

#[test]
fn numbers_of_bars_that_are_gone_are_given_up_and_conditions_stay() {
    let (rule, bars) = (weight("sma(close, 2)"), of_closes(0, &walk(100, 3)));
    let columns = Columns::of(&bars, 0, &share(), &rule.fields(), true);
    let environment = Environment::default();
    let whole =
        Values::of(rule.plan(), &columns, &[], &Others::new(), &environment.context()).unwrap();
    let (number, condition) = (rule.outputs().weight.unwrap(), rule.outputs().entry.unwrap());
    let mut values = whole.clone();
    for index in [0, 30, 70, 95, 95, 200] {
        values.forget_before(index);
        assert_eq!(values.len(), 100);
        for bar in 0..100 {
            assert_eq!(values.at(condition, bar), whole.at(condition, bar));
        }
        for bar in index..100 {
            let (found, expected) = (values.at(number, bar), whole.at(number, bar));
            assert_eq!(found.to_bits(), expected.to_bits(), "{index}");
        }
    }
}
