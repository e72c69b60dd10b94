"""A client's trades and quotes, of the real service, are data of a backtest."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import algotrendy as at
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
    add_MarketDataServiceServicer_to_server,
)
from algotrendy.client import Client
from algotrendy.config import AREAS
from algotrendy.domain.clock import MINUTE_NS, SECOND_NS
from algotrendy.domain.cost import PerShare
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import QuoteColumns, TickColumns, TradeColumns
from algotrendy.errors import (
    AlgoTrendyError,
    FailedPreconditionError,
    InsufficientDataError,
    InvalidArgumentError,
    SymbolNotFoundError,
)
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.replay_service import ReplayService
from algotrendy.market_data.service import MarketDataService
from algotrendy.market_data.servicer import MarketDataServicer
from algotrendy.rpc import tick_columns
from algotrendy.testing.market_data import (
    FakeAudience,
    FakeStore,
    daily_bars,
    quotes_of,
    trades_of,
)
from algotrendy.testing.rpc import listening

FUND = Instrument(
    "FUND",
    tick_size=Decimal("0.05"),
    lot_size=Decimal("0.1"),
    commission=PerShare(Decimal("0.005"), minimum=Decimal(1)),
    calendar_id="XNYS",
)


def walk(count: int, seed: int) -> list[int]:
    steps = np.random.default_rng(seed).integers(-3, 4, count) * 5
    return [int(price) for price in 10_000 + np.cumsum(steps)]


@pytest.fixture
def store() -> FakeStore:
    """Trades and quotes of FUND, trades of SPY, quotes of QQQ, and nothing but bars of DIA."""
    stored = FakeStore(daily_bars("DIA", [100]))
    sides = np.resize(np.array([1, -1, 0], dtype=np.int8), 500)
    fund = replace(trades_of(walk(500, 1), quantities=[7] * 500), instrument=FUND, side=sides)
    stored.put(replace(daily_bars("FUND", [100]), instrument=FUND), fund)
    stored.put_quotes(replace(quotes_of(walk(700, 2), seconds=40), instrument=FUND))
    stored.put(daily_bars("SPY", [100]), trades_of(walk(10, 3), symbol="SPY"))
    stored.put(daily_bars("QQQ", [100]))
    stored.put_quotes(quotes_of(walk(20, 4), symbol="QQQ"))
    return stored


@pytest.fixture
async def client(store: FakeStore) -> AsyncIterator[Client]:
    service, replays = MarketDataService(store, SourceFiles()), FakeAudience()
    servicer = MarketDataServicer(service, ReplayService(store, replays, deadline_s=30))
    async with (
        listening(
            "market_data", lambda server: add_MarketDataServiceServicer_to_server(servicer, server)
        ) as address,
        Client(dict.fromkeys(AREAS, address)) as client,
    ):
        yield client


def same(found: TickColumns, expected: TickColumns) -> bool:
    columns, others = found.columns(), expected.columns()
    return (
        type(found) is type(expected)
        and found.instrument == expected.instrument
        and columns.keys() == others.keys()
        and all(np.array_equal(columns[name], others[name]) for name in columns)
    )


@pytest.mark.parametrize("page_size", [100_000, 7])
async def test_ticks_of_symbols_come_in_their_order_however_many_pages_they_take(
    client: Client, store: FakeStore, monkeypatch: pytest.MonkeyPatch, page_size: int
) -> None:
    monkeypatch.setattr(tick_columns, "PAGE_SIZE", page_size)
    ticks = await client.ticks(["QQQ", "FUND", "SPY"])
    assert list(ticks) == ["QQQ", "FUND", "FUND:quotes", "SPY"]
    assert same(ticks["FUND"], store.trade_series["FUND"])
    assert same(ticks["FUND:quotes"], store.quote_series["FUND"])
    assert same(ticks["SPY"], store.trade_series["SPY"])
    assert same(ticks["QQQ"], store.quote_series["QQQ"])


async def test_a_range_is_half_open(client: Client) -> None:
    ticks = await client.ticks("FUND", start=2 * MINUTE_NS, end=4 * MINUTE_NS)
    times = {name: (each.time_ns // 10**9).tolist() for name, each in ticks.items()}
    assert times == {"FUND": [120, 180], "FUND:quotes": [120, 160, 200]}


@pytest.mark.parametrize(
    ("start_s", "end_s", "kinds"),
    [
        (61, 119, {"FUND": QuoteColumns}),
        (28_000, 30_000, {"FUND": TradeColumns}),
        (120, 121, {"FUND": TradeColumns, "FUND:quotes": QuoteColumns}),
    ],
)
async def test_what_is_first_of_a_symbol_has_its_name(
    client: Client, start_s: int, end_s: int, kinds: dict[str, type]
) -> None:
    ticks = await client.ticks("FUND", start=start_s * SECOND_NS, end=end_s * SECOND_NS)
    assert {name: type(each) for name, each in ticks.items()} == kinds


class Follower(at.Strategy):
    """Buys at every tenth trade, and closes at every seventh quote."""

    def on_start(self, context: Any) -> None:
        self.trade_count = self.quote_count = 0

    def on_trade(self, context: Any, trade: Any) -> None:
        self.trade_count += 1
        if self.trade_count % 10 == 0 and trade.symbol == "FUND":
            context.buy(1.5, symbol="FUND")

    def on_quote(self, context: Any, quote: Any) -> None:
        self.quote_count += 1
        if self.quote_count % 70 == 0:
            context.close("FUND")


async def test_a_run_on_them_is_that_on_the_same_tables_and_its_manifest_names_them(
    client: Client, store: FakeStore
) -> None:
    ticks = await client.ticks(["FUND", "QQQ"])
    instruments = {"FUND": FUND, "QQQ": Instrument("QQQ")}
    tables = {name: each.table() for name, each in ticks.items()}
    result = at.backtest.run(Follower(), ticks, cash=1_000_000)
    expected = at.backtest.run(Follower(), tables, cash=1_000_000, instruments=instruments)
    assert len(result.fills) > 20
    assert result.fills.equals(expected.fills)
    assert result.orders.equals(expected.orders)
    # A market is open whenever there are data.
    assert result.instruments["FUND"] == replace(FUND, calendar_id=None)
    records = [(each["name"], each["kind"], each["rows"]) for each in result.manifest["data"]]
    assert records == [
        ("FUND", "trades", 500),
        ("FUND:quotes", "quotes", 700),
        ("QQQ", "quotes", 20),
    ]
    assert result.manifest["data"] == expected.manifest["data"]


async def test_stored_bars_go_beside_them(client: Client, store: FakeStore) -> None:
    told: list[str] = []

    class Listener(at.Strategy):
        def on_bar(self, context: Any, bar: Any) -> None:
            told.append(bar.symbol)

    data = {**await client.ticks("SPY"), "SPY:1d": (await client.bars("SPY"))["SPY"]}
    at.backtest.run(Listener(), data)
    assert told == ["SPY"]


async def test_an_import_that_replaces_what_is_being_read_ends_the_reading(
    client: Client, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A series is of one import, or there is none."""
    monkeypatch.setattr(tick_columns, "PAGE_SIZE", 6)
    monkeypatch.setattr(store, "trades", replaced_after_a_page(store))
    with pytest.raises(InvalidArgumentError) as refusal:
        await client.ticks("SPY")
    assert refusal.value.metadata["field"] == "page_token"


