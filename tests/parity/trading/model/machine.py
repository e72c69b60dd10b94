"""What each input does to an order in each state: a state it moves to, or one of three words."""

from tests.parity.trading.model.orders import ENDED, NOT_SENT, UNANSWERED

STAY, BACK, REPEAT, IMPOSSIBLE = "stay", "back", "repeat", "impossible"
INPUTS = [
    "RELEASE",
    "APPROVE",
    "DENY",
    "APPROVAL_EXPIRE",
    "CANCEL",
    "REPLACE",
    "TIME_EXPIRE",
    "LIST_END",
    "SENT",
    "UNCERTAIN",
    "ACCEPTED",
    "REJECTED",
    "TRIGGERED",
    "PARTIAL_FILL",
    "FULL_FILL",
    "REPLACED",
    "REPLACE_REJECTED",
    "CANCELED",
    "CANCEL_REJECTED",
    "EXPIRED",
    "BUST",
    "FEE",
]


def next_state(state: str, given: str) -> str:
    if state in NOT_SENT:
        return not_sent(state, given)
    if given in ("PARTIAL_FILL", "FULL_FILL", "BUST", "FEE"):
        return traded(state, given)
    if state in ENDED:
        return ended(state, given)
    return at_venue(state, given)


def not_sent(state: str, given: str) -> str:
    """HELD and PENDING_APPROVAL: the venue knows nothing, so nothing that it tells is possible."""
    moves = {"CANCEL": "CANCELED", "TIME_EXPIRE": "EXPIRED"}
    if state == "HELD":
        moves |= {"RELEASE": "PENDING_SEND", "LIST_END": "CANCELED"}
    else:
        moves |= {"APPROVE": "PENDING_SEND", "DENY": "REJECTED", "APPROVAL_EXPIRE": "REJECTED"}
    return moves.get(given, IMPOSSIBLE)


def traded(state: str, given: str) -> str:
    """Fills are true whenever they come, but for an order that the venue never took."""
    is_fill = given in ("PARTIAL_FILL", "FULL_FILL")
    if state == "REJECTED" or (state == "FILLED" if is_fill else state in UNANSWERED):
        return IMPOSSIBLE
    if given == "FULL_FILL":
        return "FILLED"
    if given == "PARTIAL_FILL" and state in UNANSWERED:
        return "ACCEPTED"
    return "CANCELED" if given == "BUST" and state == "FILLED" else STAY


def ended(state: str, given: str) -> str:
    if given == "CANCEL":
        return REPEAT if state == "CANCELED" else IMPOSSIBLE
    if given in ("CANCELED", "EXPIRED"):
        return REPEAT if state in ("CANCELED", "EXPIRED") else IMPOSSIBLE
    if given == "REJECTED":
        # It may have expired here before the venue refused it.
        return REPEAT if state in ("REJECTED", "EXPIRED") else IMPOSSIBLE
    if given in ("ACCEPTED", "TRIGGERED", "REPLACED", "REPLACE_REJECTED"):
        wrong = state == "REJECTED" or (state == "FILLED" and given == "REPLACED")
        # Fills that come late are of what the venue made of it.
        return IMPOSSIBLE if wrong else STAY if given in ("ACCEPTED", "REPLACED") else REPEAT
    told_late = ("SENT", "UNCERTAIN", "CANCEL_REJECTED", "TIME_EXPIRE", "LIST_END")
    return REPEAT if given in told_late else IMPOSSIBLE


def at_venue(state: str, given: str) -> str:
    """PENDING_SEND to PENDING_CANCEL: it may be at the venue, whose word decides."""
    moves = {"CANCELED": "CANCELED", "EXPIRED": "EXPIRED", "TIME_EXPIRE": "EXPIRED"}
    moves |= {"CANCEL": "PENDING_CANCEL", "TRIGGERED": STAY, "SENT": REPEAT, "UNCERTAIN": REPEAT}
    if state in UNANSWERED:
        moves |= {"ACCEPTED": "ACCEPTED", "REJECTED": "REJECTED", "TRIGGERED": "ACCEPTED"}
    else:
        moves |= {"ACCEPTED": STAY, "REPLACED": STAY, "REPLACE_REJECTED": STAY}
        moves |= {"CANCEL_REJECTED": REPEAT}
    match state:
        case "PENDING_SEND":
            moves |= {"SENT": "SENT", "UNCERTAIN": "UNKNOWN"}
        case "SENT":
            moves |= {"UNCERTAIN": "UNKNOWN"}
        case "UNKNOWN":
            moves |= {"TIME_EXPIRE": REPEAT}
        case "ACCEPTED":
            moves |= {"REPLACE": "PENDING_REPLACE"}
        case "PENDING_REPLACE":
            moves |= {"REPLACED": "ACCEPTED", "REPLACE_REJECTED": "ACCEPTED"}
        case "PENDING_CANCEL":
            moves |= {"REJECTED": "REJECTED", "CANCEL_REJECTED": BACK, "CANCEL": REPEAT}
    return moves.get(given, IMPOSSIBLE)
