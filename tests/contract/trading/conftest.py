from collections.abc import AsyncIterator
from decimal import Decimal

import grpc
import pytest
from google.type.decimal_pb2 import Decimal as WireDecimal
from tests.contract.trading.builders import SPY, opening

from algotrendy.api.trading.v1 import (
    control_service_pb2_grpc,
    order_entry_service_pb2_grpc,
    trading_pb2,
    trading_service_pb2_grpc,
)
from algotrendy.api.trading.v1 import trading_service_pb2 as pb
from algotrendy.domain.clock import SystemClock
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import create_server
from algotrendy.testing.requests import FakeRequests
from algotrendy.testing.trading import FakeJournals, FakePublisher
from algotrendy.trading.books import Books
from algotrendy.trading.control_service import ControlService
from algotrendy.trading.control_servicer import ControlServicer
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
    control_service_pb2_grpc.add_TradingControlServiceServicer_to_server(
        ControlServicer(ControlService(books)), server
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


@pytest.fixture
def controls(
    channel: grpc.aio.Channel,
) -> "control_service_pb2_grpc.TradingControlServiceAsyncStub":
    return control_service_pb2_grpc.TradingControlServiceStub(channel)


@pytest.fixture
async def account_id(
    trading: "trading_service_pb2_grpc.TradingServiceAsyncStub", market: MarketService
) -> str:
    """An account with cash, SPY, limits and a reference price of 100."""
    account = (await trading.OpenAccount(opening())).account
    await trading.RegisterInstruments(
        pb.RegisterInstrumentsRequest(account_id=account.account_id, instruments=[SPY])
    )
    limits = trading_pb2.Limits(version=1, max_order_quantity=WireDecimal(value="100"))
    await trading.ApplyLimits(pb.ApplyLimitsRequest(account_id=account.account_id, limits=limits))
    await market.mark("SPY", Decimal(100), 1, "test")
    return account.account_id
