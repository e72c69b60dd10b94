"""Time is passed in, so that a backtest is a replay."""

import time
from typing import Final, Protocol

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
HOUR_NS: Final = 60 * MINUTE_NS
DAY_NS: Final = 24 * HOUR_NS


class Clock(Protocol):
    """Tells what time it is."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""
        return time.time_ns()
