"""Trades into time bars, through the Python face of the core."""

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from algotrendy import Bars, TimeBarAggregator, time_bars
from algotrendy.domain.clock import MINUTE_NS
from algotrendy.errors import (
    ColumnLengthError,
    DataValueError,
    InvalidArgumentError,
    OverflowValueError,
)

INT64_MAX = 2**63 - 1
COLUMNS = (
    "open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume", "trade_count",
    "buy_volume", "sell_volume",
)  # fmt: skip


def column(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def three_minutes() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Two trades in the first minute, none in the second, one in the third."""
    return column(0, MINUTE_NS - 1, 2 * MINUTE_NS), column(10, 12, 11), column(1, 2, 4)


def minute_bars() -> Bars:
    return time_bars(*three_minutes(), interval_ns=MINUTE_NS)


def test_trades_become_bars_of_their_intervals() -> None:
    bars = minute_bars()
    assert len(bars) == 2
    assert bars.open_time_ns.tolist() == [0, 2 * MINUTE_NS]
    assert bars.close_time_ns.tolist() == [MINUTE_NS, 3 * MINUTE_NS]
    assert (bars.open.tolist(), bars.high.tolist()) == ([10, 11], [12, 11])
    assert (bars.low.tolist(), bars.close.tolist()) == ([10, 11], [12, 11])
    assert (bars.volume.tolist(), bars.trade_count.tolist()) == ([3, 4], [2, 1])
    assert bars.notional == [34, 44]
    assert bars.close_reason == ["INTERVAL", "FINISH"]


def test_volume_is_split_by_the_aggressor() -> None:
    sides = np.array([1, -1, 0], dtype=np.int8)
    bars = time_bars(*three_minutes(), interval_ns=MINUTE_NS, aggressor_sides=sides)
    assert bars.buy_volume.tolist() == [1, 0]
    assert bars.sell_volume.tolist() == [2, 0]


def test_no_trades_make_no_bars() -> None:
    bars = time_bars(column(), column(), column(), interval_ns=MINUTE_NS)
    assert len(bars) == 0
    assert bars.open.dtype == np.int64


def test_late_trades_are_counted() -> None:
    bars = time_bars(column(5, 4, 5), column(1, 9, 1), column(1, 1, 1), interval_ns=MINUTE_NS)
    assert bars.late_trades == 1
    assert bars.high.tolist() == [1]


def test_strided_and_read_only_columns_are_read() -> None:
    times_ns, prices, quantities = (np.repeat(values, 2)[::2] for values in three_minutes())
    times_ns.setflags(write=False)
    bars = time_bars(times_ns, prices, quantities, interval_ns=MINUTE_NS)
    assert bars.notional == minute_bars().notional


def test_columns_are_copies() -> None:
    bars = minute_bars()
    bars.close[:] = 0
    assert bars.close.tolist() == [12, 11]


@pytest.mark.parametrize(
    "prices",
    [
        [10, 12, 11],
        np.array([10.0, 12.0, 11.0]),
        np.array([10, 12, 11], dtype=np.int32),
        np.array([[10], [12], [11]]),
    ],
)
def test_a_column_of_another_type_is_refused_by_name(prices: Any) -> None:
    times_ns, _, quantities = three_minutes()
    with pytest.raises(TypeError, match=r"^prices must be a one-dimensional NumPy array of int64$"):
        time_bars(times_ns, prices, quantities, interval_ns=MINUTE_NS)


def test_columns_of_different_lengths_are_refused() -> None:
    times_ns, prices, quantities = three_minutes()
    with pytest.raises(ColumnLengthError) as refusal:
        time_bars(times_ns, prices, quantities[:2], interval_ns=MINUTE_NS)
    assert refusal.value.metadata == {"column": "quantities", "length": "2", "expected": "3"}


def test_an_unknown_side_is_refused_where_it_stands() -> None:
    sides = np.array([1, 2, 0], dtype=np.int8)
    with pytest.raises(DataValueError) as refusal:
        time_bars(*three_minutes(), interval_ns=MINUTE_NS, aggressor_sides=sides)
    assert refusal.value.metadata["index"] == "1"


@pytest.mark.parametrize("interval_ns", [0, -1])
def test_an_interval_must_be_positive(interval_ns: int) -> None:
    with pytest.raises(InvalidArgumentError, match="interval_ns must be positive"):
        TimeBarAggregator(interval_ns)


def test_a_negative_quantity_is_refused_where_it_stands() -> None:
    with pytest.raises(DataValueError) as refusal:
        time_bars(column(0, 1), column(1, 1), column(1, -1), interval_ns=MINUTE_NS)
    assert refusal.value.metadata == {"quantity": "-1", "index": "1"}


def test_a_refused_batch_changes_nothing() -> None:
    aggregator = TimeBarAggregator(MINUTE_NS)
    aggregator.push(0, 10, INT64_MAX)
    with pytest.raises(OverflowValueError) as refusal:
        aggregator.push_many(column(1, 2), column(11, 11), column(0, 1))
    assert refusal.value.metadata == {"field": "volume", "index": "1"}
    pending = aggregator.finish()
    assert pending is not None
    assert (pending["close"], pending["trade_count"]) == (10, 1)


def test_a_time_beyond_the_range_of_intervals_is_refused() -> None:
    with pytest.raises(OverflowValueError):
        TimeBarAggregator(MINUTE_NS).push(INT64_MAX, 1, 1)


def test_a_pushed_trade_returns_the_bar_it_closed() -> None:
    aggregator = TimeBarAggregator(MINUTE_NS)
    assert aggregator.push(0, 10, 1, 1) is None
    assert aggregator.push(MINUTE_NS, 11, 2) == {
        "open_time_ns": 0,
        "close_time_ns": MINUTE_NS,
        "open": 10,
        "high": 10,
        "low": 10,
        "close": 10,
        "volume": 1,
        "trade_count": 1,
        "notional": 10,
        "buy_volume": 1,
        "sell_volume": 0,
        "close_reason": "INTERVAL",
    }


def test_a_finished_bar_is_handed_out_once() -> None:
    aggregator = TimeBarAggregator(MINUTE_NS)
    aggregator.push(0, 10, 1)
    pending = aggregator.finish()
    assert pending is not None
    assert pending["close_reason"] == "FINISH"
    assert aggregator.finish() is None


@pytest.mark.parametrize(
    "read", [lambda bars: pl.DataFrame(bars).to_arrow(), pa.table, pa.record_batch]
)
def test_arrow_readers_get_every_column(read: Any) -> None:
    bars = minute_bars()
    table = read(bars)
    for name in (*COLUMNS, "notional"):
        assert [int(value) for value in table[name].to_pylist()] == list(getattr(bars, name))
    assert table["close_reason"].to_pylist() == bars.close_reason


def test_an_arrow_reader_may_outlive_the_bars() -> None:
    table = pa.table(minute_bars())
    assert table["notional"].to_pylist() == [34, 44]
