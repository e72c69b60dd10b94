use std::sync::Arc;

use super::market::{feed, named, of_closes, on, spec, walk};
use super::share;
use super::streams::bar;
use crate::backtest::{BarColumns, Feed};
use crate::expr::{BarValues, EvaluateError, NoModels};
use crate::order::terms::Side;
use crate::price::{Price, Quantity};
use crate::strategy::{Amount, Columns, Environment, MemberBars, Rule, RuleUniverse, Values, View};
use crate::time::DAY_NS;

const SYMBOLS: [&str; 4] = ["A", "B", "C", "D"];
const DAYS: usize = 120;

fn closes(seed: u64) -> Vec<Vec<i64>> {
    (0..4).map(|place| walk(DAYS, seed * 10 + place)).collect()
}

/// Bars of all days but those on which a symbol has none.
pub fn bars(closes: &[Vec<i64>], has_bar: impl Fn(usize, usize) -> bool) -> Vec<BarColumns> {
    let of_symbol = |(place, closes): (usize, &Vec<i64>)| {
        let whole = of_closes(0, closes);
        let keep = |column: &[i64]| {
            let days = column.iter().enumerate().filter(|(day, _)| has_bar(place, *day));
            days.map(|(_, value)| *value).collect()
        };
        let columns = [
            whole.open_time_ns(),
            whole.close_time_ns(),
            whole.open(),
            whole.high(),
            whole.low(),
            whole.close(),
            whole.volume(),
        ];
        BarColumns::new(columns.map(keep)).unwrap()
    };
    closes.iter().enumerate().map(of_symbol).collect()
}

fn universe(text: &str) -> RuleUniverse {
    let rule = Arc::new(Rule::compile(&spec(text), &NoModels).unwrap().for_symbols(4));
    RuleUniverse::new(rule, 4, Environment::default()).unwrap()
}

/// The bars that close at the end of a day.
fn at(bars: &[BarColumns], day: usize) -> Vec<(usize, BarValues)> {
    let close_ns = (day as i64 + 1) * DAY_NS;
    let found = bars.iter().enumerate().filter_map(|(place, bars)| {
        let index = bars.close_time_ns().binary_search(&close_ns).ok()?;
        Some((place, bar(bars, index)))
    });
    found.collect()
}

/// Day, symbol and signed quantity.
type Fills = Vec<(i64, usize, i64)>;

/// What is decided time by time, filled at the closes that it is decided at: the next opens.
fn by_hand(text: &str, closes: &[Vec<i64>]) -> Fills {
    let (bars, mut universe) = (bars(closes, |_, _| true), universe(text));
    let (mut cash, mut held, mut fills) = (10_000_000_i64, [0_i64; 4], Fills::new());
    // Each day's closes, by symbol; after the last, nothing opens.
    let days = (0..DAYS - 1).map(|day| (day, closes.iter().map(|closes| closes[day]).collect()));
    for (day, prices) in days.collect::<Vec<(usize, Vec<i64>)>>() {
        universe.push(&at(&bars, day)).unwrap();
        let worth: i64 = (0..4).map(|place| held[place] * prices[place]).sum();
        let equity = Some(crate::decimal::Decimal::new(i128::from(cash + worth), 2));
        let mut changes = [0; 4];
        if universe.rule().is_ranking() && universe.is_due() {
            changes = held.map(|units| -units);
            let chosen = universe.held(|_| true);
            for place in chosen.iter().copied() {
                let price = Price(prices[place]);
                let target = universe.target(place, chosen.len(), equity, price, &share()).unwrap();
                let Some(Amount::Units(units)) = target.map(|intent| intent.amount) else {
                    continue;
                };
                changes[place] += units.0;
            }
        }
        for place in 0..if universe.rule().is_ranking() { 0 } else { 4 } {
            let view = View {
                position: Quantity(held[place]),
                price: Price(prices[place]),
                equity,
                is_working: false,
                bars_held: 0,
            };
            let decision = universe.decide(place, &view, true, &share()).unwrap();
            for intent in [decision.close, decision.open].into_iter().flatten() {
                let Amount::Units(quantity) = intent.amount else { panic!("{intent:?}") };
                changes[place] += if intent.side == Side::Buy { quantity.0 } else { -quantity.0 };
            }
        }
        for (place, change) in changes.into_iter().enumerate().filter(|(_, change)| *change != 0) {
            held[place] += change;
            cash -= change * prices[place];
            fills.push((day as i64 + 1, place, change));
        }
    }
    fills
}

