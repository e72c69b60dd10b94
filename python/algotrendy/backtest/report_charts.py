"""What the report's script draws, as JSON."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from algotrendy.domain import statistics
from algotrendy.domain.bar import BarColumns, Float64Column, Int64Column
from algotrendy.domain.fill import Fill
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import Side

# More points than a screen has pixels only make the file large.
_POINT_LIMIT = 6000
MARKER_LIMIT = 1000
"""So many of a symbol's fills are marked on its price, the last ones."""

Chart = dict[str, Any]


@dataclass(frozen=True)
class Curve:
    """A value over time and what it amounts to."""

    name: str
    time_ns: Int64Column
    value: Float64Column
    time_in_market: float | None = None


@dataclass(frozen=True)
class PriceSeries:
    """An instrument's closes over time; `float64`, in its currency."""

    instrument: Instrument
    close_time_ns: Int64Column
    close: Float64Column

    @classmethod
    def of(cls, bars: BarColumns) -> "PriceSeries":
        """Return the closes of bars."""
        return cls(bars.instrument, bars.close_time_ns, bars.fields()["close"])

    def between(self, first_ns: int, last_ns: int) -> "PriceSeries":
        """Return the closes from one time to another, both included."""
        first = int(np.searchsorted(self.close_time_ns, first_ns))
        last = int(np.searchsorted(self.close_time_ns, last_ns, side="right"))
        inside = slice(first, last)
        return PriceSeries(self.instrument, self.close_time_ns[inside], self.close[inside])


def equity_chart(chart_id: str, curves: Sequence[Curve], currency: str) -> Chart:
    """Return every curve in the currency."""
    return {
        "id": chart_id,
        "kind": "equity",
        "unit": currency,
        "lines": [_line(curve.name, curve.time_ns, curve.value) for curve in curves],
    }


def drawdown_chart(chart_id: str, curves: Sequence[Curve]) -> Chart:
    """Return every curve's loss from its running peak, as a negative fraction."""
    return {
        "id": chart_id,
        "kind": "drawdown",
        "unit": "",
        "lines": [
            _line(curve.name, curve.time_ns, -statistics.drawdown(curve.value), digits=5)
            for curve in curves
        ],
    }


def exposure_chart(
    chart_id: str, time_ns: Int64Column, gross: Float64Column, net: Float64Column
) -> Chart:
    """Return what is held as a fraction of equity: gross, and net where shorts make it another."""
    lines = [_line("Gross", time_ns, gross, digits=4)]
    if not np.array_equal(gross, net):
        lines.append(_line("Net", time_ns, net, digits=4))
    return {"id": chart_id, "kind": "exposure", "unit": "", "lines": lines}


def price_chart(
    chart_id: str, series: PriceSeries, close_time_ns: Int64Column, fills: Sequence[Fill]
) -> Chart:
    """Return a symbol's closes over the run's span, with its buys and sells, the last ones."""
    instrument = series.instrument
    inside = series.between(int(close_time_ns[0]), int(close_time_ns[-1]))
    digits = instrument.price_scale
    own = [fill for fill in fills if fill.symbol == instrument.symbol][-MARKER_LIMIT:]
    markers = {
        side.value: {
            "time": [_moment(fill.fill_time_ns) for fill in chosen],
            "value": [float(fill.price) for fill in chosen],
            "text": [f"{fill.quantity:,f} at {fill.price:,f}" for fill in chosen],
        }
        for side in Side
        for chosen in [[fill for fill in own if fill.side is side]]
    }
    return {
        "id": chart_id,
        "kind": "price",
        "title": instrument.symbol,
        "unit": instrument.currency,
        "lines": [_line("Close", inside.close_time_ns, inside.close, digits=digits)],
        "markers": markers,
    }


def _line(
    name: str, time_ns: Int64Column, value: Float64Column, *, digits: int = 2
) -> dict[str, Any]:
    rows = drawn_rows(value)
    return {
        "name": name,
        "time": [_moment(int(time)) for time in time_ns[rows]],
        "value": np.round(value[rows], digits).tolist(),
    }


def drawn_rows(value: Float64Column, limit: int = _POINT_LIMIT) -> Int64Column:
    """Return the rows of a line to draw: all, or of each stretch the lowest and the highest.

    So a long line keeps its peaks and its worst moment, and its first and last value.
    """
    count = len(value)
    if count <= limit:
        return np.arange(count)
    edges = np.linspace(0, count, limit // 2, dtype=np.int64)
    extremes = [
        first + place
        for first, last in itertools.pairwise(edges.tolist())
        for part in [value[first:last]]
        for place in (int(np.argmin(part)), int(np.argmax(part)))
    ]
    return np.unique(np.array([0, *extremes, count - 1], dtype=np.int64))


def _moment(time_ns: int) -> str:
    text = str(np.datetime64(time_ns, "ns").astype("datetime64[s]"))
    return text.replace("T", " ")
