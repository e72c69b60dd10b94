"""The Prometheus metrics that several areas write; those of gRPC calls are `rpc.server`'s."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_LATENCY_BUCKETS_S: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)

HTTP_REQUESTS: Final = Counter(
    "http_requests_total", "HTTP requests answered.", ["method", "endpoint", "status"]
)
HTTP_REQUEST_DURATION: Final = Histogram(
    "http_request_duration_seconds",
    "Time from an HTTP request to its answer.",
    ["method", "endpoint"],
    buckets=_LATENCY_BUCKETS_S,
)
EVENTS_PUBLISHED: Final = Counter(
    "events_published_total", "Events stored in the stream.", ["type"]
)
EVENTS_CONSUMED: Final = Counter(
    "events_consumed_total",
    "Events a durable consumer dealt with: handled, failed or dead_lettered.",
    ["consumer", "outcome"],
)
MODEL_ACCURACY: Final = Gauge(
    "model_accuracy", "Share of right predictions out of sample.", ["model_name"]
)
PORTFOLIO_VALUE: Final = Gauge(
    "portfolio_value", "A portfolio's equity in its currency.", ["portfolio_id"]
)
TRADES: Final = Counter("trades_total", "Fills.", ["symbol", "side"])
