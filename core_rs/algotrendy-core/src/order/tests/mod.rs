//! Tests of the state machine that orders go through.

mod control;
mod lists;
mod machine;
mod reports;
mod submissions;
mod time;
