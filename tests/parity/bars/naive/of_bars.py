"""Styles that are made of bars alone."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.parity.bars.naive.model import (
    PARTIAL,
    Bar,
    Style,
    Tick,
    bar_of,
    path_bar,
)

SCALE = 10**6


@dataclass
class HeikinAshi(Style):
    """Prices and notional in millionths of the source's units."""

    open: int = 0
    close: int | None = None

    def push(self, tick: Tick) -> list[Bar]:
        if self.close is None:
            self.open = half_even(SCALE * (tick.open + tick.close), 2)
        else:
            self.open = half_even(self.open + self.close, 2)
        self.close = half_even(SCALE * (tick.open + tick.high + tick.low + tick.close), 4)
        path = [self.open, SCALE * tick.high, SCALE * tick.low, self.close]
        return [path_bar(path, [tick], "INTERVAL", notional=SCALE * tick.notional)]

    def pending(self) -> Bar | None:
        return None

    def clear(self) -> None:
        return


def half_even(numerator: int, denominator: int) -> int:
    return round(Fraction(numerator, denominator))


@dataclass
class LineBreak(Style):
    lines: int = 3
    ticks: list[Tick] = field(default_factory=list)
    drawn: list[tuple[int, int]] = field(default_factory=list)
    first_open: int | None = None

    def push(self, tick: Tick) -> list[Bar]:
        if self.first_open is None:
            self.first_open = tick.open
        self.ticks.append(tick)
        line = self.line_to(tick.close)
        if line is None:
            return []
        self.drawn.append(line)
        bar = path_bar(line, self.ticks, "LINE")
        self.clear()
        return [bar]

    def line_to(self, close: int) -> tuple[int, int] | None:
        if not self.drawn:
            return None if close == self.first_open else (self.first_open, close)
        ends = [end for line in self.drawn[-self.lines :] for end in line]
        if close > max(ends):
            return max(self.drawn[-1]), close
        if close < min(ends):
            return min(self.drawn[-1]), close
        return None

    def pending(self) -> Bar | None:
        if not self.ticks:
            return None
        bar = bar_of(self.ticks, "FINISH")
        start = self.drawn[-1][1] if self.drawn else self.first_open
        return path_bar([start, bar.high, bar.low, bar.close], self.ticks, "FINISH", PARTIAL)

    def clear(self) -> None:
        self.ticks = []
