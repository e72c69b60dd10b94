"""Sweeps: every combination as a run of its own, resumed, ended and shown."""

import io
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.backtest.markets import random_bars
from tests.unit.backtest.test_run_spec import SPEC, Cross

import algotrendy as at
from algotrendy.backtest import SweepResult, load, run, sweep
from algotrendy.backtest.sweep import _Bar
from algotrendy.errors import (
    DataFileError,
    FailedPreconditionError,
    InvalidArgumentError,
)

DATA = load({"ABC": random_bars(600)})
GRID = {"fast": [3, 5, 8], "slow": [13, 21]}


def rows_of(strategy: object = SPEC, grid: Any = GRID, **options: Any) -> list[dict[str, Any]]:
    return list(sweep(strategy, grid, DATA, progress=False, **options))


@pytest.mark.parametrize("strategy", [SPEC, Cross()], ids=["spec", "class"])
def test_each_row_is_what_a_run_of_its_own_says(strategy: object) -> None:
    rows = rows_of(strategy)
    assert [(row["fast"], row["slow"]) for row in rows] == list(product(*GRID.values()))
    for row in rows:
        one = run(Cross(fast=row["fast"], slow=row["slow"]), DATA)
        statistics = one.statistics
        for name in ("total_return", "cagr", "sharpe_ratio", "volatility", "max_drawdown"):
            assert row[name] == pytest.approx(getattr(statistics, name), rel=1e-12, abs=1e-12)
        assert row["trade_count"] == statistics.trade_count
        assert row["average_trade"] == pytest.approx(statistics.average_trade)
        assert (row["final_equity"], row["fees"]) == (one.final_equity, statistics.fees)
        assert (row["fill_count"], row["error"]) == (one.fills.num_rows, None)


def test_neither_threads_nor_ranges_change_a_row() -> None:
    expected = rows_of()
    assert rows_of(threads=1) == rows_of(threads=3) == expected
    numbers = {"fast": np.array([3, 5, 8]), "slow": range(13, 22, 8)}
    assert rows_of(grid=numbers) == expected


def test_rows_are_told_as_they_come() -> None:
    told: list[dict[str, Any]] = []
    assert rows_of(on_result=told.append) == told


def test_the_best_row_is_found() -> None:
    result = sweep(SPEC, GRID, DATA, progress=False)
    assert isinstance(result, SweepResult)
    assert result.best()["sharpe_ratio"] == max(row["sharpe_ratio"] for row in result)
    assert result.best("max_drawdown")["max_drawdown"] == min(row["max_drawdown"] for row in result)
    assert isinstance(result.best("final_equity")["final_equity"], Decimal)
    assert "best sharpe ratio" in str(result)
    with pytest.raises(InvalidArgumentError, match="by is 'luck'"):
        result.best("luck")


def test_a_combination_that_cannot_be_run_says_why() -> None:
    rows = rows_of(grid={"fast": [3, 0]})
    assert rows[0]["error"] is None
    assert "n of sma must be a whole number from 1" in rows[1]["error"]
    assert rows[1]["sharpe_ratio"] is None
    with pytest.raises(FailedPreconditionError, match="No combination has"):
        sweep(SPEC, {"fast": [0]}, DATA, progress=False).best()


def test_a_sweep_that_was_ended_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "sweep.parquet"
    told: list[Any] = []

    def end_after_two(row: dict[str, Any]) -> None:
        told.append(row)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rows_of(resume=path, on_result=end_after_two)
    assert path.exists()
    rows = rows_of(resume=path, on_result=told.append)
    assert len(told) == len(rows) == 6
    assert rows == rows_of()
    # Nothing is left to run.
    told.clear()
    assert rows_of(resume=path, on_result=told.append) == rows
    assert told == []


@pytest.mark.parametrize(
    "other",
    [
        {"strategy": {**SPEC, "exit": "close < open"}},
        {"grid": {"fast": [3, 5], "slow": [13]}},
        {"cash": 5_000},
    ],
)
def test_the_file_of_another_sweep_is_refused(other: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "sweep.parquet"
    rows_of(resume=path)
    with pytest.raises(FailedPreconditionError, match="holds another sweep"):
        rows_of(resume=path, **other)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sweep.parquet"
    path.write_text("no table", "utf-8")
    with pytest.raises(DataFileError, match="cannot be read"):
        rows_of(resume=path)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"grid": {}}, "grid"),
        ({"grid": 5}, "grid"),
        ({"grid": {"fsat": [1]}}, "grid"),
        ({"grid": {"fast": []}}, "grid.fast"),
        ({"grid": {"fast": 5}}, "grid.fast"),
        ({"grid": {"fast": "5"}}, "grid.fast"),
        ({"grid": {"fast": ["5"]}}, "grid.fast"),
        ({"threads": 0}, "threads"),
        ({"threads": 1.5}, "threads"),
        ({"grid": {"fast": range(10_000), "slow": range(10_000)}}, "grid"),
    ],
)
def test_what_is_no_sweep_is_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        rows_of(**options)
    assert refusal.value.metadata["field"] == field


def test_values_that_a_class_does_not_take_are_refused_before_anything_runs() -> None:
    with pytest.raises(InvalidArgumentError, match=r"fast is 1\.5; expected int"):
        rows_of(Cross(), {"fast": [3, 1.5]})


def test_what_a_class_raises_ends_its_sweep() -> None:
    class Fails(Cross):
        def on_bar(self, context: Any, bar: Any) -> None:
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        rows_of(Fails(), {"fast": [3]})


@pytest.mark.parametrize("grid", [{"fast": [3, 5]}, GRID])
def test_a_sweep_can_be_seen(grid: Any) -> None:
    figure = sweep(SPEC, grid, DATA, progress=False).plot("total_return")
    assert "total return" in figure.layout.title.text
    assert figure.data[0].type == ("scatter" if len(grid) == 1 else "heatmap")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_far_a_sweep_is() -> None:
    out = Terminal()
    with _Bar(4, 1, shown=True, out=out) as bar:
        bar.step()
        assert "2 of 4 (50%), 4 s left" in bar.line(2.0)
    assert out.getvalue().endswith("\n")


def test_a_file_shows_nothing() -> None:
    out = io.StringIO()
    with _Bar(4, 0, shown=True, out=out) as bar:
        bar.step()
    assert out.getvalue() == ""


def test_a_strategy_without_parameters_cannot_be_swept() -> None:
    class Plain(at.Strategy):
        """Has none."""

    with pytest.raises(InvalidArgumentError, match="it has none"):
        rows_of(Plain(), {"fast": [1]})
