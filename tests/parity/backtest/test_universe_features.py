"""What features that compare symbols say at each bar: against everything worked out anew there.

The naive version takes all bars up to then, multiplies each symbol's prices by its factors between
the bar and that symbol's newest one, and evaluates the expression from its description alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.expressions import naive
from tests.soak import examples

import algotrendy as at
from algotrendy.domain.clock import DAY_NS

DAYS = 24
PRICES = ("open", "high", "low", "close")
TEXTS = (
    "cs_rank(ret(close, 3))",
    "cs_zscore(close) + sma(close, 3)",
    "cs_demean(volume) - lag(close)",
    "cs_scale(cs_rank(close) - cs_rank(open))",
    "mean(cs_rank(close), 4)",
    "ema(cs_demean(close), 3) + delta(volume)",
    # A rank of what is rounded, as a deviation is, would tell ties by the last bit.
    "cs_rank(delta(cs_rank(volume), 2))",
)

Table = dict[str, Any]
# By day, what prices before it are multiplied by.
Factors = Mapping[int, float]


@st.composite
def members(draw: st.DrawFn) -> dict[str, Table]:
    """Three symbols with a bar on most days."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    tables = {}
    for name in ("AAA", "BBB", "CCC"):
        days = np.flatnonzero(random.random(DAYS) < draw(st.sampled_from([0.6, 1.0])))
        days = days if len(days) else np.arange(2)
        # Quarters, as their halves and doubles are: no sum of them is rounded.
        close = 100 + np.cumsum(random.integers(-8, 9, len(days))) / 4
        opened = np.concatenate([[100.0], close[:-1]])
        tables[name] = {
            "open_time": days * DAY_NS,
            "close_time": (days + 1) * DAY_NS,
            "open": opened,
            "high": np.maximum(opened, close),
            "low": np.minimum(opened, close),
            "close": close,
            "volume": random.integers(1, 50, len(days)) * 8.0,
        }
    return tables


factors = st.dictionaries(
    st.sampled_from(["AAA", "CCC"]),
    st.dictionaries(st.integers(-1, DAYS), st.sampled_from([0.5, 2.0, 4.0]), max_size=3),
)


def restated(table: Table, factors: Factors, day: int) -> Table:
    """A symbol's bars up to a day, at the prices of the last of them."""
    known = {name: column[table["open_time"] <= day * DAY_NS] for name, column in table.items()}
    opens = known["open_time"] // DAY_NS
    scale = np.ones(len(opens))
    for since, factor in factors.items():
        if len(opens) and since <= opens[-1]:
            scale[opens < since] *= factor
    prices = {name: known[name] * scale for name in PRICES}
    return {**known, **prices, "volume": known["volume"] / scale}


def said(text: str, data: Mapping[str, object], **terms: Any) -> dict[tuple[str, int], float]:
    """What a feature says of each symbol at each day of which a class is told."""
    found = {}

    class Listener(at.Strategy):
        features = {"x": text}

        def on_bar(self, context: Any, bar: Any) -> None:
            found[bar.symbol, bar.open_time_ns // DAY_NS] = context.feature("x")

    at.backtest.run(Listener(), dict(data), **terms)
    return found


def table_of(factors: Mapping[str, Factors]) -> dict[str, list[tuple[int, float]]]:
    """Factors as runs take them."""
    return {
        symbol: [(day * DAY_NS, factor) for day, factor in sorted(rows.items())]
        for symbol, rows in factors.items()
        if rows
    }


@pytest.mark.parametrize("text", TEXTS)
@settings(max_examples=examples(12), deadline=None)
@given(tables=members(), factors=factors)
def test_each_bar_compares_histories_as_adjusted_on_its_day(
    text: str, tables: dict[str, Table], factors: dict[str, Factors]
) -> None:
    found = said(text, tables, factors=table_of(factors))
    for day in sorted({day for _, day in found}):
        known = {
            name: restated(table, factors.get(name, {}), day) for name, table in tables.items()
        }
        wanted = naive.evaluate_universe(text, list(known.values()))
        for (name, rows), column in zip(known.items(), wanted, strict=True):
            if (name, day) in found:
                assert rows["open_time"][-1] == day * DAY_NS
                np.testing.assert_allclose(found[name, day], column[-1], rtol=1e-9, atol=1e-9)


@settings(max_examples=examples(25), deadline=None)
@given(
    text=st.sampled_from(TEXTS),
    tables=members(),
    factors=factors,
    sizes=st.lists(st.integers(1, DAYS), min_size=3, max_size=3),
)
def test_parts_of_files_say_what_the_whole_does(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    tables: dict[str, Table],
    factors: dict[str, Factors],
    sizes: list[int],
) -> None:
    folder: Path = tmp_path_factory.mktemp("parts")
    for (name, table), size in zip(tables.items(), sizes, strict=True):
        pl.DataFrame(table).write_parquet(folder / f"{name}.parquet", row_group_size=size)
    files = {name: folder / f"{name}.parquet" for name in tables}
    whole = said(text, tables, factors=table_of(factors))
    parts = said(text, files, factors=table_of(factors), stream=True)
    np.testing.assert_equal(parts, whole)
