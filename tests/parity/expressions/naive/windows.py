"""Changes and rolling statistics. Moments are sums of whole numbers, rounded once, at the end."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from tests.parity.expressions.naive.model import (
    NULL,
    Column,
    each,
    mean_of,
    rolling,
    whole_numbers,
)

Window = Sequence[float]


def lag(x: Column, n: int = 1) -> Column:
    found = np.full(len(x), NULL)
    for row in range(n, len(x)):
        found[row] = x[row - n]
    return found


def delta(x: Column, n: int = 1) -> Column:
    return each(lambda now, before: now - before, x, lag(x, n))


def ret(x: Column, n: int = 1) -> Column:
    return each(lambda now, before: now / before - 1.0, x, lag(x, n))


def log_ret(x: Column, n: int = 1) -> Column:
    return each(lambda now, before: math.log(now / before), x, lag(x, n))


def roc(x: Column, n: int = 10) -> Column:
    return each(lambda change: 100.0 * change, ret(x, n))


def deviations(values: Window) -> tuple[list[int], Fraction]:
    """The deviations from the mean, exactly, as whole multiples of a unit."""
    numbers, unit = whole_numbers(values)
    total = sum(numbers)
    return [number * len(numbers) - total for number in numbers], unit / len(numbers)


def power_sum(values: Window, power: int) -> Fraction:
    """The sum of the deviations from the mean, each to this power."""
    numbers, unit = deviations(values)
    return sum(number**power for number in numbers) * unit**power


def cross_sum(x: Window, y: Window) -> Fraction:
    (numbers, unit), (others, other_unit) = deviations(x), deviations(y)
    return sum(a * b for a, b in zip(numbers, others, strict=True)) * unit * other_unit


def variance(values: Window, ddof: int) -> Fraction:
    return power_sum(values, 2) / (len(values) - ddof)


def root(value: Fraction) -> float:
    """The root of a number that may be too large or too small for a float."""
    shift = (value.numerator.bit_length() - value.denominator.bit_length()) // 2
    return math.ldexp(math.sqrt(value / Fraction(4) ** shift), shift)


def skewness(values: Window) -> float | None:
    """Adjusted for bias: the sample's skewness of Fisher and Pearson."""
    n = len(values)
    second, third = power_sum(values, 2) / n, power_sum(values, 3) / n
    if second == 0:
        return None
    biased = float(third / second) / root(second)
    return math.sqrt(n * (n - 1)) / (n - 2) * biased


def kurtosis(values: Window) -> Fraction | None:
    """In excess of the normal's, adjusted for bias."""
    n = len(values)
    second, fourth = power_sum(values, 2) / n, power_sum(values, 4) / n
    if second == 0:
        return None
    return ((n + 1) * fourth / second**2 - 3 * (n - 1)) * Fraction(n - 1, (n - 2) * (n - 3))


def bars_ago(values: Window, extreme: float) -> int:
    """How many bars ago the window last had this value."""
    return next(ago for ago, value in enumerate(reversed(values)) if value == extreme)


def rank_of_last(values: Window) -> float:
    """In (0, 1]; equals share the mean of their ranks."""
    last = values[-1]
    below = sum(value < last for value in values)
    equal = sum(value == last for value in values)
    return (below + (equal + 1) / 2) / len(values)


def quantile_of(values: Window, q: float) -> float:
    """Linear between the two nearest."""
    ordered = sorted(values)
    place = (len(values) - 1) * q
    lower = math.floor(place)
    upper = min(lower + 1, len(values) - 1)
    return ordered[lower] + (place - lower) * (ordered[upper] - ordered[lower])


def linear_mean(values: Window) -> float:
    """Weights 1, 2, … to the latest."""
    weighted = [weight * value for weight, value in enumerate(values, start=1)]
    return math.fsum(weighted) / (len(values) * (len(values) + 1) / 2)


def mean_deviation(values: Window) -> Fraction:
    numbers, unit = deviations(values)
    return sum(map(abs, numbers)) * unit / len(numbers)


def correlation(x: Window, y: Window) -> float | None:
    spread, other = power_sum(x, 2), power_sum(y, 2)
    if spread == 0 or other == 0:
        return None
    # The square of a correlation is at most 1, so that it is a float whatever the scales are.
    together = cross_sum(x, y)
    squared = together**2 / (spread * other)
    return math.copysign(root(squared), together) if squared else 0.0


def regression(y: Window, x: Window) -> Fraction | None:
    """The slope of y on x."""
    spread = power_sum(x, 2)
    return None if spread == 0 else cross_sum(y, x) / spread


def slope_of(values: Window) -> Fraction | None:
    return regression(values, range(len(values)))


def determination(values: Window) -> Fraction | None:
    """Of the least-squares line: the share of the variation that it explains."""
    numbers = range(len(values))
    spread, variation = power_sum(numbers, 2), power_sum(values, 2)
    if spread == 0 or variation == 0:
        return None
    return cross_sum(values, numbers) ** 2 / (spread * variation)


def std(x: Column, n: int, ddof: int = 1) -> Column:
    return rolling(
        lambda values: root(variance(values, ddof)) if len(set(values)) > 1 else 0.0, n, x
    )


def mean(x: Column, n: int) -> Column:
    return rolling(mean_of, n, x)


def zscore(x: Column, n: int, ddof: int = 1) -> Column:
    def of_last(values: Window) -> float:
        distance = Fraction(values[-1]) - mean_of(values)
        return float(distance) / root(variance(values, ddof))

    return rolling(lambda values: of_last(values) if len(set(values)) > 1 else None, n, x)


FUNCTIONS: dict[str, Callable[..., Column]] = {
    "lag": lag,
    "delta": delta,
    "mom": lambda x, n=10: delta(x, n),
    "ret": ret,
    "log_ret": log_ret,
    "roc": roc,
    "sum": lambda x, n: rolling(math.fsum, n, x),
    "mean": mean,
    "sma": mean,
    "min": lambda x, n: rolling(min, n, x),
    "max": lambda x, n: rolling(max, n, x),
    "argmin": lambda x, n: rolling(lambda values: bars_ago(values, min(values)), n, x),
    "argmax": lambda x, n: rolling(lambda values: bars_ago(values, max(values)), n, x),
    "median": lambda x, n: rolling(lambda values: quantile_of(values, 0.5), n, x),
    "quantile": lambda x, n, q: rolling(lambda values: quantile_of(values, q), n, x),
    "rank": lambda x, n: rolling(rank_of_last, n, x),
    "product": lambda x, n: rolling(math.prod, n, x),
    "decay_linear": lambda x, n: rolling(linear_mean, n, x),
    "wma": lambda x, n: rolling(linear_mean, n, x),
    "mean_dev": lambda x, n: rolling(mean_deviation, n, x),
    "std": std,
    "var": lambda x, n, ddof=1: rolling(lambda values: variance(values, ddof), n, x),
    "skew": lambda x, n: rolling(skewness, n, x),
    "kurt": lambda x, n: rolling(kurtosis, n, x),
    "zscore": zscore,
    "corr": lambda x, y, n: rolling(correlation, n, x, y),
    "cov": lambda x, y, n, ddof=1: rolling(lambda a, b: cross_sum(a, b) / (n - ddof), n, x, y),
    "beta": lambda y, x, n: rolling(regression, n, y, x),
    "slope": lambda x, n: rolling(slope_of, n, x),
    "r2": lambda x, n: rolling(determination, n, x),
    "count_true": lambda c, n: rolling(sum, n, c),
}
