from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.domain.money import currency_scale, from_units, round_half_even, to_units
from algotrendy.errors import InvalidArgumentError


@given(units=st.integers(min_value=-(2**127), max_value=2**127), scale=st.integers(0, 18))
def test_units_and_decimals_are_the_same_number(units: int, scale: int) -> None:
    assert to_units(from_units(units, scale), scale, field="price") == units


def test_a_number_finer_than_the_scale_is_refused_and_named() -> None:
    with pytest.raises(InvalidArgumentError, match=r"price is 1\.005") as refusal:
        to_units(Decimal("1.005"), 2, field="price")
    assert refusal.value.metadata == {"field": "price", "value": "1.005", "scale": "2"}


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(InvalidArgumentError, match="expected a finite number"):
        to_units(Decimal(value), 2, field="quantity")


@pytest.mark.parametrize(
    ("value", "rounded"), [("0.125", "0.12"), ("0.135", "0.14"), ("-0.125", "-0.12"), ("2", "2.00")]
)
def test_rounding_goes_to_the_even_neighbour_at_a_tie(value: str, rounded: str) -> None:
    assert str(round_half_even(Decimal(value), 2)) == rounded


@pytest.mark.parametrize(("currency", "scale"), [("USD", 2), ("JPY", 0), ("BTC", 8)])
def test_a_currency_knows_its_minor_unit(currency: str, scale: int) -> None:
    assert currency_scale(currency) == scale
