"""The log of backtests, and the clock they are timed with."""

import time

import structlog

from algotrendy.backtest.model import Backtest

log = structlog.get_logger(__name__)


class TelemetryLog:
    """See `ports.Log`."""

    def failed(self, backtest: Backtest, error: Exception) -> None:
        """See `ports.Log`."""
        log.error("backtest_failed", exc_info=error, backtest_id=backtest.backtest_id)


class MonotonicStopwatch:
    """See `ports.Stopwatch`."""

    def now_ns(self) -> int:
        """See `ports.Stopwatch`."""
        return time.perf_counter_ns()
