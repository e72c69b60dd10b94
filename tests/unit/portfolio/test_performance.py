from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.statistics import performance
from algotrendy.errors import InsufficientDataError
from algotrendy.portfolio.holding import Holding
from algotrendy.portfolio.model import Book, Flow
from algotrendy.portfolio.performance import EquityCurve, equity_curve, measure
from algotrendy.testing.portfolio import daily_closes

WALL_CLOCK_NS = 20_000 * DAY_NS


def deposit(cash: str, *, sequence: int = 1, time_ns: int = 0) -> Flow:
    return Flow(sequence, time_ns, Decimal(cash))


def bought(quantity: str, price: str, *, day: int, sequence: int = 2, symbol: str = "SPY") -> Flow:
    cash = -Decimal(quantity) * Decimal(price)
    return Flow(sequence, day * DAY_NS, cash, symbol, Decimal(quantity), Decimal(price))


def book(**multipliers: int) -> Book:
    holdings = {symbol: Holding(symbol, multiplier=m) for symbol, m in multipliers.items()}
    return Book("p", "Paper", "USD", 0, holdings=holdings)


def test_equity_is_cash_and_holdings_at_every_close() -> None:
    flows = [deposit("1000"), bought("3", "100", day=1)]
    closes = [daily_closes("SPY", "101.50", "99", "110.01")]
    curve = equity_curve(book(), flows, closes, DAY_NS)
    assert (curve.scale, curve.equity) == (2, [100_450, 99_700, 103_003])
    assert curve.close_time_ns == [2 * DAY_NS - 1, 3 * DAY_NS - 1, 4 * DAY_NS - 1]


def test_a_deposit_by_a_later_clock_counts_before_the_fills_that_followed_it() -> None:
    flows = [deposit("1000", time_ns=WALL_CLOCK_NS), bought("3", "100", day=1)]
    curve = equity_curve(book(), flows, [daily_closes("SPY", "100", "101")], DAY_NS)
    assert curve.equity == [100_000, 100_300]


def test_a_curve_may_begin_before_the_first_fill() -> None:
    flows = [deposit("1000", time_ns=WALL_CLOCK_NS), bought("3", "100", day=3)]
    closes = [daily_closes("SPY", "90", "95", "101")]
    assert equity_curve(book(), flows, closes, DAY_NS).equity == [100_000, 100_000, 100_300]


def test_a_symbol_without_a_bar_that_day_keeps_its_last_close() -> None:
    flows = [
        deposit("1000"),
        bought("1", "100", day=1),
        bought("1", "50", day=1, sequence=3, symbol="QQQ"),
    ]
    closes = [daily_closes("SPY", "100", "110", "120"), daily_closes("QQQ", "51")]
    curve = equity_curve(book(), flows, closes, DAY_NS)
    assert curve.equity == [100_100, 101_100, 102_100]


def test_a_symbol_without_any_close_is_valued_at_its_last_fill() -> None:
    flows = [
        deposit("1000"),
        bought("1", "50", day=1, symbol="QQQ"),
        bought("1", "60", day=2, sequence=3, symbol="QQQ"),
    ]
    closes = [daily_closes("SPY", "1", "1"), daily_closes("QQQ")]
    assert equity_curve(book(), flows, closes, DAY_NS).equity == [100_000, 101_000]


def test_a_multiplier_counts() -> None:
    flows = [deposit("1000"), replace(bought("1", "10", day=1, symbol="ES"), cash=Decimal(-500))]
    curve = equity_curve(book(ES=50), flows, [daily_closes("ES", "11", "12")], DAY_NS)
    assert curve.equity == [105_000, 110_000]


def test_the_statistics_are_those_of_the_equity() -> None:
    curve = EquityCurve(2, [DAY_NS, 2 * DAY_NS, 3 * DAY_NS], [100_000, 110_000, 99_000], [0, 0, 0])
    expected = performance(np.array(curve.close_time_ns), np.array([1000.0, 1100.0, 990.0]))
    assert measure(curve, None).portfolio == expected


def test_cash_paid_in_is_no_return() -> None:
    curve = EquityCurve(2, [1, 2, 3], [100_000, 160_000, 176_000], [100_000, 50_000, 0])
    assert measure(curve, None).portfolio.total_return == pytest.approx(1.1 * 1.1 - 1)


def test_a_benchmark_is_held_over_the_same_closes() -> None:
    curve = EquityCurve(2, [2 * DAY_NS, 4 * DAY_NS], [100, 110], [0, 0])
    measured = measure(curve, daily_closes("SPX", "10", "11", "12", "13"))
    assert measured.benchmark is not None
    assert measured.benchmark.total_return == pytest.approx(12 / 10 - 1)


def test_a_curve_that_follows_its_benchmark_is_correlated_with_it() -> None:
    times = [2 * DAY_NS, 3 * DAY_NS, 4 * DAY_NS]
    up = measure(EquityCurve(2, times, [100, 110, 99], [0] * 3), daily_closes("X", "10", "11", "9"))
    down = measure(EquityCurve(2, times, [99, 90, 100], [0] * 3), daily_closes("X", "1", "2", "1"))
    assert up.correlation > 0.99
    assert down.correlation < 0


def test_a_benchmark_that_does_not_move_has_no_correlation() -> None:
    curve = EquityCurve(2, [2 * DAY_NS, 3 * DAY_NS, 4 * DAY_NS], [100, 110, 99], [0] * 3)
    assert measure(curve, daily_closes("X", "10", "10", "10")).correlation == 0.0


@pytest.mark.parametrize("equity", [[], [100_000]])
def test_fewer_than_two_closes_are_too_few(equity: list[int]) -> None:
    with pytest.raises(InsufficientDataError) as refusal:
        measure(EquityCurve(2, [DAY_NS] * len(equity), equity, [0] * len(equity)), None)
    assert refusal.value.metadata == {"bars": str(len(equity))}


def test_an_equity_that_was_lost_has_no_returns() -> None:
    with pytest.raises(InsufficientDataError, match="not positive"):
        measure(EquityCurve(2, [1, 2], [100_000, -1], [0, 0]), None)


def test_a_benchmark_that_begins_later_is_refused_by_name() -> None:
    curve = EquityCurve(2, [DAY_NS, 2 * DAY_NS], [100, 110], [0, 0])
    with pytest.raises(InsufficientDataError) as refusal:
        measure(curve, daily_closes("SPX", "10", first_day=1))
    assert refusal.value.metadata == {"symbol": "SPX"}
