"""Calls over a real server: errors, traces, deadlines, metrics, both kinds of answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry import trace
from prometheus_client import REGISTRY

from algotrendy.api.market_data.v1 import market_data_service_pb2, market_data_service_pb2_grpc
from algotrendy.api.trading.v1 import trading_pb2, trading_service_pb2, trading_service_pb2_grpc
from algotrendy.errors import (
    AcknowledgementMissingError,
    DeadlineExceededError,
    InternalError,
    OrderNotFoundError,
    SymbolNotFoundError,
    UnavailableError,
)
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import Context, add_health_and_reflection, create_server
from algotrendy.telemetry.tracing import configure_tracing

TRADING = "algotrendy.api.trading.v1.TradingService"
MARKET_DATA = "algotrendy.api.market_data.v1.MarketDataService"


class Trading(trading_service_pb2_grpc.TradingServiceServicer):
    """Answers by order id: each is a way a call can end."""

    def __init__(self) -> None:
        self.trace_ids: list[int] = []
        self.cancelled = asyncio.Event()

    async def GetOrder(  # noqa: N802
        self, request: trading_service_pb2.GetOrderRequest, context: Context
    ) -> trading_service_pb2.GetOrderResponse:
        self.trace_ids.append(trace.get_current_span().get_span_context().trace_id)
        match request.order_id:
            case "unknown":
                raise OrderNotFoundError("No order unknown.", order_id="unknown")
            case "long":
                raise OrderNotFoundError("é" * 9000, order_id="x" * 9000)
            case "defect":
                raise RuntimeError("the password is hunter2")
            case "slow":
                try:
                    await asyncio.Event().wait()
                finally:
                    self.cancelled.set()
        order = trading_pb2.Order(order_id=request.order_id)
        return trading_service_pb2.GetOrderResponse(order=order)


class MarketData(market_data_service_pb2_grpc.MarketDataServiceServicer):
    """Streams three messages, then ends as the symbol says."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self.trace_ids: list[int] = []

    async def ReplayBars(  # noqa: N802
        self, request: market_data_service_pb2.ReplayBarsRequest, context: Context
    ) -> AsyncIterator[market_data_service_pb2.ReplayBarsResponse]:
        if request.symbols[0] == "UNKNOWN":
            raise SymbolNotFoundError("No data of UNKNOWN.", symbol="UNKNOWN")
        try:
            for count in range(3):
                span = trace.get_current_span().get_span_context()
                self.trace_ids.append(span.trace_id)
                yield market_data_service_pb2.ReplayBarsResponse(completed_count=count)
            if request.symbols[0] == "STUCK":
                await asyncio.Event().wait()
            if request.symbols[0] == "LATE":
                raise AcknowledgementMissingError("risk did not answer.", consumer="risk")
        finally:
            self.closed.set()


@pytest.fixture(scope="module", autouse=True)
def _tracing() -> None:
    configure_tracing("test")


@pytest.fixture
def trading() -> Trading:
    return Trading()  # type: ignore[abstract]  # Serves what the tests call.


@pytest.fixture
def market_data() -> MarketData:
    return MarketData()  # type: ignore[abstract]  # Serves what the tests call.


@pytest.fixture
async def channels(trading: Trading, market_data: MarketData) -> AsyncIterator[Channels]:
    server = create_server("trading")
    port = server.add_insecure_port("127.0.0.1:0")
    trading_service_pb2_grpc.add_TradingServiceServicer_to_server(trading, server)
    market_data_service_pb2_grpc.add_MarketDataServiceServicer_to_server(market_data, server)
    await add_health_and_reflection(server, (TRADING, MARKET_DATA))
    await server.start()
    address = f"127.0.0.1:{port}"
    async with Channels({"trading": address, "market_data": address}) as opened:
        yield opened
    await server.stop(None)


async def get_order(
    channels: Channels, order_id: str, timeout_s: float | None = None
) -> trading_service_pb2.GetOrderResponse:
    stub = trading_service_pb2_grpc.TradingServiceStub(channels.to("trading"))
    request = trading_service_pb2.GetOrderRequest(order_id=order_id)
    return await stub.GetOrder(request, timeout=timeout_s)


def replay(channels: Channels, symbol: str) -> "grpc.aio.UnaryStreamCall[Any, Any]":
    stub = market_data_service_pb2_grpc.MarketDataServiceStub(channels.to_service(MARKET_DATA))
    return stub.ReplayBars(market_data_service_pb2.ReplayBarsRequest(symbols=[symbol]))


async def test_a_call_that_succeeds_returns_its_answer(channels: Channels) -> None:
    assert (await get_order(channels, "o-1")).order.order_id == "o-1"


async def test_a_raised_error_arrives_as_the_same_class_with_message_and_metadata(
    channels: Channels,
) -> None:
    with pytest.raises(OrderNotFoundError, match=r"^No order unknown\.$") as refusal:
        await get_order(channels, "unknown")
    assert refusal.value.metadata == {"order_id": "unknown"}


