use super::*;
use crate::error::Refusal;
use crate::expr::evaluate::{Continued, EvaluateError};
use crate::expr::graph::CalendarField;
use crate::expr::op::Seed;

/// Fields, windows, memories, constants and shared nodes, as five outputs.
fn plan() -> Plan {
    let mut graph = Graph::default();
    let close = field(&mut graph, Field::Close);
    let volume = field(&mut graph, Field::Volume);
    let two = number(&mut graph, 2.0);
    let mean = apply(&mut graph, Op::Mean { n: 20 }, &[close]);
    let std = apply(&mut graph, Op::Std { n: 20, ddof: 0 }, &[close]);
    let width = apply(&mut graph, Op::Multiply, &[two, std]);
    let upper = apply(&mut graph, Op::Add, &[mean, width]);
    let lower = apply(&mut graph, Op::Subtract, &[mean, width]);
    let ema = apply(&mut graph, Op::Ema { n: 10, seed: Seed::Mean }, &[upper]);
    let ratio = apply(&mut graph, Op::Divide, &[ema, volume]);
    for output in [upper, lower, ratio, close, two] {
        graph.add_output(output, Kind::Number);
    }
    Plan::new(graph)
}

#[test]
fn columns_and_single_bars_give_the_same_bits() {
    let walk = Walk::of(3_000, 7);
    let columns = batch(&plan(), &walk.series());
    assert_eq!(bits(&columns), bits(&streamed(&plan(), &walk.series())));
    assert!(columns[0][19] > walk.close[19] - 10.0);
    assert!(columns[0][18].is_nan());
    assert_values(&columns[3], &walk.close);
    assert!(columns[4].iter().all(|value| (value - 2.0).abs() < f64::EPSILON));
}

#[test]
fn columns_handed_over_in_blocks_have_the_same_bits() {
    let mut graph = plan().graph().clone();
    let twice = graph.outputs()[2];
    graph.add_output(twice, Kind::Number);
    let hourly = graph.clock("1h");
    let close = graph.add(hourly, Operation::Field(Field::Close));
    let join = graph.add(BASE_CLOCK, Operation::AsOf(close));
    graph.add_output(join, Kind::Number);
    let plan = Plan::new(graph);
    for length in [0, 1, 63, 64, 256, 1_000] {
        let walk = Walk::of(length, 7);
        let mut columns = vec![Vec::new(); plan.graph().outputs().len()];
        let sink = |output: usize, from: usize, values: &[f64]| {
            assert_eq!((columns[output].len(), from % 64), (from, 0));
            columns[output].extend_from_slice(values);
        };
        plan.evaluate_into(&walk.series(), &Others::new(), &context(), sink).unwrap();
        assert_eq!(bits(&columns), bits(&batch(&plan, &walk.series())), "{length}");
    }
}

#[test]
fn a_series_in_parts_has_the_same_bits() {
    let (plan, walk) = (Arc::new(plan()), Walk::of(1_000, 7));
    let whole = batch(&plan, &walk.series());
    for cuts in [[0, 0, 1_000], [1, 300, 700], [255, 256, 257], [64, 500, 999]] {
        let mut evaluation = Continued::new(&plan).unwrap();
        let mut columns = vec![Vec::new(); plan.graph().outputs().len()];
        let mut first = 0;
        for cut in cuts.into_iter().chain([1_000]) {
            let part = walk.series().slice(first, cut);
            let sink = |output: usize, from: usize, values: &[f64]| {
                assert_eq!(columns[output].len(), first + from);
                columns[output].extend_from_slice(values);
            };
            evaluation.push(&part, &context(), sink).unwrap();
            first = cut;
        }
        assert_eq!(bits(&columns), bits(&whole), "{cuts:?}");
    }
    let mut evaluation = Continued::new(&plan).unwrap();
    evaluation.push(&walk.series().slice(500, 600), &context(), |_, _, _| ()).unwrap();
    let before = evaluation.push(&walk.series().slice(0, 500), &context(), |_, _, _| ());
    assert!(matches!(before, Err(EvaluateError::TimesUnordered { .. })));
}

#[test]
fn an_output_may_be_asked_for_twice() {
    let mut graph = Graph::default();
    let close = field(&mut graph, Field::Close);
    let lag = apply(&mut graph, Op::Lag { n: 1 }, &[close]);
    graph.add_output(lag, Kind::Number);
    graph.add_output(lag, Kind::Number);
    let walk = Walk::of(5, 1);
    let columns = batch(&Plan::new(graph), &walk.series());
    assert_eq!(bits(&columns[..1]), bits(&columns[1..]));
}

