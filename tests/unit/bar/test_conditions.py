"""Trade conditions: what prints count for, by their codes."""

from typing import Any

import numpy as np
import pytest
from tests.unit.bar.builders import (
    ALL,
    HIGH_LOW,
    NO_LAST,
    NOTHING,
    PRICE,
    SECOND_NS,
    TABLE,
    TRADE_STYLES,
    VOLUME,
    prices_of,
    report,
    trades,
)

import algotrendy
from algotrendy.errors import DataColumnsError, DataValueError

CARRIED = 64


def made(codes: list[str], *prices: int, style: str = "tick", **options: Any) -> algotrendy.Bars:
    """One bar of prints with 1, 2, 4, ... units, each with its code."""
    quantities = 2 ** np.arange(len(prices))
    table = trades(*prices, quantity=quantities, conditions=np.array(codes))
    given = options or {"size": 99}
    return algotrendy.bars(table, style, conditions=TABLE, **given)


def test_a_print_without_a_code_counts_for_everything() -> None:
    bars = made(["", ALL, ""], 10, 12, 11)
    assert prices_of(bars) == [10, 12, 10, 11]
    assert bars.volume.tolist() == [7]


def test_a_print_for_volume_alone_leaves_the_prices() -> None:
    bars = made([ALL, VOLUME, VOLUME], 10, 99, 1)
    assert prices_of(bars) == [10, 10, 10, 10]
    assert (bars.volume.tolist(), bars.trade_count.tolist()) == ([7], [3])
    assert bars.notional == [10 + 2 * 99 + 4 * 1]


def test_a_print_that_is_no_last_moves_high_and_low_alone() -> None:
    bars = made([ALL, NO_LAST, NO_LAST], 10, 12, 7)
    assert prices_of(bars) == [10, 12, 7, 10]
    assert bars.volume.tolist() == [7]


def test_a_print_for_price_alone_has_no_volume() -> None:
    bars = made([ALL, PRICE], 10, 12)
    assert prices_of(bars) == [10, 12, 10, 12]
    assert (bars.volume.tolist(), bars.notional) == ([1], [10])
    assert report(bars)["not_in_volume"] == {"count": 1, "volume": 2, "notional": 24}
    assert report(bars)["accepted"] == {"count": 2, "volume": 1, "notional": 10}


def test_a_print_for_high_and_low_alone_has_neither() -> None:
    bars = made([ALL, HIGH_LOW], 10, 12)
    assert prices_of(bars) == [10, 12, 10, 10]
    assert bars.volume.tolist() == [1]
    assert report(bars)["not_in_volume"]["volume"] == 2


def test_a_print_for_price_without_volume_has_no_side_either() -> None:
    table = trades(10, 12, side=np.array([1, -1]), conditions=np.array(["", PRICE]))
    bars = algotrendy.bars(table, "tick", size=2, conditions=TABLE)
    assert (bars.buy_volume.tolist(), bars.sell_volume.tolist()) == ([1], [0])


def test_a_print_that_counts_for_nothing_is_excluded() -> None:
    bars = made([ALL, NOTHING], 10, 12)
    assert (bars.trade_count.tolist(), bars.volume.tolist()) == ([1], [1])
    assert report(bars)["rejected"] == {"excluded": {"count": 1, "volume": 2, "notional": 24}}


@pytest.mark.parametrize(
    ("codes", "kept"),
    [
        ("A H", NO_LAST),
        ("H V", VOLUME),
        ("V P", NOTHING),
        ("H P", HIGH_LOW),
        ("A,H;V|A", VOLUME),
        (" V  ", VOLUME),
    ],
)
def test_of_several_codes_all_must_agree(codes: str, kept: str) -> None:
    for prices in ((10, 12), (10, 8)):
        bars, expected = made([ALL, codes], *prices), made([ALL, kept], *prices)
        assert list(bars) == list(expected)  # type: ignore[call-overload]
        assert report(bars) == report(expected)


