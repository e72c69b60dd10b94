"""Imbalance bars, fixed and adaptive."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.parity.bars.naive.model import PARTIAL, Bar, Style, Tick, bar_of


@dataclass
class ImbalanceBars(Style):
    style: str
    options: Mapping[str, Any]
    ticks: list[Tick] = field(default_factory=list)
    theta: int = 0
    sign: int = 0
    last_price: int | None = None
    ticks_expected: float = 0.0
    imbalance_expected: float = 0.0

    def __post_init__(self) -> None:
        self.is_adaptive = "threshold" not in self.options
        if self.is_adaptive:
            self.ticks_expected = float(self.options["expected_ticks"])
            self.imbalance_expected = float(self.options["expected_imbalance"])

    def push(self, tick: Tick) -> list[Bar]:
        self.ticks.append(tick)
        self.theta += self.sign_of(tick) * self.measure(tick)
        if abs(self.theta) < self.threshold():
            return []
        bar = bar_of(self.ticks, "IMBALANCE")
        if self.is_adaptive:
            self.adapt(float(bar.trade_count), float(self.theta))
        self.clear()
        return [bar]

    def sign_of(self, tick: Tick) -> int:
        if self.options.get("sign") == "side":
            return tick.side
        if self.last_price is not None and tick.close != self.last_price:
            self.sign = 1 if tick.close > self.last_price else -1
        self.last_price = tick.close
        return self.sign

    def measure(self, tick: Tick) -> int:
        measures = {
            "tick_imbalance": 1,
            "volume_imbalance": tick.volume,
            "dollar_imbalance": abs(tick.close) * tick.volume,
        }
        return measures[self.style]

    def threshold(self) -> int:
        if not self.is_adaptive:
            return self.options["threshold"]
        return max(1, math.ceil(self.ticks_expected * abs(self.imbalance_expected)))

    def adapt(self, count: float, theta: float) -> None:
        first = float(self.options["expected_ticks"])
        lowest = float(self.options.get("min_ticks", first / 10.0))
        highest = float(self.options.get("max_ticks", first * 10.0))
        weight = 2.0 / (self.options.get("span", 20) + 1.0)
        self.ticks_expected += weight * (count - self.ticks_expected)
        self.ticks_expected = min(max(self.ticks_expected, lowest), highest)
        self.imbalance_expected += weight * (theta / count - self.imbalance_expected)

    def pending(self) -> Bar | None:
        return bar_of(self.ticks, "FINISH", PARTIAL) if self.ticks else None

    def clear(self) -> None:
        self.ticks, self.theta = [], 0
