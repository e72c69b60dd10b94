"""One self-contained HTML file that tells what ran, what came of it, and why to believe it."""

import errno
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np
import plotly.offline

from algotrendy.backtest.report_charts import PriceSeries
from algotrendy.backtest.report_data import MONTHS, view_of_run
from algotrendy.backtest.report_rows import RunDetail, RunView
from algotrendy.backtest.result import Result
from algotrendy.backtest.rows import equity_of, fills_of
from algotrendy.domain.bar import BarColumns, Float64Column, Int64Column
from algotrendy.domain.fill import Fill, OpenTrip, RoundTrip
from algotrendy.errors import InsufficientDataError, StorageError, StorageFullError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_CURVE_LENGTH = 2


@dataclass(frozen=True)
class Run:
    """One run to show: a backtest, or the paper account it is compared with.

    Parameters
    ----------
    summary : str
        One sentence that says what it is.
    in_sample_models : sequence of str
        Models that may have been asked about bars they were trained on; the report warns of them.
    equity : ndarray of shape (n_closes,)
        Account value at each bar's close, in `currency`; at least two.
    trips : pair of sequences, optional
        Closed and open round trips. Default: made of the fills.
    detail : RunDetail, optional
        What only a backtest's own result knows.
    """

    name: str
    summary: str
    currency: str
    close_time_ns: Int64Column
    equity: Float64Column
    fills: Sequence[Fill]
    time_in_market: float | None = None
    in_sample_models: Sequence[str] = ()
    trips: tuple[Sequence[RoundTrip], Sequence[OpenTrip]] | None = None
    detail: RunDetail | None = None

    def __post_init__(self) -> None:
        if len(self.equity) < _CURVE_LENGTH:
            raise InsufficientDataError(
                f"{self.name} has {len(self.equity)} values of equity; a curve needs two.",
                bar_count=str(len(self.equity)),
            )

    @classmethod
    def of(cls, name: str, summary: str, result: Result) -> "Run":
        """Return the run that a backtest's result is."""
        account = equity_of(result)
        return cls(
            name=name,
            summary=summary,
            currency=result.currency,
            close_time_ns=account.close_time_ns,
            equity=account.equity / np.float64(10.0**account.scale),
            fills=fills_of(result, ""),
            time_in_market=result.statistics.time_in_market,
            in_sample_models=result.base.in_sample_models,
        )


@dataclass(frozen=True)
class Figure:
    """A number of the headline: `AUC`, `0.53`, `chance is 0.50`."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """A titled list of names and values: what ran, the model, orders and latencies."""

    title: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Check:
    """A claim that was proved or disproved; `detail` says what was compared."""

    claim: str
    holds: bool
    detail: str


@dataclass(frozen=True)
class ReportContent:
    """Everything a report shows.

    Parameters
    ----------
    runs : sequence of Run
        The first is the one of the headline.
    bars : sequence of BarColumns or PriceSeries
        Each symbol's closes: its price chart, and the benchmark of buying and holding it.
    figures : sequence of Figure
        Shown in the headline after the first run's statistics.
    notes : sequence of str
        What a reader must know to judge: each a paragraph.
    warnings : sequence of str
        What makes a result look better than it is: shown before everything else.
    manifest : str
        What ran, as JSON; shown when it is asked for.
    """

    title: str
    subtitle: str
    create_time_ns: int
    runs: Sequence[Run]
    bars: Sequence[BarColumns | PriceSeries]
    figures: Sequence[Figure] = ()
    facts: Sequence[Facts] = ()
    checks: Sequence[Check] = ()
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    manifest: str = ""


def render_report(content: ReportContent) -> str:
    """Return the report as an HTML document that needs nothing else."""
    series = [
        bars if isinstance(bars, PriceSeries) else PriceSeries.of(bars) for bars in content.bars
    ]
    runs = [
        view_of_run(
            index=index,
            name=run.name,
            summary=run.summary,
            currency=run.currency,
            close_time_ns=run.close_time_ns,
            equity=run.equity,
            fills=run.fills,
            series=series,
            time_in_market=run.time_in_market,
            in_sample_models=run.in_sample_models,
            trips=run.trips,
            detail=run.detail,
        )
        for index, run in enumerate(content.runs)
    ]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("algotrendy.backtest"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        content=content,
        create_date=str(np.datetime64(content.create_time_ns, "ns").astype("datetime64[D]")),
        runs=runs,
        months=MONTHS,
        charts=_script_json(runs),
        plotly=plotly.offline.get_plotlyjs(),
    )


def write_report(path: Path, content: ReportContent) -> None:
    """Write the report to `path`, all or nothing.

    Raises
    ------
    StorageFullError
        If the disk is full.
    StorageError
        If the file cannot be written.
    """
    document = render_report(content)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(document, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        error_class = StorageFullError if error.errno in _FULL else StorageError
        cause = error.strerror or str(error)
        raise error_class(f"Cannot write {path}: {cause}.", path=str(path), cause=cause) from error


def _script_json(runs: Iterable[RunView]) -> str:
    """Return what the charts draw; `<` is escaped, so that no text can end the script."""
    charts = [
        chart for run in runs for chart in [*run.charts, *(run.detail.charts if run.detail else ())]
    ]
    return json.dumps(charts, separators=(",", ":")).replace("<", "\\u003c")
