//! What a backtest pays that sets no limit: one instrument, no other position or order.

use std::hint::black_box;

use algotrendy_core::order::command::{Advance, Deposit, RegisterInstrument, SetLimits};
use algotrendy_core::order::{State, Symbol};
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::risk::limits::{LimitSet, Limits, Permissions, SelfTrade, TradingState};
use algotrendy_core::venue::{SimulatedVenue, Simulation, VenueBar, VenueConfig};

use super::cycle;
use super::measure::{sampled, say};
use super::world::{run, share, DAY_NS, STEP_NS};
use super::SAMPLES;

pub fn measure() {
    cycle::measure("plain", bare(), 0);

    bars();
}

/// Bars of an instrument without orders, one after the other.
fn bars() {
    let state = bare();
    let mut time_ns = state.time_ns().unwrap() + STEP_NS;
    let venue = SimulatedVenue::with_config(VenueConfig::default()).unwrap();
    let mut simulation = Simulation::new(state, venue, time_ns).unwrap();
    let symbol: Symbol = share(0).symbol().into();
    let mut next = |simulation: &mut Simulation| {
        let open_time_ns = time_ns;
        time_ns += STEP_NS;
        let bar = VenueBar {
            open_time_ns,
            close_time_ns: time_ns,
            open: Price(10_000),
            high: Price(10_002),
            low: Price(9_998),
            close: Price(10_001),
            volume: Quantity(1_000),
        };
        simulation.on_bar(&symbol, black_box(&bar)).unwrap();
    };
    say("bar", &sampled(SAMPLES, |_| next(&mut simulation)));
}

/// An account with a limit document that limits nothing, as a backtest without limits has.
fn bare() -> State {
    let mut state = State::new("plain", "USD".parse().unwrap());
    run(&mut state, Deposit { currency: "USD".parse().unwrap(), amount: 1_000_000_000_000 });
    run(&mut state, RegisterInstrument { instrument: share(0) });
    run(&mut state, SetLimits { limits: Box::new(unlimited()) });
    run(&mut state, Advance {});
    state
}

fn unlimited() -> Limits {
    Limits {
        version: 1,
        global: LimitSet::default(),
        account: LimitSet::default(),
        strategies: [].into(),
        instruments: [].into(),
        sectors: [].into(),
        max_reference_age_ns: 3_650 * DAY_NS,
        collar_window_ns: DAY_NS,
        duplicate_window_ns: 0,
        order_to_trade_minimum: 0,
        allow_short: true,
        locates: None,
        self_trade: SelfTrade::Allow,
        queue_when_closed: true,
        restricted: [].into(),
        permissions: Permissions::default(),
        cancel_on_disconnect: false,
        trading_state: TradingState::Active,
        max_mark_move_bps: None,
        max_clock_skew_ns: None,
        approval_ttl_ns: DAY_NS,
        day_start_ns: 0,
    }
}
