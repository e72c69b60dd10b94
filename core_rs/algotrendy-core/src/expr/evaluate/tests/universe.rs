use super::*;
use crate::expr::evaluate::{
    Adjustment, EvaluateError, Universe, UniverseContinued, UniverseStream,
};
use crate::expr::op::CrossOp;

/// A rank of a mean, a mean of that rank, and a rank of that: two levels, and an output of each.
fn plan() -> Plan {
    let mut graph = Graph::default();
    let close = field(&mut graph, Field::Close);
    let mean = apply(&mut graph, Op::Mean { n: 2 }, &[close]);
    let rank = graph.add(BASE_CLOCK, Operation::CrossSection(CrossOp::Rank, mean));
    let smooth = apply(&mut graph, Op::Mean { n: 3 }, &[rank]);
    let again = graph.add(BASE_CLOCK, Operation::CrossSection(CrossOp::Demean, smooth));
    let clock = graph.clock("3m");
    let longer = graph.add(clock, Operation::Field(Field::Close));
    let joined = graph.add(BASE_CLOCK, Operation::AsOf(longer));
    let sum = apply(&mut graph, Op::Add, &[again, joined]);
    for output in [rank, again, mean, sum, joined] {
        graph.add_output(output, Kind::Number);
    }
    Plan::new(graph)
}

/// Members of which some have no bar at some times.
struct Members {
    bounds: Vec<usize>,
    open_times_ns: Vec<i64>,
    close_times_ns: Vec<i64>,
    close: Vec<f64>,
}

impl Members {
    fn of(count: usize, minutes: usize) -> Self {
        let (mut bounds, mut open_times_ns, mut close_times_ns, mut close) =
            (vec![0], Vec::new(), Vec::new(), Vec::new());
        for member in 0..count {
            let walk = Walk::of(minutes, u32::try_from(member).unwrap());
            for minute in (0..minutes).filter(|minute| (minute + member) % 5 != 0) {
                open_times_ns.push(walk.open_times_ns[minute]);
                close_times_ns.push(walk.close_times_ns[minute]);
                close.push(walk.close[minute].round());
            }
            bounds.push(close.len());
        }
        Self { bounds, open_times_ns, close_times_ns, close }
    }

    /// The bars that close after one time, and until another.
    fn between(&self, after_ns: i64, until_ns: i64) -> Self {
        let mut part = Self { bounds: vec![0], ..Self::of(0, 0) };
        for rows in self.bounds.windows(2) {
            for row in rows[0]..rows[1] {
                if (after_ns + 1..=until_ns).contains(&self.close_times_ns[row]) {
                    part.open_times_ns.push(self.open_times_ns[row]);
                    part.close_times_ns.push(self.close_times_ns[row]);
                    part.close.push(self.close[row]);
                }
            }
            part.bounds.push(part.close.len());
        }
        part
    }

    fn series(&self) -> Series<'_> {
        let series = Series::default().with(Field::Close, &self.close).unwrap();
        let series = series.with_open_times(&self.open_times_ns).unwrap();
        series.with_close_times(&self.close_times_ns).unwrap()
    }

    fn universe(&self) -> Universe<'_> {
        Universe::new(self.series(), &self.bounds, &self.close_times_ns).unwrap()
    }

    fn batch(&self, threads: usize) -> Vec<Vec<f64>> {
        plan().evaluate_universe(&self.universe(), &Others::new(), &context(), threads).unwrap()
    }

    fn streamed(&self) -> Vec<Vec<f64>> {
        let count = self.bounds.len() - 1;
        let mut stream = UniverseStream::new(Arc::new(plan()), count).unwrap();
        let mut columns = vec![vec![f64::NAN; self.close.len()]; 5];
        let mut times_ns = self.close_times_ns.clone();
        times_ns.sort_unstable();
        times_ns.dedup();
        for time_ns in times_ns {
            let rows: Vec<(usize, usize)> = (0..count)
                .flat_map(|member| {
                    (self.bounds[member]..self.bounds[member + 1]).map(move |row| (member, row))
                })
                .filter(|(_, row)| self.close_times_ns[*row] == time_ns)
                .collect();
            let bars: Vec<(usize, BarValues)> =
                rows.iter().map(|(member, row)| (*member, self.series().bar(*row))).collect();
            let values = stream.push(time_ns, &bars, &context()).unwrap();
            for ((_, row), values) in rows.iter().zip(values.chunks(5)) {
                for (column, value) in columns.iter_mut().zip(values) {
                    column[*row] = *value;
                }
            }
        }
        columns
    }
}

