"""Wires the agent area."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from algotrendy.agent.adapters.backtest import GrpcBacktests
from algotrendy.agent.adapters.market_data import GrpcMarket
from algotrendy.agent.adapters.portfolio import GrpcPortfolios
from algotrendy.agent.adapters.postgres import PostgresPreviews
from algotrendy.agent.adapters.risk import GrpcRisk
from algotrendy.agent.adapters.strategy import GrpcStrategies
from algotrendy.agent.adapters.trading import GrpcOrders
from algotrendy.agent.service import AgentService
from algotrendy.agent.servicer import AgentServicer
from algotrendy.api.agent.v1 import agent_service_pb2
from algotrendy.api.agent.v1.agent_service_pb2_grpc import add_AgentServiceServicer_to_server
from algotrendy.platform.context import Context

SERVICES = (agent_service_pb2.DESCRIPTOR.services_by_name["AgentService"].full_name,)


@asynccontextmanager
async def serve(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Add the area to `server` while the block lasts."""
    to = context.channels.to
    previews = PostgresPreviews(context.postgres)
    await previews.forget(context.clock.now_ns())
    service = AgentService(
        portfolios=GrpcPortfolios(to("portfolio")),
        risk=GrpcRisk(to("risk")),
        market=GrpcMarket(to("market_data")),
        strategies=GrpcStrategies(to("strategy")),
        backtests=GrpcBacktests(to("backtest")),
        orders=GrpcOrders(to("trading")),
        previews=previews,
        tokens=secrets.token_urlsafe,
        clock=context.clock,
    )
    add_AgentServiceServicer_to_server(AgentServicer(service), server)
    yield
