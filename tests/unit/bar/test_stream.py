"""Ticks as they come: pushed one by one or in tables, held back, finished."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.bar.builders import (
    MINUTE_NS,
    SECOND_NS,
    TRADE_STYLES,
    quotes,
    rows,
    small_bars,
    trades,
    walk,
)

import algotrendy
from algotrendy.errors import DataColumnsError, DataValueError, InvalidArgumentError


def test_a_pushed_trade_returns_the_bars_it_closed() -> None:
    stream = algotrendy.BarStream("time", interval="1m")
    assert stream.push(0, 10, 1, 1) == ()
    (bar,) = stream.push(MINUTE_NS, 11, 2)
    assert bar.as_dict() == {
        "open_time_ns": 0,
        "close_time_ns": MINUTE_NS,
        "open": 10,
        "high": 10,
        "low": 10,
        "close": 10,
        "volume": 1,
        "notional": 10,
        "trade_count": 1,
        "buy_volume": 1,
        "sell_volume": 0,
        "first_trade_id": None,
        "last_trade_id": None,
        "close_reason": "INTERVAL",
        "flags": 0,
    }


def test_a_trade_may_close_several_bars() -> None:
    stream = algotrendy.BarStream("renko", size=1)
    stream.push(0, 10, 1)
    assert [bar.close for bar in stream.push(1, 13, 1)] == [11, 12, 13]


def test_a_trade_is_pushed_by_name_too() -> None:
    stream = algotrendy.BarStream("tick", size=1)
    (bar,) = stream.push(time_ns=1, price=2, quantity=3, side=-1, trade_id=4)
    assert (bar.sell_volume, bar.first_trade_id) == (3, 4)


@pytest.mark.parametrize("style", TRADE_STYLES)
def test_one_by_one_in_chunks_and_at_once_are_the_same(style: str) -> None:
    name, options = TRADE_STYLES[style]
    table = walk()
    whole = algotrendy.bars(table, name, **options)
    one_by_one = algotrendy.BarStream(name, **options)
    pushed = [bar for row in rows(table) for bar in one_by_one.push(*row)]
    pushed += list(one_by_one.finish())  # type: ignore[call-overload]
    assert pushed == list(whole)  # type: ignore[call-overload]
    chunks = algotrendy.BarStream(name, **options)
    parts = [
        chunks.push_many({column: values[start : start + 7] for column, values in table.items()})
        for start in range(0, 60, 7)
    ]
    parts.append(chunks.finish())
    assert [bar for part in parts for bar in part] == list(whole)  # type: ignore[attr-defined,call-overload]
    assert one_by_one.report == chunks.report == whole.report


def test_the_parts_of_a_stream_have_the_same_columns() -> None:
    stream = algotrendy.BarStream("tick", size=2)
    parts = [stream.push_many(trades(1, id=np.array([id_]))) for id_ in (1, 2)]
    tables = [pa.table(part) for part in parts]
    assert [table.num_rows for table in tables] == [0, 1]
    assert tables[0].schema == tables[1].schema


def test_quotes_are_pushed_as_quotes() -> None:
    stream = algotrendy.BarStream("tick", size=2, source="quotes")
    assert stream.push_quote(0, 10, 12) == ()
    (bar,) = stream.push_quote(1, 11, 14)
    assert (bar.open, bar.close, bar.volume, bar.trade_count) == (110, 125, 0, 2)
    assert stream.source == "quotes"
    crossed = stream.push_quote(2, 15, 12)
    assert (crossed, stream.report["rejected"]["crossed"]["count"]) == ((), 1)
    assert stream.push_quote(3, None, 12) == ()
    assert stream.report["rejected"]["invalid"]["count"] == 1


@pytest.mark.parametrize("source", ["trades", "quotes", "bars"])
def test_a_tick_of_another_source_is_refused(source: str) -> None:
    stream = algotrendy.BarStream("tick", size=1, source=source)
    pushes: dict[str, Any] = {
        "trades": lambda: stream.push(0, 1, 1),
        "quotes": lambda: stream.push_quote(0, 1, 2),
    }
    tables = {"trades": trades(1), "quotes": quotes(1), "bars": small_bars(1)}
    for other, push in pushes.items():
        if other != source:
            with pytest.raises(InvalidArgumentError) as refusal:
                push()
            assert refusal.value.metadata["field"] == "method"
            assert f"takes {source}" in refusal.value.metadata["expected"]
    for other, table in tables.items():
        if other != source:
            with pytest.raises(DataColumnsError):
                stream.push_many(table)
    assert len(stream.push_many(tables[source])) == 1


@pytest.mark.parametrize("side", [2, -2, 127])
def test_a_side_that_is_none_is_refused(side: int) -> None:
    stream = algotrendy.BarStream("tick", size=2)
    with pytest.raises(DataValueError) as refusal:
        stream.push(0, 1, 1, side)
    assert refusal.value.metadata["value"] == str(side)
    assert stream.pending is None


@pytest.mark.parametrize("arguments", [(), (0,), (0, 1), (0.5, 1, 1), ("0", 1, 1), (0, 1, 1, "B")])
def test_a_trade_needs_a_time_a_price_and_a_quantity(arguments: tuple[Any, ...]) -> None:
    stream = algotrendy.BarStream("tick", size=2)
    with pytest.raises(TypeError):
        stream.push(*arguments)
    with pytest.raises(TypeError):
        stream.push(0, 1, 1, 0, "id")  # type: ignore[arg-type]
    assert stream.report["accepted"]["count"] == 0


def test_the_pending_bar_is_what_was_pushed_so_far() -> None:
    stream = algotrendy.BarStream("tick", size=3)
    assert stream.pending is None
    stream.push(5, 10, 1)
    stream.push(6, 12, 2)
    pending = stream.pending
    assert pending is not None
    assert (pending.open_time_ns, pending.close_time_ns) == (5, 6)
    assert (pending.open, pending.high, pending.volume, pending.flags) == (10, 12, 3, 1)
    assert pending == stream.pending
    assert len(stream.push(7, 11, 1)) == 1
    assert stream.pending is None


def test_the_pending_bar_of_an_interval_ends_with_the_interval() -> None:
    stream = algotrendy.BarStream("time", interval="1m")
    stream.push(5, 10, 1)
    assert stream.pending is not None
    assert (stream.pending.open_time_ns, stream.pending.close_time_ns) == (0, MINUTE_NS)


def test_a_finished_bar_is_handed_out_once() -> None:
    stream = algotrendy.BarStream("time", interval="1m")
    stream.push(0, 10, 1)
    finished = stream.finish()
    assert finished.close_reason == ["FINISH"]
    assert finished.flags.tolist() == [1]
    assert len(stream.finish()) == 0
    assert stream.pending is None


def test_time_that_passes_closes_bars_without_a_trade() -> None:
    stream = algotrendy.BarStream("time", interval="1m", empty="flat")
    stream.push(5, 10, 1)
    assert len(stream.advance(MINUTE_NS - 1)) == 0
    bars = stream.advance(3 * MINUTE_NS)
    assert bars.close_reason == ["INTERVAL"] * 3
    assert bars.flags.tolist() == [0, 16, 16]
    assert len(stream.advance(0)) == 0
    assert stream.push(MINUTE_NS, 11, 1) == ()
    assert stream.report["rejected"]["late"]["count"] == 1


def test_held_ticks_wait_for_older_ones() -> None:
    stream = algotrendy.BarStream("tick", size=2, lateness="2s")
    stream.push(3 * SECOND_NS, 13, 5)
    stream.push(2 * SECOND_NS, 12, 4)
    assert stream.held == {"count": 2, "volume": 9, "notional": 113}
    assert (stream.pending, stream.report["accepted"]["count"]) == (None, 2)
    (bar,) = stream.push(5 * SECOND_NS, 15, 1)
    assert (bar.open, bar.close) == (12, 13)
    assert stream.held["count"] == 1
    assert stream.push(2 * SECOND_NS, 1, 1) == ()
    assert stream.report["rejected"]["late"]["count"] == 1
    assert stream.finish().close.tolist() == [15]
    assert stream.held == {"count": 0, "volume": 0, "notional": 0}


def test_nothing_is_held_where_nothing_may_be_late() -> None:
    stream = algotrendy.BarStream("tick", size=2)
    stream.push(1, 10, 1)
    assert stream.held["count"] == 0


def test_a_kept_late_trade_counts_now() -> None:
    stream = algotrendy.BarStream("tick", size=9, faults={"late": "keep"})
    stream.push(100, 10, 1)
    stream.push(50, 11, 1)
    assert stream.pending is not None
    assert (stream.pending.close_time_ns, stream.pending.flags) == (100, 1 | 4)
    assert stream.report["kept"]["late"]["count"] == 1


def test_the_report_is_of_all_there_was() -> None:
    stream = algotrendy.BarStream("tick", size=2, price_scale=1)
    stream.push(0, 1.25, 1)
    stream.push(1, -1.0, 1)
    stream.push_many(trades(float("nan"), 2.0))
    report = stream.report
    assert report["accepted"]["count"] == 2
    assert {fault: of["count"] for fault, of in report["rejected"].items()} == {
        "nonpositive_price": 1,
        "invalid": 1,
    }
    assert report["rounded"] == 1
