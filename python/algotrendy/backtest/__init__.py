"""Backtests: strategies over history, on the trading core that also trades live.

`run` runs one strategy, `sweep` one with many parameters, `load` reads data for many runs, `replay`
repeats a run from its manifest, `compare` tells two runs apart, `lookahead` proves that a strategy
does not know its future.
"""

from algotrendy.backtest.compare import Comparison, Difference, compare
from algotrendy.backtest.data import Data, load
from algotrendy.backtest.lookahead import Finding, LookaheadReport, lookahead
from algotrendy.backtest.replay import replay
from algotrendy.backtest.result import Result
from algotrendy.backtest.run import Progress, run
from algotrendy.backtest.sweep import sweep
from algotrendy.backtest.sweep_result import SweepResult
from algotrendy.backtest.worker_pool import OneProcessWarning
from algotrendy.domain.venue import VenueTerms

__all__ = [
    "Comparison",
    "Data",
    "Difference",
    "Finding",
    "LookaheadReport",
    "OneProcessWarning",
    "Progress",
    "Result",
    "SweepResult",
    "VenueTerms",
    "compare",
    "load",
    "lookahead",
    "replay",
    "run",
    "sweep",
]
