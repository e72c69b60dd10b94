use std::ops::ControlFlow;

use super::*;
use crate::backtest::{run, Unwatched};
use crate::expr::NoModels;
use crate::strategy::tests::market::{feed, named, of_closes, spec, terms, walk};
use crate::strategy::{ParameterValue, Rule, Trader};

const CROSS: &str = r#"{"parameters": {"fast": 3, "slow": 8, "is_long": true},
    "features": {"trend": "sma(close, slow)"},
    "entry": "cross_above(sma(close, fast), trend) and is_long", "exit": "sma(close, fast) < trend",
    "size": {"type": "weight", "expression": "0.01 * rsi(close, fast + 1)"},
    "stops": {"stop_loss": {"percent": "0.05"}, "take_profit": {"distance": "3 * atr(slow)"}}}"#;

fn whole(values: impl IntoIterator<Item = i64>) -> Vec<ParameterValue> {
    values.into_iter().map(ParameterValue::Integer).collect()
}

fn grid() -> Grid {
    Grid::new(vec![("fast".to_owned(), whole(2..6)), ("slow".to_owned(), whole([7, 9, 12]))])
}

fn feeds() -> Vec<Feed> {
    vec![
        feed(named("A"), of_closes(0, &walk(400, 5))),
        feed(named("B"), of_closes(3, &walk(380, 9))),
    ]
}

fn swept(text: &str, grid: &Grid, how: &SweepTerms) -> Vec<SweepRow> {
    let (spec, feeds, terms, environment) = (spec(text), feeds(), terms(), Environment::default());
    let sweep = Sweep {
        spec: &spec,
        grid,
        feeds: &feeds,
        terms: &terms,
        environment: &environment,
        models: &NoModels,
    };
    let mut rows = Vec::new();
    let is_whole = sweep.run(how, &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    });
    assert_eq!(is_whole, Ok(true));
    rows
}

fn bits(rows: &[SweepRow]) -> Vec<(usize, String)> {
    rows.iter().map(|row| (row.place, format!("{:?}", row.summary))).collect()
}

fn single(text: &str, grid: &Grid, place: usize) -> Outcome {
    let rule = Rule::compile(&grid.spec(&spec(text), place), &NoModels).unwrap();
    run(feeds(), terms(), &mut Trader::new(rule, Environment::default()), &Unwatched).unwrap()
}

#[test]
fn a_sweep_is_its_single_runs_one_by_one() {
    let weekly = r#"{"parameters": {"fast": 3, "slow": 8}, "entry": "close > bars('1w', sma(close, fast))",
        "exit": "close < sma(close, slow)"}"#;
    let ranked = r#"{"parameters": {"fast": 3, "slow": 8}, "rank": "ret(close, fast) / std(close, slow)",
        "hold": {"count": 1}, "schedule": {"every": "week"}}"#;
    let compared = r#"{"parameters": {"fast": 3, "slow": 8}, "entry": "cs_rank(ret(close, fast)) > 0.6",
        "exit": "close < sma(close, slow)"}"#;
    for text in [CROSS, weekly, ranked, compared] {
        let rows = swept(
            text,
            &grid(),
            &SweepTerms { keeps_outcomes: true, batch: 5, ..SweepTerms::default() },
        );
        assert_eq!(rows.len(), 12);
        for (place, row) in rows.iter().enumerate() {
            let outcome = single(text, &grid(), place);
            assert!(outcome.fills.len() > 3, "{text} {place}");
            assert_eq!((row.place, row.outcome.as_ref()), (place, Some(&outcome)), "{text}");
            let summary = row.summary.as_ref().unwrap();
            assert_eq!(format!("{summary:?}"), format!("{:?}", Summary::of(&outcome)));
        }
    }
}

#[test]
fn neither_threads_nor_batches_change_a_bit() {
    let expected = bits(&swept(CROSS, &grid(), &SweepTerms::default()));
    for (threads, batch) in [(1, 1), (2, 3), (3, 5), (8, 100), (0, 0)] {
        let how = SweepTerms { threads, batch, ..SweepTerms::default() };
        assert_eq!(bits(&swept(CROSS, &grid(), &how)), expected, "{how:?}");
    }
}

