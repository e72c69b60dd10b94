//! Whatever comes in, bars keep their promises: no panic, nothing lost, the same bars in any chunks, and a refusal changes nothing.
//!
//! Specs and ticks are read from bytes, so that proptest (in `make test`) and bolero (for longer, in `make soak`) try them alike.

#![allow(clippy::unwrap_used)] // A test, of which only parts are functions marked so.

use algotrendy_core::bar::{
    Action, Anchor, Bar, BarFlags, BarSeries, Bars, BrickSize, Checkpoint, Closed, Empty,
    FaultRules, Grid, IdRule, ImbalanceMeasure, Marks, Overshoot, Reversal, SeriesSpec,
    SessionTable, Sign, SmallBarColumns, SmallBars, Source, Style, ThresholdRule, TickColumns,
    Trigger, VolumeRule, Wicks, Zone, INVALID, NO_ID,
};
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::trade::{AggressorSide, Trade};
use proptest::prelude::*;

/// Reads numbers from bytes; zeros once there are none.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, limit: u8) -> u8 {
        self.byte() % limit
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Mostly small, now and then at an edge of the range.
    fn number(&mut self, least: i64, edges: &[i64]) -> i64 {
        match self.byte() {
            byte @ 0..=249 => least + i64::from(byte % 50),
            _ => self.of(edges),
        }
    }

    fn action(&mut self) -> Action {
        self.of(&[Action::Drop, Action::Keep, Action::Drop, Action::Keep, Action::Raise])
    }
}

fn style(reader: &mut Reader<'_>, sessions: Option<&SessionTable>) -> Style {
    let overshoot = reader.of(&[Overshoot::Whole, Overshoot::Split]);
    let size = reader.number(1, &[0, -1, i64::MAX]);
    match reader.below(9) {
        0 | 1 => {
            let zone = || Zone::new("America/New_York", 0).unwrap();
            let count = i32::from(reader.below(3)) + 1;
            let grid = match reader.below(6) {
                0 | 1 => Grid::Fixed { interval_ns: size, offset_ns: 0 },
                2 => Grid::InDays { interval_ns: 3_600_000_000_000, zone: zone() },
                3 => Grid::Days { count, zone: zone() },
                4 => Grid::Weeks { count, zone: zone() },
                _ => sessions.map_or(Grid::Months { count, zone: zone() }, |sessions| {
                    Grid::InSessions { interval_ns: Some(size), sessions: sessions.clone() }
                }),
            };
            let closed = sessions.map_or(Closed::Left, SessionTable::closed);
            Style::Time { grid, closed, empty: reader.of(&[Empty::Omit, Empty::Flat, Empty::Null]) }
        }
        2 => Style::Tick { size },
        3 => Style::Volume { size, overshoot },
        4 => Style::Dollar { size: i128::from(size) * 100, overshoot },
        5 => Style::Range {
            size,
            trigger: reader.of(&[Trigger::Touch, Trigger::Exceed]),
            gaps: reader.flag(),
        },
        6 => Style::Renko {
            size: match reader.below(4) {
                0 | 1 => BrickSize::Fixed { size },
                2 => BrickSize::Share { share: 100_000_000_000_000_000 },
                _ => BrickSize::Atr { periods: 2, interval_ns: reader.flag().then_some(20) },
            },
            anchor: reader.of(&[Anchor::First, Anchor::Floor, Anchor::Nearest, Anchor::Price(7)]),
            reversal: reader.of(&[Reversal::TwoBricks, Reversal::OneBrick]),
            wicks: reader.of(&[Wicks::None, Wicks::Against, Wicks::Both]),
            volume: reader.of(&[VolumeRule::First, VolumeRule::Spread]),
        },
        7 => Style::Imbalance {
            measure: reader.of(&[
                ImbalanceMeasure::Ticks,
                ImbalanceMeasure::Volume,
                ImbalanceMeasure::Notional,
            ]),
            sign: reader.of(&[Sign::TickRule, Sign::Side]),
            threshold: if reader.flag() {
                ThresholdRule::Fixed { threshold: size.into() }
            } else {
                ThresholdRule::Adaptive {
                    expected_ticks: 3.0,
                    expected_imbalance: 2.0,
                    span: 3,
                    min_ticks: 1.0,
                    max_ticks: 50.0,
                }
            },
        },
        _ if reader.flag() => Style::HeikinAshi {},
        _ => Style::LineBreak { lines: u32::from(reader.below(4)) },
    }
}

