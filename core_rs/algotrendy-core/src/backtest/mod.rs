//! Backtests: the trading core and the simulated venue, driven by recorded data through a strategy.
//!
//! [`run`] takes [`Feed`]s, [`RunTerms`] and a [`Strategy`], and gives an [`Outcome`]. [`Engine`] is the same in steps, for
//! data that do not fit into memory at once.
//!
//! # The order of things
//! All feeds are merged by time. At one time, in this order:
//!
//! 1. what closes then, feed by feed: bars, trades and quotes. The venue walks it, and its price is marked;
//! 2. what ends then: delistings; messages on their way arrive;
//! 3. the strategy is told: timers, what became of orders, ticks, then bars feed by feed. What its requests lead to at once
//!    it is told next, at the same time;
//! 4. what opens then: orders that were decided until now fill at this open. Then the strategy is told of the fills; an
//!    order it sends now still fills at this open.
//!
//! So an order decided at a close meets the first bar that opens at that time or later, and exits sent as their entry fills
//! at an open protect it in the rest of that bar.
//!
//! # What is skipped
//! A feed is looked at where something may happen: where an order of its instrument works, where the strategy asked to be
//! woken, and everywhere while something is measured from every price (a drawdown, a day's loss, a price's move, a margin
//! that can be called, settlements, other currencies). The outcome is the same as that of looking everywhere.
//!
//! # The short way
//! A rule whose orders are all at the market, of one symbol, in an account without limits, at a venue that answers at once and fills
//! whole ([`Trader::run`](crate::strategy::Trader::run)), needs neither the account's book nor the venue's: between a decision and its
//! fill nothing can come. Such orders are priced, paid and written down by the same functions, and of the checks those are made that
//! could refuse them; whatever else happens ends the short way, and the run begins anew the long one. The outcome is the same.
//!
//! # Determinism
//! The same feeds, terms and strategy lead to the same outcome, byte by byte, in one piece or in segments. No clock is read
//! here: a limit on time is the [`Control`]'s.

mod bring_up;
mod columns;
mod control;
mod curve;
mod desk;
mod endings;
mod engine;
mod error;
mod feed;
mod lanes;
mod moment;
mod outcome;
mod recorder;
mod requests;
mod schedule;
mod session;
mod setup;
mod strategy;
mod stream;
mod sweep;
mod terms;
mod times;
mod told;
mod trips;
mod watch;
mod worth;

#[cfg(test)]
mod tests;

pub(crate) use desk::{Desk, MarketOrder};
#[cfg(test)]
pub(crate) use setup::no_limits;

pub use columns::{BarColumns, QuoteColumns, TradeColumns};
pub use control::{Control, Progress, Unwatched};
pub use endings::{DELISTING_TAG, FINISH_TAG};
pub use engine::{run, Engine};
pub use error::{DataError, RunError};
pub use feed::{Delisting, Factor, Feed, FeedData, FeedId, InstrumentId};
pub use outcome::{
    Counters, Curve, FillRow, OrderName, OrderNumber, OrderRow, Outcome, Rejection, RoundTrip,
    Steps, AVERAGE_PRICE_DIGITS,
};
pub use requests::NewOrder;
pub use session::Session;
pub use strategy::{Moment, Row, Strategy, TimerId};
pub use sweep::{Grid, Summary, Sweep, SweepError, SweepRow, SweepTerms, BATCH};
pub use terms::{CurveDetail, Finish, RunTerms};
