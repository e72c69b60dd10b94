"""The notification area on real NATS and PostgreSQL, its outbox on a real disk."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import psycopg_pool
import pytest

from algotrendy.api.notification.v1 import notification_service_pb2 as pb
from algotrendy.api.notification.v1 import notification_service_pb2_grpc as pb_grpc
from algotrendy.api.trading.v1 import trading_events_pb2, trading_pb2
from algotrendy.bus import Bus, Event
from algotrendy.errors import RequestIdReusedError, UnavailableError
from algotrendy.notification.adapters.events import EventCatalogue
from algotrendy.notification.adapters.nats import follow
from algotrendy.notification.adapters.postgres import PostgresDeliveries, PostgresRules
from algotrendy.notification.model import Message, default_rules
from algotrendy.notification.service import NotificationService
from algotrendy.platform.nats_server import NatsServer
from algotrendy.platform.supervisor import Running
from algotrendy.storage.requests import PostgresRequests
from algotrendy.testing.areas import running_areas
from algotrendy.testing.clock import FakeClock
from algotrendy.testing.notification import FakeOutbox

pytestmark = pytest.mark.integration

Start = Callable[[], AbstractAsyncContextManager[Running]]
DEADLINE_S = 20.0


@pytest.fixture
def start(bus: Bus, nats: NatsServer, dsn: str, tmp_path: Path) -> Start:
    """Starts the area; again, it finds what it left."""
    return lambda: running_areas(tmp_path / "data", nats.url, dsn, "notification")


def opened(number: int, symbol: str = "SPY") -> Event:
    """A position that was opened, as the trading area tells it."""
    return Event(
        event_id=f"account:{number}",
        type="PositionOpened",
        subject="algotrendy.trading.v1.position_opened.account",
        create_time_ns=number,
        source="trading/account",
        payload=trading_events_pb2.PositionOpened(
            position=trading_pb2.Position(account_id="account", symbol=symbol)
        ),
        sequence=number,
    )


def stub(running: Running) -> "pb_grpc.NotificationServiceAsyncStub":
    return pb_grpc.NotificationServiceStub(running.context.channels.to("notification"))


async def texts(running: Running) -> list[str]:
    listed = await stub(running).ListNotifications(pb.ListNotificationsRequest())
    return [notification.text for notification in listed.notifications]


async def settle(bus: Bus) -> None:
    await bus.barrier.settle({"notification"}, DEADLINE_S)


def outbox_texts(data_folder: Path) -> list[str]:
    files = sorted((data_folder / "outbox").iterdir())
    assert all(path.suffix == ".json" for path in files)
    return sorted(json.loads(path.read_text())["text"] for path in files)


async def test_events_become_files_and_rows_once(start: Start, bus: Bus, tmp_path: Path) -> None:
    async with start() as running:
        await stub(running).CreateRule(
            pb.CreateRuleRequest(
                request_id="1", event_type="PositionOpened", template="Look: {position.symbol}"
            )
        )
        await bus.publish_event(opened(1))
        await bus.publish_event(opened(1))
        await settle(bus)
        found = await texts(running)
    default = "Opened none SPY at none in account account."
    assert sorted(found) == ["Look: SPY", default]
    assert outbox_texts(tmp_path / "data") == ["Look: SPY", default]


async def test_a_restart_keeps_rules_and_continues_where_it_stopped(
    start: Start, bus: Bus, tmp_path: Path
) -> None:
    request = pb.CreateRuleRequest(
        request_id="1", event_type="PositionOpened", template="{position.symbol}"
    )
    async with start() as running:
        rule = (await stub(running).CreateRule(request)).rule
        await bus.publish_event(opened(1, "A"))
        await settle(bus)
    await bus.publish_event(opened(2, "B"))
    async with start() as running:
        await settle(bus)
        assert (await stub(running).CreateRule(request)).rule == rule
        request.template = "other"
        with pytest.raises(RequestIdReusedError):
            await stub(running).CreateRule(request)
        rules = (await stub(running).ListRules(pb.ListRulesRequest())).rules
        found = await texts(running)
    assert [text for text in found if len(text) == 1] == ["B", "A"]
    assert len(rules) == len(default_rules(0)) + 1
    assert len(outbox_texts(tmp_path / "data")) == len(found) == 4


async def test_an_event_of_no_known_type_is_passed_over(start: Start, bus: Bus) -> None:
    async with start() as running:
        await bus.publish_event(opened(1))
        await settle(bus)
        filled = Event(
            event_id="account:2",
            type="OrderAccepted",
            subject="algotrendy.trading.v1.order_accepted.account",
            create_time_ns=2,
            source="trading/account",
            payload=trading_events_pb2.OrderAccepted(account_id="account"),
        )
        await bus.publish_event(filled)
        await settle(bus)
        assert len(await texts(running)) == 1


@asynccontextmanager
async def following(
    bus: Bus,
    pool: psycopg_pool.AsyncConnectionPool,
    outbox: FakeOutbox,
    deliveries: PostgresDeliveries | None = None,
) -> AsyncIterator[NotificationService]:
    service = NotificationService(
        EventCatalogue(),
        PostgresRules(pool),
        PostgresRequests(pool, "notification"),
        outbox,
        deliveries or PostgresDeliveries(pool),
        FakeClock(),
    )
    await service.start()
    async with follow(bus, service):
        yield service


async def test_an_outbox_that_fails_gets_the_message_again(
    bus: Bus, pool: psycopg_pool.AsyncConnectionPool
) -> None:
    outbox = FakeOutbox(failures=2)
    async with following(bus, pool, outbox) as service:
        await bus.publish_event(opened(1))
        await bus.publish_event(opened(2))
        await settle(bus)
        found = await service.notifications(None, 10)
    assert (outbox.attempts, len(outbox.visible)) == (4, 2)
    assert [row.message.event_id for row in found] == ["account:2", "account:1"]
    assert await bus.dead_letters("notification") == []


class UnsteadyDeliveries(PostgresDeliveries):
    """Fails the first time, when the message is in the outbox already."""

    failures = 1

    async def add(self, message: Message, destination: str) -> None:
        if self.failures:
            self.failures -= 1
            raise UnavailableError("PostgreSQL does not answer.")
        await super().add(message, destination)


async def test_a_message_that_was_delivered_but_not_kept_is_visible_once(
    bus: Bus, pool: psycopg_pool.AsyncConnectionPool
) -> None:
    outbox = FakeOutbox()
    async with following(bus, pool, outbox, UnsteadyDeliveries(pool)) as service:
        await bus.publish_event(opened(1))
        await settle(bus)
        found = await service.notifications(None, 10)
    assert (outbox.attempts, len(outbox.visible), len(found)) == (2, 1, 1)