fn spec(reader: &mut Reader<'_>) -> SeriesSpec {
    let closed = reader.of(&[Closed::Left, Closed::Right]);
    let sessions = match reader.below(3) {
        0 => SessionTable::new(vec![-2_000, 40, 120, 9_000], vec![0, 100, 700, 9_100], closed).ok(),
        _ => None,
    };
    SeriesSpec {
        style: style(reader, sessions.as_ref()),
        source: reader.of(&[Source::Trades, Source::Trades, Source::Quotes, Source::Bars]),
        faults: FaultRules {
            invalid: reader.of(&[Action::Drop, Action::Raise]),
            nonpositive_price: reader.action(),
            zero_quantity: reader.action(),
            crossed: reader.action(),
            duplicate: reader.action(),
            late: reader.action(),
            outside: reader.action(),
        },
        ids: reader.of(&[IdRule::Window, IdRule::Monotone]),
        allow_nonpositive_prices: reader.flag(),
        lateness_ns: reader.number(0, &[0, 5, 1_000]) % 30,
        sessions,
    }
}

#[derive(Clone, Copy, Debug)]
struct Input {
    bar: Bar,
    side: AggressorSide,
    marks: Marks,
}

/// Ticks whose times mostly go up.
fn inputs(reader: &mut Reader<'_>, source: Source) -> Vec<Input> {
    let mut inputs = Vec::new();
    let (mut time_ns, mut id) = (0_i64, 100);
    while !reader.is_empty() && inputs.len() < 400 {
        time_ns = match reader.byte() {
            step @ 0..=230 => time_ns.saturating_add(i64::from(step % 12)),
            step @ 231..=245 => time_ns.saturating_sub(i64::from(step - 230)),
            246..=250 => time_ns.saturating_add(500),
            _ => reader.of(&[INVALID, i64::MAX, time_ns]),
        };
        let price = reader.number(90, &[INVALID, 0, -5, i64::MAX, i64::MIN + 1, 10_000]);
        let quantity = match source {
            Source::Quotes => 0,
            _ => reader.number(0, &[INVALID, -1, i64::MAX, i64::MAX / 3, 1_000_000]),
        };
        id += i64::from(reader.below(4)) - 1;
        let side = reader.of(&[AggressorSide::Buy, AggressorSide::Sell, AggressorSide::Unknown]);
        let marks = Marks(match reader.byte() {
            marks @ 250..=255 if source != Source::Bars => marks & 31,
            _ => 0,
        });
        let trade = Trade {
            event_time_ns: time_ns,
            price: Price(price),
            quantity: Quantity(quantity),
            aggressor_side: side,
            id: if source == Source::Trades { id } else { NO_ID },
        };
        let mut bar = Bar::of_trade(&trade);
        if source == Source::Bars {
            let (above, below) = (i64::from(reader.below(20)), i64::from(reader.below(20)));
            bar.high = Price(price.saturating_add(above));
            bar.low = Price(price.saturating_sub(below));
            bar.close_time_ns = time_ns.saturating_add(i64::from(reader.below(8)));
            bar.trade_count = i64::from(reader.below(5));
        }
        inputs.push(Input { bar, side, marks });
    }
    inputs
}

