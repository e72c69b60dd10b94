use super::*;
use crate::expr::evaluate::EvaluateError;

/// The mean of the last two closes of another series, as of now.
fn plan(clock: &str) -> Plan {
    let mut graph = Graph::default();
    let clock = graph.clock(clock);
    let close = graph.add(clock, Operation::Field(Field::Close));
    let mean = apply_at(&mut graph, clock, Op::Mean { n: 2 }, &[close]);
    for node in [close, mean] {
        let now = graph.add(BASE_CLOCK, Operation::AsOf(node));
        graph.add_output(now, Kind::Number);
    }
    Plan::new(graph)
}

#[test]
fn a_longer_bar_is_known_when_it_closes_and_not_before() {
    let walk = Walk::of(12, 3);
    let columns = batch(&plan("5m"), &walk.series());
    let close = &walk.close;
    assert!(columns[0][..4].iter().all(|value| value.is_nan()));
    assert_values(&columns[0][4..9], &[close[4]; 5]);
    assert_values(&columns[0][9..], &[close[9]; 3]);
    assert_values(&columns[1][9..10], &[f64::midpoint(close[4], close[9])]);
    assert_eq!(bits(&columns), bits(&streamed(&plan("5m"), &walk.series())));
}

#[test]
fn an_interval_whose_last_bar_is_missing_is_known_at_the_next_bar() {
    let close = [1.0, 2.0, 3.0, 4.0];
    let (open_times_ns, close_times_ns): (Vec<i64>, Vec<i64>) = [0, 3, 6, 7]
        .map(|minute| (minute * MINUTE_NS, (minute + 1) * MINUTE_NS))
        .into_iter()
        .unzip();
    let series = Series::default().with(Field::Close, &close).unwrap();
    let series = series.with_open_times(&open_times_ns).unwrap();
    let series = series.with_close_times(&close_times_ns).unwrap();
    let columns = batch(&plan("5m"), &series);
    assert_values(&columns[0], &[f64::NAN, f64::NAN, 2.0, 2.0]);
    assert_eq!(bits(&columns), bits(&streamed(&plan("5m"), &series)));
}

#[test]
fn bars_that_are_given_count_from_their_close_on() {
    let walk = Walk::of(6, 5);
    let times_ns = [2 * MINUTE_NS, 4 * MINUTE_NS + 1];
    let other = Series::default().with(Field::Close, &[10.0, 20.0]).unwrap();
    let others = Others::from([("daily".to_owned(), other.with_close_times(&times_ns).unwrap())]);
    let plan = plan("daily");
    let columns = plan.evaluate(&walk.series(), &others, &context()).unwrap();
    assert_values(&columns[0], &[f64::NAN, 10.0, 10.0, 10.0, 20.0, 20.0]);

    let mut stream = Stream::new(Arc::new(plan), &["daily".to_owned()]).unwrap();
    for (close, time_ns) in [(10.0, times_ns[0]), (20.0, times_ns[1])] {
        let bar =
            BarValues { close_time_ns: time_ns, ..BarValues::default() }.with(Field::Close, close);
        stream.push_other("daily", &bar, &context()).unwrap();
    }
    for index in 0..6 {
        let values = stream.push(&walk.series().bar(index), &context()).unwrap();
        assert_values(&values[..1], &columns[0][index..=index]);
    }
}

#[test]
fn a_series_that_cannot_be_made_is_named() {
    let walk = Walk::of(2, 5);
    let unknown = EvaluateError::ClockUnknown { name: "daily".to_owned() };
    let result = plan("daily").evaluate(&walk.series(), &Others::new(), &context());
    assert_eq!(result, Err(unknown.clone()));
    assert_eq!(Stream::new(Arc::new(plan("daily")), &[]).unwrap_err(), unknown);
}

#[test]
fn bars_out_of_order_are_refused() {
    let mut stream = Stream::new(Arc::new(plan("5m")), &[]).unwrap();
    stream.push(&bar(3, 1.0), &context()).unwrap();
    let refusal = stream.push(&bar(2, 1.0), &context()).unwrap_err();
    let (time_ns, before_ns) = (3 * MINUTE_NS, 4 * MINUTE_NS);
    assert_eq!(
        refusal,
        EvaluateError::TimesUnordered { column: "close_time", index: 0, time_ns, before_ns }
    );
}

#[test]
fn what_a_longer_bar_is_made_of_is_needed_of_the_bars() {
    let series = Series::default().with(Field::Volume, &[1.0]).unwrap();
    let series = series.with_open_times(&[0]).unwrap().with_close_times(&[MINUTE_NS]).unwrap();
    let missing = EvaluateError::FieldMissing { field: Field::Close, clock: None };
    assert_eq!(plan("5m").evaluate(&series, &Others::new(), &context()), Err(missing));
    assert_eq!(Stream::new(Arc::new(plan("5m")), &[]).unwrap().fields(), [Field::Close]);
    assert!(Stream::new(Arc::new(plan("x")), &["x".to_owned()]).unwrap().fields().is_empty());
}

#[test]
fn a_sum_needs_no_other_column_and_a_null_makes_it_null() {
    let mut graph = Graph::default();
    let clock = graph.clock("3m");
    for column in [Field::Volume, Field::TradeCount] {
        let column = graph.add(clock, Operation::Field(column));
        let now = graph.add(BASE_CLOCK, Operation::AsOf(column));
        graph.add_output(now, Kind::Number);
    }
    let plan = Plan::new(graph);
    let (open_times_ns, close_times_ns): (Vec<i64>, Vec<i64>) =
        (0..6).map(|minute| (minute * MINUTE_NS, (minute + 1) * MINUTE_NS)).unzip();
    let volume = [f64::NAN, 1.0, 1.0, 2.0, 3.0, 4.0];
    let series = Series::default().with(Field::Volume, &volume).unwrap();
    let series = series.with(Field::TradeCount, &[1.0; 6]).unwrap();
    let series = series.with_open_times(&open_times_ns).unwrap();
    let series = series.with_close_times(&close_times_ns).unwrap();
    let columns = batch(&plan, &series);
    assert_values(&columns[0][2..], &[f64::NAN, f64::NAN, f64::NAN, 9.0]);
    assert_values(&columns[1][2..], &[3.0; 4]);
    assert_eq!(bits(&columns), bits(&streamed(&plan, &series)));
}

#[test]
fn times_that_are_none_or_run_backwards_are_refused() {
    let evaluate = |open: &[i64], close: &[i64]| {
        let series = Series::default().with(Field::Close, &[1.0, 2.0]).unwrap();
        let series = series.with_open_times(open).unwrap().with_close_times(close).unwrap();
        plan("5m").evaluate(&series, &Others::new(), &context()).unwrap_err()
    };
    let (column, index) = ("close_time", 1);
    let (found, expected) = ("null".to_owned(), "a time");
    let missing = EvaluateError::ValueInvalid { column, index, found, expected };
    assert_eq!(evaluate(&[0, 1], &[5, NO_TIME]), missing);
    let backwards = |column| matches!(column, EvaluateError::TimesUnordered { index: 1, .. });
    assert!(backwards(evaluate(&[0, 1], &[6, 5])));
    assert!(backwards(evaluate(&[1, 0], &[5, 6])));
    let swapped = evaluate(&[5, 6], &[0, 1]);
    assert!(matches!(swapped, EvaluateError::ValueInvalid { index: 0, .. }), "{swapped}");
}
