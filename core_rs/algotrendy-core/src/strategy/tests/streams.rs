use std::sync::Arc;

use proptest::prelude::*;

use super::market::{of_closes, spec, walk};
use super::{flat, share};
use crate::backtest::BarColumns;
use crate::expr::{BarValues, EvaluateError, Field, NoModels, Others};
use crate::order::terms::Side;
use crate::price::{Price, Quantity};
use crate::strategy::{Amount, Columns, Environment, Intent, Rule, RuleStream, Values, View};

/// A bar as a stream takes it.
pub fn bar(bars: &BarColumns, index: usize) -> BarValues {
    let value = |units: i64| units as f64 / 100.0;
    BarValues {
        open_time_ns: bars.open_time_ns()[index],
        close_time_ns: bars.close_time_ns()[index],
        ..BarValues::default()
    }
    .with(Field::Open, value(bars.open()[index]))
    .with(Field::High, value(bars.high()[index]))
    .with(Field::Low, value(bars.low()[index]))
    .with(Field::Close, value(bars.close()[index]))
    .with(Field::Volume, bars.volume()[index] as f64)
}

fn stream(text: &str) -> RuleStream {
    let rule = Rule::compile(&spec(text), &NoModels).unwrap();
    RuleStream::new(Arc::new(rule), &[], Environment::default()).unwrap()
}

/// Fills at the next opens of what a stream decides bar by bar, with what is held followed by hand.
pub fn fills_bar_by_bar(text: &str, closes: &[i64]) -> Vec<(i64, i64, i64)> {
    let (bars, mut stream) = (of_closes(0, closes), stream(text));
    let (mut held, mut held_from, mut fills) = (0, 0, Vec::new());
    for (index, close) in closes.iter().enumerate() {
        stream.push(&bar(&bars, index)).unwrap();
        let view = View {
            position: Quantity(held),
            price: Price(*close),
            bars_held: if held == 0 { 0 } else { u32::try_from(index + 1 - held_from).unwrap() },
            ..flat()
        };
        let decision = stream.decide(&view, true, &share()).unwrap();
        if index + 1 == bars.len() {
            break;
        }
        for Intent { side, amount, .. } in [decision.close, decision.open].into_iter().flatten() {
            let Amount::Units(quantity) = amount else { panic!("{amount:?}") };
            let change = if side == Side::Buy { quantity.0 } else { -quantity.0 };
            held += change;
            held_from = index + 1;
            fills.push((index as i64 + 1, change, bars.open()[index + 1]));
        }
    }
    fills
}

#[test]
fn a_rule_that_compares_symbols_cannot_be_followed_on_one() {
    for text in
        [r#"{"entry": "cs_rank(close) > 0.5"}"#, r#"{"rank": "close", "hold": {"count": 1}}"#]
    {
        let rule = Arc::new(Rule::compile(&spec(text), &NoModels).unwrap());
        let refused = RuleStream::new(rule, &[], Environment::default());
        assert!(matches!(refused, Err(EvaluateError::UniverseMissing)), "{text}");
    }
}

#[test]
fn nothing_is_decided_before_the_first_bar() {
    let stream = stream(r#"{"entry": "True"}"#);
    assert!(stream.signals().is_none());
    assert_eq!(stream.decide(&flat(), true, &share()), Ok(crate::strategy::Decision::default()));
}

#[test]
fn a_bar_that_cannot_do_anything_says_so() {
    let mut stream = stream(r#"{"entry": "close > 100", "schedule": {"every": {"bars": 2}}}"#);
    let bars = of_closes(0, &[10_100, 10_100, 9_900, 10_100, 10_100]);
    let acts: Vec<bool> = (0..5).map(|index| stream.push(&bar(&bars, index)).unwrap()).collect();
    assert_eq!(acts, [true, false, false, false, true]);
    assert!(stream.is_due() && stream.signals().is_some_and(|signals| signals.entry));
    assert_eq!(stream.decide(&flat(), false, &share()).unwrap().open, None, "not in the universe");
}

const RULES: [&str; 4] = [
    r#"{"entry": "cross_above(sma(close, 3), ema(close, 7))", "exit": "close < lag(close, 2)"}"#,
    r#"{"entry": "rsi(close, 5) < 30", "short_entry": "rsi(close, 5) > 70",
        "size": {"type": "volatility_target", "annual": "0.2", "window": 6}}"#,
    r#"{"entry": "close > bars('1w', sma(close, 2))", "exit": "bars_since(close > open) > 2",
        "stops": {"stop_loss": {"distance": "2 * atr(4)"}, "trailing": {"distance": "std(close, 3)"}}}"#,
    r#"{"features": {"trend": "kama(close, 4)"}, "entry": "close > trend and weekday() < 3",
        "exit": "is_null(trend) or volume < 1", "size": {"type": "kelly", "fraction": "0.5", "window": 4}}"#,
];

proptest! {
    #![proptest_config(crate::soak::cases(48))]
    #[test]
    fn columns_and_single_bars_say_the_same(seed in any::<u64>(), count in 1..400_usize) {
        let closes = walk(count, seed);
        let bars = of_closes(0, &closes);
        for text in RULES {
            let mut stream = stream(text);
            let rule = stream.rule().clone();
            let columns = Columns::of(&bars, 0, &share(), &rule.fields(), true);
            let environment = Environment::default();
            let values = Values::of(rule.plan(), &columns, &[], &Others::new(), &environment.context()).unwrap();
            for index in 0..count {
                stream.push(&bar(&bars, index)).unwrap();
                let of_columns = rule.signals(|output| values.at(output, index));
                let of_stream = *stream.signals().unwrap();
                // NaN is not equal to itself.
                prop_assert_eq!(format!("{of_columns:?}"), format!("{of_stream:?}"), "{} {}", text, index);
            }
        }
    }
}
