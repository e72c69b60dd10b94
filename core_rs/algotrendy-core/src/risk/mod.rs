//! Pre-trade risk: limits, the table of checks that orders are measured by, and what they read.

pub mod checks;
pub mod credit;
pub mod duplicates;
pub mod exposure;
mod fold;
pub mod limits;
pub mod loss;
pub mod measure;
mod notes;
pub mod rate;
pub mod reason;
pub mod reference;
pub mod resolved;
pub mod switch;
pub mod throttle;
pub mod validate;
pub mod var;
pub mod window;

pub use limits::Limits;
pub use reason::RejectReason;
