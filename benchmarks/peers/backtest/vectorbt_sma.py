"""The crossing of two means in vectorbt, whose signals fill at the next bar's open."""

import pandas as pd
import vectorbt as vbt

from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import CASH, FEE, prices


def prepare(inputs: Inputs, engine: str, fast: str, slow: str) -> Work:
    index = pd.to_datetime(inputs["open_time_ns"])
    open_ = pd.Series(prices(inputs, "open"), index)
    close = pd.Series(prices(inputs, "close"), index)
    vbt.settings.engine = engine

    def work() -> Outcome:
        fast_mean = vbt.MA.run(close, int(fast)).ma
        slow_mean = vbt.MA.run(close, int(slow)).ma
        portfolio = vbt.Portfolio.from_signals(
            close,
            entries=fast_mean.vbt.crossed_above(slow_mean).vbt.signals.fshift(1),
            exits=fast_mean.vbt.crossed_below(slow_mean).vbt.signals.fshift(1),
            price=open_,
            fees=FEE,
            init_cash=CASH,
            size_granularity=1,
            freq="1min",
        )
        return Outcome(int(portfolio.orders.count()), float(portfolio.final_value()))

    return work
