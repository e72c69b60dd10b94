"""Strategies in any form, as they are run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from algotrendy.backtest.manifest import strategy_record
from algotrendy.bar.options import refuse
from algotrendy.domain.strategy import StrategySpec
from algotrendy.domain.strategy_class import Strategy
from algotrendy.domain.strategy_document import (
    spec_from_document,
    spec_from_json,
    spec_to_document,
)
from algotrendy.domain.strategy_file import StrategyFile, load_strategy
from algotrendy.errors import AlgoTrendyError

_EXPECTED: Final = (
    "a Strategy such as Cross(fast=5), a spec as a mapping or StrategySpec, or the path of one"
)


@dataclass(frozen=True)
class Prepared:
    """A strategy as it is run: a copy of an object, or a spec; and the terms its file tells."""

    strategy: Strategy | StrategySpec
    terms: Mapping[str, Any]
    file: StrategyFile | None = None

    @property
    def spec(self) -> StrategySpec | None:
        """The spec, if it is one."""
        return self.strategy if isinstance(self.strategy, StrategySpec) else None

    @contextmanager
    def located_errors(self) -> Iterator[None]:
        """Give errors about a field of a spec's file the line where it stands."""
        try:
            yield
        except AlgoTrendyError as error:
            located = error if self.file is None else self.file.located(error)
            # What has no line there is of an argument.
            if "line" not in located.metadata or "file" in error.metadata:
                raise
            raise located from error

    def record(self) -> dict[str, Any]:
        """Return how a manifest names it."""
        if isinstance(self.strategy, StrategySpec):
            return strategy_record(spec_to_document(self.strategy))
        return strategy_record(self.strategy)


def prepared(strategy: object) -> Prepared:
    """Return a strategy in any form as it is run.

    Raises
    ------
    InvalidArgumentError
        For what is none; names the field, and of a file the line.
    """
    is_text = isinstance(strategy, str) and strategy.lstrip().startswith("{")
    if isinstance(strategy, str | Path) and not is_text:
        return _from_file(strategy)
    return Prepared(_as_run(strategy), {})


def _as_run(strategy: object) -> Strategy | StrategySpec:  # noqa: RET503  # `refuse` raises.
    match strategy:
        case Strategy():
            return strategy.fresh()
        case StrategySpec():
            return strategy
        case str():
            return spec_from_json(strategy)
        case Mapping():
            return spec_from_document(dict(strategy))
        case type() if issubclass(strategy, Strategy):
            return strategy()
    refuse("strategy", strategy, _EXPECTED)


def _from_file(path: str | Path) -> Prepared:
    file = load_strategy(path)
    try:
        return Prepared(_as_run(file.strategy), file.terms, file)
    except AlgoTrendyError as error:
        raise file.located(error) from error


def checked_features(strategy: Strategy) -> list[tuple[str, str]]:
    """Return a class's features as pairs of name and expression."""
    features: Any = strategy.features
    if not isinstance(features, Mapping):
        refuse("features", features, "a mapping of names to expressions")
    for name, text in features.items():
        if not isinstance(name, str) or not isinstance(text, str):
            refuse(f"features[{name!r}]", text, "an expression by a name, both text")
    return list(features.items())


def expression_constants(strategy: Strategy) -> list[tuple[str, bool | float]]:
    """Return the parameters that expressions can read: numbers and truth values."""
    return [
        (name, float(value) if isinstance(value, Decimal) else value)
        for name, value in strategy.parameters.items()
        if isinstance(value, bool | int | float | Decimal)
    ]


def checked_warm_up(strategy: Strategy) -> int:
    """Return how many bars of each series come before a class's first callback."""
    count: Any = strategy.warm_up_bars
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        refuse("warm_up_bars", count, "a number of bars, 0 or more")
    return count
