"""A platform with bars of three symbols, strategies on its paper accounts, and their backtests."""

import csv
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

import algotrendy as at
from algotrendy.api.market_data.v1.market_data_pb2 import Instrument as InstrumentMessage
from algotrendy.api.market_data.v1.market_data_pb2 import InstrumentKind
from algotrendy.api.market_data.v1.market_data_service_pb2 import (
    ImportBarsRequest,
    ReplayBarsRequest,
)
from algotrendy.api.ml.v1.model_service_pb2 import ListModelsRequest
from algotrendy.api.risk.v1.risk_service_pb2 import SetLimitsRequest
from algotrendy.api.strategy.v1.strategy_service_pb2 import (
    CreateStrategyRequest,
    DeployStrategyRequest,
)
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.api.trading.v1.trading_service_pb2 import (
    ListFillsRequest,
    ListOrdersRequest,
    OpenAccountRequest,
)
from algotrendy.backtest.rows import orders_of
from algotrendy.client import Client, pages
from algotrendy.config.settings import load_settings
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.ids import new_id
from algotrendy.domain.limits import Limits
from algotrendy.domain.strategy import StrategySpec
from algotrendy.domain.venue import VenueTerms
from algotrendy.platform.supervisor import platform
from algotrendy.rpc.decimal import decode_decimal, decode_optional_decimal, encode_decimal
from algotrendy.rpc.limits import encode_limits
from algotrendy.rpc.strategy import encode_spec
from algotrendy.rpc.time import decode_time, encode_duration, encode_time
from algotrendy.rpc.trading import decode_fill
from algotrendy.rpc.venue import encode_venue_terms

CASH = Decimal(1_000_000)
COSTS = VenueTerms(slippage_bps=Decimal(2), fee_bps=Decimal(1))
LIMITS = Limits.of(1, allow_short=True)
SYMBOLS = ("AAA", "BBB", "CCC")
# Those that have a bar every day; CCC misses some.
PAIR = SYMBOLS[:2]
BAR_COUNT, FIRST_TRADED = 160, 30

Order = tuple[str, str, str, Decimal, Decimal | None, Decimal | None, str, Decimal, int]


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Client]:
    """A platform of its own, while the block lasts."""
    settings = load_settings(
        data_dir=folder / "data", http_port=0, grpc_port_base=0, log_level="WARNING"
    )
    async with platform(settings) as running, Client(running.addresses) as client:
        # The registry of models opens on a thread, which must not outlive a short test: it
        # migrates its tables with Alembic, which a process can do one at a time.
        await client.models.ListModels(ListModelsRequest(), timeout=90)
        yield client


@dataclass
class Desk:
    """A platform with bars of two symbols."""

    client: Client
    bars: Sequence[BarColumns]

    @property
    def start_ns(self) -> int:
        return int(self.bars[0].open_time_ns[FIRST_TRADED])

    async def open_account(self) -> str:
        opened = await self.client.trading.OpenAccount(
            OpenAccountRequest(
                request_id=new_id(),
                display_name="Paper",
                currency="USD",
                initial_cash=encode_decimal(CASH),
                venue_terms=encode_venue_terms(COSTS),
            )
        )
        account_id: str = opened.account.account_id
        await self.client.risk.SetLimits(
            SetLimitsRequest(account_id=account_id, limits=encode_limits(LIMITS))
        )
        return account_id

    async def deploy(self, spec: StrategySpec, account_id: str) -> tuple[str, str]:
        """Store a spec and start it; return the ids of strategy and deployment."""
        stored = await self.client.strategies.CreateStrategy(
            CreateStrategyRequest(request_id=new_id(), display_name="S", spec=encode_spec(spec))
        )
        strategy_id = stored.strategy.strategy_id
        started = await self.client.strategies.DeployStrategy(
            DeployStrategyRequest(
                request_id=new_id(),
                strategy_id=strategy_id,
                account_id=account_id,
                start_time=encode_time(self.start_ns),
            )
        )
        return strategy_id, started.deployment.deployment_id

    async def replay(self, symbols: Sequence[str]) -> None:
        """Replay all bars from the start on."""
        request = ReplayBarsRequest(symbols=symbols, start_time=encode_time(self.start_ns))
        async for _ in self.client.market_data.ReplayBars(request):
            pass

    async def fills(self, account_id: str) -> list[Any]:
        listed = pages(self.client.trading.ListFills, ListFillsRequest(account_id=account_id))
        return [decode_fill(fill) async for page in listed for fill in page.fills]

    async def orders(self, account_id: str) -> list[Order]:
        listed = pages(self.client.trading.ListOrders, ListOrdersRequest(account_id=account_id))
        return sorted([told(order) async for page in listed for order in page.orders], key=str)


