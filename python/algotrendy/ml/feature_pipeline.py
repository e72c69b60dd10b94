"""Features of a model from bars: over columns or bar by bar, with equal results.

The core evaluates the expressions; this puts several side by side, in the model's order.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from algotrendy import _core
from algotrendy.errors import InvalidArgumentError

FLOAT32_MAX = float(np.finfo(np.float32).max)


class FeaturePipeline:
    """Named expressions, in the order of a model's inputs.

    Parameters
    ----------
    features : sequence of (name, expression)
        At least one; names are unique.

    Raises
    ------
    InvalidArgumentError
        If there is no feature, or a name is repeated.
    ExpressionError
        If an expression cannot be parsed; names the feature and the character.

    Examples
    --------
    >>> pipeline = FeaturePipeline([("momentum", "ret(close, 2)")])
    >>> pipeline.warm_up
    2
    """

    def __init__(self, features: Sequence[tuple[str, str]]) -> None:
        if not features:
            raise InvalidArgumentError("A model needs at least one feature.", field="features")
        self.features = tuple((name, expression) for name, expression in features)
        self.names = tuple(name for name, _ in self.features)
        for name in self.names:
            if self.names.count(name) > 1:
                raise InvalidArgumentError(
                    f"The feature name {name!r} is repeated.", field="features", name=name
                )
        self._expressions = [_parse(name, expression) for name, expression in self.features]
        self.warm_up: int = max(expression.warm_up for expression in self._expressions)

    def __len__(self) -> int:
        return len(self.names)

    def evaluate(self, columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the features of every bar, shape (n_bars, n_features); NaN in the warm-up.

        Parameters
        ----------
        columns : mapping of str to ndarray of shape (n_bars,)
            `open`, `high`, `low`, `close`, `volume`, as `BarColumns.fields` gives them.
        """
        return np.column_stack([expression.evaluate(columns) for expression in self._expressions])

    def stream(self) -> "FeatureStream":
        """Return a stream that has seen no bar yet."""
        return FeatureStream([expression.stream() for expression in self._expressions])


class FeatureStream:
    """Features of one symbol, bar by bar; equal to `FeaturePipeline.evaluate`, bit for bit."""

    def __init__(self, streams: Sequence[_core.ExpressionStream]) -> None:
        self._streams = streams

    def push(self, bar_fields: Mapping[str, float]) -> list[float] | None:
        """Take the next bar and return its features, or None where a model could not read one.

        None is the answer in the warm-up, where an expression divides by zero, and where a value
        is beyond `float32`.
        """
        values = [stream.push(**bar_fields) for stream in self._streams]
        # NaN compares as false.
        return values if all(abs(value) <= FLOAT32_MAX for value in values) else None


def _parse(name: str, text: str) -> _core.Expression:
    try:
        return _core.Expression(text)
    except InvalidArgumentError as error:
        raise type(error)(
            f"Feature {name}: {error.message}", **{**error.metadata, "feature": name}
        ) from error
