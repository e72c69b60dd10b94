//! Pre-trade risk: limits, the table of checks that orders are measured by, and what they read.

pub mod exposure;
pub mod limits;
pub mod reason;
pub mod resolved;
pub mod switch;
pub mod throttle;
pub mod var;

pub use limits::Limits;
pub use reason::RejectReason;
