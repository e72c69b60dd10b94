//! Tests of the state machine that orders go through.

mod reports;
