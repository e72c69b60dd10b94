"""Bars of any style are made of the ticks that are stored, or else of the bars."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import algotrendy
from algotrendy.domain.clock import DAY_NS, MINUTE_NS, SECOND_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import TradeColumns
from algotrendy.errors import (
    DataValueError,
    FailedPreconditionError,
    InvalidArgumentError,
    SymbolNotFoundError,
)
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.bar_style import (
    BarSource,
    BarStyle,
    BarTerms,
    StyledBars,
)
from algotrendy.market_data.model import Rounding, TradeRows, bars_of
from algotrendy.market_data.service import MarketDataService
from algotrendy.testing.market_data import FakeStore, daily_bars, trades_of

WALK = [10_000 + int(step) for step in np.cumsum(np.random.default_rng(7).integers(-5, 6, 500))]

# exchange_calendars asks pandas for what a later release will do otherwise.
CALENDARS = pytest.mark.filterwarnings("ignore:Series.values:DeprecationWarning")


def store_ticks(store: FakeStore, ticks: TradeColumns, symbol: str = "X") -> None:
    rows = TradeRows("x.csv", ticks, Rounding(0, Decimal(0)))
    store.put(bars_of(rows, Instrument(symbol), 10 * MINUTE_NS), ticks)


@pytest.fixture
def store() -> FakeStore:
    store = FakeStore(daily_bars("SPY", [10_000, 10_150, 9_900, 10_400, 10_380]))
    store_ticks(store, trades_of(WALK))
    return store


async def made(store: FakeStore, symbol: str, style: BarStyle, **terms: Any) -> StyledBars:
    service = MarketDataService(store, SourceFiles())
    bars = await service.bars(BarTerms(symbol, style=style, **terms))
    assert isinstance(bars, StyledBars)
    return bars


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("time", {"interval": "3600000000000ns"}),
        ("tick", {"size": 7}),
        ("volume", {"size": "9"}),
        ("dollar", {"size": "1000"}),
        ("range", {"size": "0.20", "gaps": True}),
        ("renko", {"size": "10 ticks", "wicks": True}),
        ("renko", {"size": "atr(3, 600000000000ns)"}),
        ("tick_imbalance", {"threshold": "6"}),
        ("volume_imbalance", {"expected_ticks": 8.0, "expected_imbalance": "0.5"}),
    ],
)
async def test_bars_of_ticks_read_in_chunks_are_those_of_all_ticks(
    store: FakeStore, name: str, options: dict[str, Any]
) -> None:
    bars = await made(store, "X", BarStyle(name, options))
    ticks = store.trade_series["X"].table()
    expected = algotrendy.bars(ticks, name, instrument=Instrument("X"), **options)
    assert bars.source is BarSource.TICKS
    assert len(bars) == len(expected) > 1
    for column in bars.columns:
        assert np.array_equal(bars.columns[column], getattr(expected, column)), column
    assert bars.notional == expected.notional
    assert bars.close_reason == expected.close_reason
    assert bars.flags == expected.flags.tolist()
    assert bars.report == expected.report


async def test_without_ticks_the_stored_bars_are_the_source(store: FakeStore) -> None:
    bars = await made(store, "SPY", BarStyle("renko", {"size": "1"}))
    assert bars.source is BarSource.BARS
    closes = [10_100, 9_900, 10_100, 10_200, 10_300, 10_400, 10_380]
    assert bars.columns["close"].tolist() == closes
    assert bars.flags[-1] == 1


async def test_a_style_of_bars_is_made_of_the_stored_bars_though_there_are_ticks(
    store: FakeStore,
) -> None:
    for style in (
        BarStyle("heikin_ashi"),
        BarStyle("line_break"),
        BarStyle("renko", {"size": "atr(3)"}),
    ):
        assert (await made(store, "X", style)).source is BarSource.BARS


async def test_the_source_can_be_chosen(store: FakeStore) -> None:
    style = BarStyle("tick", {"size": 100})
    ticks = await made(store, "X", style, source=BarSource.TICKS)
    bars = await made(store, "X", style, source=BarSource.BARS)
    assert (len(ticks), len(bars)) == (5, 1)
    assert bars.columns["volume"].sum() == ticks.columns["volume"].sum() == len(WALK)


async def test_heikin_ashi_can_be_of_time_bars_that_ticks_make(store: FakeStore) -> None:
    hours = BarStyle("time", {"interval": f"{3600 * SECOND_NS}ns"})
    bars = await made(store, "X", BarStyle("heikin_ashi", of=hours))
    assert bars.source is BarSource.TICKS
    assert bars.price_scale == 8
    of = (await made(store, "X", hours)).columns
    first = [int(of[name][0]) for name in ("open", "high", "low", "close")]
    assert len(bars) == len(of["open"])
    assert bars.columns["open"][0] == (first[0] + first[3]) * 1_000_000 // 2
    assert bars.columns["close"][0] == sum(first) * 1_000_000 // 4
    assert bars.report["accepted"]["volume"] == sum(bars.columns["volume"]) == len(WALK)


@pytest.mark.parametrize(
    ("style", "source"),
    [
        (BarStyle("tick_imbalance", {"threshold": "3"}), None),
        (BarStyle("range", {"size": "1", "gaps": True}), None),
        (BarStyle("tick", {"size": 3}), BarSource.TICKS),
    ],
)
async def test_ticks_that_are_needed_and_not_stored_are_asked_for(
    store: FakeStore, style: BarStyle, source: BarSource | None
) -> None:
    with pytest.raises(FailedPreconditionError, match="import ticks") as refusal:
        await made(store, "SPY", style, source=source)
    assert refusal.value.metadata == {"symbol": "SPY", "style": style.name}


async def test_a_chosen_source_that_the_style_cannot_take_is_refused(store: FakeStore) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await made(store, "X", BarStyle("heikin_ashi"), source=BarSource.TICKS)
    assert refusal.value.metadata["field"] == "source"


async def test_the_range_is_that_of_the_ticks_and_the_limit_that_of_the_bars(
    store: FakeStore,
) -> None:
    hours = BarStyle("time", {"interval": f"{3600 * SECOND_NS}ns"})
    time_range = {"start_time_ns": 100 * MINUTE_NS, "end_time_ns": 250 * MINUTE_NS}
    bars = await made(store, "X", hours, **time_range)
    assert bars.columns["trade_count"].tolist() == [20, 60, 60, 10]
    assert bars.close_reason == ["INTERVAL", "INTERVAL", "INTERVAL", "FINISH"]
    newest = await made(store, "X", hours, **time_range, limit=2)
    assert newest.columns["open_time_ns"].tolist() == bars.columns["open_time_ns"][2:].tolist()
    assert newest.notional == bars.notional[2:]
    assert newest.close_reason == bars.close_reason[2:]
    assert newest.flags == [0, 1]
    assert newest.report == bars.report
    # Of the stored bars, the open time counts.
    stored = await made(store, "X", hours, **time_range, source=BarSource.BARS)
    assert stored.report["accepted"]["count"] == 15


@CALENDARS
@pytest.mark.parametrize("source", [BarSource.TICKS, BarSource.BARS])
async def test_a_range_without_data_has_no_bars(store: FakeStore, source: BarSource) -> None:
    style = BarStyle("time", {"interval": "1d", "sessions": "XNYS"})
    bars = await made(store, "X", style, start_time_ns=9 * DAY_NS, source=source)
    assert len(bars) == 0
    assert bars.report["accepted"]["count"] == 0


@pytest.mark.parametrize(
    ("style", "field", "value"),
    [
        (BarStyle("renko", {"size": "-1"}), "renko.size", "-1"),
        (BarStyle("renko", {"size": "0.001"}), "renko.size", "0.001"),
        (BarStyle("tick", {"size": 0}), "tick.size", "0"),
        (BarStyle("time"), "time.interval", "missing"),
        (BarStyle("heikin_ashi", of=BarStyle("time")), "heikin_ashi.bars.interval", "missing"),
        (BarStyle("tick", {"size": 1, "sessions": "MARS"}), "sessions", "MARS"),
    ],
)
async def test_a_wrong_parameter_is_named_by_its_place_in_the_request(
    store: FakeStore, style: BarStyle, field: str, value: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await made(store, "X", style)
    assert (refusal.value.metadata["field"], refusal.value.metadata["value"]) == (field, value)


@pytest.mark.parametrize("source", [None, BarSource.BARS])
async def test_bars_of_an_unknown_symbol_are_not_found(
    store: FakeStore, source: BarSource | None
) -> None:
    with pytest.raises(SymbolNotFoundError):
        await made(store, "DIA", BarStyle("tick", {"size": 1}), source=source)


@CALENDARS
async def test_ticks_outside_sessions_are_left_out_and_counted_or_refused(
    store: FakeStore,
) -> None:
    # From an hour before the opening of 2024-01-10 to an hour after it, a tick a minute.
    opening_ns = 1_704_897_000 * SECOND_NS
    ticks = trades_of(WALK[:120])
    store_ticks(
        store,
        replace(ticks, time_ns=ticks.time_ns + opening_ns - 60 * MINUTE_NS),
    )
    bars = await made(store, "X", BarStyle("tick", {"size": 25, "sessions": "XNYS"}))
    assert bars.columns["open_time_ns"][0] == opening_ns
    assert bars.columns["trade_count"].tolist() == [25, 25, 10]
    assert bars.report["rejected"]["outside"]["count"] == 60
    with pytest.raises(DataValueError):
        await made(
            store, "X", BarStyle("tick", {"size": 25, "sessions": "XNYS", "outside": "raise"})
        )
