//! Orders, and the state machine that every clock drives: [`decide()`] is pure, [`State::fold`] alone changes state.
//!
//! A command is decided on a state at a time into events; folding the events is the only way a state changes (reference
//! prices and rates excepted: they are marked, not folded, because they are never journalled). There is no I/O, clock,
//! randomness or global here; time enters as an argument and never goes back.

mod adopt;
mod advance;
mod approval;
mod at_once;
mod change;
mod control;
mod entry;
mod fill;
mod flatten;
mod fold;
mod fold_account;
mod funds;
mod list;
mod reference;
mod repeats;
mod replace;
mod report;
mod submit;
mod tagged;
mod validate;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub mod book;
pub mod command;
pub mod decide;
pub mod error;
pub mod event;
pub mod ids;
pub mod machine;
#[allow(clippy::module_inception, reason = "`order::order` holds the noun the area is named after")]
pub mod order;
pub mod state;
pub mod status;
pub mod terms;

pub use command::{Command, CommandBody};
pub use decide::{decide, decide_advance, decide_report, decide_submit, Decision, PriceRead};
pub use error::{DecideError, FoldError, TradingError};
pub use event::{Event, EventBody};
pub use ids::{ClientOrderId, ExecutionId, OrderId, StrategyId, Symbol, VenueOrderId};
pub use order::Order;
pub use state::{ReferencePrice, State};
pub use status::{OrderState, OrderStatus};
pub use submit::check;
pub use terms::{OrderTerms, OrderType, Side, TimeInForce};
