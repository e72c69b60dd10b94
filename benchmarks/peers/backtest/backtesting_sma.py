"""The crossing of two means in backtesting.py: sized at the close, filled at the next open."""

import math
import warnings

import pandas as pd
from backtesting import Backtest, Strategy

from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import CASH, FEE, WEIGHT, prices


class _Cross(Strategy):
    fast = 10
    slow = 20
    trades_at_all = True

    def init(self) -> None:
        self.quick = self.I(_mean, self.data.Close, self.fast)
        self.slower = self.I(_mean, self.data.Close, self.slow)

    def next(self) -> None:
        # `lib.crossover` wants a strict difference on both bars; the others let the bar before tie.
        before = self.quick[-2] - self.slower[-2]
        now = self.quick[-1] - self.slower[-1]
        if not self.trades_at_all:
            return
        if before <= 0 < now and not self.position:
            self.buy(size=math.floor(WEIGHT * self.equity / self.data.Close[-1]))
        elif before >= 0 > now and self.position:
            self.position.close()


def prepare(inputs: Inputs, fast: str, slow: str, trades: str) -> Work:
    names = ("open", "high", "low", "close")
    columns = {name.title(): prices(inputs, name) for name in names}
    frame = pd.DataFrame(columns, pd.to_datetime(inputs["open_time_ns"]))
    frame["Volume"] = inputs["volume"]
    # A position that is still open at the end stays so with all engines.
    warnings.filterwarnings("ignore", message="Some trades remain open")

    def work() -> Outcome:
        test = Backtest(frame, _Cross, cash=CASH, commission=FEE)
        said = test.run(fast=int(fast), slow=int(slow), trades_at_all=trades == "1")
        closed, still_open = said["_trades"], said["_strategy"].trades
        return Outcome(2 * len(closed) + len(still_open), float(said["Equity Final [$]"]))

    return work


def _mean(values, window):  # noqa: ANN001, ANN202
    return pd.Series(values).rolling(window).mean()
