"""What comes out: NumPy columns, single bars, Arrow and the report."""

import gc
import pickle
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.unit.bar.builders import MINUTE_NS, SECOND_NS, quotes, small_bars, trades

import algotrendy

INTEGERS = ("time_ns", "open_time_ns", "close_time_ns", "trade_count")
PRICES = ("open", "high", "low", "close")
QUANTITIES = ("volume", "buy_volume", "sell_volume")
NAMES = [
    *("time", "open_time", "close_time"),
    *("open", "high", "low", "close", "volume", "notional", "trade_count"),
    *("buy_volume", "sell_volume"),
]


def two_bars(**options: Any) -> algotrendy.Bars:
    """Two trades in the first minute, none in the second, one in the third."""
    table = trades(10, 12, 11, side=np.array([1, -1, 0], dtype=np.int8), id=np.array([7, 8, 9]))
    table["time"] = np.array([1, MINUTE_NS - 1, 2 * MINUTE_NS])
    table["quantity"] = np.array([1, 2, 4])
    return algotrendy.bars(table, "time", interval="1m", **options)


def test_trades_become_bars_of_their_intervals() -> None:
    bars = two_bars()
    assert len(bars) == 2
    assert bars.open_time_ns.tolist() == bars.time_ns.tolist() == [0, 2 * MINUTE_NS]
    assert bars.close_time_ns.tolist() == [MINUTE_NS, 3 * MINUTE_NS]
    assert (bars.open.tolist(), bars.high.tolist()) == ([10, 11], [12, 11])
    assert (bars.low.tolist(), bars.close.tolist()) == ([10, 11], [12, 11])
    assert (bars.volume.tolist(), bars.trade_count.tolist()) == ([3, 4], [2, 1])
    assert (bars.buy_volume.tolist(), bars.sell_volume.tolist()) == ([1, 0], [2, 0])
    assert (bars.notional, bars.vwap.tolist()) == ([34, 44], [34 / 3, 11.0])
    assert bars.close_reason == ["INTERVAL", "FINISH"]
    assert bars.flags.tolist() == [0, 1 | 2]
    assert bars.first_trade_id is not None
    assert bars.last_trade_id is not None
    assert (bars.first_trade_id.tolist(), bars.last_trade_id.tolist()) == ([7, 9], [8, 9])


def test_columns_have_the_types_of_what_came_in() -> None:
    bars = two_bars()
    for name in (*INTEGERS, *PRICES, *QUANTITIES, "first_trade_id", "last_trade_id"):
        assert getattr(bars, name).dtype == np.int64, name
    assert (bars.flags.dtype, bars.vwap.dtype) == (np.uint8, np.float64)
    bars = algotrendy.bars(trades(1.5, 2.5), "tick", size=2)
    assert {getattr(bars, name).dtype for name in PRICES} == {np.dtype(np.float64)}
    assert {getattr(bars, name).dtype for name in QUANTITIES} == {np.dtype(np.int64)}


def test_columns_are_copies() -> None:
    bars = two_bars()
    bars.close[:] = 0
    assert bars.close.tolist() == [12, 11]


