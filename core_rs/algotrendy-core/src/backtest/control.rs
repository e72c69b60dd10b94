//! Who watches a run, and may end it.

use std::ops::ControlFlow;

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Up to when it has come.
    pub time_ns: i64,
    /// How many rows of data lie behind it.
    pub done: u64,
    /// How many there are, as far as they were given.
    pub total: u64,
}

/// Is asked now and then whether the run may go on. It changes nothing of what the run does: it sees, and may end it.
pub trait Control {
    /// Takes how far the run has come.
    fn report(&self, progress: &Progress) -> ControlFlow<()>;
}

/// Lets everything go on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Control for Unwatched {
    fn report(&self, _progress: &Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: Fn(&Progress) -> ControlFlow<()>> Control for F {
    fn report(&self, progress: &Progress) -> ControlFlow<()> {
        self(progress)
    }
}
