//! Venues that live in memory.

pub mod simulated;

pub use simulated::{SimulatedVenue, VenueBar, VenueError};
