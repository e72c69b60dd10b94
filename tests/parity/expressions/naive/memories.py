"""Means that remember all values so far. A null is as if its bar had not been."""

from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np
from tests.parity.expressions.naive.model import NULL, Column, each, is_null, remembering

Values = Sequence[float]
Found = list[float | None]


def smoothed(values: Values, weight: float, n: int, seed: str) -> Found:
    """A mean that moves by `weight` of the way to each value.

    It starts at the mean of the first `n` values, or at the first one.
    """
    first = n - 1 if seed == "mean" else 0
    found: Found = [None] * min(first, len(values))
    if len(values) > first:
        found.append(sum(values[: first + 1]) / (first + 1))
    for value in values[first + 1 :]:
        found.append(weight * value + (1.0 - weight) * found[-1])
    return found


def ema(x: Column, n: int, seed: str = "mean") -> Column:
    return remembering(lambda values: smoothed(values, 2.0 / (n + 1), n, seed), x)


def wilder(x: Column, n: int, seed: str = "mean") -> Column:
    return remembering(lambda values: smoothed(values, 1.0 / n, n, seed), x)


def dema(x: Column, n: int) -> Column:
    once = ema(x, n)
    return each(lambda one, two: 2.0 * one - two, once, ema(once, n))


def tema(x: Column, n: int) -> Column:
    once = ema(x, n)
    twice = ema(once, n)
    return each(lambda a, b, c: 3.0 * a - 3.0 * b + c, once, twice, ema(twice, n))


def kama(x: Column, n: int = 10, fast: int = 2, slow: int = 30) -> Column:
    """Kaufman's: the straighter the way of the last `n` changes, the faster."""
    fastest, slowest = 2.0 / (fast + 1), 2.0 / (slow + 1)

    def adaptive(values: Values) -> Found:
        found: Found = [None] * min(n, len(values))
        for row in range(n, len(values)):
            change = abs(values[row] - values[row - n])
            way = sum(abs(values[at] - values[at - 1]) for at in range(row - n + 1, row + 1))
            # Where nothing moved, the mean stands where the price does, or goes there fast.
            efficiency = change / way if way else 1.0
            weight = (efficiency * (fastest - slowest) + slowest) ** 2
            before = values[row - 1] if row == n else found[-1]
            found.append(before + weight * (values[row] - before))
        return found

    return remembering(adaptive, x)


def rsi(x: Column, n: int, seed: str) -> Column:
    def strength(values: Values) -> Found:
        changes = [values[row] - values[row - 1] for row in range(1, len(values))]
        gains = smoothed([max(change, 0.0) for change in changes], 1.0 / n, n, seed)
        losses = smoothed([max(-change, 0.0) for change in changes], 1.0 / n, n, seed)
        pairs = zip(gains, losses, strict=True)
        return [*[None] * min(1, len(values)), *(_share(*pair) for pair in pairs)]

    return remembering(strength, x)


def bars_since(c: Column) -> Column:
    """Null before it ever was true, and where it is null; such a bar counts for those after it."""
    found = []
    since: int | None = None
    for value in c:
        is_true = not is_null(value) and value != 0
        since = 0 if is_true else (None if since is None else since + 1)
        found.append(NULL if is_null(value) or since is None else float(since))
    return np.array(found, dtype=np.float64)


def cum_sum(x: Column) -> Column:
    """Of all values so far; a null adds nothing, and is null."""
    return remembering(lambda values: list(accumulate(values)), x)


def _share(gain: float | None, loss: float | None) -> float | None:
    if gain is None or loss is None:
        return None
    return 50.0 if gain + loss == 0.0 else 100.0 * gain / (gain + loss)


FUNCTIONS: dict[str, Callable[..., Column]] = {
    "ema": ema,
    "wilder": wilder,
    "dema": dema,
    "tema": tema,
    "kama": kama,
    "bars_since": bars_since,
    "cum_sum": cum_sum,
}
