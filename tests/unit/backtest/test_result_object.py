"""A result: lazy, printable, saved to the same bytes, and shown with what one must know."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import plotly.offline
import pytest
from tests.unit.backtest.builders import (
    Account,
    Trade,
    close_ns,
    crossing,
    ints,
    manifest_of,
    result,
)

from algotrendy.backtest.manifest import DataRecord, Manifest, ModelRecord
from algotrendy.backtest.report import render_report
from algotrendy.backtest.report_charts import drawn_rows
from algotrendy.backtest.result import Result
from algotrendy.backtest.result_report import content_of
from algotrendy.backtest.tables import TABLES
from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import (
    DataFileError,
    InsufficientDataError,
    InvalidArgumentError,
    NotFoundError,
    StorageError,
)

REFUSED = {
    "order_id": "o-9",
    "symbol": "SPY",
    "time_ns": close_ns(1),
    "reason": "NOTIONAL_LIMIT_EXCEEDED",
    "rule": "notional",
    "limit": "100000",
    "observed": "120000.50",
}
CROSSING = crossing(300)


class Watched(Mapping[str, Any]):
    """Columns that remember who asked for them."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.columns = columns
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Any:
        self.asked.append(name)
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


def with_manifest(**changes: Any) -> Result:
    trades = [Trade(1, "BUY", 5, 100_00, fee=5)]
    manifest = manifest_of({"SPY": [100_00] * 3}, **changes)
    return result([100_00] * 3, trades, manifest=manifest, rejections=changes.pop("_", ()))


def test_nothing_is_converted_or_hashed_before_it_is_asked_for() -> None:
    columns = Watched(Account({"SPY": [100_00] * 3}, []).columns())

    def unasked() -> Manifest:
        raise AssertionError

    lazy = Result(columns, currency="USD", instruments=CROSSING.instruments, manifest=unasked)
    assert columns.asked == []
    assert lazy.fills is lazy.fills
    assert columns.asked == ["fills"]


def test_there_is_no_other_table() -> None:
    with pytest.raises(NotFoundError, match="no table 'trades'; it has orders, fills"):
        CROSSING.table("trades")


def test_a_saved_result_is_read_whole_and_saved_to_the_same_bytes(tmp_path: Path) -> None:
    CROSSING.save(tmp_path / "first")
    again = Result.load(tmp_path / "first")
    assert all(again.table(name).equals(CROSSING.table(name)) for name in TABLES)
    assert again.statistics == CROSSING.statistics
    again.save(tmp_path / "second")
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("first", "second")
    )
    assert first == second
    assert len(first) == len(TABLES) + 2


def test_a_folder_without_a_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"Cannot read the manifest .*manifest\.json: No such"):
        Result.load(tmp_path)
    CROSSING.save(tmp_path)
    (tmp_path / "fills.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataFileError, match=r"Cannot read .*fills\.parquet"):
        Result.load(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(InvalidArgumentError, match="format is None"):
        Result.load(tmp_path)


def test_a_result_that_cannot_be_written_leaves_no_manifest(tmp_path: Path) -> None:
    CROSSING.save(tmp_path)
    (tmp_path / "fills.parquet").unlink()
    (tmp_path / "fills.parquet").mkdir()
    with pytest.raises(StorageError, match="Cannot write a result"):
        CROSSING.save(tmp_path)
    assert not (tmp_path / "manifest.json").exists()


def test_print_says_what_ran_on_which_assumptions_and_what_came_of_it() -> None:
    text = str(CROSSING)
    assert text.startswith(
        "Spec(fast=10, slow=20) on SPY\n2020-01-01 to 2020-10-26 UTC, 300 closes"
    )
    assert "entry: cross_above(sma(close, fast), sma(close, slow))" in text
    assert "Market orders fill at the next open." in text
    assert "Slippage: 1 bps." in text
    assert re.search(r"Sharpe ratio +−?\d+\.\d\d\n", text)
    assert re.search(r"Fees +\d+\.\d\d USD\n", text)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"models": [ModelRecord("spy_5d", "ab", in_sample=True)]}, "! In sample: spy_5d may have"),
        (
            {"terms": {"currency": "USD", "costs": {"market_fill": "same_close"}}},
            "! Orders fill at the close they were decided on",
        ),
        (
            {"data": [DataRecord("SPY", "bars", 3, "ab", label="synthetic")]},
            "! Synthetic data: SPY. No market ever traded so",
        ),
        ({}, "· 1 position is still open and counted at the last close"),
    ],
)
def test_what_one_must_know_is_printed_shown_and_reported(changes: Any, sentence: str) -> None:
    shown = with_manifest(**changes)
    assert sentence in str(shown)
    assert sentence[2:] in shown._repr_html_()
    assert sentence[2:] in render_report(content_of(shown))


