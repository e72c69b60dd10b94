"""Events to bytes and back, with the trace they belong to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.bus.event import Delivery, Event
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.time import encode_time

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_TRACER: Final = trace.get_tracer("algotrendy.bus")


def encode(event: Event) -> envelope_pb2.Envelope:
    """Put `event` in an envelope that carries the current trace context."""
    envelope = envelope_pb2.Envelope(
        event_id=event.event_id,
        type=event.type,
        create_time=encode_time(event.create_time_ns),
        sequence=event.sequence,
        source=event.source,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
    )
    envelope.payload.Pack(event.payload)
    _PROPAGATOR.inject(envelope.trace_context)
    return envelope


def decode(subject: str, data: bytes, stream_sequence: int = 0) -> Delivery:
    """Open an envelope.

    Raises
    ------
    InvalidArgumentError
        It is no envelope, or its payload is of a type this process has not imported.
    """
    envelope = decode_envelope(data, subject)
    type_name = envelope.payload.TypeName()
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(type_name)
    except KeyError as error:
        raise InvalidArgumentError(
            f"A message on {subject} holds a {type_name!r}, which this process does not know.",
            subject=subject,
            type=type_name,
        ) from error
    payload: Message = message_factory.GetMessageClass(descriptor)()
    envelope.payload.Unpack(payload)
    return Delivery(subject, envelope, payload, stream_sequence)


def decode_envelope(data: bytes, subject: str) -> envelope_pb2.Envelope:
    """Open an envelope, its payload left packed."""
    try:
        return envelope_pb2.Envelope.FromString(data)
    except DecodeError as error:
        raise InvalidArgumentError(
            f"A message on {subject} is no envelope: {error}.", subject=subject
        ) from error


@contextmanager
def traced(delivery: Delivery, consumer: str) -> Iterator[None]:
    """Continue the trace of the message's publisher while `consumer` handles it."""
    parent = _PROPAGATOR.extract(delivery.envelope.trace_context)
    with _TRACER.start_as_current_span(
        f"{consumer} {delivery.envelope.type}",
        context=parent,
        kind=trace.SpanKind.CONSUMER,
        attributes={
            "messaging.system": "nats",
            "messaging.destination.name": delivery.subject,
            "messaging.message.id": delivery.envelope.event_id,
        },
    ):
        yield
