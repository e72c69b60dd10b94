//! What an account knows of prices after its journal was read again.

use crate::instrument::testing::{currency, instrument, spy};
use crate::order::command::{Deposit, RegisterInstrument, SetLimits};
use crate::order::decide::Decision;
use crate::order::event::EventBody;
use crate::order::state::State;
use crate::order::testing::{buy, hard, limits, mark, run, run_at, NOW_NS};
use crate::risk::RejectReason;
use crate::time::{MINUTE_NS, SECOND_NS};

/// The records of an account whose prices may move by 1 % in a minute, and which bought at 400.00; 402.00 was read by nobody.
fn journal() -> Vec<Decision> {
    let mut state = State::new("main", currency("USD"));
    let mut limits = limits(1);
    limits.account.price_move_bps = hard("100");
    limits.collar_window_ns = MINUTE_NS;
    let mut records = vec![
        run(&mut state, Deposit { currency: currency("USD"), amount: 100_000_000 }),
        run(&mut state, RegisterInstrument { instrument: instrument(spy()) }),
        run(&mut state, SetLimits { limits: Box::new(limits) }),
    ];
    run(&mut state, mark("SPY", 40_000));
    records.push(run(&mut state, buy("first")));
    run(&mut state, mark("SPY", 40_200));
    records
}

fn recovered() -> State {
    let mut state = State::new("main", currency("USD"));
    for record in journal() {
        state.recover(&record.prices_read, &record.events).unwrap();
    }
    state
}

/// What an order is refused for at a price, so long after the recovery.
fn refused_at(price: i64, after_ns: i64) -> Option<RejectReason> {
    let mut state = recovered();
    run_at(&mut state, mark("SPY", price), NOW_NS + after_ns).unwrap();
    let decision = run_at(&mut state, buy("second"), NOW_NS + after_ns).unwrap();
    decision.events.iter().find_map(|event| match &event.body {
        EventBody::OrderRejected(rejected) => Some(rejected.reason),
        _ => None,
    })
}

#[test]
fn a_price_that_jumped_over_a_restart_has_moved() {
    let moved = Some(RejectReason::PriceMoveExceeded);
    assert_eq!(refused_at(40_500, 30 * SECOND_NS), moved);
    assert_eq!(refused_at(39_500, 30 * SECOND_NS), moved);
    assert_eq!(refused_at(40_300, 30 * SECOND_NS), None);
}

#[test]
fn a_price_of_before_the_window_is_forgotten_over_a_restart_too() {
    assert_eq!(refused_at(40_500, 2 * MINUTE_NS), None);
}

#[test]
fn a_price_that_nobody_read_is_not_known_after_a_restart() {
    // 1.24 % below 402.00, and less than 1 % below 400.00.
    assert_eq!(refused_at(39_700, 30 * SECOND_NS), None);
}
