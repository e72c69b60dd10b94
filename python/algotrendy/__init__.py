"""AlgoTrendy: from market data to a traded strategy in one system.

Importing this package loads the Rust core and nothing heavier; areas are imported by name
(`algotrendy.backtest`).
"""

from algotrendy._core import (
    Bar,
    Bars,
    BarStream,
    Expression,
    ExpressionStream,
    Instrument,
    __version__,
)
from algotrendy.bar import POLYGON_CONDITIONS, bars, exchange_sessions
from algotrendy.bar.plot import plot

__all__ = [
    "POLYGON_CONDITIONS",
    "Bar",
    "BarStream",
    "Bars",
    "Expression",
    "ExpressionStream",
    "Instrument",
    "__version__",
    "bars",
    "exchange_sessions",
    "plot",
]
