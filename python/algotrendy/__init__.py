"""AlgoTrendy: from market data to a traded strategy in one system.

Importing this package loads the Rust core and nothing heavier; areas are imported by name
(`algotrendy.backtest`), `algotrendy.trading` as soon as it is named.
"""

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from types import ModuleType

    from algotrendy import trading as trading  # Known by name.
else:

    def __getattr__(name: str) -> "ModuleType":
        """Import `algotrendy.trading` when it is first named."""
        if name == "trading":
            from importlib import import_module  # noqa: PLC0415  # Whoever does not trade need not.

            return import_module("algotrendy.trading")
        raise AttributeError(f"module 'algotrendy' has no attribute {name!r}")
