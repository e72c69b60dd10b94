"""Wires the market data area."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from algotrendy.api.market_data.v1 import market_data_service_pb2
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
    add_MarketDataServiceServicer_to_server,
)
from algotrendy.market_data.adapters.nats import NatsAudience
from algotrendy.market_data.adapters.parquet_lake import ParquetLake
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.replay_service import ReplayService
from algotrendy.market_data.service import MarketDataService
from algotrendy.market_data.servicer import MarketDataServicer
from algotrendy.platform.context import Context

SERVICES = (market_data_service_pb2.DESCRIPTOR.services_by_name["MarketDataService"].full_name,)


@asynccontextmanager
async def serve(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Add the area to `server`."""
    folder = context.data_folder
    lake = ParquetLake(folder.lake, lambda name, content: folder.write(f"lake/{name}", content))
    replays = ReplayService(
        lake,
        NatsAudience(context.bus, context.clock),
        deadline_s=context.settings.replay_deadline_s,
    )
    service = MarketDataService(lake, SourceFiles())
    add_MarketDataServiceServicer_to_server(MarketDataServicer(service, replays), server)
    yield
