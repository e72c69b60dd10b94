"""One strategy, as class and as spec: a backtest and paper trading in lock-step are the same."""

import csv
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import algotrendy as at
from algotrendy.api.backtest.v1 import backtest_service_pb2 as backtest_pb
from algotrendy.api.market_data.v1.market_data_pb2 import Instrument as InstrumentMessage
from algotrendy.api.market_data.v1.market_data_pb2 import InstrumentKind
from algotrendy.api.market_data.v1.market_data_service_pb2 import (
    ImportBarsRequest,
    ReplayBarsRequest,
)
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
from algotrendy.backtest.compare import compare
from algotrendy.backtest.rows import fills_of, orders_of
from algotrendy.client import Client, pages
from algotrendy.config.settings import load_settings
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.ids import new_id
from algotrendy.domain.limits import Limits
from algotrendy.domain.strategy import Distance, Percent, Stops, StrategySpec
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import StrategyUnsupportedError
from algotrendy.platform.supervisor import platform
from algotrendy.rpc.decimal import decode_decimal, decode_optional_decimal, encode_decimal
from algotrendy.rpc.limits import encode_limits
from algotrendy.rpc.market_data import fetch_bars
from algotrendy.rpc.strategy import encode_spec
from algotrendy.rpc.time import decode_time, encode_duration, encode_time
from algotrendy.rpc.trading import decode_fill
from algotrendy.rpc.venue import encode_venue_terms

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CASH = Decimal(1_000_000)
COSTS = VenueTerms(slippage_bps=Decimal(2), fee_bps=Decimal(1))
LIMITS = Limits.of(1, allow_short=True)
SYMBOLS = ("AAA", "BBB")
BAR_COUNT, FIRST_TRADED = 160, 30


class Swing(at.Strategy):
    """Trades by features, weights, limits, brackets and cancels, on both sides."""

    fast: int = 5
    slow: int = 20
    features = {"spread": "sma(close, fast) - sma(close, slow)", "range": "atr(10)"}

    def on_start(self, context: Any) -> None:
        self._filled = 0
        self._rested: str | None = None

    def on_bar(self, context: Any, bar: Any) -> None:
        if self._rested is not None and bar.symbol == "AAA":
            context.cancel(self._rested)
            self._rested = None
        spread, held = context.feature("spread"), context.position()
        if bar.symbol == "AAA":
            if spread > 0 and held <= 0:
                context.target_weight(0.4)
            elif spread < 0 and held >= 0:
                context.target_weight(-0.3)
            elif context.history(3).mean() > bar.close:
                self._rested = context.buy(10, limit=bar.close * 0.985)
        elif held == 0 and not context.open_orders("BBB"):
            far = 2 * context.feature("range")
            context.bracket(
                0.2 * context.equity / bar.close,
                stop_loss=bar.close - far,
                take_profit=bar.close + far,
            )
        elif bar.index % 37 == 0:
            context.close()

    def on_fill(self, context: Any, fill: Any) -> None:
        self._filled += 1

    def on_stop(self, context: Any) -> None:
        assert self._filled > 20


SPEC = StrategySpec(
    symbols=SYMBOLS,
    parameters={"fast": 5, "slow": 15},
    features={"trend": "sma(close, fast) - sma(close, slow)"},
    entry="trend > 0",
    exit="trend < 0 and rsi(close, 5) < 40",
    short_entry="trend < 0",
    short_exit="trend > 0",
    size=Percent(Decimal("0.3")),
    stops=Stops(
        stop_loss=Distance(percent=Decimal("0.02")),
        take_profit=Distance(distance="1.5 * atr(10)"),
        max_bars=9,
    ),
)

Order = tuple[str, str, str, Decimal, Decimal | None, Decimal | None, str, Decimal, int]


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


