import pytest

from algotrendy.errors import InvalidArgumentError, RequestIdReusedError, StorageFullError
from algotrendy.notification.adapters.events import EventCatalogue
from algotrendy.notification.model import Occurrence, default_rules
from algotrendy.notification.service import NotificationService
from algotrendy.testing.clock import FakeClock
from algotrendy.testing.notification import FakeDeliveries, FakeOutbox, FakeRules
from algotrendy.testing.requests import FakeRequests


class Desk:
    """A service over fakes."""

    def __init__(self) -> None:
        self.rules = FakeRules()
        self.outbox = FakeOutbox()
        self.deliveries = FakeDeliveries()
        self.clock = FakeClock(7)
        self.service = NotificationService(
            EventCatalogue(),
            self.rules,
            FakeRequests(),
            self.outbox,
            self.deliveries,
            self.clock,
        )

    async def texts(self) -> list[str]:
        return [found.message.text for found in await self.service.notifications(None, 100)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def opened(event_id: str = "a:1") -> Occurrence:
    return Occurrence(event_id, "PositionOpened", 5, lambda path: f"<{path}>")


async def test_the_first_start_adds_the_default_rules_and_the_next_none(desk: Desk) -> None:
    await desk.service.start()
    await desk.service.start()
    types = [rule.event_type for rule in await desk.service.rules("", 100)]
    assert types == [rule.event_type for rule in default_rules(0)]


async def test_a_rule_that_was_added_makes_messages(desk: Desk) -> None:
    rule = await desk.service.create_rule("1", b"1", "PositionOpened", "Now {position.symbol}!")
    await desk.service.notify(opened())
    [found] = await desk.service.notifications(None, 10)
    assert found.message.text == "Now <position.symbol>!"
    assert (found.message.rule_id, found.message.event_time_ns) == (rule.rule_id, 5)
    assert found.destination == f"memory:{found.message.notification_id}"


async def test_an_event_without_a_rule_makes_no_message(desk: Desk) -> None:
    await desk.service.notify(opened())
    assert desk.outbox.attempts == 0


async def test_every_rule_of_an_event_makes_its_message(desk: Desk) -> None:
    await desk.service.create_rule("1", b"1", "PositionOpened", "one")
    await desk.service.create_rule("2", b"2", "PositionOpened", "two")
    await desk.service.notify(opened())
    assert await desk.texts() == ["two", "one"]


async def test_an_event_that_is_delivered_again_is_visible_once(desk: Desk) -> None:
    await desk.service.create_rule("1", b"1", "PositionOpened", "one")
    await desk.service.notify(opened())
    await desk.service.notify(opened())
    assert (len(desk.outbox.visible), await desk.texts()) == (1, ["one"])


async def test_a_failing_outbox_raises_and_the_redelivery_delivers_every_message(
    desk: Desk,
) -> None:
    await desk.service.create_rule("1", b"1", "PositionOpened", "one")
    await desk.service.create_rule("2", b"2", "PositionOpened", "two")
    desk.outbox.failures = 1
    with pytest.raises(StorageFullError):
        await desk.service.notify(opened())
    assert await desk.texts() == []
    await desk.service.notify(opened())
    assert sorted(await desk.texts()) == ["one", "two"]
    assert len(desk.outbox.visible) == 2


async def test_repeating_a_request_returns_the_first_rule(desk: Desk) -> None:
    first = await desk.service.create_rule("1", b"1", "OrderFilled", "{fill.symbol}")
    desk.clock.time_ns = 8
    assert await desk.service.create_rule("1", b"1", "OrderFilled", "{fill.symbol}") == first
    assert len(await desk.service.rules("", 10)) == 1


async def test_a_request_id_with_another_body_is_refused(desk: Desk) -> None:
    await desk.service.create_rule("1", b"1", "OrderFilled", "{fill.symbol}")
    with pytest.raises(RequestIdReusedError):
        await desk.service.create_rule("1", b"2", "OrderFilled", "other")


@pytest.mark.parametrize(
    ("event_type", "template"),
    [("Nothing", "x"), ("OrderFilled", "{nothing}"), ("OrderFilled", "{")],
)
async def test_a_rule_that_could_never_work_is_not_kept(
    desk: Desk, event_type: str, template: str
) -> None:
    with pytest.raises(InvalidArgumentError):
        await desk.service.create_rule("1", b"1", event_type, template)
    assert await desk.service.rules("", 10) == []


async def test_notifications_are_paged_newest_first(desk: Desk) -> None:
    await desk.service.create_rule("1", b"1", "PositionOpened", "{position.symbol}")
    for number in range(3):
        await desk.service.notify(opened(f"a:{number}"))
    first = await desk.service.notifications(None, 2)
    assert [found.message.event_id for found in first] == ["a:2", "a:1"]
    [last] = await desk.service.notifications(first[-1].sequence, 2)
    assert last.message.event_id == "a:0"
