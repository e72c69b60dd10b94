"""Wires the portfolio area."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from algotrendy.api.portfolio.v1 import portfolio_service_pb2
from algotrendy.api.portfolio.v1.portfolio_service_pb2_grpc import (
    add_PortfolioServiceServicer_to_server,
)
from algotrendy.platform.context import Context
from algotrendy.portfolio.adapters.market_data import MarketDataBars
from algotrendy.portfolio.adapters.nats import NatsPublisher, follow
from algotrendy.portfolio.adapters.postgres import PostgresBooks
from algotrendy.portfolio.adapters.prometheus import PrometheusGauge
from algotrendy.portfolio.service import PortfolioService
from algotrendy.portfolio.servicer import PortfolioServicer

SERVICES = (portfolio_service_pb2.DESCRIPTOR.services_by_name["PortfolioService"].full_name,)


@asynccontextmanager
async def serve(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Add the area to `server` and follow the trading area's events while the block lasts."""
    service = PortfolioService(
        PostgresBooks(context.postgres),
        MarketDataBars(context.channels.to("market_data")),
        NatsPublisher(context.bus),
        PrometheusGauge(),
    )
    await service.start()
    add_PortfolioServiceServicer_to_server(PortfolioServicer(service), server)
    async with follow(context.bus, service):
        yield
