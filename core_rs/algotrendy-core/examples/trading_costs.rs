//! What the trading core costs, measured inside Rust: one JSON object a line, for `make bench NAME=trading`.
//!
//! 50 positions, 20 open orders, every limit set in every scope that it can have. Times are of single calls, the clock's
//! own included; `clock` says what that is.
#![allow(unsafe_code, reason = "an allocator that counts")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that measures and prints")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use algotrendy_core::instrument::{Instrument, InstrumentChange, InstrumentKind, InstrumentTerms};
use algotrendy_core::order::command::{
    Advance, ChangeInstrument, Command, CommandBody, Deposit, ExecutionKind, ExecutionReport, Mark,
    RegisterInstrument, SetCovariance, SetLimits,
};
use algotrendy_core::order::{
    check, decide_report, decide_submit, Decision, OrderTerms, OrderType, Side, State, TimeInForce,
};
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::risk::checks::{decide, judge, Candidate, Report, Verdict, ROWS};
use algotrendy_core::risk::limits::{
    Limit, LimitSet, Limits, Permissions, Rate, SelfTrade, Severity, TradingState,
};
use algotrendy_core::venue::{SimulatedVenue, Simulation, VenueConfig, VenueQuote};

struct Counting;

static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

fn count(calls: u64, bytes: i64) {
    CALLS.fetch_add(calls, Relaxed);
    BYTES.fetch_add(bytes, Relaxed);
}

fn size(layout: Layout) -> i64 {
    i64::try_from(layout.size()).unwrap_or(i64::MAX)
}

// SAFETY: the system's allocator does the work, this one counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, size(layout));
        // SAFETY: the caller keeps the contract, here and below.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, -size(layout));
        // SAFETY: see above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(1, i64::try_from(new_size).unwrap_or(i64::MAX) - size(layout));
        // SAFETY: see above.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const NOW_NS: i64 = 1_750_075_200_000_000_000;
const DAY_NS: i64 = 86_400_000_000_000;
const WINDOW_NS: i64 = 1_000;
/// Longer than the windows, so that no rate is reached.
const STEP_NS: i64 = 10_000;
const POSITIONS: usize = 50;
const OPEN_ORDERS: usize = 20;
const SAMPLES: usize = 200_000;

fn main() {
    let clock = sampled(SAMPLES, |_| {});
    say("clock", &clock);
    checks();
    cycle();
    memory();
}

fn checks() {
    let state = warm();
    let now_ns = state.time_ns().unwrap() + STEP_NS;
    let terms = order("checked", 0, Side::Buy, 10, Some(10_005));
    let candidate = Candidate::new(&terms, 0);
    assert_eq!(decide(&state, &candidate, now_ns), Ok(Verdict::Pass));
    let run = || {
        sampled(SAMPLES, |_| {
            let _ = black_box(decide(&state, black_box(&candidate), now_ns));
        })
    };
    run();
    say("checks", &run());
    let mut report = Report::default();
    say("report", &sampled(SAMPLES, |_| check(&state, &terms, now_ns, &mut report).unwrap()));
    let mut decision = Decision::default();
    say(
        "decide",
        &sampled(SAMPLES, |_| decide_submit(&state, &terms, now_ns, &mut decision).unwrap()),
    );
    let judged = |row| {
        let _ = black_box(judge(row, &state, black_box(&candidate), now_ns));
    };
    let first = || judged(&ROWS[0]);
    // What all rows look at is in every one's time: it is measured beside each, and taken off.
    println!("{{\"row\": \"what all rows look at\", \"ns\": {:.2}}}", mean_ns(first));
    for row in ROWS {
        let ns = median_difference_ns(|| judged(row), first).max(0.0);
        println!("{{\"row\": \"{}\", \"number\": {}, \"ns\": {ns:.2}}}", row.rule, row.number);
    }
}

