"""A live strategy's features and models, bar by bar: with the bits of a backtest's columns."""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal

from algotrendy._core import FeatureSet, FeatureStream
from algotrendy.domain.bar import Bar, bar_fields
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.strategy_class import Strategy
from algotrendy.errors import InvalidArgumentError
from algotrendy.expression.features import Model


class LiveFeatures:
    """The features of a strategy's class on each of its symbols.

    Parameters
    ----------
    models : mapping of str to Model
        What `model("name")` and `context.model("name")` ask.
    """

    def __init__(
        self, strategy: Strategy, symbols: Iterable[str], models: Mapping[str, Model]
    ) -> None:
        asked = {_model_feature(name): f'model("{name}")' for name in models}
        expressions = {**strategy.features, **asked}
        self._places = {name: place for place, name in enumerate(expressions)}
        self._values: dict[str, list[float]] = {}
        self._streams: dict[str, FeatureStream] = {}
        # How many bars come before every feature may have a value.
        self.warm_up = 0
        if expressions:
            constants = _constants(strategy)
            features = FeatureSet(expressions, models=dict(models), constants=constants)
            self.warm_up = features.warm_up
            self._streams = {symbol: features.stream() for symbol in symbols}

    def take(self, bar: Bar, instrument: Instrument, *, ask_models: bool) -> None:
        """Take a symbol's next bar; no model is asked about one that is not traded."""
        if bar.symbol in self._streams:
            fields = bar_fields(bar, instrument)
            values = self._streams[bar.symbol].push(**fields, ask_models=ask_models)
            self._values[bar.symbol] = values.tolist()

    def value(self, name: str, symbol: str) -> float:
        """Return a feature's value at the last bar of a symbol; NaN where it has none."""
        if name not in self._places:
            raise InvalidArgumentError(
                f"feature is {name!r}; expected one of {', '.join(self._places) or 'none'}.",
                field="feature",
                value=name,
            )
        values = self._values.get(symbol)
        return math.nan if values is None else values[self._places[name]]

    def model(self, name: str, symbol: str) -> float:
        """Return what a model says of the last bar of a symbol; NaN where it says nothing."""
        return self.value(_model_feature(name), symbol)


def _model_feature(name: str) -> str:
    return f'model("{name}")'


def _constants(strategy: Strategy) -> dict[str, bool | int | float]:
    """Return the parameters that expressions can read: numbers and truth values."""
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in strategy.parameters.items()
        if isinstance(value, bool | int | float | Decimal)
    }
