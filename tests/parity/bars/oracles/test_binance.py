"""Time, tick, volume, notional and Renko bars of raw Binance streams equal the exact reference."""

from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.parity.bars.oracles.readers import (
    GAP,
    MILLISECOND_NS,
    MINUTE_NS,
    PRICES,
    SECOND_NS,
    Columns,
    binance_trades,
    complete,
    csv_rows,
    rows,
    units,
)

import algotrendy

SCALE = 8
SPOT, FUTURES = "spot_btcusdt_20240808", "usdm_ethusdt_20240808"
COMPARED = (
    "first_trade_id", "last_trade_id", *PRICES, "volume", "notional",
    "buy_volume", "sell_volume", "trade_count",
)  # fmt: skip
# The reference's label, the style with its options, and why a whole bar ends.
EVENT_BARS: list[tuple[str, str, str, int, str]] = [
    (SPOT, "tick250", "tick", 250, "TICKS"),
    (FUTURES, "tick250", "tick", 250, "TICKS"),
    (SPOT, "vol5", "volume", 5 * 10**SCALE, "VOLUME"),
    (FUTURES, "vol250", "volume", 250 * 10**SCALE, "VOLUME"),
    (SPOT, "notional250000", "dollar", 250_000 * 10 ** (2 * SCALE), "NOTIONAL"),
    (FUTURES, "notional500000", "dollar", 500_000 * 10 ** (2 * SCALE), "NOTIONAL"),
]
MEASURE = {"tick": "trade_count", "volume": "volume", "dollar": "notional"}


def trades_of(data: Path, stream: str) -> Columns:
    return binance_trades(data / "ticks" / "binance_raw" / f"{stream}.gz", SCALE)


def reference(data: Path, name: str) -> list[dict[str, str]]:
    return csv_rows(data / "reference" / "computed" / f"{name}.csv")


def expected(row: dict[str, str]) -> tuple[int, ...]:
    volume, bought = units(row["volume"], SCALE), units(row["buy_volume"], SCALE)
    return (
        int(row["first_id"]),
        int(row["last_id"]),
        *(units(row[name], SCALE) for name in PRICES),
        volume,
        units(row["notional"], 2 * SCALE),
        bought,
        volume - bought,
        int(row["trades"]),
    )


def milliseconds(row: dict[str, str], *names: str) -> tuple[int, ...]:
    return tuple(int(row[name]) * MILLISECOND_NS for name in names)


@pytest.mark.parametrize("stream", [SPOT, FUTURES])
@pytest.mark.parametrize(("label", "interval_ns"), [("1s", SECOND_NS), ("1m", MINUTE_NS)])
def test_time_bars_equal_the_reference(
    oracle_data: Path, stream: str, label: str, interval_ns: int
) -> None:
    bars = algotrendy.bars(trades_of(oracle_data, stream), "time", interval=label)
    wanted = reference(oracle_data, f"bars_{stream}_{label}")
    assert rows(bars, *COMPARED) == [expected(row) for row in wanted]
    starts = [milliseconds(row, "key")[0] for row in wanted]
    assert rows(bars, "open_time_ns", "close_time_ns") == [
        (start, start + interval_ns) for start in starts
    ]
    assert bars.time_ns.tolist() == starts
    for row, start in zip(wanted, starts, strict=True):
        first_ns, last_ns = milliseconds(row, "first_ms", "last_ms")
        assert start <= first_ns <= last_ns < start + interval_ns


@pytest.mark.parametrize(("stream", "label", "style", "size", "reason"), EVENT_BARS)
def test_tick_volume_and_notional_bars_equal_the_reference(
    oracle_data: Path, stream: str, label: str, style: str, size: int, reason: str
) -> None:
    bars = algotrendy.bars(trades_of(oracle_data, stream), style, size=size)
    wanted = reference(oracle_data, f"bars_{stream}_{label}")
    assert rows(bars, *COMPARED) == [expected(row) for row in wanted]
    assert rows(bars, "open_time_ns", "close_time_ns") == [
        milliseconds(row, "first_ms", "last_ms") for row in wanted
    ]
    assert bars.first_trade_id.tolist() == [int(row["key"]) for row in wanted]
    # The reference's last bar is the one that the end of the stream left incomplete.
    reached = [amount >= size for (amount,) in rows(bars, MEASURE[style])]
    assert reached == [True] * (len(bars) - 1) + [False]
    assert bars.close_reason == [reason] * (len(bars) - 1) + ["FINISH"]


@pytest.mark.parametrize(("stream", "label", "style", "size", "reason"), EVENT_BARS)
def test_decimal_columns_give_the_decimals_of_the_reference(
    oracle_data: Path, stream: str, label: str, style: str, size: int, reason: str
) -> None:
    trades: dict[str, Any] = dict(trades_of(oracle_data, stream))
    for name in ("price", "quantity"):
        values = [Decimal(value).scaleb(-SCALE) for value in trades[name].tolist()]
        trades[name] = pa.array(values, pa.decimal128(20, SCALE))
    scale = {"tick": 0, "volume": SCALE, "dollar": 2 * SCALE}[style]
    text = str(Decimal(size).scaleb(-scale).quantize(Decimal(1)))
    options = {"size": size if style == "tick" else text}
    found = pa.table(algotrendy.bars(pa.table(trades), style, **options))
    wanted = reference(oracle_data, f"bars_{stream}_{label}")
    for name in (*PRICES, "volume", "notional", "buy_volume"):
        assert found[name].to_pylist() == [Decimal(row[name]) for row in wanted], name
    assert found["first_trade_id"].to_pylist() == [int(row["first_id"]) for row in wanted]


@pytest.mark.parametrize(("stream", "size"), [(SPOT, "10"), (FUTURES, "0.5")])
def test_renko_bricks_equal_the_reference(oracle_data: Path, stream: str, size: str) -> None:
    trades = trades_of(oracle_data, stream)
    bars = algotrendy.bars(trades, "renko", size=units(size, SCALE), anchor="floor")
    wanted = reference(oracle_data, f"renko_{stream}_{size}")
    assert complete(bars, "open", "close", "close_time_ns") == [
        (units(row["open"], SCALE), units(row["close"], SCALE), *milliseconds(row, "time_ms"))
        for row in wanted
    ]
    # A trade that completes several bricks is in the first of them.
    trade_ids = [int(row["trade_id"]) for row in wanted]
    later = [False, *(a == b for a, b in pairwise(trade_ids))]
    flags, last_ids = zip(*complete(bars, "flags", "last_trade_id"), strict=True)
    assert [bool(bits & GAP) for bits in flags] == later
    firsts = [index for index, is_later in enumerate(later) if not is_later]
    assert [last_ids[index] for index in firsts] == [trade_ids[index] for index in firsts]


@pytest.mark.parametrize(("stream", "size"), [(SPOT, "10"), (FUTURES, "0.5")])
def test_renko_bricks_and_what_is_pending_add_up_to_the_stream(
    oracle_data: Path, stream: str, size: str
) -> None:
    trades = trades_of(oracle_data, stream)
    bars = algotrendy.bars(trades, "renko", size=units(size, SCALE), anchor="floor")
    prices, quantities = trades["price"].tolist(), trades["quantity"].tolist()
    assert sum(bars.trade_count.tolist()) == len(prices)
    assert sum(bars.volume.tolist()) == sum(quantities)
    assert sum(bars.notional) == sum(p * q for p, q in zip(prices, quantities, strict=True))
    bought = sum(q for q, side in zip(quantities, trades["side"].tolist(), strict=True) if side > 0)
    assert sum(bars.buy_volume.tolist()) == bought
