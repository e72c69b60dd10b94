"""Bars with nulls, equals, constants, jumps and zeros, and whole expressions at random."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.parity.expressions.catalogue import CATALOGUE, Function
from tests.parity.expressions.naive.model import Column

__all__ = ["bars", "expressions", "random_bars", "restless_bars", "texts", "windows"]

MINUTE_NS = 60 * 10**9
# 2024-02-28 23:50 UTC: a month's end, a leap day, and a Thursday soon.
START_NS = 1_709_164_200 * 10**9
FIELDS = ("open", "high", "low", "close", "volume", "notional")
# How the steps of 1/64 of the walk are drawn; sums of so few bits are exact in any order.
STEPS = {"walk": (-5, 6), "ties": (-1, 2), "still": (0, 1), "wild": (-900, 901)}
NULLS = ("none", "none", "rows", "stretch")

Bars = dict[str, NDArray[Any]]

lengths = st.one_of(st.integers(0, 3), st.integers(0, 60), st.just(60))


def random_bars(
    seed: int, length: int, steps: str = "walk", nulls: str = "none", *, jumps: bool = False
) -> Bars:
    random = np.random.default_rng(seed)
    moves = random.integers(*STEPS[steps], length)
    if steps == "walk":
        # A stretch in which nothing moves, as some do.
        moves[length // 3 : length // 2] *= random.integers(0, 2)
    close = 3_200.0 + np.cumsum(moves)
    if jumps and length:
        close[random.integers(0, length, 1 + length // 20)] *= 2**20
    opened = np.concatenate([[3_200.0], close[:-1]])[:length]
    above, below = (random.integers(0, 1 if steps == "still" else 4, length) for _ in range(2))
    volume = random.integers(0, 8, length) * 8.0
    columns = {
        "open": opened / 64,
        "high": (np.maximum(opened, close) + above) / 64,
        "low": (np.minimum(opened, close) - below) / 64,
        "close": close / 64,
        "volume": volume,
        "notional": volume * (opened + close) / 128,
    }
    hide(columns, random, nulls)
    opens = START_NS + MINUTE_NS * np.cumsum(random.integers(1, 4, length))
    return {**columns, "open_time": opens, "close_time": opens + MINUTE_NS}


def hide(columns: dict[str, Column], random: np.random.Generator, nulls: str) -> None:
    """Whole bars become null: here and there, or many at once."""
    length = len(columns["close"])
    if nulls == "rows":
        hidden = random.random(length) < 0.08
    else:
        hidden = np.zeros(length, dtype=bool)
        hidden[length // 4 : length // 3 if nulls == "stretch" else length // 4] = True
    for values in columns.values():
        values[hidden] = np.nan


bars = st.builds(
    random_bars,
    st.integers(0, 2**32 - 1),
    lengths,
    st.sampled_from(list(STEPS)),
    st.sampled_from(NULLS),
    jumps=st.booleans(),
)


def moving_bars(seed: int, length: int) -> Bars:
    """No bar is like the one before in anything: there is always something to divide by."""
    random = np.random.default_rng(seed)
    close = 10_000 + np.cumsum(random.choice([-7, -5, -3, 2, 6, 8], length))
    columns = {
        "open": close + random.choice([-9, 9], length),
        "high": close + 100,
        "low": close - 90,
        "close": close,
        "volume": 64 + 8 * random.permutation(length),
        "notional": 64 * close,
    }
    opens = START_NS + MINUTE_NS * np.arange(length)
    numbers = {name: values / 64.0 for name, values in columns.items()}
    return {**numbers, "open_time": opens, "close_time": opens + MINUTE_NS}


restless_bars = st.builds(moving_bars, st.integers(0, 2**32 - 1), st.just(150))


def windows(function: Function) -> st.SearchStrategy[int]:
    least = function.least
    return st.one_of(st.integers(least, 6), st.integers(max(least, 2), 25))


@st.composite
def texts(draw: st.DrawFn, function: Function) -> str:
    """One of the function's expressions, its window filled in."""
    text = draw(st.sampled_from(function.texts))
    return text.replace("{n}", str(draw(windows(function))))


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """A whole expression: functions of functions, in arithmetic, under conditions."""
    leaf = st.sampled_from(["open", "high", "low", "close", "volume", "hl2"])
    constant = st.sampled_from(["2", "0.5", "-1"])
    inner = st.deferred(lambda: number)
    window = st.integers(4, 9)
    call = st.builds(
        "{}({}, {})".format,
        st.sampled_from(["ema", "mean", "std", "rank", "lag", "max", "argmin", "slope", "skew"]),
        inner,
        window,
    )
    pair = st.builds("corr({}, {}, {})".format, inner, inner, window)
    whole = st.sampled_from(
        [one for name in ("rsi", "atr", "adx", "macd") for one in CATALOGUE[name].texts]
    )
    named = whole.map(lambda text: text.replace("{n}", "5"))
    operation = st.builds("({} {} {})".format, inner, st.sampled_from("+-*/%"), inner | constant)
    condition = st.builds("{} {} {}".format, inner, st.sampled_from(["<", ">=", "!="]), inner)
    choice = st.builds("({} if {} else {})".format, inner, condition, inner)
    filled = st.builds("fill_null({}, {})".format, inner, leaf | constant)
    number = leaf | call | pair | named | operation | choice | filled
    return draw(number.filter(lambda text: len(text) < 600))
