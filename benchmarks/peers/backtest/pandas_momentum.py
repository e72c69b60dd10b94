"""Monthly rotation into the strongest of many symbols, in plain pandas: whole shares, 1 bp.

The first close of a month decides by the year's return; the next open fills. Every holding is
brought to the same share of the account, of which a twentieth stays in cash.
"""

import numpy as np
import pandas as pd

from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import FEE, MOMENTUM_CASH, prices


def prepare(inputs: Inputs, held: str, weight: str, window: str) -> Work:
    days = pd.to_datetime(inputs["open_time_ns"])
    close = pd.DataFrame(prices(inputs, "close"), days)
    open_ = pd.DataFrame(prices(inputs, "open"), days)

    def work() -> Outcome:
        momentum = close.pct_change(int(window))
        months = pd.Series(days.to_period("M"), days)
        decides = np.flatnonzero(months != months.shift())
        cash, shares, fills = MOMENTUM_CASH, pd.Series(0.0, close.columns), 0
        equity = pd.Series(MOMENTUM_CASH, days)
        for day, until in zip(decides, [*decides[1:], len(days) - 1], strict=True):
            if momentum.iloc[day].isna().all() or day + 1 == len(days):
                continue
            best = momentum.iloc[day].nlargest(int(held)).index
            budget = float(weight) * equity.iloc[day]
            target = (budget / close.iloc[day][best]).apply(np.floor)
            orders = target.reindex(close.columns, fill_value=0.0) - shares
            paid = orders * open_.iloc[day + 1]
            cash -= paid.sum() + FEE * paid.abs().sum()
            fills += int((orders != 0).sum())
            shares += orders
            held_over = slice(day + 1, until + 1)
            equity.iloc[held_over] = cash + close.iloc[held_over].dot(shares)
        return Outcome(fills, float(equity.iloc[-1]))

    return work