def run_back(strategy: object, desk: Desk) -> at.backtest.Result:
    columns = [
        {name: column for name, column in vars(bars).items() if name != "instrument"}
        for bars in desk.bars
    ]
    return at.backtest.run(
        strategy,
        dict(zip(SYMBOLS, columns, strict=True)),
        instruments={bars.instrument.symbol: bars.instrument.core for bars in desk.bars},
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


def write_bars(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.015, BAR_COUNT)))
    open_ = close * np.exp(rng.normal(0, 0.004, BAR_COUNT))
    high = np.maximum(open_, close) * (1 + abs(rng.normal(0, 0.008, BAR_COUNT)))
    low = np.minimum(open_, close) * (1 - abs(rng.normal(0, 0.008, BAR_COUNT)))
    days = np.datetime64("2020-01-01") + np.arange(BAR_COUNT)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "open", "high", "low", "close", "volume"])
        for row in zip(days, open_, high, low, close, strict=True):
            writer.writerow([row[0], *(f"{price:.2f}" for price in row[1:]), 100_000])


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = load_settings(
        data_dir=tmp_path / "data", http_port=0, grpc_port_base=0, log_level="WARNING"
    )
    async with platform(settings) as running, Client(running.addresses) as client:
        for seed, symbol in enumerate(SYMBOLS):
            path = tmp_path / f"{symbol}.csv"
            write_bars(path, seed)
            await client.market_data.ImportBars(
                ImportBarsRequest(
                    symbol=symbol,
                    file_path=str(path),
                    interval=encode_duration(DAY_NS),
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
        channel = client.channel("market_data")
        yield Desk(client, [await fetch_bars(channel, symbol) for symbol in SYMBOLS])


async def test_a_class_trades_on_paper_what_it_trades_in_a_backtest(desk: Desk) -> None:
    account_id = await desk.open_account()
    await desk.client.run(
        Swing(), account_id=account_id, symbols=SYMBOLS, start_ns=desk.start_ns, replay=True
    )
    result = run_back(Swing(), desk)
    paper = await desk.fills(account_id)
    comparison = compare(paper, list(fills_of(result, "")))
    assert comparison.is_identical, str(comparison)
    assert len(paper) > 20
    assert await desk.orders(account_id) == orders_back(result)


async def test_a_spec_trades_on_paper_what_it_trades_in_a_backtest_and_in_the_service(
    desk: Desk,
) -> None:
    account_id = await desk.open_account()
    stored = await desk.client.strategies.CreateStrategy(
        CreateStrategyRequest(request_id="s", display_name="Swing", spec=encode_spec(SPEC))
    )
    start = encode_time(desk.start_ns)
    strategy_id = stored.strategy.strategy_id
    await desk.client.strategies.DeployStrategy(
        DeployStrategyRequest(
            request_id="d", strategy_id=strategy_id, account_id=account_id, start_time=start
        )
    )
    replay = ReplayBarsRequest(symbols=SYMBOLS, start_time=start)
    async for _ in desk.client.market_data.ReplayBars(replay):
        pass
    result = run_back(SPEC, desk)
    paper = await desk.fills(account_id)
    comparison = compare(paper, list(fills_of(result, "")))
    assert comparison.is_identical, str(comparison)
    assert len(paper) > 20
    assert {order.order_type for order in orders_of(result)} == {"MARKET", "LIMIT", "STOP"}
    assert await desk.orders(account_id) == orders_back(result)

    created = await desk.client.backtests.CreateBacktest(
        backtest_pb.CreateBacktestRequest(
            request_id="b",
            strategy_id=strategy_id,
            start_time=start,
            initial_cash=encode_decimal(CASH),
            venue_terms=encode_venue_terms(COSTS),
            limits=encode_limits(LIMITS),
        )
    )
    backtest_id = created.backtest.backtest_id
    done = await desk.client.backtests.GetBacktest(
        backtest_pb.GetBacktestRequest(backtest_id=backtest_id, wait=True)
    )
    assert done.backtest.error == ""
    listed = pages(
        desk.client.backtests.ListBacktestFills,
        backtest_pb.ListBacktestFillsRequest(backtest_id=backtest_id),
    )
    served = [decode_fill(fill) async for page in listed for fill in page.fills]
    assert compare(served, paper).is_identical


class Ticking(at.Strategy):
    def on_trade(self, context: Any, trade: Any) -> None:
        """See a trade, which a running platform does not tell."""


async def test_what_a_running_platform_does_not_tell_is_refused(desk: Desk) -> None:
    account_id = await desk.open_account()
    with pytest.raises(StrategyUnsupportedError) as refusal:
        await desk.client.run(Ticking(), account_id=account_id, symbols=SYMBOLS, replay=True)
    assert refusal.value.metadata == {"callback": "on_trade"}
