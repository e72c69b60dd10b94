"""Expressions over stored bars of one symbol: what models learn from and strategies decide by."""

from collections.abc import Mapping, Sequence
from typing import Final

from algotrendy._core import Expression, FeatureSet
from algotrendy.errors import ExpressionError, InvalidArgumentError
from algotrendy.expression.features import Model

STORED_FIELDS: Final = ("open", "high", "low", "close", "volume")


def compile_over_bars(
    expressions: Sequence[tuple[str, str]], models: Mapping[str, Model] | None = None
) -> FeatureSet:
    """Compile named expressions that read nothing but the stored bars of one symbol.

    Raises
    ------
    ExpressionError
        If a text is no expression, compares the members of a universe, or reads what stored bars
        do not have; names the `feature` and the character's `position`.
    InvalidArgumentError
        If there is no expression, or a name is repeated.
    """
    feature_set = FeatureSet(expressions, models=_given(models))
    for name, text in feature_set.expressions:
        problem = _problem(Expression(text, models=_given(models)))
        if problem:
            raise ExpressionError(
                f"{name}: {problem}",
                feature=name,
                position="0",
                end=str(len(text)),
                problem=problem,
            )
    return feature_set


def _problem(expression: Expression) -> str:
    """Return what an expression needs beyond the stored bars of one symbol, in words."""
    if expression.needs_universe:
        return "cs_... compares the members of a universe, and here is one symbol"
    for field in expression.fields:
        if field not in STORED_FIELDS:
            return f"it reads {field}, which stored bars do not have"
    try:
        expression.stream()
    except InvalidArgumentError as error:
        return error.message
    return ""


def _given(models: Mapping[str, Model] | None) -> dict[str, Model] | None:
    return None if models is None else dict(models)
