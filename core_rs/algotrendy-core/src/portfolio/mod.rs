//! What an account holds: cash, netted positions with their cost, and what they are worth at a price.

pub mod account;
pub mod commission;
pub mod cost;
pub mod equity;
pub mod margin;
pub mod marks;
mod narrow;
pub mod position;
pub mod rates;
pub mod settlement;
pub mod valuation;

#[cfg(test)]
mod tests;

pub use account::Account;
pub use cost::Cash;
pub use equity::{Equity, EquityError};
pub use position::Position;
pub use rates::Rates;
