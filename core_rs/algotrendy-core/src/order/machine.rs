//! What becomes of an order: every input decided in every state, in one table that is code.
//!
//! The table knows states only. What also depends on an order's other entries (whether a report tells anything new,
//! whether the venue ever accepted the order) is decided where the input is, and can only be stricter.

use std::fmt::Write as _;

use super::status::OrderState;

/// What can happen to an order: what the core, a person or a list does, then what the venue tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// The first order of its list filled.
    Release,
    /// A person consents.
    Approve,
    /// A person refuses.
    Deny,
    /// Nobody consented in time.
    ApprovalExpire,
    /// A cancel is asked for.
    Cancel,
    /// A replacement is asked for.
    Replace,
    /// Its time in force ends by the core's time.
    TimeExpire,
    /// The first order of its list ended without a fill.
    ListEnd,
    /// The driver gave it to the venue.
    Sent,
    /// The driver cannot tell whether the venue has it.
    Uncertain,
    /// The venue took it.
    Accepted,
    /// The venue refused it.
    Rejected,
    /// The market reached its stop.
    Triggered,
    /// A part of it traded.
    PartialFill,
    /// All that was left of it traded.
    FullFill,
    /// The venue changed it.
    Replaced,
    /// The venue refused to change it.
    ReplaceRejected,
    /// The venue canceled it.
    Canceled,
    /// The venue refused to cancel it.
    CancelRejected,
    /// The venue ended it by its time in force.
    Expired,
    /// A fill of it did not count after all.
    Bust,
    /// A fee of a fill of it was charged.
    Fee,
}

impl Input {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Release,
        Self::Approve,
        Self::Deny,
        Self::ApprovalExpire,
        Self::Cancel,
        Self::Replace,
        Self::TimeExpire,
        Self::ListEnd,
        Self::Sent,
        Self::Uncertain,
        Self::Accepted,
        Self::Rejected,
        Self::Triggered,
        Self::PartialFill,
        Self::FullFill,
        Self::Replaced,
        Self::ReplaceRejected,
        Self::Canceled,
        Self::CancelRejected,
        Self::Expired,
        Self::Bust,
        Self::Fee,
    ];

    /// Its name in messages and in the matrix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "RELEASE",
            Self::Approve => "APPROVE",
            Self::Deny => "DENY",
            Self::ApprovalExpire => "APPROVAL_EXPIRE",
            Self::Cancel => "CANCEL",
            Self::Replace => "REPLACE",
            Self::TimeExpire => "TIME_EXPIRE",
            Self::ListEnd => "LIST_END",
            Self::Sent => "SENT",
            Self::Uncertain => "UNCERTAIN",
            Self::Accepted => "ACCEPTED",
            Self::Rejected => "REJECTED",
            Self::Triggered => "TRIGGERED",
            Self::PartialFill => "PARTIAL_FILL",
            Self::FullFill => "FULL_FILL",
            Self::Replaced => "REPLACED",
            Self::ReplaceRejected => "REPLACE_REJECTED",
            Self::Canceled => "CANCELED",
            Self::CancelRejected => "CANCEL_REJECTED",
            Self::Expired => "EXPIRED",
            Self::Bust => "BUST",
            Self::Fee => "FEE",
        }
    }
}

/// What an input does to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The order enters a state.
    Move(OrderState),
    /// The order goes back to where it stood before its cancel was asked for.
    Back,
    /// It is recorded, and the state stays.
    Stay,
    /// It tells nothing new.
    Repeat,
    /// It contradicts what is known: the input is refused.
    Impossible,
}

