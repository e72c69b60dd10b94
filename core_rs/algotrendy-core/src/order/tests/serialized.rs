//! Commands and events as maps, and events out of place.

use serde::de::value::{Error as ValueError, MapDeserializer};
use serde::Deserialize;

use super::super::command::Command;
use super::super::error::FoldError;
use super::super::event::Event;
use super::super::state::State;
use super::super::testing::{buy, ready, run};
use crate::error::Refusal;

fn command(entries: &[(&str, &str)]) -> Result<Command, ValueError> {
    Command::deserialize(MapDeserializer::new(entries.iter().copied()))
}

#[test]
fn a_command_begins_with_its_type_and_has_no_unknown_field() {
    assert!(command(&[("type", "Cancel"), ("order_id", "o")]).is_ok());
    for wrong in [
        &[("order_id", "o"), ("type", "Cancel")][..],
        &[("type", "Cancel"), ("order", "o")],
        &[("type", "Cancel"), ("order_id", "o"), ("why", "x")],
        &[("type", "Unsubmit"), ("order_id", "o")],
        &[("type", "Cancel")],
        &[],
    ] {
        assert!(command(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn an_event_that_is_missing_repeated_or_of_another_account_is_refused() {
    let mut state = ready();
    let events = run(&mut state, buy("o", 1)).events;
    let again = state.clone();
    let error = state.fold(&events[0]).unwrap_err();
    assert_eq!(error.reason(), "JOURNAL_CORRUPT");
    assert_eq!(state, again);
    assert!(matches!(State::new("other").fold(&events[0]), Err(FoldError::OutOfSequence { .. })));
}

#[test]
fn an_event_older_than_the_last_is_refused() {
    let state = ready();
    let decision = super::super::decide::decide(&state, &buy("o", 1).into(), 2_000).unwrap();
    let old = Event { time_ns: 1, ..decision.events[0].clone() };
    let mut same = state.clone();
    assert!(matches!(same.fold(&old), Err(FoldError::TimeWentBack { .. })));
    assert_eq!(same, state);
}
