//! The journal: what an account's core decided, append-only and checksummed. The only files the Rust side writes.
//!
//! [`record`] says what is in a record, [`frame`] how it lies in a file, [`storage`] what a file is, [`journal`] when a
//! record counts: once [`Journal::sync`] has returned after it.
#![forbid(unsafe_code)]

pub mod error;
#[cfg(test)]
mod faulty;
pub mod frame;
pub mod header;
pub mod journal;
pub mod record;
pub mod storage;
#[cfg(test)]
mod tests;

pub use error::JournalError;
pub use journal::Journal;
pub use storage::{FileStorage, Storage};
