"""What the report's script draws, as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from algotrendy.domain import statistics
from algotrendy.domain.bar import BarColumns, Float64Column, Int64Column
from algotrendy.domain.fill import Fill
from algotrendy.domain.order import Side

# More points than a screen has pixels only make the file large.
_POINT_LIMIT = 6000

Chart = dict[str, Any]


@dataclass(frozen=True)
class Curve:
    """A value over time and what it amounts to."""

    name: str
    time_ns: Int64Column
    value: Float64Column
    time_in_market: float | None = None


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


def price_chart(
    chart_id: str, series: BarColumns, close_time_ns: Int64Column, fills: Sequence[Fill]
) -> Chart:
    """Return a symbol's closes over the run's span, with its buys and sells."""
    instrument = series.instrument
    inside = (series.close_time_ns >= close_time_ns[0]) & (
        series.close_time_ns <= close_time_ns[-1]
    )
    digits = instrument.price_scale
    line = _line(
        "Close", series.close_time_ns[inside], series.fields()["close"][inside], digits=digits
    )
    markers = {
        side.value: {
            "time": [_moment(fill.fill_time_ns) for fill in chosen],
            "value": [float(fill.price) for fill in chosen],
            "text": [f"{fill.quantity:,f} at {fill.price:,f}" for fill in chosen],
        }
        for side in Side
        for chosen in [[f for f in fills if f.side is side and f.symbol == instrument.symbol]]
    }
    return {
        "id": chart_id,
        "kind": "price",
        "title": instrument.symbol,
        "unit": instrument.currency,
        "lines": [line],
        "markers": markers,
    }


def _line(
    name: str, time_ns: Int64Column, value: Float64Column, *, digits: int = 2
) -> dict[str, Any]:
    step = -(-len(value) // _POINT_LIMIT)
    # Counted from the end, so that the last value, which people look at, is always drawn.
    rows = np.arange(len(value) - 1, -1, -step)[::-1]
    return {
        "name": name,
        "time": [_moment(int(time)) for time in time_ns[rows]],
        "value": np.round(value[rows], digits).tolist(),
    }


def _moment(time_ns: int) -> str:
    text = str(np.datetime64(time_ns, "ns").astype("datetime64[s]"))
    return text.replace("T", " ")
