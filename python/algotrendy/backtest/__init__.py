"""Backtests: strategies over history, on the trading core that also trades live.

`run` runs one strategy, `load` reads data for many runs.
"""

from algotrendy.backtest.data import Data, load
from algotrendy.backtest.result import Result
from algotrendy.backtest.run import Progress, run
from algotrendy.domain.venue import VenueTerms

__all__ = ["Data", "Progress", "Result", "VenueTerms", "load", "run"]
