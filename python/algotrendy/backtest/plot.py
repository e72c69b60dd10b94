"""A chart of a result: equity, drawdown and exposure over one axis of time."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from algotrendy.backtest import summary
from algotrendy.backtest.report_charts import drawn_rows
from algotrendy.backtest.tables import floats_of, times_of
from algotrendy.domain.statistics import drawdown
from algotrendy.errors import FailedPreconditionError, StorageError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from algotrendy.backtest.result import Result

# As bars are drawn: blue and orange differ for every kind of colour vision.
_BLUE: Final = "#1f6fb4"
_ORANGE: Final = "#b85a0b"
_GREY: Final = "#9aa3ad"
_INK: Final = "#22272e"
_RULE: Final = "#e9ecef"
_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_CONFIG: Final = {"displaylogo": False, "scrollZoom": True, "responsive": True}
_ROWS: Final = {"yaxis": [0.45, 1.0], "yaxis2": [0.22, 0.40], "yaxis3": [0.0, 0.17]}


def plot_result(
    result: "Result", *, title: str | None = None, path: Path | None = None
) -> "Figure":
    """Draw equity, drawdown and exposure; `path` is where to write it as HTML.

    Raises
    ------
    FailedPreconditionError
        If plotly is not installed (extra `report`).
    StorageError
        If the file cannot be written.
    """
    graphs = _plotly()
    figure = graphs.Figure(layout=_layout(result, title))
    for trace in _traces(result):
        figure.add_trace(graphs.Scatter(trace))
    if path is not None:
        _write(figure, path)
    return figure


def _traces(result: "Result") -> list[dict[str, Any]]:
    times, equity = times_of(result.equity), floats_of(result.equity, "equity")
    # Where the account is worth nothing, exposure is no share of it.
    worth = np.where(equity > 0, equity, np.nan)
    gross, net = (floats_of(result.exposure, name) / worth for name in ("gross", "net"))
    lost = -drawdown(equity)
    share, amount = "%{y:.2%}", f"%{{y:,.2f}} {result.currency}"
    traces = [
        _line("Equity", times, equity, axis="y", color=_BLUE, shown=amount),
        _line("Drawdown", times, lost, axis="y2", color=_ORANGE, shown=share, fill="tozeroy"),
        _line("Gross exposure", times, gross, axis="y3", color=_BLUE, shown=share, shape="hv"),
    ]
    if not np.array_equal(gross, net, equal_nan=True):
        net_line = _line("Net exposure", times, net, axis="y3", color=_GREY, shown=share)
        traces.append(net_line | {"line": {"color": _GREY, "width": 1.2, "shape": "hv"}})
    return traces


def _line(
    name: str,
    times: NDArray[np.int64],
    values: NDArray[np.float64],
    *,
    axis: str,
    color: str,
    shown: str,
    shape: str = "linear",
    fill: str = "none",
) -> dict[str, Any]:
    rows = drawn_rows(np.nan_to_num(values))
    return {
        "name": name,
        "x": times[rows].astype("datetime64[ns]"),
        "y": values[rows],
        "yaxis": axis,
        "mode": "lines",
        "line": {"color": color, "width": 1.6, "shape": shape},
        "fill": fill,
        "hovertemplate": f"{name} {shown}<extra></extra>",
    }


def _layout(result: "Result", title: str | None) -> dict[str, Any]:
    axis = {"gridcolor": _RULE, "zeroline": False, "linecolor": "#cfd4da", "side": "right"}
    head = title or summary.title(result)
    return {
        "title": {
            "text": f"<b>{head}</b><br><span style='font-size:12px'>{summary.span(result)}</span>",
            "x": 0,
            "xref": "paper",
        },
        "font": {"family": _FONT, "size": 12, "color": _INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 20, "r": 70, "t": 78, "b": 44},
        "showlegend": False,
        "hovermode": "x",
        "hoversubplots": "axis",
        "dragmode": "pan",
        "xaxis": axis | {"type": "date", "showgrid": False, "anchor": "free", "position": 0},
        "yaxis": _axis(axis, "yaxis", f"equity, {result.currency}", ",.4~s"),
        "yaxis2": _axis(axis, "yaxis2", "drawdown", ".0%"),
        "yaxis3": _axis(axis, "yaxis3", "exposure", ".0%"),
    }


def _axis(common: dict[str, Any], name: str, title: str, form: str) -> dict[str, Any]:
    label = {"text": title, "font": {"size": 11, "color": "#5c6670"}}
    return common | {"domain": _ROWS[name], "title": label, "tickformat": form, "nticks": 6}


def _plotly() -> ModuleType:
    try:
        return import_module("plotly.graph_objects")
    except ImportError as error:
        raise FailedPreconditionError(
            "Charts need plotly, which is not installed: pip install 'algotrendy[report]'.",
            package="plotly",
            extra="report",
        ) from error


def _write(figure: "Figure", path: Path) -> None:
    document = figure.to_html(include_plotlyjs=True, full_html=True, config=_CONFIG)
    try:
        path.write_text(document, encoding="utf-8")
    except OSError as error:
        cause = error.strerror or str(error)
        raise StorageError(f"Cannot write {path}: {cause}.", path=str(path), cause=cause) from error
