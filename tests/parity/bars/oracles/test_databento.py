"""Bars of Databento's trades equal its own OHLCV records and hold every field of the trades."""

from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.parity.bars.oracles.readers import (
    MINUTE_NS,
    PRICES,
    SECOND_NS,
    dbn_records,
    dbn_trades,
    rows,
    table,
)

import algotrendy

BAR = (*PRICES, "volume")
TRADES = [
    "EQUS.MINI/test_data.trades.dbn.zst",
    "GLBX.MDP3/test_data.trades.dbn.zst",
    "dbn_encodings/test_data.trades.dbn",
    "dbn_encodings/test_data.trades.v1.dbn.zst",
    "dbn_encodings/test_data.trades.v3.dbn.zst",
]
COMPARED = (
    "open_time_ns", *BAR, "notional", "trade_count", "buy_volume", "sell_volume",
    "first_trade_id", "last_trade_id",
)  # fmt: skip


def records_of(data: Path, file: str) -> list[Any]:
    return dbn_records(data / "ticks" / "databento" / file)


def recorded(data: Path, schema: str) -> dict[int, tuple[int, ...]]:
    """The OHLCV records of QQQ by the start of their interval."""
    records = records_of(data, f"EQUS.MINI/test_data.{schema}.dbn.zst")
    return {row.ts_event: (row.open, row.high, row.low, row.close, row.volume) for row in records}


def folded(records: list[Any], interval_ns: int) -> list[tuple[int, ...]]:
    """The same bars as anyone would write them."""
    found = []
    for start, group in groupby(records, lambda trade: trade.ts_event // interval_ns):
        trades = list(group)
        prices = [trade.price for trade in trades]
        sizes = {
            side: sum(t.size for t in trades if str(t.side) in side) for side in ("B", "A", "ABN")
        }
        notional = sum(trade.price * trade.size for trade in trades)
        found.append((
            start * interval_ns, prices[0], max(prices), min(prices), prices[-1], sizes["ABN"],
            notional, len(trades), sizes["B"], sizes["A"], trades[0].sequence, trades[-1].sequence,
        ))  # fmt: skip
    return found


@pytest.mark.parametrize("file", TRADES)
@pytest.mark.parametrize(("label", "interval_ns"), [("1s", SECOND_NS), ("1m", MINUTE_NS)])
def test_bars_hold_every_field_of_their_trades(
    oracle_data: Path, file: str, label: str, interval_ns: int
) -> None:
    records = records_of(oracle_data, file)
    bars = algotrendy.bars(dbn_trades(records), "time", interval=label)
    assert rows(bars, *COMPARED) == folded(records, interval_ns)


def test_seconds_of_trades_equal_the_recorded_seconds(oracle_data: Path) -> None:
    records = records_of(oracle_data, "EQUS.MINI/test_data.trades.dbn.zst")
    seconds = recorded(oracle_data, "ohlcv-1s")
    bars = algotrendy.bars(dbn_trades(records), "time", interval="1s")
    assert rows(bars, *BAR) == [seconds[start] for start in bars.open_time_ns.tolist()]
    assert len(bars) == 2


def test_minutes_of_recorded_seconds_equal_the_recorded_minutes(oracle_data: Path) -> None:
    seconds, minutes = recorded(oracle_data, "ohlcv-1s"), recorded(oracle_data, "ohlcv-1m")
    source = table(("open_time", *BAR), ((start, *values) for start, values in seconds.items()))
    bars = algotrendy.bars(source, "time", source="bars", interval="1m")
    assert rows(bars, *BAR) == [minutes[start] for start in bars.open_time_ns.tolist()]
    assert len(bars) == 3


def test_every_encoding_of_the_same_trades_gives_the_same_bars(oracle_data: Path) -> None:
    plain, *others = (
        rows(
            algotrendy.bars(dbn_trades(records_of(oracle_data, file)), "tick", size=1),
            *COMPARED,
            "close_time_ns",
        )
        for file in TRADES
        if "dbn_encodings" in file
    )
    assert len(plain) == 2
    assert others == [plain, plain]


@pytest.mark.parametrize("file", TRADES)
def test_the_letters_of_databento_sides_are_read_as_they_are(oracle_data: Path, file: str) -> None:
    records = records_of(oracle_data, file)
    trades = dbn_trades(records)
    letters = {**trades, "side": np.array([str(trade.side) for trade in records])}
    bars = algotrendy.bars(letters, "time", interval="1m")
    assert rows(bars, *COMPARED) == rows(algotrendy.bars(trades, "time", interval="1m"), *COMPARED)
