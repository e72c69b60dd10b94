"""Ticks, quotes and small bars with ties, gaps, jumps, late rows, zeros and repeated ids."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st
from tests.parity.bars.naive import Quote, SourceBar, Trade

MILLISECOND, SECOND, MINUTE, HOUR = 10**6, 10**9, 60 * 10**9, 3600 * 10**9
DAY = 24 * HOUR
STARTS = (0, -3 * SECOND, 1_700_000_000 * SECOND + 123)
ROWS = 40

# What one row does, each from a table: how often a value is in it is how often it is drawn.
GAPS = (1, 0, 0, 1, 1, 2, 2, 3, 5, 18)
LATE_BY = (*[0] * 12, 1, 2, 6)
OFFSETS_NS = (0, 0, 0, 0, 0, 0, 1, -1)
MOVES = (0, 1, -1, 0, 1, -1, 2, -2, 3, -3, 4, -4, 6, -6, 12, -14, 33, -30)
QUANTITIES = (1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 33, 60)
SIDES = (0, 1, -1)
REPEATS = (*[0] * 12, 1, 3)
SPREADS = (1, 0, 1, 1, 1, 2, 2, 3, 8, -1)
PAUSES = (0, 0, 0, 0, 1, 4)
LENGTHS = (0, 1, 1, 2)
ABOVE = (0, 0, 1, 1, 2, 2, 3, 5, 5, 5, -1)
BELOW = (0, 1, 2, 5, 12)
COUNTS = (1, 0, 1, 2, 3, 4)


def rows_of(*tables: Sequence[int]) -> st.SearchStrategy[list[tuple[int, ...]]]:
    """Rows of one value of each table: some that shrink well, more that are quite at random."""
    step = st.tuples(*(st.sampled_from(table) for table in tables))
    at_random = st.builds(
        lambda seed, length: random_rows(tables, seed, length),
        st.integers(0, 2**32 - 1),
        st.sampled_from((ROWS, 25, 10, 3)),
    )
    return st.one_of(st.lists(step, max_size=ROWS), at_random, at_random)


def random_rows(tables: Sequence[Sequence[int]], seed: int, length: int) -> list[tuple[int, ...]]:
    random = np.random.default_rng(seed)
    picks = random.random((length, len(tables)))
    return [
        tuple(table[int(pick * len(table))] for pick, table in zip(row, tables, strict=True))
        for row in picks
    ]


starts = st.sampled_from(STARTS)


@st.composite
def trades(
    draw: st.DrawFn,
    *,
    unit_ns: int = SECOND,
    start_ns: int | None = None,
    first_price: int = 1000,
    ids: bool = True,
) -> list[Trade]:
    """Up to forty trades; times in steps of `unit_ns`, some of them a nanosecond beside."""
    time_ns = draw(starts) if start_ns is None else start_ns
    price = first_price
    tables = (GAPS, LATE_BY, OFFSETS_NS, MOVES, QUANTITIES, SIDES, REPEATS)
    rows = []
    for number, row in enumerate(draw(rows_of(*tables)), start=100):
        gap, late, offset_ns, move, quantity, side, repeat = row
        time_ns += gap * unit_ns
        price += move
        at_ns = time_ns - late * unit_ns + offset_ns
        rows.append(Trade(at_ns, price, quantity, side, number - repeat if ids else None))
    return rows


@st.composite
def quotes(draw: st.DrawFn, *, unit_ns: int = SECOND) -> list[Quote]:
    time_ns, bid = draw(starts), 1000
    rows = []
    for gap, late, move, spread in draw(rows_of(GAPS, LATE_BY, MOVES, SPREADS)):
        time_ns += gap * unit_ns
        bid += move
        rows.append(Quote(time_ns - late * unit_ns, bid, bid + spread))
    return rows


@st.composite
def source_bars(draw: st.DrawFn, *, unit_ns: int = SECOND, ids: bool = False) -> list[SourceBar]:
    """Small bars: some of no length, some touching, some apart, some with faults."""
    open_ns, price, trade_id = draw(starts), 1000, 100
    times = (PAUSES, LENGTHS, LATE_BY)
    prices = (MOVES, MOVES, ABOVE, BELOW)
    amounts = (QUANTITIES, QUANTITIES, QUANTITIES, COUNTS)
    rows = []
    for row in draw(rows_of(*times, *prices, *amounts)):
        pause, length, late, jump, move, above, below, buy, sell, unknown, count = row
        open_ns += pause * unit_ns
        close_ns = open_ns + length * unit_ns
        first, last = price + jump, price + jump + move
        volume = buy + sell + unknown
        rows.append(
            SourceBar(
                open_time_ns=open_ns - late * unit_ns,
                close_time_ns=close_ns - late * unit_ns,
                open=first,
                high=max(first, last) + above,
                low=min(first, last) - below,
                close=last,
                volume=volume,
                notional=volume * first + above,
                trade_count=count,
                buy_volume=buy,
                sell_volume=sell,
                first_trade_id=trade_id if ids else None,
                last_trade_id=trade_id + count if ids else None,
            )
        )
        open_ns, price, trade_id = close_ns, last, trade_id + count + 1
    return rows


def chunks(length: int) -> st.SearchStrategy[list[int]]:
    """Where to cut `length` rows."""
    return st.lists(st.integers(0, length), max_size=5).map(sorted)


def cut_at(rows: Sequence[Any], places: Sequence[int]) -> list[Sequence[Any]]:
    """`rows` in pieces, some of them perhaps empty."""
    ends = [0, *places, len(rows)]
    return [rows[begin:end] for begin, end in pairwise(ends)]


def short_sessions(start_ns: int, unit_ns: int = SECOND) -> list[tuple[int, int]]:
    """Sessions of 40, 7 and 25 units with breaks of 6 and 30 between, two of them touching."""
    pattern = ((0, 40), (46, 53), (53, 78))
    return [
        (start_ns + (108 * turn + begin) * unit_ns, start_ns + (108 * turn + end) * unit_ns)
        for turn in range(12)
        for begin, end in pattern
    ]


def new_york_ns(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    local = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("America/New_York"))
    return int(local.timestamp()) * SECOND


def new_york_sessions(year: int, month: int, day: int, days: int) -> list[tuple[int, int]]:
    """From half past nine to four on weekdays, to one on each fifth of them."""
    found: list[tuple[int, int]] = []
    for number in range(days):
        date = datetime(year, month, day) + timedelta(days=number)  # noqa: DTZ001  A date alone.
        if date.weekday() < 5:
            close = 13 if len(found) % 5 == 4 else 16
            found.append(
                (
                    new_york_ns(date.year, date.month, date.day, 9, 30),
                    new_york_ns(date.year, date.month, date.day, close),
                )
            )
    return found