fn push(series: &mut BarSeries, source: Source, input: &Input) -> Option<Vec<Bar>> {
    if source == Source::Bars {
        return series.push_bar(&input.bar).ok();
    }
    let trade = Trade {
        event_time_ns: input.bar.open_time_ns,
        price: input.bar.close,
        quantity: input.bar.volume,
        aggressor_side: input.side,
        id: input.bar.first_trade_id,
    };
    series.push(&trade, input.marks).ok()
}

fn push_chunk(series: &mut BarSeries, source: Source, inputs: &[Input]) -> Bars {
    let column = |value: fn(&Input) -> i64| inputs.iter().map(value).collect::<Vec<i64>>();
    let times_ns = column(|input| input.bar.open_time_ns);
    let closes = column(|input| input.bar.close.0);
    let volumes = column(|input| input.bar.volume.0);
    let ids = column(|input| input.bar.first_trade_id);
    if source != Source::Bars {
        let sides: Vec<i8> = inputs.iter().map(|input| input.side.code()).collect();
        let marks: Vec<u8> = inputs.iter().map(|input| input.marks.0).collect();
        let mut ticks = TickColumns::new(&times_ns, &closes, &volumes).unwrap();
        ticks = ticks.with_sides(&sides).unwrap().with_ids(&ids).unwrap();
        // Without marks there is a faster way through.
        let has_marks = marks.iter().any(|marks| *marks != 0);
        let ticks = if has_marks { ticks.with_marks(&marks).unwrap() } else { ticks };
        return series.push_ticks(ticks).unwrap();
    }
    let notionals: Vec<i128> = inputs.iter().map(|input| input.bar.notional.0).collect();
    let bars = SmallBars {
        open_times_ns: &times_ns,
        close_times_ns: Some(&column(|input| input.bar.close_time_ns)),
        opens: &column(|input| input.bar.open.0),
        highs: &column(|input| input.bar.high.0),
        lows: &column(|input| input.bar.low.0),
        closes: &closes,
        volumes: Some(&volumes),
        notionals: Some(&notionals),
        trade_counts: Some(&column(|input| input.bar.trade_count)),
        buy_volumes: Some(&column(|input| input.bar.buy_volume.0)),
        sell_volumes: Some(&column(|input| input.bar.sell_volume.0)),
        first_trade_ids: Some(&ids),
        last_trade_ids: Some(&ids),
        flags: None,
    };
    series.push_bars(SmallBarColumns::new(bars).unwrap()).unwrap()
}

fn assert_sound(bars: &[Bar]) {
    for bar in bars {
        assert!(bar.low <= bar.open.min(bar.close), "{bar:?}");
        assert!(bar.open.max(bar.close) <= bar.high, "{bar:?}");
        assert!(bar.open_time_ns <= bar.close_time_ns, "{bar:?}");
        assert!(bar.volume.0 >= 0 && bar.trade_count >= 0, "{bar:?}");
        let sides = bar.buy_volume.0.checked_add(bar.sell_volume.0).unwrap();
        assert!(
            bar.buy_volume.0 >= 0 && bar.sell_volume.0 >= 0 && sides <= bar.volume.0,
            "{bar:?}"
        );
        assert_eq!(bar.flags.0 & 128, 0, "{bar:?}");
        assert!(!bar.flags.contains(BarFlags::EMPTY) || bar.trade_count == 0, "{bar:?}");
    }
}

type Sums = (i128, i128, i128);

/// Count, volume and notional of some bars; none if a sum leaves its range.
fn totals<'a>(bars: impl Iterator<Item = &'a Bar>) -> Option<Sums> {
    let sums = |bar: &Bar| (bar.trade_count.into(), bar.volume.0.into(), bar.notional.0);
    added(bars.map(sums))
}

/// The same of ticks, of whose numbers those that are missing count nothing.
fn totals_given<'a>(ticks: impl Iterator<Item = &'a Bar>) -> Option<Sums> {
    added(ticks.map(|tick| {
        let volume = if tick.volume.0 == INVALID { 0 } else { tick.volume.0 };
        let prices = [tick.open, tick.high, tick.low, tick.close];
        let is_missing = tick.volume.0 == INVALID || prices.contains(&Price(INVALID));
        let notional = if is_missing { 0 } else { tick.notional.0 };
        (tick.trade_count.into(), volume.into(), notional)
    }))
}

