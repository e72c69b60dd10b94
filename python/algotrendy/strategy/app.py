"""Wires the strategy area."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from algotrendy.api.strategy.v1 import strategy_service_pb2
from algotrendy.api.strategy.v1.strategy_service_pb2_grpc import (
    add_StrategyServiceServicer_to_server,
)
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.platform.context import Context
from algotrendy.storage.requests import PostgresRequests
from algotrendy.strategy.adapters.market_data import StoredMarketData
from algotrendy.strategy.adapters.ml import MlModels
from algotrendy.strategy.adapters.nats import NatsEvents, follow_market, follow_orders
from algotrendy.strategy.adapters.postgres import PostgresStrategies
from algotrendy.strategy.adapters.telemetry import MonotonicStopwatch, TelemetryObserver
from algotrendy.strategy.adapters.trading import TradingAccounts
from algotrendy.strategy.service import StrategyService
from algotrendy.strategy.servicer import StrategyServicer

SERVICES = (strategy_service_pb2.DESCRIPTOR.services_by_name["StrategyService"].full_name,)


@asynccontextmanager
async def serve(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Add the area to `server`, resume what was deployed and follow the market for the block."""
    channels = context.channels
    service = StrategyService(
        repository=PostgresStrategies(context.postgres),
        requests=PostgresRequests(context.postgres, "strategy"),
        models=MlModels(channels.to("ml"), OnnxModel.registered),
        market_data=StoredMarketData(channels.to("market_data")),
        accounts=TradingAccounts(channels.to("trading"), channels.to("trading")),
        events=NatsEvents(context.bus, context.clock),
        observer=TelemetryObserver(),
        clock=context.clock,
        stopwatch=MonotonicStopwatch(),
    )
    add_StrategyServiceServicer_to_server(StrategyServicer(service), server)
    await service.resume()
    async with follow_orders(context.bus, service), follow_market(context.bus, service):
        yield
    await service.close()
