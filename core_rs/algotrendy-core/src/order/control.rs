//! What the account is allowed to do: its limits.

use super::command::{Override, SetLimits};
use super::decide::Draft;
use super::error::DecideError;
use super::event::{LimitsSet, OverrideExpired, OverrideGranted};
use super::ids::PersonId;

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

/// Lets a rule pass for a time.
pub(super) fn grant_override(
    draft: &mut Draft<'_>,
    approver: &PersonId,
    granted: &Override,
    note: &str,
) -> Result<(), DecideError> {
    if granted.until_ns <= draft.time_ns {
        return Err(DecideError::invalid("until_ns", &granted.until_ns, "in the future"));
    }
    if !draft.state.overrides.iter().any(|(known, _)| known == granted) {
        let (granted, approver) = (granted.clone(), approver.clone());
        draft.push(OverrideGranted { granted, approver, note: note.to_owned() });
    }
    Ok(())
}

/// Ends the overrides whose time is over.
pub(super) fn expire_overrides(draft: &mut Draft<'_>) {
    for (granted, _) in &draft.state.overrides {
        if granted.until_ns <= draft.time_ns {
            draft.push(OverrideExpired { granted: granted.clone() });
        }
    }
}
