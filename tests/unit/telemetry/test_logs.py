import io
import json
import logging
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from algotrendy.telemetry.logs import logs_to


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_what_was_bound() -> None:
    stream = io.StringIO()
    with logs_to(stream), structlog.contextvars.bound_contextvars(area="trading", order_id="o-1"):
        structlog.get_logger().info("order_accepted", quantity=3)
    (line,) = lines(stream)
    assert line["event"] == "order_accepted"
    assert line["level"] == "info"
    assert line["area"] == "trading"
    assert line["order_id"] == "o-1"
    assert line["quantity"] == 3
    assert line["timestamp"].endswith("Z")
    assert "trace_id" not in line


def test_a_line_carries_the_trace_it_belongs_to() -> None:
    stream = io.StringIO()
    with (
        logs_to(stream),
        TracerProvider().get_tracer("test").start_as_current_span("order") as span,
    ):
        structlog.get_logger().info("order_accepted")
    (line,) = lines(stream)
    context = span.get_span_context()
    assert line["trace_id"] == trace.format_trace_id(context.trace_id)
    assert line["span_id"] == trace.format_span_id(context.span_id)


def test_an_exception_is_part_of_its_line() -> None:
    stream = io.StringIO()
    with logs_to(stream):
        try:
            int("three")
        except ValueError:
            structlog.get_logger().exception("order_failed")
    (line,) = lines(stream)
    assert line["exception"][0]["exc_type"] == "ValueError"


def test_lines_below_the_level_are_left_out() -> None:
    stream = io.StringIO()
    with logs_to(stream, "WARNING"):
        structlog.get_logger().info("quiet")
        logging.getLogger("library").info("quiet")
    assert stream.getvalue() == ""


def test_what_libraries_log_has_the_same_form() -> None:
    stream = io.StringIO()
    with logs_to(stream):
        logging.getLogger("library").warning("disk %s is slow", "a")
    (line,) = lines(stream)
    assert line["event"] == "disk a is slow"
    assert line["logger"] == "library"
    assert line["level"] == "warning"


def test_afterwards_logs_go_where_they_went_before() -> None:
    before = structlog.get_config()
    handlers = list(logging.getLogger().handlers)
    with logs_to(io.StringIO()):
        pass
    assert structlog.get_config() == before
    assert logging.getLogger().handlers == handlers
