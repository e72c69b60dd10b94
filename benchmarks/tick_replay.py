"""ReplayTicks: one time of trades in lock-step through all areas, against an empty unary call.

`algotrendy up` runs in a process of its own, with an account that knows two symbols. Trades of one
symbol and of both are replayed, each time with nothing held and with both held, and the empty call
(the health check of the same server) is made as often in between. What is taken is the time from
one answer of the replay to the next.
"""

import asyncio
import tempfile
import time
from decimal import Decimal
from pathlib import Path

import grpc
import numpy as np
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from algotrendy.api.market_data.v1.market_data_service_pb2 import (
    ImportBarsRequest,
    ReplayTicksRequest,
)
from algotrendy.api.trading.v1.order_entry_service_pb2 import SubmitOrderRequest
from algotrendy.api.trading.v1.trading_pb2 import Side
from algotrendy.client import Client
from algotrendy.domain.clock import MINUTE_NS, SECOND_NS
from algotrendy.domain.ids import new_id
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.time import encode_duration, encode_time
from benchmarks.harness import Row, quantile, row
from benchmarks.running_platform import open_account, running_platform

PACKAGES = ("grpcio", "nats-py", "protobuf")
_SYMBOLS = ("AAA", "BBB")
_START_S = 1_600_000_000
# The times of a run; the last run ends where the trades do.
_TIMES, _RUNS = 300, 5


def run() -> list[Row]:
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    async with running_platform() as addresses, Client(addresses) as client:
        account_id = await _account(client)
        async with grpc.aio.insecure_channel(addresses["trading"]) as channel:
            health = HealthStub(channel)
            # The first run gives prices, without which nothing can be bought.
            await _replayed(client, _SYMBOLS, 0)
            rows = await _rows(client, health, "nothing held", first_run=1)
            for symbol in _SYMBOLS:
                await client.orders.SubmitOrder(_order(account_id, symbol))
            return rows + await _rows(client, health, "held", first_run=3)


async def _rows(client: Client, health: HealthStub, about: str, *, first_run: int) -> list[Row]:
    rows = []
    for number, symbols in enumerate((_SYMBOLS[:1], _SYMBOLS)):
        replayed = await _replayed(client, symbols, first_run + number)
        empty = [await _empty(health) for _ in range(_TIMES)]
        name = f"a time of {len(symbols)} symbol{'s' * number}, {about}, p50"
        ours, theirs = quantile(replayed, 0.5) * 1e3, quantile(empty, 0.5) * 1e3
        rows.append(row(name, ours, "ms", "empty unary call", theirs))
    return rows


async def _replayed(client: Client, symbols: tuple[str, ...], number: int) -> list[float]:
    """Replay a run's times; return the seconds that each took."""
    start_ns = (_START_S + number * _TIMES) * SECOND_NS
    request = ReplayTicksRequest(
        symbols=symbols,
        start_time=encode_time(start_ns),
        end_time=encode_time(start_ns + _TIMES * SECOND_NS),
    )
    seconds = []
    before = time.perf_counter()
    async for _ in client.market_data.ReplayTicks(request):
        now = time.perf_counter()
        seconds.append(now - before)
        before = now
    return seconds


async def _empty(health: HealthStub) -> float:
    start = time.perf_counter()
    await health.Check(HealthCheckRequest())
    return time.perf_counter() - start


async def _account(client: Client) -> str:
    """Return an account that may trade both symbols, whose trades are stored."""
    for symbol in _SYMBOLS:
        await _import(client, symbol)
    return await open_account(client, Decimal(10**6))


async def _import(client: Client, symbol: str) -> None:
    prices = 100 + np.random.default_rng(1).normal(0, 0.01, _TIMES * _RUNS).cumsum()
    rows = (f"{_START_S + place},{price:.2f},5\n" for place, price in enumerate(prices))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{symbol}.csv"
        path.write_text("time,price,quantity\n" + "".join(rows), encoding="utf-8")
        await client.market_data.ImportBars(
            ImportBarsRequest(
                symbol=symbol, file_path=str(path), interval=encode_duration(MINUTE_NS)
            )
        )


def _order(account_id: str, symbol: str) -> SubmitOrderRequest:
    return SubmitOrderRequest(
        account_id=account_id,
        client_order_id=new_id(),
        symbol=symbol,
        side=Side.SIDE_BUY,
        quantity=encode_decimal(Decimal(10)),
    )
