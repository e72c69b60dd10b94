"""The bus as areas see it, over one NATS connection."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import nats
import nats.errors
import nats.js.errors
import structlog
from google.protobuf.message import Message
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.bus.consumer import DurableConsumer, Start
from algotrendy.bus.envelope import decode, decode_envelope, encode, traced
from algotrendy.bus.event import Delivery, Event, Handler
from algotrendy.bus.lockstep import Barrier
from algotrendy.bus.streams import (
    DEAD_LETTER_STREAM,
    DEAD_LETTER_SUBJECT,
    REST_SUBJECT,
    STREAM,
    failures_typed,
    make_streams,
)
from algotrendy.errors import InvalidArgumentError, UnavailableError
from algotrendy.telemetry import metrics

log = structlog.get_logger(__name__)

_READ_BATCH: Final = 500
_READ_DEADLINE_S: Final = 10.0


class Bus:
    """Publishes and follows messages; every message is a protobuf message in an `Envelope`."""

    def __init__(self, connection: Client) -> None:
        self._connection = connection
        self._jetstream = connection.jetstream()
        self.barrier = Barrier(connection)

    async def publish_event(self, event: Event) -> int:
        """Store `event` in the stream and return its sequence there.

        An event id seen within the last ten minutes is not stored again: the answer is the first
        one's sequence.

        Raises
        ------
        StorageFullError
            The stream's disk or quota is used up.
        UnavailableError
            The server does not answer, or the subject belongs to no stream.
        """
        envelope = encode(event)
        headers = {"Nats-Msg-Id": event.event_id, **envelope.trace_context}
        with failures_typed(f"publish {event.type} on {event.subject}"):
            answer = await self._jetstream.publish(
                event.subject, envelope.SerializeToString(), headers=headers
            )
        metrics.EVENTS_PUBLISHED.labels(event.type).inc()
        return int(answer.seq)

    async def publish(self, event: Event) -> None:
        """Send `event` to whoever listens now; nothing is stored."""
        envelope = encode(event)
        with failures_typed(f"publish {event.type} on {event.subject}"):
            await self._connection.publish(
                event.subject,
                envelope.SerializeToString(),
                headers=dict(envelope.trace_context) or None,
            )

    @asynccontextmanager
    async def consumer(
        self, name: str, subjects: Sequence[str], handler: Handler, start: Start = "all"
    ) -> AsyncIterator[DurableConsumer]:
        """Follow stored events while the block lasts, from where `name` stopped the last time.

        `start` says where a consumer seen for the first time begins. It answers the barrier's
        `settle` under `name`.
        """
        consumer = DurableConsumer(self._connection, name, subjects, handler, start)
        await consumer.open()
        try:
            yield consumer
        finally:
            await consumer.close()

    @asynccontextmanager
    async def subscribe(self, subject: str, handler: Handler) -> AsyncIterator[None]:
        """Hand over every message sent on `subject` while the block lasts, one at a time."""

        async def receive(message: Msg) -> None:
            await _handle(message, handler, subject)

        async with self._subscription(subject, receive):
            yield

    @asynccontextmanager
    async def participate(
        self, name: str, subject: str, message_type: type[Message], handler: Handler
    ) -> AsyncIterator[None]:
        """Take part in lock-step replay: as `subscribe`, but tell the barrier when it is handled.

        A message that asks for no answer, as live market data does, is just handled.
        """

        async def check(delivery: Delivery) -> None:
            if not isinstance(delivery.payload, message_type):
                raise InvalidArgumentError(
                    f"{delivery.subject} holds a {delivery.payload.DESCRIPTOR.full_name}, "
                    f"not a {message_type.DESCRIPTOR.full_name}.",
                    subject=delivery.subject,
                )
            await handler(delivery)

        async def receive(message: Msg) -> None:
            cause = await _handle(message, check, name)
            if message.reply:
                answer = envelope_pb2.Acknowledgement(consumer=name, error=cause or "")
                await message.respond(answer.SerializeToString())

        async with self._subscription(subject, receive):
            yield

    @asynccontextmanager
    async def come_to_rest(
        self, name: str, rest: Callable[[], Awaitable[None]]
    ) -> AsyncIterator[None]:
        """Answer the barrier's `rest` under `name` while the block lasts, as `rest` returns.

        It returns once all that was asked for before is done, and what came of it is published.
        """

        async def receive(message: Msg) -> None:
            answer = envelope_pb2.Acknowledgement(consumer=name)
            try:
                await rest()
            except Exception as error:  # Whoever waits must learn of it.
                log.warning("rest_failed", consumer=name, exc_info=True)
                answer.error = str(error) or type(error).__name__
            await message.respond(answer.SerializeToString())

        async with self._subscription(REST_SUBJECT, receive):
            yield

    async def events(
        self, subject_filter: str, *, first_sequence: int = 1
    ) -> list[envelope_pb2.Envelope]:
        """Return what the stream holds on the subjects, in order, their payloads packed."""
        return await self._read(STREAM, subject_filter, first_sequence)

    async def dead_letters(self, consumer: str) -> list[envelope_pb2.Envelope]:
        """Return the events that `consumer` gave up, in order."""
        return await self._read(DEAD_LETTER_STREAM, f"{DEAD_LETTER_SUBJECT}.{consumer}", 1)

    async def last_envelope(self, subject_filter: str) -> envelope_pb2.Envelope | None:
        """Return the last event stored on the subjects; None if there is none."""
        with failures_typed(f"read the last event on {subject_filter}"):
            try:
                message = await self._jetstream.get_last_msg(STREAM, subject_filter)
            except nats.js.errors.NotFoundError:
                return None
        return decode_envelope(message.data or b"", message.subject or subject_filter)

    async def delete_streams(self) -> None:
        """Delete all stored events and consumers; the next bus makes the streams anew."""
        for stream in (STREAM, DEAD_LETTER_STREAM):
            with failures_typed(f"delete the stream {stream}"):
                await self._jetstream.delete_stream(stream)

    async def flush(self) -> None:
        """Return once the server has seen everything sent so far."""
        with failures_typed("flush the connection"):
            await self._connection.flush()

    @asynccontextmanager
    async def _subscription(
        self, subject: str, receive: Callable[[Msg], Awaitable[None]]
    ) -> AsyncIterator[None]:
        with failures_typed(f"subscribe to {subject}"):
            subscription = await self._connection.subscribe(subject, cb=receive)
            # A message sent after this call must reach the subscription.
            await self._connection.flush()
        try:
            yield
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def _read(
        self, stream: str, subject_filter: str, first_sequence: int
    ) -> list[envelope_pb2.Envelope]:
        found: list[envelope_pb2.Envelope] = []
        with failures_typed(f"read the events on {subject_filter}"):
            config = ConsumerConfig(
                ack_policy=AckPolicy.NONE,
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=first_sequence,
                filter_subject=subject_filter,
                inactive_threshold=_READ_DEADLINE_S * 2,
                mem_storage=True,
            )
            subscription = await self._jetstream.pull_subscribe(
                subject_filter, stream=stream, config=config
            )
            info = await subscription.consumer_info()
            try:
                pending = info.num_pending or 0
                while len(found) < pending:
                    batch = min(_READ_BATCH, pending - len(found))
                    messages = await subscription.fetch(batch, timeout=_READ_DEADLINE_S)
                    found.extend(
                        decode_envelope(message.data, message.subject) for message in messages
                    )
            finally:
                await subscription.unsubscribe()
                await self._jetstream.delete_consumer(stream, info.name)
        return found


async def _handle(message: Msg, handler: Handler, consumer: str) -> str | None:
    """Hand a message of core NATS over; return why that failed, or None."""
    try:
        delivery = decode(message.subject, message.data)
        with traced(delivery, consumer):
            await handler(delivery)
    except Exception as error:  # The next message must be handled all the same.
        log.warning("message_failed", consumer=consumer, subject=message.subject, exc_info=True)
        return str(error) or type(error).__name__
    return None


@asynccontextmanager
async def open_bus(url: str) -> AsyncIterator[Bus]:
    """Connect to the NATS server at `url` and make the streams.

    Raises
    ------
    UnavailableError
        The server does not answer.
    """
    try:
        connection = await nats.connect(
            url,
            name="algotrendy",
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            allow_reconnect=True,
            error_cb=_log_error,
        )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise UnavailableError(f"NATS does not answer: {error}.", cause=str(error)) from error
    try:
        await make_streams(connection.jetstream())
        yield Bus(connection)
    finally:
        with suppress(nats.errors.Error, TimeoutError):
            await connection.flush(timeout=2)
        await connection.close()


async def _log_error(error: Exception) -> None:
    log.warning("nats_error", cause=str(error) or type(error).__name__)
