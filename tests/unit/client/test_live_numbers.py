"""A strategy's numbers on a running platform are those of a backtest, to the last unit."""

from decimal import Decimal

import pytest

from algotrendy.client.live.numbers import (
    Number,
    order_price,
    order_quantity,
    target_quantity,
    weight_quantity,
)
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import InvalidArgumentError

SPY = Instrument("SPY")
COIN = Instrument("BTC", tick_size=Decimal("0.5"), lot_size=Decimal("0.001"))


@pytest.mark.parametrize(
    ("value", "instrument", "expected"),
    [
        (5, SPY, "5"),
        ("5", SPY, "5"),
        (Decimal("0.25"), COIN, "0.25"),
        (5.9, SPY, "5"),
        (0.0019, COIN, "0.001"),
        # The decimal that is written, not the binary number beside it.
        (0.003, COIN, "0.003"),
        (0.9, SPY, None),
        (0.0, SPY, None),
    ],
)
def test_a_quantity_is_exact_and_a_float_goes_down_to_the_lot(
    value: Number, instrument: Instrument, expected: str | None
) -> None:
    found = order_quantity(value, instrument)
    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize("value", [0, -1, -1.5, "-1"])
def test_a_quantity_that_is_not_positive_is_refused(value: Number) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        order_quantity(value, SPY)
    assert refusal.value.metadata["field"] == "quantity"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "ten", "NaN", True, None])
def test_what_is_no_finite_number_is_refused(value: Number) -> None:
    with pytest.raises(InvalidArgumentError):
        order_quantity(value, SPY)
    with pytest.raises(InvalidArgumentError):
        order_price("limit", [value], SPY, is_up=True)  # type: ignore[arg-type]  # A list is none.


@pytest.mark.parametrize(
    ("value", "is_up", "expected"),
    [
        (100.123, False, "100.12"),
        (100.123, True, "100.13"),
        (100.12, True, "100.12"),
        ("100.123", True, "100.123"),
        (100, False, "100"),
    ],
)
def test_a_float_goes_to_the_tick_on_the_side_that_is_told(
    value: Number,
    is_up: bool,  # noqa: FBT001  # A parameter of the test.
    expected: str,
) -> None:
    assert order_price("limit", value, SPY, is_up=is_up) == Decimal(expected)


def test_a_target_may_be_short_and_goes_towards_zero() -> None:
    assert target_quantity(-3.9, SPY) == -3
    assert target_quantity("-3", SPY) == -3


@pytest.mark.parametrize(
    ("weight", "expected"), [(0.5, 50), (-0.5, -50), (0.999, 99), (0.0, 0), (2.0, 200)]
)
def test_a_weight_is_of_the_equity_at_a_price_towards_zero(weight: float, expected: int) -> None:
    assert weight_quantity(weight, Decimal(10_000), Decimal(100), SPY) == expected


def test_a_weight_counts_the_multiplier_and_whole_lots() -> None:
    future = Instrument("ES", multiplier=50)
    assert weight_quantity(1.0, Decimal(10_000), Decimal(100), future) == 2
    lots = Instrument("LOTS", lot_size=Decimal(30))
    assert weight_quantity(1.0, Decimal(10_000), Decimal(100), lots) == 90


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_a_weight_that_is_no_finite_number_is_refused(weight: float) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        weight_quantity(weight, Decimal(1), Decimal(1), SPY)
    assert refusal.value.metadata["field"] == "weight"
