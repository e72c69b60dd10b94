from collections.abc import AsyncIterator

import grpc
import pytest

from algotrendy.api.trading.v1 import (
    order_entry_service_pb2_grpc,
    trading_service_pb2_grpc,
)
from algotrendy.domain.clock import SystemClock
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import create_server
from algotrendy.testing.requests import FakeRequests
from algotrendy.testing.trading import FakeJournals, FakePublisher
from algotrendy.trading.books import Books
from algotrendy.trading.service import AccountService, MarketService, OrderService
from algotrendy.trading.servicer import OrderEntryServicer, TradingServicer


@pytest.fixture
async def books() -> AsyncIterator[Books]:
    async with Books(FakeJournals(), FakePublisher()) as books:
        yield books


@pytest.fixture
def market(books: Books) -> MarketService:
    return MarketService(books)


@pytest.fixture
async def address(books: Books) -> AsyncIterator[str]:
    orders = OrderService(books)
    accounts = AccountService(books, FakeRequests(), SystemClock())
    server = create_server("trading")
    order_entry_service_pb2_grpc.add_OrderEntryServiceServicer_to_server(
        OrderEntryServicer(orders), server
    )
    trading_service_pb2_grpc.add_TradingServiceServicer_to_server(
        TradingServicer(accounts, orders), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


@pytest.fixture
async def channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    async with Channels({"trading": address}) as channels:
        yield channels.to("trading")


@pytest.fixture
def order_entry(
    channel: grpc.aio.Channel,
) -> "order_entry_service_pb2_grpc.OrderEntryServiceAsyncStub":
    return order_entry_service_pb2_grpc.OrderEntryServiceStub(channel)


@pytest.fixture
def trading(channel: grpc.aio.Channel) -> "trading_service_pb2_grpc.TradingServiceAsyncStub":
    return trading_service_pb2_grpc.TradingServiceStub(channel)
