"""Renko bricks: of a fixed size, a percentage of the last close, or an average true range."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.parity.bars.naive.grid import Grid, Interval
from tests.parity.bars.naive.model import (
    PARTIAL,
    Bar,
    Style,
    Tick,
    bar_of,
    path_bar,
)
from tests.parity.bars.naive.shares import shares_of


@dataclass
class Atr:
    """Wilder's average true range of `grid`'s closed intervals; without a grid, of each tick."""

    length: int
    grid: Grid | None
    interval: Interval | None = None
    ticks: list[Tick] = field(default_factory=list)
    last_close: int | None = None
    true_ranges: list[int] = field(default_factory=list)

    def push(self, tick: Tick) -> None:
        if self.grid is None:
            self.ticks = [tick]
            self.end_interval()
            return
        interval = self.grid.of(tick.time_ns)
        if self.interval is not None and interval != self.interval:
            self.end_interval()
        self.interval = interval
        self.ticks.append(tick)

    def end_interval(self) -> None:
        bar = bar_of(self.ticks, "INTERVAL")
        ranges = [bar.high - bar.low]
        if self.last_close is not None:
            ranges += [abs(bar.high - self.last_close), abs(bar.low - self.last_close)]
        self.true_ranges.append(max(ranges))
        self.last_close = bar.close
        self.ticks = []

    def size(self) -> int | None:
        """In units, in float64; None until there are enough intervals."""
        if len(self.true_ranges) < self.length:
            return None
        average = sum(self.true_ranges[: self.length]) / self.length
        for true_range in self.true_ranges[self.length :]:
            average = (average * (self.length - 1) + true_range) / self.length
        return max(1, round(average))


@dataclass
class RenkoBricks(Style):
    """`top` and `bottom` are the last brick's ends, both the anchor before there is one."""

    options: Mapping[str, Any]
    atr: Atr | None
    unit: int = 1
    ticks: list[Tick] = field(default_factory=list)
    top: int = 0
    bottom: int = 0
    last_close: int | None = None
    size: int | None = None
    left_at: int = 0

    def push(self, tick: Tick) -> list[Bar]:
        if self.last_close is None:
            self.top = self.bottom = self.last_close = self.anchor(tick.close)
            self.left_at = self.last_close
        if self.atr is not None:
            self.atr.push(tick)
        self.ticks.append(tick)
        if self.size is None:
            self.size = self.next_size()
        moves = []
        while self.size is not None and (move := self.next_move(tick.close)) is not None:
            moves.append(move)
            self.bottom, self.top = sorted(move)
            self.last_close = move[1]
            self.size = self.next_size()
        if not moves:
            return []
        bars = [self.brick(number, moves) for number in range(len(moves))]
        self.ticks = []
        self.left_at = tick.close
        return bars

    def next_move(self, price: int) -> tuple[int, int] | None:
        """Open and close of the next brick that `price` completes."""
        two = self.options.get("reversal", 2) == 2
        up_from = self.top if two else self.last_close
        down_from = self.bottom if two else self.last_close
        if price >= up_from + self.size:
            return up_from, up_from + self.size
        if price <= down_from - self.size:
            return down_from, down_from - self.size
        return None

    def next_size(self) -> int | None:
        if self.atr is not None:
            return self.atr.size()
        size = self.options["size"]
        if isinstance(size, str) and size.endswith("%"):
            share = Fraction(Decimal(size[:-1])) / 100
            return max(1, round(abs(self.last_close) * share))
        return fixed_size(size) * self.unit

    def anchor(self, price: int) -> int:
        anchor = self.options.get("anchor", "first")
        if anchor == "first":
            return price
        if anchor == "floor":
            return price // self.next_size() * self.next_size()
        if anchor == "nearest":
            return round(Fraction(price, self.next_size())) * self.next_size()
        return int(anchor) * self.unit

    def brick(self, number: int, moves: list[tuple[int, int]]) -> Bar:
        """Brick `number` of those that the last tick completed."""
        first = number == 0
        open_price, close_price = moves[number]
        path = [open_price, *self.wick(moves[number], first=first), close_price]
        time_ns = max(tick.close_time_ns for tick in self.ticks)
        ticks = self.ticks if first else []
        changes = {"open_time_ns": self.ticks[0].open_time_ns if first else time_ns}
        if self.options.get("volume", "first") == "spread":
            changes |= shares_of(bar_of(self.ticks, "BRICK"), number, len(moves))
        return path_bar(path, ticks, "BRICK", close_time_ns=time_ns, **changes)

    def wick(self, move: tuple[int, int], *, first: bool) -> list[int]:
        wicks = self.options.get("wicks", False)
        lowest = min(tick.low for tick in self.ticks)
        highest = max(tick.high for tick in self.ticks)
        if wicks == "both":
            return [lowest, highest]
        if not wicks or not first:
            return []
        # The price at which the tick before ended the last bricks lies beyond them: it is since.
        if move[1] > move[0]:
            return [min(lowest, move[0], self.left_at)]
        return [max(highest, move[0], self.left_at)]

    def pending(self) -> Bar | None:
        if not self.ticks:
            return None
        path = [self.last_close, *self.extremes(), self.ticks[-1].close]
        return path_bar(path, self.ticks, "FINISH", PARTIAL)

    def extremes(self) -> list[int]:
        return [min(tick.low for tick in self.ticks), max(tick.high for tick in self.ticks)]

    def clear(self) -> None:
        self.ticks = []
        self.left_at = self.last_close


def fixed_size(size: int | str) -> int:
    """`10`, `"10"` and `"10 ticks"`; a tick is one unit here."""
    return int(str(size).removesuffix("ticks"))


def renko(options: Mapping[str, Any], unit: int) -> RenkoBricks:
    atr = None
    if match := re.fullmatch(r"atr\((\d+)(?:, *(\w+))?\)", str(options["size"])):
        interval = match[2]
        # Its intervals are whole steps from the epoch, whatever the sessions.
        grid = Grid(interval, None, None, "left") if interval else None
        atr = Atr(int(match[1]), grid)
    return RenkoBricks(options, atr, unit)
