//! Tests of the state machine, by what they are about.

mod commands;
mod ledger;
mod reports;
mod serialized;