/// What `input` does to an order in `state`.
#[must_use]
#[allow(
    clippy::match_same_arms,
    clippy::too_many_lines,
    reason = "one table, with an arm for each input as in the matrix"
)]
pub const fn next(state: OrderState, input: Input) -> Step {
    use OrderState as S;
    use Step::{Back, Impossible, Move, Repeat, Stay};
    match input {
        Input::Release => match state {
            S::Held => Move(S::PendingSend),
            S::PendingApproval | S::PendingSend | S::Sent | S::Unknown | S::Accepted => Impossible,
            S::PendingReplace | S::PendingCancel => Impossible,
            S::Filled | S::Canceled | S::Rejected | S::Expired => Impossible,
        },
        Input::Approve => consent(state, S::PendingSend),
        Input::Deny | Input::ApprovalExpire => consent(state, S::Rejected),
        Input::Cancel => match state {
            // Nothing was sent, so there is nothing to wait for.
            S::Held | S::PendingApproval => Move(S::Canceled),
            S::PendingSend | S::Sent | S::Unknown | S::Accepted | S::PendingReplace => {
                Move(S::PendingCancel)
            }
            S::PendingCancel | S::Canceled => Repeat,
            S::Filled | S::Rejected | S::Expired => Impossible,
        },
        Input::Replace => match state {
            S::Accepted => Move(S::PendingReplace),
            S::Held | S::PendingApproval | S::PendingSend | S::Sent | S::Unknown => Impossible,
            S::PendingReplace | S::PendingCancel => Impossible,
            S::Filled | S::Canceled | S::Rejected | S::Expired => Impossible,
        },
        Input::TimeExpire => match state {
            S::Held | S::PendingApproval | S::PendingSend | S::Sent | S::Accepted => {
                Move(S::Expired)
            }
            S::PendingReplace | S::PendingCancel => Move(S::Expired),
            // Time is no evidence of what the venue did with it.
            S::Unknown => Repeat,
            S::Filled | S::Canceled | S::Rejected | S::Expired => Repeat,
        },
        Input::ListEnd => match state {
            S::Held => Move(S::Canceled),
            S::PendingApproval | S::PendingSend | S::Sent | S::Unknown | S::Accepted => Impossible,
            S::PendingReplace | S::PendingCancel => Impossible,
            S::Filled | S::Canceled | S::Rejected | S::Expired => Repeat,
        },
        Input::Sent => match state {
            S::PendingSend => Move(S::Sent),
            // The venue's answer may be heard before the driver's word that it was asked.
            S::Sent | S::Unknown | S::Accepted | S::PendingReplace | S::PendingCancel => Repeat,
            S::Filled | S::Canceled | S::Rejected | S::Expired => Repeat,
            S::Held | S::PendingApproval => Impossible,
        },
        Input::Uncertain => match state {
            S::PendingSend | S::Sent => Move(S::Unknown),
            S::Unknown | S::Accepted | S::PendingReplace | S::PendingCancel => Repeat,
            S::Filled | S::Canceled | S::Rejected | S::Expired => Repeat,
            S::Held | S::PendingApproval => Impossible,
        },
        Input::Accepted => match state {
            S::PendingSend | S::Sent | S::Unknown => Move(S::Accepted),
            // The venue's id of the order may come this late.
            S::Accepted | S::PendingReplace | S::PendingCancel => Stay,
            S::Filled | S::Canceled | S::Expired => Stay,
            S::Held | S::PendingApproval | S::Rejected => Impossible,
        },
        Input::Rejected => match state {
            S::PendingSend | S::Sent | S::Unknown | S::PendingCancel => Move(S::Rejected),
            // It expired here before the venue had answered.
            S::Rejected | S::Expired => Repeat,
            S::Held | S::PendingApproval | S::Accepted | S::PendingReplace => Impossible,
            S::Filled | S::Canceled => Impossible,
        },
        Input::Triggered => match state {
            S::PendingSend | S::Sent | S::Unknown => Move(S::Accepted),
            S::Accepted | S::PendingReplace | S::PendingCancel => Stay,
            S::Filled | S::Canceled | S::Expired => Repeat,
            S::Held | S::PendingApproval | S::Rejected => Impossible,
        },
        Input::PartialFill => match state {
            S::PendingSend | S::Sent | S::Unknown => Move(S::Accepted),
            S::Accepted | S::PendingReplace | S::PendingCancel => Stay,
            // The venue traded before it heard.
            S::Canceled | S::Expired => Stay,
            S::Held | S::PendingApproval | S::Filled | S::Rejected => Impossible,
        },
        Input::FullFill => match state {
            S::PendingSend | S::Sent | S::Unknown | S::Accepted => Move(S::Filled),
            S::PendingReplace | S::PendingCancel | S::Canceled | S::Expired => Move(S::Filled),
            S::Held | S::PendingApproval | S::Filled | S::Rejected => Impossible,
        },
        Input::Replaced => match state {
            S::PendingReplace => Move(S::Accepted),
            S::Accepted | S::PendingCancel => Stay,
            // The venue changed it before it ended: fills that come still are of the new quantity.
            S::Canceled | S::Expired => Stay,
            S::Held | S::PendingApproval | S::PendingSend | S::Sent | S::Unknown => Impossible,
            S::Filled | S::Rejected => Impossible,
        },
        Input::ReplaceRejected => match state {
            S::PendingReplace => Move(S::Accepted),
            S::Accepted | S::PendingCancel => Stay,
            S::Filled | S::Canceled | S::Expired => Repeat,
            S::Held | S::PendingApproval | S::PendingSend | S::Sent | S::Unknown => Impossible,
            S::Rejected => Impossible,
        },
        Input::Canceled => ended_by_venue(state, S::Canceled),
        Input::Expired => ended_by_venue(state, S::Expired),
        Input::CancelRejected => match state {
            S::PendingCancel => Back,
            S::Accepted | S::PendingReplace => Repeat,
            S::Filled | S::Canceled | S::Rejected | S::Expired => Repeat,
            S::Held | S::PendingApproval | S::PendingSend | S::Sent | S::Unknown => Impossible,
        },
        Input::Bust => match state {
            S::Accepted | S::PendingReplace | S::PendingCancel => Stay,
            // It ended and stays ended, but less than all of it is filled.
            S::Filled => Move(S::Canceled),
            S::Canceled | S::Expired => Stay,
            S::Held | S::PendingApproval | S::PendingSend | S::Sent | S::Unknown => Impossible,
            S::Rejected => Impossible,
        },
        Input::Fee => match state {
            S::Accepted | S::PendingReplace | S::PendingCancel => Stay,
            S::Filled | S::Canceled | S::Expired => Stay,
            S::Held | S::PendingApproval | S::PendingSend | S::Sent | S::Unknown => Impossible,
            S::Rejected => Impossible,
        },
    }
}

