mod clocks;
mod models;
mod series;
mod universe;

use std::sync::Arc;

use super::super::graph::{ClockId, Field, Graph, NodeId, Operation, BASE_CLOCK};
use super::super::op::{Op, Real};
use super::super::Kind;
use super::{BarValues, Calendar, Context, NoPredictor, Others, Plan, Series, Stream, NO_TIME};

pub(super) use crate::time::MINUTE_NS;

static UTC: Calendar = Calendar { zone: None, sessions: None };

pub(super) fn context() -> Context<'static> {
    Context::new(&UTC, &NoPredictor)
}

pub(super) fn apply(graph: &mut Graph, op: Op, operands: &[NodeId]) -> NodeId {
    apply_at(graph, BASE_CLOCK, op, operands)
}

pub(super) fn apply_at(graph: &mut Graph, clock: ClockId, op: Op, operands: &[NodeId]) -> NodeId {
    graph.add(clock, Operation::Apply(op, operands.into()))
}

pub(super) fn field(graph: &mut Graph, field: Field) -> NodeId {
    graph.add(BASE_CLOCK, Operation::Field(field))
}

pub(super) fn number(graph: &mut Graph, value: f64) -> NodeId {
    graph.add(BASE_CLOCK, Operation::Constant(Real::new(value)))
}

/// Bars of a walk, a minute each from the epoch's start.
pub(super) struct Walk {
    pub(super) open_times_ns: Vec<i64>,
    pub(super) close_times_ns: Vec<i64>,
    pub(super) close: Vec<f64>,
    pub(super) volume: Vec<f64>,
}

impl Walk {
    pub(super) fn of(count: usize, seed: u32) -> Self {
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24)
        };
        let mut price = 100.0;
        let mut close = Vec::new();
        for _ in 0..count {
            price += random() - 0.5;
            close.push(price);
        }
        let volume = (0..count).map(|_| (random() * 100.0).floor()).collect();
        let open_times_ns: Vec<i64> =
            (0_i64..).take(count).map(|minute| minute * MINUTE_NS).collect();
        let close_times_ns = open_times_ns.iter().map(|time_ns| time_ns + MINUTE_NS).collect();
        Self { open_times_ns, close_times_ns, close, volume }
    }

    pub(super) fn series(&self) -> Series<'_> {
        Series::default()
            .with(Field::Close, &self.close)
            .and_then(|series| series.with(Field::Volume, &self.volume))
            .and_then(|series| series.with_open_times(&self.open_times_ns))
            .and_then(|series| series.with_close_times(&self.close_times_ns))
            .unwrap()
    }
}

pub(super) fn batch(plan: &Plan, series: &Series<'_>) -> Vec<Vec<f64>> {
    plan.evaluate(series, &Others::new(), &context()).unwrap()
}

/// The outputs of a stream over the same bars, as columns.
pub(super) fn streamed(plan: &Plan, series: &Series<'_>) -> Vec<Vec<f64>> {
    let mut stream = Stream::new(Arc::new(plan.clone()), &[]).unwrap();
    let mut columns = vec![Vec::new(); plan.graph().outputs().len()];
    for index in 0..series.len() {
        let values = stream.push(&series.bar(index), &context()).unwrap();
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(*value);
        }
    }
    columns
}

pub(super) fn bits(columns: &[Vec<f64>]) -> Vec<Vec<u64>> {
    let bits = |value: &f64| if value.is_nan() { u64::MAX } else { value.to_bits() };
    columns.iter().map(|column| column.iter().map(bits).collect()).collect()
}

pub(super) fn assert_values(values: &[f64], expected: &[f64]) {
    assert_eq!(bits(&[values.to_vec()]), bits(&[expected.to_vec()]), "{values:?} {expected:?}");
}

pub(super) fn bar(minute: i64, close: f64) -> BarValues {
    let (open_time_ns, close_time_ns) = (minute * MINUTE_NS, (minute + 1) * MINUTE_NS);
    BarValues { open_time_ns, close_time_ns, ..BarValues::default() }.with(Field::Close, close)
}

#[test]
fn a_bar_without_times_says_so() {
    assert_eq!(BarValues::default().open_time_ns, NO_TIME);
}
