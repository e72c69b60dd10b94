// Counts and prices here are small, and what is exact is compared exactly.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_wrap, clippy::float_cmp)]

mod decisions;
mod exits;
mod express;
mod factors;
mod gates;
pub(crate) mod market;
mod parts;
mod ranks;
mod rules;
mod runs;
mod sizes;
mod specs;
mod stops;
mod streams;
mod universes;

use crate::expr::NoModels;
use crate::instrument::testing::{instrument, spy};
use crate::instrument::Instrument;
use crate::price::{Price, Quantity};
use crate::strategy::{Rule, Signals, Spec, View};

/// A rule of a spec's JSON.
fn rule(text: &str) -> Rule {
    let spec = Spec::from_json(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    Rule::compile(&spec, &NoModels).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Says nothing at all.
const SILENT: Signals = Signals {
    entry: false,
    exit: false,
    short_entry: false,
    short_exit: false,
    rank: f64::NAN,
    weight: f64::NAN,
    stop_loss: f64::NAN,
    take_profit: f64::NAN,
    trailing: f64::NAN,
};

/// A share in cents, one by one.
fn share() -> Instrument {
    instrument(spy())
}

/// Flat, at 100.00, with 10,000.00.
fn flat() -> View {
    View {
        position: Quantity(0),
        price: Price(10_000),
        equity: Some("10000.00".parse().unwrap()),
        is_working: false,
        bars_held: 0,
    }
}
