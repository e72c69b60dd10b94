//! A panic is contained: it becomes a typed error, and what panicked answers nothing until it is rebuilt.
//!
//! After a panic the state may be half changed, so nobody may read it or decide on it; the journal still has the truth.

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::error::Refusal;

/// A value that is given up once a call on it has panicked.
#[derive(Debug, Default)]
pub struct Guarded<T> {
    value: T,
    is_halted: bool,
}

impl<T> Guarded<T> {
    /// Guards `value`.
    pub const fn new(value: T) -> Self {
        Self { value, is_halted: false }
    }

    /// Calls `change` on the value.
    ///
    /// # Errors
    /// [`HaltedError`] if this call panics, or an earlier one did.
    pub fn change<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> Result<R, HaltedError> {
        if self.is_halted {
            return Err(HaltedError);
        }
        // The value is never seen again if the call unwinds, so a broken invariant in it cannot be met.
        let result = catch_unwind(AssertUnwindSafe(|| change(&mut self.value)));
        self.is_halted = result.is_err();
        result.map_err(|_| HaltedError)
    }

    /// Calls `read` on the value. Reading changes nothing, so a panic here is an error but no halt.
    ///
    /// # Errors
    /// [`HaltedError`] if this call panics, or a change did.
    pub fn read<R>(&self, read: impl FnOnce(&T) -> R) -> Result<R, HaltedError> {
        if self.is_halted {
            return Err(HaltedError);
        }
        catch_unwind(AssertUnwindSafe(|| read(&self.value))).map_err(|_| HaltedError)
    }
}

/// The core stopped after a failure and is to be rebuilt from its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the core stopped after a failure; it is rebuilt from its journal")]
pub struct HaltedError;

impl Refusal for HaltedError {
    fn reason(&self) -> &'static str {
        "CORE_HALTED"
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_halts_what_panicked() {
        let mut guarded = Guarded::new(vec![1]);
        assert_eq!(guarded.change(|values| values.push(2)), Ok(()));
        assert_eq!(guarded.change(|values| values[5]), Err(HaltedError));
        assert_eq!(guarded.change(|values| values.len()), Err(HaltedError));
        assert_eq!(guarded.read(Vec::len), Err(HaltedError));
    }

    #[test]
    fn a_panic_while_reading_halts_nothing() {
        let guarded = Guarded::new(vec![1]);
        assert_eq!(guarded.read(|values| values[5]), Err(HaltedError));
        assert_eq!(guarded.read(Vec::len), Ok(1));
    }
}
