"""Bars: what an interval of trading was, in the instrument's integer units."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algotrendy.domain.instrument import Instrument

Int64Column = NDArray[np.int64]
Float64Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: prices in units of 10^-price_scale, volume of 10^-quantity_scale, times ns UTC."""

    symbol: str
    open_time_ns: int
    close_time_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass(frozen=True)
class BarColumns:
    """Bars of one instrument as `int64` columns of shape (n_bars,), in increasing time order."""

    instrument: Instrument
    open_time_ns: Int64Column
    close_time_ns: Int64Column
    open: Int64Column
    high: Int64Column
    low: Int64Column
    close: Int64Column
    volume: Int64Column

    @classmethod
    def joined(cls, parts: "Sequence[BarColumns]") -> "BarColumns":
        """Return the bars of one instrument that parts hold, oldest part first."""
        columns = zip(*(part.columns().values() for part in parts), strict=True)
        return cls(parts[0].instrument, *map(np.concatenate, columns))

    def __len__(self) -> int:
        return len(self.open_time_ns)

    def __iter__(self) -> Iterator[Bar]:
        rows = zip(*(column.tolist() for column in self.columns().values()), strict=True)
        return (Bar(self.instrument.symbol, *row) for row in rows)

    def between(self, start_time_ns: int | None, end_time_ns: int | None) -> "BarColumns":
        """Return the bars whose open time lies in `[start, end)`; None is open."""
        return self._slice(rows_between(self.open_time_ns, start_time_ns, end_time_ns))

    def closed_by(self, time_ns: int | None) -> "BarColumns":
        """Return the bars that close at a time or before; None is open."""
        if time_ns is None:
            return self
        count = int(np.searchsorted(self.close_time_ns, time_ns, side="right"))
        return self._slice(slice(count))

    def last(self, count: int) -> "BarColumns":
        """Return the newest `count` bars."""
        return self._slice(slice(max(0, len(self) - count), len(self)))

    def columns(self) -> dict[str, Int64Column]:
        """Return the columns by name, in the instrument's units; times ns UTC."""
        return {name: column for name, column in vars(self).items() if name != "instrument"}

    def fields(self) -> dict[str, NDArray[Any]]:
        """Return what expressions read: `float64`, quote currency and base units; times ns UTC."""
        price_unit = 10.0**self.instrument.price_scale
        quantity_unit = 10.0**self.instrument.quantity_scale
        prices = {
            name: getattr(self, name) / price_unit for name in ("open", "high", "low", "close")
        }
        return {
            **prices,
            "volume": self.volume / quantity_unit,
            "open_time_ns": self.open_time_ns,
            "close_time_ns": self.close_time_ns,
        }

    def _slice(self, rows: slice) -> "BarColumns":
        return BarColumns(self.instrument, *(column[rows] for column in self.columns().values()))


def bar_fields(bar: Bar, instrument: Instrument) -> dict[str, Any]:
    """Return a bar's values as expressions read them: bit for bit those of `BarColumns.fields`."""
    price_unit = 10.0**instrument.price_scale
    return {
        "open": bar.open / price_unit,
        "high": bar.high / price_unit,
        "low": bar.low / price_unit,
        "close": bar.close / price_unit,
        "volume": bar.volume / 10.0**instrument.quantity_scale,
        "open_time_ns": bar.open_time_ns,
        "close_time_ns": bar.close_time_ns,
    }


def rows_between(times_ns: Int64Column, start_ns: int | None, end_ns: int | None) -> slice:
    """Return the places of the times in `[start, end)`; None is open."""
    first = 0 if start_ns is None else int(np.searchsorted(times_ns, start_ns))
    last = len(times_ns) if end_ns is None else int(np.searchsorted(times_ns, end_ns))
    return slice(first, max(first, last))
