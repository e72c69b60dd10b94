//! Pre-trade checks: what an order is measured against before it is sent.

pub mod checks;
pub mod limits;

pub use checks::{Failure, RejectReason};
pub use limits::Limits;
