"""Logs, traces and metrics, shared by all services."""

from algotrendy.telemetry.logs import configure_logging
from algotrendy.telemetry.tracing import configure_tracing

__all__ = ["configure_logging", "configure_tracing"]