fn added(mut sums: impl Iterator<Item = Sums>) -> Option<Sums> {
    sums.try_fold((0, 0, 0), |sum: Sums, one| {
        Some((sum.0 + one.0, sum.1 + one.1, sum.2.checked_add(one.2)?))
    })
}

fn check(bytes: &[u8]) {
    let mut reader = Reader(bytes);
    let spec = spec(&mut reader);
    let Ok(mut series) = BarSeries::new(&spec) else { return };
    let inputs = inputs(&mut reader, spec.source);

    // One by one; what is refused changes nothing.
    let (mut bars, mut taken) = (Vec::new(), Vec::new());
    for input in &inputs {
        let before = series.clone();
        match push(&mut series, spec.source, input) {
            Some(closed) => {
                bars.extend(closed);
                taken.push(*input);
            }
            None => assert_eq!(
                Checkpoint::encode(&before).unwrap(),
                Checkpoint::encode(&series).unwrap()
            ),
        }
    }
    let Ok(rest) = series.finish() else { return };
    bars.extend(rest.iter());
    assert_sound(&bars);

    // Nothing is lost.
    if !matches!(spec.style, Style::HeikinAshi {}) {
        let report = series.report();
        if let (Some(made), Some(given)) =
            (totals(bars.iter()), totals_given(taken.iter().map(|input| &input.bar)))
        {
            let rejected = |of: fn(&algotrendy_core::bar::Totals) -> i128| {
                report.rejected.iter().map(of).sum::<i128>()
            };
            assert_eq!(made.0 + rejected(|sums| sums.count.into()), given.0);
            let left_out = report.not_in_volume;
            assert_eq!(made.1 + rejected(|sums| sums.volume) + left_out.volume, given.1);
            let notional = made.2 + rejected(|sums| sums.notional) + left_out.notional;
            assert_eq!(notional, given.2, "{spec:?} {taken:?} {bars:?}");
        }
    }

    // The same in chunks, with a checkpoint between them.
    let mut chunked = BarSeries::new(&spec).unwrap();
    let mut from_chunks: Vec<Bar> = Vec::new();
    let (mut start, mut length) = (0, usize::from(bytes.first().copied().unwrap_or(0)) % 60 + 1);
    while start < taken.len() {
        let end = taken.len().min(start + length);
        from_chunks.extend(push_chunk(&mut chunked, spec.source, &taken[start..end]).iter());
        chunked = Checkpoint::decode(&Checkpoint::encode(&chunked).unwrap()).unwrap();
        (start, length) = (end, length * 2);
    }
    from_chunks.extend(chunked.finish().unwrap().iter());
    assert_eq!(from_chunks, bars);
    assert_eq!(chunked.report(), series.report());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn bars_keep_their_promises(bytes in prop::collection::vec(any::<u8>(), 0..2_500)) {
        check(&bytes);
    }
}

/// A moment in `make test`, as long as `BOLERO_RANDOM_TEST_TIME_MS` says in `make soak`.
#[test]
fn bars_keep_their_promises_for_longer() {
    bolero::check!().with_max_len(4_000).for_each(check);
}

#[test]
fn damaged_checkpoints_are_refused() {
    let spec = spec(&mut Reader(&[1, 1, 5, 2, 9]));
    let bytes = Checkpoint::encode(&BarSeries::new(&spec).unwrap()).unwrap();
    assert!(Checkpoint::decode::<BarSeries>(&bytes).is_ok());
    for cut in 0..bytes.len() {
        assert!(Checkpoint::decode::<BarSeries>(&bytes[..cut]).is_err());
        let mut damaged = bytes.clone();
        damaged[cut] ^= 1;
        assert!(Checkpoint::decode::<BarSeries>(&damaged).is_err());
    }
}
