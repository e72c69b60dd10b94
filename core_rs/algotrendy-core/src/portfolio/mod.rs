//! What an account holds: cash, netted positions with their cost, and what they are worth at a price.

pub mod account;
pub mod cost;
pub mod position;

pub use account::Account;
pub use cost::Cash;
pub use position::Position;