/// Submits, checks, fills at the quote that stands, moves position and cash, and takes the events.
fn cycle() {
    let venue = SimulatedVenue::with_config(VenueConfig::default()).unwrap();
    let state = warm();
    let mut time_ns = state.time_ns().unwrap() + STEP_NS;
    let mut simulation = Simulation::new(state, venue, time_ns).unwrap();
    let quote = VenueQuote {
        time_ns,
        bid: Price(9_999),
        ask: Price(10_001),
        bid_size: Quantity(i64::MAX / 4),
        ask_size: Quantity(i64::MAX / 4),
    };
    simulation.on_quote(&"S30".into(), &quote).unwrap();
    let orders: Vec<_> = (0..SAMPLES + 20_000)
        .map(|index| {
            let side = if index % 2 == 0 { Side::Buy } else { Side::Sell };
            order(&format!("cycle-{index}"), 30, side, 1, None)
        })
        .collect();
    let mut events = 0;
    let mut turn = |simulation: &mut Simulation, terms: &OrderTerms| {
        time_ns += STEP_NS;
        simulation.submit(terms, time_ns).unwrap();
        for event in simulation.take_events().1 {
            events += usize::from(black_box(event).sequence > 0);
        }
    };
    // More than are retained, so that old orders leave as new ones come.
    for terms in &orders[..20_000] {
        turn(&mut simulation, terms);
    }
    let rest = &orders[20_000..];
    let cycle = sampled(SAMPLES, |index| turn(&mut simulation, &rest[index]));
    assert!(
        events >= 4 * orders.len(),
        "every order is created, accepted, filled and moves the position"
    );
    say("cycle", &cycle);
}

fn memory() {
    // Nearly what the room that grows by doubling holds, which counts.
    const COUNT: usize = 14_000;
    let count = i64::try_from(COUNT).unwrap();
    let mut state = State::new("memory", "USD".parse().unwrap());
    run(&mut state, Deposit { currency: "USD".parse().unwrap(), amount: i64::MAX / 4 });
    let before = BYTES.load(Relaxed);
    let document = Limits { permissions: Permissions::default(), locates: None, ..limits(COUNT) };
    let document_bytes = BYTES.load(Relaxed) - before;
    for index in 0..COUNT {
        run(&mut state, RegisterInstrument { instrument: share(index) });
        run(&mut state, average_volume(index));
    }
    run(&mut state, SetLimits { limits: Box::new(document) });
    print_bytes("instrument with limits", (BYTES.load(Relaxed) - before) / count);
    print_bytes("of that, its limits as they were set", document_bytes / count);
    drop(state);
    let mut state = warm();
    let orders: Vec<_> = (0..COUNT)
        .map(|index| {
            order(&format!("memory-{index}"), index % POSITIONS, Side::Buy, 1, Some(9_900))
        })
        .collect();
    let before = BYTES.load(Relaxed);
    for terms in &orders {
        submit(&mut state, terms);
    }
    assert_eq!(state.open_orders().count(), OPEN_ORDERS + COUNT);
    print_bytes("open order", (BYTES.load(Relaxed) - before) / count);
    growth();
}

/// A million orders, each filled, through one core.
fn growth() {
    let mut state = warm();
    let mut time_ns = state.time_ns().unwrap();
    let mut decision = Decision::default();
    let mut after_first = 0;
    for index in 0..1_000_000_usize {
        let id = format!("million-{index}");
        let side = if index % 2 == 0 { Side::Buy } else { Side::Sell };
        time_ns += STEP_NS;
        decide_submit(&state, &order(&id, 30, side, 1, None), time_ns, &mut decision).unwrap();
        state.apply(&decision).unwrap();
        let fill = ExecutionReport {
            quantity: Quantity(1),
            price: Price(10_000),
            ..ExecutionReport::new(id.as_str().into(), id.as_str().into(), ExecutionKind::Fill)
        };
        decide_report(&state, &fill, time_ns, &mut decision).unwrap();
        state.apply(&decision).unwrap();
        if index == 100_000 {
            after_first = BYTES.load(Relaxed);
        }
    }
    assert_eq!(state.open_orders().count(), OPEN_ORDERS);
    print_bytes("growth over 900,000 orders", BYTES.load(Relaxed) - after_first);
}

