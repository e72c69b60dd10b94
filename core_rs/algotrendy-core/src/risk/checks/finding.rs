//! What one row finds: whether the order passes, what is allowed and what it would make of it, in the row's unit.

use std::cmp::Ordering;

use crate::risk::resolved::Bound;

/// How a row judges an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Judgement {
    /// The row measures nothing of such an order, or cannot: another row refuses what it would need.
    NotApplicable,
    /// Nobody set a limit.
    NotSet,
    /// The order passes.
    Pass,
    /// The order waits for a person's approval.
    Soft,
    /// The order is refused.
    Hard,
}

impl Judgement {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::NotSet => "NOT_SET",
            Self::Pass => "PASS",
            Self::Soft => "SOFT",
            Self::Hard => "HARD",
        }
    }
}

/// A judgement and its numbers.
///
/// No `Option`s: reading the wide tag of one just after it was written in pieces costs more than a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub judgement: Judgement,
    limit: i128,
    observed: i128,
}

/// No number, or one that cannot be known.
const NONE: i128 = i128::MIN;

impl Finding {
    pub const NOT_APPLICABLE: Self = Self::without_number(Judgement::NotApplicable);
    pub const NOT_SET: Self = Self::without_number(Judgement::NotSet);
    pub const PASS: Self = Self::without_number(Judgement::Pass);
    pub const HARD: Self = Self::without_number(Judgement::Hard);

    const fn without_number(judgement: Judgement) -> Self {
        Self { judgement, limit: NONE, observed: NONE }
    }

    #[inline]
    pub const fn refuse_if(is_wrong: bool) -> Self {
        if is_wrong {
            Self::HARD
        } else {
            Self::PASS
        }
    }

    /// Refuses what is above a limit that has no soft form.
    #[inline]
    pub const fn at_most(limit: i128, observed: i128) -> Self {
        let judgement = if observed > limit { Judgement::Hard } else { Judgement::Pass };
        Self { judgement, limit, observed }
    }

    /// The same judgement, told with other numbers.
    pub const fn told_as(self, limit: i128, observed: i128) -> Self {
        Self { limit, observed, ..self }
    }

    /// Judges by a bound; a hard breach wins over a soft one.
    #[inline]
    pub fn within(bound: Bound, observed: i128) -> Self {
        if !bound.is_set() {
            return Self::NOT_SET;
        }
        let (judgement, limit) = if observed > bound.hard {
            (Judgement::Hard, bound.hard)
        } else if observed > bound.soft {
            (Judgement::Soft, bound.soft)
        } else {
            (Judgement::Pass, bound.hard.min(bound.soft))
        };
        Self { judgement, limit, observed }
    }

    /// A bound whose measure cannot be known: nothing is within it.
    pub fn unknown(bound: Bound) -> Self {
        Self { observed: NONE, ..Self::within(bound, i128::MAX - 1) }
    }

    /// Only what grows is refused: an order that makes the measure no larger than `before` passes, whatever the limit.
    #[inline]
    pub fn if_grown(self, before: i128) -> Self {
        let has_grown = self.observed == NONE || self.observed > before;
        if has_grown || self.judgement < Judgement::Pass {
            return self;
        }
        Self { judgement: Judgement::Pass, ..self }
    }

    /// Of two scopes' findings, the one that decides: the worse, or else the one with less head-room.
    #[inline]
    pub fn or_tighter(self, other: Self) -> Self {
        let is_other = match other.judgement.cmp(&self.judgement) {
            Ordering::Greater => true,
            Ordering::Equal => other.head_room() < self.head_room(),
            Ordering::Less => false,
        };
        if is_other {
            other
        } else {
            self
        }
    }

    #[inline]
    pub fn limit(&self) -> Option<i128> {
        (self.limit != NONE).then_some(self.limit)
    }

    #[inline]
    pub fn observed(&self) -> Option<i128> {
        (self.observed != NONE).then_some(self.observed)
    }

    #[inline]
    pub fn head_room(&self) -> Option<i128> {
        self.limit()?.checked_sub(self.observed()?)
    }
}
