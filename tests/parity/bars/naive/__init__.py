"""Bars written a second time, from `docs/guides/bars.md` alone: lists, loops and whole numbers.

Nothing here is fast. `run` starts over with the whole input each time it is called, so a stream is
right when, after each event, it has given what `run` gives for the events up to there.
"""

from tests.parity.bars.naive.engine import Outcome, run
from tests.parity.bars.naive.model import (
    CARRIED,
    EMPTY,
    GAP,
    LATE,
    PARTIAL,
    SESSION_BREAK,
    SUSPECT,
    Advance,
    Bar,
    Quote,
    RefusedError,
    SourceBar,
    Tick,
    Trade,
)

__all__ = [
    "CARRIED",
    "EMPTY",
    "GAP",
    "LATE",
    "PARTIAL",
    "SESSION_BREAK",
    "SUSPECT",
    "Advance",
    "Bar",
    "Outcome",
    "Quote",
    "RefusedError",
    "SourceBar",
    "Tick",
    "Trade",
    "run",
]
