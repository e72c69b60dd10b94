"""Strategy classes: what they declare, and what they refuse."""

from decimal import Decimal
from typing import ClassVar, Literal

import numpy as np
import pytest

import algotrendy as at
from algotrendy.domain.strategy_class import overridden_callbacks
from algotrendy.errors import InvalidArgumentError


class Cross(at.Strategy):
    """Declares a parameter of every kind."""

    fast: int = 10
    share: float = 1
    is_short: bool = False
    unit: str = "bar"
    step: Decimal = Decimal("0.5")
    stop: float | None = None
    side: Literal["long", "short"] = "long"
    shared: ClassVar[list[int]] = []
    _count: int = 0
    features = {"fast": "sma(close, fast)"}
    warm_up_bars = 3


class Needy(Cross):
    """Needs what its base does not, and has another default."""

    slow: int
    fast: int = 20


def test_parameters_have_their_defaults_in_their_types() -> None:
    strategy = Cross()
    assert strategy.parameters == {
        "fast": 10,
        "share": 1.0,
        "is_short": False,
        "unit": "bar",
        "step": Decimal("0.5"),
        "stop": None,
        "side": "long",
    }
    assert isinstance(strategy.share, float)


def test_parameters_are_given_by_name() -> None:
    strategy = Cross(fast=5, stop=2, side="short", step=1)
    assert (strategy.fast, strategy.stop, strategy.side, strategy.step) == (5, 2.0, "short", 1)
    assert Cross().fast == 10


def test_numpy_numbers_are_numbers() -> None:
    strategy = Cross(fast=np.int64(7), share=np.float64(0.25))
    assert type(strategy.fast) is int
    assert type(strategy.share) is float


def test_a_subclass_adds_parameters_and_changes_defaults() -> None:
    assert list(Needy(slow=40).parameters)[-1] == "slow"
    assert Needy(slow=40).fast == 20


def test_what_is_shown_can_be_given_again() -> None:
    class Small(at.Strategy):
        fast: int = 1

    assert repr(Small(fast=2)) == "Small(fast=2)"


def test_an_unknown_parameter_is_named_with_the_nearest_one() -> None:
    with pytest.raises(InvalidArgumentError, match=r"no parameter fsat; did you mean fast\?"):
        Cross(fsat=5)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(InvalidArgumentError, match=r"Needy needs slow \(int\)"):
        Needy()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("fast", 2.0, "int"),
        ("fast", True, "int"),
        ("fast", "2", "int"),
        ("fast", None, "int"),
        ("share", "1", "float"),
        ("share", False, "float"),
        ("is_short", 1, "bool"),
        ("unit", 1, "str"),
        ("step", 0.5, "Decimal"),
        ("step", Decimal("NaN"), "Decimal"),
        ("stop", "near", "float | None"),
        ("side", "flat", "Literal"),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: object, expected: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"{name} is .*expected") as refusal:
        Cross(**{name: value})
    assert refusal.value.metadata["field"] == name
    assert expected in refusal.value.metadata["expected"]


def test_a_default_of_another_type_is_refused() -> None:
    class Wrong(at.Strategy):
        fast: int = "ten"  # What is tested.

    with pytest.raises(InvalidArgumentError, match="fast is 'ten'; expected int"):
        Wrong()


def test_a_type_that_no_parameter_has_is_refused() -> None:
    class Wrong(at.Strategy):
        days: list[int] = [1]  # What is tested.

    with pytest.raises(InvalidArgumentError, match=r"Wrong.days is declared as list\[int\]"):
        Wrong()


def test_a_parameter_cannot_take_a_name_that_strategies_have() -> None:
    class Wrong(at.Strategy):
        on_bar: int = 1  # What is tested.

    with pytest.raises(InvalidArgumentError, match="declares on_bar"):
        Wrong()


def test_an_annotation_that_cannot_be_read_is_refused() -> None:
    class Wrong(at.Strategy):
        fast: "Unknown" = 1  # noqa: F821  # What is tested.

    with pytest.raises(InvalidArgumentError, match="annotations of Wrong cannot be read"):
        Wrong()


def test_a_fresh_copy_leaves_the_original_as_it_is() -> None:
    strategy = Cross(fast=5)
    copied = strategy.fresh()
    copied.fast = 6
    assert strategy.fast == 5


def test_only_what_is_overridden_is_called() -> None:
    class OnlyBars(at.Strategy):
        def on_bar(self, context: object, bar: object) -> None:
            """Override one."""

    class Inherited(OnlyBars):
        """Overrides nothing itself."""

    assert overridden_callbacks(OnlyBars) == {"on_bar"}
    assert overridden_callbacks(Inherited) == {"on_bar"}
    assert overridden_callbacks(Cross) == frozenset()
