//! The journal: what an account's core decided, append-only and checksummed. The only files the Rust side writes.
//!
//! [`record`] says what is in a record, [`frame`] how it lies in a file, [`storage`] what a file is, [`journal`] when a
//! record counts as written. A record counts once [`Journal::sync`] has returned after it.
#![forbid(unsafe_code)]

pub mod record;
