"""Time is passed in, so that a backtest is a replay."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells what time it is."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""
        return time.time_ns()
