"""Time bars against a naive Python fold, outside references, and themselves in other chunks."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from algotrendy import Bars, TimeBarAggregator, time_bars
from algotrendy.domain.clock import MINUTE_NS, SECOND_NS

MILLISECOND_NS = 1_000_000
SCALE = 8

Row = dict[str, Any]
Trade = tuple[int, int, int, int]
trade_lists = st.lists(
    st.tuples(
        st.integers(-10_000, 10_000),
        st.integers(-500, 500),
        st.integers(0, 1_000),
        st.sampled_from([-1, 0, 1]),
    ),
    max_size=120,
)
COMPARED = (
    "open_time_ns", "open", "high", "low", "close", "volume", "notional",
    "trade_count", "buy_volume", "sell_volume",
)  # fmt: skip


def columns(trades: list[Trade]) -> dict[str, NDArray[Any]]:
    names = ("times_ns", "prices", "quantities")
    values = {
        name: np.array([trade[i] for trade in trades], dtype=np.int64)
        for i, name in enumerate(names)
    }
    sides = np.array([trade[3] for trade in trades], dtype=np.int8)
    return {**values, "aggressor_sides": sides}


def rows(bars: Bars) -> list[Row]:
    values = [list(getattr(bars, name)) for name in COMPARED]
    return [dict(zip(COMPARED, row, strict=True)) for row in zip(*values, strict=True)]


def compared(bar: Mapping[str, Any]) -> Row:
    return {name: bar[name] for name in COMPARED}


def naive_rows(trades: list[Trade], interval_ns: int) -> list[Row]:
    """The same bars as anyone would write them: group by interval, then aggregate."""
    groups: dict[int, list[Trade]] = {}
    newest_ns: int | None = None
    for trade in trades:
        if newest_ns is None or trade[0] >= newest_ns:
            newest_ns = trade[0]
            groups.setdefault(trade[0] // interval_ns * interval_ns, []).append(trade)
    return [
        {
            "open_time_ns": start_ns,
            "open": group[0][1],
            "high": max(trade[1] for trade in group),
            "low": min(trade[1] for trade in group),
            "close": group[-1][1],
            "volume": sum(trade[2] for trade in group),
            "trade_count": len(group),
            "buy_volume": sum(trade[2] for trade in group if trade[3] == 1),
            "sell_volume": sum(trade[2] for trade in group if trade[3] == -1),
            "notional": sum(trade[1] * trade[2] for trade in group),
        }
        for start_ns, group in groups.items()
    ]


@given(trade_lists, st.integers(1, 5_000))
def test_time_bars_equal_a_naive_fold(trades: list[Trade], interval_ns: int) -> None:
    assert rows(time_bars(**columns(trades), interval_ns=interval_ns)) == naive_rows(
        trades, interval_ns
    )


@given(trade_lists, st.integers(1, 5_000), st.integers(1, 50))
def test_any_chunking_and_single_pushes_give_the_same_bars(
    trades: list[Trade], interval_ns: int, chunk: int
) -> None:
    batch = time_bars(**columns(trades), interval_ns=interval_ns)
    chunked, single = TimeBarAggregator(interval_ns), TimeBarAggregator(interval_ns)
    chunk_rows: list[Row] = []
    for start in range(0, len(trades), chunk):
        chunk_rows += rows(chunked.push_many(**columns(trades[start : start + chunk])))
    single_rows = [compared(bar) for trade in trades if (bar := single.push(*trade)) is not None]
    for aggregator, found in ((chunked, chunk_rows), (single, single_rows)):
        if (pending := aggregator.finish()) is not None:
            found.append(compared(pending))
        assert aggregator.late_trades == batch.late_trades
        assert found == rows(batch)


def binance_trades(path: Path) -> list[Trade]:
    """The trades of a raw Binance stream in the order of their ids, as the reference reads them."""
    by_id: dict[int, Trade] = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            data = json.loads(line.split(" ", 1)[1]).get("data", {})
            if data.get("e") != "trade" or data.get("X", "MARKET") != "MARKET":
                continue
            price, quantity = units(data["p"]), units(data["q"])
            if price > 0:
                side = -1 if data["m"] else 1
                by_id.setdefault(data["t"], (data["T"] * MILLISECOND_NS, price, quantity, side))
    return [by_id[trade_id] for trade_id in sorted(by_id)]


def units(text: str, scale: int = SCALE) -> int:
    scaled = Decimal(text).scaleb(scale)
    assert scaled == int(scaled), f"{text} has more than {scale} decimals"
    return int(scaled)


@pytest.mark.parametrize("stream", ["spot_btcusdt_20240808", "usdm_ethusdt_20240808"])
@pytest.mark.parametrize(("label", "interval_ns"), [("1s", SECOND_NS), ("1m", MINUTE_NS)])
def test_time_bars_of_binance_streams_equal_the_reference(
    oracle_data: Path, stream: str, label: str, interval_ns: int
) -> None:
    trades = binance_trades(oracle_data / "ticks" / "binance_raw" / f"{stream}.gz")
    bars = time_bars(**columns(trades), interval_ns=interval_ns)
    assert bars.late_trades == 0
    with (oracle_data / "reference" / "computed" / f"bars_{stream}_{label}.csv").open() as file:
        expected = [
            {
                "open_time_ns": int(row["key"]) * MILLISECOND_NS,
                **{name: units(row[name]) for name in ("open", "high", "low", "close", "volume")},
                "trade_count": int(row["trades"]),
                "buy_volume": units(row["buy_volume"]),
                "sell_volume": units(row["volume"]) - units(row["buy_volume"]),
                "notional": units(row["notional"], 2 * SCALE),
            }
            for row in csv.DictReader(file)
        ]
    assert rows(bars) == expected


def lean_bars(path: Path) -> Iterator[tuple[int, list[int]]]:
    """Time within the day in ns, and OHLCV in units, of each row of a LEAN crypto file."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        for milliseconds, *values in csv.reader(io.TextIOWrapper(file)):
            yield int(milliseconds) * MILLISECOND_NS, [units(value) for value in values]


@pytest.mark.parametrize("date", ["20161007"])
def test_minutes_from_coinbase_seconds_equal_the_recorded_minutes(
    oracle_data: Path, date: str
) -> None:
    folder = "lean_crypto/coinbase_btcusd"
    trades: list[Trade] = []
    for time_ns, (open_, high, low, close, volume) in lean_bars(
        oracle_data / "bars_second" / folder / f"{date}_trade.zip"
    ):
        # A bar as four prints: all its volume at its close.
        prints = ((open_, 0), (high, 0), (low, 0), (close, volume))
        trades += [(time_ns, price, quantity, 0) for price, quantity in prints]
    bars = time_bars(**columns(trades), interval_ns=MINUTE_NS)
    names = ("open", "high", "low", "close", "volume")
    found = [(row["open_time_ns"], [row[name] for name in names]) for row in rows(bars)]
    assert found == list(lean_bars(oracle_data / "bars_minute" / folder / f"{date}_trade.zip"))
