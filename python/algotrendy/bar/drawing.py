"""The shapes and traces of a chart of bars: their looks, and what the pointer shows."""

from datetime import tzinfo
from typing import Any, Final

import numpy as np

from algotrendy.bar import chart
from algotrendy.bar.chart import Columns, Mask, Places

# Blue and orange differ for every kind of colour vision, hollow and filled bodies in print, too.
_UP: Final = "#1f6fb4"
_DOWN: Final = "#b85a0b"
_HOLLOW: Final = "#ffffff"
_FILLED: Final = "#e58a35"
_BOUGHT: Final = "#7fb2dd"
_SOLD: Final = "#eda867"
_GREY: Final = "#9aa3ad"

# Each flag's symbol and colour, in the order of their rows from the top.
_MARKS: Final = {
    chart.PARTIAL: ("circle-open", "#22272e"),
    chart.GAP: ("triangle-left", "#6b4fa0"),
    chart.LATE: ("diamond", "#00857a"),
    chart.SESSION: ("line-ns", "#5c6670"),
    chart.SUSPECT: ("x-thin", "#b3003c"),
    chart.CARRIED: ("square-open", "#5c6670"),
}
# From here on bodies are narrower than a pixel, until one zooms in.
_MANY: Final = 2_000


def pointer(columns: Columns, places: Places, zone: tzinfo) -> dict[str, Any]:
    """Return the trace that carries the bars: a line of no width along their closes."""
    rows = zip(
        chart.written_times(columns.open_time_ns, zone),
        chart.written_times(columns.close_time_ns, zone),
        columns.open.tolist(),
        columns.high.tolist(),
        columns.low.tolist(),
        columns.close.tolist(),
        [value if np.isfinite(value) else None for value in columns.vwap.tolist()],
        columns.volume.tolist(),
        columns.buy_volume.tolist(),
        columns.sell_volume.tolist(),
        columns.trade_count.tolist(),
        columns.close_reason,
        chart.written_flags(columns.flags),
        strict=True,
    )
    return {
        "name": "bars",
        "x": places.middle,
        "y": columns.close,
        "customdata": [list(row) for row in rows],
        "hovertemplate": _template(columns),
        "mode": "lines",
        "line": {"width": 0},
        "showlegend": False,
    }


def _template(columns: Columns) -> str:
    price = f":.{columns.price_scale}f"
    quantity = f":,.{columns.quantity_scale}~f"
    lines = [
        "%{customdata[0]} → %{customdata[1]}",
        f"open <b>%{{customdata[2]{price}}}</b>  high <b>%{{customdata[3]{price}}}</b>",
        f"low <b>%{{customdata[4]{price}}}</b>  close <b>%{{customdata[5]{price}}}</b>",
    ]
    if np.any(columns.volume > 0):
        lines.append(f"VWAP %{{customdata[6]:.{columns.price_scale + 2}~f}}")
        lines.append(f"volume %{{customdata[7]{quantity}}}")
    if np.any(columns.buy_volume + columns.sell_volume > 0):
        lines.append(f"bought %{{customdata[8]{quantity}}}  sold %{{customdata[9]{quantity}}}")
    lines.append("trades %{customdata[10]:,}")
    lines.append("closed by %{customdata[11]}")
    lines.append("flags %{customdata[12]}")
    return "<br>".join(lines) + "<extra></extra>"


def bodies(columns: Columns, places: Places) -> list[dict[str, Any]]:
    """Return candles or bricks, one shape for each look that occurs."""
    is_up = columns.close >= columns.open
    is_partial, is_empty = columns.flagged(chart.PARTIAL), columns.flagged(chart.EMPTY)
    is_whole = ~is_partial & ~is_empty
    looks: list[tuple[str, Mask, str, str, str]] = [
        ("up", is_up & is_whole, _UP, _HOLLOW, "solid"),
        ("down", ~is_up & is_whole, _DOWN, _FILLED, "solid"),
        ("partial", is_up & is_partial & ~is_empty, _UP, _HOLLOW, "dot"),
        ("partial", ~is_up & is_partial & ~is_empty, _DOWN, _FILLED, "dot"),
        ("empty", is_empty, _GREY, _GREY, "solid"),
    ]
    width = 1.2 if len(columns) <= _MANY else 0.6
    return [
        {
            "type": "path",
            "path": chart.candles(columns, places, which),
            "name": name,
            "line": {"color": line, "width": width, "dash": dash},
            "fillcolor": fill,
            "opacity": 0.55 if name == "partial" else 1.0,
            "layer": "between",
            "showlegend": name != "partial",
        }
        for name, which, line, fill, dash in looks
        if np.any(which & columns.has_prices)
    ]


def volumes(columns: Columns, places: Places) -> list[dict[str, Any]]:
    """Return volume as shapes: bought, sold, and what is of neither side."""
    bought, either = columns.buy_volume, columns.buy_volume + columns.sell_volume
    is_known = bool(np.any(either > 0))
    # What floats leave below half a unit is nothing.
    rest = columns.volume - either > 0.5 * 10.0**-columns.quantity_scale
    parts = (
        ("bought", np.zeros_like(bought), bought, _BOUGHT),
        ("sold", bought, either, _SOLD),
        (
            "side unknown" if is_known else "volume",
            either,
            np.where(rest, columns.volume, either),
            "#c3c9d0",
        ),
    )
    return [
        {
            "type": "path",
            "path": path,
            "name": name,
            "line": {"width": 0 if len(columns) <= _MANY else 0.6, "color": colour},
            "fillcolor": colour,
            "yref": "y2",
            "layer": "between",
            "showlegend": is_known,
        }
        for name, bottom, top, colour in parts
        if (path := chart.columns_of_volume(places, bottom, top))
    ]


def session_breaks(columns: Columns, places: Places) -> list[dict[str, Any]]:
    """Return a line after each bar that a session cut short."""
    is_end = columns.flagged(chart.SESSION)
    if not np.any(is_end):
        return []
    return [
        {
            "type": "path",
            "path": chart.verticals(places, is_end, *price_range(columns)),
            "name": "session break",
            "line": {"color": "#5c6670", "width": 1, "dash": "dash"},
            "layer": "between",
            "showlegend": False,
        }
    ]


def marked_flags(columns: Columns) -> list[int]:
    """Return the flags that occur: each has a row of marks under the prices."""
    return [flag for flag in _MARKS if np.any(columns.flagged(flag))]


def marks(columns: Columns, places: Places) -> list[dict[str, Any]]:
    """Return one trace of marks for each flag that occurs."""
    traces = []
    for row, flag in enumerate(marked_flags(columns)):
        symbol, colour = _MARKS[flag]
        where = np.flatnonzero(columns.flagged(flag)).tolist()
        traces.append(
            {
                "name": f"{chart.FLAG_NAMES[flag]} ({len(where):,})",
                "x": [places.middle[index] for index in where],
                "y": [-row] * len(where),
                "yaxis": "y3",
                "mode": "markers",
                "marker": {
                    "symbol": symbol,
                    "color": colour,
                    "size": 7,
                    "line": {"width": 1.5, "color": colour},
                },
                "hoverinfo": "skip",
            }
        )
    return traces


def price_range(columns: Columns) -> tuple[float, float]:
    """Return the lowest and the highest price, with a margin."""
    has_prices = columns.has_prices
    low, high = float(columns.low[has_prices].min()), float(columns.high[has_prices].max())
    margin = (high - low or abs(high) * 0.01 or 1.0) * 0.06
    return low - margin, high + margin
