"""Charts of bars of every style."""

from datetime import UTC, tzinfo
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from algotrendy._core import Bars
from algotrendy.bar import chart, drawing
from algotrendy.bar.chart import Columns, Places
from algotrendy.bar.options import refuse
from algotrendy.errors import FailedPreconditionError, StorageError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_GREY: Final = "#9aa3ad"
_INK: Final = "#22272e"
_RULE: Final = "#e9ecef"
_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_NAMES: Final = {
    "time": "Time bars",
    "tick": "Tick bars",
    "volume": "Volume bars",
    "dollar": "Dollar bars",
    "range": "Range bars",
    "renko": "Renko bricks",
    "imbalance": "Imbalance bars",
    "tick_imbalance": "Tick imbalance bars",
    "volume_imbalance": "Volume imbalance bars",
    "dollar_imbalance": "Dollar imbalance bars",
    "heikin_ashi": "Heikin-Ashi bars",
    "line_break": "Line break lines",
}
_ROW: Final = 0.03
_CONFIG: Final = {"displaylogo": False, "scrollZoom": True, "responsive": True}


def plot(
    bars: Bars,
    *,
    title: str | None = None,
    axis: str = "index",
    zone: str = "UTC",
    volume: bool = True,
    path: str | Path | None = None,
) -> "Figure":
    """Draw bars of any style: candles, or bricks where each bar begins at another's end.

    Rising bars are hollow and blue, falling ones filled and orange, partial ones dotted. Flags are
    marks below their bars, and a line follows a session break. The pointer shows all about a bar.

    Parameters
    ----------
    bars : Bars
        Integers are shown as the prices they are units of.
    title : str, optional
        What was traded; stands before the style, the number of bars and their times.
    axis : {"index", "time"}
        One place a bar, so that nights take no room, or each bar from its open time to its close
        time, UTC. Bricks have no time axis: several can be of one tick.
    zone : str
        The IANA name of the zone whose times an index axis shows.
    volume : bool
        Whether volume is drawn, where there is any; where sides are known, as bought below and sold
        above, with what is of neither on top.
    path : str or Path, optional
        Where to write the chart as an HTML file that needs no network.

    Returns
    -------
    plotly.graph_objects.Figure
        The first trace carries the bars; `customdata` has a row for each, as the pointer shows it.

    Raises
    ------
    InvalidArgumentError
        For bars that are no `Bars`, and for an unknown zone or axis.
    FailedPreconditionError
        If plotly is not installed (extra `report`).
    StorageError
        If the file cannot be written.
    """
    if not isinstance(bars, Bars):
        refuse("bars", type(bars).__name__, "the Bars that algotrendy.bars returns")
    columns = Columns.of(bars)
    times = _zone(zone)
    if axis not in {"index", "time"}:
        refuse("axis", axis, "'index' or 'time'")
    if axis == "time" and (columns.is_bricks or times is not UTC):
        refuse("axis", axis, "'index' for bricks, and for a zone other than UTC")
    graphs = _plotly()
    places = (
        Places.on_index(len(columns), side_by_side=columns.is_bricks)
        if axis == "index"
        else Places.on_time(columns.open_time_ns, columns.close_time_ns)
    )
    with_volume = volume and bool(np.any(columns.volume > 0))
    figure = graphs.Figure(layout=_layout(columns, title, zone, times, with_volume=with_volume))
    figure.add_trace(graphs.Scatter(drawing.pointer(columns, places, times)))
    for shape in [*drawing.bodies(columns, places), *drawing.session_breaks(columns, places)]:
        figure.add_shape(shape)
    for shape in drawing.volumes(columns, places) if with_volume else ():
        figure.add_shape(shape)
    for mark in drawing.marks(columns, places):
        figure.add_trace(graphs.Scatter(mark))
    figure.update_xaxes(_index_axis(columns, times) if axis == "index" else {"type": "date"})
    if path is not None:
        _write(figure, Path(path))
    return figure


