"""The report: one file that needs nothing else, and tells the truth."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.offline
import pytest

from algotrendy.backtest.model import BacktestTerms
from algotrendy.backtest.report import (
    Check,
    Facts,
    Figure,
    ReportContent,
    Run,
    render_report,
    write_report,
)
from algotrendy.backtest.report_charts import PriceSeries
from algotrendy.backtest.report_data import monthly_returns, percent, view_of_run
from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import InsufficientDataError, StorageError
from algotrendy.testing.backtest import run_spec
from algotrendy.testing.strategy import ScriptedModel, daily_bars, spec

BARS = daily_bars([100_00, 101_00, 99_00, 103_00, 104_00])
MODEL = ScriptedModel([0.9, 0.5, 0.3, 0.9, 0.5])
RESULT = run_spec(spec(), [BARS], BacktestTerms(0), MODEL)
CONTENT = ReportContent(
    title="Rise & fall <script>alert(1)</script>",
    subtitle="Two trades.",
    create_time_ns=DAY_NS * 20_000,
    runs=[Run.of("Backtest", "On five days.", RESULT)],
    bars=[BARS],
    figures=[Figure("AUC", "0.531", "chance is 0.500")],
    facts=[Facts("Data", [("SPY", "5 bars")])],
    checks=[Check("Paper equals backtest", holds=False, detail="fill 1: price is 1 against 2")],
    notes=["An index itself cannot be traded."],
)


def test_a_report_fetches_nothing() -> None:
    document = render_report(CONTENT).replace(plotly.offline.get_plotlyjs(), "")
    assert len(document) < 200_000
    assert not re.search(r"""(src|href)\s*=|@import|url\(|https?://""", document)


def test_plotly_is_inlined_once() -> None:
    assert render_report(CONTENT).count("plotly.js v") == 1


def test_text_of_the_user_is_escaped_in_markup_and_script() -> None:
    hostile = replace(CONTENT, bars=[daily_bars([100_00] * 5, "A</script>B")])
    document = render_report(hostile)
    assert "<script>alert(1)" not in document
    assert "A</script>B" not in document


def test_what_was_asked_for_is_shown() -> None:
    document = render_report(CONTENT)
    for text in (
        "0.531",
        "5 bars",
        "failed",
        "fill 1: price is 1 against 2",
        "An index itself cannot be traded.",
        "times √252; no risk-free rate",
        "1 closed round trips",
    ):
        assert text in document


def test_a_run_in_sample_says_so() -> None:
    warning = "In sample: direction-1, trend-2 may have been trained on bars"
    assert "In sample" not in render_report(CONTENT)
    in_sample = replace(CONTENT.runs[0], in_sample_models=("direction-1", "trend-2"))
    assert warning in render_report(replace(CONTENT, runs=[in_sample]))


def test_the_benchmark_starts_with_the_runs_cash() -> None:
    run = CONTENT.runs[0]
    view = view_of_run(
        index=0,
        name=run.name,
        summary="",
        currency="USD",
        close_time_ns=run.close_time_ns,
        equity=run.equity,
        fills=run.fills,
        series=[PriceSeries.of(BARS)],
        time_in_market=None,
        in_sample_models=(),
    )
    held = view.charts[0]["lines"][1]
    assert held["name"] == "SPY held"
    assert held["value"] == [1_000_000, 1_010_000, 990_000, 1_030_000, 1_040_000]
    markers = view.charts[2]["markers"]
    assert [len(markers[side]["time"]) for side in ("BUY", "SELL")] == [2, 1]


def test_months_multiply_to_their_year() -> None:
    times = np.array(
        ["2020-01-31", "2020-02-28", "2020-04-30", "2021-01-29"], dtype="datetime64[ns]"
    ).astype(np.int64)
    rows = monthly_returns(times, np.array([100.0, 110.0, 99.0, 198.0]))
    assert [row.year for row in rows] == [2021, 2020]
    assert [cell.text for cell in rows[1].months[:5]] == ["0.0", "10.0", "", "−10.0", ""]
    assert (rows[1].total.text, rows[0].total.text) == ("−1.0", "100.0")


def test_per_cent_has_a_true_minus_and_no_negative_zero() -> None:
    assert percent(-0.05).split() == ["−5.00", "%"]
    assert percent(-0.000001).split() == ["0.00", "%"]


def test_a_curve_of_one_value_is_refused() -> None:
    with pytest.raises(InsufficientDataError):
        replace(CONTENT.runs[0], equity=np.array([1.0]))


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "report.html"
    write_report(path, CONTENT)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    blocked = path / "report.html"
    with pytest.raises(StorageError) as refusal:
        write_report(blocked, CONTENT)
    assert refusal.value.metadata["path"] == str(blocked)
    assert [found.name for found in path.parent.iterdir()] == ["report.html"]


def test_a_run_without_trades_is_shown() -> None:
    idle = run_spec(spec(entry="False", exit="False"), [BARS], BacktestTerms(0))
    assert idle.statistics.fees == 0
    document = render_report(replace(CONTENT, runs=[Run.of("Idle", "No trade.", idle)]))
    assert "0 round trips, none of them closed." in document
