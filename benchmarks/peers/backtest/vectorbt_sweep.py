"""Many pairs of means in vectorbt, a hundred columns at a time: all would not fit in memory."""

import itertools
import json

import numpy as np
import pandas as pd
import vectorbt as vbt

from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import CASH, FEE, prices

_COLUMNS = 100


def prepare(inputs: Inputs, engine: str, fast: str, slow: str) -> Work:
    index = pd.to_datetime(inputs["open_time_ns"])
    open_ = pd.Series(prices(inputs, "open"), index)
    close = pd.Series(prices(inputs, "close"), index)
    pairs = list(itertools.product(json.loads(fast), json.loads(slow)))
    vbt.settings.engine = engine

    def batch(chosen: list[tuple[int, int]]) -> tuple[int, float]:
        fast_mean = vbt.MA.run(close, [pair[0] for pair in chosen], per_column=False).ma
        slow_mean = vbt.MA.run(close, [pair[1] for pair in chosen], per_column=False).ma
        above = fast_mean.vbt.crossed_above(slow_mean.to_numpy())
        below = fast_mean.vbt.crossed_below(slow_mean.to_numpy())
        portfolio = vbt.Portfolio.from_signals(
            close,
            entries=above.vbt.signals.fshift(1),
            exits=below.vbt.signals.fshift(1),
            price=open_,
            fees=FEE,
            init_cash=CASH,
            size_granularity=1,
            freq="1min",
        )
        return int(portfolio.orders.count().sum()), float(np.sum(portfolio.final_value()))

    def work() -> Outcome:
        fills, equity = 0, 0.0
        for first in range(0, len(pairs), _COLUMNS):
            more, value = batch(pairs[first : first + _COLUMNS])
            fills, equity = fills + more, equity + value
        return Outcome(fills, equity)

    return work
