"""Intervals that do not depend on the data: the epoch's, a time zone's and the sessions'."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.parity.bars.naive.model import RefusedError

UNIT_NS = {
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
EPOCH = date(1970, 1, 1)
FIRST_MONDAY = date(1970, 1, 5)


def split_interval(text: str) -> tuple[int, str]:
    number, unit = re.fullmatch(r"(\d*)(ms|s|mo|m|h|d|w)", text).groups()
    return int(number or 1), unit


def duration_ns(text: str) -> int:
    number, unit = split_interval(text)
    return number * UNIT_NS[unit]


class Interval(NamedTuple):
    """From `start` to `end`; `is_cut` where a session's end made it shorter than asked for."""

    start: int
    end: int
    is_break: bool = False
    is_cut: bool = False

    def is_passed(self, watermark: int | None, closed: str) -> bool:
        """Whether nothing can come any more that belongs to it."""
        if watermark is None:
            return False
        return watermark >= self.end if closed == "left" else watermark > self.end


@dataclass(frozen=True)
class Sessions:
    """Pairs of open and close, in order."""

    pairs: Sequence[tuple[int, int]]
    closed: str = "left"

    def period(self, time_ns: int) -> Interval:
        """The session, or the break between two, that holds a tick at `time_ns`."""
        return self.holding(time_ns if self.closed == "left" else time_ns - 1)

    def holding(self, instant: int) -> Interval:
        """The session or break `[start, end)` that holds `instant`."""
        for number, (open_ns, close_ns) in enumerate(self.pairs):
            if open_ns <= instant < close_ns:
                return Interval(open_ns, close_ns)
            if number > 0 and self.pairs[number - 1][1] <= instant < open_ns:
                return Interval(self.pairs[number - 1][1], open_ns, is_break=True)
        raise RefusedError("sessions")


@dataclass(frozen=True)
class Grid:
    interval: str
    zone: str | None = None
    sessions: Sessions | None = None
    closed: str = "left"

    def of(self, time_ns: int) -> Interval:
        """The interval to which a tick at `time_ns` belongs."""
        return self.holding(time_ns if self.closed == "left" else time_ns - 1)

    def holding(self, instant: int) -> Interval:
        """The interval `[start, end)` that holds `instant`."""
        number, unit = split_interval(self.interval)
        if self.sessions is not None and (unit in {"ms", "s", "m", "h"} or self.interval == "1d"):
            return self.in_session(instant)
        if unit in {"ms", "s", "m", "h"}:
            start = 0 if self.zone is None else self.midnight(self.local_date(instant))
            end = None if self.zone is None else self.midnight_after(instant)
            return step(instant, start, number * UNIT_NS[unit], end)
        starts = {"d": self.day_start, "w": self.week_start, "mo": self.month_start}[unit]
        local = self.local_date(instant)
        return Interval(
            self.midnight(starts(local, number, 0)), self.midnight(starts(local, number, 1))
        )

    def in_session(self, instant: int) -> Interval:
        period = self.sessions.holding(instant)
        if period.is_break or self.interval == "1d":
            return period
        length = duration_ns(self.interval)
        cell = step(instant, period.start, length, period.end)
        return cell._replace(is_cut=cell.end - cell.start < length)

    def day_start(self, local: date, number: int, later: int) -> date:
        days = (local - EPOCH).days
        return EPOCH + timedelta(days=(days // number + later) * number)

    def week_start(self, local: date, number: int, later: int) -> date:
        weeks = (local - FIRST_MONDAY).days // 7
        return FIRST_MONDAY + timedelta(weeks=(weeks // number + later) * number)

    def month_start(self, local: date, number: int, later: int) -> date:
        months = (local.year - 1970) * 12 + local.month - 1
        months = (months // number + later) * number
        return date(1970 + months // 12, months % 12 + 1, 1)

    def local_date(self, instant: int) -> date:
        zone = UTC if self.zone is None else ZoneInfo(self.zone)
        return datetime.fromtimestamp(instant // 10**9, zone).date()

    def midnight(self, local: date) -> int:
        zone = UTC if self.zone is None else ZoneInfo(self.zone)
        return int(datetime(local.year, local.month, local.day, tzinfo=zone).timestamp()) * 10**9

    def midnight_after(self, instant: int) -> int:
        return self.midnight(self.local_date(instant) + timedelta(days=1))

    def after(self, interval: Interval) -> Interval | None:
        """The next interval; breaks are skipped, and the last session has none after it."""
        if self.sessions is None or not self.has_breaks():
            return self.holding(interval.end)
        opens = [open_ns for open_ns, _ in self.sessions.pairs]
        number = bisect_right(opens, interval.end) - 1
        if number >= 0 and interval.end < self.sessions.pairs[number][1]:
            return self.holding(interval.end)
        return self.holding(opens[number + 1]) if number + 1 < len(opens) else None

    def has_breaks(self) -> bool:
        return split_interval(self.interval)[1] in {"ms", "s", "m", "h"} or self.interval == "1d"

    def between(self, first: Interval, last: Interval) -> list[Interval]:
        """The intervals after `first` and before `last`."""
        found = []
        interval = self.after(first)
        while interval is not None and interval.start < last.start:
            found.append(interval)
            interval = self.after(interval)
        return found


def step(instant: int, start: int, length: int, end: int | None) -> Interval:
    """The step of `length` from `start` on that holds `instant`, cut at `end`."""
    begin = start + (instant - start) // length * length
    return Interval(begin, begin + length if end is None else min(begin + length, end))
