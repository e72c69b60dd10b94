"""Many pairs of means as a sweep of one spec, or of one class."""

import json

import algotrendy as at
from benchmarks.backtest.ours.python_class import Crossing
from benchmarks.backtest.ours.terms import COSTS, bars, crossing
from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import CASH


def prepare(inputs: Inputs, kind: str, threads: str, fast: str, slow: str) -> Work:
    data = bars(inputs)
    strategy = Crossing() if kind == "class" else crossing(10, 20)
    grid = {"fast": json.loads(fast), "slow": json.loads(slow)}

    def work() -> Outcome:
        swept = at.backtest.sweep(
            strategy,
            grid,
            data,
            threads=int(threads),
            cash=int(CASH),
            costs=COSTS,
            progress=False,
        )
        table = swept.table
        equity = sum(float(value) for value in table["final_equity"].to_pylist())
        return Outcome(sum(table["fill_count"].to_pylist()), equity)

    return work