def told(order: trading_pb2.Order) -> Order:
    return (
        order.symbol,
        trading_pb2.Side.Name(order.side).removeprefix("SIDE_"),
        trading_pb2.OrderType.Name(order.order_type).removeprefix("ORDER_TYPE_"),
        decode_decimal(order, "quantity"),
        decode_optional_decimal(order, "limit_price"),
        decode_optional_decimal(order, "stop_price"),
        trading_pb2.OrderStatus.Name(order.status).removeprefix("ORDER_STATUS_"),
        decode_decimal(order, "filled_quantity"),
        decode_time(order, "create_time"),
    )


def run_back(strategy: object, desk: Desk, symbols: Sequence[str] = SYMBOLS) -> at.backtest.Result:
    chosen = {
        bars.instrument.symbol: bars for bars in desk.bars if bars.instrument.symbol in symbols
    }
    columns = {
        symbol: {name: column for name, column in vars(bars).items() if name != "instrument"}
        for symbol, bars in chosen.items()
    }
    return at.backtest.run(
        strategy,
        columns,
        instruments={symbol: bars.instrument.core for symbol, bars in chosen.items()},
        cash=CASH,
        costs=COSTS,
        limits=LIMITS,
        start=desk.start_ns,
    )


def orders_back(result: at.backtest.Result) -> list[Order]:
    rows = [
        (
            order.symbol,
            order.side.value,
            order.order_type,
            order.quantity,
            order.limit_price,
            order.stop_price,
            order.status,
            order.filled_quantity,
            order.create_time_ns,
        )
        for order in orders_of(result)
    ]
    return sorted(rows, key=str)


def write_bars(path: Path, seed: int, *, misses_every: int | None = None) -> None:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.015, BAR_COUNT)))
    open_ = close * np.exp(rng.normal(0, 0.004, BAR_COUNT))
    high = np.maximum(open_, close) * (1 + abs(rng.normal(0, 0.008, BAR_COUNT)))
    low = np.minimum(open_, close) * (1 - abs(rng.normal(0, 0.008, BAR_COUNT)))
    days = np.datetime64("2020-01-01") + np.arange(BAR_COUNT)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "open", "high", "low", "close", "volume"])
        for number, row in enumerate(zip(days, open_, high, low, close, strict=True), start=1):
            if misses_every is None or number % misses_every:
                writer.writerow([row[0], *(f"{price:.2f}" for price in row[1:]), 100_000])


async def import_bars(client: Client, symbol: str, path: Path, interval_ns: int = DAY_NS) -> None:
    await client.market_data.ImportBars(
        ImportBarsRequest(
            symbol=symbol,
            file_path=str(path),
            interval=encode_duration(interval_ns),
            instrument=InstrumentMessage(
                symbol=symbol,
                kind=InstrumentKind.INSTRUMENT_KIND_EQUITY,
                currency="USD",
                tick_size=encode_decimal(Decimal("0.01")),
                lot_size=encode_decimal(Decimal(1)),
                multiplier=1,
            ),
        )
    )
