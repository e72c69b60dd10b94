"""SubmitOrder over gRPC, checked, journalled and synced, against an empty unary call.

`algotrendy up` runs in a process of its own; one client sends orders, each
followed by its cancel, and empty calls (the health check of the same server). First 25 orders a
second with an empty call between two: an idle virtual machine takes its time to wake up. Then
blocks of orders and blocks of empty calls, one call after the other.
"""

import asyncio
import time
from decimal import Decimal

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from algotrendy.api.market_data.v1.market_data_pb2 import Instrument
from algotrendy.api.market_data.v1.market_data_service_pb2 import (
    ImportBarsRequest,
    ReplayBarsRequest,
)
from algotrendy.api.trading.v1.order_entry_service_pb2 import (
    CancelOrderRequest,
    SubmitOrderRequest,
)
from algotrendy.api.trading.v1.trading_pb2 import Side
from algotrendy.client import Client
from algotrendy.domain.ids import new_id
from algotrendy.rpc.decimal import encode_decimal
from benchmarks.harness import Row, quantile, row
from benchmarks.running_platform import open_account, running_platform

PACKAGES = ("grpcio", "protobuf")
_ORDERS = 1_000
_BLOCKS = 20
_BLOCK = 25
_INTERVAL_S = 1 / 25
Samples = tuple[list[float], list[float]]

_SYMBOL = "SP500"
_MARKED_FROM_S = 1_545_000_000


def run() -> list[Row]:
    paced, busy = asyncio.run(_measure())
    return [*_rows("25 a second", *paced), *_rows("back to back", *busy)]


def _rows(load: str, orders: list[float], empty: list[float]) -> list[Row]:
    return [
        row(
            f"SubmitOrder, {load}, p{share * 100:g}",
            quantile(orders, share) * 1e3,
            "ms",
            "empty unary call",
            quantile(empty, share) * 1e3,
        )
        for share in (0.5, 0.99, 0.999)
    ]


async def _measure() -> tuple[Samples, Samples]:
    async with running_platform() as addresses, Client(addresses) as client:
        account_id = await _account(client)
        async with grpc.aio.insecure_channel(addresses["trading"]) as channel:
            calls = _Calls(client, HealthStub(channel), account_id)
            await _back_to_back(calls, blocks=2)
            return await _paced(calls), await _back_to_back(calls, blocks=_BLOCKS)


class _Calls:
    """The two calls that are compared, timed."""

    def __init__(self, client: Client, health: HealthStub, account_id: str) -> None:
        self._client = client
        self._health = health
        self._account_id = account_id

    async def order(self) -> float:
        """Submit an order and return the seconds until its answer; then cancel it."""
        request = _order(self._account_id)
        start = time.perf_counter()
        answer = await self._client.orders.SubmitOrder(request)
        seconds = time.perf_counter() - start
        cancel = CancelOrderRequest(order_id=answer.order.order_id)
        await self._client.orders.CancelOrder(cancel)
        return seconds

    async def empty(self) -> float:
        """Return the seconds an empty call takes."""
        start = time.perf_counter()
        await self._health.Check(HealthCheckRequest())
        return time.perf_counter() - start


async def _paced(calls: _Calls) -> Samples:
    orders, empty = [], []
    due = time.perf_counter()
    for _ in range(_ORDERS):
        due += _INTERVAL_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        orders.append(await calls.order())
        await asyncio.sleep(max(0.0, due + _INTERVAL_S / 2 - time.perf_counter()))
        empty.append(await calls.empty())
    return orders, empty


async def _back_to_back(calls: _Calls, *, blocks: int) -> Samples:
    orders, empty = [], []
    for _ in range(blocks):
        orders.extend([await calls.order() for _ in range(_BLOCK)])
        # The events of these orders are still on their way; the empty calls are to meet none.
        await asyncio.sleep(1.0)
        empty.extend([await calls.empty() for _ in range(_BLOCK)])
    return orders, empty


async def _account(client: Client) -> str:
    """Return an account that may trade: its instrument registered, marked, within limits."""
    await client.market_data.ImportBars(
        # As a fund that follows it: an index cannot be traded.
        ImportBarsRequest(
            symbol=_SYMBOL, bundled_name="arch:sp500", instrument=Instrument(symbol=_SYMBOL)
        )
    )
    account_id = await open_account(client, Decimal(10**9))
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
