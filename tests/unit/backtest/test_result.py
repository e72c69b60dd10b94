"""Where two runs' fills differ."""

from dataclasses import replace
from decimal import Decimal

import pytest

from algotrendy.backtest.result import compare_fills
from algotrendy.domain.fill import Fill
from algotrendy.domain.order import Side

FILL = Fill("SPY", Side.BUY, Decimal(5), Decimal("100.50"), Decimal("0.05"), 1000, order_id="a")
LATER = replace(FILL, side=Side.SELL, fill_time_ns=2000)


def test_equal_runs_have_no_difference_whatever_their_ids() -> None:
    other = replace(FILL, order_id="b", execution_id="x", client_order_id="y", strategy_id="z")
    assert compare_fills([FILL, LATER], [other, LATER]) == []


def test_numbers_are_compared_by_value() -> None:
    assert compare_fills([FILL], [replace(FILL, price=Decimal("100.5"))]) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("symbol", "QQQ"),
        ("side", Side.SELL),
        ("quantity", Decimal(6)),
        ("price", Decimal("100.51")),
        ("fee", Decimal("0.06")),
        ("fill_time_ns", 1001),
    ],
)
def test_every_kind_of_difference_is_found(field: str, value: object) -> None:
    other = replace(FILL, **{field: value})  # type: ignore[arg-type]  # Any field of Fill.
    (difference,) = compare_fills([FILL, LATER], [other, LATER])
    assert (difference.index, difference.field) == (0, field)
    assert str(difference) == f"fill 1: {field} is {getattr(FILL, field)} against {value}"


def test_a_missing_fill_is_found_on_either_side() -> None:
    (less,) = compare_fills([FILL], [FILL, LATER])
    (more,) = compare_fills([FILL, LATER], [FILL])
    assert str(less) == "fill 2: none against SELL 5 SPY at 100.50"
    assert str(more) == "fill 2: SELL 5 SPY at 100.50 against none"


def test_fills_of_one_moment_are_paired_by_symbol() -> None:
    other = replace(FILL, symbol="QQQ")
    assert compare_fills([FILL, other], [other, FILL]) == []
