//! What the account is allowed to do: its limits.

use super::command::SetLimits;
use super::decide::Draft;
use super::error::DecideError;
use super::event::LimitsSet;

pub(super) fn set_limits(draft: &mut Draft<'_>, set: &SetLimits) -> Result<(), DecideError> {
    match draft.state.limits() {
        Some(current) if *current == *set.limits => {}
        Some(current) if set.limits.version <= current.version => {
            let (version, current) = (set.limits.version, current.version);
            return Err(DecideError::LimitsNotLater { version, current });
        }
        _ => draft.push(LimitsSet { limits: set.limits.clone() }),
    }
    Ok(())
}