/// 50 positions and 20 open orders under every limit there is.
fn warm() -> State {
    let mut state = State::new("costs", "USD".parse().unwrap());
    run(&mut state, Deposit { currency: "USD".parse().unwrap(), amount: 1_000_000_000_000 });
    for index in 0..POSITIONS {
        run(&mut state, RegisterInstrument { instrument: share(index) });
        run(&mut state, average_volume(index));
    }
    run(&mut state, SetLimits { limits: Box::new(limits(POSITIONS)) });
    // Losses are measured from a day's beginning.
    run(&mut state, Advance {});
    run(&mut state, covariance());
    run(&mut state, Advance {});
    for index in 0..POSITIONS {
        run(&mut state, mark(index));
        let terms = order(&format!("position-{index}"), index, Side::Buy, 100, None);
        submit(&mut state, &terms);
        let fill = ExecutionReport {
            quantity: Quantity(100),
            price: Price(10_000),
            ..ExecutionReport::new(terms.order_id, name(index).as_str().into(), ExecutionKind::Fill)
        };
        run(&mut state, fill);
    }
    for index in 0..OPEN_ORDERS {
        let terms = order(&format!("open-{index}"), index, Side::Buy, 10, Some(9_900));
        submit(&mut state, &terms);
        let id = format!("accepted-{index}");
        let accepted = ExecutionKind::Accepted;
        run(&mut state, ExecutionReport::new(terms.order_id, id.as_str().into(), accepted));
    }
    assert_eq!(state.open_orders().count(), OPEN_ORDERS);
    state
}

fn share(index: usize) -> Instrument {
    Instrument::new(InstrumentTerms {
        symbol: name(index).as_str().into(),
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
        sector: Some("technology".into()),
    })
    .unwrap()
}

fn name(index: usize) -> String {
    format!("S{index:02}")
}

fn order(id: &str, index: usize, side: Side, quantity: i64, limit: Option<i64>) -> OrderTerms {
    OrderTerms {
        order_id: id.into(),
        client_order_id: id.into(),
        symbol: name(index).as_str().into(),
        side,
        order_type: if limit.is_some() { OrderType::Limit } else { OrderType::Market },
        quantity: Quantity(quantity),
        limit_price: limit.map(Price),
        stop_price: None,
        trail: None,
        time_in_force: TimeInForce::Gtc,
        expire_time_ns: None,
        post_only: false,
        reduce_only: false,
        strategy_id: Some("momentum".into()),
        trader_id: Some("ada".into()),
        sending_time_ns: Some(NOW_NS),
    }
}

fn mark(index: usize) -> Mark {
    let symbol = name(index).as_str().into();
    Mark { symbol, price: Price(10_000), source: "quote".into(), price_time_ns: Some(NOW_NS) }
}

fn covariance() -> SetCovariance {
    let covariance = (0..POSITIONS * POSITIONS).map(|place| {
        if place % (POSITIONS + 1) == 0 {
            400_000_000
        } else {
            100_000_000
        }
    });
    SetCovariance {
        symbols: (0..POSITIONS).map(|index| name(index).as_str().into()).collect(),
        covariance: covariance.collect(),
        deviations_thousandths: 1_645,
    }
}

/// Every limit, so high that nothing reaches it.
fn limit_set() -> LimitSet {
    let limit =
        |value: &str| Some(Limit { value: value.parse().unwrap(), severity: Severity::Hard });
    let rate = Some(Rate { count: 20, window_ns: WINDOW_NS });
    LimitSet {
        max_order_quantity: limit("1000000000"),
        max_order_notional: limit("1000000000"),
        min_order_notional: limit("1"),
        price_collar_bps: limit("500"),
        price_move_bps: limit("500"),
        order_rate: rate,
        replace_rate: rate,
        max_order_to_trade: limit("1000000"),
        execution_rate: rate,
        max_position_quantity: limit("1000000000"),
        max_position_notional: limit("1000000000"),
        max_open_orders: limit("1000000"),
        max_gross_notional: limit("10000000000"),
        max_net_notional: limit("10000000000"),
        max_leverage_bps: limit("50000"),
        max_concentration_bps: limit("5000"),
        max_credit: limit("1000000000000000"),
        max_volume_share_bps: limit("1000"),
        max_daily_loss: limit("1000000000"),
        max_drawdown_bps: limit("5000"),
        max_value_at_risk: limit("1000000000"),
    }
}

