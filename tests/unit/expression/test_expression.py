"""Expressions through the Python face of the core."""

import pickle
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from algotrendy import Expression
from algotrendy.errors import (
    ColumnLengthError,
    DataValueError,
    ExpressionError,
    InvalidArgumentError,
)

CLOSE = np.array([4.0, 5.0, 6.0, 10.0])


def evaluate(text: str, **columns: NDArray[np.float64]) -> NDArray[np.float64]:
    return Expression(text).evaluate(columns)


def test_functions_nest_and_mix_with_arithmetic() -> None:
    values = evaluate("2 * ema(close, 2) - -(close + ret(close, 1)) / 1e0", close=CLOSE)
    ema = np.array([np.nan, 4.5, 5.5, 8.5])
    ret = np.array([np.nan, 0.25, 0.2, 4 / 6])
    np.testing.assert_allclose(values, 2 * ema + CLOSE + ret, rtol=1e-15)


def test_an_expression_knows_its_text_its_warm_up_and_its_fields() -> None:
    expression = Expression("std(ret(close, 1), 20) * volume")
    assert expression.text == "std(ret(close, 1), 20) * volume"
    assert expression.warm_up == 20
    assert expression.fields == ["close", "volume"]


def test_warm_up_is_where_the_first_value_stands() -> None:
    close = np.linspace(1.0, 2.0, 40)
    for text in ("close", "ret(close, 3)", "ema(std(ret(close, 2), 5), 4)", "1 - ema(close, 7)"):
        values = evaluate(text, close=close)
        assert np.flatnonzero(~np.isnan(values))[0] == Expression(text).warm_up, text


def test_a_constant_takes_the_length_of_the_columns() -> None:
    assert evaluate("2 * 3", close=CLOSE).tolist() == [6.0] * 4
    assert evaluate("2 * 3").tolist() == []


def test_columns_that_are_no_fields_are_ignored() -> None:
    values = evaluate("close", close=CLOSE, vwap=np.ones(2))
    assert values.tolist() == CLOSE.tolist()


def test_strided_columns_are_read() -> None:
    assert evaluate("close", close=np.repeat(CLOSE, 2)[::2]).tolist() == CLOSE.tolist()


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("close +", 7),
        ("ema(close, 0)", 11),
        ("ret(close, -1)", 11),
        ("std(close, 1)", 11),
        ("ema(close, 100001)", 11),
        ("smaa(close, 3)", 0),
        ("1 + adj_close", 4),
        ("close²", 5),
        ("(" * 65 + "close" + ")" * 65, 64),
        ("__import__('os')", 0),
        ("close; open", 5),
        ("close = open", 6),
        ("lag(close, -1)", 11),
        ("macd(close)", 0),
        ("rsi(close, 14) and close", 0),
    ],
)
def test_a_wrong_text_is_refused_where_it_is_wrong(text: str, position: int) -> None:
    with pytest.raises(ExpressionError) as refusal:
        Expression(text)
    assert refusal.value.metadata["position"] == str(position)
    assert str(refusal.value).startswith(f"at character {position}: ")


def test_a_field_that_was_not_given_is_named() -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        evaluate("open - close", close=CLOSE)
    assert refusal.value.metadata == {"field": "open"}
    with pytest.raises(InvalidArgumentError):
        Expression("open").stream().push(close=1.0)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ColumnLengthError) as refusal:
        evaluate("open - close", open=CLOSE[:3], close=CLOSE)
    assert refusal.value.metadata == {"column": "close", "length": "4", "expected": "3"}


@pytest.mark.parametrize(
    "close", [[1.0, 2.0], np.array([1, 2]), np.ones(2, dtype=np.float32), [Decimal(1), Decimal(2)]]
)
def test_numbers_of_any_type_are_read(close: Any) -> None:
    assert evaluate("close * 0 + 1", close=close).tolist() == [1, 1]


@pytest.mark.parametrize("close", [np.ones((2, 2)), ["a", "b"]])
def test_a_column_that_is_none_is_refused_by_name(close: Any) -> None:
    with pytest.raises(DataValueError) as refusal:
        evaluate("close", close=close)
    assert refusal.value.metadata["column"] == "close"


def test_streams_of_one_expression_are_independent() -> None:
    expression = Expression("ret(close, 1)")
    first, second = expression.stream(), expression.stream()
    first.push(close=1.0)
    assert np.isnan(second.push(close=4.0))
    assert first.push(close=2.0) == 1.0


def test_expressions_that_compute_the_same_are_equal() -> None:
    assert Expression("ema(close, 2 * 5)") == Expression("ema( close,n = 10 )")
    assert hash(Expression("close+1")) == hash(Expression("close + 1"))
    assert Expression("close") != Expression("open")
    assert Expression("ema( close,n = 10 )").canonical == "ema(close, n=10)"


def test_an_expression_survives_pickling() -> None:
    expression = Expression("ema(close, 10)")
    assert pickle.loads(pickle.dumps(expression)) == expression  # noqa: S301
