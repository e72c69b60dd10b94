from collections.abc import AsyncIterator
from functools import partial

import pytest

from algotrendy.agent.model import Check, CheckFailure, Strategy
from algotrendy.agent.service import AgentService
from algotrendy.agent.servicer import AgentServicer
from algotrendy.api.agent.v1 import agent_service_pb2 as pb
from algotrendy.api.agent.v1 import agent_service_pb2_grpc as pb_grpc
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.errors import ConfirmationTokenError, InvalidArgumentError
from algotrendy.rpc.time import encode_time
from algotrendy.testing.agent import (
    FakeBacktests,
    FakeMarket,
    FakeOrders,
    FakePortfolios,
    FakePreviews,
    FakeRisk,
    FakeStrategies,
    portfolio,
)
from algotrendy.testing.clock import FakeClock
from algotrendy.testing.rpc import served


@pytest.fixture
def orders() -> FakeOrders:
    return FakeOrders()


@pytest.fixture
async def stub(orders: FakeOrders) -> AsyncIterator["pb_grpc.AgentServiceAsyncStub"]:
    service = AgentService(
        portfolios=FakePortfolios(portfolio()),
        risk=FakeRisk(),
        market=FakeMarket(),
        strategies=FakeStrategies(Strategy("s-1", "Trend")),
        backtests=FakeBacktests(),
        orders=orders,
        previews=FakePreviews(),
        tokens=lambda: "token",
        clock=FakeClock(),
    )
    add = partial(pb_grpc.add_AgentServiceServicer_to_server, AgentServicer(service))
    async with served("agent", add) as channel:
        yield pb_grpc.AgentServiceStub(channel)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("what do I hold?", pb.INTENT_PORTFOLIO),
        ("backtest Trend in 2016", pb.INTENT_BACKTEST),
        ("buy 10 SP500", pb.INTENT_ORDER),
        ("good morning", pb.INTENT_UNKNOWN),
    ],
)
async def test_every_message_has_an_intent_and_an_answer(
    stub: "pb_grpc.AgentServiceAsyncStub", text: str, intent: "pb.Intent.ValueType"
) -> None:
    response = await stub.Converse(pb.ConverseRequest(text=text))
    assert response.intent == intent
    assert response.text


async def test_a_backtest_that_ran_is_named(stub: "pb_grpc.AgentServiceAsyncStub") -> None:
    response = await stub.Converse(pb.ConverseRequest(text="backtest Trend in 2016"))
    assert response.backtest_id == "b-1"


async def test_a_preview_shows_the_order_and_its_token_places_it(
    stub: "pb_grpc.AgentServiceAsyncStub", orders: FakeOrders
) -> None:
    response = await stub.Converse(pb.ConverseRequest(text="sell 5 NASDAQ at 6700.50"))
    preview = response.order_preview
    assert (preview.accepted, preview.confirmation_token) == (True, "token")
    assert preview.expire_time == encode_time(600_000_000_000)
    assert (preview.order.account_id, preview.order.symbol) == ("p-1", "NASDAQ")
    assert (preview.order.side, preview.order.quantity.value) == (trading_pb2.SIDE_SELL, "5")
    assert preview.order.limit_price.value == "6700.50"
    assert orders.placed == {}
    confirmation = pb.ConfirmOrderRequest(confirmation_token="token")
    order = (await stub.ConfirmOrder(confirmation)).order
    assert order.client_order_id == preview.order.client_order_id
    assert 0 < len(order.client_order_id) <= 64
    assert (await stub.ConfirmOrder(confirmation)).order == order


async def test_a_market_order_has_no_limit_price(stub: "pb_grpc.AgentServiceAsyncStub") -> None:
    response = await stub.Converse(pb.ConverseRequest(text="buy 10 SP500"))
    assert not response.order_preview.order.HasField("limit_price")


async def test_a_refused_preview_tells_every_failure_and_has_no_token(
    stub: "pb_grpc.AgentServiceAsyncStub", orders: FakeOrders
) -> None:
    orders.answer = Check(
        accepted=False,
        failures=(
            CheckFailure("NOTIONAL_LIMIT_EXCEEDED", "max_order_notional", "1", "2"),
            CheckFailure("INSUFFICIENT_FUNDS", "cash", "3", "4"),
        ),
    )
    response = await stub.Converse(pb.ConverseRequest(text="buy 10 SP500"))
    preview = response.order_preview
    assert (preview.accepted, preview.confirmation_token) == (False, "")
    assert not preview.HasField("expire_time")
    assert [failure.reason for failure in preview.failures] == [
        "NOTIONAL_LIMIT_EXCEEDED", "INSUFFICIENT_FUNDS",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "x" * 2001, "buy 10 SP500\0"])
async def test_a_text_that_is_empty_too_long_or_not_text_is_refused(
    stub: "pb_grpc.AgentServiceAsyncStub", text: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await stub.Converse(pb.ConverseRequest(text=text))
    assert refusal.value.metadata["field"] == "text"


async def test_the_longest_text_is_answered(stub: "pb_grpc.AgentServiceAsyncStub") -> None:
    response = await stub.Converse(pb.ConverseRequest(text="x" * 2000))
    assert response.intent == pb.INTENT_UNKNOWN


async def test_an_unknown_token_is_a_failed_precondition(
    stub: "pb_grpc.AgentServiceAsyncStub",
) -> None:
    with pytest.raises(ConfirmationTokenError):
        await stub.ConfirmOrder(pb.ConfirmOrderRequest(confirmation_token="guess"))


@pytest.mark.parametrize("token", ["", "x" * 129])
async def test_a_malformed_token_is_refused(
    stub: "pb_grpc.AgentServiceAsyncStub", token: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await stub.ConfirmOrder(pb.ConfirmOrderRequest(confirmation_token=token))
    assert refusal.value.metadata["field"] == "confirmation_token"
