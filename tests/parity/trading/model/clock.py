"""Sessions, trading days, and when orders end."""

from typing import Any

from tests.parity.trading.model.limits import DAY_NS
from tests.parity.trading.model.state import Slot, State

Sessions = list[dict[str, Any]]


def sessions_of(state: State, slot: Slot) -> Sessions | None:
    """The instrument's sessions; None if its market is always open."""
    name = slot.terms["calendar_id"]
    return None if name is None else state.calendars.get(name, [])


def session_at(sessions: Sessions, time_ns: int) -> dict[str, Any] | None:
    held = (s for s in sessions if s["open_time_ns"] <= time_ns < s["close_time_ns"])
    return next(held, None)


def open_ns_between(sessions: Sessions | None, from_ns: int, to_ns: int, enough_ns: int) -> int:
    """How long the market was open, at least as far back as makes it more than enough."""
    if sessions is None:
        return to_ns - from_ns
    open_ns = 0
    for session in reversed(sessions):
        end = min(session["close_time_ns"], to_ns)
        open_ns += max(end - max(session["open_time_ns"], from_ns), 0)
        if open_ns > enough_ns:
            break
    return open_ns


def day_start(state: State, time_ns: int) -> int:
    offset = state.limits["day_start_ns"] if state.limits else 0
    return time_ns - (time_ns - offset) % DAY_NS


def closes_between(state: State, slot: Slot, after_ns: int, until_ns: int) -> bool:
    """Whether a session closes, or without sessions a day begins, in (after, until]."""
    sessions = sessions_of(state, slot)
    if sessions is None:
        return day_start(state, until_ns) > day_start(state, after_ns)
    return any(after_ns < session["close_time_ns"] <= until_ns for session in sessions)


def end_time(state: State, terms: dict[str, Any], time_ns: int) -> int | None:
    """When an order's time in force ends, if a time ends it."""
    if terms["expire_time_ns"] is not None or terms["time_in_force"] != "DAY":
        return terms["expire_time_ns"]
    sessions = sessions_of(state, state.slots[terms["symbol"]]) or []
    closes = (s["close_time_ns"] for s in sessions if s["close_time_ns"] > time_ns)
    return next(closes, day_start(state, time_ns) + DAY_NS)
