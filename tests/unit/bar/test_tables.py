"""Every kind of table is the same ticks."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.unit.bar.builders import MINUTE_NS, small_bars, trades

import algotrendy
from algotrendy.errors import (
    ColumnLengthError,
    DataColumnsError,
    DataValueError,
    InvalidArgumentError,
)

TIMES_NS = np.array([0, MINUTE_NS - 1, 2 * MINUTE_NS], dtype=np.int64)
COLUMNS: dict[str, Any] = {
    "time": TIMES_NS.astype("datetime64[ns]"),
    "price": np.array([10.5, 12.0, 11.25]),
    "quantity": np.array([1, 2, 4]),
}


def strided(columns: dict[str, Any]) -> dict[str, Any]:
    views = {name: np.repeat(values, 2)[::2] for name, values in columns.items()}
    for view in views.values():
        view.setflags(write=False)
    return views


def chunked_polars() -> pl.DataFrame:
    parts = [{name: values[slice_] for name, values in COLUMNS.items()} for slice_ in HALVES]
    return pl.concat([pl.DataFrame(part) for part in parts], rechunk=False)


def indexed_pandas() -> pd.DataFrame:
    frame = pd.DataFrame(COLUMNS)
    return frame.drop(columns="time").set_index(pd.DatetimeIndex(frame["time"], name=None))


def batches() -> pa.RecordBatchReader:
    table = pa.table(COLUMNS)
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=2))


HALVES = (slice(0, 1), slice(1, None))
KINDS: dict[str, Callable[[], Any]] = {
    "a dict of arrays": lambda: COLUMNS,
    "a dict of strided, read-only views": lambda: strided(COLUMNS),
    "a dict of lists": lambda: {
        "time": TIMES_NS.tolist(),
        "price": [10.5, 12.0, 11.25],
        "quantity": [1, 2, 4],
    },
    "a dict of several kinds of column": lambda: {
        "time": pd.Series(TIMES_NS),
        "price": pl.Series(COLUMNS["price"]),
        "quantity": pa.array(COLUMNS["quantity"]),
    },
    "polars": lambda: pl.DataFrame(COLUMNS),
    "polars in chunks": chunked_polars,
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "pandas with a DatetimeIndex": indexed_pandas,
    "pandas with a named DatetimeIndex": lambda: pd.DataFrame(COLUMNS).set_index("time"),
    "pandas with nullable types": lambda: pd.DataFrame(COLUMNS).convert_dtypes(),
    "a pyarrow table": lambda: pa.table(COLUMNS),
    "a pyarrow record batch": lambda: pa.record_batch(COLUMNS),
    "a pyarrow reader": batches,
    "a DuckDB relation": lambda: duckdb.from_arrow(pa.table(COLUMNS)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_table_makes_the_same_bars(kind: str) -> None:
    bars = algotrendy.bars(KINDS[kind](), "time", interval="1m")
    assert bars.open_time_ns.tolist() == [0, 2 * MINUTE_NS]
    assert bars.open.tolist() == [10.5, 11.25]
    assert bars.close.tolist() == [12.0, 11.25]
    assert bars.volume.tolist() == [3, 4]
    assert bars.report is not None
    assert bars.report["accepted"] == {"count": 3, "volume": 7, "notional": Decimal("79.50")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_takes_every_kind_of_table(kind: str) -> None:
    stream = algotrendy.BarStream("tick", size=3, price_scale=2)
    assert stream.push_many(KINDS[kind]()).close.tolist() == [11.25]


def test_chunks_join_at_any_row() -> None:
    rows = trades(*range(1, 41))
    table = pa.table(rows)
    whole = algotrendy.bars(rows, "tick", size=7)
    for size in (1, 3, 40):
        pieces = pa.Table.from_batches(table.to_batches(max_chunksize=size))
        assert pa.table(algotrendy.bars(pieces, "tick", size=7)) == pa.table(whole)


def test_the_row_numbers_of_a_filtered_frame_are_no_times() -> None:
    frame = pd.DataFrame(trades(1.0, 2.0, 3.0, 4.0)).rename(columns={"time": "timestamp"})
    bars = algotrendy.bars(frame[frame["price"] != 2.0], "tick", size=3)
    assert bars.open_time_ns.tolist() == [0]


def test_an_index_of_names_is_left_alone() -> None:
    frame = pd.DataFrame(trades(1, 2), index=pd.Index(["ES", "ES"], name="symbol"))
    assert algotrendy.bars(frame, "tick", size=2).close.tolist() == [2]


def test_a_lazy_query_is_told_to_be_collected() -> None:
    with pytest.raises(TypeError, match="expected a table"):
        algotrendy.bars(pl.DataFrame(COLUMNS).lazy(), "tick", size=1)


def empty_tables() -> dict[str, Any]:
    none = {name: values[:0] for name, values in COLUMNS.items()}
    return {
        "a dict": none,
        "polars": pl.DataFrame(none),
        "pandas": pd.DataFrame(none),
        "pyarrow": pa.table(none),
        "pyarrow without a batch": pa.table(none).schema.empty_table(),
        "DuckDB": duckdb.from_arrow(pa.table(COLUMNS)).filter("quantity > 9"),
    }


@pytest.mark.parametrize("kind", empty_tables())
def test_no_trades_make_no_bars_of_the_same_types(kind: str) -> None:
    bars = algotrendy.bars(empty_tables()[kind], "time", interval="1m")
    assert len(bars) == 0
    assert (bars.close.dtype, bars.volume.dtype) == (np.float64, np.int64)


@pytest.mark.parametrize("source", ["trades", "quotes", "bars"])
def test_the_source_is_told_by_the_columns(source: str) -> None:
    tables: dict[str, dict[str, Any]] = {
        "trades": trades(1, 2),
        "quotes": {"time": [0, 1], "bid": [1, 2], "ask": [3, 4]},
        "bars": small_bars(1, 2),
    }
    bars = algotrendy.bars(tables[source], "tick", size=1)
    assert pa.table(bars) == pa.table(
        algotrendy.bars(tables[source], "tick", size=1, source=source)
    )
    assert bars.close.tolist() == ([20, 30] if source == "quotes" else [1, 2])


def test_bars_are_a_table_of_bars() -> None:
    seconds = algotrendy.bars(trades(10.5, 12.0, 11.25), "time", interval="1s")
    minutes = algotrendy.bars(seconds, "time", interval="1m")
    assert (minutes.open[0], minutes.high[0], minutes.close[0]) == (10.5, 12.0, 11.25)
    assert (minutes.trade_count[0], minutes.notional[0]) == (3, 33.75)


@pytest.mark.parametrize("table", [None, 5, "trades", [1, 2], trades, np.zeros((3, 3))])
def test_what_is_no_table_is_refused(table: Any) -> None:
    with pytest.raises(TypeError, match="expected a table"):
        algotrendy.bars(table, "tick", size=1)
    with pytest.raises(TypeError, match="expected a table"):
        algotrendy.BarStream("tick", size=1).push_many(table)


@pytest.mark.parametrize("column", [pl.Series("price", [1, 2]), pa.chunked_array([[1, 2]])])
def test_one_column_is_no_table(column: Any) -> None:
    with pytest.raises(DataValueError):
        algotrendy.bars(column, "tick", size=1)


def test_a_column_without_a_name_is_refused() -> None:
    with pytest.raises(TypeError):
        algotrendy.bars({1: np.array([1])}, "tick", size=1)


@pytest.mark.parametrize("table", [{}, {"a": [1]}, {"price": [1], "quantity": [1]}])
def test_a_table_of_no_ticks_is_refused_with_its_columns(table: dict[str, Any]) -> None:
    with pytest.raises(DataColumnsError) as refusal:
        algotrendy.bars(table, "tick", size=1)
    assert refusal.value.metadata["columns"] == ", ".join(table)


LONG_COLUMNS: dict[str, Any] = {
    "price": np.array([1, 2]),
    "quantity": np.array([1.0, 2.0]),
    "side": np.array([1, 0], dtype=np.int8),
    "is_buyer_maker": np.array([True, False]),
    "id": np.array([1, 2]),
    "conditions": np.array(["1", "2"]),
}


@pytest.mark.parametrize("column", LONG_COLUMNS)
def test_columns_of_different_lengths_are_refused(column: str) -> None:
    table = trades(1, 2, 3) | {column: LONG_COLUMNS[column]}
    conditions = algotrendy.POLYGON_CONDITIONS if column == "conditions" else None
    with pytest.raises(ColumnLengthError) as refusal:
        algotrendy.bars(table, "tick", size=1, conditions=conditions)
    name = "side" if column == "is_buyer_maker" else column
    assert refusal.value.metadata == {"column": name, "length": "2", "expected": "3"}


@pytest.mark.parametrize(
    "column",
    ["open", "high", "close", "close_time", "volume", "notional", "trade_count", "buy_volume"],
)
def test_columns_of_bars_of_different_lengths_are_refused(column: str) -> None:
    with pytest.raises(ColumnLengthError) as refusal:
        algotrendy.bars(small_bars(1, 2, 3, **{column: np.array([1, 2])}), "tick", size=1)
    assert refusal.value.metadata == {"column": column, "length": "2", "expected": "3"}


def test_a_column_of_two_dimensions_is_refused() -> None:
    with pytest.raises(DataValueError) as refusal:
        algotrendy.bars(trades(1, 2, price=np.array([[1], [2]])), "tick", size=1)
    assert refusal.value.metadata["column"] == "price"


def test_the_tables_of_a_chunked_stream_may_differ_in_kind() -> None:
    stream = algotrendy.BarStream("tick", size=2, source="quotes", price="bid")
    table = {"time": [0], "bid": [1], "ask": [2]}
    stream.push_many(table)
    assert stream.push_many(pl.DataFrame(table)).close.tolist() == [1]
    with pytest.raises(DataColumnsError, match="column of the bid"):
        stream.push_many(trades(1))


def test_a_style_needs_its_source() -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(trades(1), "heikin_ashi")
    assert refusal.value.metadata["field"] == "source"
