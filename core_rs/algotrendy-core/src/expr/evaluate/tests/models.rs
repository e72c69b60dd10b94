use super::*;
use crate::expr::evaluate::{EvaluateError, Predictor};
use crate::expr::graph::ModelUse;

/// Ten times the sum of its features; usable after the third minute.
struct Tenfold;

impl Predictor for Tenfold {
    fn usable_after_ns(&self, _model: usize) -> i64 {
        3 * MINUTE_NS
    }

    fn predict(&self, _: usize, features: &[&[f64]], out: &mut [f64]) -> Result<(), String> {
        for (row, value) in out.iter_mut().enumerate() {
            *value = 10.0 * features.iter().map(|column| column[row]).sum::<f64>();
        }
        Ok(())
    }
}

fn plan(is_in_sample: bool) -> Plan {
    let mut graph = Graph::default();
    let close = field(&mut graph, Field::Close);
    let lag = apply(&mut graph, Op::Lag { n: 3 }, &[close]);
    let model = graph.model(ModelUse { name: "tenfold".to_owned(), is_in_sample });
    let output = graph.add(BASE_CLOCK, Operation::Model(model, [close, lag].into()));
    graph.add_output(output, Kind::Number);
    Plan::new(graph)
}

#[test]
fn a_model_is_asked_where_all_its_features_have_values() {
    let walk = Walk::of(6, 9);
    let context = Context::new(&UTC, &Tenfold);
    let columns = plan(false).evaluate(&walk.series(), &Others::new(), &context).unwrap();
    assert!(columns[0][..3].iter().all(|value| value.is_nan()));
    assert_values(&columns[0][3..4], &[10.0 * (walk.close[3] + walk.close[0])]);
}

#[test]
fn a_bar_that_a_model_was_trained_on_is_refused_unless_allowed() {
    let close = [1.0; 5];
    let close_times: Vec<i64> = (-1..4).map(|minute| minute * MINUTE_NS).collect();
    let series = Series::default().with(Field::Close, &close).unwrap();
    let series = series.with_close_times(&close_times).unwrap();
    let context = Context::new(&UTC, &Tenfold);
    let refusal = plan(false).evaluate(&series, &Others::new(), &context).unwrap_err();
    let (time_ns, usable_after_ns) = (2 * MINUTE_NS, 3 * MINUTE_NS);
    let name = "tenfold".to_owned();
    assert_eq!(refusal, EvaluateError::ModelInSample { name, time_ns, usable_after_ns });
    let columns = plan(true).evaluate(&series, &Others::new(), &context).unwrap();
    assert_values(&columns[0][3..], &[20.0, 20.0]);
}

#[test]
fn a_model_is_not_asked_about_bars_that_only_warm_up() {
    let walk = Walk::of(8, 9);
    let all = Context::new(&UTC, &Tenfold);
    let expected = plan(false).evaluate(&walk.series(), &Others::new(), &all).unwrap();
    let context = Context { models_from_ns: walk.close_times_ns[5], ..all };
    let columns = plan(false).evaluate(&walk.series(), &Others::new(), &context).unwrap();
    assert!(columns[0][..5].iter().all(|value| value.is_nan()));
    assert_values(&columns[0][5..], &expected[0][5..]);
}

/// Fails at the third bar.
struct Failing;

impl Predictor for Failing {
    fn usable_after_ns(&self, _model: usize) -> i64 {
        NO_TIME
    }

    fn predict(&self, _: usize, _: &[&[f64]], _: &mut [f64]) -> Result<(), String> {
        Err("no answer".to_owned())
    }
}

#[test]
fn a_stream_that_was_refused_half_way_is_not_gone_on_with() {
    let walk = Walk::of(6, 9);
    let context = Context::new(&UTC, &Failing);
    let mut stream = Stream::new(Arc::new(plan(false)), &[]).unwrap();
    for index in 0..3 {
        stream.push(&walk.series().bar(index), &context).unwrap();
    }
    let bar = walk.series().bar(3);
    let (name, problem) = ("tenfold".to_owned(), "no answer".to_owned());
    assert_eq!(stream.push(&bar, &context), Err(EvaluateError::ModelFailed { name, problem }));
    assert_eq!(stream.push(&bar, &context), Err(EvaluateError::StreamBroken));
}
