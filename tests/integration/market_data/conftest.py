from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg_pool
import pytest
from tests.integration.market_data.others import Others

from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.bus import Bus
from algotrendy.config import load_settings
from algotrendy.domain.clock import SystemClock
from algotrendy.market_data import app
from algotrendy.platform.context import Context
from algotrendy.platform.ports import listen
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import create_server
from algotrendy.storage.data_folder import DataFolder

if TYPE_CHECKING:
    from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
        MarketDataServiceAsyncStub,
    )

CSV = """date,open,high,low,close,volume
2020-01-02,10,11,9,10.5,100
2020-01-03,10.5,12,10,11.25,200
2020-01-06,11,11,10,10.75,300
"""


@pytest.fixture
async def market_data(
    bus: Bus, pool: psycopg_pool.AsyncConnectionPool, tmp_path: Path
) -> "AsyncIterator[MarketDataServiceAsyncStub]":
    """The area as `app.serve` wires it, with three bars of BRK.B."""
    addresses: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        channels = await stack.enter_async_context(Channels(addresses))
        context = Context(
            settings=load_settings(data_dir=tmp_path / "data"),
            data_folder=DataFolder(tmp_path / "data"),
            postgres=pool,
            bus=bus,
            channels=channels,
            clock=SystemClock(),
            http=stack.enter_context(listen("127.0.0.1", 0)),
        )
        server = create_server("market_data")
        addresses["market_data"] = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        async with app.serve(context, server):
            await server.start()
            stub: MarketDataServiceAsyncStub = MarketDataServiceStub(channels.to("market_data"))
            path = tmp_path / "prices.csv"
            path.write_text(CSV)
            await stub.ImportBars(pb.ImportBarsRequest(symbol="BRK.B", file_path=str(path)))
            yield stub
            await server.stop(None)


@pytest.fixture
async def others(bus: Bus) -> AsyncIterator[Others]:
    others = Others(bus)
    async with AsyncExitStack() as stack:
        await others.join(stack)
        yield others