def test_print_says_stops_holding_and_schedule_which_have_no_type() -> None:
    spec = {
        "rank": "ret(close, 20)",
        "hold": {"count": 5},
        "size": {"type": "equal"},
        "stops": {"stop_loss": {"percent": "0.05"}, "max_bars": 20},
        "schedule": {"every": "month"},
    }
    printed = str(with_manifest(strategy={"type": "spec", "spec": spec}))
    for line in (
        "hold: count 5",
        "size: equal",
        "stops: stop_loss percent 0.05, max_bars 20",
        "schedule: every month",
    ):
        assert line in printed


def test_refusals_are_counted_by_reason_and_shown_with_their_numbers() -> None:
    refused = result([100_00] * 3, rejections=[REFUSED, REFUSED | {"reason": "CASH", "rule": "r"}])
    assert "! 2 orders were refused: NOTIONAL_LIMIT_EXCEEDED (1), CASH (1)." in str(refused)
    document = render_report(content_of(refused))
    for text in ("Refused orders", "NOTIONAL_LIMIT_EXCEEDED", "120000.50", "2020-01-02 16:00"):
        assert text in document


@pytest.mark.parametrize(
    ("step_ns", "shown"),
    [(7 * DAY_NS, "7 days"), (30 * DAY_NS, "30 days")],
)
def test_ratios_of_longer_bars_than_days_are_not_to_be_compared(step_ns: int, shown: str) -> None:
    columns = Account({"SPY": [100_00] * 3}, []).columns()
    columns["equity"]["time_ns"] = ints(n * step_ns for n in range(3))
    manifest = manifest_of({"SPY": [100_00] * 3})
    instruments = CROSSING.instruments
    made = Result(columns, currency="USD", instruments=instruments, manifest=manifest)
    assert f"here closes are {shown} apart" in str(made)
    assert "√252" not in str(CROSSING)


def test_trading_for_nothing_is_a_warning() -> None:
    free = result([100_00] * 3, [Trade(1, "BUY", 5, 100_00)])
    assert "! Trading cost nothing here" in str(free)
    assert "Trading cost nothing" not in str(CROSSING)


def test_a_report_needs_nothing_else_and_holds_the_manifest(tmp_path: Path) -> None:
    path = tmp_path / "out.html"
    CROSSING.report(path)
    document = path.read_text(encoding="utf-8").replace(plotly.offline.get_plotlyjs(), "")
    assert not re.search(r"""(src|href)\s*=|@import|url\(|https?://""", document)
    assert CROSSING.manifest["data"][0]["sha256"] in document
    assert "Trading cost" in document


def test_a_report_escapes_what_a_user_wrote() -> None:
    spec = {"entry": "</pre><script>alert(1)</script>"}
    hostile = with_manifest(strategy={"type": "spec", "spec": spec})
    assert "<script>alert(1)" not in render_report(content_of(hostile))
    assert "<script>" not in hostile._repr_html_()


def test_a_report_of_one_close_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InsufficientDataError):
        result([100_00]).report(tmp_path / "out.html")
    assert list(tmp_path.iterdir()) == []


def test_many_symbols_are_compared_with_their_mean() -> None:
    closes = {f"S{n}": [100_00, 100_00 + n * 100] for n in range(5)}
    charts = content_of(result(closes)).bars
    assert len(charts) == 5
    document = render_report(content_of(result(closes)))
    assert "5 symbols held" in document


def test_a_plot_has_equity_drawdown_and_exposure(tmp_path: Path) -> None:
    figure = CROSSING.plot(title="Mine", path=tmp_path / "plot.html")
    assert [trace.name for trace in figure.data] == ["Equity", "Drawdown", "Gross exposure"]
    assert "Mine" in figure.layout.title.text
    assert (tmp_path / "plot.html").stat().st_size > 1_000_000
    short = result([100_00] * 3, [Trade(1, "SELL", 5, 100_00)])
    assert [trace.name for trace in short.plot().data][-1] == "Net exposure"
    with pytest.raises(StorageError):
        CROSSING.plot(path=tmp_path)


def test_a_long_line_keeps_its_ends_and_its_extremes() -> None:
    values = CROSSING.equity["equity"].cast("double").to_numpy()
    rows = drawn_rows(values, limit=20)
    assert len(rows) <= 22
    assert {0, len(values) - 1, values.argmin(), values.argmax()} <= set(rows.tolist())
    assert drawn_rows(values).tolist() == list(range(len(values)))


def test_a_manifest_tells_the_outcome_of_every_table() -> None:
    outcome = CROSSING.record.outcome
    assert set(outcome) == set(TABLES)
    other = crossing(300, seed=8).record
    differing = {line.split(":")[0] for line in CROSSING.record.differences(other)}
    assert {"data.SPY.sha256", "outcome.fills"} <= differing
    assert CROSSING.record.differences(replace(CROSSING.record)) == []
