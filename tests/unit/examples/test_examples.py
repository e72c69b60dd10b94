"""The examples run as a reader runs them, say what they are made of, and show what they paid."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.py") if path.name != "synthetic.py")


def test_there_are_four() -> None:
    assert len(NAMES) == 4


@pytest.mark.parametrize("name", NAMES)
def test_an_example_trades_synthetic_data_and_shows_what_it_paid(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Synthetic data: MADEUP" in done.stdout
    assert re.search(r"Slippage: \d+ bps.*Fees: \d+ bps", done.stdout)
    for cost in ("Fees", "Slippage"):
        assert re.search(rf"{cost} +−?[\d,]+\.\d\d USD", done.stdout)
    trades = re.search(r"Trades +([\d,]+)", done.stdout)
    assert trades is not None
    assert int(trades[1].replace(",", "")) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_an_example_trades(name: str) -> None:
    """An example that decides nothing shows nothing."""