fn sum_of_two_closes() -> Plan {
    let mut graph = Graph::default();
    let close = field(&mut graph, Field::Close);
    let sum = apply(&mut graph, Op::Sum { n: 2 }, &[close]);
    graph.add_output(sum, Kind::Number);
    Plan::new(graph)
}

#[test]
fn what_would_be_infinite_is_null() {
    let values = [1.0, f64::MAX, f64::MAX, 2.0, 3.0];
    let series = Series::default().with(Field::Close, &values).unwrap();
    let plan = sum_of_two_closes();
    let sums = batch(&plan, &series);
    assert_values(&sums[0], &[f64::NAN, f64::MAX, f64::NAN, f64::MAX, 5.0]);
    assert_eq!(bits(&sums), bits(&streamed(&plan, &series)));
}

#[test]
fn what_is_infinite_is_refused_by_its_row() {
    for (value, found) in [(f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        // Beyond the first block.
        let mut values = vec![1.0; 5_000];
        values[4_321] = value;
        let series = Series::default().with(Field::Close, &values).unwrap();
        let refusal = sum_of_two_closes().evaluate(&series, &Others::new(), &context());
        let refusal = refusal.unwrap_err();
        let EvaluateError::ValueInvalid { column, index, found: shown, .. } = &refusal else {
            unreachable!("{refusal}")
        };
        assert_eq!((*column, *index, shown.as_str()), ("close", 4_321, found));
        assert_eq!(refusal.reason(), "DATA_VALUE_INVALID");
    }
}

#[test]
fn a_field_that_nothing_reads_may_hold_anything() {
    let (close, volume) = ([1.0, 2.0], [f64::INFINITY; 2]);
    let series = Series::default().with(Field::Close, &close).unwrap();
    let series = series.with(Field::Volume, &volume).unwrap();
    assert_values(&batch(&sum_of_two_closes(), &series)[0], &[f64::NAN, 3.0]);
}

#[test]
fn a_stream_goes_on_after_a_bar_that_was_infinite() {
    let plan = Arc::new(sum_of_two_closes());
    let mut stream = Stream::new(Arc::clone(&plan), &[]).unwrap();
    let bar = |close| BarValues::default().with(Field::Close, close);
    stream.push(&bar(1.0), &context()).unwrap();
    let refusal = stream.push(&bar(f64::INFINITY), &context()).unwrap_err();
    assert!(matches!(refusal, EvaluateError::ValueInvalid { column: "close", .. }), "{refusal}");
    assert_values(stream.push(&bar(2.0), &context()).unwrap(), &[3.0]);
}

#[test]
fn no_bars_have_no_values() {
    let series = Series::default().with(Field::Close, &[]).unwrap();
    let series = series.with(Field::Volume, &[]).unwrap();
    assert_eq!(batch(&plan(), &series), vec![Vec::<f64>::new(); 5]);
}

#[test]
fn the_calendar_reads_when_a_bar_opened() {
    let mut graph = Graph::default();
    for field in [
        CalendarField::Weekday,
        CalendarField::Month,
        CalendarField::Day,
        CalendarField::Hour,
        CalendarField::Minute,
        CalendarField::MinuteOfSession,
    ] {
        let node = graph.add(BASE_CLOCK, Operation::Calendar(field));
        graph.add_output(node, Kind::Number);
    }
    // 2024-02-29 was a Thursday.
    let times_ns = [-MINUTE_NS, 1_709_164_800_000_000_000 + 605 * MINUTE_NS];
    let series = Series::default().with_open_times(&times_ns).unwrap();
    let columns = batch(&Plan::new(graph), &series);
    let leap_day: Vec<f64> = columns.iter().map(|column| column[1]).collect();
    assert_values(&leap_day, &[3.0, 2.0, 29.0, 10.0, 5.0, 605.0]);
    let before_1970: Vec<f64> = columns.iter().map(|column| column[0]).collect();
    assert_values(&before_1970, &[2.0, 12.0, 31.0, 23.0, 59.0, 1_439.0]);
}

#[test]
fn what_is_missing_is_named() {
    let series = Series::default().with(Field::Close, &[1.0]).unwrap();
    let missing = EvaluateError::FieldMissing { field: Field::Volume, clock: None };
    assert_eq!(plan().evaluate(&series, &Others::new(), &context()), Err(missing));
    let lengths = EvaluateError::LengthsDiffer { column: "volume", length: 2, expected: 1 };
    assert_eq!(series.with(Field::Volume, &[1.0, 2.0]).unwrap_err(), lengths);
}
