//! Venues that live in memory.

pub mod simulated;

#[cfg(test)]
mod tests;

pub use simulated::{SimulatedVenue, VenueBar, VenueError};
