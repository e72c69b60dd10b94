//! Submits, checks, fills at the quote that stands, moves position and cash, and reads the events.

use std::hint::black_box;

use algotrendy_core::order::{OrderTerms, Side, State};
use algotrendy_core::price::{Price, Quantity};
use algotrendy_core::venue::{SimulatedVenue, Simulation, VenueConfig, VenueQuote};

use super::measure::{sampled, say};
use super::world::{name, order, STEP_NS};
use super::SAMPLES;

/// Orders in the instrument `index` of `state`, buys and sells in turn.
pub fn measure(label: &str, state: State, index: usize) {
    let venue = SimulatedVenue::with_config(VenueConfig::default()).unwrap();
    let mut time_ns = state.time_ns().unwrap() + STEP_NS;
    let mut simulation = Simulation::new(state, venue, time_ns).unwrap();
    let quote = VenueQuote {
        time_ns,
        bid: Price(9_999),
        ask: Price(10_001),
        bid_size: Quantity(i64::MAX / 4),
        ask_size: Quantity(i64::MAX / 4),
    };
    simulation.on_quote(&name(index).as_str().into(), &quote).unwrap();
    let orders: Vec<_> = (0..SAMPLES + 20_000)
        .map(|number| {
            let side = if number % 2 == 0 { Side::Buy } else { Side::Sell };
            order(&format!("cycle-{number}"), index, side, 1, None)
        })
        .collect();
    let mut events = 0;
    let mut turn = |simulation: &mut Simulation, terms: &OrderTerms| {
        time_ns += STEP_NS;
        simulation.submit(terms, time_ns).unwrap();
        for event in simulation.events() {
            events += usize::from(black_box(event).sequence > 0);
        }
    };
    // More than are retained, so that old orders leave as new ones come.
    for terms in &orders[..20_000] {
        turn(&mut simulation, terms);
    }
    let rest = &orders[20_000..];
    let cycle = sampled(SAMPLES, |number| turn(&mut simulation, &rest[number]));
    assert!(
        events >= 4 * orders.len(),
        "every order is created, accepted, filled and moves the position"
    );
    say(label, &cycle);
}
