"""A value is the same, bit for bit, however the bars come in, and whatever comes after it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.expressions import ours
from tests.parity.expressions.catalogue import CATALOGUE
from tests.parity.expressions.strategies import (
    Bars,
    bars,
    expressions,
    random_bars,
    restless_bars,
    texts,
)
from tests.soak import examples

some = settings(max_examples=examples(15), deadline=None)
# More than two blocks of the batch's.
LONG = 2_500


def first_rows(rows: Bars, count: int) -> Bars:
    return {name: values[:count] for name, values in rows.items()}


def with_another_future(rows: Bars, other: Bars, count: int) -> Bars:
    return {name: np.concatenate([rows[name][:count], other[name][count:]]) for name in rows}


def assert_streams_as_batch(text: str, rows: Bars) -> None:
    assert ours.bits(ours.streamed(text, rows)) == ours.bits(ours.evaluate(text, rows))


@pytest.mark.parametrize("name", CATALOGUE)
@some
@given(data=st.data(), rows=bars)
def test_a_stream_has_the_bits_of_a_batch(name: str, data: Any, rows: Bars) -> None:
    assert_streams_as_batch(data.draw(texts(CATALOGUE[name])), rows)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_stream_has_the_bits_of_a_batch_over_many_blocks(name: str) -> None:
    for seed, text in enumerate(CATALOGUE[name].texts):
        rows = random_bars(seed, LONG, "walk", ("rows", "none", "stretch")[seed % 3])
        assert_streams_as_batch(text.replace("{n}", "20"), rows)


@settings(max_examples=examples(100), deadline=None)
@given(text=expressions(), rows=bars)
def test_a_whole_expression_streams_as_its_batch(text: str, rows: Bars) -> None:
    assert_streams_as_batch(text, rows)


@pytest.mark.parametrize("name", CATALOGUE)
@some
@given(data=st.data(), rows=bars)
def test_a_value_is_the_same_whatever_is_cut_off_after_it(name: str, data: Any, rows: Bars) -> None:
    text = data.draw(texts(CATALOGUE[name]))
    count = data.draw(st.integers(0, len(rows["close"])))
    whole = ours.evaluate(text, rows)
    assert ours.bits(ours.evaluate(text, first_rows(rows, count))) == ours.bits(whole[:count])


@pytest.mark.parametrize("name", CATALOGUE)
@some
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_no_value_depends_on_what_comes_later(name: str, data: Any, seed: int) -> None:
    text = data.draw(texts(CATALOGUE[name]))
    rows, other = random_bars(seed, 60), random_bars(seed + 1, 60, "wild", jumps=True)
    count = data.draw(st.integers(0, 60))
    changed = with_another_future(rows, {**other, **times_of(rows)}, count)
    before, after = ours.evaluate(text, rows), ours.evaluate(text, changed)
    assert ours.bits(after[:count]) == ours.bits(before[:count])


@settings(max_examples=examples(100), deadline=None)
@given(text=expressions(), seed=st.integers(0, 2**32 - 1), count=st.integers(0, 60))
def test_no_whole_expression_depends_on_what_comes_later(text: str, seed: int, count: int) -> None:
    rows, other = random_bars(seed, 60), random_bars(seed + 1, 60, "wild", jumps=True)
    changed = with_another_future(rows, {**other, **times_of(rows)}, count)
    before, after = ours.evaluate(text, rows), ours.evaluate(text, changed)
    assert ours.bits(after[:count]) == ours.bits(before[:count])


@settings(max_examples=examples(10), deadline=None)
@given(rows=bars, n=st.integers(4, 20))
def test_expressions_computed_together_have_the_bits_they_have_alone(rows: Bars, n: int) -> None:
    every = {
        f"{name} {place}": text.replace("{n}", str(n))
        for name, function in CATALOGUE.items()
        for place, text in enumerate(function.texts)
    }
    together = ours.features(rows, every)
    for name, text in every.items():
        assert ours.bits(together[name]) == ours.bits(ours.evaluate(text, rows)), text


def times_of(rows: Bars) -> Bars:
    return {name: rows[name] for name in ("open_time", "close_time")}


@pytest.mark.parametrize("name", [name for name, one in CATALOGUE.items() if one.is_punctual])
@some
@given(data=st.data(), rows=restless_bars)
def test_the_first_value_is_where_the_warm_up_ends(name: str, data: Any, rows: Bars) -> None:
    text = data.draw(texts(CATALOGUE[name]))
    found = ours.evaluate(text, rows)
    warm_up = ours.warm_up(text)
    assert np.isnan(found[:warm_up]).all()
    assert not np.isnan(found[warm_up])
