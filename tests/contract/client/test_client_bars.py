"""A client's bars, of the real service: a library's run over them is the service's backtest."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import algotrendy as at
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
    add_MarketDataServiceServicer_to_server,
)
from algotrendy.backtest.adapters.market_data import StoredMarketData
from algotrendy.backtest.model import BacktestTerms
from algotrendy.backtest.rows import fills_of, orders_of
from algotrendy.cli.main import main
from algotrendy.client import Client
from algotrendy.client import bars as client_bars
from algotrendy.config import AREAS
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.clock import DAY_NS, SECOND_NS
from algotrendy.domain.cost import PerShare
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.strategy import Percent
from algotrendy.errors import (
    AlgoTrendyError,
    FailedPreconditionError,
    InsufficientDataError,
    InvalidArgumentError,
    ResourceExhaustedError,
    SymbolNotFoundError,
)
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.replay_service import ReplayService
from algotrendy.market_data.service import MarketDataService
from algotrendy.market_data.servicer import MarketDataServicer
from algotrendy.rpc import market_data as rpc_market_data
from algotrendy.rpc.addresses import Addresses, published
from algotrendy.testing.backtest import STRATEGY_ID, BacktestArea
from algotrendy.testing.market_data import FakeAudience, FakeStore, random_bars, trades_of
from algotrendy.testing.rpc import listening
from algotrendy.testing.strategy import spec

CASH = Decimal(1_000_000)
COUNT = 300
FUND = Instrument(
    "FUND",
    tick_size=Decimal("0.05"),
    lot_size=Decimal("0.1"),
    commission=PerShare(Decimal("0.005"), minimum=Decimal(1)),
    calendar_id="XNYS",
    sector="funds",
)
CROSS: dict[str, Any] = {
    "entry": "cross_above(sma(close, 3), sma(close, 8))",
    "exit": "cross_below(sma(close, 3), sma(close, 8))",
    "size": Percent(Decimal("0.3")),
}


def fund_bars() -> BarColumns:
    """Prices in steps of five cents, volumes in tenths."""
    walk = random_bars("FUND", count=COUNT, seed=3)
    prices = {name: getattr(walk, name) // 5 * 5 for name in ("open", "high", "low", "close")}
    return replace(walk, instrument=FUND, **prices)


def tick_prices(count: int = 400) -> list[int]:
    steps = np.random.default_rng(11).integers(-3, 4, count)
    return [int(price) for price in 10_000 + np.cumsum(steps)]


@pytest.fixture
def store() -> FakeStore:
    stored = FakeStore(random_bars("SPY", count=COUNT, seed=2), fund_bars())
    # Now and then nothing is traded for a while.
    ticks = trades_of(tick_prices(), seconds=20)
    quiet = np.repeat(np.arange(len(ticks) // 40), 40) * 200 * SECOND_NS
    stored.put(random_bars("ZIG", count=5, seed=1), replace(ticks, time_ns=ticks.time_ns + quiet))
    return stored


@pytest.fixture
async def addresses(store: FakeStore) -> AsyncIterator[dict[str, str]]:
    service, replays = MarketDataService(store, SourceFiles()), FakeAudience()
    servicer = MarketDataServicer(service, ReplayService(store, replays, deadline_s=30))
    async with listening(
        "market_data", lambda server: add_MarketDataServiceServicer_to_server(servicer, server)
    ) as address:
        yield dict.fromkeys(AREAS, address)


@pytest.fixture
async def client(addresses: dict[str, str]) -> AsyncIterator[Client]:
    async with Client(addresses) as client:
        yield client


def same(found: BarColumns, expected: BarColumns | at.Bars) -> bool:
    names = ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume")
    return all(np.array_equal(getattr(found, name), getattr(expected, name)) for name in names)


async def test_stored_bars_come_with_the_services_instruments(
    client: Client, store: FakeStore
) -> None:
    found = await client.bars(["FUND", "SPY"])
    assert list(found) == ["FUND", "SPY"]
    assert found["FUND"].instrument == FUND
    assert all(same(bars, store.get(symbol)) for symbol, bars in found.items())
    (part,) = (await client.bars("SPY", start="1970-01-11", end=20 * DAY_NS)).values()
    assert same(part, store.get("SPY").between(10 * DAY_NS, 20 * DAY_NS))


@pytest.mark.parametrize("end", [None, 200 * DAY_NS])
async def test_a_run_has_the_orders_and_fills_of_the_services_backtest(
    client: Client, end: int | None
) -> None:
    symbols, start = ["SPY", "FUND"], 20 * DAY_NS
    area = BacktestArea(spec_changes=CROSS)
    area.market_data = StoredMarketData(client.channel("market_data"))  # type: ignore[assignment]  # The real one.
    service = area.start(*symbols)
    terms = BacktestTerms(start, end, initial_cash=CASH)
    created = await service.create("r", b"r", STRATEGY_ID, terms)
    done = await service.get(created.backtest_id, wait=True)
    its_orders = await service.orders(done.backtest_id, 1_000, 0)
    its_fills = await service.fills(done.backtest_id, 1_000, 0)
    await service.close()

    bars = await client.bars(symbols, end=end)
    result = at.backtest.run(spec(symbols, **CROSS), bars, cash=CASH, start=start)

    assert len(its_fills) > 20
    assert {fill.symbol for fill in its_fills} == set(symbols)
    assert orders_of(result) == its_orders
    assert fills_of(result, STRATEGY_ID) == its_fills
    # A market is open whenever there are data.
    assert result.instruments["FUND"] == replace(FUND, calendar_id=None)


@pytest.mark.parametrize(
    "bars",
    [
        {"style": "time", "interval": "1m"},
        {"style": "time", "interval": "1m", "empty": "flat"},
        {"style": "time", "interval": "90s", "closed": "right"},
        {"style": "renko", "size": "10 ticks", "wicks": True},
        {"style": "tick", "size": 7},
    ],
    ids=str,
)
async def test_bars_of_a_style_are_those_that_the_library_makes_of_the_ticks(
    client: Client, store: FakeStore, bars: dict[str, Any]
) -> None:
    found = (await client.bars("ZIG", bars))["ZIG"]
    ticks = store.trade_series["ZIG"].table()
    style, options = bars["style"], {name: bars[name] for name in bars if name != "style"}
    expected = at.bars(ticks, style, instrument=Instrument("ZIG"), **options)
    assert len(found) == len(expected) > 10
    assert same(found, expected)


async def test_a_bar_without_prices_is_none(client: Client) -> None:
    gaps, none = ({"interval": "1m", "empty": empty} for empty in ("omit", "null"))
    found, expected = (await client.bars("ZIG", none))["ZIG"], (await client.bars("ZIG", gaps))
    assert same(found, expected["ZIG"])


@pytest.mark.parametrize(
    "bars",
    [
        None,
        "1m",
        {"interval": "1m", "empty": "flat"},
        {"interval": "90s", "closed": "right"},
        {"interval": "1d", "source": "bars"},
    ],
    ids=str,
)
async def test_a_range_of_several_answers_is_one_series(
    client: Client, monkeypatch: pytest.MonkeyPatch, bars: object
) -> None:
    symbol = "SPY" if bars is None or "source" in str(bars) else "ZIG"
    whole = (await client.bars(symbol, bars))[symbol]
    for size in (7, 10, 33):
        monkeypatch.setattr(client_bars, "PAGE_SIZE", size)
        monkeypatch.setattr(rpc_market_data, "_LIMIT", size)
        paged = (await client.bars(symbol, bars))[symbol]
        assert len(paged) > 2 * size
        assert same(paged, whole)


async def test_other_styles_start_anew_in_each_range_and_are_refused_where_there_are_too_many(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_bars, "PAGE_SIZE", 10)
    with pytest.raises(ResourceExhaustedError, match="ZIG has 10 such bars or more") as refusal:
        await client.bars("ZIG", {"style": "tick", "size": 7})
    assert refusal.value.metadata == {"symbol": "ZIG", "limit": "10"}


@pytest.mark.parametrize(
    ("symbols", "bars", "range_", "error", "metadata"),
    [
        ("DIA", None, {}, SymbolNotFoundError, {"symbol": "DIA"}),
        ("DIA", "1m", {}, SymbolNotFoundError, {"symbol": "DIA"}),
        ([], None, {}, InvalidArgumentError, {"field": "symbols"}),
        (["SPY", "SPY"], None, {}, InvalidArgumentError, {"field": "symbols"}),
        ("SPY", None, {"start": "2030-01-01"}, InsufficientDataError, {"symbol": "SPY"}),
        ("SPY", "1d", {"end": "1960-01-01"}, InsufficientDataError, {"bar_count": "0"}),
        ("SPY", None, {"start": 2, "end": 2}, InvalidArgumentError, {"field": "end"}),
        ("SPY", None, {"start": 3, "end": 2}, InvalidArgumentError, {"field": "end"}),
        ("SPY", None, {"start": "soon"}, InvalidArgumentError, {"field": "start"}),
        ("SPY", "1 moment", {}, InvalidArgumentError, {"field": "interval"}),
        (
            "ZIG",
            {"style": "renko", "size": "0.001"},
            {},
            InvalidArgumentError,
            {"field": "renko.size", "value": "0.001"},
        ),
        ("ZIG", {"style": "heikin_ashi"}, {}, InvalidArgumentError, {"field": "style"}),
        (
            "SPY",
            {"style": "tick_imbalance", "threshold": 5},
            {},
            FailedPreconditionError,
            {"symbol": "SPY", "style": "tick_imbalance"},
        ),
    ],
)
async def test_what_cannot_be_is_refused_with_its_name(
    client: Client,
    symbols: Any,
    bars: object,
    range_: dict[str, Any],
    error: type[AlgoTrendyError],
    metadata: dict[str, str],
) -> None:
    with pytest.raises(error) as refusal:
        await client.bars(symbols, bars, **range_)
    assert type(refusal.value) is error
    assert refusal.value.metadata.items() >= metadata.items()


async def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run `algotrendy backtest` beside the server, and return how it ended."""
    monkeypatch.setattr(sys, "argv", ["algotrendy", "backtest", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        await asyncio.to_thread(main)
    return int(end.value.code or 0)


async def test_the_command_runs_on_what_a_running_platform_has_stored(
    addresses: dict[str, str],
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = {name: CROSS[name] for name in ("entry", "exit")} | {"symbols": ["SPY"]}
    file, out = tmp_path / "cross.json", tmp_path / "out"
    # What is asked for goes before the files of the strategy's file.
    file.write_text(json.dumps({**document, "backtest": {"data": {"SPY": "nowhere.parquet"}}}))
    span = {"start": "1970-01-21", "end": "1970-07-20"}
    options = ("--data-dir", tmp_path, "--start", span["start"], "--end", span["end"])
    run = ("run", file, *options, "--bars", "1d", "--out", out, "--symbols")
    with published(tmp_path, Addresses("", addresses)):
        assert await command(monkeypatch, *run, "SPY") == 0
        assert capsys.readouterr().out.endswith(f"Saved to {out}.\n")
        assert await command(monkeypatch, *run, "SPY,DIA") == 1
        assert capsys.readouterr().err.startswith("SYMBOL_UNKNOWN")
    bars = await client.bars("SPY", "1d")
    expected = at.backtest.run(document, bars, **span)
    assert at.backtest.Result.load(out).fills.equals(expected.fills)
    assert len(expected.fills) > 5
    repeated = at.backtest.replay(out, await client.bars("SPY", "1d", end=span["end"]))
    assert repeated.fills.equals(expected.fills)
