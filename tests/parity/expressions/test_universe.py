"""Universes whose members come, go and pause: against the naive version, and each by itself."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.expressions import naive, ours
from tests.parity.expressions.catalogue import CATALOGUE
from tests.parity.expressions.strategies import MINUTE_NS, Bars, random_bars, texts
from tests.soak import examples

ACROSS = (
    "cs_rank(close)",
    "cs_zscore(close)",
    "cs_demean(close)",
    "cs_scale(close - 50)",
    "cs_rank(volume)",
    "cs_zscore(volume)",
    "cs_scale(volume - 24)",
    "cs_rank(delta(close, 3)) - 0.5",
    "mean(cs_rank(close), 4)",
    "ema(cs_demean(volume), 3)",
    "rank(cs_rank(volume), 5)",
    "cs_rank(rank(close, 4) + cs_rank(volume))",
    "cs_rank(close) if cs_rank(volume) > 0.5 else -cs_rank(open)",
    "cs_demean(fill_null(lag(close), 50))",
    "cs_rank(close) > cs_rank(open)",
    "count_true(cs_zscore(volume) > 0, 3)",
)


@st.composite
def universes(draw: st.DrawFn) -> dict[str, Bars]:
    """Up to seven members, each on some of the same sixty minutes; one may never have a bar."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.sampled_from([0.3, 0.8, 1.0]))
    nulls = draw(st.sampled_from(["none", "rows"]))
    steps = draw(st.sampled_from(["walk", "ties", "wild"]))
    members = {}
    for number in range(draw(st.integers(1, 7))):
        minutes = np.flatnonzero(random.random(60) < share)
        rows = random_bars(int(random.integers(2**32)), len(minutes), steps, nulls)
        opens = minutes * MINUTE_NS
        members[f"M{number}"] = {**rows, "open_time": opens, "close_time": opens + MINUTE_NS}
    return members


@pytest.mark.parametrize("text", ACROSS)
@settings(max_examples=examples(25), deadline=None)
@given(members=universes())
def test_a_universe_equals_its_naive_version(text: str, members: dict[str, Bars]) -> None:
    found = ours.evaluate_universe(text, members)
    wanted = naive.evaluate_universe(text, list(members.values()))
    for name, expected in zip(members, wanted, strict=True):
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("name", CATALOGUE)
@settings(max_examples=examples(8), deadline=None)
@given(data=st.data(), members=universes())
def test_a_member_has_the_bits_that_it_has_alone(
    name: str, data: Any, members: dict[str, Bars]
) -> None:
    text = data.draw(texts(CATALOGUE[name]))
    found = ours.evaluate_universe(text, members)
    for member, rows in members.items():
        assert ours.bits(found[member]) == ours.bits(ours.evaluate(text, rows)), member


@settings(max_examples=examples(50), deadline=None)
@given(text=st.sampled_from(ACROSS), members=universes(), minute=st.integers(0, 60))
def test_no_value_of_a_universe_depends_on_what_comes_later(
    text: str, members: dict[str, Bars], minute: int
) -> None:
    whole = ours.evaluate_universe(text, members)
    until = {name: before(rows, minute * MINUTE_NS) for name, rows in members.items()}
    if not any(len(rows["close"]) for rows in until.values()):
        return
    found = ours.evaluate_universe(text, until)
    for name, values in found.items():
        assert ours.bits(values) == ours.bits(whole[name][: len(values)]), name


def before(rows: Bars, time_ns: int) -> Bars:
    return {name: values[rows["open_time"] < time_ns] for name, values in rows.items()}
