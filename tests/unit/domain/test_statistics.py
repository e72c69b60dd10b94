import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.statistics import (
    YEAR_NS,
    cagr,
    drawdown,
    max_drawdown,
    performance,
    sharpe_ratio,
)

curves = st.lists(st.floats(1.0, 1e6), min_size=2, max_size=50).map(np.array)


@given(curve=curves)
def test_the_drawdown_is_the_largest_loss_over_all_pairs_of_bars(curve: np.ndarray) -> None:
    naive = max(
        1 - curve[later] / curve[earlier]
        for earlier in range(len(curve))
        for later in range(earlier, len(curve))
    )
    assert max_drawdown(curve) == pytest.approx(naive, abs=1e-12)
    assert (drawdown(curve) >= 0).all()


def test_money_that_doubles_in_two_years_grows_by_the_square_root_of_two() -> None:
    times = np.array([0, 2 * YEAR_NS])
    assert cagr(times, np.array([1.0, 2.0])) == pytest.approx(2**0.5 - 1, abs=1e-12)


def test_returns_that_do_not_vary_have_no_sharpe_ratio() -> None:
    assert sharpe_ratio(np.zeros(10)) == 0.0
    assert sharpe_ratio(np.array([0.1])) == 0.0


@given(curve=curves)
def test_performance_is_the_same_in_any_unit_of_money(curve: np.ndarray) -> None:
    times = np.arange(len(curve)) * YEAR_NS // 252
    ours, scaled = performance(times, curve), performance(times, curve * 4.0)
    assert ours == scaled


@pytest.mark.parametrize("function", ["max_drawdown", "sharpe_ratio"])
def test_ratios_agree_with_the_reference_cases(oracle_data: Path, function: str) -> None:
    """empyrical's own cases: a drawdown counts from the starting value 1, as a negative number."""
    document = json.loads((oracle_data / "reference/empyrical/metric_cases.json").read_text())
    compared = 0
    for case in document["cases"]:
        if case["function"] != function or isinstance(case["expected"], str):
            continue
        series = document["series"][case["args"][0]["ref"]]["values"]
        # Numbers beyond float64 and gaps are told as text and null; our curves have none.
        if len(series) < 2 or len(case["args"]) > 1 or not all(map(_is_number, series)):
            continue
        returns = np.array(series, dtype=float)
        if function == "sharpe_ratio":
            assert sharpe_ratio(returns) == pytest.approx(case["expected"], abs=1e-8)
        else:
            curve = np.concatenate(([1.0], np.cumprod(1 + returns)))
            assert max_drawdown(curve) == pytest.approx(-case["expected"], abs=1e-8)
        compared += 1
    assert compared >= 2


def _is_number(value: object) -> bool:
    return isinstance(value, float | int)


@given(curve=curves, closes=st.integers(1, 6))
def test_closes_within_a_day_change_neither_sharpe_ratio_nor_volatility(
    curve: np.ndarray, closes: int
) -> None:
    days = (np.arange(len(curve)) + 1) * DAY_NS
    expected = performance(days, curve)
    # More closes in each day, the last of them at midnight, which still belongs to the day.
    times = (days[:, np.newaxis] - np.arange(closes)[::-1] * (DAY_NS // closes)).ravel()
    within = np.repeat(curve, closes)
    within[np.arange(len(within)) % closes != closes - 1] += 7.0
    found = performance(times, within)
    assert found.sharpe_ratio == expected.sharpe_ratio
    assert found.volatility == expected.volatility
