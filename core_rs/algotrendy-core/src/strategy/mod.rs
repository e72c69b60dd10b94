//! Declarative strategies: what to buy and sell, when, how much and how long, as data.
//!
//! A [`Spec`] says it. Its canonical JSON, in which what is left out is the default shown behind it:
//!
//! ```json
//! {
//!   "name": "Cross",                           // null; for people
//!   "symbols": ["SPY"],                        // []: every symbol whose bars are given
//!   "parameters": {"fast": 10, "slow": 20},    // numbers and booleans, names in all expressions
//!   "features": {"trend": "ema(close, slow)"}, // expressions, names in all expressions
//!   "entry": "cross_above(sma(close, fast), trend)", "exit": "close < trend",
//!   "short_entry": null, "short_exit": null,
//!   "rank": null,                              // a number: the members with the highest are held …
//!   "hold": {"count": 50},                     // … so many of them, or {"fraction": "0.1"}
//!   "size": {"type": "equal"},                 // see `Size` for the others
//!   "size_at": "close",                        // or "next_open"
//!   "stops": {"stop_loss": {"percent": "0.05"}, "take_profit": {"distance": "3 * atr(14)"},
//!             "trailing": {"percent": "0.03"}, "max_bars": 20},
//!   "schedule": {"every": "bar",               // or "day", "week", "month", "quarter", {"bars": 5}
//!                "from": "09:35", "until": "15:55", "zone": "America/New_York"},
//!   "bars": "1m",                              // null; which bars it is meant for: a name, for people and for services
//!   "costs": {"fees": {"bps": "1"}}            // null; a `VenueConfig`: how a simulated venue fills, in backtest and paper
//! }
//! ```
//!
//! [`Rule::compile`] makes a [`Rule`] of it, whose [`Rule::decide`] is the one place that says what is done at a bar. [`Trader`] trades it
//! in a backtest, evaluated ahead over all bars; [`RuleStream`] follows it live, bar by bar, and [`RuleUniverse`] one that looks at several
//! symbols together, time by time; all say the same to the bit. Calendar functions
//! read the days and hours of the [`Environment`]'s calendar.
//!
//! Decimals are written as text and read as text or number. A percent is a fraction of one: `"0.05"` is 5 %. Unknown fields are refused.

mod amount;
mod bits;
mod cost;
mod decide;
mod error;
mod exits;
mod express;
mod gate;
mod member;
mod ranking;
mod rule;
mod schedule;
mod size;
mod sizing;
mod spec;
mod stops;
mod stream;
mod together;
mod trader;
mod universe;
mod validate;
mod values;
mod wakes;

#[cfg(test)]
pub(crate) mod tests;

pub use bits::Bits;
pub use decide::{Cause, Decision, Intent, View};
pub use error::SpecError;
pub use exits::{ExitOrder, Exits, Gap};
pub use gate::Gate;
pub use rule::{Outputs, Rule, Signals};
pub use schedule::{Every, Schedule, TimeOfDay};
pub use size::{Size, SizeAt};
pub use sizing::{units_at_open, units_of, Amount, Share};
pub use spec::{Hold, ParameterValue, Spec};
pub use stops::{Distance, Stops};
pub use stream::RuleStream;
pub use together::{MemberBars, Together};
pub use trader::{Environment, Trader};
pub use universe::RuleUniverse;
pub use values::{Columns, Values};

/// The most symbols one strategy may have.
pub const MAX_SYMBOLS: usize = 10_000;
/// The most parameters, and the most features, one strategy may have.
pub const MAX_NAMES: usize = 100;
