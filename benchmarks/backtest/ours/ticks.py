"""Trades through our engine: nothing decided, or a mean of the closes of minutes followed."""

from typing import Any

import algotrendy as at
from benchmarks.backtest.ours.terms import INSTRUMENT, run
from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import WEIGHT, prices

_MEAN = {
    "entry": "close > ema(close, 20)",
    "exit": "close < ema(close, 20)",
    "size": {"type": "percent", "percent": str(WEIGHT)},
}


class Idle(at.Strategy):
    """Sees every trade."""

    def on_trade(self, context: Any, trade: Any) -> None:
        pass


class Mean(at.Strategy):
    """Holds while a minute closes above the mean of the closes."""

    features = {"mean": "ema(close, 20)"}

    def on_bar(self, context: Any, bar: Any) -> None:
        mean = context.feature("mean")
        if bar.close > mean and not context.position():
            context.target_weight(WEIGHT)
        elif bar.close < mean:
            context.close()


_STRATEGIES: dict[str, Any] = {
    "idle spec": _MEAN | {"entry": "close < 0"},
    "idle class": Idle,
    "minutes spec": _MEAN,
    "minutes class": Mean,
}


def prepare(inputs: Inputs, how: str) -> Work:
    table = {
        "time": inputs["time_ns"],
        "price": prices(inputs, "price"),
        "quantity": inputs["quantity"],
        "side": inputs["side"],
    }
    data = at.backtest.load({"SYN": table}, bars="1m", instruments={"SYN": INSTRUMENT})
    strategy = _STRATEGIES[how]
    chosen = strategy if isinstance(strategy, dict) else strategy()

    def work() -> Outcome:
        return run(chosen, data)

    return work
