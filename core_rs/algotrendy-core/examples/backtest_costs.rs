//! What a backtest costs, measured inside Rust: one JSON object a line, for `make bench NAME=backtest`.
//!
//! Only what has the first argument in its name, if there is one. The median of rounds, each a whole run: data given, account set up, orders, fills, ledger, equity at every close.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that measures and prints")]

use std::sync::Arc;
use std::time::Instant;

use algotrendy_core::backtest::{
    run, BarColumns, CurveDetail, Feed, FeedData, FeedId, Moment, Outcome, RunError, RunTerms,
    Session, Strategy, TradeColumns, Unwatched,
};
use algotrendy_core::bar::{Closed, Empty, FaultRules, Grid, IdRule, SeriesSpec, Source, Style};
use algotrendy_core::expr::NoModels;
use algotrendy_core::instrument::{Instrument, InstrumentKind, InstrumentTerms};
use algotrendy_core::strategy::{Environment, Rule, Spec, Trader};
use algotrendy_core::venue::{Fees, VenueConfig};

const MINUTE_NS: i64 = 60_000_000_000;
const DAY_NS: i64 = 86_400_000_000_000;
const BARS: usize = 1_000_000;
const BARS_PER_ORDER: usize = 18;
const TRADES: usize = 5_000_000;
const SYMBOLS: usize = 500;
const DAYS: usize = 2_520;
const DAYS_PER_MONTH: usize = 21;
const HELD: usize = 50;

fn main() {
    let bars = Arc::new(bars(BARS, MINUTE_NS, 7));
    let feed = || vec![Feed::new(instrument("SPY"), FeedData::Bars(Arc::clone(&bars)))];
    measure("idle", BARS, || run_one(feed(), CurveDetail::Full, &mut Idle), 0);
    measure("idle, equity alone", BARS, || run_one(feed(), CurveDetail::Equity, &mut Idle), 0);
    let orders = BARS / BARS_PER_ORDER;
    let mut last = 0;
    for (name, detail) in
        [("trading", CurveDetail::Full), ("trading, equity alone", CurveDetail::Equity)]
    {
        last = measure(
            name,
            BARS,
            || run_one(feed(), detail, &mut Alternating { quantity: 100 }),
            orders,
        );
    }
    println!(
        "{{\"name\": \"an order of trading\", \"ns\": {}}}",
        last * BARS as u64 / orders as u64 / 1_000
    );
    for (name, curve) in [("spec", CurveDetail::Full), ("spec, equity alone", CurveDetail::Equity)]
    {
        let cross = || {
            let terms = RunTerms { curve, ..terms() };
            Trader::new(crossing(), Environment::default()).run(feed(), terms, &Unwatched).unwrap()
        };
        measure(name, BARS, cross, orders / 2);
    }
    measure("told of every bar", BARS, || run_one(feed(), CurveDetail::Full, &mut Told), 0);

    let trades = Arc::new(trades(TRADES, 7));
    let feed = || {
        let trades = Arc::clone(&trades);
        let data = FeedData::Trades { trades, bars: Some(Box::new(minutes())) };
        vec![Feed::new(instrument("SPY"), data)]
    };
    measure("idle ticks", TRADES, || run_one(feed(), CurveDetail::Full, &mut Idle), 0);

    let days: Vec<_> =
        (0..SYMBOLS).map(|seed| Arc::new(self::bars(DAYS, DAY_NS, seed as u64 + 1))).collect();
    let feeds = || {
        let named = days.iter().enumerate().map(|(place, bars)| {
            Feed::new(instrument(&format!("S{place:03}")), FeedData::Bars(Arc::clone(bars)))
        });
        named.collect()
    };
    let rotate = || run_one(feeds(), CurveDetail::Full, &mut Rotation::default());
    measure("monthly rotation, 500 symbols", SYMBOLS * DAYS, rotate, 1_000);
}

/// Does nothing.
struct Idle;

impl Strategy for Idle {
    fn next_wake(&mut self, _: &Session, _: FeedId, _: usize) -> Option<usize> {
        None
    }

    fn wants_events(&self) -> bool {
        false
    }

    fn on_moment(&mut self, _: &mut Session, _: &Moment<'_>) -> Result<(), RunError> {
        Ok(())
    }
}

/// Is told of every bar, and does nothing.
struct Told;

impl Strategy for Told {
    fn wants_events(&self) -> bool {
        false
    }

    fn on_moment(&mut self, _: &mut Session, moment: &Moment<'_>) -> Result<(), RunError> {
        assert_eq!(moment.bars.len(), 1);
        Ok(())
    }
}

/// Buys and sells in turn.
struct Alternating {
    quantity: i64,
}

impl Strategy for Alternating {
    fn next_wake(&mut self, _: &Session, _: FeedId, from: usize) -> Option<usize> {
        Some(from.next_multiple_of(BARS_PER_ORDER))
    }

    fn wants_events(&self) -> bool {
        false
    }

    fn on_moment(&mut self, session: &mut Session, _: &Moment<'_>) -> Result<(), RunError> {
        let target = if session.position(0) == 0 { self.quantity } else { 0 };
        session.target_position(0, target).map(|_| ())
    }
}

