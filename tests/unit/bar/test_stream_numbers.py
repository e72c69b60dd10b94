"""A stream's numbers are of one kind, whichever came first."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from tests.unit.bar.builders import INT64_MAX, trades

import algotrendy
from algotrendy.errors import DataValueError, InvalidArgumentError, OverflowValueError

D = Decimal


def stream(**options: Any) -> algotrendy.BarStream:
    return algotrendy.BarStream("tick", size=100, price_scale=2, quantity_scale=8, **options)


def close_of(price: Any, **options: Any) -> Any:
    pushed = stream(**options)
    pushed.push(0, price, 1)
    assert pushed.pending is not None
    return pushed.pending.close


@pytest.mark.parametrize("price", [5, 5.25, D("5.25"), np.float64(5.25), np.int64(5), np.int32(5)])
def test_a_number_goes_out_as_it_came(price: Any) -> None:
    close = close_of(price)
    assert close == price
    expected = Decimal if isinstance(price, D) else float if isinstance(price, float) else int
    assert type(close) is expected


def test_a_numpy_float_of_32_bits_is_the_shortest_decimal_that_reads_as_it() -> None:
    pushed = stream()
    pushed.push(0, np.float32(1.1), 1)
    assert pushed.pending is not None
    assert (pushed.pending.close, pushed.report["rounded"]) == (1.1, 0)


@pytest.mark.parametrize("text", ["1E+2", "1E+1", "0.5E1", "100", "5.00"])
def test_a_decimal_is_read_however_it_is_written(text: str) -> None:
    assert close_of(D(text)) == D(text)


def test_a_small_decimal_quantity_is_read_although_it_prints_an_exponent() -> None:
    pushed = stream()
    assert str(D("0.00000001")) == "1E-8"
    pushed.push(0, D(5), D("0.00000001"))
    pushed.push(1, D(5), D("0.00000000"))
    assert pushed.pending is not None
    assert pushed.pending.volume == D("0.00000001")


@pytest.mark.parametrize("price", [None, float("nan"), D("NaN"), np.float32("nan")])
def test_what_is_no_number_is_invalid(price: Any) -> None:
    pushed = stream()
    assert pushed.push(0, price, 1) == ()
    assert pushed.report["rejected"]["invalid"]["count"] == 1
    assert pushed.pending is None


@pytest.mark.parametrize("price", [float("inf"), D("-Infinity"), np.float32("-inf")])
def test_what_is_infinite_is_refused_and_changes_nothing(price: Any) -> None:
    pushed = stream()
    for numbers, column in (((price, 1), "price"), ((type(price)(1), price), "quantity")):
        with pytest.raises(DataValueError) as refusal:
            pushed.push(0, *numbers)
        assert refusal.value.metadata["column"] == column
        assert "nf" in refusal.value.metadata["value"]
    assert pushed.report["accepted"]["count"] == 0
    assert not pushed.report["rejected"]


@pytest.mark.parametrize("price", ["5", b"5", [5], 5j, object()])
def test_what_is_no_kind_of_number_is_refused(price: Any) -> None:
    pushed = stream()
    for numbers, field in (((price, 1), "price"), ((1, price), "quantity")):
        with pytest.raises(InvalidArgumentError) as refusal:
            pushed.push(0, *numbers)
        assert refusal.value.metadata["field"] == field
    assert pushed.report["accepted"]["count"] == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [(5, 5.0), (5, D(5)), (5.0, D(5)), (D(5), 5.0), (D(5), 5), (5, np.float64(5))],
)
@pytest.mark.parametrize("role", ["price", "quantity"])
def test_kinds_of_number_do_not_mix(first: Any, second: Any, role: str) -> None:
    pushed = stream()
    numbers = {"price": 1, "quantity": 1}
    pushed.push(0, **numbers | {role: first})
    with pytest.raises(InvalidArgumentError) as refusal:
        pushed.push(1, **numbers | {role: second})
    assert refusal.value.metadata["field"] == role
    assert refusal.value.metadata["expected"].endswith("as before")


@pytest.mark.parametrize("price", [6, np.int64(6)])
def test_among_floats_an_integer_is_a_price_too(price: Any) -> None:
    pushed = stream()
    pushed.push(0, 5.5, 1)
    pushed.push(1, price, 1)
    assert pushed.pending is not None
    assert pushed.pending.close == 6.0


def test_a_table_of_another_kind_is_refused() -> None:
    pushed = stream()
    pushed.push_many(trades(1.0, 2.0))
    for table in (trades(1, 2), trades(1, price=np.array([D(1)], dtype=object))):
        with pytest.raises(InvalidArgumentError) as refusal:
            pushed.push_many(table)
        assert refusal.value.metadata["field"] == "price"


@pytest.mark.parametrize("price", [5.25, D("5.25")])
def test_a_price_needs_a_named_scale(price: Any) -> None:
    unnamed = algotrendy.BarStream("tick", size=100)
    with pytest.raises(InvalidArgumentError) as refusal:
        unnamed.push(0, price, 1)
    assert refusal.value.metadata["field"] == "price"
    assert "price_scale" in refusal.value.metadata["expected"]
    unnamed.push(0, 525, 1)
    assert unnamed.pending is not None
    assert unnamed.pending.close == 525


def test_a_table_of_prices_needs_a_named_scale() -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.BarStream("tick", size=100).push_many(trades(5.25))
    assert refusal.value.metadata["field"] == "price"


def test_rounding_is_counted_one_by_one_and_in_tables() -> None:
    pushed = stream()
    pushed.push(0, 1.005, 1)
    pushed.push_many(trades(1.015, 1.02))
    assert pushed.report["rounded"] == 2


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
@pytest.mark.parametrize("role", ["price", "quantity"])
def test_an_integer_beyond_64_bits_is_refused(number: int, role: str) -> None:
    pushed = stream()
    with pytest.raises(OverflowValueError) as refusal:
        pushed.push(0, **{"price": 1, "quantity": 1} | {role: number})
    assert refusal.value.metadata["field"] == role
    assert pushed.report["accepted"]["count"] == 0


@pytest.mark.parametrize("price", [1e17, -1e300, D(10) ** 17, D("92233720368547758.08")])
def test_a_price_beyond_64_bits_of_units_is_refused(price: Any) -> None:
    with pytest.raises(OverflowValueError) as refusal:
        stream().push(0, price, 1)
    assert refusal.value.metadata["field"] == "price"


def test_a_sum_beyond_64_bits_is_refused() -> None:
    pushed = stream()
    pushed.push(0, 1, INT64_MAX)
    with pytest.raises(OverflowValueError) as refusal:
        pushed.push(1, 1, 1)
    assert refusal.value.metadata["field"] == "volume"
    assert pushed.push(2, 1, 0) == ()