def _plotly() -> ModuleType:
    try:
        return import_module("plotly.graph_objects")
    except ImportError as error:
        raise FailedPreconditionError(
            "Charts need plotly, which is not installed: pip install 'algotrendy[report]'.",
            package="plotly",
            extra="report",
        ) from error


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        refuse("zone", name, "an IANA name such as 'America/New_York'")


def _write(figure: "Figure", path: Path) -> None:
    document = figure.to_html(include_plotlyjs=True, full_html=True, config=_CONFIG)
    try:
        path.write_text(document, encoding="utf-8")
    except OSError as error:
        cause = error.strerror or str(error)
        raise StorageError(f"Cannot write {path}: {cause}.", path=str(path), cause=cause) from error


def _layout(
    columns: Columns, title: str | None, zone: str, times: tzinfo, *, with_volume: bool
) -> dict[str, Any]:
    axis = {"gridcolor": _RULE, "zeroline": False, "linecolor": "#cfd4da", "ticks": "outside"}
    axis |= {"tickcolor": "#cfd4da"}
    rows = len(drawing.marked_flags(columns))
    bottom = 0.22 if with_volume else 0.0
    layout: dict[str, Any] = {
        "title": {"text": _title(columns, title, zone, times), "x": 0, "xref": "paper"},
        "font": {"family": _FONT, "size": 12, "color": _INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 20, "r": 70, "t": 78, "b": 44},
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
        "hovermode": "x",
        "hoversubplots": "axis",
        "hoverlabel": {"bgcolor": "#ffffff", "bordercolor": _GREY, "align": "left"}
        | {"font": {"family": _FONT, "size": 12, "color": _INK}},
        "modebar": {"remove": ["select2d", "lasso2d", "autoScale2d"]},
        "dragmode": "pan",
        "showlegend": True,
        "xaxis": axis
        | {
            "anchor": "free",
            "position": 0,
            "showgrid": False,
        },
        "yaxis": axis
        | {
            "side": "right",
            "domain": [bottom + rows * _ROW, 1],
            "exponentformat": "none",
            "separatethousands": True,
        },
    }
    if rows:
        layout["yaxis3"] = {
            "domain": [bottom, bottom + rows * _ROW],
            "range": [0.5 - rows, 0.5],
            "fixedrange": True,
            "visible": False,
        }
    if np.any(columns.has_prices):
        layout["yaxis"]["range"] = list(drawing.price_range(columns))
    if with_volume:
        top = float(np.max(columns.volume)) * 1.06
        layout["yaxis2"] = axis | {
            "side": "right",
            "domain": [0, 0.2],
            "range": [0, top],
            "nticks": 4,
            "title": {"text": "volume", "font": {"size": 11, "color": "#5c6670"}},
        }
    return layout


def _title(columns: Columns, title: str | None, zone: str, times: tzinfo) -> str:
    count = len(columns)
    parts = [_NAMES.get(columns.style or "", "Bars"), f"{count:,} bars" if count != 1 else "1 bar"]
    if count:
        ends = np.array([columns.open_time_ns[0], columns.close_time_ns[-1]]) // 10**9 * 10**9
        first, last = chart.written_times(ends, times)
        parts.append(f"{first} to {last} {zone}")
    head = f"<b>{title}</b>  " if title else ""
    style, *rest = parts
    return f"{head}<b>{style}</b><br><span style='font-size:12px'>{' · '.join(rest)}</span>"


def _index_axis(columns: Columns, zone: tzinfo) -> dict[str, Any]:
    """Return an axis of places whose labels are times at every zoom."""
    labels = chart.tick_labels(columns.time_ns, zone)
    aliases = {str(index): label for index, label in enumerate(labels)}
    ends = [-1, len(columns)]
    return {
        "type": "linear",
        "range": ends,
        "minallowed": ends[0],
        "maxallowed": ends[1],
        "tickformat": "d",
        "nticks": 9,
        # There is no bar at the ends. The axis writes a minus sign, not a hyphen.
        "labelalias": aliases | {"\N{MINUS SIGN}1": " ", str(len(columns)): " "},
    }
