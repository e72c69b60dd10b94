"""Logs: one JSON object a line, with what it belongs to."""

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from opentelemetry import trace


@contextmanager
def logs_to(stream: TextIO, level: str = "INFO") -> Iterator[None]:
    """Write every log line of this process to `stream` as JSON while the block lasts.

    A line carries its area, the trace it belongs to and what was bound for the work at hand:
    `with structlog.contextvars.bound_contextvars(order_id=order_id)`.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.dict_tracebacks,
    ]
    before = structlog.get_config()
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        # Loggers are made at import, before anybody says where to.
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root_level = root.level
    handler = _handler_for_libraries(stream, shared)
    root.addHandler(handler)
    root.setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(root_level)
        structlog.configure(**before)


def add_trace(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add the ids of the current span, as W3C writes them."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _handler_for_libraries(
    stream: TextIO, shared: list[structlog.typing.Processor]
) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    return handler
