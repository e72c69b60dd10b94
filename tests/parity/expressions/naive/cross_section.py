"""Functions of what a universe's members have at one time; who is absent or null does not count."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from tests.parity.expressions.naive.model import Column, is_null, mean_of, value_or_null
from tests.parity.expressions.naive.windows import rank_of_last, root, variance

Values = list[float]


def ranks(values: Values) -> list[float]:
    """In (0, 1]; equals share the mean of their ranks."""
    return [
        rank_of_last([*values[:at], *values[at + 1 :], values[at]]) for at in range(len(values))
    ]


def demeaned(values: Values) -> list[Fraction]:
    mean = mean_of(values)
    return [Fraction(value) - mean for value in values]


def zscores(values: Values) -> list[float | None]:
    """In sample deviations; null where that is 0 or there are fewer than two."""
    if len(set(values)) < 2:
        return [None] * len(values)
    deviation = root(variance(values, 1))
    return [float(distance) / deviation for distance in demeaned(values)]


def scaled(values: Values) -> list[float | None]:
    """So that the absolute values sum to 1."""
    whole = math.fsum(abs(value) for value in values)
    return [value / whole if whole else None for value in values]


def across(
    function: Callable[[Values], Sequence[object]],
    times: Sequence[NDArray[np.int64]],
    columns: Sequence[Column],
) -> list[Column]:
    """`function` over the members' values of each time."""
    found = [np.full(len(column), np.nan) for column in columns]
    places: dict[int, list[tuple[int, int]]] = {}
    for member, (stamps, column) in enumerate(zip(times, columns, strict=True)):
        for row, (time, value) in enumerate(zip(stamps, column, strict=True)):
            if not is_null(float(value)):
                places.setdefault(int(time), []).append((member, row))
    for present in places.values():
        results = function([float(columns[member][row]) for member, row in present])
        for (member, row), result in zip(present, results, strict=True):
            found[member][row] = value_or_null(lambda result=result: result)
    return found


FUNCTIONS: dict[str, Callable[[Values], Sequence[object]]] = {
    "cs_rank": ranks,
    "cs_zscore": zscores,
    "cs_demean": demeaned,
    "cs_scale": scaled,
}