const fn consent(state: OrderState, outcome: OrderState) -> Step {
    use OrderState as S;
    match state {
        S::PendingApproval => Step::Move(outcome),
        S::Held
        | S::PendingSend
        | S::Sent
        | S::Unknown
        | S::Accepted
        | S::PendingReplace
        | S::PendingCancel
        | S::Filled
        | S::Canceled
        | S::Rejected
        | S::Expired => Step::Impossible,
    }
}

const fn ended_by_venue(state: OrderState, end: OrderState) -> Step {
    use OrderState as S;
    match state {
        S::PendingSend
        | S::Sent
        | S::Unknown
        | S::Accepted
        | S::PendingReplace
        | S::PendingCancel => Step::Move(end),
        // What expired here is then canceled at the venue, whose report says nothing new.
        S::Canceled | S::Expired => Step::Repeat,
        S::Held | S::PendingApproval | S::Filled | S::Rejected => Step::Impossible,
    }
}

/// The table as Markdown: a row for each input, a column for each state.
#[must_use]
pub fn matrix() -> String {
    let mut text = String::from("| input |");
    for state in OrderState::ALL {
        let _ = write!(text, " {} |", state.name());
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(OrderState::ALL.len()));
    for input in Input::ALL {
        let _ = write!(text, "\n| {} |", input.name());
        for state in OrderState::ALL {
            let _ = match next(state, input) {
                Step::Move(to) => write!(text, " → {} |", to.name()),
                Step::Back => write!(text, " goes back |"),
                Step::Stay => write!(text, " recorded |"),
                Step::Repeat => write!(text, " nothing new |"),
                Step::Impossible => write!(text, " refused |"),
            };
        }
    }
    text.push('\n');
    text
}
