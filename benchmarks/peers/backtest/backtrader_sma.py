"""The crossing of two means in backtrader: sized at the close, filled at the next open."""

import math

import backtrader as bt
import pandas as pd

from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import CASH, FEE, WEIGHT, prices


class _Cross(bt.Strategy):
    params = (("fast", 10), ("slow", 20), ("trades_at_all", True))

    def __init__(self) -> None:
        fast = bt.ind.SMA(self.data.close, period=self.p.fast)
        slow = bt.ind.SMA(self.data.close, period=self.p.slow)
        self.cross = bt.ind.CrossOver(fast, slow)
        self.fills = 0

    def next(self) -> None:
        if not self.p.trades_at_all:
            return
        if self.cross[0] > 0 and not self.position:
            self.buy(size=math.floor(WEIGHT * self.broker.get_cash() / self.data.close[0]))
        elif self.cross[0] < 0 and self.position:
            self.close()

    def notify_order(self, order: bt.Order) -> None:
        self.fills += order.status == order.Completed


def prepare(inputs: Inputs, fast: str, slow: str, trades: str) -> Work:
    names = ("open", "high", "low", "close", "volume")
    columns = {name: prices(inputs, name) for name in names}
    frame = pd.DataFrame(columns, pd.to_datetime(inputs["open_time_ns"]))

    def work() -> Outcome:
        cerebro = bt.Cerebro(stdstats=False)
        cerebro.broker.set_cash(CASH)
        cerebro.broker.setcommission(commission=FEE)
        cerebro.adddata(bt.feeds.PandasData(dataname=frame))
        terms = {"fast": int(fast), "slow": int(slow), "trades_at_all": trades == "1"}
        cerebro.addstrategy(_Cross, **terms)
        (strategy,) = cerebro.run()
        return Outcome(strategy.fills, float(cerebro.broker.get_value()))

    return work
