"""AlgoTrendy: from market data to a traded strategy in one system.

Importing this package loads the Rust core and nothing heavier; areas are imported by name
(`algotrendy.ml`), `algotrendy.trading`, `backtest` and `plot` as soon as they are named.
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
from algotrendy.domain.strategy_class import Strategy
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
    "Strategy",
    "UniverseStream",
    "__version__",
    "bars",
    "exchange_sessions",
    "features",
    "plot",
]

if TYPE_CHECKING:
    from algotrendy import backtest as backtest  # Known by name.
    from algotrendy import trading as trading
    from algotrendy.bar.plot import plot as plot
else:

    def __getattr__(name: str) -> object:
        """Import `algotrendy.backtest`, `trading` or `plot` when it is first named."""
        from importlib import import_module  # noqa: PLC0415  # Whoever uses none need not.

        if name == "plot":
            globals()[name] = found = import_module("algotrendy.bar.plot").plot
            return found
        if name in {"backtest", "trading"}:
            return import_module(f"algotrendy.{name}")
        raise AttributeError(f"module 'algotrendy' has no attribute {name!r}")