async def test_an_error_with_a_long_text_is_shortened_and_keeps_its_reason(
    channels: Channels,
) -> None:
    with pytest.raises(OrderNotFoundError) as refusal:
        await get_order(channels, "long")
    assert refusal.value.message.endswith("…")
    assert len(refusal.value.metadata["order_id"]) == 200


async def test_an_unknown_exception_is_internal_and_tells_the_caller_nothing(
    channels: Channels,
) -> None:
    with pytest.raises(InternalError) as failure:
        await get_order(channels, "defect")
    assert "hunter2" not in failure.value.message


async def test_a_passed_deadline_is_typed_and_cancels_the_handler(
    channels: Channels, trading: Trading
) -> None:
    with pytest.raises(DeadlineExceededError):
        await get_order(channels, "slow", timeout_s=0.2)
    await asyncio.wait_for(trading.cancelled.wait(), 10)


async def test_a_call_without_a_deadline_gets_the_default_one(trading: Trading) -> None:
    server = create_server("trading")
    port = server.add_insecure_port("127.0.0.1:0")
    trading_service_pb2_grpc.add_TradingServiceServicer_to_server(trading, server)
    await server.start()
    async with Channels({"trading": f"127.0.0.1:{port}"}, timeout_s=0.2) as hasty:
        with pytest.raises(DeadlineExceededError):
            await get_order(hasty, "slow")
    await server.stop(None)


async def test_a_server_that_is_not_there_is_unavailable_and_named() -> None:
    async with Channels({"trading": "127.0.0.1:1"}) as channels:
        with pytest.raises(UnavailableError, match="trading") as failure:
            await get_order(channels, "o-1")
    assert failure.value.metadata == {"service": "trading"}


async def test_an_area_without_an_address_is_unavailable() -> None:
    async with Channels({}) as channels:
        with pytest.raises(UnavailableError, match="risk has no address"):
            channels.to("risk")


async def test_a_method_nobody_serves_is_an_internal_error(channels: Channels) -> None:
    call = channels.to("trading").unary_unary("/x.Y/Z", bytes, bytes)
    with pytest.raises(InternalError):
        await call(b"")


async def test_a_stream_returns_its_messages_in_order(channels: Channels) -> None:
    counts = [message.completed_count async for message in replay(channels, "SPX")]
    assert counts == [0, 1, 2]


async def test_a_stream_that_is_refused_raises_the_typed_error(channels: Channels) -> None:
    with pytest.raises(SymbolNotFoundError) as refusal:
        async for _ in replay(channels, "UNKNOWN"):
            pass
    assert refusal.value.metadata == {"symbol": "UNKNOWN"}


async def test_a_stream_that_fails_midway_yields_and_then_raises(channels: Channels) -> None:
    messages = aiter(replay(channels, "LATE"))
    assert [(await anext(messages)).completed_count for _ in range(3)] == [0, 1, 2]
    with pytest.raises(AcknowledgementMissingError, match="risk did not answer"):
        await anext(messages)


async def test_a_client_that_leaves_a_stream_closes_the_handler(
    channels: Channels, market_data: MarketData
) -> None:
    call = replay(channels, "STUCK")
    async for message in call:
        if message.completed_count == 2:
            break
    call.cancel()
    await asyncio.wait_for(market_data.closed.wait(), 10)


async def test_the_trace_of_the_caller_reaches_every_handler(
    channels: Channels, trading: Trading, market_data: MarketData
) -> None:
    with trace.get_tracer(__name__).start_as_current_span("caller") as span:
        trace_id = span.get_span_context().trace_id
        await asyncio.gather(*(get_order(channels, f"o-{number}") for number in range(5)))
        async for _ in replay(channels, "SPX"):
            pass
    await get_order(channels, "o-9")
    assert trading.trace_ids[:5] == [trace_id] * 5
    assert market_data.trace_ids == [trace_id] * 3
    assert trading.trace_ids[5] != trace_id


async def test_calls_are_counted_by_their_outcome(channels: Channels) -> None:
    def served(code: str) -> float:
        labels = {"service": TRADING, "method": "GetOrder", "code": code}
        return REGISTRY.get_sample_value("grpc_requests_total", labels) or 0.0

    before = served("OK"), served("NOT_FOUND")
    await get_order(channels, "o-1")
    with pytest.raises(OrderNotFoundError):
        await get_order(channels, "unknown")
    assert (served("OK"), served("NOT_FOUND")) == (before[0] + 1, before[1] + 1)


async def test_health_and_reflection_answer_for_every_service(channels: Channels) -> None:
    health = health_pb2_grpc.HealthStub(channels.to("trading"))
    for name in (TRADING, MARKET_DATA, ""):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    reflection = reflection_pb2_grpc.ServerReflectionStub(channels.to("trading"))
    requests = [reflection_pb2.ServerReflectionRequest(list_services="")]
    answers = [answer async for answer in reflection.ServerReflectionInfo(iter(requests))]
    names = {service.name for service in answers[0].list_services_response.service}
    assert {TRADING, MARKET_DATA, "grpc.health.v1.Health"} <= names