@pytest.mark.parametrize("code", [VOLUME, NO_LAST, HIGH_LOW])
def test_before_any_price_is_known_a_print_that_is_no_last_is_unpriced(code: str) -> None:
    bars = made([code, ALL], 9, 10)
    assert prices_of(bars) == [10, 10, 10, 10]
    assert report(bars)["rejected"] == {"unpriced": {"count": 1, "volume": 1, "notional": 9}}
    assert bars.open_time_ns.tolist() == [SECOND_NS]


def test_a_bar_of_volume_alone_is_at_the_last_price_and_says_so() -> None:
    bars = made([ALL, VOLUME, ALL], 10, 99, 12, style="time", interval="1s")
    assert bars.close.tolist() == [10, 10, 12]
    assert (bars.flags & CARRIED).tolist() == [0, CARRIED, 0]
    assert bars.notional == [10, 198, 48]


def test_a_bar_with_one_price_is_not_carried() -> None:
    bars = made([ALL, VOLUME], 10, 99)
    assert (bars.flags & CARRIED).tolist() == [0]


@pytest.mark.parametrize("code", ["999", "a", "37 999", "A Q"])
def test_an_unknown_code_is_named(code: str) -> None:
    with pytest.raises(DataValueError) as refusal:
        made([ALL, code], 10, 12)
    assert refusal.value.metadata["column"] == "conditions"
    assert refusal.value.metadata["value"] in {f'"{part}"' for part in code.split()}


def test_an_unknown_code_changes_nothing_in_a_stream() -> None:
    stream = algotrendy.BarStream("tick", size=9, conditions=TABLE)
    before = stream.checkpoint()
    with pytest.raises(DataValueError):
        stream.push_many(trades(1, 2, conditions=np.array([ALL, "?"])))
    assert stream.checkpoint() == before


def test_conditions_need_their_column() -> None:
    with pytest.raises(DataColumnsError, match="column of the conditions"):
        algotrendy.bars(trades(1), "tick", size=1, conditions=TABLE)


def test_without_a_table_conditions_are_not_looked_at() -> None:
    bars = algotrendy.bars(trades(1, conditions=np.array(["?"])), "tick", size=1)
    assert bars.volume.tolist() == [1]


def walk() -> dict[str, Any]:
    """200 prints of a random walk with random codes, ids and sides."""
    random = np.random.default_rng(11)
    codes = random.choice([*TABLE, "", "A H", "H V", "V P"], 200)
    return trades(
        *(100 + np.cumsum(random.integers(-2, 3, 200))).tolist(),
        quantity=random.integers(0, 6, 200),
        side=random.integers(-1, 2, 200).astype(np.int8),
        conditions=codes,
    )


@pytest.mark.parametrize("style", TRADE_STYLES)
def test_all_volume_is_in_bars_or_in_the_report(style: str) -> None:
    name, options = TRADE_STYLES[style]
    table = walk()
    bars = algotrendy.bars(table, name, conditions=TABLE, **options)
    account = report(bars)
    rejected = account["rejected"].values()
    for amount, total in (
        ("volume", int(table["quantity"].sum())),
        ("notional", int((table["price"] * table["quantity"]).sum())),
    ):
        in_bars = sum(int(value) for value in getattr(bars, amount))
        assert in_bars == account["accepted"][amount]
        outside = sum(of[amount] for of in rejected) + account["not_in_volume"][amount]
        assert in_bars + outside == total
    assert bars.trade_count.sum() + sum(of["count"] for of in rejected) == 200
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()


@pytest.mark.parametrize("overshoot", ["whole", "split"])
def test_a_print_away_from_the_price_fills_dollar_bars_by_what_it_paid(overshoot: str) -> None:
    # 10, then two units at 50: one of them reaches 40, the other fills a bar of its own.
    bars = made([ALL, VOLUME], 10, 50, style="dollar", size=40, overshoot=overshoot)
    assert sum(bars.notional) == 110
    assert bars.close.tolist() == [10] * len(bars)
    assert bars.volume.sum() == 3
    assert len(bars) == (1 if overshoot == "whole" else 2)
