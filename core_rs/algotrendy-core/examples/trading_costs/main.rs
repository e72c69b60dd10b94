//! What the trading core costs, measured inside Rust: one JSON object a line, for `make bench NAME=trading`.
//!
//! 50 positions, 20 open orders, every limit set in every scope that it can have. Times are of single calls, the clock's
//! own included; `clock` says what that is.
#![allow(unsafe_code, reason = "an allocator that counts")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that measures and prints")]

mod cycle;
mod measure;
mod plain;
mod world;

use std::hint::black_box;
use std::sync::atomic::Ordering::Relaxed;

use algotrendy_core::order::command::{
    Deposit, ExecutionKind, ExecutionReport, RegisterInstrument, SetLimits,
};
use algotrendy_core::order::{check, decide_report, decide_submit, Decision, Side, State};
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::risk::checks::{decide, judge, Candidate, Report, Verdict, ROWS};
use algotrendy_core::risk::limits::{Limits, Permissions};

use measure::{mean_ns, median_difference_ns, print_bytes, sampled, say, BYTES};
use world::{
    average_volume, limits, order, run, share, submit, warm, OPEN_ORDERS, POSITIONS, STEP_NS,
};

const SAMPLES: usize = 200_000;

fn main() {
    let clock = sampled(SAMPLES, |_| {});
    say("clock", &clock);
    // Named ones alone, for a profile.
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let parts: [(&str, fn()); 4] = [
        ("checks", checks),
        ("cycle", || cycle::measure("cycle", warm(), 30)),
        ("plain", plain::measure),
        ("memory", memory),
    ];
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            part();
        }
    }
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
