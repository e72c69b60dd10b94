"""Every style's own options, right and wrong."""

from typing import Any

import numpy as np
import pytest
from tests.unit.bar.builders import SECOND_NS, metadata_of_refusal, small_bars, trades

import algotrendy
from algotrendy.errors import InvalidArgumentError

# A style, its other options, and for each option values that it cannot have.
NOT_A_SIZE = [0, -1, "0", "-5", "many", "", float("nan"), "inf", True, [1], {}, 10**30, "1e400"]
NOT_A_SHARE = ["0%", "-1%", "x%", "%", "1000%", "1e-17%"]
NOT_A_RANGE = [
    *("atr", "atr()", "atr(x)", "atr(-1, 1h)", "atr(0, 1h)", "atr(99999999999, 1h)"),
    *("atr(14, 0s)", "atr(14, 1mo)", "atr(14, 1h, 2)", "ATR(14, 1h)"),
]
WRONG: dict[str, tuple[dict[str, Any], dict[str, list[Any]]]] = {
    "time": (
        {"interval": "1m"},
        {
            "empty": ["skip", True, 0],
            "closed": ["both"],
            "zone": [5, True, "Mars/Olympus", "", "EST5EDT6"],
            "day_start": ["25:00", "12:60", "9:30", "0930", 930, "", "17:00:00"],
        },
    ),
    "tick": ({}, {"size": [*NOT_A_SIZE, 1.5, "2.5"]}),
    "volume": (
        {"size": 1},
        {"size": [*NOT_A_SIZE, 0.5], "overshoot": ["carry", True]},
    ),
    "dollar": (
        {"size": 1},
        {"size": [size for size in NOT_A_SIZE if size != 10**30] + [10**45, 0.5]},
    ),
    "range": (
        {"size": 1},
        {
            "size": [*NOT_A_SIZE, 0.5, "0 ticks", "-1 tick", "x ticks", "ticks", "1%"],
            "trigger": ["cross", True],
            "gaps": ["yes", 1, None.__class__],
        },
    ),
    "renko": (
        {"size": 1},
        {
            "size": [*NOT_A_SIZE, 0.5, "0.5 ticks", *NOT_A_SHARE, *NOT_A_RANGE],
            "anchor": ["last", 0.5, "x", [1], True, 10**30, float("nan")],
            "reversal": [0, 3, -1, "2", 1.5, [2]],
            "wicks": ["none", "true", 2, [True], {}],
            "volume": ["last", True],
        },
    ),
    "tick_imbalance": (
        {"threshold": 1},
        {"threshold": [*NOT_A_SIZE[:-2], 10**60, 1.5], "sign": ["quote", True]},
    ),
    "volume_imbalance": ({"threshold": 1}, {"threshold": [0, -1, 0.5, "x"]}),
    "dollar_imbalance": ({"threshold": 1}, {"threshold": [0, -1, 0.5, "x"]}),
}
ADAPTIVE: dict[str, list[Any]] = {
    "expected_ticks": [0, -1, "x", "nan", True, "1e400"],
    "expected_imbalance": [0, -1, "x", "inf", [1]],
    "span": [0, -1, 1.5, "x", 10**20],
    "min_ticks": [0, -1, "x", 1000],
    "max_ticks": [0, -1, "x", "inf"],
}
CASES = [
    (style, option, value)
    for style, (_, options) in WRONG.items()
    for option, values in options.items()
    for value in values
]


@pytest.mark.parametrize(("style", "option", "value"), CASES, ids=str)
def test_a_wrong_value_is_refused_by_name(style: str, option: str, value: Any) -> None:
    metadata = metadata_of_refusal(style, **WRONG[style][0] | {option: value})
    assert metadata["field"] == option
    assert set(metadata) == {"field", "value", "expected"}


@pytest.mark.parametrize(
    ("option", "value"),
    [(option, value) for option, values in ADAPTIVE.items() for value in values],
    ids=str,
)
def test_a_wrong_expectation_is_refused_by_name(option: str, value: Any) -> None:
    given = {"expected_ticks": 10, "expected_imbalance": 1, option: value}
    metadata = metadata_of_refusal("tick_imbalance", **given)
    # The least that is expected may be what contradicts the most.
    assert metadata["field"] in ({option, "min_ticks"} if option == "max_ticks" else {option})


@pytest.mark.parametrize("lines", [0, -1, 1001, 1.5, "x", 10**20, True])
def test_a_wrong_number_of_lines_is_refused(lines: Any) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(small_bars(1, 2), "line_break", lines=lines)
    assert refusal.value.metadata["field"] == "lines"