fn in_a_run(text: &str, closes: &[Vec<i64>]) -> Fills {
    let bars = bars(closes, |_, _| true).into_iter();
    let feeds: Vec<Feed> =
        SYMBOLS.iter().zip(bars).map(|(name, bars)| feed(named(name), bars)).collect();
    let outcome = on(text, feeds);
    assert_eq!(outcome.rejections, [], "{text}");
    let signed = |side, quantity: i64| if side == Side::Buy { quantity } else { -quantity };
    let mut fills: Fills = outcome
        .fills
        .iter()
        .map(|fill| (fill.time_ns / DAY_NS, fill.instrument, signed(fill.side, fill.quantity)))
        .collect();
    fills.sort_unstable();
    // A reversal is two.
    fills.dedup_by(|next, fill| {
        let is_same = (next.0, next.1) == (fill.0, fill.1);
        fill.2 += if is_same { next.2 } else { 0 };
        is_same
    });
    fills
}

const RULES: [&str; 5] = [
    r#"{"rank": "ret(close, 5)", "hold": {"count": 2}, "schedule": {"every": {"bars": 5}}}"#,
    r#"{"rank": "cs_zscore(ret(close, 10)) - cs_rank(volume)", "hold": {"fraction": "0.5"},
        "entry": "close > sma(close, 10)", "schedule": {"every": "week"}}"#,
    r#"{"rank": "rsi(close, 5)", "hold": {"count": 1}, "schedule": {"every": "week"},
        "size": {"type": "weight", "expression": "0.3"}}"#,
    r#"{"entry": "cs_rank(ret(close, 5)) > 0.9", "exit": "cs_rank(ret(close, 5)) < 0.6",
        "size": {"type": "percent", "percent": "0.2"}}"#,
    r#"{"entry": "cs_demean(close) > 0", "short_entry": "cs_demean(close) < 0",
        "size": {"type": "fixed", "quantity": 10}, "schedule": {"every": {"bars": 3}}}"#,
];

#[test]
fn what_is_decided_time_by_time_is_what_a_run_decides() {
    for seed in 0..4 {
        let closes = closes(seed);
        for text in RULES {
            let fills = by_hand(text, &closes);
            assert!(fills.len() > 5, "{text}");
            assert_eq!(fills, in_a_run(text, &closes), "{seed} {text}");
        }
    }
}

#[test]
fn columns_and_times_say_the_same_also_of_symbols_that_miss_bars() {
    for seed in 0..6 {
        let has_bar = |place: usize, day: usize| (place * 7 + day * 13 + seed) % 5 != 0;
        let bars = bars(&closes(seed as u64), has_bar);
        for text in RULES {
            let mut universe = universe(text);
            let (rule, environment) = (universe.rule().clone(), Environment::default());
            let member = |bars: &BarColumns| MemberBars {
                columns: Columns::of(bars, 0, &share(), &rule.fields(), true),
                counted: vec![true; bars.len()],
                ..MemberBars::default()
            };
            let members: Vec<_> = bars.iter().map(member).collect();
            let context = environment.context();
            let values = Values::of_universe(rule.plan(), &members, &context, 1).unwrap();
            let mut rows = [0; 4];
            for day in 0..DAYS {
                universe.push(&at(&bars, day)).unwrap();
                for place in 0..4 {
                    let Some(of_time) = universe.signals(place) else {
                        assert!(!has_bar(place, day));
                        continue;
                    };
                    let row = rows[place];
                    let of_columns = rule.signals(|output| values[place].at(output, row));
                    // NaN is not equal to itself.
                    assert_eq!(format!("{of_columns:?}"), format!("{of_time:?}"), "{text} {day}");
                    rows[place] += 1;
                }
            }
        }
    }
}

#[test]
fn bars_of_one_push_close_together_and_after_those_before() {
    let bars = bars(&closes(0), |_, _| true);
    let mut universe = universe(RULES[0]);
    assert_eq!(universe.push(&[]), Ok(false), "nothing has happened");
    assert!(universe.signals(0).is_none() && universe.held(|_| true).is_empty());
    let mixed = [at(&bars, 0)[0], at(&bars, 1)[1]];
    let refused = universe.push(&mixed);
    assert!(matches!(refused, Err(EvaluateError::ValueInvalid { index: 1, .. })), "{refused:?}");
    universe.push(&at(&bars, 0)[..2]).unwrap();
    assert!(universe.signals(1).is_some() && universe.signals(2).is_none());
    let again = universe.push(&at(&bars, 0)[2..]);
    assert!(matches!(again, Err(EvaluateError::TimesUnordered { .. })), "{again:?}");
}

#[test]
fn who_is_not_in_the_universe_is_not_held() {
    let bars = bars(&closes(0), |_, _| true);
    let mut universe = universe(r#"{"rank": "-close", "hold": {"count": 4}}"#);
    assert!(universe.push(&at(&bars, 0)).unwrap(), "every time decides");
    assert_eq!(universe.held(|place| place == 2), [2]);
    let price = Price(10_000);
    let unknown = universe.target(2, 1, None, price, &share()).unwrap();
    assert_eq!(unknown, None, "no share of an equity that is not known");
    assert_eq!(universe.target(9, 1, None, price, &share()), Ok(None), "there is no such symbol");
}
