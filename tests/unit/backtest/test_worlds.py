"""Worlds that share a past: what is cut off, what is altered, and what stays."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.backtest.builders import close_ns, ints, open_ns

from algotrendy.backtest.worlds import altered, cut_off, known_rows

COUNT = 6
BARS: dict[str, Any] = {
    "open_time_ns": ints(open_ns(bar) for bar in range(COUNT)),
    "close_time_ns": ints(close_ns(bar) for bar in range(COUNT)),
    "open": ints([100, 110, 120, 115, 130, 140]),
    "high": ints([112, 121, 122, 131, 141, 150]),
    "low": ints([99, 109, 114, 114, 129, 138]),
    "close": ints([110, 120, 115, 130, 140, 150]),
    "volume": ints([1, 2, 3, 4, 5, 6]),
}
TRADES = {
    "time_ns": ints([1, 2, 2, 3]),
    "price": ints([100, 101, 99, 98]),
    "quantity": ints([1] * 4),
}


def test_the_past_of_a_close_holds_the_bar_that_closes() -> None:
    assert known_rows(BARS, close_ns(2)) == 3
    assert known_rows(BARS, close_ns(2) - 1) == 2
    assert known_rows(TRADES, 2) == 3


def test_a_future_that_is_cut_off_is_gone() -> None:
    assert cut_off(BARS, close_ns(1))["close"].tolist() == [110, 120]
    assert cut_off(BARS, 0)["close"].tolist() == []


def test_what_rose_falls_in_an_altered_future() -> None:
    other = altered(BARS, close_ns(2))
    assert other["close"].tolist() == [110, 120, 115, 102, 94, 88]
    assert other["volume"].tolist() == [1, 2, 3, 6, 5, 4]
    assert altered(TRADES, 1)["price"].tolist() == [100, 99, 101, 102]


def test_prices_below_zero_are_mirrored_too() -> None:
    spread = {"time_ns": ints([1, 2, 3]), "bid": ints([-5, 3, -7]), "ask": ints([-4, 4, -6])}
    other = altered(spread, 1)
    assert other["bid"].tolist() == [-5, -14, -4]
    assert other["ask"].tolist() == [-4, -13, -3]


def test_without_a_future_nothing_is_altered() -> None:
    same = altered(BARS, close_ns(COUNT))
    assert all((same[name] == BARS[name]).all() for name in BARS)


@given(
    st.lists(st.integers(1, 10**12), min_size=2, max_size=30),
    st.integers(0, 29),
    st.sampled_from([1, 5, 25]),
)
def test_an_altered_world_is_a_market_with_the_same_past(
    prices: list[int], place: int, tick: int
) -> None:
    close = ints(prices) * tick
    bars = BARS | dict.fromkeys(("open", "high", "low", "close"), close)
    count = len(prices)
    bars = bars | {
        "open_time_ns": ints(open_ns(bar) for bar in range(count)),
        "close_time_ns": ints(close_ns(bar) for bar in range(count)),
        "low": np.maximum(close - tick, tick),
        "high": close + tick,
        "volume": ints(range(count)),
    }
    time_ns = close_ns(min(place, count - 1))
    other = altered(bars, time_ns, tick)
    known = known_rows(bars, time_ns)
    assert all((other[name][:known] == bars[name][:known]).all() for name in bars)
    assert (other["low"] <= other["close"]).all()
    assert (other["close"] <= other["high"]).all()
    assert (other["low"] > 0).all()
    assert all((other[name] % tick == 0).all() for name in ("open", "high", "low", "close"))
    assert (other["volume"] >= 0).all()


@pytest.mark.parametrize("change", [cut_off, altered])
def test_the_real_world_is_left_as_it_is(change: Any) -> None:
    before = {name: values.copy() for name, values in BARS.items()}
    change(BARS, close_ns(1))
    assert all((before[name] == BARS[name]).all() for name in BARS)