#[test]
fn columns_times_and_threads_give_the_same_bits() {
    let members = Members::of(7, 60);
    let columns = members.batch(1);
    assert_eq!(bits(&columns), bits(&members.batch(3)));
    assert_eq!(bits(&columns), bits(&members.streamed()));
    assert!(columns.iter().all(|column| column.iter().any(|value| !value.is_nan())));
}

#[test]
fn absent_members_do_not_count() {
    let members = Members::of(3, 6);
    let rank = &members.batch(1)[0];
    // At the second minute member 0 has its first bar and no mean yet, so that two are ranked.
    let rank_at = |member: usize| {
        let mut rows = members.bounds[member]..members.bounds[member + 1];
        rank[rows.find(|row| members.open_times_ns[*row] == MINUTE_NS).unwrap()]
    };
    assert!(rank_at(0).is_nan());
    assert_values(&[rank_at(1) + rank_at(2)], &[0.5 + 1.0]);
}

#[test]
fn what_is_infinite_is_refused_by_its_row_among_all_members() {
    let mut members = Members::of(3, 50);
    let row = members.bounds[2] + 7;
    members.close[row] = f64::NEG_INFINITY;
    let (universe, plan) = (members.universe(), plan());
    for threads in [1, 3] {
        let refusal = plan.evaluate_universe(&universe, &Others::new(), &context(), threads);
        let refusal = refusal.unwrap_err();
        assert!(
            matches!(refusal, EvaluateError::ValueInvalid { column: "close", index, .. } if index == row),
            "{refusal}"
        );
    }
}

#[test]
fn a_universe_goes_on_after_a_bar_that_was_infinite() {
    let mut stream = UniverseStream::new(Arc::new(plan()), 2).unwrap();
    let bars = |close| [(0, bar(0, 1.0)), (1, bar(0, close))];
    let refusal = stream.push(MINUTE_NS, &bars(f64::INFINITY), &context()).unwrap_err();
    assert!(matches!(refusal, EvaluateError::ValueInvalid { .. }), "{refusal}");
    assert!(stream.push(MINUTE_NS, &bars(2.0), &context()).is_ok());
}

#[test]
fn a_universe_is_needed_to_compare_its_members() {
    let walk = Walk::of(3, 1);
    let refusal = plan().evaluate(&walk.series(), &Others::new(), &context()).unwrap_err();
    assert_eq!(refusal, EvaluateError::UniverseMissing);
    assert_eq!(Stream::new(Arc::new(plan()), &[]).unwrap_err(), EvaluateError::UniverseMissing);
}

#[test]
fn a_member_has_one_bar_at_a_time() {
    let mut stream = UniverseStream::new(Arc::new(plan()), 2).unwrap();
    let time_ns = MINUTE_NS;
    let twice = [(0, bar(0, 1.0)), (0, bar(0, 1.0))];
    let refusal = stream.push(time_ns, &twice, &context()).unwrap_err();
    assert_eq!(refusal, EvaluateError::MemberRepeated { index: 0, time_ns });
    let refusal = stream.push(time_ns, &[(2, bar(0, 1.0))], &context()).unwrap_err();
    assert_eq!(refusal, EvaluateError::MemberUnknown { member: 2, count: 2 });
    stream.push(time_ns, &[(1, bar(0, 1.0))], &context()).unwrap();
    let refusal = stream.push(time_ns, &[(1, bar(0, 1.0))], &context()).unwrap_err();
    let before_ns = time_ns;
    assert_eq!(
        refusal,
        EvaluateError::TimesUnordered { column: "close_time", index: 0, time_ns, before_ns }
    );
}

