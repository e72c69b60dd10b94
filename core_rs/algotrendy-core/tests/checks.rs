//! All pre-trade checks of one order in a busy account: without a single allocation.
//!
//! `cargo test --release -p algotrendy-core --test checks -- --ignored --nocapture` also measures them.
#![allow(unsafe_code, reason = "an allocator that counts is one")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Instant;

use algotrendy_core::decimal::Decimal;
use algotrendy_core::instrument::{
    Commission, Currency, Instrument, InstrumentKind, InstrumentTerms, Session,
};
use algotrendy_core::order::command::{
    Advance, Command, CommandBody, Deposit, ExecutionKind, ExecutionReport, Mark,
    RegisterInstrument, SetCalendar, SetCovariance, SetLimits,
};
use algotrendy_core::order::decide::Decision;
use algotrendy_core::order::terms::{OrderTerms, OrderType, Side, TimeInForce};
use algotrendy_core::order::State;
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::risk::checks::{decide, report, Candidate, Judgement, Report, Verdict, ROWS};
use algotrendy_core::risk::limits::{
    Limit, LimitSet, Limits, Permissions, Rate, SelfTrade, Severity, TradingState,
};
use algotrendy_core::time::{DAY_NS, SECOND_NS};

const POSITIONS: u32 = 50;
const OPEN_ORDERS: i64 = 20;
const NOW_NS: i64 = 1_750_075_200_000_000_000;

