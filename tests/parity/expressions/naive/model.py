"""Columns with nulls, and the three ways in which a function goes through them.

A value is a finite number or null, which is NaN. What would be infinite or undefined is null.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

NULL = math.nan

Column = NDArray[np.float64]
Bars = Mapping[str, NDArray[Any]]


def is_null(value: float) -> bool:
    return value != value  # noqa: PLR0124  What NaN is defined by.


def value_or_null(compute: Callable[[], Any]) -> float:
    """What `compute` returns; null where it is infinite, complex or undefined."""
    try:
        value = compute()
    except (ZeroDivisionError, OverflowError, ValueError):
        return NULL
    if value is None or isinstance(value, complex):
        return NULL
    try:
        number = float(value)
    except OverflowError:
        return NULL
    return number if math.isfinite(number) else NULL


def each(function: Callable[..., Any], *operands: Column) -> Column:
    """Row by row; null where an operand is."""
    found = []
    for row in zip(*operands, strict=True):
        values = [float(value) for value in row]
        if any(map(is_null, values)):
            found.append(NULL)
        else:
            found.append(value_or_null(lambda values=values: function(*values)))
    return np.array(found, dtype=np.float64)


def rolling(function: Callable[..., Any], n: int, *operands: Column) -> Column:
    """Over the last `n` rows, oldest first; null where there are fewer or one of them is null."""
    found = []
    for end in range(1, len(operands[0]) + 1):
        windows = [
            [float(value) for value in operand[max(0, end - n) : end]] for operand in operands
        ]
        if end < n or any(is_null(value) for window in windows for value in window):
            found.append(NULL)
        else:
            found.append(value_or_null(lambda windows=windows: function(*windows)))
    return np.array(found, dtype=np.float64)


def remembering(function: Callable[..., Sequence[float | None]], *operands: Column) -> Column:
    """Over the rows without a null, as if the others had not been; null at those."""
    table = np.array(operands, dtype=np.float64)
    present = ~np.isnan(table).any(axis=0)
    values = function(*([float(value) for value in operand[present]] for operand in table))
    found = np.full(table.shape[1], NULL)
    found[present] = [value_or_null(lambda value=value: value) for value in values]
    return found


def whole_numbers(values: Sequence[float]) -> tuple[list[int], Fraction]:
    """The same numbers, exactly, as multiples of a unit: sums of them are not rounded."""
    ratios = [float(value).as_integer_ratio() for value in values]
    # Each is a power of two, so that the largest is a multiple of all.
    finest = max(denominator for _, denominator in ratios)
    numbers = [numerator * (finest // denominator) for numerator, denominator in ratios]
    return numbers, Fraction(1, finest)


def mean_of(values: Sequence[float]) -> Fraction:
    numbers, unit = whole_numbers(values)
    return sum(numbers) * unit / len(numbers)
