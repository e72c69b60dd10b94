//! Kill switches: latched, re-armed in two steps by a named person.

/// The switches of one account.
#[derive(Clone, Debug, Default)]
pub struct Switches {}