/// Counts what this thread allocates.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: it only counts, and leaves the work to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        System.dealloc(pointer, layout);
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        System.realloc(pointer, layout, size)
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations_of(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

fn run(state: &mut State, body: impl Into<CommandBody>) {
    let command = Command { id: None, body: body.into() };
    state.execute(&command, NOW_NS, &mut Decision::default()).unwrap();
}

fn dollars() -> Currency {
    "USD".parse().unwrap()
}

fn symbol(index: u32) -> String {
    format!("S{index}")
}

/// Fifty shares at 100.00 that are held, and twenty bids for one of them, under every kind of limit.
fn busy_account() -> State {
    let mut state = State::new("main", dollars());
    run(&mut state, Deposit { currency: dollars(), amount: 100_000_000_000 });
    let session = Session {
        open_time_ns: NOW_NS - DAY_NS,
        close_time_ns: NOW_NS + DAY_NS,
        order_cutoff_time_ns: Some(NOW_NS + DAY_NS - 1),
    };
    run(&mut state, SetCalendar { calendar_id: "us".into(), sessions: vec![session] });
    run(&mut state, SetLimits { limits: Box::new(limits(1, &LimitSet::default())) });
    for index in 0..POSITIONS {
        hold(&mut state, index);
    }
    run(&mut state, covariance());
    run(&mut state, SetLimits { limits: Box::new(limits(2, &every_limit())) });
    run(&mut state, Advance {});
    for index in 0..OPEN_ORDERS {
        let bid = Some(Price(9_900 - index));
        let terms = order(&format!("bid-{index}"), Side::Buy, bid, &symbol(0));
        send(&mut state, &terms, ExecutionKind::Accepted);
    }
    state
}

fn hold(state: &mut State, index: u32) {
    let commission = Commission::PerShare {
        rate: "0.005".parse().unwrap(),
        minimum: Some("1".parse().unwrap()),
        maximum_bps: None,
    };
    let terms = InstrumentTerms {
        symbol: symbol(index).into(),
        kind: InstrumentKind::Equity,
        currency: dollars(),
        price_scale: 2,
        quantity_scale: 0,
        tick_size: 1,
        lot_size: 1,
        multiplier: 1,
        allow_negative_prices: false,
        initial_margin: None,
        maintenance_margin: None,
        commission: Some(commission),
        expire_time_ns: None,
        calendar_id: Some("us".into()),
        sector: Some(if index % 2 == 0 { "even" } else { "odd" }.into()),
    };
    run(state, RegisterInstrument { instrument: Instrument::new(terms).unwrap() });
    let change = algotrendy_core::instrument::InstrumentChange {
        average_volume: Some("1000000".parse().unwrap()),
        lower_band: Some(Price(5_000)),
        upper_band: Some(Price(15_000)),
        ..Default::default()
    };
    let command = algotrendy_core::order::command::ChangeInstrument {
        symbol: symbol(index).into(),
        change,
        effective_time_ns: None,
    };
    run(state, command);
    let (source, price_time_ns) = ("test".into(), None);
    run(state, Mark { symbol: symbol(index).into(), price: Price(10_000), source, price_time_ns });
    let terms = order(&format!("held-{index}"), Side::Buy, None, &symbol(index));
    send(state, &terms, ExecutionKind::Fill);
}

fn send(state: &mut State, terms: &OrderTerms, kind: ExecutionKind) {
    run(state, terms.clone());
    let id = terms.order_id.as_str();
    let mut told = ExecutionReport::new(id.into(), id.into(), kind);
    if kind == ExecutionKind::Fill {
        (told.quantity, told.price) = (terms.quantity, Price(10_000));
    }
    run(state, told);
}

fn order(id: &str, side: Side, limit_price: Option<Price>, symbol: &str) -> OrderTerms {
    OrderTerms {
        order_id: id.into(),
        client_order_id: id.into(),
        symbol: symbol.into(),
        side,
        order_type: if limit_price.is_some() { OrderType::Limit } else { OrderType::Market },
        quantity: Quantity(100),
        limit_price,
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

/// One percent a day each, with a correlation of a half.
fn covariance() -> SetCovariance {
    let symbols = (0..POSITIONS).map(|index| symbol(index).into()).collect();
    let cells = (0..POSITIONS).flat_map(|row| (0..POSITIONS).map(move |column| (row, column)));
    let entry = |(row, column)| if row == column { 100_000_000 } else { 50_000_000 };
    SetCovariance { symbols, covariance: cells.map(entry).collect(), deviations_thousandths: 1_645 }
}

#[allow(clippy::unnecessary_wraps, reason = "what the fields of a limit set take")]
fn at_most(value: i128) -> Option<Limit> {
    Some(Limit { value: Decimal::new(value, 0), severity: Severity::Hard })
}

/// Every limit there is, too wide to be reached.
fn every_limit() -> LimitSet {
    let rate = Some(Rate { count: 1_000, window_ns: SECOND_NS });
    LimitSet {
        max_order_quantity: at_most(1_000),
        max_order_notional: at_most(1_000_000),
        min_order_notional: at_most(100),
        price_collar_bps: at_most(500),
        price_move_bps: at_most(500),
        order_rate: rate,
        replace_rate: rate,
        max_order_to_trade: at_most(1_000),
        execution_rate: None,
        max_position_quantity: at_most(10_000),
        max_position_notional: at_most(10_000_000),
        max_open_orders: at_most(100),
        max_gross_notional: at_most(100_000_000),
        max_net_notional: at_most(100_000_000),
        max_leverage_bps: at_most(20_000),
        max_concentration_bps: at_most(5_000),
        max_credit: at_most(1_000_000_000),
        max_volume_share_bps: at_most(100),
        max_daily_loss: at_most(1_000_000),
        max_drawdown_bps: at_most(5_000),
        max_value_at_risk: at_most(10_000_000),
    }
}

/// The same limits in every scope.
fn limits(version: u64, set: &LimitSet) -> Limits {
    Limits {
        version,
        global: set.clone(),
        account: set.clone(),
        strategies: [("momentum".into(), set.clone())].into(),
        instruments: (0..POSITIONS).map(|index| (symbol(index).into(), set.clone())).collect(),
        sectors: ["even", "odd"]
            .map(|sector| (sector.into(), at_most(100_000_000).unwrap()))
            .into(),
        max_reference_age_ns: SECOND_NS,
        collar_window_ns: SECOND_NS,
        duplicate_window_ns: SECOND_NS,
        order_to_trade_minimum: 10,
        allow_short: false,
        locates: Some(
            (0..POSITIONS).map(|index| (symbol(index).into(), Decimal::new(1_000, 0))).collect(),
        ),
        self_trade: SelfTrade::CancelNewest,
        queue_when_closed: false,
        restricted: BTreeSet::new(),
        permissions: Permissions {
            traders: Some([("ada".into(), None)].into()),
            strategies: Some([("momentum".into(), None)].into()),
        },
        cancel_on_disconnect: true,
        trading_state: TradingState::Active,
        max_mark_move_bps: Some(1_000),
        max_clock_skew_ns: Some(SECOND_NS),
        approval_ttl_ns: SECOND_NS,
        day_start_ns: 0,
    }
}

#[test]
fn all_checks_of_an_order_allocate_nothing() {
    let state = busy_account();
    let buy = order("buy", Side::Buy, Some(Price(9_950)), "S0");
    let sell = order("sell", Side::Sell, Some(Price(10_050)), "S0");
    let crossing = order("crossing", Side::Sell, Some(Price(9_000)), "S0");
    let mut told = Report::default();
    // The first report makes the room that all later ones use.
    report(&state, &Candidate::new(&buy, 0), NOW_NS, &mut told).unwrap();
    let count = allocations_of(|| {
        for terms in [&buy, &sell] {
            let verdict = decide(&state, &Candidate::new(terms, 0), NOW_NS).unwrap();
            assert_eq!(verdict, Verdict::Pass);
        }
        let verdict = decide(&state, &Candidate::new(&crossing, 0), NOW_NS).unwrap();
        assert!(matches!(verdict, Verdict::Hard(_)));
        report(&state, &Candidate::new(&buy, 0), NOW_NS, &mut told).unwrap();
    });
    assert_eq!(count, 0);
    let measured = told.rows().iter().filter(|row| row.judgement == Judgement::Pass).count();
    assert!(measured + 8 >= ROWS.len(), "{measured} of {} rows measured the order", ROWS.len());
}

#[test]
#[ignore = "measures"]
fn all_checks_of_an_order_take_a_fraction_of_a_microsecond() {
    const ROUNDS: u32 = 2_000_000;
    let state = busy_account();
    let buy = order("buy", Side::Buy, Some(Price(9_950)), "S0");
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        let candidate = Candidate::new(std::hint::black_box(&buy), 0);
        assert_eq!(decide(&state, &candidate, NOW_NS), Ok(Verdict::Pass));
    }
    println!("{:?} an order under every limit", begin.elapsed() / ROUNDS);
}
