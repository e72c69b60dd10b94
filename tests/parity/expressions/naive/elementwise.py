"""Arithmetic, comparisons and logic, row by row."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.parity.expressions.naive.model import NULL, Column, each, is_null

ARITHMETIC: dict[str, Callable[[float, float], Any]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mult": lambda a, b: a * b,
    "Div": lambda a, b: a / b,
    "Mod": lambda a, b: a % b,
    "Pow": lambda a, b: a**b,
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "Lt": lambda a, b: a < b,
    "LtE": lambda a, b: a <= b,
    "Gt": lambda a, b: a > b,
    "GtE": lambda a, b: a >= b,
    "Eq": lambda a, b: a == b,
    "NotEq": lambda a, b: a != b,
}


def sign(value: float) -> float:
    return float(value > 0) - float(value < 0)


def signed_power(x: Column, p: Column) -> Column:
    return each(lambda value, power: sign(value) * abs(value) ** power, x, p)


def clip(x: Column, low: Column, high: Column) -> Column:
    return each(lambda value, least, most: min(max(value, least), most), x, low, high)


def where(c: Column, a: Column, b: Column) -> Column:
    """Null where the condition is, or where the branch it takes is."""
    rows = zip(c, a, b, strict=True)
    return np.array([NULL if is_null(test) else (yes if test else no) for test, yes, no in rows])


def fill_null(x: Column, value: Column) -> Column:
    return np.array([other if is_null(one) else one for one, other in zip(x, value, strict=True)])


def both(a: Column, b: Column) -> Column:
    """Kleene's `and`: false if one is false, else null if one is null."""
    return np.array([_both(*row) for row in zip(a, b, strict=True)], dtype=np.float64)


def either(a: Column, b: Column) -> Column:
    return negation(both(negation(a), negation(b)))


def negation(a: Column) -> Column:
    return each(lambda value: not value, a)


def _both(a: float, b: float) -> float:
    if 0.0 in (a, b):
        return 0.0
    return NULL if is_null(a) or is_null(b) else 1.0


FUNCTIONS: dict[str, Callable[..., Column]] = {
    "abs": lambda x: each(abs, x),
    "sign": lambda x: each(sign, x),
    "sqrt": lambda x: each(math.sqrt, x),
    "exp": lambda x: each(math.exp, x),
    "log": lambda x: each(math.log, x),
    "floor": lambda x: each(math.floor, x),
    "ceil": lambda x: each(math.ceil, x),
    # Python rounds halves to even.
    "round": lambda x: each(round, x),
    "minimum": lambda a, b: each(min, a, b),
    "maximum": lambda a, b: each(max, a, b),
    "clip": clip,
    "where": where,
    "is_null": lambda x: np.array([float(is_null(value)) for value in x]),
    "fill_null": fill_null,
    "signed_power": signed_power,
}
