//! The deterministic core of AlgoTrendy: market data, expressions and trading as pure state machines.
//!
//! No Python, no network, no files, no clock: time is an argument, and every number that is money is a scaled integer.
#![forbid(unsafe_code)]

pub mod backtest;
pub mod bar;
pub mod decimal;
pub mod error;
pub mod expr;
pub mod guard;
pub mod instrument;
pub mod metric;
pub mod order;
pub mod portfolio;
pub mod price;
pub mod risk;
#[cfg(test)]
mod soak;
pub mod strategy;
pub mod time;
pub mod trade;
pub mod venue;
