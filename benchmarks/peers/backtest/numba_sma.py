"""The crossing of two means in a bare Numba loop: no order, no record, one number at the end."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import CASH, FEE, prices


def prepare(inputs: Inputs, fast: str, slow: str) -> Work:
    open_, close = prices(inputs, "open"), prices(inputs, "close")

    def work() -> Outcome:
        fills, equity = _run(open_, close, int(fast), int(slow), CASH, FEE)
        return Outcome(fills, equity)

    return work


@njit
def _run(
    open_: NDArray[np.float64],
    close: NDArray[np.float64],
    fast: int,
    slow: int,
    cash: float,
    fee: float,
) -> tuple[int, float]:
    held, fills, wanted = 0.0, 0, 0
    fast_sum, slow_sum, before = 0.0, 0.0, np.nan
    for bar in range(len(close)):
        if wanted == 1 and held == 0.0:
            held = np.floor(cash / (open_[bar] * (1 + fee)))
            cash -= held * open_[bar] * (1 + fee)
            fills += 1
        elif wanted == -1 and held > 0.0:
            cash += held * open_[bar] * (1 - fee)
            held = 0.0
            fills += 1
        wanted = 0
        fast_sum += close[bar]
        slow_sum += close[bar]
        if bar >= fast:
            fast_sum -= close[bar - fast]
        if bar >= slow:
            slow_sum -= close[bar - slow]
        if bar < slow - 1:
            continue
        now = fast_sum / fast - slow_sum / slow
        if now > 0 and before <= 0:
            wanted = 1
        elif now < 0 and before >= 0:
            wanted = -1
        before = now
    return fills, cash + held * close[-1]
