"""What a strategy can reach beside a run: what is found, and what is left in peace."""

import functools
import io
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from algotrendy.backtest.reach import outside_of, problem_of, with_other_future
from algotrendy.domain.strategy_class import Strategy

PRICES = np.arange(100.0)
close = np.arange(100.0)
SECTORS = {f"S{n}": "energy" for n in range(500)}
WEIGHTS = [0.5, 0.25]
helpers = ModuleType("helpers")
helpers.__file__ = "/home/somebody/helpers.py"
helpers.TABLE = list(range(50))  # type: ignore[attr-defined]  # A module of the user's.


class Model:
    def predict(self, rows: Any) -> Any:
        return rows


MODEL = Model()


class Honest(Strategy):
    fast: int = 10
    share: Decimal = Decimal(1)
    features = {"fast": "sma(close, fast)"}

    def on_bar(self, context: Any, bar: Any) -> None:
        if context.feature("fast") > WEIGHTS[0] and SECTORS["S1"]:
            context.close()
        elif context.history(100).mean() > np.float64(3):
            context.target_weight(self.share)


class ByGlobal(Strategy):
    def on_bar(self, context: Any, bar: Any) -> None:
        context.buy(PRICES[0])


class ByHelper(Strategy):
    def on_bar(self, context: Any, bar: Any) -> None:
        self.decide()

    def decide(self) -> float:
        return sum(at_once() for _ in [1])


def at_once() -> float:
    return PRICES[-1]


class ByModule(Strategy):
    def on_bar(self, context: Any, bar: Any) -> None:
        context.buy(helpers.TABLE[0])


class ByClass(Strategy):
    table: ClassVar[Any] = PRICES


class ByDefault(Strategy):
    def on_bar(self, context: Any, bar: Any, table: Any = PRICES) -> None: ...


class ByModel(Strategy):
    def on_bar(self, context: Any, bar: Any) -> None:
        context.buy(MODEL.predict(bar))


class Inherited(ByGlobal): ...


def around() -> type[Strategy]:
    table = np.arange(100)

    class Around(Strategy):
        def on_bar(self, context: Any, bar: Any) -> None:
            context.buy(table[0])

    return Around


def held() -> Strategy:
    strategy = Honest()
    strategy.table = pd.DataFrame({"x": np.arange(100)})
    return strategy


def build(_tables: Any) -> Strategy:
    return Honest(fast=int(PRICES[3]))


def test_a_strategy_of_settings_and_its_past_has_nothing_outside() -> None:
    assert outside_of(Honest()) == []
    assert outside_of(Honest) == []


@pytest.mark.parametrize(
    ("strategy", "name"),
    [
        (ByGlobal(), "the global PRICES of test_reach.py"),
        (Inherited, "the global PRICES of test_reach.py"),
        (ByHelper(), "the global PRICES of test_reach.py"),
        (ByModule(), "the global TABLE of helpers"),
        (ByClass(), "the attribute table of ByClass"),
        (ByDefault(), "a default of ByDefault.on_bar"),
        (ByModel(), "the global MODEL of test_reach.py"),
        (around(), "table around around.<locals>.Around.on_bar"),
        (held(), "the attribute table of Honest"),
        (build, "the global PRICES of test_reach.py"),
        (functools.partial(build, PRICES), "argument 1 of build"),
    ],
)
def test_what_may_know_the_future_is_found_and_named(strategy: object, name: str) -> None:
    assert name in [found.name for found in outside_of(strategy)]


def test_what_is_found_can_be_replaced() -> None:
    (found,) = outside_of(ByGlobal())
    try:
        found.replace(PRICES[::-1])
        assert PRICES[0] == 99
    finally:
        found.replace(found.value)
    assert PRICES[0] == 0


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (list(range(100)), "100 numbers (list)"),
        (dict.fromkeys(range(100), 1.5), "100 numbers (dict)"),
        ([[1, 2, 3]] * 10, "30 numbers (list)"),
        (np.zeros((3, 10)), "30 numbers (numpy.ndarray)"),
        (pd.Series(range(30)), "30 numbers (pandas.Series)"),
        (pa.table({"x": range(30)}), "30 numbers (pyarrow.Table)"),
        (Model(), "a model (test_reach.Model)"),
        (io.StringIO(), "a source (_io.StringIO)"),
    ],
)
def test_data_models_and_sources_are_problems(value: object, problem: str) -> None:
    assert problem.split(" (", maxsplit=1)[0] in (problem_of(value) or "")


@pytest.mark.parametrize(
    "value",
    [3, "x" * 1000, None, Decimal(1), list(range(20)), ["SPY"] * 1000, SECTORS, {1, 2}, b"0" * 99],
)
def test_settings_are_none(value: object) -> None:
    assert problem_of(value) is None


@pytest.mark.parametrize(
    "make", [np.array, list, tuple, pd.Series, lambda values: pd.DataFrame({"x": values})]
)
def test_the_future_of_a_value_is_turned_around(make: Callable[[Any], Any]) -> None:
    other = with_other_future(make([1, 2, 3, 4, 5]), 2, 5)
    assert np.array(other).ravel().tolist() == [1, 2, 5, 4, 3]
    value = make([1, 2, 3])
    assert with_other_future(value, 2, 5) is value
