"""Wires the trading area."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from algotrendy.api.trading.v1 import (
    control_service_pb2,
    control_service_pb2_grpc,
    order_entry_service_pb2,
    order_entry_service_pb2_grpc,
    trading_service_pb2,
    trading_service_pb2_grpc,
)
from algotrendy.platform.context import Context
from algotrendy.storage.requests import PostgresRequests
from algotrendy.trading.adapters import postgres
from algotrendy.trading.adapters.journal import FileJournals
from algotrendy.trading.adapters.nats import NatsPublisher, follow_market
from algotrendy.trading.books import Books
from algotrendy.trading.control_service import ControlService
from algotrendy.trading.control_servicer import ControlServicer
from algotrendy.trading.service import AccountService, MarketService, OrderService
from algotrendy.trading.servicer import OrderEntryServicer, TradingServicer

SERVICES = (
    order_entry_service_pb2.DESCRIPTOR.services_by_name["OrderEntryService"].full_name,
    trading_service_pb2.DESCRIPTOR.services_by_name["TradingService"].full_name,
    control_service_pb2.DESCRIPTOR.services_by_name["TradingControlService"].full_name,
)


@asynccontextmanager
async def serve(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Recover the accounts from their journals, then serve them, the market and the projection."""
    books = Books(FileJournals(context.data_folder.journal), NatsPublisher(context.bus))
    async with books:
        await books.recover()
        orders = OrderService(books)
        accounts = AccountService(
            books, PostgresRequests(context.postgres, "trading"), context.clock
        )
        order_entry_service_pb2_grpc.add_OrderEntryServiceServicer_to_server(
            OrderEntryServicer(orders), server
        )
        trading_service_pb2_grpc.add_TradingServiceServicer_to_server(
            TradingServicer(accounts, orders), server
        )
        control_service_pb2_grpc.add_TradingControlServiceServicer_to_server(
            ControlServicer(ControlService(books)), server
        )
        tables = postgres.BookTables(context.postgres)
        async with (
            follow_market(context.bus, MarketService(books)),
            context.bus.consumer(postgres.CONSUMER, postgres.SUBJECTS, tables.handle),
        ):
            yield
