"""A durable consumer: every event, in order, at least once, then dead-lettered."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Literal

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.bus.envelope import decode, traced
from algotrendy.bus.event import Handler
from algotrendy.bus.streams import DEAD_LETTER_SUBJECT, SETTLE_SUBJECT, STREAM, failures_typed
from algotrendy.telemetry import metrics

log = structlog.get_logger(__name__)

Start = Literal["all", "new"]

MAX_DELIVERIES: Final = 5

# How soon the server delivers again what a consumer that died had not acknowledged.
_ACK_WAIT_S: Final = 5.0
_HEARTBEAT_S: Final = 2.0
_FIRST_RETRY_S: Final = 0.05
_FETCH_S: Final = 30.0
_RECONNECT_PAUSE_S: Final = 1.0
_STOP_GRACE_S: Final = 10.0


class DurableConsumer:
    """Follows subjects of the event stream from where it stopped the last time.

    A handler that raises gets the event again, at most five times in all; then the event goes to
    the dead-letter stream and the next one follows. A handler must bear to see an event twice.
    """

    def __init__(
        self,
        connection: Client,
        name: str,
        subjects: Sequence[str],
        handler: Handler,
        start: Start,
    ) -> None:
        self.name = name
        # Of the stream: everything up to here that concerns this consumer is dealt with.
        self.last_sequence = 0
        self._connection = connection
        self._jetstream: JetStreamContext = connection.jetstream()
        self._subjects = list(subjects)
        self._handler = handler
        self._start: Start = start
        self._progress = asyncio.Condition()
        self._current: Msg | None = None
        self._dead_letters: list[str] = []
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Make the consumer on the server, or find it, and start following."""
        durable = self.name.replace(".", "_")
        config = ConsumerConfig(
            durable_name=durable,
            deliver_policy=DeliverPolicy.ALL if self._start == "all" else DeliverPolicy.NEW,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_ACK_WAIT_S,
            # One at a time: a retried event must not be overtaken by the next.
            max_ack_pending=1,
            filter_subjects=self._subjects,
        )
        with failures_typed(f"make the consumer {self.name}"):
            info = await self._jetstream.add_consumer(STREAM, config)
            self._events = await self._jetstream.pull_subscribe_bind(durable, STREAM)
            self._settles = await self._connection.subscribe(SETTLE_SUBJECT, cb=self._on_settle)
            # A settle request sent after this call must reach the subscription.
            await self._connection.flush()
        self.last_sequence = info.ack_floor.stream_seq if info.ack_floor else 0
        self._follower = asyncio.create_task(self._follow(), name=f"consumer {self.name}")
        self._heart = asyncio.create_task(self._beat(), name=f"heart of {self.name}")

    async def close(self) -> None:
        """Stop after the event in hand."""
        self._stopping = True
        if self._current is None:
            self._follower.cancel()
        await asyncio.wait([self._follower], timeout=_STOP_GRACE_S)
        tasks = [self._follower, self._heart, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(nats.errors.Error):
            await self._settles.unsubscribe()
            await self._events.unsubscribe()

    async def _follow(self) -> None:
        while not self._stopping:
            try:
                messages = await self._events.fetch(1, timeout=_FETCH_S)
            except (TimeoutError, nats.errors.TimeoutError):
                continue
            except (nats.errors.Error, nats.js.errors.Error) as error:
                log.warning("consumer_interrupted", consumer=self.name, cause=str(error))
                await asyncio.sleep(_RECONNECT_PAUSE_S)
                continue
            for message in messages:
                await self._process(message)

    async def _process(self, message: Msg) -> None:
        deliveries = message.metadata.num_delivered
        sequence = message.metadata.sequence.stream
        self._current = message
        try:
            cause = await self._handle(message, sequence)
            if cause is None:
                await message.ack()
            elif deliveries < MAX_DELIVERIES:
                await message.nak(delay=_FIRST_RETRY_S * 2 ** (deliveries - 1))
                return
            else:
                await self._bury(message, sequence, cause)
        except nats.errors.Error as error:
            # Not acknowledged, so it is delivered again.
            log.warning("acknowledgement_failed", consumer=self.name, cause=str(error))
            return
        finally:
            self._current = None
        async with self._progress:
            self.last_sequence = max(self.last_sequence, sequence)
            self._progress.notify_all()

    async def _handle(self, message: Msg, sequence: int) -> str | None:
        """Hand the event over; return why that failed, or None."""
        try:
            delivery = decode(message.subject, message.data, sequence)
            with traced(delivery, self.name):
                await self._handler(delivery)
        except Exception as error:  # Whatever a handler raises is retried.
            log.warning(
                "event_failed",
                consumer=self.name,
                subject=message.subject,
                sequence=sequence,
                delivery=message.metadata.num_delivered,
                exc_info=True,
            )
            metrics.EVENTS_CONSUMED.labels(self.name, "failed").inc()
            return str(error) or type(error).__name__
        metrics.EVENTS_CONSUMED.labels(self.name, "handled").inc()
        return None

    async def _bury(self, message: Msg, sequence: int, cause: str) -> None:
        with failures_typed("write to the dead-letter stream"):
            await self._jetstream.publish(
                f"{DEAD_LETTER_SUBJECT}.{self.name}",
                message.data,
                headers={
                    "Nats-Msg-Id": f"{self.name}:{sequence}",
                    "Algotrendy-Subject": message.subject,
                    # A header is one line.
                    "Algotrendy-Cause": " ".join(cause.split())[:500],
                },
            )
        await message.ack()
        self._dead_letters.append(f"{message.subject} was given up: {cause}")
        metrics.EVENTS_CONSUMED.labels(self.name, "dead_lettered").inc()
        log.error("event_dead_lettered", consumer=self.name, sequence=sequence, cause=cause)

    async def _beat(self) -> None:
        """Tell the server that a slow handler is still at work."""
        while True:
            await asyncio.sleep(_HEARTBEAT_S)
            if self._current is not None:
                with suppress(nats.errors.Error):
                    await self._current.in_progress()

    async def _on_settle(self, message: Msg) -> None:
        task = asyncio.create_task(self._settle(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self, message: Msg) -> None:
        request = envelope_pb2.Settle.FromString(message.data)
        await self._wait_until_processed(request.stream_sequence)
        answer = envelope_pb2.Acknowledgement(
            consumer=self.name, error="; ".join(self._dead_letters)
        )
        self._dead_letters.clear()
        await message.respond(answer.SerializeToString())

    async def _wait_until_processed(self, sequence: int) -> None:
        if self.last_sequence >= sequence:
            return
        # Most events do not concern this consumer: the stream knows the last one that does.
        target = min(sequence, await self._last_concerning())
        async with self._progress:
            await self._progress.wait_for(lambda: self.last_sequence >= target)
            # Nothing up to there is missing: the next who asks need not ask the stream.
            self.last_sequence = max(self.last_sequence, sequence)

    async def _last_concerning(self) -> int:
        last = 0
        for subject in self._subjects:
            with suppress(nats.js.errors.NotFoundError):
                message = await self._jetstream.get_last_msg(STREAM, subject)
                last = max(last, message.seq or 0)
        return last
