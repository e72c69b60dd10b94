//! A venue simulated from bars, quotes and trades. It knows nothing of accounts, limits or positions but what its own
//! fills make of them: it takes [`VenueOrder`]s and gives execution reports, as a venue behind a wire does.
//!
//! # What an order meets
//! - **Bars.** An order decided at T meets only bars that open at T or later. A market order fills at the open of the
//!   first of them. With [`MarketFill::SameClose`] an order decided as a bar closes meets that close instead: a price that
//!   it may have been decided on, so [`VenueConfig::fills_at_known_prices`] is to be said in every report.
//! - **Quotes.** An order trades at the quote that stands as it arrives, and at every later one. A buy takes the ask, a
//!   sell the bid; a limit order that rested is met at its limit.
//! - **Trades.** A trade at its limit meets a limit order, and one at its stop triggers a stop. What takes liquidity takes
//!   it from the quote if one stands, else from the trade. An order never meets a trade from before its decision.
//!
//! # The path of a bar
//! A bar does not tell the order of its prices. The open comes first. If it is nearer to the high than to the low, the high
//! comes next, then the low; else the low, then the high. The close is last. Along this path, prices pass every tick:
//!
//! - What the open jumps over trades at the open: a stop worse than its stop, a limit order better than its limit.
//! - A stop that is reached later becomes a market order at its stop, a limit order fills at its limit.
//! - A trailing stop follows the path before it can trigger on the rest of it.
//! - At one price, the order that was taken first comes first.
//!
//! What happens at the open has the open's time; what happens later has the close's, the first at which it is certain.
//! A bar is walked in steps ([`SimulatedVenue::begin_bar`], [`SimulatedVenue::next`]): orders sent, changed or canceled
//! between two steps take part in the rest of the path if they were decided by the bar's open, as a bracket's exits were.
//! [`Simulation::open_bar`] and [`Simulation::close_bar`] are the same in two phases, for bars of different intervals.
//!
//! # Orders that depend on each other
//! A fill of an OCO's order, or of a bracket's exit, at once takes as much from the others: they are replaced, or canceled
//! where nothing is left. A reduce-only order fills no more than the position that the venue's own fills have made; what
//! has nothing left to reduce is canceled. So the two exits of a bracket never both fill, whatever one bar reaches.
//!
//! # How long an order lives
//! IOC and FOK orders fill at their first chance, a FOK order whole; what does not is canceled. DAY and GTD orders expire
//! when time reaches their `expire_time_ns`; nothing fills after it. Where that is within a bar, only the bar's open
//! can fill them. A post-only order that would trade at the last known price is rejected. A replacement loses time
//! priority unless it only makes the quantity smaller.
//!
//! # How much fills
//! Without a `participation`, orders fill whole. With one, all orders together fill at most that share of a bar's volume,
//! of each side of a quote until the next one, or of a trade, in whole lots, in the order in which they come to trade; the
//! rest waits for more. The queue at a price is not modelled: a limit order is filled when its price is touched, or
//! ([`LimitFill::Crossed`]) when the price goes a tick beyond.
//!
//! # At what price and for what fee
//! What takes liquidity, or is met where the open jumps to, pays half the [`Spread`] (not on quotes, which have one) and
//! the [`Slippage`] more, rounded to the tick away from the trader, but never more than its limit. Fees are the
//! instrument's commission, a maker's if a limit order rested, or one rate for the venue ([`Fees`]).
//!
//! # How long messages take
//! Orders, changes and reports each have a [`Latency`]; all are random from one seed. As on one connection, no request
//! overtakes another, and no report; but a fill crosses the cancel that was to prevent it. What arrives at one time arrives
//! in the order it was sent. A cancel that arrives within a bar comes too late for all of that bar.
//!
//! # When nothing trades
//! Data of a halted instrument fills and moves nothing. Data that contradicts itself, or is older than what came before,
//! is refused, and nothing changes.

mod assumptions;
mod book;
mod close_out;
pub mod config;
pub mod data;
pub mod error;
mod fee;
mod feed;
mod flight;
mod latency;
mod market;
pub mod matching;
pub mod order;
mod phases;
mod pricing;
mod report;
pub mod requests;
mod route;
pub mod simulated;
pub mod simulation;
mod walk;

#[cfg(test)]
mod tests;

pub use close_out::Costs;
pub use config::{
    Fees, ImpactTerms, Latency, LimitFill, MarketFill, Slippage, Spread, VenueConfig,
};
pub use data::{VenueBar, VenueQuote, VenueTrade};
pub use error::VenueError;
pub use order::VenueOrder;
pub use simulated::SimulatedVenue;
pub use simulation::{Simulation, SimulationError};
