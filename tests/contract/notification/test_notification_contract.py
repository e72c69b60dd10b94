from collections.abc import AsyncIterator
from functools import partial

import pytest

from algotrendy.api.notification.v1 import notification_service_pb2 as pb
from algotrendy.api.notification.v1 import notification_service_pb2_grpc as pb_grpc
from algotrendy.errors import InvalidArgumentError, RequestIdReusedError
from algotrendy.notification.adapters.events import EventCatalogue
from algotrendy.notification.model import Occurrence
from algotrendy.notification.service import NotificationService
from algotrendy.notification.servicer import NotificationServicer
from algotrendy.rpc.time import encode_time
from algotrendy.testing.clock import FakeClock
from algotrendy.testing.notification import FakeDeliveries, FakeOutbox, FakeRules
from algotrendy.testing.requests import FakeRequests
from algotrendy.testing.rpc import served


@pytest.fixture
def service() -> NotificationService:
    return NotificationService(
        EventCatalogue(),
        FakeRules(),
        FakeRequests(),
        FakeOutbox(),
        FakeDeliveries(),
        FakeClock(1_500_000_000),
    )


@pytest.fixture
async def stub(
    service: NotificationService,
) -> AsyncIterator["pb_grpc.NotificationServiceAsyncStub"]:
    add = partial(pb_grpc.add_NotificationServiceServicer_to_server, NotificationServicer(service))
    async with served("notification", add) as channel:
        yield pb_grpc.NotificationServiceStub(channel)


def rule_request(
    request_id: str = "1",
    event_type: str = "OrderFilled",
    template: str = "Filled {fill.quantity} {fill.symbol}",
) -> pb.CreateRuleRequest:
    return pb.CreateRuleRequest(request_id=request_id, event_type=event_type, template=template)


async def test_a_rule_is_created_and_listed(stub: "pb_grpc.NotificationServiceAsyncStub") -> None:
    rule = (await stub.CreateRule(rule_request())).rule
    assert (rule.event_type, rule.template) == (
        "OrderFilled", "Filled {fill.quantity} {fill.symbol}",
    )  # fmt: skip
    assert rule.create_time == encode_time(1_500_000_000)
    assert list((await stub.ListRules(pb.ListRulesRequest())).rules) == [rule]


async def test_repeating_a_request_returns_the_first_rule(
    stub: "pb_grpc.NotificationServiceAsyncStub",
) -> None:
    first = await stub.CreateRule(rule_request())
    assert await stub.CreateRule(rule_request()) == first


async def test_a_request_id_with_another_body_already_exists(
    stub: "pb_grpc.NotificationServiceAsyncStub",
) -> None:
    await stub.CreateRule(rule_request())
    with pytest.raises(RequestIdReusedError):
        await stub.CreateRule(rule_request(template="Filled"))


@pytest.mark.parametrize(
    ("request_", "metadata"),
    [
        (rule_request(request_id=""), {"field": "request_id", "length": "0"}),
        (rule_request(event_type=""), {"field": "event_type", "value": ""}),
        (rule_request(event_type="Fill"), {"field": "event_type", "value": "Fill"}),
        (rule_request(template=""), {"field": "template", "length": "0"}),
        (rule_request(template="x" * 1001), {"field": "template", "length": "1001"}),
        (rule_request(template="a\0"), {"field": "template", "position": "1"}),
        (rule_request(template="{fill.prize}"), {"field": "template", "path": "fill.prize"}),
        (rule_request(template="{fill}"), {"field": "template", "path": "fill"}),
    ],
)
async def test_a_wrong_rule_is_refused_by_field(
    stub: "pb_grpc.NotificationServiceAsyncStub",
    request_: pb.CreateRuleRequest,
    metadata: dict[str, str],
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await stub.CreateRule(request_)
    assert refusal.value.metadata == metadata


async def test_rules_are_listed_page_by_page_oldest_first(
    stub: "pb_grpc.NotificationServiceAsyncStub",
) -> None:
    ids = [(await stub.CreateRule(rule_request(str(n)))).rule.rule_id for n in range(3)]
    first = await stub.ListRules(pb.ListRulesRequest(page_size=2))
    second = await stub.ListRules(
        pb.ListRulesRequest(page_size=2, page_token=first.next_page_token)
    )
    assert [rule.rule_id for rule in [*first.rules, *second.rules]] == ids
    assert second.next_page_token == ""


async def test_notifications_are_listed_page_by_page_newest_first(
    stub: "pb_grpc.NotificationServiceAsyncStub", service: NotificationService
) -> None:
    await stub.CreateRule(rule_request())
    for number in range(3):
        await service.notify(Occurrence(f"a:{number}", "OrderFilled", number, lambda path: path))
    first = await stub.ListNotifications(pb.ListNotificationsRequest(page_size=2))
    second = await stub.ListNotifications(
        pb.ListNotificationsRequest(page_size=2, page_token=first.next_page_token)
    )
    found = [*first.notifications, *second.notifications]
    assert [notification.event_id for notification in found] == ["a:2", "a:1", "a:0"]
    assert found[0].text == "Filled fill.quantity fill.symbol"
    assert (found[0].event_type, found[0].event_time) == ("OrderFilled", encode_time(2))
    assert found[0].destination == f"memory:{found[0].notification_id}"


@pytest.mark.parametrize("page_token", ["x", "-1", "٣", "9" * 30])
async def test_a_page_token_of_somebody_else_is_refused(
    stub: "pb_grpc.NotificationServiceAsyncStub", page_token: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await stub.ListNotifications(pb.ListNotificationsRequest(page_token=page_token))
    assert refusal.value.metadata["field"] == "page_token"
