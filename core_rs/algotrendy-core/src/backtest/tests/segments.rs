//! Data in pieces lead to what they lead to in one.

use proptest::prelude::{any, prop, prop_assert_eq, proptest};

use super::random::{some_bars, some_venue, Seeded};
use super::*;

/// The rows of `bars` that open within a span.
fn between(bars: &BarColumns, after_ns: i64, until_ns: i64) -> BarColumns {
    let rows = (0..bars.len())
        .map(|index| bars.bar(index))
        .filter(|bar| after_ns < bar.open_time_ns && bar.open_time_ns <= until_ns);
    let mut columns: [Vec<i64>; 7] = Default::default();
    for bar in rows {
        let prices = [bar.open, bar.high, bar.low, bar.close].map(|price| price.0);
        let times = [bar.open_time_ns, bar.close_time_ns];
        let row = [&times[..], &prices, &[bar.volume.0]].concat();
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    BarColumns::new(columns).unwrap()
}

proptest! {
    #![proptest_config(crate::soak::cases(300))]

    #[test]
    fn bars_in_pieces_lead_to_the_same_outcome(
        bars in prop::collection::vec(some_bars(60), 1..4),
        venue in some_venue(),
        seed in any::<u64>(),
        rarity in 1..9_u64,
        mut cuts in prop::collection::vec(0..3_000_i64, 0..5),
        kept_rows in 0..4_usize,
    ) {
        let names = ["A", "B", "C"];
        let terms = RunTerms { venue, kept_rows, ..usd(10_000_000) };
        let seeded = || Seeded { seed, rarity, events: true, answered_ns: None };
        let given = |data: &dyn Fn(&BarColumns) -> BarColumns| {
            names.iter().zip(&bars).map(|(name, bars)| feed(name, data(bars))).collect::<Vec<_>>()
        };
        let whole = run(given(&BarColumns::clone), terms.clone(), &mut seeded(), &Unwatched);
        cuts.sort_unstable();
        let mut strategy = seeded();
        let mut last = cuts.first().copied().unwrap_or(i64::MAX);
        let first = given(&|bars| between(bars, i64::MIN, last));
        let mut engine = Engine::new(first, terms).unwrap();
        engine.push(Vec::new(), last, &mut strategy, &Unwatched).unwrap();
        for until in cuts.iter().skip(1).copied().chain([i64::MAX]) {
            let more = bars.iter().map(|bars| {
                FeedData::Bars(std::sync::Arc::new(between(bars, last, until)))
            });
            engine.push(more.enumerate().collect(), until, &mut strategy, &Unwatched).unwrap();
            last = until;
        }
        let pieces = engine.finish(&mut strategy, &Unwatched).unwrap();
        prop_assert_eq!(first_difference(&pieces, &whole.unwrap()), None);
    }

    #[test]
    fn trades_in_pieces_make_the_same_bars_and_the_same_outcome(
        mut rows in prop::collection::vec((0..900_i64, 990..1_010_i64), 1..120),
        seed in any::<u64>(),
        mut cuts in prop::collection::vec(0..900_i64, 0..4),
    ) {
        rows.sort_by_key(|row| row.0);
        let data = |after: i64, until: i64| {
            let rows: Vec<_> =
                rows.iter().copied().filter(|row| after < row.0 && row.0 <= until).collect();
            FeedData::Trades {
                trades: std::sync::Arc::new(trades(&rows)),
                bars: Some(Box::new(intervals(MINUTE))),
            }
        };
        let seeded = || Seeded { seed, rarity: 2, events: true, answered_ns: None };
        let whole = vec![Feed::new(share("SPY"), data(i64::MIN, i64::MAX))];
        let whole = run(whole, usd(10_000_000), &mut seeded(), &Unwatched).unwrap();
        cuts.sort_unstable();
        let mut strategy = seeded();
        let mut engine =
            Engine::new(vec![Feed::new(share("SPY"), data(0, -1))], usd(10_000_000)).unwrap();
        let mut last = i64::MIN;
        for until in cuts {
            engine.push(vec![(0, data(last, until))], until, &mut strategy, &Unwatched).unwrap();
            last = until;
        }
        engine.push(vec![(0, data(last, i64::MAX - 1))], 900, &mut strategy, &Unwatched).unwrap();
        let pieces = engine.finish(&mut strategy, &Unwatched).unwrap();
        prop_assert_eq!(first_difference(&pieces, &whole), None);
    }
}

#[test]
fn rows_that_should_have_come_before_are_refused_by_feed_and_place() {
    let mut engine = Engine::new(vec![feed("SPY", flat(&[1, 2, 3]))], usd(CASH)).unwrap();
    let mut script = Script::default();
    engine.push(Vec::new(), 180, &mut script, &Unwatched).unwrap();
    let more = || FeedData::Bars(std::sync::Arc::new(flat(&[4])));
    let refused = engine.push(vec![(0, more())], 240, &mut script, &Unwatched).unwrap_err();
    let expected =
        "feed \"SPY\": open_time_ns[0] must be at or after the end of the data before it, not 0";
    assert_eq!(refused.to_string(), expected);
    let unknown = engine.push(vec![(1, more())], 240, &mut script, &Unwatched).unwrap_err();
    assert!(matches!(unknown, RunError::Unknown { what: "feed", .. }), "{unknown}");
    let other = FeedData::Trades { trades: std::sync::Arc::default(), bars: None };
    let refused = engine.push(vec![(0, other)], 240, &mut script, &Unwatched).unwrap_err();
    assert!(refused
        .to_string()
        .contains("must be of the kind that the feed began with, not trades"));
}
