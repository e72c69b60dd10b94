import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.bus.envelope import decode, encode, traced
from algotrendy.bus.event import Event
from algotrendy.errors import InvalidArgumentError

SUBJECT = "algotrendy.trading.v1.order_filled.paper"


def event(create_time_ns: int = 1_500_000_000_123_456_789) -> Event:
    return Event(
        event_id="paper:1",
        type="OrderFilled",
        subject=SUBJECT,
        create_time_ns=create_time_ns,
        source="trading/paper",
        payload=envelope_pb2.Settle(stream_sequence=5),
        sequence=1,
        correlation_id="request",
        causation_id="paper:0",
    )


def test_an_event_comes_back_as_it_went() -> None:
    delivery = decode(SUBJECT, encode(event()).SerializeToString(), 42)
    envelope = delivery.envelope
    assert delivery.stream_sequence == 42
    assert delivery.payload == envelope_pb2.Settle(stream_sequence=5)
    assert (envelope.event_id, envelope.type, envelope.sequence) == ("paper:1", "OrderFilled", 1)
    assert (envelope.source, envelope.correlation_id) == ("trading/paper", "request")
    assert envelope.causation_id == "paper:0"
    assert envelope.create_time.ToNanoseconds() == 1_500_000_000_123_456_789


def test_a_time_before_1970_keeps_its_nanoseconds() -> None:
    envelope = encode(event(create_time_ns=-1))
    assert envelope.create_time.ToNanoseconds() == -1


def test_without_a_trace_there_is_no_trace_context() -> None:
    assert dict(encode(event()).trace_context) == {}


def test_the_handler_continues_the_publishers_trace() -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("order") as span:
        data = encode(event()).SerializeToString()
    with traced(decode(SUBJECT, data), "risk"):
        here = trace.get_current_span().get_span_context()
    assert here.trace_id == span.get_span_context().trace_id


def test_bytes_that_are_no_envelope_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="no envelope"):
        decode(SUBJECT, b"\xff\xff\xff")


def test_a_payload_of_an_unknown_type_is_refused() -> None:
    envelope = encode(event())
    envelope.payload.type_url = "type.googleapis.com/algotrendy.api.unknown.v1.Thing"
    with pytest.raises(InvalidArgumentError) as refusal:
        decode(SUBJECT, envelope.SerializeToString())
    assert refusal.value.metadata["type"] == "algotrendy.api.unknown.v1.Thing"
