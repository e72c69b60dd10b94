"""Every style and its options, field by field against bars made naively; and the report."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.bars.builders import assert_same, columns, naive_bars
from tests.parity.bars.naive import EMPTY, Quote, SourceBar, Trade, run
from tests.parity.bars.strategies import (
    DAY,
    HOUR,
    MILLISECOND,
    MINUTE,
    SECOND,
    STARTS,
    new_york_ns,
    new_york_sessions,
    quotes,
    short_sessions,
    source_bars,
    trades,
)
from tests.soak import examples

import algotrendy

INTERVALS = {
    "250ms": 100 * MILLISECOND,
    "s": 300 * MILLISECOND,
    "1m": 20 * SECOND,
    "7m": MINUTE,
    "1h": 17 * MINUTE,
    "1d": 6 * HOUR,
    "3d": 18 * HOUR,
    "1w": 2 * DAY,
    "2w": 3 * DAY,
    "1mo": 9 * DAY,
    "5mo": 25 * DAY,
}
LOCAL_INTERVALS = {
    "45m": 20 * MINUTE,
    "1h": 17 * MINUTE,
    "7h": HOUR,
    "1d": 6 * HOUR,
    "2d": 10 * HOUR,
    "1w": DAY,
    "1mo": 6 * DAY,
}
SESSIONS = short_sessions(STARTS[0] - 108 * SECOND)
closed = st.sampled_from(["left", "right"])
empty = st.sampled_from(["omit", "flat", "null"])
few = settings(max_examples=examples(20), deadline=None)
some = settings(max_examples=examples(60), deadline=None)


@pytest.mark.parametrize("interval", INTERVALS)
@few
@given(data=st.data(), closed=closed, empty=empty)
def test_time_bars_lie_on_the_grid(data: Any, interval: str, closed: str, empty: str) -> None:
    rows = data.draw(trades(unit_ns=INTERVALS[interval]))
    assert_same(rows, "time", interval=interval, closed=closed, empty=empty)


@some
@given(data=st.data(), closed=closed, empty=empty, interval=st.sampled_from(list(LOCAL_INTERVALS)))
def test_time_bars_follow_a_zone_through_clock_changes(
    data: Any, closed: str, empty: str, interval: str
) -> None:
    start = data.draw(st.sampled_from([(2024, 3, 9), (2024, 11, 2), (1969, 12, 28)]))
    unit_ns = LOCAL_INTERVALS[interval]
    rows = data.draw(trades(unit_ns=unit_ns, start_ns=new_york_ns(*start, 21)))
    assert_same(
        rows, "time", interval=interval, closed=closed, empty=empty, zone="America/New_York"
    )


@some
@given(
    data=st.data(),
    closed=closed,
    empty=empty,
    outside=st.sampled_from(["drop", "keep", "keep", "raise"]),
    interval=st.sampled_from(["3s", "10s", "1m", "1d"]),
)
def test_time_bars_start_and_end_with_sessions(
    data: Any, closed: str, empty: str, outside: str, interval: str
) -> None:
    rows = data.draw(trades(unit_ns=3 * SECOND, start_ns=2 * SECOND))
    assert_same(
        rows,
        "time",
        interval=interval,
        closed=closed,
        empty=empty,
        outside=outside,
        sessions=SESSIONS,
    )


@some
@given(
    rows=trades(unit_ns=40 * MINUTE, start_ns=new_york_ns(2024, 3, 8, 10)),
    empty=empty,
    interval=st.sampled_from(["30m", "1h", "4h", "1d", "3d", "1w", "1mo"]),
)
def test_time_bars_of_an_exchange_leave_out_what_is_outside(
    rows: list[Trade], empty: str, interval: str
) -> None:
    assert_same(
        rows,
        "time",
        interval=interval,
        empty=empty,
        zone="America/New_York",
        sessions=new_york_sessions(2024, 3, 6, 20),
    )


@some
@given(
    rows=trades(ids=False),
    lateness=st.sampled_from(["0ms", "1s", "3s", "20s"]),
    closed=closed,
    late=st.sampled_from(["drop", "keep", "keep", "raise"]),
)
def test_time_bars_wait_for_late_ticks(
    rows: list[Trade], lateness: str, closed: str, late: str
) -> None:
    assert_same(
        rows, "time", interval="4s", lateness=lateness, closed=closed, faults={"late": late}
    )


@some
@given(rows=quotes(), price=st.sampled_from(["bid", "ask", "mid"]), empty=empty)
def test_time_bars_of_quotes(rows: list[Quote], price: str, empty: str) -> None:
    assert_same(rows, "time", kind=Quote, interval="4s", price=price, empty=empty)


@some
@given(data=st.data(), ids=st.booleans(), closed=closed, empty=empty)
def test_time_bars_of_bars(data: Any, *, ids: bool, closed: str, empty: str) -> None:
    rows = data.draw(source_bars(ids=ids))
    assert_same(rows, "time", kind=SourceBar, interval="4s", closed=closed, empty=empty)


def test_an_empty_bar_has_no_prices_where_null_is_asked_for() -> None:
    rows = [Trade(0, 150, 100), Trade(3 * SECOND, 250, 100)]
    table = columns(rows, digits=2)
    bars = algotrendy.bars(table, "time", interval="1s", empty="null")
    assert [bool(flags & EMPTY) for flags in bars.flags] == [False, True, True, False]
    np.testing.assert_array_equal(bars.close, [1.5, np.nan, np.nan, 2.5])
    np.testing.assert_array_equal(bars.open, [1.5, np.nan, np.nan, 2.5])


def test_a_bar_is_labelled_with_its_close_time_where_asked() -> None:
    rows = [Trade(0, 150, 100), Trade(3 * SECOND, 250, 100)]
    bars = algotrendy.bars(columns(rows), "time", interval="1s", label="close")
    assert bars.time_ns.tolist() == bars.close_time_ns.tolist() == [SECOND, 4 * SECOND]


@some
@given(rows=trades(ids=False), interval=st.sampled_from(["2s", "1m"]))
def test_bars_of_bars_are_bars_of_trades(rows: list[Trade], interval: str) -> None:
    small = algotrendy.bars(columns(rows), "time", interval="1s")
    bars = algotrendy.bars(small, "time", interval=interval)
    expected = run(rows, "time", finish=True, interval=interval)
    assert naive_bars(bars) == expected.bars


@some
@given(rows=trades(), size=st.integers(1, 6))
def test_tick_bars(rows: list[Trade], size: int) -> None:
    assert_same(rows, "tick", size=size)


@few
@given(rows=quotes(), price=st.sampled_from(["bid", "ask", "mid"]))
def test_tick_bars_of_quotes(rows: list[Quote], price: str) -> None:
    assert_same(rows, "tick", kind=Quote, size=3, price=price)


@some
@given(rows=trades(), size=st.integers(1, 40), overshoot=st.sampled_from(["whole", "split"]))
def test_volume_bars(rows: list[Trade], size: int, overshoot: str) -> None:
    assert_same(rows, "volume", size=size, overshoot=overshoot)


@some
@given(
    rows=trades(first_price=15),
    size=st.integers(50, 2500),
    overshoot=st.sampled_from(["whole", "split"]),
)
def test_dollar_bars_of_prices_of_either_sign(rows: list[Trade], size: int, overshoot: str) -> None:
    assert_same(rows, "dollar", size=size, overshoot=overshoot, allow_nonpositive_prices=True)


@some
@given(
    rows=source_bars(ids=True),
    terms=st.sampled_from([("tick", 5), ("volume", 40), ("dollar", 40_000)]),
)
def test_counted_bars_keep_bars_whole(rows: list[SourceBar], terms: tuple[str, int]) -> None:
    style, size = terms
    assert_same(rows, style, kind=SourceBar, size=size)


@some
@given(
    rows=trades(),
    size=st.integers(1, 15),
    trigger=st.sampled_from(["touch", "exceed"]),
    gaps=st.booleans(),
)
def test_range_bars(rows: list[Trade], size: int, trigger: str, *, gaps: bool) -> None:
    assert_same(rows, "range", size=size, trigger=trigger, gaps=gaps)


@few
@given(rows=quotes(), trigger=st.sampled_from(["touch", "exceed"]), gaps=st.booleans())
def test_range_bars_of_mid_prices(rows: list[Quote], trigger: str, *, gaps: bool) -> None:
    assert_same(rows, "range", kind=Quote, size="4", trigger=trigger, gaps=gaps)


@few
@given(rows=source_bars(), trigger=st.sampled_from(["touch", "exceed"]))
def test_range_bars_of_bars(rows: list[SourceBar], trigger: str) -> None:
    assert_same(rows, "range", kind=SourceBar, size=9, trigger=trigger)


renko_options = st.fixed_dictionaries(
    {
        "reversal": st.sampled_from([1, 2]),
        "wicks": st.sampled_from([False, True, "both"]),
        "volume": st.sampled_from(["first", "spread"]),
    }
)


@some
@given(
    rows=trades(),
    size=st.integers(1, 12),
    anchor=st.sampled_from(["first", "floor", "nearest", "997"]),
    options=renko_options,
)
def test_renko_bricks_of_a_fixed_size(
    rows: list[Trade], size: int, anchor: str, options: dict[str, Any]
) -> None:
    assert_same(rows, "renko", size=size, anchor=anchor, **options)


@few
@given(rows=trades(), options=renko_options)
def test_renko_bricks_of_ticks(rows: list[Trade], options: dict[str, Any]) -> None:
    assert_same(rows, "renko", size="5 ticks", tick_size="1", **options)


@some
@given(
    rows=trades(first_price=25),
    anchor=st.sampled_from(["first", "floor", "nearest"]),
    options=renko_options,
)
def test_renko_bricks_of_prices_of_either_sign(
    rows: list[Trade], anchor: str, options: dict[str, Any]
) -> None:
    assert_same(rows, "renko", size=4, anchor=anchor, allow_nonpositive_prices=True, **options)


@some
@given(
    rows=trades(),
    percent=st.sampled_from(["0.25%", "0.5%", "1%", "0.01%"]),
    options=renko_options,
)
def test_renko_bricks_of_a_percentage(
    rows: list[Trade], percent: str, options: dict[str, Any]
) -> None:
    assert_same(rows, "renko", size=percent, **options)


@some
@given(
    rows=trades(),
    size=st.sampled_from(["atr(2, 3s)", "atr(4, 1s)", "atr(1, 1s)"]),
    options=renko_options,
)
def test_renko_bricks_of_an_average_true_range(
    rows: list[Trade], size: str, options: dict[str, Any]
) -> None:
    assert_same(rows, "renko", size=size, **options)


@some
@given(
    rows=source_bars(),
    size=st.sampled_from(["7", "0.6%", "atr(3)", "atr(2, 3s)"]),
    options=renko_options,
)
def test_renko_bricks_of_bars(rows: list[SourceBar], size: str, options: dict[str, Any]) -> None:
    assert_same(rows, "renko", kind=SourceBar, size=size, **options)


@few
@given(rows=quotes(), price=st.sampled_from(["bid", "mid"]), options=renko_options)
def test_renko_bricks_of_quotes(rows: list[Quote], price: str, options: dict[str, Any]) -> None:
    assert_same(rows, "renko", kind=Quote, size="4", price=price, **options)


EVENT_STYLES: list[tuple[str, dict[str, Any]]] = [
    ("tick", {"size": 4}),
    ("volume", {"size": 20, "overshoot": "split"}),
    ("dollar", {"size": 30_000}),
    ("range", {"size": 8}),
    ("range", {"size": 8, "trigger": "exceed"}),
    ("range", {"size": 8, "gaps": True}),
    ("range", {"size": 8, "gaps": True, "trigger": "exceed"}),
    ("renko", {"size": 5, "wicks": True}),
    ("renko", {"size": 5, "wicks": "both", "reversal": 1}),
    ("renko", {"size": "atr(2, 5s)", "wicks": True}),
    ("volume_imbalance", {"threshold": 25}),
    ("tick_imbalance", {"expected_ticks": 5, "expected_imbalance": 0.6}),
]


@pytest.mark.parametrize(("style", "options"), EVENT_STYLES)
@few
@given(
    rows=trades(unit_ns=3 * SECOND, start_ns=2 * SECOND),
    closed=closed,
    outside=st.sampled_from(["drop", "keep", "drop", "keep", "raise"]),
)
def test_every_style_ends_with_the_session(
    rows: list[Trade], style: str, options: dict[str, Any], closed: str, outside: str
) -> None:
    assert_same(rows, style, closed=closed, outside=outside, sessions=SESSIONS, **options)


IMBALANCES = {"tick_imbalance": 3, "volume_imbalance": 30, "dollar_imbalance": 30_000}
signs = st.sampled_from([{}, {"sign": "side"}])


@pytest.mark.parametrize("style", IMBALANCES)
@few
@given(rows=trades(), sign=signs, part=st.integers(1, 4))
def test_imbalance_bars_of_a_fixed_threshold(
    rows: list[Trade], style: str, sign: dict[str, str], part: int
) -> None:
    assert_same(rows, style, threshold=max(1, IMBALANCES[style] // part), **sign)


@pytest.mark.parametrize("style", IMBALANCES)
@few
@given(
    rows=trades(),
    sign=signs,
    limits=st.sampled_from([{}, {"span": 3}, {"span": 1, "min_ticks": 2, "max_ticks": 6}]),
)
def test_imbalance_bars_of_an_adaptive_threshold(
    rows: list[Trade], style: str, sign: dict[str, str], limits: dict[str, int]
) -> None:
    assert_same(
        rows,
        style,
        expected_ticks=4,
        expected_imbalance=max(0.5, IMBALANCES[style] / 8),
        **sign,
        **limits,
    )


@some
@given(data=st.data(), ids=st.booleans())
def test_heikin_ashi_bars(data: Any, *, ids: bool) -> None:
    assert_same(data.draw(source_bars(ids=ids)), "heikin_ashi", kind=SourceBar)


@some
@given(rows=source_bars(), lines=st.integers(1, 4))
def test_line_break_lines(rows: list[SourceBar], lines: int) -> None:
    assert_same(rows, "line_break", kind=SourceBar, lines=lines)


@few
@given(rows=source_bars())
def test_bars_without_optional_columns_count_one_each(rows: list[SourceBar]) -> None:
    bare = [SourceBar(*prices_of(row)) for row in rows]
    names = ("open_time", "close_time", "open", "high", "low", "close")
    table = {name: columns(bare, SourceBar)[name] for name in names}
    bars = algotrendy.bars(table, "tick", size=3)
    assert naive_bars(bars) == run(bare, "tick", finish=True, size=3).bars


def prices_of(row: SourceBar) -> tuple[int, ...]:
    return row.open_time_ns, row.close_time_ns, row.open, row.high, row.low, row.close