@pytest.mark.parametrize(
    ("style", "option"),
    [
        ("time", "interval"),
        ("tick", "size"),
        ("volume", "size"),
        ("dollar", "size"),
        ("range", "size"),
        ("renko", "size"),
        ("tick_imbalance", "expected_ticks"),
    ],
)
def test_what_a_style_needs_is_named(style: str, option: str) -> None:
    metadata = metadata_of_refusal(style)
    assert (metadata["field"], metadata["value"]) == (option, "missing")


def test_an_adaptive_threshold_needs_both_expectations() -> None:
    metadata = metadata_of_refusal("tick_imbalance", expected_ticks=10)
    assert (metadata["field"], metadata["value"]) == ("expected_imbalance", "missing")


def test_a_threshold_is_fixed_or_adaptive() -> None:
    metadata = metadata_of_refusal("tick_imbalance", threshold=1, expected_ticks=10)
    assert metadata["field"] == "expected_ticks"


@pytest.mark.parametrize("interval", ["0s", "0m", "0d", "0w", "0mo"])
def test_an_interval_is_not_empty(interval: str) -> None:
    assert metadata_of_refusal("time", interval=interval)["field"] == "interval"


@pytest.mark.parametrize("interval", ["25h", "1441m"])
def test_an_interval_within_local_days_is_at_most_a_day(interval: str) -> None:
    metadata = metadata_of_refusal("time", interval=interval, zone="Europe/Paris")
    assert (metadata["field"], metadata["expected"]) == ("interval", "at most a day")


SIZES = [("2", "8 ticks"), (2.0, "2.00"), (0.5, "2 ticks"), ("0.25", "1 tick"), (1.5, "6 ticks")]


@pytest.mark.parametrize(("size", "same"), SIZES, ids=str)
@pytest.mark.parametrize("style", ["range", "renko"])
def test_a_size_is_a_price_or_a_number_of_ticks(style: str, size: Any, same: str) -> None:
    table = trades(100.0, 102.5, 98.25, 99.0, 101.75)
    bars = [algotrendy.bars(table, style, size=given, tick_size="0.25") for given in (size, same)]
    assert len(bars[0]) > 1
    assert bars[0].close.tolist() == bars[1].close.tolist()


def test_a_tick_is_a_unit_where_nothing_names_it() -> None:
    bars = algotrendy.bars(trades(1.00, 1.02, 1.05), "renko", size="2 ticks")
    assert bars.close.tolist() == [1.02, 1.04]


@pytest.mark.parametrize("size", ["0.125", 0.001, "0.5 ticks", "1.0001"])
def test_a_size_finer_than_the_unit_is_refused(size: Any) -> None:
    metadata = metadata_of_refusal("renko", trades(100.25), size=size, tick_size="0.25")
    assert metadata["field"] == "size"
    assert metadata["expected"] == "a positive multiple of 0.01"


def test_a_percentage_is_of_the_last_close() -> None:
    bars = algotrendy.bars(trades(100.0, 103.05, 90.0), "renko", size="1%", price_scale=2)
    assert bars.close.tolist()[:3] == [101.0, 102.01, 103.03]
    assert bars.close[-1] <= bars.close[-2]


def test_an_average_true_range_needs_its_intervals_first() -> None:
    prices = [100, 104, 100, 104, 100, 130]
    table = trades(*prices, time=np.arange(6) * SECOND_NS)
    bars = algotrendy.bars(table, "renko", size="atr(2, 2s)")
    # Two true ranges of 4: the first brick is 4 high, from the first price.
    assert (bars.open[0], bars.close[0]) == (100, 104)
    assert set(np.abs(bars.close - bars.open).tolist()[:-1]) == {4}
    for spelling in ("atr(2,2s)", "atr( 2 , 2s )"):
        same = algotrendy.bars(table, "renko", size=spelling)
        assert same.close.tolist() == bars.close.tolist()


def test_an_average_true_range_may_be_of_bars() -> None:
    bars = algotrendy.bars(small_bars(100, 104, 100, 104, 120), "renko", size="atr(2)")
    assert len(bars) > 1


@pytest.mark.parametrize(
    ("anchor", "first"), [("first", 103), ("floor", 100), ("nearest", 105), (101, 101), ("99", 99)]
)
def test_the_first_brick_starts_at_the_anchor(anchor: Any, first: int) -> None:
    bars = algotrendy.bars(trades(103, 120), "renko", size=5, anchor=anchor)
    assert bars.open[0] == first


@pytest.mark.parametrize("anchor", ["floor", "nearest"])
@pytest.mark.parametrize("size", ["1%", "atr(2, 1s)"])
def test_a_size_that_changes_has_no_multiples(anchor: str, size: str) -> None:
    assert metadata_of_refusal("renko", size=size, anchor=anchor)["field"] == "anchor"
