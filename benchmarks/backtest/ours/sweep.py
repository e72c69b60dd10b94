"""Many pairs of means as a sweep of one spec."""

import json

import algotrendy as at
from benchmarks.backtest.ours.terms import COSTS, bars, crossing
from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import CASH


def prepare(inputs: Inputs, threads: str, fast: str, slow: str) -> Work:
    data = bars(inputs)
    grid = {"fast": json.loads(fast), "slow": json.loads(slow)}

    def work() -> Outcome:
        swept = at.backtest.sweep(
            crossing(10, 20),
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
