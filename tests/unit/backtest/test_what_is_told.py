"""What a user is told where a result would look better than it is, or an argument is wrong."""

from typing import Any

import numpy as np
import pytest

import algotrendy as at
from algotrendy.domain.clock import DAY_NS, HOUR_NS
from algotrendy.errors import InvalidArgumentError


class Buys(at.Strategy):
    """All that the first close affords, at the next open."""

    def on_bar(self, context: Any, bar: Any) -> None:
        if bar.index == 0:
            context.target_weight(1)


def bars(*prices: float) -> dict[str, Any]:
    """Bars that stay at one price each: the market moves in the nights."""
    days = np.arange(1, len(prices) + 1) * DAY_NS
    column = np.array(prices)
    names = ("open", "high", "low", "close")
    times = {"open_time": days + 9 * HOUR_NS, "close_time": days + 16 * HOUR_NS}
    return {**times, **dict.fromkeys(names, column)}


FREE = at.backtest.VenueTerms()


def test_a_loan_that_a_worse_open_made_is_told() -> None:
    printed = str(at.backtest.run(Buys(), {"ABC": bars(10, 12, 12)}, cash=1_000, costs=FREE))
    assert "! Cash fell to -200.00 USD, a loan without interest" in printed
    printed = str(at.backtest.run(Buys(), {"ABC": bars(10, 10, 12)}, cash=1_000, costs=FREE))
    assert "loan" not in printed


def test_a_night_between_decision_and_fill_does_not_hide_that_trading_was_free() -> None:
    result = at.backtest.run(Buys(), {"ABC": bars(10, 9, 9)}, cash=1_000, costs=FREE)
    assert result.statistics.slippage == -100
    assert "! Trading cost nothing here" in str(result)
    paid = at.backtest.run(Buys(), {"ABC": bars(10, 9, 9)}, cash=1_000)
    assert "Trading cost nothing" not in str(paid)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"cash": -5}, "cash is -5; expected a positive number"),
        ({"cash": 0}, "cash is 0; expected a positive number"),
        ({"limits": {"allow_short": True}}, "limits is {'allow_short': True}; expected Limits"),
    ],
)
def test_an_argument_is_refused_in_the_words_it_was_given_in(
    arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        at.backtest.run(Buys(), {"ABC": bars(10, 12)}, **arguments)
    assert told in str(refusal.value)
