"""Two crossings of means on which backtesting.py and a plain loop agree, trade by trade."""

import csv
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import algotrendy as at
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits

FILES = ("backtest_sma_SPY.json", "backtest_sma_AAPL.json")
# Prices of these files have six digits.
TICK = Decimal("0.000001")


@dataclass(frozen=True)
class Oracle:
    """What was traded, on which bars, and what came of it."""

    terms: dict[str, Any]
    trades: list[dict[str, Any]]
    equity: list[tuple[str, float]]
    rows: list[dict[str, str]]

    def spec(self) -> dict[str, Any]:
        """The rule: a crossing counts where the means differ on both bars."""
        up, down = "was_below and fast_mean > slow_mean", "was_above and fast_mean < slow_mean"
        short = {} if self.terms["long_only"] else {"short_entry": down, "short_exit": up}
        return {
            "parameters": {"fast": self.terms["fast"], "slow": self.terms["slow"]},
            "features": {
                "fast_mean": "sma(close, fast)",
                "slow_mean": "sma(close, slow)",
                "was_below": "lag(fast_mean, 1) < lag(slow_mean, 1)",
                "was_above": "lag(fast_mean, 1) > lag(slow_mean, 1)",
            },
            "entry": up,
            "exit": down,
            **short,
            "size": {"type": "percent", "percent": "1"},
            "size_at": "next_open",
        }

    def bars(self) -> dict[str, Any]:
        """The file's bars as columns; a day's lasts from midnight for six and a half hours."""
        days = np.array([row["Date"] for row in self.rows], "datetime64[ns]").astype(np.int64)
        names = ("Open", "High", "Low", "Close")
        prices = np.array([[float(row[name]) for name in names] for row in self.rows]).T
        return {
            "open_time": days,
            "close_time": days + 23_400 * 10**9,
            "open": prices[0],
            # A bar of SPY closes below its low; nothing here trades inside a bar.
            "high": prices.max(axis=0),
            "low": prices.min(axis=0),
            "close": prices[3],
            "volume": [float(row["Volume"]) for row in self.rows],
        }


@pytest.fixture(params=FILES, scope="module")
def oracle(request: pytest.FixtureRequest, oracle_data: Path) -> Oracle:
    stored = json.loads((oracle_data / "reference/computed" / request.param).read_text())
    with (oracle_data / stored["spec"]["input"]).open() as file:
        rows = list(csv.DictReader(file))
    return Oracle(stored["spec"], stored["trades"], stored["equity"], rows)


@pytest.fixture(scope="module")
def result(oracle: Oracle) -> Any:
    bps = Decimal(str(oracle.terms["commission"])) * 10_000
    return at.backtest.run(
        oracle.spec(),
        {"SYM": oracle.bars()},
        instruments={"SYM": Instrument("SYM", tick_size=TICK)},
        cash=oracle.terms["cash"],
        costs={"fees": {"bps": f"{bps:f}"}},
        limits=None if oracle.terms["long_only"] else Limits(allow_short=True),
        finish="last_open",
    )


def test_every_trade_is_the_oracles(oracle: Oracle, result: Any) -> None:
    days = oracle.bars()["open_time"]
    table = result.positions
    opened = bar_of(days, table["open_time"])
    closed = bar_of(days, table["close_time"])
    ours = [
        {
            "entry_bar": int(entry),
            "exit_bar": int(leave),
            "size": int(row["quantity"]) * (1 if row["side"] == "LONG" else -1),
            "entry_price": f"{row['open_price']:.6f}",
            "exit_price": f"{row['close_price']:.6f}",
        }
        for row, entry, leave in zip(table.to_pylist(), opened, closed, strict=True)
    ]
    prices = ("entry_price", "exit_price")
    theirs = [
        {name: f"{trade[name]:.6f}" if name in prices else trade[name] for name in ours[0]}
        for trade in oracle.trades
    ]
    assert ours == theirs


def bar_of(days: Any, times: Any) -> Any:
    """The bar in which something happened."""
    return np.searchsorted(days, times.cast("int64").to_numpy(), side="right") - 1


def test_equity_is_the_oracles_but_for_rounded_money(oracle: Oracle, result: Any) -> None:
    """Half a cent for each fill so far, as its fees are floats, and half one for what is held."""
    fill_bars = sorted(bar for t in oracle.trades for bar in (t["entry_bar"], t["exit_bar"]))
    fills_so_far = np.searchsorted(fill_bars, np.arange(len(oracle.rows)), side="right")
    ours = np.array([float(value) for value in result.equity["equity"].to_pylist()])
    theirs = np.array([value for _, value in oracle.equity])
    assert len(ours) == len(theirs)
    assert (np.abs(ours - theirs) <= 0.005 * (fills_so_far + 1) + 1e-6).all()


def test_the_last_equity_is_cash_alone(oracle: Oracle, result: Any) -> None:
    last = result.equity.slice(len(oracle.rows) - 1).to_pylist()[0]
    assert last["equity"] == last["cash"]
    assert float(last["cash"]) == pytest.approx(oracle.equity[-1][1], abs=0.05)
