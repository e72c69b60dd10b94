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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn session(open_time_ns: i64, close_time_ns: i64) -> Session {
        Session { open_time_ns, close_time_ns, order_cutoff_time_ns: None }
    }

    /// Open from 10 to 20, from 20 to 25 and from 40 to 50.
    fn calendar() -> Calendar {
        Calendar::new(vec![session(10, 20), session(20, 25), session(40, 50)]).unwrap()
    }

    #[test]
    fn sessions_out_of_order_empty_or_with_a_cutoff_outside_are_refused_by_field() {
        let cutoff = |time_ns| Session { order_cutoff_time_ns: Some(time_ns), ..session(10, 20) };
        let cases = [
            ("open_time_ns", "19", vec![session(10, 20), session(19, 30)]),
            ("open_time_ns", "0", vec![session(10, 20), session(0, 5)]),
            ("close_time_ns", "10", vec![session(10, 10)]),
            ("close_time_ns", "9", vec![session(10, 9)]),
            ("order_cutoff_time_ns", "9", vec![cutoff(9)]),
            ("order_cutoff_time_ns", "21", vec![cutoff(21)]),
        ];
        for (field, value, sessions) in cases {
            let error = Calendar::new(sessions).unwrap_err();
            assert_eq!((error.field, error.value.as_str()), (field, value));
        }
        assert!(Calendar::new(vec![cutoff(10), session(20, 21)]).is_ok());
        assert!(Calendar::new(Vec::new()).is_ok());
    }

    #[test]
    fn a_session_is_open_from_its_open_until_just_before_its_close() {
        let open = |time_ns| calendar().session_at(time_ns).map(|open| open.open_time_ns);
        let found = [9, 10, 19, 20, 24, 25, 39, 40, 49, 50].map(open);
        let expected =
            [None, Some(10), Some(10), Some(20), Some(20), None, None, Some(40), Some(40), None];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_next_close_is_after_the_time_itself() {
        let found = [0, 19, 20, 25, 49, 50].map(|time_ns| calendar().next_close_time_ns(time_ns));
        assert_eq!(found, [Some(20), Some(20), Some(25), Some(50), Some(50), None]);
    }

    #[test]
    fn a_price_does_not_age_while_the_market_is_closed() {
        let open_ns = |from_ns, to_ns| calendar().open_ns_between(from_ns, to_ns, i64::MAX);
        assert_eq!(open_ns(12, 15), 3);
        assert_eq!(open_ns(15, 45), 15);
        assert_eq!(open_ns(25, 40), 0);
        assert_eq!(open_ns(60, 70), 0);
        assert_eq!(open_ns(i64::MIN, i64::MAX), 25);
    }

    proptest! {
        #[test]
        fn open_time_is_the_count_of_its_moments(from_ns in 0..60_i64, length in 0..60_i64) {
            let calendar = calendar();
            let moments = (from_ns..from_ns + length).filter(|time_ns| calendar.session_at(*time_ns).is_some());
            let expected = i64::try_from(moments.count()).unwrap();
            prop_assert_eq!(calendar.open_ns_between(from_ns, from_ns + length, i64::MAX), expected);
            let enough = calendar.open_ns_between(from_ns, from_ns + length, 3);
            prop_assert!(enough == expected || enough > 3);
        }
    }
}
