"""Traces: made and carried from call to call; exporters come later."""

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider


def configure_tracing(service: str) -> None:
    """Give this process a tracer provider named `service`; the first call counts."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider(resource=Resource({SERVICE_NAME: service})))