#[test]
fn a_sweep_goes_on_with_what_is_left() {
    let all = bits(&swept(CROSS, &grid(), &SweepTerms::default()));
    let places = Some(vec![1, 4, 11]);
    let left =
        bits(&swept(CROSS, &grid(), &SweepTerms { places, batch: 2, ..SweepTerms::default() }));
    assert_eq!(left, [all[1].clone(), all[4].clone(), all[11].clone()]);
}

#[test]
fn a_combination_that_cannot_be_run_ends_nothing() {
    let grid = Grid::new(vec![
        ("fast".to_owned(), whole([3, 0, 4])),
        ("is_long".to_owned(), vec![ParameterValue::Boolean(true)]),
    ]);
    let rows = swept(CROSS, &grid, &SweepTerms::default());
    let Err(SweepError::Spec(error)) = &rows[1].summary else { panic!("{:?}", rows[1].summary) };
    let metadata = error.metadata();
    assert_eq!(metadata[0], ("field", "entry".to_owned()));
    assert!(error.to_string().contains("must be a whole number from 1"), "{error}");
    assert!(rows[0].summary.is_ok() && rows[2].summary.is_ok());
}

#[test]
fn a_run_that_fails_says_why() {
    let rows = swept(
        r#"{"parameters": {"n": 1}, "entry": "trade_count > n"}"#,
        &Grid::new(vec![("n".to_owned(), whole([1, 2]))]),
        &SweepTerms::default(),
    );
    for row in rows {
        let Err(SweepError::Run(error)) = row.summary else { panic!("{:?}", row.summary) };
        assert!(error.to_string().contains("trade_count"), "{error}");
    }
}

#[test]
fn a_taker_that_has_enough_ends_the_sweep() {
    let (spec, grid, feeds, terms, environment) =
        (spec(CROSS), grid(), feeds(), terms(), Environment::default());
    let sweep = Sweep {
        spec: &spec,
        grid: &grid,
        feeds: &feeds,
        terms: &terms,
        environment: &environment,
        models: &NoModels,
    };
    let mut places = Vec::new();
    let how = SweepTerms { threads: 2, batch: 2, ..SweepTerms::default() };
    let is_whole = sweep.run(&how, &mut |row| {
        places.push(row.place);
        if places.len() == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!((is_whole, places), (Ok(false), vec![0, 1, 2]));
}

#[test]
fn a_grid_of_what_is_no_parameter_is_refused() {
    let refused = |axes: Vec<(&str, Vec<ParameterValue>)>| {
        let axes = axes.into_iter().map(|(name, values)| (name.to_owned(), values)).collect();
        let error = Grid::new(axes).check(&spec(CROSS)).unwrap_err();
        let metadata = error.metadata();
        (metadata[0].1.clone(), metadata[1].1.clone())
    };
    let strings = |field: &str, value: &str| (field.to_owned(), value.to_owned());
    assert_eq!(refused(vec![("fats", whole([1]))]), strings("grid", "fats"));
    assert_eq!(refused(vec![("fast", vec![])]), strings("grid.fast", "empty"));
    assert_eq!(refused(vec![("is_long", whole([1]))]), strings("grid.is_long", "1"));
    assert_eq!(
        refused(vec![("fast", vec![ParameterValue::Boolean(true)])]),
        strings("grid.fast", "true")
    );
    assert_eq!(refused(vec![("fast", whole([1])), ("fast", whole([2]))]), strings("grid", "fast"));
}

#[test]
fn the_last_parameter_varies_fastest() {
    let grid = grid();
    assert_eq!((grid.len(), Grid::default().len()), (12, 1));
    assert_eq!(grid.values(0), whole([2, 7]));
    assert_eq!(grid.values(1), whole([2, 9]));
    assert_eq!(grid.values(3), whole([3, 7]));
    assert_eq!(grid.values(11), whole([5, 12]));
}
