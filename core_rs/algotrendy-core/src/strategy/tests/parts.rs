//! What is looked at together leads to what it leads to in one piece, whatever the parts that its data come in.

use std::sync::Arc;

use proptest::prelude::*;

use super::market::{feed, named, terms, trader, walk};
use super::universes::bars;
use crate::backtest::{BarColumns, Engine, Factor, Feed, FeedData, Outcome, RunTerms, Unwatched};
use crate::time::DAY_NS;

const SYMBOLS: [&str; 4] = ["A", "B", "C", "D"];
const DAYS: usize = 90;

const RULES: [&str; 8] = [
    r#"{"entry": "cs_rank(ret(close, 5)) > 0.7", "exit": "cs_rank(ret(close, 5)) < 0.6",
        "size": {"type": "percent", "percent": "0.2"}}"#,
    r#"{"entry": "ema(cs_demean(close), 3) > 0", "short_entry": "mean(cs_rank(close), 4) < 0.5",
        "size": {"type": "fixed", "quantity": 10}, "schedule": {"every": {"bars": 3}}}"#,
    r#"{"entry": "cs_zscore(close - bars('1w').close) > 0", "exit": "cs_zscore(volume + close) < 0",
        "size": {"type": "weight", "expression": "0.2 * cs_rank(std(close, 4))"},
        "stops": {"stop_loss": {"distance": "std(close, 5)"}, "max_bars": 9}}"#,
    r#"{"rank": "cs_rank(ret(close, 4)) + 0.01 * cs_scale(ema(volume, 3))", "hold": {"count": 2},
        "schedule": {"every": "week"}}"#,
    r#"{"rank": "rank(cs_zscore(close), 6)", "hold": {"count": 1}}"#,
    r#"{"rank": "ret(close, 4)", "hold": {"count": 2}, "schedule": {"every": {"bars": 5}}}"#,
    r#"{"rank": "rsi(close, 3)", "entry": "close > sma(close, 4)", "hold": {"count": 1},
        "schedule": {"every": "month"}}"#,
    r#"{"rank": "cs_rank(std(close, 3))", "hold": {"count": 3}, "size_at": "next_open",
        "schedule": {"every": {"bars": 2}}}"#,
];

/// The bars from one to another.
fn between(bars: &BarColumns, from: usize, to: usize) -> FeedData {
    let columns = [
        bars.open_time_ns(),
        bars.close_time_ns(),
        bars.open(),
        bars.high(),
        bars.low(),
        bars.close(),
        bars.volume(),
    ];
    FeedData::Bars(Arc::new(
        BarColumns::new(columns.map(|column| column[from..to].to_vec())).unwrap(),
    ))
}

/// Each feed in parts that end at its cuts. Whichever has been given the least is given its next part.
fn in_parts(text: &str, feeds: &[Feed], cuts: &[Vec<usize>], terms: RunTerms) -> Outcome {
    let all = |feed: &Feed| match &feed.data {
        FeedData::Bars(bars) => Arc::clone(bars),
        _ => unreachable!("they have bars"),
    };
    let bars: Vec<Arc<BarColumns>> = feeds.iter().map(all).collect();
    let ends = |(bars, cuts): (&Arc<BarColumns>, &Vec<usize>)| {
        let mut ends: Vec<usize> = cuts.iter().map(|cut| *cut.min(&bars.len())).collect();
        ends.push(bars.len());
        ends.sort_unstable();
        ends
    };
    let ends: Vec<Vec<usize>> = bars.iter().zip(cuts).map(ends).collect();
    // How many parts each has been given.
    let mut given = vec![1; feeds.len()];
    let first = feeds.iter().enumerate().map(|(place, feed)| Feed {
        data: between(&bars[place], 0, ends[place][0]),
        ..feed.clone()
    });
    let (mut trader, mut engine) = (trader(text), Engine::new(first.collect(), terms).unwrap());
    // The feeds that go on, each behind when its last row began.
    let unfinished = |given: &[usize]| {
        let places = (0..given.len()).filter(|place| given[*place] < ends[*place].len());
        let began_ns = |place: usize| match ends[place][given[place] - 1] {
            0 => i64::MIN,
            count => bars[place].open_time_ns()[count - 1],
        };
        places.map(|place| (began_ns(place), place)).min()
    };
    while let Some((_, place)) = unfinished(&given) {
        let (from, to) = (ends[place][given[place] - 1], ends[place][given[place]]);
        given[place] += 1;
        let until_ns =
            unfinished(&given).map_or(i64::MAX, |(began_ns, _)| began_ns.saturating_sub(1));
        let part = vec![(place, between(&bars[place], from, to))];
        engine.push(part, until_ns, &mut trader, &Unwatched).unwrap();
    }
    engine.finish(&mut trader, &Unwatched).unwrap()
}

fn factors(splits: &std::collections::BTreeMap<i64, f64>) -> Arc<[Factor]> {
    let factor = |(day, price_factor): (&i64, &f64)| Factor {
        time_ns: day * DAY_NS,
        price_factor: *price_factor,
        volume_factor: 1.0 / price_factor,
    };
    splits.iter().map(factor).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn parts_of_a_universe_lead_to_what_the_whole_does(
        seed in 0..1_000_000_u64,
        gap in 2..9_usize,
        cuts in prop::collection::vec(prop::collection::vec(0..DAYS, 0..6), 4),
        kept_rows in 0..4_usize,
        start_day in prop_oneof![Just(None), (1..60_i64).prop_map(Some)],
        splits in prop::collection::vec(prop::collection::btree_map(-2..95_i64, prop_oneof![Just(0.5), Just(0.97), Just(4.0)], 0..4), 0..4),
    ) {
        let closes: Vec<Vec<i64>> = (0..4).map(|member| walk(DAYS, seed + member)).collect();
        let bars = bars(&closes, |member, day| (member * 7 + day * 13) % gap != 0);
        let mut feeds: Vec<Feed> =
            SYMBOLS.iter().zip(bars).map(|(name, bars)| feed(named(name), bars)).collect();
        feeds[1].membership = vec![(20 * DAY_NS, 50 * DAY_NS), (60 * DAY_NS, 1_000 * DAY_NS)];
        for (feed, splits) in feeds.iter_mut().zip(&splits) {
            feed.factors = factors(splits);
        }
        let terms = RunTerms { kept_rows, start_ns: start_day.map(|day| day * DAY_NS), ..terms() };
        for text in RULES {
            let mut whole = trader(text);
            let whole = crate::backtest::run(feeds.clone(), terms.clone(), &mut whole, &Unwatched).unwrap();
            let parts = in_parts(text, &feeds, &cuts, terms.clone());
            prop_assert_eq!(&parts.fills, &whole.fills, "{}", text);
            prop_assert!(Outcome { counters: whole.counters, ..parts } == whole, "{}", text);
        }
    }
}
