"""A strategy's spec, compiled by the core with the models it asks."""

from collections.abc import Mapping, Sequence

import numpy as np

from algotrendy import _core
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.strategy import StrategySpec
from algotrendy.domain.strategy_document import spec_to_json
from algotrendy.errors import ExpressionError, InSampleError
from algotrendy.expression.features import Model
from algotrendy.expression.over_bars import STORED_FIELDS
from algotrendy.strategy.ports import Models


async def load_rule(spec: StrategySpec, models: Models) -> "Rule":
    """Load the models that a spec names, and compile it.

    Raises
    ------
    ModelNotFoundError
        If there is no such model.
    InvalidArgumentError
        If a term is out of range, or does not go with another; names the `field`.
    ExpressionError
        If an expression is none over stored bars; names the `field` and the character's
        `position`.
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
    """When to trade, and how much, as a spec says it.

    Parameters
    ----------
    models : mapping of str to Model
        Those that the spec names, by the names it uses.

    Raises
    ------
    InvalidArgumentError, ExpressionError
        As `load_rule` says.
    """

    def __init__(self, spec: StrategySpec, models: Mapping[str, Model]) -> None:
        self.spec = spec
        self._core = _core.StrategyRule(spec_to_json(spec), models=dict(models))
        _require_stored_fields(self._core)
        self.warm_up = self._core.warm_up
        asked = self._core.models
        # Those that are asked with `in_sample=True`; one may be asked both ways.
        self.in_sample_models: tuple[str, ...] = tuple(
            sorted({name for name, is_in_sample in asked if is_in_sample})
        )
        self._guarded = sorted({name for name, is_in_sample in asked if not is_in_sample})
        self.models = {name: models[name] for name, _ in asked}
        self._texts = {field: text for field, text, _ in self._core.expressions}

    @property
    def is_ranking(self) -> bool:
        """Whether all symbols are decided on together."""
        return self._core.is_ranking

    @property
    def needs_universe(self) -> bool:
        """Whether symbols are looked at together: compared (`cs_…`), or ranked."""
        return self._core.needs_universe

    def text_of(self, cause: str) -> str:
        """Return the expression of a field; the field where it has none."""
        return self._texts.get(cause, cause)

    def require_out_of_sample(self, symbol: str, close_time_ns: int) -> None:
        """Raise `InSampleError` if a model has seen the label of the bar that closes then."""
        for name in self._guarded:
            model = self.models[name]
            if close_time_ns <= model.usable_after_ns:
                raise InSampleError(
                    f"The bar of {symbol} that closes at {_date(close_time_ns)} lies in the "
                    f"training of {name}, which ends at {_date(model.usable_after_ns)}.",
                    symbol=symbol,
                    model_id=name,
                    close_time_ns=str(close_time_ns),
                    train_end_time_ns=str(model.usable_after_ns),
                )

    def stream(self, instrument: Instrument, start_time_ns: int) -> "_core.RuleStream":
        """Return an evaluation of one symbol that has seen no bar.

        Models are asked about the bars that close after `start_time_ns`: also in a warm-up, so that
        after a restart what an expression remembers of a model is what it was.

        Raises
        ------
        InvalidArgumentError
            If its expressions read other symbols, or compare them.
        """
        return self._core.stream(instrument.core, models_from_ns=start_time_ns + 1)

    def universe(
        self, instruments: Sequence[Instrument], start_time_ns: int
    ) -> "_core.RuleUniverse":
        """Return an evaluation of several symbols together that has seen no bar, as `stream`."""
        cores = [instrument.core for instrument in instruments]
        return self._core.universe(cores, models_from_ns=start_time_ns + 1)


def _require_stored_fields(rule: "_core.StrategyRule") -> None:
    for field, text, read in rule.expressions:
        for name in read:
            if name not in STORED_FIELDS:
                problem = f"it reads {name}, which stored bars do not have"
                raise ExpressionError(
                    f"{field}: {problem}.",
                    field=field,
                    position="0",
                    end=str(len(text)),
                    problem=problem,
                )


def _date(time_ns: int) -> str:
    return f"{np.datetime64(time_ns, 'ns').astype('datetime64[s]')}Z"