/// Holds some of all instruments, others each month.
#[derive(Default)]
struct Rotation {
    month: usize,
}

impl Strategy for Rotation {
    fn next_wake(&mut self, _: &Session, _: FeedId, from: usize) -> Option<usize> {
        Some(from.next_multiple_of(DAYS_PER_MONTH))
    }

    fn wants_events(&self) -> bool {
        false
    }

    fn on_moment(&mut self, session: &mut Session, moment: &Moment<'_>) -> Result<(), RunError> {
        let month = moment.bars[0].index / DAYS_PER_MONTH;
        for instrument in 0..session.instrument_count() {
            let is_held = (instrument + month * 7) % SYMBOLS < HELD;
            let target = if is_held { 10 } else { 0 };
            session.target_position(instrument, target)?;
        }
        self.month = month;
        Ok(())
    }
}

/// The crossing of two means, all-in at the next open.
fn crossing() -> Rule {
    let spec = r#"{"entry": "cross_above(sma(close, 10), sma(close, 20))",
        "exit": "cross_below(sma(close, 10), sma(close, 20))",
        "size": {"type": "percent", "percent": "1"}, "size_at": "next_open"}"#;
    Rule::compile(&Spec::from_json(spec).unwrap(), &NoModels).unwrap()
}

fn run_one(feeds: Vec<Feed>, curve: CurveDetail, strategy: &mut dyn Strategy) -> Outcome {
    run(feeds, RunTerms { curve, ..terms() }, strategy, &Unwatched).unwrap()
}

/// A billion in cents, at a basis point a fill.
fn terms() -> RunTerms {
    let venue = VenueConfig { fees: Fees::Bps("1".parse().unwrap()), ..VenueConfig::default() };
    RunTerms { venue, ..RunTerms::new("USD".parse().unwrap(), 100_000_000_000) }
}

/// Says the median of some rounds, in picoseconds a row, and returns it.
fn measure(name: &str, rows: usize, work: impl Fn() -> Outcome, least_orders: usize) -> u64 {
    if std::env::args().nth(1).is_some_and(|part| !name.contains(&part)) {
        return 0;
    }
    let mut rounds: Vec<u64> = (0..7)
        .map(|_| {
            let start = Instant::now();
            let outcome = work();
            let elapsed = start.elapsed();
            assert!(outcome.fills.len() + 2 >= least_orders, "{}", outcome.fills.len());
            assert!(outcome.rejections.is_empty(), "{:?}", outcome.rejections[0]);
            u64::try_from(elapsed.as_nanos()).unwrap() * 1_000 / rows as u64
        })
        .collect();
    rounds.sort_unstable();
    let median = rounds[rounds.len() / 2];
    println!(
        "{{\"name\": \"{name}\", \"rows\": {rows}, \"ns_per_row\": {}.{:02}, \"best\": {}.{:02}}}",
        median / 1_000,
        median % 1_000 / 10,
        rounds[0] / 1_000,
        rounds[0] % 1_000 / 10,
    );
    median
}

fn instrument(symbol: &str) -> Instrument {
    Instrument::new(InstrumentTerms {
        symbol: symbol.into(),
        kind: InstrumentKind::Equity,
        currency: "USD".parse().unwrap(),
        price_scale: 2,
        quantity_scale: 0,
        tick_size: 1,
        lot_size: 1,
        multiplier: 1,
        allow_negative_prices: false,
        initial_margin: None,
        maintenance_margin: None,
        commission: None,
        expire_time_ns: None,
        calendar_id: None,
        sector: None,
    })
    .unwrap()
}

fn minutes() -> SeriesSpec {
    SeriesSpec {
        style: Style::Time {
            grid: Grid::Fixed { interval_ns: MINUTE_NS, offset_ns: 0 },
            closed: Closed::Left,
            empty: Empty::Omit,
        },
        source: Source::Trades,
        faults: FaultRules::default(),
        ids: IdRule::default(),
        allow_nonpositive_prices: false,
        lateness_ns: 0,
        sessions: None,
    }
}

/// A walk that comes back to where it began.
struct Walk(u64);

impl Walk {
    fn step(&mut self) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 60).unwrap() - 7
    }
}

fn bars(count: usize, interval_ns: i64, seed: u64) -> BarColumns {
    let mut walk = Walk(seed);
    let mut columns: [Vec<i64>; 7] = Default::default();
    let mut last = 40_000;
    for index in (0..).take(count) {
        let (open, close) = (last, (last + walk.step() + (40_000 - last) / 100).max(100));
        let row = [
            index * interval_ns,
            (index + 1) * interval_ns,
            open,
            open.max(close) + 3,
            open.min(close) - 3,
            close,
            1_000,
        ];
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
        last = close;
    }
    BarColumns::new(columns).unwrap()
}

fn trades(count: usize, seed: u64) -> TradeColumns {
    let mut walk = Walk(seed);
    let mut price = 40_000;
    let times = (0..).take(count).map(|index: i64| index * 700_000_000).collect();
    let prices = (0..count)
        .map(|_| {
            price = (price + walk.step().signum() + (40_000 - price) / 100).max(100);
            price
        })
        .collect();
    TradeColumns::new(times, prices, vec![10; count], None).unwrap()
}
