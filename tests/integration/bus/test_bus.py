import asyncio

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.bus import Bus, Delivery, Event
from algotrendy.errors import (
    AcknowledgementMissingError,
    ReplayFailedError,
    UnavailableError,
)

pytestmark = pytest.mark.integration

DEADLINE_S = 10.0


def event(number: int, subject: str = "algotrendy.trading.v1.order_filled.paper") -> Event:
    return Event(
        event_id=f"paper:{number}",
        type="OrderFilled",
        subject=subject,
        create_time_ns=1_500_000_000_123_456_789,
        source="trading/paper",
        payload=envelope_pb2.Settle(stream_sequence=number),
        sequence=number,
    )


def bar(number: int) -> Event:
    return event(number, "algotrendy.market_data.v1.market_data_received.SPX")


class Inbox:
    """A handler that keeps what it is given, after failing as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.deliveries: list[Delivery] = []
        self.attempts = 0
        self._failures = failures
        self._arrived = asyncio.Condition()

    async def __call__(self, delivery: Delivery) -> None:
        self.attempts += 1
        if self._failures > 0:
            self._failures -= 1
            raise ValueError("not today")
        async with self._arrived:
            self.deliveries.append(delivery)
            self._arrived.notify_all()

    async def wait_for(self, count: int) -> list[int]:
        async with asyncio.timeout(DEADLINE_S), self._arrived:
            await self._arrived.wait_for(lambda: len(self.deliveries) >= count)
        return self.numbers

    @property
    def numbers(self) -> list[int]:
        return [delivery.envelope.sequence for delivery in self.deliveries]


async def test_an_event_arrives_as_it_was_published(bus: Bus) -> None:
    inbox = Inbox()
    async with bus.consumer("risk", ["algotrendy.trading.v1.>"], inbox):
        sequence = await bus.publish_event(event(7))
        await inbox.wait_for(1)
    (delivery,) = inbox.deliveries
    assert delivery.stream_sequence == sequence
    assert delivery.subject == event(7).subject
    assert delivery.payload == envelope_pb2.Settle(stream_sequence=7)
    assert delivery.envelope.event_id == "paper:7"
    assert delivery.envelope.create_time.ToNanoseconds() == 1_500_000_000_123_456_789


async def test_an_event_id_is_stored_once(bus: Bus) -> None:
    first = await bus.publish_event(event(1))
    again = await bus.publish_event(event(1))
    assert again == first
    assert len(await bus.events("algotrendy.trading.v1.>")) == 1


async def test_events_are_read_back_in_order(bus: Bus) -> None:
    for number in range(1, 1203):
        await bus.publish_event(event(number))
    await bus.publish_event(event(9999, "algotrendy.risk.v1.other.x"))
    envelopes = await bus.events("algotrendy.trading.v1.>")
    assert [envelope.sequence for envelope in envelopes] == list(range(1, 1203))
    later = await bus.events("algotrendy.trading.v1.>", first_sequence=1200)
    assert [envelope.sequence for envelope in later] == [1200, 1201, 1202]


async def test_events_of_an_empty_stream_are_none(bus: Bus) -> None:
    assert await bus.events("algotrendy.trading.v1.>") == []
    assert await bus.last_envelope("algotrendy.trading.v1.>") is None


async def test_the_last_envelope_is_the_last_on_its_subjects(bus: Bus) -> None:
    await bus.publish_event(event(1))
    await bus.publish_event(event(2))
    await bus.publish_event(event(3, "algotrendy.risk.v1.other.x"))
    last = await bus.last_envelope("algotrendy.trading.v1.*.paper")
    assert last is not None
    assert last.sequence == 2


async def test_a_subject_outside_the_stream_is_refused(bus: Bus) -> None:
    with pytest.raises(UnavailableError):
        await bus.publish_event(bar(1))


async def test_a_consumer_continues_where_it_stopped(bus: Bus) -> None:
    first, second = Inbox(), Inbox()
    await bus.publish_event(event(1))
    async with bus.consumer("risk", ["algotrendy.trading.v1.>"], first) as consumer:
        await first.wait_for(1)
        await bus.barrier.settle({"risk"}, DEADLINE_S)
        assert consumer.last_sequence == 1
    await bus.publish_event(event(2))
    async with bus.consumer("risk", ["algotrendy.trading.v1.>"], second):
        assert await second.wait_for(1) == [2]


async def test_a_new_consumer_may_skip_the_past(bus: Bus) -> None:
    inbox = Inbox()
    await bus.publish_event(event(1))
    async with bus.consumer("risk", ["algotrendy.trading.v1.>"], inbox, start="new"):
        await bus.barrier.settle({"risk"}, DEADLINE_S)
        await bus.publish_event(event(2))
        assert await inbox.wait_for(1) == [2]


async def test_a_failed_event_is_delivered_again_before_the_next(bus: Bus) -> None:
    inbox = Inbox(failures=3)
    async with bus.consumer("risk", ["algotrendy.trading.v1.>"], inbox):
        await bus.publish_event(event(1))
        await bus.publish_event(event(2))
        assert await inbox.wait_for(2) == [1, 2]
    assert inbox.attempts == 5
    assert await bus.dead_letters("risk") == []


async def test_an_event_that_fails_five_times_is_dead_lettered(bus: Bus) -> None:
    inbox = Inbox(failures=5)
    async with bus.consumer("trading.projection", ["algotrendy.trading.v1.>"], inbox):
        await bus.publish_event(event(1))
        await bus.publish_event(event(2))
        assert await inbox.wait_for(1) == [2]
        with pytest.raises(ReplayFailedError, match="not today") as failure:
            await bus.barrier.settle({"trading.projection"}, DEADLINE_S)
        assert failure.value.metadata["consumer"] == "trading.projection"
        # It is told once: what was given up does not stop the work for ever.
        await bus.barrier.settle({"trading.projection"}, DEADLINE_S)
    assert [letter.sequence for letter in await bus.dead_letters("trading.projection")] == [1]


async def test_settle_waits_for_what_was_published(bus: Bus) -> None:
    inbox = Inbox(failures=2)
    subjects = ["algotrendy.trading.v1.>", "algotrendy.risk.v1.>"]
    async with bus.consumer("notification", subjects, inbox):
        await bus.publish_event(event(1))
        await bus.publish_event(event(2, "algotrendy.risk.v1.breached.paper"))
        await bus.publish_event(event(3, "algotrendy.strategy.v1.signal.x"))
        assert await bus.barrier.settle({"notification"}, DEADLINE_S) == 3
        assert inbox.numbers == [1, 2]


async def test_settle_needs_no_event_at_all(bus: Bus) -> None:
    async with bus.consumer("risk", ["algotrendy.trading.v1.>"], Inbox()):
        assert await bus.barrier.settle({"risk"}, DEADLINE_S) == 0
        await bus.publish_event(event(1, "algotrendy.risk.v1.breached.paper"))
        assert await bus.barrier.settle({"risk"}, DEADLINE_S) == 1


async def test_nobody_is_asked_to_settle_again_where_nothing_was_published(bus: Bus) -> None:
    async with bus.consumer("risk", ["algotrendy.trading.v1.>"], Inbox()):
        await bus.publish_event(event(1))
        assert await bus.barrier.settle({"risk"}, DEADLINE_S) == 1
    # It has gone, and is missed once there is something that it has not seen.
    assert await bus.barrier.settle({"risk"}, DEADLINE_S) == 1
    with pytest.raises(AcknowledgementMissingError):
        await bus.barrier.settle({"risk", "portfolio"}, 0.2)
    await bus.publish_event(event(2))
    with pytest.raises(AcknowledgementMissingError):
        await bus.barrier.settle({"risk"}, 0.2)


async def test_settle_names_the_consumer_that_does_not_answer(bus: Bus) -> None:
    async with bus.consumer("risk", ["algotrendy.trading.v1.>"], Inbox()):
        with pytest.raises(AcknowledgementMissingError) as missing:
            await bus.barrier.settle({"risk", "portfolio"}, 0.2)
    assert missing.value.metadata["consumers"] == "portfolio"


async def test_rest_waits_for_what_comes_of_what_consumers_do(bus: Bus) -> None:
    """Each event makes its consumer ask for one more, up to five; the maker publishes late."""
    inbox, asked = Inbox(), asyncio.Queue[int]()

    async def ask_for_more(delivery: Delivery) -> None:
        await inbox(delivery)
        number = delivery.envelope.sequence
        if number < 5:
            asked.put_nowait(number + 1)

    async def publish_all() -> None:
        while not asked.empty():
            await bus.publish_event(event(asked.get_nowait()))

    async with (
        bus.consumer("strategy", ["algotrendy.trading.v1.>"], ask_for_more),
        bus.come_to_rest("trading", publish_all),
    ):
        asked.put_nowait(1)
        await bus.barrier.rest({"strategy"}, {"trading"}, DEADLINE_S)
        assert inbox.numbers == [1, 2, 3, 4, 5]
        # And where nothing is to be done.
        await bus.barrier.rest({"strategy"}, {"trading"}, DEADLINE_S)
        # Who only settles is told of what is published by then alone.
        asked.put_nowait(5)
        assert await bus.barrier.settle({"strategy"}, DEADLINE_S) == 5


async def test_rest_ends_though_others_are_at_work_for_ever(bus: Bus) -> None:
    inbox = Inbox()

    async def publish_another() -> None:
        await bus.publish_event(event(len(inbox.deliveries) + 1))

    async with (
        bus.consumer("strategy", ["algotrendy.trading.v1.>"], inbox),
        bus.come_to_rest("trading", publish_another),
    ):
        await bus.barrier.rest({"strategy"}, {"trading"}, DEADLINE_S)
    assert len(inbox.deliveries) > 50


async def test_rest_names_who_does_not_come_to_it_and_who_fails(bus: Bus) -> None:
    async def fail() -> None:
        raise ValueError("not today")

    async with bus.consumer("strategy", ["algotrendy.trading.v1.>"], Inbox()):
        with pytest.raises(AcknowledgementMissingError) as missing:
            await bus.barrier.rest({"strategy"}, {"trading"}, 0.2)
        assert missing.value.metadata["consumers"] == "trading"
        async with bus.come_to_rest("trading", fail):
            with pytest.raises(ReplayFailedError) as failure:
                await bus.barrier.rest({"strategy"}, {"trading"}, DEADLINE_S)
    assert failure.value.metadata["cause"] == "not today"


async def test_the_barrier_waits_for_every_participant(bus: Bus) -> None:
    trading, strategy = Inbox(), Inbox()
    subject = "algotrendy.market_data.v1.market_data_received.*"
    async with (
        bus.participate("trading", subject, envelope_pb2.Settle, trading),
        bus.participate("strategy", subject, envelope_pb2.Settle, strategy),
    ):
        for number in range(1, 101):
            await bus.barrier.publish_and_wait(bar(number), {"trading", "strategy"}, DEADLINE_S)
            assert trading.numbers[-1] == strategy.numbers[-1] == number


async def test_the_barrier_names_who_is_missing(bus: Bus) -> None:
    subject = "algotrendy.market_data.v1.market_data_received.*"
    async with bus.participate("trading", subject, envelope_pb2.Settle, Inbox()):
        with pytest.raises(AcknowledgementMissingError) as missing:
            await bus.barrier.publish_and_wait(bar(1), {"trading", "strategy"}, 0.2)
    assert missing.value.metadata == {"consumers": "strategy", "subject": bar(1).subject}


async def test_the_barrier_fails_at_once_when_nobody_listens(bus: Bus) -> None:
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(AcknowledgementMissingError, match="strategy, trading"):
            await bus.barrier.publish_and_wait(bar(1), {"trading", "strategy"}, 3600)


async def test_the_barrier_reports_a_participants_failure(bus: Bus) -> None:
    async with bus.participate("strategy", bar(1).subject, envelope_pb2.Settle, Inbox(failures=1)):
        with pytest.raises(ReplayFailedError) as failure:
            await bus.barrier.publish_and_wait(bar(1), {"strategy"}, DEADLINE_S)
    assert failure.value.metadata["consumer"] == "strategy"
    assert failure.value.metadata["cause"] == "not today"


async def test_a_participant_refuses_another_type(bus: Bus) -> None:
    subject = bar(1).subject
    async with bus.participate("strategy", subject, envelope_pb2.Acknowledgement, Inbox()):
        with pytest.raises(ReplayFailedError, match="Settle"):
            await bus.barrier.publish_and_wait(bar(1), {"strategy"}, DEADLINE_S)


async def test_live_messages_reach_subscribers_and_participants(bus: Bus) -> None:
    watching, trading = Inbox(failures=1), Inbox()
    subject = "algotrendy.market_data.v1.market_data_received.*"
    async with (
        bus.subscribe(subject, watching),
        bus.participate("trading", subject, envelope_pb2.Settle, trading),
    ):
        await bus.publish(bar(1))
        await bus.publish(bar(2))
        assert await trading.wait_for(2) == [1, 2]
        # What a subscriber fails on is logged; the next message comes all the same.
        assert await watching.wait_for(1) == [2]


@pytest.mark.parametrize("stored", [True, False])
async def test_the_trace_goes_from_publisher_to_handler(bus: Bus, *, stored: bool) -> None:
    traces: list[int] = []
    done = asyncio.Event()

    async def handler(_delivery: Delivery) -> None:
        traces.append(trace.get_current_span().get_span_context().trace_id)
        done.set()

    tracer = TracerProvider().get_tracer("test")
    subjects = ["algotrendy.trading.v1.>"]
    following = (
        bus.consumer("risk", subjects, handler)
        if stored
        else bus.subscribe(bar(1).subject, handler)
    )
    async with following:
        with tracer.start_as_current_span("order") as span:
            await (bus.publish_event(event(1)) if stored else bus.publish(bar(1)))
        async with asyncio.timeout(DEADLINE_S):
            await done.wait()
    assert traces == [span.get_span_context().trace_id]
