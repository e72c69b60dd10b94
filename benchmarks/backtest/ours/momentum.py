"""Monthly rotation into the strongest of many symbols, with every order and a ledger."""

from decimal import Decimal

import numpy as np

import algotrendy as at
from algotrendy.domain.instrument import Instrument
from benchmarks.backtest.ours.terms import COSTS
from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import MOMENTUM_CASH, prices

_SESSION_NS = 23_400 * 10**9


def prepare(inputs: Inputs, held: str, weight: str, window: str) -> Work:
    open_, close = prices(inputs, "open"), prices(inputs, "close")
    times = {
        "open_time": inputs["open_time_ns"],
        "close_time": inputs["open_time_ns"] + _SESSION_NS,
    }
    tables = {
        f"S{number:03}": {
            **times,
            "open": open_[:, number],
            "high": np.maximum(open_[:, number], close[:, number]),
            "low": np.minimum(open_[:, number], close[:, number]),
            "close": close[:, number],
            "volume": np.full(len(close), 10**9),
        }
        for number in range(close.shape[1])
    }
    instruments = {name: Instrument(name, tick_size=Decimal("0.01")) for name in tables}
    data = at.backtest.load(tables, instruments=instruments)
    spec = {
        "rank": f"ret(close, {window})",
        "hold": {"count": int(held)},
        "size": {"type": "percent", "percent": weight},
        "schedule": {"every": "month"},
    }

    def work() -> Outcome:
        result = at.backtest.run(spec, data, cash=int(MOMENTUM_CASH), costs=COSTS)
        return Outcome(result.fills.num_rows, float(result.equity["equity"][-1].as_py()))

    return work
