//! Evaluation of a [`Graph`](super::Graph): whole columns, one bar at a time, or a universe, by the same programs.
//!
//! A [`Plan`] cuts a graph into programs: one for each other clock, and one for each level of the base clock, where a level ends at the
//! cross-sections that need all members' values. A program runs over blocks of bars; a stream is a block of one bar. Kernels go on from
//! block to block, so every way of cutting gives the same bits.

mod as_of;
mod calendar;
mod clock;
mod error;
mod evaluation;
mod model;
mod plan;
mod program;
mod restated;
mod series;
mod stream;
mod universe;
mod universe_continued;
mod universe_stream;

#[cfg(test)]
mod tests;

pub use calendar::Calendar;
pub use error::EvaluateError;
pub use model::{NoPredictor, Predictor};
pub use plan::Plan;
pub use restated::Adjustment;
pub use series::{Context, Continued, Others, Series};
pub use stream::{BarValues, Stream};
pub use universe::Universe;
pub use universe_continued::UniverseContinued;
pub use universe_stream::UniverseStream;

/// A time that is not known.
pub const NO_TIME: i64 = i64::MIN;
