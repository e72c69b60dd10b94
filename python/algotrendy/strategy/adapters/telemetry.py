"""Metrics and logs of the live loop, and the clock they are measured with."""

import time

import structlog
from prometheus_client import Counter, Histogram

from algotrendy.domain.clock import SECOND_NS
from algotrendy.domain.order import OrderIntent
from algotrendy.errors import AlgoTrendyError
from algotrendy.strategy.model import Deployment

_BUCKETS_S = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)

_BAR_TO_SIGNAL = Histogram(
    "strategy_bar_to_signal_seconds",
    "Time from a bar's publication to the decision on it.",
    buckets=_BUCKETS_S,
)
_ORDER_TO_ACK = Histogram(
    "strategy_order_to_ack_seconds",
    "Time from an order's submission to its answer.",
    buckets=_BUCKETS_S,
)
_REFUSED = Counter("strategy_orders_refused_total", "Orders that were refused.", ["reason"])

log = structlog.get_logger(__name__)


class TelemetryObserver:
    """See `ports.Observer`."""

    def bar_to_signal(self, latency_ns: int) -> None:
        """See `ports.Observer`."""
        _BAR_TO_SIGNAL.observe(latency_ns / SECOND_NS)

    def order_to_ack(self, latency_ns: int) -> None:
        """See `ports.Observer`."""
        _ORDER_TO_ACK.observe(latency_ns / SECOND_NS)

    def refused(
        self, deployment: Deployment, intent: OrderIntent, refusal: AlgoTrendyError
    ) -> None:
        """See `ports.Observer`."""
        _REFUSED.labels(refusal.reason).inc()
        log.warning(
            "order_refused",
            deployment_id=deployment.deployment_id,
            strategy_id=deployment.strategy_id,
            account_id=deployment.account_id,
            symbol=intent.symbol,
            side=intent.side.value,
            reason=refusal.reason,
            error=str(refusal),
        )

    def open_missed(self, intent: OrderIntent) -> None:
        """See `ports.Observer`."""
        log.warning(
            "open_missed",
            symbol=intent.symbol,
            side=intent.side.value,
            bar_close_time_ns=intent.bar_close_time_ns,
            error="no market data told the open at which the order was to be sized",
        )


class MonotonicStopwatch:
    """See `ports.Stopwatch`."""

    def now_ns(self) -> int:
        """See `ports.Stopwatch`."""
        return time.perf_counter_ns()
