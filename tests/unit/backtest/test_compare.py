"""Two runs trade by trade: nothing that differs is missed, and each difference has its kind."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.backtest.builders import Trade, crossing, result

from algotrendy.backtest.compare import Comparison, Kind, compare
from algotrendy.backtest.result import Result
from algotrendy.backtest.result_report import fills_of
from algotrendy.errors import DataFileError, InvalidArgumentError

CLOSES = [100_00] * 12
TRADES = [
    Trade(1, "BUY", 10, 100_00, fee=10),
    Trade(3, "SELL", 10, 101_00, fee=10),
    Trade(5, "BUY", 20, 99_00, fee=20),
    Trade(8, "SELL", 20, 98_00, fee=20),
]


def run(*trades: Trade) -> Result:
    return result({"SPY": CLOSES, "QQQ": CLOSES}, trades)


def changed(place: int, **changes: Any) -> Result:
    return run(*(replace(t, **changes) if n == place else t for n, t in enumerate(TRADES)))


def kinds(comparison: Comparison) -> list[str]:
    return [f"{each.kind}:{each.field}" for each in comparison.differences]


def test_a_run_is_identical_to_itself() -> None:
    same = compare(run(*TRADES), run(*TRADES))
    assert same.is_identical
    assert str(same) == "Identical: 4 trades of the first, 4 of the second."
    assert len(same.table()) == 0


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (changed(2, price=99_01), ["price:price"]),
        (changed(2, quantity=21), ["size:quantity"]),
        (changed(2, fee=21), ["fee:fee"]),
        (changed(2, bar=6), ["timing:decide_time_ns"]),
        (
            changed(2, bar=6, price=99_02, fee=19),
            ["timing:decide_time_ns", "price:price", "fee:fee"],
        ),
        (changed(2, side="SELL"), ["signal:trade", "signal:trade"]),
        (changed(2, symbol="QQQ"), ["signal:trade", "signal:trade"]),
        (run(*TRADES[:3]), ["signal:trade"]),
        (run(TRADES[0], TRADES[1], TRADES[3]), ["signal:trade"]),
        (run(*TRADES, Trade(9, "BUY", 1, 98_00)), ["signal:trade"]),
    ],
)
def test_every_kind_of_difference_is_found_and_named(other: Result, expected: list[str]) -> None:
    assert kinds(compare(run(*TRADES), other)) == expected
    assert sorted(kinds(compare(other, run(*TRADES)))) == sorted(expected)


def test_a_trade_that_one_run_lacks_does_not_shift_the_others() -> None:
    comparison = compare(run(*TRADES), run(*TRADES[1:]))
    (difference,) = comparison.differences
    assert difference.second is None
    assert str(difference) == (
        "signal  2020-01-02 08:59:59.999999999  SPY  only in the first: BUY 10 SPY at 100"
    )


def test_a_comparison_counts_and_lists_the_oldest_first() -> None:
    comparison = compare(run(*TRADES), changed(1, price=101_01), first_name="a", second_name="b")
    assert comparison.count("price") == 1
    assert str(comparison) == (
        "4 trades of a, 4 of b: 1 difference (signal 0, timing 0, size 0, price 1, fee 0),"
        " the oldest first.\n"
        "  price   2020-01-04 08:59:59.999999999  SPY  SELL price 101 against 101.01"
    )
    (row,) = comparison.table().select(["kind", "field", "first", "second"]).to_pylist()
    assert row == {"kind": "price", "field": "price", "first": "101", "second": "101.01"}


def test_many_differences_are_counted_and_the_first_listed() -> None:
    comparison = compare(crossing(900), crossing(900, seed=8))
    text = str(comparison)
    assert text.count("\n") == 21
    assert text.endswith(f"and {len(comparison.differences) - 20:,} more")


def test_saved_results_are_compared(tmp_path: Path) -> None:
    run(*TRADES).save(tmp_path / "a")
    assert compare(tmp_path / "a", str(tmp_path / "a")).is_identical
    with pytest.raises(DataFileError):
        compare(tmp_path / "a", tmp_path / "b")


def test_fills_alone_are_compared_with_a_result() -> None:
    whole = run(*TRADES)
    fills = fills_of(whole, ["SPY"])
    assert compare(whole, fills).is_identical
    later = [replace(fill, fill_time_ns=fill.fill_time_ns + 1) for fill in fills]
    assert kinds(compare(whole, later)) == ["timing:fill_time_ns"] * 4


def test_fills_of_one_order_count_together() -> None:
    fills = fills_of(run(*TRADES), ["SPY"])
    half = replace(fills[0], quantity=Decimal(5), fee=Decimal("0.05"))
    assert compare([half, half, *fills[1:]], fills).is_identical
    uneven = replace(half, price=half.price + 1)
    (difference,) = compare([half, uneven, *fills[1:]], fills).differences
    assert (difference.kind, str(difference)[-27:]) == (Kind.PRICE, "BUY price 100.5 against 100")


def test_what_is_no_run_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="second is int; expected a Result"):
        compare([], 3)  # type: ignore[arg-type]  # On purpose.


trades = st.lists(
    st.builds(
        Trade,
        bar=st.integers(1, 11),
        side=st.sampled_from(["BUY", "SELL"]),
        quantity=st.integers(1, 3),
        price=st.integers(99_00, 101_00),
        symbol=st.sampled_from(["SPY", "QQQ"]),
        fee=st.integers(0, 2),
    ),
    max_size=8,
    unique_by=lambda trade: (trade.symbol, trade.bar),
).map(lambda listed: sorted(listed, key=lambda trade: trade.bar))


@given(trades, trades)
def test_two_runs_are_identical_exactly_if_their_trades_are(
    first: list[Trade], second: list[Trade]
) -> None:
    def by_symbol(listed: list[Trade]) -> list[Trade]:
        return sorted(listed, key=lambda trade: (trade.symbol, trade.bar))  # Stable.

    comparison = compare(run(*first), run(*second))
    assert comparison.is_identical == (by_symbol(first) == by_symbol(second))
    assert comparison.trade_counts == (len(first), len(second))
