//! Orders, and the state machine that every clock drives: [`decide()`] is pure, [`State::fold`] alone changes state.
//!
//! A command is decided on a state at a time into events; folding the events is the only way a state changes (a
//! reference price excepted: it is marked, not folded, because it is never journalled). There is no I/O, clock,
//! randomness or global here; time enters as an argument and never goes back.

mod tagged;

pub mod command;
pub mod decide;
pub mod error;
pub mod event;
pub mod fold;
pub mod ids;
#[allow(clippy::module_inception, reason = "`order::order` holds the noun the area is named after")]
pub mod order;
mod report;
pub mod state;
mod submit;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use decide::{check, decide, Decision};
pub use error::{DecideError, FoldError, TradingError};
pub use event::{Event, EventBody};
pub use ids::{ClientOrderId, ExecutionId, OrderId, StrategyId, VenueOrderId};
pub use order::{Order, OrderStatus, OrderTerms, OrderType, Side, TimeInForce};
pub use state::{ReferencePrice, State};
