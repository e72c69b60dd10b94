//! Tests of the state machine that orders go through.

mod control;
mod lists;
mod machine;
mod replay;
mod reports;
mod retention;
mod submissions;
mod time;
