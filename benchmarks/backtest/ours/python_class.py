"""The crossing of two means as a Python class."""

from typing import Any

import algotrendy as at
from benchmarks.backtest.ours.terms import bars, run
from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import WEIGHT


class Crossing(at.Strategy):
    """Buys where the fast mean rises above the slow one, and sells where it falls below."""

    fast: int = 10
    slow: int = 20
    trades: bool = True
    features = {"fast": "sma(close, fast)", "slow": "sma(close, slow)"}

    def on_start(self, context: Any) -> None:
        self._before = float("nan")

    def on_bar(self, context: Any, bar: Any) -> None:
        now = context.feature("fast") - context.feature("slow")
        before, self._before = self._before, now
        if not self.trades:
            return
        if before <= 0 < now and not context.position():
            context.target_weight(WEIGHT)
        elif before >= 0 > now:
            context.close()


def prepare(inputs: Inputs, fast: str, slow: str, trades: str) -> Work:
    data = bars(inputs)
    strategy = Crossing(fast=int(fast), slow=int(slow), trades=trades == "1")

    def work() -> Outcome:
        return run(strategy, data)

    return work
