//! Sessions of a market, as a table: the core knows no calendar rules, only when each session opens and closes.

use serde::{Deserialize, Serialize};

use super::InstrumentError;

/// One session: half-open, `[open_time_ns, close_time_ns)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// When it opens.
    pub open_time_ns: i64,
    /// When it closes.
    pub close_time_ns: i64,
    /// From when on no new orders are taken, as before a closing auction; unset: until it closes.
    #[serde(default)]
    pub order_cutoff_time_ns: Option<i64>,
}

/// Sessions in order, without overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    sessions: Vec<Session>,
}

impl Calendar {
    /// Checks the sessions.
    ///
    /// # Errors
    /// [`InstrumentError`] naming the field of the first session that is wrong.
    pub fn new(sessions: Vec<Session>) -> Result<Self, InstrumentError> {
        let mut last_close = i64::MIN;
        for session in &sessions {
            if session.open_time_ns < last_close {
                let field = "open_time_ns";
                return Err(InstrumentError::new(
                    field,
                    &session.open_time_ns,
                    "at or after the close before it",
                ));
            }
            if session.close_time_ns <= session.open_time_ns {
                return Err(InstrumentError::new(
                    "close_time_ns",
                    &session.close_time_ns,
                    "after its open",
                ));
            }
            if let Some(cutoff) = session.order_cutoff_time_ns {
                if !(session.open_time_ns..=session.close_time_ns).contains(&cutoff) {
                    let field = "order_cutoff_time_ns";
                    return Err(InstrumentError::new(field, &cutoff, "within its session"));
                }
            }
            last_close = session.close_time_ns;
        }
        Ok(Self { sessions })
    }

    /// The sessions, in order.
    #[must_use]
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// The session that is open at `time_ns`.
    #[must_use]
    pub fn session_at(&self, time_ns: i64) -> Option<&Session> {
        let after = self.sessions.partition_point(|session| session.open_time_ns <= time_ns);
        let session = self.sessions.get(after.checked_sub(1)?)?;
        (time_ns < session.close_time_ns).then_some(session)
    }

    /// When the session that is open at `time_ns`, or the next one, closes.
    #[must_use]
    pub fn next_close_time_ns(&self, time_ns: i64) -> Option<i64> {
        let index = self.sessions.partition_point(|session| session.close_time_ns <= time_ns);
        self.sessions.get(index).map(|session| session.close_time_ns)
    }

    /// How long the market was open between two times, `from_ns` not after `to_ns`. Time outside all sessions does not
    /// count, so that a price does not age while the market is closed. Stops once it is above `enough_ns`.
    #[must_use]
    pub fn open_ns_between(&self, from_ns: i64, to_ns: i64, enough_ns: i64) -> i64 {
        let mut open_ns: i64 = 0;
        let mut index = self.sessions.partition_point(|session| session.open_time_ns < to_ns);
        while index > 0 && open_ns <= enough_ns {
            index -= 1;
            let session = &self.sessions[index];
            if session.close_time_ns <= from_ns {
                break;
            }
            let end = session.close_time_ns.min(to_ns);
            let start = session.open_time_ns.max(from_ns);
            open_ns = open_ns.saturating_add(end.saturating_sub(start));
        }
        open_ns
    }
}
