"""SubmitOrder over gRPC, checked, journalled and synced, against an empty unary call.

`algotrendy up` runs in a process of its own; one client sends 25 orders a second, each followed by
its cancel, and half a period later an empty call (the health check of the same server).
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from algotrendy.api.market_data.v1.market_data_service_pb2 import (
    ImportBarsRequest,
    ListInstrumentsRequest,
    ReplayBarsRequest,
)
from algotrendy.api.risk.v1.risk_service_pb2 import SetLimitsRequest
from algotrendy.api.trading.v1.order_entry_service_pb2 import (
    CancelOrderRequest,
    SubmitOrderRequest,
)
from algotrendy.api.trading.v1.trading_pb2 import Limits, Side
from algotrendy.api.trading.v1.trading_service_pb2 import (
    OpenAccountRequest,
    RegisterInstrumentsRequest,
)
from algotrendy.client import Client, read_addresses
from algotrendy.domain.ids import new_id
from algotrendy.errors import UnavailableError
from algotrendy.rpc.decimal import encode_decimal
from benchmarks.harness import Row, quantile, row

PACKAGES = ("grpcio", "protobuf")
_ORDERS = 1_000
_WARM_UP = 50
_INTERVAL_S = 1 / 25
_SYMBOL = "SP500"
_MARKED_FROM_S = 1_545_000_000


def run() -> list[Row]:
    orders, empty = asyncio.run(_measure())
    return [
        row(
            f"SubmitOrder, p{share * 100:g}",
            quantile(orders, share) * 1e3,
            "ms",
            "empty unary call",
            quantile(empty, share) * 1e3,
        )
        for share in (0.5, 0.99, 0.999)
    ]


async def _measure() -> tuple[list[float], list[float]]:
    async with _platform() as addresses, Client(addresses) as client:
        account_id = await _account(client)
        async with grpc.aio.insecure_channel(addresses["trading"]) as channel:
            health = HealthStub(channel)
            orders: list[float] = []
            empty: list[float] = []
            due = time.perf_counter()
            for _ in range(_ORDERS + _WARM_UP):
                due += _INTERVAL_S
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                request = _order(account_id)
                start = time.perf_counter()
                answer = await client.orders.SubmitOrder(request)
                orders.append(time.perf_counter() - start)
                await client.orders.CancelOrder(CancelOrderRequest(order_id=answer.order.order_id))
                await asyncio.sleep(max(0.0, due + _INTERVAL_S / 2 - time.perf_counter()))
                start = time.perf_counter()
                await health.Check(HealthCheckRequest())
                empty.append(time.perf_counter() - start)
    return orders[_WARM_UP:], empty[_WARM_UP:]


@asynccontextmanager
async def _platform() -> AsyncIterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [Path(sys.executable).with_name("algotrendy"), "up", "--data-dir", folder]
        ports = {"ALGOTRENDY_HTTP_PORT": "0", "ALGOTRENDY_GRPC_PORT_BASE": "0"}
        process = subprocess.Popen(  # noqa: ASYNC220  # Nothing else waits.
            command, env={**os.environ, **ports}, stdout=subprocess.DEVNULL
        )
        try:
            yield await _addresses(folder, process)
        finally:
            process.terminate()
            process.wait()


async def _addresses(folder: str, process: subprocess.Popen[bytes]) -> dict[str, str]:
    while process.poll() is None:
        try:
            return dict(read_addresses(folder).grpc)
        except UnavailableError:
            await asyncio.sleep(0.1)
    raise RuntimeError("the platform did not start")


async def _account(client: Client) -> str:
    """Return an account that may trade: its instrument registered, marked, within limits."""
    await client.market_data.ImportBars(
        ImportBarsRequest(symbol=_SYMBOL, bundled_name="arch:sp500")
    )
    opened = await client.trading.OpenAccount(
        OpenAccountRequest(
            request_id=new_id(),
            display_name="bench",
            currency="USD",
            initial_cash=encode_decimal(Decimal(10**9)),
        )
    )
    account_id = opened.account.account_id
    listed = await client.market_data.ListInstruments(ListInstrumentsRequest())
    await client.trading.RegisterInstruments(
        RegisterInstrumentsRequest(account_id=account_id, instruments=listed.instruments)
    )
    limits = Limits(max_open_orders=10, max_reference_age_s=10**6)
    await client.risk.SetLimits(SetLimitsRequest(account_id=account_id, limits=limits))
    replay = client.market_data.ReplayBars(
        ReplayBarsRequest(symbols=[_SYMBOL], start_time=Timestamp(seconds=_MARKED_FROM_S))
    )
    async for _ in replay:
        pass
    return account_id


def _order(account_id: str) -> SubmitOrderRequest:
    return SubmitOrderRequest(
        account_id=account_id,
        client_order_id=new_id(),
        symbol=_SYMBOL,
        side=Side.SIDE_BUY,
        quantity=encode_decimal(Decimal(1)),
        limit_price=encode_decimal(Decimal("2500.00")),
    )
