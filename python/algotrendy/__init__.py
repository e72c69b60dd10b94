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
    Features,
    FeatureSet,
    FeatureStream,
    Instrument,
    UniverseStream,
    __version__,
)
from algotrendy.bar import POLYGON_CONDITIONS, bars, exchange_sessions
from algotrendy.bar.plot import plot
from algotrendy.expression import features

__all__ = [
    "POLYGON_CONDITIONS",
    "Bar",
    "BarStream",
    "Bars",
    "Expression",
    "ExpressionStream",
    "FeatureSet",
    "FeatureStream",
    "Features",
    "Instrument",
    "UniverseStream",
    "__version__",
    "bars",
    "exchange_sessions",
    "features",
    "plot",
]