@pytest.mark.parametrize("name", ["close", "report", "price_scale", "other"])
def test_bars_are_frozen(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(two_bars(), name, 1)


@pytest.mark.parametrize("kind", [algotrendy.Bars, algotrendy.Bar])
def test_bars_are_made_of_ticks_alone(kind: Any) -> None:
    with pytest.raises(TypeError):
        kind()


def test_a_bar_is_taken_out_by_its_place() -> None:
    bars = two_bars()
    assert bars[0] == bars[-2] != bars[1]
    assert [bar.close for bar in bars] == [12, 11]  # type: ignore[attr-defined]
    bar = bars[0]
    assert (bar.open, bar.high, bar.low, bar.close) == (10, 12, 10, 12)
    assert (bar.volume, bar.notional, bar.trade_count) == (3, 34, 2)
    assert (bar.first_trade_id, bar.last_trade_id) == (7, 8)
    assert (bar.close_reason, bar.flags) == ("INTERVAL", 0)
    assert bar.as_dict() == {
        name: getattr(bar, name)
        for name in (
            *("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume"),
            *("notional", "trade_count", "buy_volume", "sell_volume", "first_trade_id"),
            *("last_trade_id", "close_reason", "flags"),
        )
    }


@pytest.mark.parametrize("place", [2, -3, 2**62, -(2**62)])
def test_a_place_without_a_bar_is_an_index_error(place: int) -> None:
    with pytest.raises(IndexError, match=f"bar {place} of 2"):
        two_bars()[place]


@pytest.mark.parametrize("place", ["0", 0.0, None, slice(0, 1)])
def test_a_place_is_an_integer(place: Any) -> None:
    with pytest.raises(TypeError):
        two_bars()[place]


def test_bars_are_equal_if_all_their_fields_are() -> None:
    assert two_bars()[0] == two_bars()[0]
    assert two_bars()[0] != two_bars(price_scale=1)[0]
    assert two_bars()[0] != "a bar"


def test_bars_tell_what_they_are() -> None:
    assert repr(two_bars()) == f"<Bars: 2 from 0 ns to {3 * MINUTE_NS} ns>"
    assert repr(algotrendy.bars(trades(), "tick", size=1)) == "<Bars: none>"
    bar = algotrendy.bars(trades(1.5), "tick", size=1)[0]
    assert repr(bar) == (
        "Bar(open_time_ns=0, close_time_ns=0, open=1.5, high=1.5, low=1.5, close=1.5, volume=1, "
        "close_reason='TICKS')"
    )


def test_a_label_changes_the_time_alone() -> None:
    bars = two_bars(label="close")
    assert bars.time_ns.tolist() == bars.close_time_ns.tolist()
    assert bars[1].time_ns == 3 * MINUTE_NS
    table = pa.table(bars)
    assert table["time"] == table["close_time"] != table["open_time"]


def test_there_is_no_average_price_without_volume() -> None:
    bars = algotrendy.bars(quotes(1, 2), "tick", size=1)
    assert np.isnan(bars.vwap).tolist() == [True, True]
    bars = algotrendy.bars(trades(1.5, 2.5, quantity=np.array([0, 2])), "tick", size=1)
    np.testing.assert_array_equal(bars.vwap, [np.nan, 2.5])


def test_an_average_price_is_a_price_like_the_close() -> None:
    table = trades(1, 4, quantity=np.array([2, 1]))
    assert algotrendy.bars(table, "tick", size=2, price_scale=2).vwap.tolist() == [2.0]
    table = trades(0.01, 0.04, quantity=np.array([0.2, 0.1]))
    assert algotrendy.bars(table, "tick", size=2).vwap.tolist() == [0.02]


def test_without_ids_there_are_none() -> None:
    bars = algotrendy.bars(trades(1), "tick", size=1)
    assert (bars.first_trade_id, bars.last_trade_id) == (None, None)
    assert (bars[0].first_trade_id, bars[0].last_trade_id) == (None, None)
    assert "first_trade_id" not in pa.table(bars).column_names


def test_a_bar_without_an_id_among_others_has_a_null() -> None:
    table = pa.table(trades(1, 2, 3, id=pa.array([None, 7, 8])))
    bars = algotrendy.bars(table, "tick", size=1)
    assert pa.table(bars)["first_trade_id"].to_pylist() == [None, 7, 8]
    assert bars.first_trade_id is not None
    assert bars.first_trade_id.tolist() == [-(2**63), 7, 8]
    assert bars[0].first_trade_id is None


@pytest.mark.parametrize("prices", [(10, 12), (10.0, 12.0)], ids=["integers", "floats"])
def test_empty_bars_without_prices_are_null_in_arrow_and_nan_in_numpy(prices: Any) -> None:
    table = trades(*prices, time=np.array([0, 2]) * SECOND_NS)
    bars = algotrendy.bars(table, "time", interval="1s", empty="null")
    assert (bars.flags & 16).tolist() == [0, 16, 0]
    arrow = pa.table(bars)
    for name in PRICES:
        assert arrow[name].to_pylist() == [prices[0], None, prices[1]]
        assert getattr(bars[1], name) is None
        found = getattr(bars, name)
        # An integer column has no NaN: it has the last close.
        expected = [10, 10, 12] if found.dtype == np.int64 else [10.0, np.nan, 12.0]
        np.testing.assert_array_equal(found, expected)
    assert arrow["volume"].to_pylist() == [1, 0, 1]
    assert arrow["notional"].null_count == 0


def test_empty_bars_at_the_last_close_have_prices() -> None:
    table = trades(10, 12, time=np.array([0, 2]) * SECOND_NS)
    bars = algotrendy.bars(table, "time", interval="1s", empty="flat")
    assert pa.table(bars)["open"].to_pylist() == [10, 10, 12]
    assert bars[1].trade_count == 0


def from_duckdb(bars: algotrendy.Bars) -> pa.Table:
    """DuckDB finds what its query names among the variables."""
    return duckdb.sql("FROM bars").to_arrow_table()


READERS: dict[str, Any] = {
    "pyarrow table": pa.table,
    "pyarrow record batch": pa.record_batch,
    "pyarrow reader": lambda bars: pa.RecordBatchReader.from_stream(bars).read_all(),
    "polars": lambda bars: pl.DataFrame(bars).to_arrow(),
    "pandas": lambda bars: pa.Table.from_pandas(pd.DataFrame.from_arrow(bars)),
    "DuckDB": from_duckdb,
}


@pytest.mark.parametrize("reader", READERS)
def test_arrow_readers_get_every_column(reader: str) -> None:
    bars = two_bars()
    table = READERS[reader](bars)
    ids = ["first_trade_id", "last_trade_id"]
    assert list(table.schema.names) == [*NAMES, *ids, "close_reason", "flags"]
    for name in table.schema.names:
        if name.endswith("time"):
            found = table[name].cast(pa.timestamp("ns")).cast(pa.int64()).to_pylist()
            assert found == getattr(bars, f"{name}_ns").tolist()
        elif name == "close_reason":
            assert table[name].to_pylist() == bars.close_reason
        else:
            assert [int(value) for value in table[name].to_pylist()] == list(getattr(bars, name))


def test_times_are_instants_in_arrow() -> None:
    assert pa.table(two_bars()).schema.field("time").type == pa.timestamp("ns", tz="UTC")


def test_floats_are_floats_and_decimals_decimals_in_arrow() -> None:
    prices = np.array([Decimal("1.50"), Decimal(2)], dtype=object)
    for table, kind in ((trades(1.5, 2), pa.float64()), (trades(1, 2, price=prices), None)):
        arrow = pa.table(algotrendy.bars(table, "tick", size=1))
        assert arrow["close"].type == (kind or pa.decimal128(38, 2))
        assert arrow["volume"].type == pa.int64()


def test_an_arrow_reader_may_outlive_the_bars() -> None:
    table = pa.table(two_bars())
    gc.collect()
    assert table["notional"].to_pylist() == [34, 44]


def test_bars_can_be_read_again_and_again() -> None:
    bars = two_bars()
    assert pa.table(bars) == pa.table(bars) == pa.table(pa.record_batch(bars))


def test_no_bars_have_every_column_too() -> None:
    bars = algotrendy.bars(trades(), "tick", size=1)
    table = pa.table(bars)
    assert table.num_rows == 0
    assert table.column_names == [*NAMES, "close_reason", "flags"]
    assert (bars.notional, bars.close_reason, bars.vwap.tolist()) == ([], [], [])


def test_bars_are_not_pickled_but_their_table_is() -> None:
    bars = two_bars()
    with pytest.raises(TypeError):
        pickle.dumps(bars)
    assert pickle.loads(pickle.dumps(pa.table(bars))) == pa.table(bars)  # noqa: S301 - Our own.


def test_a_report_accounts_for_every_tick() -> None:
    table = trades(10.5, np.nan, 12.0, 11.0, -1.0, id=np.array([1, 2, 3, 3, 5]))
    bars = algotrendy.bars(table, "tick", size=9, faults={"duplicate": "keep"})
    nothing = {"count": 0, "volume": 0, "notional": Decimal(0)}
    assert bars.report == {
        "accepted": {"count": 3, "volume": 3, "notional": Decimal("33.5")},
        "rejected": {
            "invalid": {"count": 1, "volume": 1, "notional": Decimal(0)},
            "nonpositive_price": {"count": 1, "volume": 1, "notional": Decimal(-1)},
        },
        "kept": {"duplicate": {"count": 1, "volume": 1, "notional": Decimal(11)}},
        "not_in_volume": nothing,
        "rounded": 0,
    }


def test_smaller_bars_count_their_trades() -> None:
    bars = algotrendy.bars(small_bars(1, 2, trade_count=np.array([5, 6])), "tick", size=99)
    assert bars.report is not None
    assert bars.report["accepted"] == {"count": 11, "volume": 0, "notional": 0}


def test_a_part_of_a_stream_has_no_report_of_its_own() -> None:
    stream = algotrendy.BarStream("tick", size=1)
    assert stream.push_many(trades(1)).report is None
    assert stream.finish().report is None
    assert stream.report["accepted"]["count"] == 1
