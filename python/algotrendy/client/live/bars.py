"""The bars that a live strategy has seen, as `on_bar` is given them, and the last price."""

from dataclasses import dataclass, field

import numpy as np

from algotrendy.domain.bar import Bar, Float64Column, bar_fields
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Ticks
from algotrendy.errors import InvalidArgumentError, LookaheadError

FIELDS = ("open", "high", "low", "close", "volume")


@dataclass
class Series:
    """One symbol's bars, oldest first; nothing is known beyond the last.

    Parameters
    ----------
    is_of_ticks : bool
        Whether its price is that of its last trade or quote, as one has been made.
    """

    instrument: Instrument
    is_of_ticks: bool = False
    bars: list[Bar] = field(default_factory=list)
    _tick: Ticks | None = None

    @property
    def symbol(self) -> str:
        """The instrument's symbol."""
        return self.instrument.symbol

    def take(self, bar: Bar) -> "LiveBar | None":
        """Take the next bar; None for one that is not newer than the last."""
        if self.bars and bar.open_time_ns <= self.bars[-1].open_time_ns:
            return None
        self.bars.append(bar)
        return LiveBar(self, len(self.bars) - 1)

    def take_ticks(self, ticks: Ticks) -> bool:
        """Take what was made next; return whether it is newer than the last."""
        if self._tick is not None and ticks.time_ns <= self._tick.time_ns:
            return False
        self.is_of_ticks, self._tick = True, ticks
        return True

    @property
    def price(self) -> int | None:
        """The last known price in the instrument's units; None before the first.

        Of ticks, the last trade's, or the middle of the last quote, rounded down: of one time the
        quote's. Else the last close.
        """
        if self.is_of_ticks:
            return None if self._tick is None else self._tick.last_price
        return self.bars[-1].close if self.bars else None

    def history(self, count: int, name: str) -> Float64Column:
        """Return the last values of a field, oldest first; fewer where there are no more."""
        if count < 1:
            raise InvalidArgumentError(
                f"count is {count}; expected 1 or more.", field="count", value=str(count)
            )
        if name not in FIELDS:
            raise InvalidArgumentError(
                f"field is {name!r}; expected {', '.join(FIELDS)}.", field="field", value=name
            )
        units = np.array([getattr(bar, name) for bar in self.bars[-count:]], dtype=np.int64)
        scale = self.instrument.quantity_scale if name == "volume" else self.instrument.price_scale
        values: Float64Column = units / np.float64(10.0**scale)
        return values

    def __len__(self) -> int:
        return len(self.bars)

    def __getitem__(self, index: int) -> "LiveBar":
        """Return a bar by its place from 0, or from the end: -1 is the last that closed."""
        place = index + len(self.bars) if index < 0 else index
        if place >= len(self.bars):
            raise LookaheadError(
                f"bar {place} of {self.symbol} is not known yet: {len(self.bars)} are.",
                feed=self.symbol,
                bar=str(place),
                known=str(len(self.bars)),
            )
        if place < 0:
            raise IndexError(f"bar {place} of {self.symbol}: the series begins with bar 0")
        return LiveBar(self, place)


@dataclass(frozen=True)
class LiveBar:
    """A bar that has closed; `bar[-1]` is the one before. Prices and volume are `float64`."""

    _series: Series
    index: int

    def __getitem__(self, offset: int) -> "LiveBar":
        """Return a bar of the same series, counted from this one."""
        place = self.index + offset
        if place < 0:
            raise IndexError(f"bar {place} of {self.symbol}: the series begins with bar 0")
        return self._series[place]

    @property
    def symbol(self) -> str:
        """The instrument's symbol."""
        return self._series.symbol

    @property
    def series(self) -> str:
        """The series: the symbol, because a running platform has one of each."""
        return self._series.symbol

    @property
    def open_time_ns(self) -> int:
        """When it opened."""
        return self._bar.open_time_ns

    @property
    def close_time_ns(self) -> int:
        """When it closed."""
        return self._bar.close_time_ns

    @property
    def open(self) -> float:
        """The first price."""
        return self._value("open")

    @property
    def high(self) -> float:
        """The highest price."""
        return self._value("high")

    @property
    def low(self) -> float:
        """The lowest price."""
        return self._value("low")

    @property
    def close(self) -> float:
        """The last price."""
        return self._value("close")

    @property
    def volume(self) -> float:
        """What was traded, in base units."""
        return self._value("volume")

    @property
    def raw(self) -> dict[str, int]:
        """The integers: prices and volume in the instrument's units."""
        return {name: getattr(self._bar, name) for name in FIELDS}

    @property
    def _bar(self) -> Bar:
        return self._series.bars[self.index]

    def _value(self, name: str) -> float:
        value: float = bar_fields(self._bar, self._series.instrument)[name]
        return value
