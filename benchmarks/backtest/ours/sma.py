"""The crossing of two means as a spec."""

from benchmarks.backtest.ours.terms import bars, crossing, run
from benchmarks.peers.backtest.serve import Inputs, Outcome, Work


def prepare(inputs: Inputs, fast: str, slow: str) -> Work:
    data, spec = bars(inputs), crossing(int(fast), int(slow))

    def work() -> Outcome:
        return run(spec, data)

    return work
