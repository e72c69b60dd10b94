//! What an account is told about the world: instruments and sessions.

use super::command::{ChangeInstrument, RegisterInstrument, SetCalendar};
use super::decide::Draft;
use super::error::DecideError;
use super::event::{
    CalendarSet, InstrumentChangeScheduled, InstrumentChanged, InstrumentRegistered,
};
use super::state::Slot;
use crate::instrument::{Calendar, Instrument};

pub(super) fn set_calendar(draft: &mut Draft<'_>, set: &SetCalendar) -> Result<(), DecideError> {
    if set.calendar_id.as_str().is_empty() {
        return Err(DecideError::invalid("calendar_id", "", "not empty"));
    }
    let calendar = Calendar::new(set.sessions.clone())?;
    if draft.state.calendar(set.calendar_id.as_str()) != Some(&calendar) {
        let (calendar_id, sessions) = (set.calendar_id.clone(), set.sessions.clone());
        draft.push(CalendarSet { calendar_id, sessions });
    }
    Ok(())
}

pub(super) fn register(
    draft: &mut Draft<'_>,
    register: &RegisterInstrument,
) -> Result<(), DecideError> {
    let instrument = &register.instrument;
    if let Some(calendar_id) = instrument.calendar_id() {
        if draft.state.calendar(calendar_id.as_str()).is_none() {
            return Err(DecideError::invalid(
                "calendar_id",
                calendar_id,
                "a calendar that was set",
            ));
        }
    }
    match draft.state.slot(instrument.symbol()) {
        Some(slot) if is_registered_as(slot, instrument) => Ok(()),
        Some(_) => {
            Err(DecideError::InstrumentTermsDiffer { symbol: instrument.symbol().to_owned() })
        }
        None => {
            draft.push(InstrumentRegistered { instrument: instrument.clone() });
            Ok(())
        }
    }
}

pub(super) fn change_instrument(
    draft: &mut Draft<'_>,
    change: &ChangeInstrument,
) -> Result<(), DecideError> {
    let Some(slot) = draft.state.slot(change.symbol.as_str()) else {
        return Err(DecideError::unknown_instrument(&change.symbol));
    };
    slot.check_change(&change.change)?;
    let (symbol, time_ns) = (change.symbol.clone(), draft.time_ns);
    match change.effective_time_ns {
        Some(effective_time_ns) if effective_time_ns > time_ns => {
            draft.push(InstrumentChangeScheduled {
                symbol,
                change: change.change,
                effective_time_ns,
            });
        }
        effective_time_ns => draft.push(InstrumentChanged {
            symbol,
            change: change.change,
            effective_time_ns: effective_time_ns.unwrap_or(time_ns),
        }),
    }
    Ok(())
}

/// Whether `instrument` was registered with the terms of `slot`, whose steps and expiry may have changed since.
fn is_registered_as(slot: &Slot, instrument: &Instrument) -> bool {
    let (known, mut told) = (slot.instrument.terms(), instrument.terms().clone());
    told.tick_size = known.tick_size;
    told.lot_size = known.lot_size;
    told.expire_time_ns = known.expire_time_ns;
    *known == told
}