#[test]
fn a_join_that_no_output_needs_is_not_made() {
    let mut graph = Graph::default();
    let clock = graph.clock("3m");
    let longer = graph.add(clock, Operation::Field(Field::Close));
    graph.add(BASE_CLOCK, Operation::AsOf(longer));
    let close = field(&mut graph, Field::Close);
    let rank = graph.add(BASE_CLOCK, Operation::CrossSection(CrossOp::Rank, close));
    graph.add_output(rank, Kind::Number);
    let plan = Plan::new(graph);
    let members = Members::of(1, 3);
    let universe = members.universe();
    let columns = plan.evaluate_universe(&universe, &Others::new(), &context(), 1).unwrap();
    assert_values(&columns[0], &vec![1.0; members.close.len()]);
    let mut stream = UniverseStream::new(Arc::new(plan), 1).unwrap();
    assert_values(stream.push(MINUTE_NS, &[(0, bar(0, 5.0))], &context()).unwrap(), &[1.0]);
}

/// A plan without other series.
fn plain() -> Arc<Plan> {
    let mut graph = Graph::default();
    let close = field(&mut graph, Field::Close);
    let mean = apply(&mut graph, Op::Mean { n: 2 }, &[close]);
    let rank = graph.add(BASE_CLOCK, Operation::CrossSection(CrossOp::Rank, mean));
    let smooth = apply(&mut graph, Op::Mean { n: 3 }, &[rank]);
    let again = graph.add(BASE_CLOCK, Operation::CrossSection(CrossOp::Demean, smooth));
    for output in [rank, again, mean] {
        graph.add_output(output, Kind::Number);
    }
    Arc::new(Plan::new(graph))
}

#[test]
fn a_universe_in_parts_of_time_has_the_same_bits() {
    let (members, plan) = (Members::of(5, 700), plain());
    let universe = members.universe();
    let whole = plan.evaluate_universe(&universe, &Others::new(), &context(), 2).unwrap();
    for cuts in [vec![], vec![1, 2, 3], vec![300, 301], vec![256, 512, 699]] {
        let mut evaluation = UniverseContinued::new(&plan, 5, false).unwrap();
        let (mut columns, mut from) = (vec![vec![Vec::new(); 5]; 3], 0);
        for to in cuts.into_iter().chain([700]) {
            let part = members.between(from * MINUTE_NS, to * MINUTE_NS);
            let values = evaluation.push(&part.universe(), &context(), 2).unwrap();
            for (column, values) in columns.iter_mut().zip(&values) {
                for (member, rows) in part.bounds.windows(2).enumerate() {
                    column[member].extend_from_slice(&values[rows[0]..rows[1]]);
                }
            }
            from = to;
        }
        let columns: Vec<Vec<f64>> = columns.into_iter().map(|members| members.concat()).collect();
        assert_eq!(bits(&columns), bits(&whole));
    }
}

#[test]
fn parts_of_a_universe_come_in_the_order_of_time() {
    let (members, plan) = (Members::of(3, 20), plain());
    let mut evaluation = UniverseContinued::new(&plan, 3, false).unwrap();
    evaluation.push(&members.between(0, 10 * MINUTE_NS).universe(), &context(), 1).unwrap();
    let again = members.between(9 * MINUTE_NS, 20 * MINUTE_NS);
    let refusal = evaluation.push(&again.universe(), &context(), 1).unwrap_err();
    assert!(matches!(refusal, EvaluateError::TimesUnordered { .. }), "{refusal}");
    let mut rest = members.between(10 * MINUTE_NS, 20 * MINUTE_NS);
    rest.close[0] = f64::INFINITY;
    let refusal = evaluation.push(&rest.universe(), &context(), 1).unwrap_err();
    assert!(matches!(refusal, EvaluateError::ValueInvalid { index: 0, .. }), "{refusal}");
    let broken = evaluation.push(&Members::of(3, 0).universe(), &context(), 1).unwrap_err();
    assert_eq!(broken, EvaluateError::StreamBroken);
    let joins = Arc::new(self::plan());
    assert!(UniverseContinued::new(&joins, 3, false).is_none(), "it reads other series");
}

#[test]
fn what_is_infinite_is_refused_by_its_row_also_where_history_is_restated() {
    let mut members = Members::of(3, 50);
    let row = members.bounds[2] + 30;
    members.close[row] = f64::INFINITY;
    let adjustments = vec![vec![], vec![Adjustment { row: 7, price: 0.5, volume: 2.0 }], vec![]];
    let universe = members.universe().adjusted(adjustments);
    let refusal = plan().evaluate_universe(&universe, &Others::new(), &context(), 2).unwrap_err();
    let is_it = matches!(refusal, EvaluateError::ValueInvalid { column: "close", index, .. } if index == row);
    assert!(is_it, "{refusal}");
}
