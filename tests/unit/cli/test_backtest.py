"""`algotrendy backtest` as a stranger meets it: what it prints, and with which code it ends."""

import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.unit.backtest.strategies import BARS

from algotrendy.backtest import Result
from algotrendy.cli.main import main

SPEC = """\
symbols: [SPY]
parameters: {fast: 5, slow: 20}
entry: cross_above(sma(close, fast), sma(close, slow))
exit: cross_below(sma(close, fast), sma(close, slow))
backtest:
  cash: 50000
  data: {SPY: spy.parquet}
"""
MODULE = """\
from decimal import Decimal
import numpy as np
from algotrendy.domain.strategy_class import Strategy

FUTURE = np.arange(1000.0)

class Hold(Strategy):
    share: Decimal = Decimal("0.5")

    def on_bar(self, context, bar):
        if context.position() == 0:
            context.target_weight(self.share)

class Cheat(Strategy):
    def on_bar(self, context, bar):
        if FUTURE[3] > 0:
            context.buy(1)
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    times = pl.Series("time", BARS["time"]).cast(pl.Datetime("ns", "UTC"))
    pl.DataFrame({**BARS, "time": times}).write_parquet(tmp_path / "spy.parquet")
    (tmp_path / "cross.yaml").write_text(SPEC)
    (tmp_path / "hold.py").write_text(MODULE)
    return tmp_path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["algotrendy", "backtest", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out, printed.err

    return call


def test_a_class_is_run_saved_and_reported(folder: Path, run: Run) -> None:
    out, report = folder / "out", folder / "out.html"
    data = f"SPY={folder / 'spy.parquet'}"
    arguments = (f"{folder / 'hold.py'}:Hold", "--data", data, "--out", out, "--report", report)
    code, printed, _ = run("run", *arguments, "--cash", "20000", "--set", "share=0.25")
    assert code == 0
    assert printed.startswith("Hold(share=0.25) on SPY\n")
    assert "began with 20,000 USD" in printed
    assert f"Saved to {out}; `algotrendy backtest replay {out}` repeats it." in printed
    assert report.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert Result.load(out).manifest["data"][0]["source"] == str(folder / "spy.parquet")


def test_a_spec_brings_the_terms_and_data_of_its_file(folder: Path, run: Run) -> None:
    code, printed, _ = run("run", folder / "cross.yaml", "--set", "fast=7", "--fee-bps", "0")
    assert code == 0
    assert "fast=7, slow=20" in printed
    assert "began with 50,000 USD" in printed
    assert "Fees: none." in printed or "Fees: 0 bps." in printed


def test_a_run_is_replayed_and_a_change_is_named(folder: Path, run: Run) -> None:
    out, again = folder / "out", folder / "again"
    run("run", f"{folder / 'hold.py'}:Hold", "--data", folder / "spy.parquet", "--out", out)
    code, printed, _ = run("replay", out, "--out", again)
    assert code == 0
    assert printed.startswith("Reproduced: 1 order, 1 fill, all the same.")
    names = sorted(path.name for path in out.iterdir())
    assert [(again / name).read_bytes() for name in names] == [
        (out / name).read_bytes() for name in names
    ]
    (folder / "hold.py").write_text(MODULE + "\n# Changed.\n")
    code, printed, _ = run("replay", out)
    assert code == 3
    assert "The run differs from its manifest" in printed
    assert "strategy.sha256" in printed


def test_runs_are_compared(folder: Path, run: Run) -> None:
    hold, data = f"{folder / 'hold.py'}:Hold", folder / "spy.parquet"
    run("run", hold, "--data", data, "--out", folder / "a")
    run("run", hold, "--data", data, "--out", folder / "b", "--set", "share=0.25")
    assert run("compare", folder / "a", folder / "a")[:1] == (0,)
    code, printed, _ = run("compare", folder / "a", folder / "b")
    assert code == 3
    assert "2 differences (signal 0, timing 0, size 1, price 0, fee 1)" in printed


def test_a_grid_is_swept_and_the_best_shown(folder: Path, run: Run) -> None:
    out = folder / "sweep.parquet"
    grid = ("--grid", "fast=3:9:3", "--grid", "slow=20,40", "--by", "total_return")
    code, printed, _ = run("sweep", folder / "cross.yaml", *grid, "--out", out, "--top", 3)
    assert code == 0
    head, _, names, *rows = printed.splitlines()
    assert head == "4 combinations of fast, slow; the best by total_return:"
    assert names.split()[:4] == ["fast", "slow", "total_return", "sharpe_ratio"]
    returns = [float(row.split()[2]) for row in rows[:3]]
    assert returns == sorted(returns, reverse=True)
    assert rows[3:] == [
        "",
        "The best of many is the luckiest, too: try it on data that it was not chosen on.",
        f"All in {out}.",
    ]
    assert len(pl.read_parquet(out)) == 4


def test_a_class_is_swept_by_its_parameters(folder: Path, run: Run) -> None:
    data = ("--data", folder / "spy.parquet")
    code, printed, _ = run("sweep", f"{folder}/hold.py:Hold", *data, "--grid", "share=0.25,0.5")
    assert code == 0
    assert "2 combinations of share" in printed


def test_a_lookahead_is_proved_or_shown(folder: Path, run: Run) -> None:
    data = ("--data", folder / "spy.parquet", "--cuts", 3)
    code, printed, _ = run("lookahead", f"{folder / 'hold.py'}:Hold", *data)
    assert (code, printed[:13]) == (0, "No lookahead:")
    code, printed, _ = run("lookahead", f"{folder / 'hold.py'}:Cheat", *data)
    assert code == 3
    assert "the global FUTURE of hold.py" in printed
    allowed = run("lookahead", f"{folder / 'hold.py'}:Cheat", *data, "--allow", "FUTURE")
    assert allowed[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "none.yaml"), "STRATEGY_FILE_INVALID none.yaml: No such file or directory."),
        (("run", "{}/hold.py"), "it has these strategies: Hold, Cheat; name one"),
        (("run", "{}/hold.py:Hold"), "There is no data; expected --data SPY=spy.parquet"),
        (("run", "{}/cross.yaml", "--set", "fats=1"), "no parameter fats; expected one of fast"),
        (("run", "{}/cross.yaml", "--set", "fast"), "--set fast is no NAME=VALUE."),
        (("run", "{}/cross.yaml", "--set", "fast=1", "--set", "fast=2"), "names it twice"),
        (("run", "{}/cross.yaml", "--start", "yesterday"), "start is 'yesterday'"),
        (
            ("run", "{}/cross.yaml", "--start", "2020-01-02", "--end", "2020-01-01"),
            "expected a time after start",
        ),
        (("run", "{}/cross.yaml", "--data", "SPY=none.parquet"), "none.parquet"),
        (
            ("run", "{}/cross.yaml", "--symbols", "SPY", "--data", "x.csv"),
            "expected one of the two",
        ),
        (("run", "{}/cross.yaml", "--symbols", "SPY", "--data-dir", "{}"), "No platform runs on"),
        (("sweep", "{}/cross.yaml", "--grid", "fast=9:5"), "--grid fast=9:5 has no values"),
        (("sweep", "{}/cross.yaml", "--grid", "fast=5,"), "has no values; expected fast=5:50"),
        (("sweep", "{}/cross.yaml", "--grid", "fats=5"), "fats"),
        (("sweep", "{}/cross.yaml", "--grid", "fast=5", "--by", "luck"), "by is 'luck'"),
        (("replay", "{}"), "Cannot read the manifest"),
        (("compare", "{}", "{}"), "Cannot read the manifest"),
    ],
)
def test_a_mistake_is_one_line_and_code_1(
    folder: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    code, printed, error = run(*(each.replace("{}", str(folder)) for each in arguments))
    assert (code, printed) == (1, "")
    assert message in " ".join(error.split())


def test_a_mistake_in_a_spec_names_its_line(folder: Path, run: Run) -> None:
    path = folder / "cross.yaml"
    for old, new, line, word in (
        ("  cash: 50000", "  cahs: 50000", 6, "cahs"),
        ("  cash: 50000", "  cash: many", 6, "cash"),
        ("exit: cross_below", "exti: cross_below", 4, "exti"),
        ("exit: cross_below(", "exit: cross_belo(", 4, "cross_belo"),
    ):
        path.write_text(SPEC.replace(old, new))
        code, _, error = run("run", path)
        assert code == 1
        assert f"cross.yaml, line {line}: " in " ".join(error.split())
        assert word in error


def test_a_wrong_option_is_code_2(folder: Path, run: Run) -> None:
    assert run("run", folder / "cross.yaml", "--feebps", "1")[0] == 2
    assert run("lookahead", folder / "cross.yaml", "--cuts", "0")[0] == 2
