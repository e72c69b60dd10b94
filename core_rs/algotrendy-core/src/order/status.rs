//! Where an order stands: the core's own [`OrderState`], and FIX's [`OrderStatus`] that the contract shows.

use serde::{Deserialize, Serialize};

use crate::price::Quantity;

/// Where an order stands, as the core knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderState {
    /// Waits for the first order of its list to fill; not sent, reserves nothing.
    Held,
    /// A soft limit wants a person's consent; not sent, reserves its exposure, and expires.
    PendingApproval,
    /// Passed the checks and is to be sent; whether it was is not known yet.
    PendingSend,
    /// Given to the venue, which has not answered.
    Sent,
    /// Given to the venue, whose answer is lost; only the venue's own evidence resolves it.
    Unknown,
    /// Works at the venue.
    Accepted,
    /// Works at the venue; a replacement is on its way.
    PendingReplace,
    /// May work at the venue; a cancel is on its way.
    PendingCancel,
    /// Filled in full.
    Filled,
    /// Canceled; what filled before, or crossed the cancel, stays filled.
    Canceled,
    /// Refused by a pre-trade check, a person or the venue.
    Rejected,
    /// Ended by its time in force.
    Expired,
}

impl OrderState {
    /// All of them, in the order an order can meet them.
    pub const ALL: [Self; 12] = [
        Self::Held,
        Self::PendingApproval,
        Self::PendingSend,
        Self::Sent,
        Self::Unknown,
        Self::Accepted,
        Self::PendingReplace,
        Self::PendingCancel,
        Self::Filled,
        Self::Canceled,
        Self::Rejected,
        Self::Expired,
    ];

    /// Whether more of the order may fill, now or later, as far as is known.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Filled | Self::Canceled | Self::Rejected | Self::Expired)
    }

    /// Whether the venue may have the order.
    #[must_use]
    pub const fn may_be_at_venue(self) -> bool {
        self.is_open() && !matches!(self, Self::Held | Self::PendingApproval)
    }

    /// Whether the order counts in worst cases: cash, margin and positions.
    #[must_use]
    pub const fn reserves(self) -> bool {
        self.is_open() && !matches!(self, Self::Held)
    }

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "HELD",
            Self::PendingApproval => "PENDING_APPROVAL",
            Self::PendingSend => "PENDING_SEND",
            Self::Sent => "SENT",
            Self::Unknown => "UNKNOWN",
            Self::Accepted => "ACCEPTED",
            Self::PendingReplace => "PENDING_REPLACE",
            Self::PendingCancel => "PENDING_CANCEL",
            Self::Filled => "FILLED",
            Self::Canceled => "CANCELED",
            Self::Rejected => "REJECTED",
            Self::Expired => "EXPIRED",
        }
    }

    /// What FIX calls an order in this state of which `filled` has traded.
    #[must_use]
    pub const fn status(self, filled: Quantity) -> OrderStatus {
        match self {
            Self::Held | Self::PendingApproval | Self::PendingSend | Self::Sent | Self::Unknown => {
                if filled.0 > 0 {
                    OrderStatus::PartiallyFilled
                } else {
                    OrderStatus::PendingNew
                }
            }
            Self::Accepted => {
                if filled.0 > 0 {
                    OrderStatus::PartiallyFilled
                } else {
                    OrderStatus::New
                }
            }
            Self::PendingReplace => OrderStatus::PendingReplace,
            Self::PendingCancel => OrderStatus::PendingCancel,
            Self::Filled => OrderStatus::Filled,
            Self::Canceled => OrderStatus::Canceled,
            Self::Rejected => OrderStatus::Rejected,
            Self::Expired => OrderStatus::Expired,
        }
    }
}

/// What has become of an order, in FIX's words (FIX 39).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    /// Not yet accepted by the venue (FIX A).
    PendingNew,
    /// Accepted by the venue, nothing filled (FIX 0).
    New,
    /// Filled in part (FIX 1).
    PartiallyFilled,
    /// Filled in full (FIX 2).
    Filled,
    /// A replacement is on its way to the venue; fills may still come (FIX E).
    PendingReplace,
    /// A cancel is on its way to the venue; fills may still come (FIX 6).
    PendingCancel,
    /// Canceled; what filled before, or crossed the cancel, stays filled (FIX 4).
    Canceled,
    /// Refused by a pre-trade check, a person or the venue (FIX 8).
    Rejected,
    /// Ended by its time in force (FIX C).
    Expired,
}

impl OrderStatus {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::PendingNew,
        Self::New,
        Self::PartiallyFilled,
        Self::Filled,
        Self::PendingReplace,
        Self::PendingCancel,
        Self::Canceled,
        Self::Rejected,
        Self::Expired,
    ];

    /// Whether more of the order may fill, as far as is known.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::PendingNew
                | Self::New
                | Self::PartiallyFilled
                | Self::PendingReplace
                | Self::PendingCancel
        )
    }

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PendingNew => "PENDING_NEW",
            Self::New => "NEW",
            Self::PartiallyFilled => "PARTIALLY_FILLED",
            Self::Filled => "FILLED",
            Self::PendingReplace => "PENDING_REPLACE",
            Self::PendingCancel => "PENDING_CANCEL",
            Self::Canceled => "CANCELED",
            Self::Rejected => "REJECTED",
            Self::Expired => "EXPIRED",
        }
    }
}
