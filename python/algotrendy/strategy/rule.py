"""A strategy's entry and exit, compiled with the models they ask and followed bar by bar."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from algotrendy._core import FeatureSet
from algotrendy.domain.strategy import Equal, Percent, Signal, StrategySpec
from algotrendy.errors import (
    ExpressionError,
    InSampleError,
    InvalidArgumentError,
    StrategyUnsupportedError,
)
from algotrendy.expression.features import Model
from algotrendy.expression.over_bars import compile_over_bars
from algotrendy.strategy.ports import Models


async def load_rule(spec: StrategySpec, models: Models) -> "Rule":
    """Load the models that a spec names, and compile it.

    Raises
    ------
    ModelNotFoundError
        If there is no such model.
    ExpressionError
        If entry or exit is no boolean expression over stored bars; names the `field` and the
        character's `position`.
    """
    loaded: dict[str, Model] = {}
    while True:
        try:
            return Rule(spec, loaded)
        except ExpressionError as error:
            name = error.metadata.get("model")
            if name is None or name in loaded:
                raise
        loaded[name] = await models.load(name)


class Rule:
    """When to buy and when to sell, as a spec says it.

    Parameters
    ----------
    models : mapping of str to Model
        Those that the spec names, by the names it uses.

    Raises
    ------
    ExpressionError
        If entry or exit is no boolean expression over stored bars; names the `field` and the
        character's `position`.
    """

    def __init__(self, spec: StrategySpec, models: Mapping[str, Model]) -> None:
        self.spec = spec
        _require_supported(spec)
        never = "1 > 2"
        texts = {"entry": spec.entry, "exit": spec.exit}
        expressions = [(name, never if text is None else text) for name, text in texts.items()]
        try:
            compiled = compile_over_bars(expressions, models)
        except ExpressionError as error:
            raise _of_field(error) from error
        for (field, text), kind in zip(expressions, compiled.kinds, strict=True):
            if kind != "boolean":
                problem = f"expected a condition (true or false), found a {kind}"
                raise ExpressionError(
                    f"{field}: {problem}.",
                    field=field,
                    position="0",
                    end=str(len(text)),
                    problem=problem,
                )
        self.warm_up: int = compiled.warm_up
        # Those that are asked with `in_sample=True`; one may be asked both ways.
        self.in_sample_models: tuple[str, ...] = tuple(sorted(compiled.in_sample_models))
        self._guarded = compiled.out_of_sample_models
        asked = sorted({*self.in_sample_models, *self._guarded})
        self._models = {name: models[name] for name in asked}
        # What the models say of these bars is evaluated once, whoever reads it.
        outputs = {name: f'model("{name}", in_sample=True)' for name, _ in compiled.models}
        outputs |= {
            name: f'model("{name}")' for name, is_in_sample in compiled.models if not is_in_sample
        }
        self._outputs = outputs
        self._expressions = expressions

    def require_out_of_sample(self, symbol: str, close_time_ns: int) -> None:
        """Raise `InSampleError` if a model has seen the label of the bar that closes then."""
        for name in self._guarded:
            model = self._models[name]
            if close_time_ns <= model.usable_after_ns:
                raise InSampleError(
                    f"The bar of {symbol} that closes at {_date(close_time_ns)} lies in the "
                    f"training of {name}, which ends at {_date(model.usable_after_ns)}.",
                    symbol=symbol,
                    model_id=name,
                    close_time_ns=str(close_time_ns),
                    train_end_time_ns=str(model.usable_after_ns),
                )

    def stream(self) -> "RuleStream":
        """Return an evaluation of one symbol that has seen no bar."""
        return RuleStream(self._expressions, self._outputs, self._models)


class RuleStream:
    """A rule on one symbol, bar by bar."""

    def __init__(
        self,
        expressions: list[tuple[str, str]],
        outputs: Mapping[str, str],
        models: Mapping[str, Model],
    ) -> None:
        self._names = list(outputs)
        asked = [(f"output of {name}", text) for name, text in outputs.items()]
        self._stream = FeatureSet([*expressions, *asked], models=dict(models)).stream()

    def warm_up(self, bar_fields: Mapping[str, Any]) -> None:
        """Take a bar that is not decided on: no model is asked about it."""
        self._stream.push(**bar_fields, ask_models=False)

    def push(self, bar_fields: Mapping[str, Any]) -> Signal:
        """Take the next bar and return what the expressions say of it."""
        entry, exit_, *outputs = self._stream.push(**bar_fields).tolist()
        said = zip(self._names, outputs, strict=True)
        return Signal(
            entry=entry == 1.0,
            exit=exit_ == 1.0,
            model_outputs={name: output for name, output in said if not np.isnan(output)},
        )


def _require_supported(spec: StrategySpec) -> None:
    if spec.entry is None:
        raise InvalidArgumentError("entry is missing.", field="entry")
    plain = StrategySpec(spec.symbols, spec.entry, spec.exit, size=spec.size)
    if spec != plain or not isinstance(spec.size, Percent | Equal):
        raise StrategyUnsupportedError("The spec says more than an entry, an exit and a share.")


def _of_field(error: ExpressionError) -> ExpressionError:
    metadata = {name: value for name, value in error.metadata.items() if name != "feature"}
    return ExpressionError(error.message, **metadata, field=error.metadata["feature"])


def _date(time_ns: int) -> str:
    return f"{np.datetime64(time_ns, 'ns').astype('datetime64[s]')}Z"
