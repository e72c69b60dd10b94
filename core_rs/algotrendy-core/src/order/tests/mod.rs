//! Tests of the state machine that orders go through.

mod control;
mod reports;
