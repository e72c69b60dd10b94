"""AlgoTrendy: from market data to a traded strategy in one system.

Importing this package loads the Rust core and nothing heavier; areas are imported by name
(`algotrendy.backtest`).
"""

from algotrendy._core import (
    Bars,
    Expression,
    ExpressionStream,
    Instrument,
    TimeBarAggregator,
    __version__,
    time_bars,
)

__all__ = [
    "Bars",
    "Expression",
    "ExpressionStream",
    "Instrument",
    "TimeBarAggregator",
    "__version__",
    "time_bars",
]
