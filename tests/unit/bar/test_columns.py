"""Every type of column that times, numbers and ids come in."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.unit.bar.builders import MINUTE_NS, SECOND_NS, quotes, small_bars, table_of, trades

import algotrendy
from algotrendy.errors import (
    DataColumnsError,
    DataValueError,
    InvalidArgumentError,
    OverflowValueError,
)

DAY_NS = 24 * 60 * MINUTE_NS
TIMES_NS = np.array([DAY_NS, 2 * DAY_NS], dtype=np.int64)
TIME_TYPES = {
    "an integer": TIMES_NS,
    "a small integer": (TIMES_NS // DAY_NS).astype(np.uint8),
    **{f"NumPy {unit}": TIMES_NS.astype(f"datetime64[{unit}]") for unit in ("ns", "us", "s", "D")}
    | {"NumPy s": TIMES_NS.astype("datetime64[ns]").astype("datetime64[s]")}
    | {"NumPy us": TIMES_NS.astype("datetime64[ns]").astype("datetime64[us]")}
    | {"NumPy D": TIMES_NS.astype("datetime64[ns]").astype("datetime64[D]")},
    **{
        f"Arrow {unit} {zone}": pa.array(TIMES_NS.astype("datetime64[ns]")).cast(
            pa.timestamp(unit, tz=zone)
        )
        for unit in ("s", "ms", "us", "ns")
        for zone in (None, "UTC", "America/New_York")
    },
    "Date32": pa.array([date(1970, 1, 2), date(1970, 1, 3)], pa.date32()),
    "Date64": pa.array([date(1970, 1, 2), date(1970, 1, 3)], pa.date64()),
}


@pytest.mark.parametrize("kind", TIME_TYPES)
def test_times_of_every_unit_and_zone_are_instants(kind: str) -> None:
    table = pa.table(trades(1, 2, time=TIME_TYPES[kind]))
    bars = algotrendy.bars(table, "tick", size=1)
    expected = [1, 2] if kind == "a small integer" else TIMES_NS.tolist()
    assert bars.open_time_ns.tolist() == expected


@pytest.mark.parametrize("kind", [kind for kind in TIME_TYPES if "Arrow" not in kind])
def test_times_in_a_dict_are_the_same_instants(kind: str) -> None:
    times = np.asarray(TIME_TYPES[kind])
    bars = algotrendy.bars(trades(1, 2, time=times), "tick", size=1)
    expected = [1, 2] if kind == "a small integer" else TIMES_NS.tolist()
    assert bars.open_time_ns.tolist() == expected


def test_pandas_and_polars_times_with_a_zone_are_instants() -> None:
    frame = pd.DataFrame(trades(1, 2, time=pd.to_datetime(TIMES_NS, utc=True)))
    frame["time"] = frame["time"].dt.tz_convert("Asia/Tokyo")
    for table in (frame, pl.from_pandas(frame)):
        bars = algotrendy.bars(table, "tick", size=1)
        assert bars.open_time_ns.tolist() == TIMES_NS.tolist()


@pytest.mark.parametrize(
    "times",
    [
        np.array([0, "NaT", SECOND_NS], dtype="datetime64[ns]"),
        pa.array([0, None, SECOND_NS], pa.timestamp("ns")),
        pa.array([0, None, 1], pa.timestamp("s")),
        pa.array([0, None, SECOND_NS], pa.int64()),
    ],
)
def test_a_missing_time_is_invalid(times: Any) -> None:
    bars = algotrendy.bars(pa.table(trades(1, 2, 3, time=times)), "tick", size=9)
    assert bars.report is not None
    assert bars.report["rejected"] == {"invalid": {"count": 1, "volume": 1, "notional": 2}}
    assert bars.trade_count.tolist() == [2]


@pytest.mark.parametrize("container", [dict, pa.table])
@pytest.mark.parametrize("year", ["1500", "3000"])
def test_a_time_that_nanoseconds_cannot_hold_is_refused(container: Any, year: str) -> None:
    times = np.array([f"{year}-01-01"], dtype="datetime64[s]")
    with pytest.raises(OverflowValueError):
        algotrendy.bars(container(trades(1, time=times)), "tick", size=1)


WRONG_TIMES = [
    np.array([0.5]),
    np.array(["2024-01-02"]),
    np.array([1], dtype="timedelta64[s]"),
    pa.array(["2024-01-02"]),
    pa.array([1.5]),
    pa.array([1], pa.duration("ns")),
    pa.array([1], pa.time64("ns")),
    pa.array([True]),
]


@pytest.mark.parametrize("times", WRONG_TIMES)
def test_what_is_no_time_is_refused(times: Any) -> None:
    with pytest.raises(DataValueError) as refusal:
        algotrendy.bars(table_of(trades(1, time=times)), "tick", size=1)
    assert refusal.value.metadata["column"] == "time"
    assert refusal.value.metadata["expected"].startswith("timestamps")


D = Decimal
# Columns of 5 and 2.25, or of 5 and 2 where the type has whole numbers alone.
NUMBER_TYPES = {
    **{f"NumPy {kind}": np.array([5, 2], dtype=kind) for kind in ("i1", "i4", "u4", "i8", "u8")},
    **{f"NumPy {kind}": np.array([5, 2.25], dtype=kind) for kind in ("f2", "f4", "f8", ">f8")},
    "NumPy decimals": np.array([D(5), D("2.25")], dtype=object),
    **{f"Arrow {kind}": pa.array([5, 2], kind) for kind in ("int8", "uint16", "int64", "uint64")},
    **{f"Arrow {kind}": pa.array([5, 2.25], kind) for kind in ("float16", "float32", "float64")},
    **{
        f"Arrow {kind}": pa.array([D(5), D("2.25")], kind)
        for kind in (
            pa.decimal32(9, 2),
            pa.decimal64(18, 4),
            pa.decimal128(38, 18),
            pa.decimal256(60, 9),
        )
    },
    "Arrow hundreds": pa.array([D(500), D(200)], pa.decimal128(38, -2)),
}


@pytest.mark.parametrize("kind", NUMBER_TYPES)
def test_numbers_of_every_type_are_read_exactly(kind: str) -> None:
    column = NUMBER_TYPES[kind]
    expected = (
        [float(value) for value in column.tolist()] if "NumPy" in kind else column.to_pylist()
    )
    # Arrow has no numbers of another byte order.
    for container in (dict, pa.table) if kind != "NumPy >f8" else (dict,):
        for role in ("price", "quantity"):
            bars = algotrendy.bars(container(trades(1, 1, **{role: column})), "tick", size=1)
            found = bars.close if role == "price" else bars.volume
            assert found.tolist() == [float(value) for value in expected]
            assert bars.report is not None
            assert bars.report["rounded"] == 0


@pytest.mark.parametrize("container", [dict, pa.table])
def test_a_float_of_32_bits_is_the_shortest_decimal_that_reads_as_it(container: Any) -> None:
    prices = np.array([1.1, 0.07], dtype=np.float32)
    bars = algotrendy.bars(container(trades(1, 1, price=prices)), "tick", size=1)
    assert (bars.close.tolist(), bars.price_scale) == ([1.1, 0.07], 2)


@pytest.mark.parametrize("container", [dict, pa.table])
def test_an_integer_beyond_64_bits_is_refused(container: Any) -> None:
    prices = np.array([2**63 + 1, 2], dtype=np.uint64)
    with pytest.raises(OverflowValueError):
        algotrendy.bars(container(trades(1, 1, price=prices)), "tick", size=1)


@pytest.mark.parametrize(
    "prices",
    [
        np.array([1.5, np.nan, np.nan, 2.0]),
        np.array([D("1.5"), D("NaN"), None, D(2)], dtype=object),
        pa.array([1.5, None, np.nan, 2.0]),
        pa.array([D("1.5"), None, None, D(2)], pa.decimal128(9, 1)),
    ],
)
def test_missing_numbers_are_invalid(prices: Any) -> None:
    bars = algotrendy.bars(table_of(trades(1, 1, 1, 1, price=prices)), "tick", size=9)
    assert bars.report is not None
    rejected = bars.report["rejected"]
    assert rejected == {"invalid": {"count": 2, "volume": 2, "notional": D("0.0")}}
    assert bars.close.tolist() == [2.0]


INFINITE: list[tuple[Any, str]] = [
    (np.array([1.5, np.nan, np.inf, -np.inf]), "inf"),
    (np.array([1.5, 2.0, -np.inf], dtype=np.float32), "-inf"),
    (np.array([D("1.5"), D("NaN"), D("-Infinity")], dtype=object), "-Infinity"),
    (pa.array([1.5, None, -np.inf, 2.0]), "-inf"),
    (pa.chunked_array([pa.array([1.5, 2.0]), pa.array([np.inf])]), "inf"),
]


@pytest.mark.parametrize(("numbers", "found"), INFINITE)
@pytest.mark.parametrize("role", ["price", "quantity"])
@pytest.mark.parametrize("policy", ["drop", "raise"])
def test_an_infinite_number_is_refused_by_its_row(
    numbers: Any, found: str, role: str, policy: str
) -> None:
    table = table_of(trades(*[1] * len(numbers), **{role: numbers}))
    with pytest.raises(DataValueError) as refusal:
        algotrendy.bars(table, "tick", size=9, faults={"invalid": policy})
    metadata = refusal.value.metadata
    assert (metadata["column"], metadata["row"], metadata["value"]) == (role, "2", found)
    assert "null" in metadata["expected"]


def test_an_infinite_number_is_refused_by_its_row_in_the_whole_table() -> None:
    prices = np.full(20_000, 1.5)
    prices[12_345] = np.inf
    with pytest.raises(DataValueError) as refusal:
        algotrendy.bars(trades(*[1] * len(prices), price=prices), "tick", size=9)
    assert refusal.value.metadata["row"] == "12345"


@pytest.mark.parametrize("role", ["open", "high", "low", "close", "volume", "notional"])
def test_an_infinite_number_of_smaller_bars_is_refused(role: str) -> None:
    columns = {name: np.array([2.0, 2.0]) for name in ("open", "high", "low", "close", "volume")}
    columns["notional"] = np.array([4.0, 4.0])
    columns[role] = np.array([2.0, -np.inf])
    table = {"open_time": np.array([0, 60]), "close_time": np.array([60, 120]), **columns}
    with pytest.raises(DataValueError) as refusal:
        algotrendy.bars(table, "tick", size=9, source="bars")
    metadata = refusal.value.metadata
    assert (metadata["column"], metadata["row"], metadata["value"]) == (role, "1", "-inf")


@pytest.mark.parametrize("role", ["bid", "ask"])
def test_an_infinite_quote_is_refused(role: str) -> None:
    quotes = {"time": np.array([0, 1]), "bid": np.array([1.0, 1.0]), "ask": np.array([2.0, 2.0])}
    quotes[role] = np.array([1.5, np.inf])
    with pytest.raises(DataValueError) as refusal:
        algotrendy.bars(quotes, "tick", size=9)
    assert (refusal.value.metadata["column"], refusal.value.metadata["row"]) == (role, "1")


def test_a_refused_table_leaves_a_stream_as_it_was() -> None:
    stream = algotrendy.BarStream("tick", size=2, tick_size="0.5")
    stream.push_many(trades(1, price=np.array([1.5])))
    with pytest.raises(DataValueError):
        stream.push_many(trades(1, 1, price=np.array([1.5, np.inf])))
    bars = stream.push_many(trades(1, price=np.array([2.5])))
    assert (bars.close.tolist(), bars.trade_count.tolist()) == ([2.5], [2])


def test_missing_integers_are_invalid() -> None:
    table = pa.table(trades(1, 2, 3, quantity=pa.array([1, None, 2])))
    bars = algotrendy.bars(table, "tick", size=9)
    assert bars.report is not None
    assert bars.report["rejected"]["invalid"]["count"] == 1
    assert bars.volume.tolist() == [3]


WRONG_NUMBERS = [
    np.array(["1.5"]),
    np.array([1j]),
    np.array([True]),
    np.array([{}], dtype=object),
    pa.array(["1.5"]),
    pa.array([True]),
    pa.array([[1]]),
    pa.array([date(2024, 1, 2)]),
    pa.array([None]),
]


@pytest.mark.parametrize("role", ["price", "quantity"])
@pytest.mark.parametrize("column", WRONG_NUMBERS)
def test_what_is_no_number_is_refused(column: Any, role: str) -> None:
    with pytest.raises(DataValueError) as refusal:
        algotrendy.bars(table_of(trades(1, **{role: column})), "tick", size=1)
    assert refusal.value.metadata["column"] == role


@pytest.mark.parametrize("column", [np.array([1.5]), np.array(["a"]), pa.array(["7"])])
def test_an_id_is_an_integer(column: Any) -> None:
    with pytest.raises(DataValueError) as refusal:
        algotrendy.bars(table_of(trades(1, id=column)), "tick", size=1)
    assert refusal.value.metadata["column"] == "id"


ALIASES = [
    {"time": "timestamp", "price": "px", "quantity": "qty"},
    {"time": "ts_event", "price": "Last Price", "quantity": "Size"},
    {"time": "Trade Time", "price": "trade-price", "quantity": "AMOUNT"},
    {"time": "date", "price": "price", "quantity": "Volume"},
]


@pytest.mark.parametrize("names", ALIASES)
def test_columns_are_known_by_the_names_feeds_give_them(names: dict[str, str]) -> None:
    table = {names.get(name, name): values for name, values in trades(1, 2).items()}
    assert algotrendy.bars(table, "tick", size=2).volume.tolist() == [2]


def test_quotes_and_bars_are_known_by_the_names_feeds_give_them() -> None:
    table = quotes(1, 3)
    table = {"ts": table["time"], "bid_px": table["bid"], "ask_px": table["ask"]}
    assert algotrendy.bars(table, "tick", size=2).close.tolist() == [40]
    table = small_bars(1, 2)
    short = {"t": table["time"], "o": table["open"], "h": table["high"], "l": table["low"]}
    bars = {**short, "c": table["close"], "v": np.array([3, 4])}
    bars = algotrendy.bars(bars, "tick", size=2, columns={"time": "t"})
    assert bars.volume.tolist() == [7]


def test_columns_can_be_named() -> None:
    table = {"a": [0, SECOND_NS], "b": [1, 2], "price": [7, 8], "quantity": [1, 1]}
    columns = {"time": "a", "price": "b"}
    assert algotrendy.bars(table, "tick", size=2, columns=columns).close.tolist() == [2]
    stream = algotrendy.BarStream("tick", size=2, columns=columns)
    assert stream.push_many(table).close.tolist() == [2]


def test_a_name_of_its_own_comes_before_another() -> None:
    table = trades(1, 2) | {"timestamp": [9, 9], "last": [8, 8], "size": [7, 7]}
    bars = algotrendy.bars(table, "tick", size=2)
    assert (bars.close.tolist(), bars.volume.tolist()) == ([2], [2])


def test_columns_that_could_each_be_the_same_are_refused() -> None:
    table = {"ts": [0], "timestamp": [0], "price": [1], "quantity": [1]}
    with pytest.raises(DataColumnsError) as refusal:
        algotrendy.bars(table, "tick", size=1)
    assert refusal.value.metadata == {
        "problem": '"ts" and "timestamp" could each be the time',
        "columns": "ts, timestamp, price, quantity",
    }
    assert len(algotrendy.bars(table, "tick", size=1, columns={"time": "timestamp"})) == 1


@pytest.mark.parametrize("missing", ["time", "quantity"])
def test_a_missing_column_is_named(missing: str) -> None:
    table = trades(1)
    del table[missing]
    with pytest.raises(DataColumnsError) as refusal:
        algotrendy.bars(table, "tick", size=1)
    assert refusal.value.metadata["problem"].startswith(f"trades need a column of the {missing}")


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"when": "time"}, '"when" is no part'),
        ({"time": "when"}, 'there is no column "when", given for time'),
    ],
)
def test_a_column_that_is_not_there_cannot_be_named(columns: dict[str, str], problem: str) -> None:
    with pytest.raises(DataColumnsError) as refusal:
        algotrendy.bars(trades(1), "tick", size=1, columns=columns)
    assert refusal.value.metadata["problem"].startswith(problem)


@pytest.mark.parametrize("columns", ["time", ["time"], 5])
def test_named_columns_are_a_mapping(columns: Any) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(trades(1), "tick", size=1, columns=columns)
    assert refusal.value.metadata["field"] == "columns"
