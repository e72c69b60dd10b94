"""Larger bars made of the bars, as of each bar: of those that have ended, never early."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.expressions import naive, ours
from tests.parity.expressions.strategies import Bars, moving_bars, random_bars
from tests.soak import examples

TEXTS = (
    "bars('5m').close",
    "bars('5m').high - bars('5m').low",
    "bars('15m', ema(close, 3))",
    "bars('1h', mean(volume, 2))",
    "close > bars('15m').open",
    "bars('5m', rsi(n=3)) + bars('15m', delta(close))",
    "mean(bars('5m').close, 4)",
)

minutes = st.builds(random_bars, st.integers(0, 2**32 - 1), st.integers(0, 300))


@pytest.mark.parametrize("text", TEXTS)
@settings(max_examples=examples(15), deadline=None)
@given(rows=minutes)
def test_values_of_larger_bars_equal_the_naive_ones(text: str, rows: Bars) -> None:
    np.testing.assert_allclose(
        ours.evaluate(text, rows), naive.evaluate(text, rows), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("text", TEXTS)
@settings(max_examples=examples(10), deadline=None)
@given(rows=minutes)
def test_a_stream_has_the_bits_of_a_batch_on_other_clocks(text: str, rows: Bars) -> None:
    assert ours.bits(ours.streamed(text, rows)) == ours.bits(ours.evaluate(text, rows))


def test_a_larger_bar_is_known_at_the_bar_that_ends_it_and_not_before() -> None:
    rows = moving_bars(1, 130)
    found = ours.evaluate("bars('1h').close", rows)
    hours = rows["close_time"] // (3_600 * 10**9)
    ends = np.flatnonzero(np.diff(hours, prepend=hours[0]))
    assert np.isnan(found[: ends[0]]).all()
    for end, next_end in zip(ends, [*ends[1:], len(found)], strict=True):
        # Bars of a minute that follow each other: the last of an hour ends with it.
        assert set(found[end:next_end]) == {rows["close"][end]}
