"""`algotrendy demo`, as `make demo` runs it: its output is what the README promises."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.e2e.conftest import COMMAND

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [COMMAND, "demo", "--report", str(folder / "report.html"), *options]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demo_takes_real_data_to_a_proven_paper_run_and_a_report(tmp_path: Path) -> None:
    done = demo(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in (
        "SP500",
        "NASDAQ",
        "1999-01-04",
        "Sharpe",
        "Max drawdown",
        "Paper trades equal the backtest's, trade by trade",
        "Published events equal the journalled ones",
        "Replaying the journal gives the same cash and positions",
        "cannot be traded",
    ):
        assert words in done.stdout
    fills = re.search(r"(\d+) fills compared", done.stdout)
    assert fills is not None
    assert int(fills[1]) > 0
    markup = re.sub(r"(?s)<script>.*?</script>", "", (tmp_path / "report.html").read_text())
    assert "Backtest" in markup
    assert not re.search(r"(src|href)\s*=", markup), "the report must stand alone"


def test_the_demo_takes_the_users_own_file(tmp_path: Path) -> None:
    rows = ["when,o,h,l,c,vol"]
    price = 10_000
    for day in range(900):
        change = (day * 7919) % 201 - 99
        low, high = min(price, price + change) - 20, max(price, price + change) + 20
        date = f"{2015 + day // 336}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}"
        texts = [f"{value / 100:.2f}" for value in (price, high, low, price + change)]
        rows.append(",".join([date, *texts, str(1000 + day)]))
        price += change
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(rows) + "\n")
    columns = "time=when,open=o,high=h,low=l,close=c,volume=vol"
    done = demo(tmp_path, "--data", str(file), "--columns", columns, "--symbol", "MINE")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MINE" in done.stdout


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "DATA_FILE_UNREADABLE"),
        ("a,b\n1,2\n", "DATA_COLUMNS_UNKNOWN"),
        ("date,open,high,low,close,volume\n2020-01-02,1,1,1,-1,5\n", "DATA_VALUE_INVALID"),
    ],
)
def test_a_bad_file_ends_the_demo_with_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    done = demo(tmp_path, "--data", str(file))
    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
