"""Every function against its naive version: random bars, windows and nulls."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.expressions import naive, ours
from tests.parity.expressions.catalogue import CATALOGUE, PRICE, SQUARE, Function
from tests.parity.expressions.naive.model import Column
from tests.parity.expressions.strategies import Bars, bars, texts
from tests.soak import examples

RELATIVE = 1e-9
# Absolute, in units of the function: of inputs for prices, of their squares for squares.
ABSOLUTE = {PRICE: 1e-13, SQUARE: 1e-15, "ratio": 1e-9, "hundreds": 1e-7, "whole": 0.0}
# How many windows back a value of windows of windows looks.
DEPTH = 4


@pytest.mark.parametrize("name", CATALOGUE)
@settings(max_examples=examples(30), deadline=None)
@given(data=st.data(), rows=bars)
def test_a_function_equals_its_naive_version(name: str, data: Any, rows: Bars) -> None:
    function = CATALOGUE[name]
    text = data.draw(texts(function))
    assert_close(ours.evaluate(text, rows), naive.evaluate(text, rows), function, rows)


def assert_close(found: Column, wanted: Column, function: Function, rows: Bars) -> None:
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted), "nulls")
    scale = largest(rows, None if function.remembers else 25 * DEPTH)
    units = {PRICE: scale, SQUARE: scale**2}.get(function.unit, 1.0)
    allowed = RELATIVE * np.abs(wanted) + ABSOLUTE[function.unit] * units
    wrong = np.flatnonzero(np.abs(found - wanted) > allowed)
    assert len(wrong) == 0, [(row, found[row], wanted[row]) for row in wrong[:5]]


def largest(rows: Bars, span: int | None) -> Column:
    """The largest input that a value may have seen, of the last `span` rows or of all."""
    sizes = np.nanmax(
        [np.zeros(len(rows["close"])), *(np.abs(rows[one]) for one in NUMBERS)], axis=0
    )
    reach = len(sizes) if span is None else span
    return np.array([sizes[max(0, end - reach) : end].max() for end in range(1, len(sizes) + 1)])


NUMBERS = ("open", "high", "low", "close", "volume", "notional")
MOMENTS = (
    *("sum", "mean", "std", "var", "skew", "kurt", "zscore", "slope", "r2", "mean_dev"),
    *("decay_linear", "corr", "cov", "beta"),
)


def moment(name: str, n: int) -> str:
    of_two = name in {"corr", "cov", "beta"}
    return f"{name}(close, open, {n})" if of_two else f"{name}(close, {n})"


@pytest.mark.parametrize(("n", "count"), [(5, 400), (30, 200), (250, 20)])
@pytest.mark.parametrize("name", MOMENTS)
def test_moments_stay_exact_over_a_million_bars_far_from_zero(
    name: str, n: int, count: int
) -> None:
    rows = far_from_zero()
    found = ours.evaluate(moment(name, n), rows)[-count:]
    last = {field: values[-count - n + 1 :] for field, values in rows.items()}
    wanted = naive.evaluate(moment(name, n), last)[-count:]
    # What is a difference or a ratio near 0 is as exact as one that is not; an excess is what is
    # left of two larger terms.
    scale = 3 * (n - 1) ** 2 / ((n - 2) * (n - 3)) if name == "kurt" else 1.0
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9 * scale)


@cache
def far_from_zero() -> dict[str, Column]:
    random = np.random.default_rng(5)
    close = 1e6 + random.normal(0.0, 1.0, 1_000_000)
    return {"close": close, "open": close + random.normal(0.0, 1.0, len(close))}


@pytest.mark.parametrize("name", MOMENTS)
def test_moments_forget_a_jump_as_soon_as_it_has_left_the_window(name: str) -> None:
    random = np.random.default_rng(6)
    close = 100.0 + random.normal(0.0, 1.0, 300)
    rows = {"close": close, "open": close + random.normal(0.0, 1.0, 300)}
    calm = {name: values.copy() for name, values in rows.items()}
    rows["close"][100], rows["open"][103] = 1e15, -1e15
    text = moment(name, 20)
    found, wanted = ours.evaluate(text, rows), naive.evaluate(text, calm)
    np.testing.assert_allclose(found[123:], wanted[123:], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("text", ["std(close, 30)", "var(close, 7)", "mean_dev(close, 5)"])
def test_equal_values_do_not_deviate(text: str) -> None:
    found = ours.evaluate(text, {"close": np.full(2_000, 0.1)})
    assert set(found[30:]) == {0.0}


@pytest.mark.parametrize(
    "text", ["skew(close, 30)", "kurt(close, 30)", "zscore(close, 30)", "r2(close, 30)"]
)
def test_equal_values_have_no_shape(text: str) -> None:
    found = ours.evaluate(text, {"close": np.full(2_000, 0.1)})
    assert np.isnan(found).all()
