"""Time bars: ticks grouped by the interval that holds them."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from tests.parity.bars.naive.grid import Grid, Interval, Sessions
from tests.parity.bars.naive.model import (
    EMPTY,
    GAP,
    PARTIAL,
    SESSION_BREAK,
    Bar,
    RefusedError,
    Tick,
    bar_of,
)


def time_bars(
    ticks: Sequence[Tick],
    watermark: int | None,
    sessions: Sessions | None,
    options: Mapping[str, Any],
) -> tuple[list[Bar], Bar | None]:
    """The bars that closed, and the one that did not."""
    closed = options.get("closed", "left")
    grid = Grid(options["interval"], options.get("zone"), sessions, closed)
    shows_empty = options.get("empty", "omit") != "omit"
    bars: list[Bar] = []
    before = None
    interval = None
    for interval, group in groupby(ticks, key=lambda tick: grid.of(tick.time_ns)):
        inside = list(group)
        if any(tick.close_time_ns > interval.end for tick in inside):
            raise RefusedError("a bar that ends after its interval")
        missing = [] if before is None else grid.between(before, interval)
        if shows_empty:
            bars += [empty_bar(hole, bars[-1].close) for hole in missing]
        flags = cut_flag(interval) | (GAP if missing and not shows_empty else 0)
        bars.append(
            bar_of(
                inside,
                "INTERVAL",
                flags,
                open_time_ns=interval.start,
                close_time_ns=interval.end,
            )
        )
        before = interval
    if interval is None:
        return [], None
    if not interval.is_passed(watermark, closed):
        return bars[:-1], as_partial(bars[-1])
    interval = grid.after(interval)
    while shows_empty and interval is not None and interval.is_passed(watermark, closed):
        bars.append(empty_bar(interval, bars[-1].close))
        interval = grid.after(interval)
    return bars, None


def as_partial(bar: Bar) -> Bar:
    return Bar(**{**vars(bar), "close_reason": "FINISH", "flags": bar.flags | PARTIAL})


def cut_flag(interval: Interval) -> int:
    return SESSION_BREAK if interval.is_cut else 0


def empty_bar(interval: Interval, price: int) -> Bar:
    return Bar(
        open_time_ns=interval.start,
        close_time_ns=interval.end,
        open=price,
        high=price,
        low=price,
        close=price,
        close_reason="INTERVAL",
        flags=EMPTY | cut_flag(interval),
    )
