//! Bars that tests trade on, and runs of specs over them.

use std::sync::Arc;

use crate::backtest::{
    run, BarColumns, Feed, FeedData, FillRow, Outcome, RunError, RunTerms, Unwatched,
};
use crate::expr::NoModels;
use crate::instrument::testing::{currency, instrument, spy};
use crate::instrument::{Instrument, InstrumentTerms};
use crate::order::terms::Side;
use crate::strategy::{Environment, Rule, Spec, Trader};
use crate::time::DAY_NS;

/// A share in cents under a name.
pub fn named(symbol: &str) -> Instrument {
    instrument(InstrumentTerms { symbol: symbol.into(), ..spy() })
}

/// Daily bars of these `[open, high, low, close]` in cents, from a day on.
pub fn daily(first_day: i64, prices: &[[i64; 4]]) -> BarColumns {
    let opens: Vec<i64> = (first_day..).take(prices.len()).map(|day| day * DAY_NS).collect();
    let closes = opens.iter().map(|open_ns| open_ns + DAY_NS).collect();
    let column = |place: usize| prices.iter().map(|bar| bar[place]).collect();
    let volume = vec![1_000_000; prices.len()];
    BarColumns::new([opens, closes, column(0), column(1), column(2), column(3), volume]).unwrap()
}

/// Bars that go from each close to the next.
pub fn of_closes(first_day: i64, closes: &[i64]) -> BarColumns {
    let bar = |(place, close): (usize, &i64)| {
        let open = closes[place.saturating_sub(1)];
        [open, open.max(*close), open.min(*close), *close]
    };
    daily(first_day, &closes.iter().enumerate().map(bar).collect::<Vec<_>>())
}

/// Closes of a random walk in cents.
pub fn walk(count: usize, seed: u64) -> Vec<i64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut close = 10_000_i64;
    let steps = (0..count).map(|_| {
        close = (close + i64::try_from(random() % 201).unwrap() - 100).max(1_000);
        close
    });
    steps.collect()
}

pub fn feed(instrument: Instrument, bars: BarColumns) -> Feed {
    Feed::new(instrument, FeedData::Bars(Arc::new(bars)))
}

pub fn spec(text: &str) -> Spec {
    Spec::from_json(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// 100,000.00 at a venue without costs.
pub fn terms() -> RunTerms {
    RunTerms::new(currency("USD"), 10_000_000)
}

pub fn trader(text: &str) -> Trader {
    let rule =
        Rule::compile(&spec(text), &NoModels).unwrap_or_else(|error| panic!("{text}: {error}"));
    Trader::new(rule, Environment::default())
}

/// What comes of a spec, which the short way of its orders must not change.
pub fn try_on(text: &str, feeds: Vec<Feed>, terms: RunTerms) -> Result<Outcome, RunError> {
    short_and_long(text, feeds, terms).1
}

/// What comes of a spec the short way, where it has one, and the long way: the same but for what is counted as done.
pub fn short_and_long(
    text: &str,
    feeds: Vec<Feed>,
    terms: RunTerms,
) -> (Result<Outcome, RunError>, Result<Outcome, RunError>) {
    let short = trader(text).run(feeds.clone(), terms.clone(), &Unwatched);
    let long = run(feeds, terms, &mut trader(text), &Unwatched);
    match (&short, &long) {
        (Ok(short), Ok(long)) => {
            let counters = long.counters;
            assert_eq!(Outcome { counters, ..short.clone() }, *long, "{text}");
        }
        (Err(short), Err(long)) => assert_eq!(format!("{short:?}"), format!("{long:?}"), "{text}"),
        _ => panic!("{text}: {short:?} the short way, {long:?} the long way"),
    }
    (short, long)
}

pub fn on(text: &str, feeds: Vec<Feed>) -> Outcome {
    try_on(text, feeds, terms()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Runs on bars of one share.
pub fn on_share(text: &str, bars: BarColumns) -> Outcome {
    on(text, vec![feed(named("SPY"), bars)])
}

/// Day, signed quantity and price of a fill.
pub fn fills(outcome: &Outcome) -> Vec<(i64, i64, i64)> {
    let signed =
        |fill: &FillRow| if fill.side == Side::Buy { fill.quantity } else { -fill.quantity };
    outcome.fills.iter().map(|fill| (fill.time_ns / DAY_NS, signed(fill), fill.price)).collect()
}
