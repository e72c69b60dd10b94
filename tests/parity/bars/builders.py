"""Columns for the library of the rows of the naive bars, and its bars as the naive ones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.parity.bars.naive import Bar, Quote, RefusedError, SourceBar, Trade, run

import algotrendy
from algotrendy.errors import InvalidArgumentError

Row = Trade | Quote | SourceBar
IDS = ("id", "first_trade_id", "last_trade_id")
SCALED = ("price", "quantity", "bid", "ask")
FIELDS = [field.name for field in fields(Bar)]


def columns(rows: Sequence[Row], kind: type[Row] = Trade, *, digits: int = 0) -> dict[str, Any]:
    """`rows` as NumPy columns: integers, or floats with `digits` decimals and NaN for None.

    No rows have the columns that any rows may have, so that an empty chunk is like the others.
    """
    if kind is Trade:
        names = {"time": "time_ns", "price": "price", "quantity": "quantity", "side": "side"}
        names |= {"id": "trade_id"}
    elif kind is Quote:
        names = {"time": "time_ns", "bid": "bid", "ask": "ask"}
    else:
        names = {field.name.removesuffix("_ns"): field.name for field in fields(SourceBar)}
    table = {column: [getattr(row, name) for row in rows] for column, name in names.items()}
    return {
        column: numbers(values, digits if column in SCALED else 0)
        for column, values in table.items()
        if not (column in IDS and None in values)
    }


def numbers(values: Sequence[int | None], digits: int) -> np.ndarray:
    if digits == 0:
        return np.array(values, dtype=np.int64)
    scale = 10**digits
    return np.array([np.nan if value is None else value / scale for value in values], np.float64)


def library_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The same options, with the sessions as a table."""
    if "sessions" not in options:
        return dict(options)
    opens, closes = zip(*options["sessions"], strict=True)
    return {**options, "sessions": {"open_time": np.array(opens), "close_time": np.array(closes)}}


def naive_bars(bars: Any, *, digits: int = 0) -> list[Bar]:
    """The library's `Bars` as naive bars; floats in units of their `digits`."""
    table = pa.table(bars)
    found: dict[str, list[Any]] = {}
    for name in FIELDS:
        if name in IDS:
            is_there = name in table.column_names
            found[name] = table[name].to_pylist() if is_there else [None] * len(bars)
        elif name == "close_reason":
            found[name] = list(bars.close_reason)
        else:
            found[name] = [in_units(value, name, digits) for value in getattr(bars, name)]
    return [Bar(*values) for values in zip(*(found[name] for name in FIELDS), strict=True)]


def in_units(value: Any, name: str, digits: int) -> int:
    if digits == 0 or not isinstance(value, float | np.floating):
        return int(value)
    return round(float(value) * 10 ** (2 * digits if name == "notional" else digits))


def naive_bar(bar: Any) -> Bar | None:
    """One `Bar` of the library as a naive one."""
    return None if bar is None else Bar(**{name: getattr(bar, name) for name in FIELDS})


def expected_report(report: Mapping[str, Any], digits: int) -> dict[str, Any]:
    """The naive report, its amounts as decimals where the input was floats."""
    return {
        **report,
        "accepted": amount(report["accepted"], digits),
        "rejected": {fault: amount(of, digits) for fault, of in report["rejected"].items()},
        "kept": {fault: amount(of, digits) for fault, of in report["kept"].items()},
        "not_in_volume": amount(report["not_in_volume"], digits),
    }


def amount(of: Mapping[str, int], digits: int) -> dict[str, Any]:
    return {
        "count": of["count"],
        "volume": Decimal(of["volume"]).scaleb(-digits),
        "notional": Decimal(of["notional"]).scaleb(-2 * digits),
    }


def assert_same(
    rows: Sequence[Row], style: str, *, kind: type[Row] = Trade, digits: int = 0, **options: Any
) -> None:
    """The library's bars of `rows` are the naive ones, or both refuse them."""
    table = columns(rows, kind, digits=digits)
    given = library_options(options)
    if digits:
        given |= {"price_scale": digits, "quantity_scale": digits}
    try:
        expected = run(rows, style, finish=True, **options)
    except RefusedError:
        with pytest.raises(InvalidArgumentError):
            algotrendy.bars(table, style, **given)
        return
    bars = algotrendy.bars(table, style, **given)
    assert_bars(naive_bars(bars, digits=digits), expected.bars)
    assert bars.report == expected_report(expected.report, digits)
    assert bars.time_ns.tolist() == bars.open_time_ns.tolist()


def assert_bars(actual: Sequence[Bar], expected: Sequence[Bar]) -> None:
    """Bar by bar, so that a failure names the first that differs and its fields."""
    for number, (bar, wanted) in enumerate(zip(actual, expected, strict=False)):
        assert asdict(bar) == asdict(wanted), f"bar {number}"
    assert len(actual) == len(expected)
