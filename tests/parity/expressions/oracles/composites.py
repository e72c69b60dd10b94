"""Indicators that are not functions of the language but expressions of a few."""

MOMENTUM, SIZE = "ema(ema(delta(close), 25), 13)", "ema(ema(abs(delta(close)), 25), 13)"
TRUE_STRENGTH = f"100 * {MOMENTUM} / {SIZE}"

MONEY_FLOW = "fill_null((close - low - (high - close)) / (high - low), 0) * volume"
ACCUMULATION = f"cum_sum({MONEY_FLOW})"
CHAIKIN = "sum((2 * close - low - high) / (high - low) * volume, 20) / sum(volume, 20)"

_PRESSURE = "(close - minimum(low, lag(close)))"
ULTIMATE = "100 / 7 * ({})".format(
    " + ".join(
        f"{weight} * sum({_PRESSURE}, {n}) / sum(true_range(), {n})"
        for weight, n in ((4, 7), (2, 14), (1, 28))
    )
)


def tillson(n: int, factor: float, seed: str) -> str:
    """T3: the mean of a mean of a mean …, and four of these with weights that add up to 1."""
    means = ["close"]
    for _ in range(6):
        means.append(f"ema({means[-1]}, {n}, seed='{seed}')")
    weights = (
        1 + 3 * factor + 3 * factor**2 + factor**3,
        -3 * factor - 6 * factor**2 - 3 * factor**3,
        3 * factor**2 + 3 * factor**3,
        -(factor**3),
    )
    return " + ".join(f"{weight} * {mean}" for weight, mean in zip(weights, means[3:], strict=True))