def replaced_after_a_page(store: FakeStore) -> Any:
    stored = store.trades

    def trades(*arguments: Any, **options: Any) -> Any:
        series = stored(*arguments, **options)
        store.put(store.get("SPY"), trades_of(walk(11, 9), symbol="SPY"))
        return series

    return trades


@pytest.mark.parametrize(
    ("symbols", "range_", "error", "metadata"),
    [
        ("DAX", {}, SymbolNotFoundError, {"symbol": "DAX"}),
        ("DIA", {}, FailedPreconditionError, {"symbol": "DIA"}),
        (["FUND", "DIA"], {}, FailedPreconditionError, {"symbol": "DIA"}),
        ([], {}, InvalidArgumentError, {"field": "symbols"}),
        (["SPY", "SPY"], {}, InvalidArgumentError, {"field": "symbols", "value": "SPY,SPY"}),
        ("S P", {}, InvalidArgumentError, {"field": "symbol", "value": "S P"}),
        ("SPY", {"start": "2030-01-01"}, InsufficientDataError, {"symbol": "SPY"}),
        ("FUND", {"end": "1960-01-01"}, InsufficientDataError, {"tick_count": "0"}),
        ("FUND", {"start": 1, "end": 2}, InsufficientDataError, {"symbol": "FUND"}),
        ("SPY", {"start": 2, "end": 2}, InvalidArgumentError, {"field": "end"}),
        ("SPY", {"start": "soon"}, InvalidArgumentError, {"field": "start"}),
    ],
)
async def test_what_cannot_be_is_refused_with_its_name(
    client: Client,
    symbols: Any,
    range_: dict[str, Any],
    error: type[AlgoTrendyError],
    metadata: dict[str, str],
) -> None:
    with pytest.raises(error) as refusal:
        await client.ticks(symbols, **range_)
    assert type(refusal.value) is error
    assert refusal.value.metadata.items() >= metadata.items()
