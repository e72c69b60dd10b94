"""A backtest under way: what its thread tells, and what it is told."""

import asyncio
from collections.abc import Callable

from algotrendy.domain.clock import SECOND_NS
from algotrendy.errors import BacktestTimedOutError

# Watchers are told of a half per cent more.
_STEP = 0.005


class StopRunError(Exception):
    """Whoever runs it wants it to end now."""


class Run:
    """One run, between the event loop that watches it and the thread that it is on.

    Parameters
    ----------
    time_limit_ns : int
        How long it may run, from its first report on.
    now_ns : callable
        A clock that never goes back.
    """

    def __init__(self, time_limit_ns: int, now_ns: Callable[[], int]) -> None:
        self.progress = 0.0
        self.is_canceled = False
        # Whether it waits for its turn no more.
        self.has_begun = False
        self._is_stopped = False
        self._time_limit_ns = time_limit_ns
        self._now_ns = now_ns
        self._started_ns: int | None = None
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._told = 0.0

    def report(self, progress: float) -> None:
        """Note how far it has come; called on its thread.

        Raises
        ------
        StopRunError
            It was cancelled, or the service stops.
        BacktestTimedOutError
            It has run longer than it may.
        """
        if self._is_stopped:
            raise StopRunError
        now_ns = self._now_ns()
        self._started_ns = now_ns if self._started_ns is None else self._started_ns
        if now_ns - self._started_ns > self._time_limit_ns:
            limit_s = self._time_limit_ns / SECOND_NS
            raise BacktestTimedOutError(
                f"It ran longer than {limit_s:g} s, and had come to {progress:.1%}.",
                time_limit_ns=str(self._time_limit_ns),
                progress=str(progress),
            )
        self.progress = progress
        if progress - self._told >= _STEP:
            self._told = progress
            self._loop.call_soon_threadsafe(self._wake)

    def cancel(self) -> None:
        """Let its next report end it, because somebody asked for it."""
        self.is_canceled = True
        self.stop()

    def stop(self) -> None:
        """Let its next report end it."""
        self._is_stopped = True

    @property
    def change(self) -> asyncio.Event:
        """Set when it has come further than it had when this was asked for."""
        return self._changed

    def _wake(self) -> None:
        # Whoever watches waits for an event of its own time, so that none misses a change.
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
