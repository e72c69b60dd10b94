//! Builders shared by the tests of the state machine.
