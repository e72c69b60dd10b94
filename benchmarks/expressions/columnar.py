"""Thirty indicators over columns, one by one against TA-Lib and polars, and all in one pass."""

import numpy as np
import polars as pl

import algotrendy
from benchmarks.expressions.data import Column, Columns
from benchmarks.expressions.indicators import INDICATORS, Indicator, all_named
from benchmarks.harness import Row, median_seconds, row

_ROUNDS = 15
_EACH_TARGET, _TOTAL_TARGET = 1.5, 1.0
# By then every mean has forgotten its start. OBV and what slides sums drift with the bars.
_TAIL, _CLOSE_ENOUGH = 1_000, 1e-6


def rows(bars: Columns) -> list[Row]:
    frame = pl.DataFrame(bars)
    found = [_compare(one, bars, frame) for one in INDICATORS]
    ours = sum(of_one[0].ours for of_one in found)
    theirs = sum(of_one[0].peer_value for of_one in found)
    together = median_seconds({"ours": lambda: features(bars, all_named())}, rounds=_ROUNDS)
    at_once = together["ours"] / len(bars["close"]) * 1e9
    return [
        *(one for of_one in found for one in of_one),
        row("all indicators, one by one", ours, "ns/bar", "TA-Lib", theirs, _TOTAL_TARGET),
        row("all indicators, one pass", at_once, "ns/bar", "TA-Lib", theirs),
    ]


def features(bars: Columns, texts: dict[str, str]) -> list[Column]:
    """Compute, and read the columns as NumPy's, which is what TA-Lib returns."""
    found = algotrendy.features(bars, texts)
    return [found[name] for name in texts]


def _compare(one: Indicator, bars: Columns, frame: pl.DataFrame) -> list[Row]:
    _assert_equal(one, bars, frame)
    work = {"ours": lambda: features(bars, one.named()), "TA-Lib": lambda: one.theirs(bars)}
    if one.polars is not None:
        work["polars"] = lambda: frame.select(one.polars)
    seconds = median_seconds(work, rounds=_ROUNDS)
    nanoseconds = {name: value / len(bars["close"]) * 1e9 for name, value in seconds.items()}
    mine = nanoseconds.pop("ours")
    targets = {"TA-Lib": _EACH_TARGET}
    return [
        row(one.name, mine, "ns/bar", name, value, targets.get(name))
        for name, value in nanoseconds.items()
    ]


def _assert_equal(one: Indicator, bars: Columns, frame: pl.DataFrame) -> None:
    ours = features(bars, one.named())
    others = [one.theirs(bars)]
    if one.polars is not None:
        others.append((frame.select(one.polars.alias("x"))["x"].to_numpy(),))
    for lines in others:
        for found, wanted in zip(ours, lines, strict=True):
            np.testing.assert_allclose(
                found[-_TAIL:],
                wanted[-_TAIL:],
                rtol=_CLOSE_ENOUGH,
                atol=_CLOSE_ENOUGH,
                err_msg=one.name,
            )