fn limits(instruments: usize) -> Limits {
    let symbols = (0..instruments).map(name);
    Limits {
        version: 1,
        global: limit_set(),
        account: limit_set(),
        strategies: [("momentum".into(), limit_set())].into(),
        instruments: symbols.map(|symbol| (symbol.as_str().into(), instrument_limits())).collect(),
        sectors: [("technology".into(), limit_set().max_gross_notional.unwrap())].into(),
        max_reference_age_ns: DAY_NS,
        collar_window_ns: DAY_NS,
        duplicate_window_ns: WINDOW_NS,
        order_to_trade_minimum: 1,
        allow_short: true,
        locates: Some(
            (0..POSITIONS)
                .map(|index| (name(index).as_str().into(), "1000000".parse().unwrap()))
                .collect(),
        ),
        self_trade: SelfTrade::CancelNewest,
        queue_when_closed: false,
        restricted: [("GME".into())].into(),
        permissions: Permissions {
            traders: Some([("ada".into(), None)].into()),
            strategies: Some([("momentum".into(), None)].into()),
        },
        cancel_on_disconnect: true,
        trading_state: TradingState::Active,
        max_mark_move_bps: Some(1_000),
        max_clock_skew_ns: Some(DAY_NS),
        approval_ttl_ns: DAY_NS,
        day_start_ns: 0,
    }
}

/// What an instrument can have: fills are counted by strategy.
fn instrument_limits() -> LimitSet {
    LimitSet { execution_rate: None, ..limit_set() }
}

fn average_volume(index: usize) -> ChangeInstrument {
    let average_volume = Some("10000000".parse().unwrap());
    let change = InstrumentChange { average_volume, ..InstrumentChange::default() };
    ChangeInstrument { symbol: name(index).as_str().into(), change, effective_time_ns: None }
}

fn run(state: &mut State, body: impl Into<CommandBody>) {
    let command = Command { id: None, body: body.into() };
    state
        .execute(&command, state.time_ns().unwrap_or(NOW_NS) + STEP_NS, &mut Decision::default())
        .unwrap();
}

/// Submits an order that has to pass.
fn submit(state: &mut State, terms: &OrderTerms) {
    let mut decision = Decision::default();
    decide_submit(state, terms, state.time_ns().unwrap_or(NOW_NS) + STEP_NS, &mut decision)
        .unwrap();
    assert_eq!(decision.events[0].body.type_name(), "OrderCreated", "{:?}", decision.events);
    state.apply(&decision).unwrap();
}

/// Nanoseconds of single calls, and how often they allocated.
struct Sampled {
    ns: Vec<u64>,
    allocations: u64,
}

fn sampled(count: usize, mut work: impl FnMut(usize)) -> Sampled {
    let mut ns = vec![0_u64; count];
    let before = CALLS.load(Relaxed);
    for (index, sample) in ns.iter_mut().enumerate() {
        let start = Instant::now();
        work(index);
        *sample = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    }
    let allocations = CALLS.load(Relaxed) - before;
    ns.sort_unstable();
    Sampled { ns, allocations }
}

/// The mean of many calls in a row.
fn mean_ns(work: impl Fn()) -> f64 {
    const CALLS: u32 = 2_000;
    let start = Instant::now();
    for _ in 0..CALLS {
        work();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

/// How much longer `work` takes than `other`: the median of rounds in which both take turns.
fn median_difference_ns(work: impl Fn(), other: impl Fn()) -> f64 {
    let mut rounds: Vec<f64> = (0..41).map(|_| mean_ns(&work) - mean_ns(&other)).collect();
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

fn say(name: &str, sampled: &Sampled) {
    let Sampled { ns, allocations } = sampled;
    let quantile = |share: usize| ns[ns.len() * share / 1_000];
    println!(
        "{{\"name\": \"{name}\", \"p50_ns\": {}, \"p99_ns\": {}, \"p999_ns\": {}, \"calls\": {}, \"allocations\": {allocations}}}",
        quantile(500), quantile(990), quantile(999), ns.len(),
    );
}

fn print_bytes(name: &str, bytes: i64) {
    println!("{{\"memory\": \"{name}\", \"bytes\": {bytes}}}");
}
