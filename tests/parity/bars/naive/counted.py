"""Bars of so many trades, so much volume or so much notional."""

from dataclasses import dataclass, field, replace

from tests.parity.bars.naive.model import PARTIAL, Bar, Style, Tick, bar_of

REASONS = {"tick": "TICKS", "volume": "VOLUME", "dollar": "NOTIONAL"}


@dataclass
class CountedBars(Style):
    style: str
    size: int
    overshoot: str = "whole"
    ticks: list[Tick] = field(default_factory=list)

    def push(self, tick: Tick) -> list[Bar]:
        pieces = [tick]
        if self.overshoot == "split" and self.style != "tick" and not tick.whole:
            pieces = self.split(tick)
        bars = []
        for piece in pieces:
            self.ticks.append(piece)
            if self.filled() >= self.size:
                bars.append(bar_of(self.ticks, REASONS[self.style]))
                self.clear()
        return bars

    def measure(self, tick: Tick) -> int:
        amounts = {"tick": tick.trade_count, "volume": tick.volume, "dollar": abs(tick.notional)}
        return amounts[self.style]

    def filled(self) -> int:
        return sum(self.measure(tick) for tick in self.ticks)

    def split(self, tick: Tick) -> list[Tick]:
        """Pieces that each fill a bar, and what is left; the first alone is counted."""
        per_unit = 1 if self.style == "volume" else abs(tick.close)
        if per_unit == 0 or tick.volume == 0:
            return [tick]
        pieces = []
        left = tick.volume
        missing = self.size - self.filled()
        while left > 0:
            quantity = min(left, -(-missing // per_unit))
            pieces.append(piece_of(tick, quantity, 0 if pieces else tick.trade_count))
            left -= quantity
            missing = self.size
        return pieces

    def pending(self) -> Bar | None:
        return bar_of(self.ticks, "FINISH", PARTIAL) if self.ticks else None

    def clear(self) -> None:
        self.ticks = []


def piece_of(tick: Tick, quantity: int, trade_count: int) -> Tick:
    return replace(
        tick,
        volume=quantity,
        notional=quantity * tick.close,
        trade_count=trade_count,
        buy_volume=quantity if tick.buy_volume else 0,
        sell_volume=quantity if tick.sell_volume else 0,
    )
