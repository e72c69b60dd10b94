"""Options of all styles: what is wrong or unknown is refused by its name."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from tests.unit.bar.builders import (
    MINUTE_NS,
    SECOND_NS,
    metadata_of_refusal,
    quotes,
    small_bars,
    trades,
)

import algotrendy
from algotrendy.errors import DataValueError

HOUR_NS = 60 * MINUTE_NS


STYLES = (
    "time, tick, volume, dollar, range, renko, tick_imbalance, volume_imbalance, "
    "dollar_imbalance, heikin_ashi, line_break"
)


@pytest.mark.parametrize("style", ["candle", "Renko", "", "time "])
def test_an_unknown_style_is_refused_with_those_there_are(style: str) -> None:
    metadata = metadata_of_refusal(style)
    assert metadata == {"field": "style", "value": style, "expected": f"one of {STYLES}"}


@pytest.mark.parametrize("style", [None, 5, ["time"]])
def test_a_style_is_a_name(style: Any) -> None:
    assert metadata_of_refusal(style)["field"] == "style"


@pytest.mark.parametrize("style", ["time", "tick", "renko", "dollar_imbalance", "range"])
def test_an_unknown_option_is_refused_with_those_there_are(style: str) -> None:
    given = {"interval": "1m"} if style == "time" else {"size": 1}
    given = {"threshold": 1} if style == "dollar_imbalance" else given
    metadata = metadata_of_refusal(style, **given, colour="red")
    assert (metadata["field"], metadata["value"]) == ("colour", "red")
    known = metadata["expected"].split(", ")
    assert set(given) < set(known)
    assert {"columns", "sessions", "lateness", "faults", "label", "conditions"} < set(known)


@pytest.mark.parametrize(
    ("style", "option"),
    [
        ("tick", {"wicks": True}),
        ("renko", {"interval": "1m"}),
        ("time", {"size": 1, "interval": "1m"}),
        ("volume", {"trigger": "touch"}),
        ("tick", {"overshoot": "split"}),
        ("range", {"reversal": 2}),
    ],
)
def test_an_option_of_another_style_is_unknown(style: str, option: dict[str, Any]) -> None:
    given = option if "interval" in option and style == "time" else {"size": 1} | option
    assert metadata_of_refusal(style, **given)["field"] == next(iter(option))


WORDS = {
    "source": ("trades", "quotes", "bars"),
    "price": ("bid", "ask", "mid"),
    "closed": ("left", "right"),
    "label": ("open", "close"),
    "ids": ("window", "monotone"),
    "outside": ("drop", "keep", "raise"),
}


@pytest.mark.parametrize("option", WORDS)
@pytest.mark.parametrize("value", ["other", "", 1, True, ["left"], np.array([1, 2])])
def test_a_word_that_is_none_of_an_options_is_refused(option: str, value: Any) -> None:
    # An option is one only where it means something.
    others: dict[str, Any] = {
        "price": {"source": "quotes"},
        "outside": {"sessions": {"open_time": [0], "close_time": [9]}},
    }
    metadata = metadata_of_refusal("tick", size=1, **others.get(option, {}), **{option: value})
    assert metadata == {
        "field": option,
        "value": str(value),
        "expected": "one of " + ", ".join(map(repr, WORDS[option])),
    }


@pytest.mark.parametrize("value", ["yes", 1, 0, [True]])
def test_a_switch_is_true_or_false(value: Any) -> None:
    metadata = metadata_of_refusal("tick", size=1, allow_nonpositive_prices=value)
    assert metadata["field"] == "allow_nonpositive_prices"
    assert metadata["expected"] == "True or False"


FAULTS = ("invalid", "nonpositive_price", "zero_quantity", "duplicate", "crossed", "late")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("action", ["ignore", None, True, ["drop"]])
def test_an_unknown_action_on_a_fault_is_refused(fault: str, action: Any) -> None:
    metadata = metadata_of_refusal("tick", size=1, faults={fault: action})
    assert metadata == {
        "field": f"faults.{fault}",
        "value": str(action),
        "expected": "one of drop, keep, raise",
    }


@pytest.mark.parametrize("faults", [{"typo": "drop"}, {"outside": "drop"}, {1: "drop"}, "drop", []])
def test_unknown_faults_are_refused(faults: Any) -> None:
    assert metadata_of_refusal("tick", size=1, faults=faults)["field"] == "faults"


def test_an_invalid_tick_cannot_be_kept() -> None:
    metadata = metadata_of_refusal("tick", size=1, faults={"invalid": "keep"})
    assert (metadata["field"], metadata["value"]) == ("faults.invalid", "keep")


@pytest.mark.parametrize("action", ["drop", "keep", "raise"])
def test_each_action_does_what_it_says(action: str) -> None:
    table = trades(100, 101, quantity=np.array([1, 0]))
    if action == "raise":
        with pytest.raises(DataValueError) as refusal:
            algotrendy.bars(table, "tick", size=9, faults={"zero_quantity": action})
        assert refusal.value.metadata == {
            "fault": "zero_quantity",
            "time_ns": str(SECOND_NS),
            "index": "1",
        }
        return
    bars = algotrendy.bars(table, "tick", size=9, faults={"zero_quantity": action})
    assert bars.trade_count.tolist() == [2 if action == "keep" else 1]


DURATIONS = {
    "250ms": SECOND_NS // 4,
    "1s": SECOND_NS,
    "s": SECOND_NS,
    "90 s": 90 * SECOND_NS,
    "5m": 5 * MINUTE_NS,
    "1h": HOUR_NS,
    "1d": 24 * HOUR_NS,
    "7us": 7000,
    "3ns": 3,
    timedelta(minutes=5): 5 * MINUTE_NS,
    timedelta(microseconds=1): 1000,
}


@pytest.mark.parametrize("interval", DURATIONS, ids=str)
def test_an_interval_is_a_duration(interval: Any) -> None:
    bars = algotrendy.bars(trades(100), "time", interval=interval)
    assert bars.close_time_ns.tolist() == [DURATIONS[interval]]


@pytest.mark.parametrize("lateness", ["2s", timedelta(seconds=2), "2000ms"])
def test_lateness_is_a_duration(lateness: Any) -> None:
    stream = algotrendy.BarStream("tick", size=1, lateness=lateness)
    stream.push(2 * SECOND_NS, 1, 1)
    stream.push(0, 1, 1)
    assert stream.held["count"] == 1


def test_no_lateness_is_a_duration_too() -> None:
    assert len(algotrendy.BarStream("tick", size=1, lateness="0s").push(0, 1, 1)) == 1


WRONG_DURATIONS = [
    "1 minute",
    "1M",
    "-1m",
    "1.5h",
    "m1",
    "",
    "1y",
    60,
    60.0,
    True,
    timedelta(seconds=-1),
    "999999999999999d",
    "99999999999w",
    "99999999999999999999s",
    timedelta.max,
]


@pytest.mark.parametrize("duration", WRONG_DURATIONS, ids=str)
def test_what_is_no_duration_is_refused(duration: Any) -> None:
    for option, given in {"interval": {}, "lateness": {"interval": "1m"}}.items():
        metadata = metadata_of_refusal("time", **given | {option: duration})
        assert (metadata["field"], metadata["value"]) == (option, str(duration))
        assert metadata["expected"].startswith("a duration")


@pytest.mark.parametrize("lateness", ["1mo", "2mo"])
def test_lateness_has_a_fixed_length(lateness: str) -> None:
    metadata = metadata_of_refusal("tick", size=1, lateness=lateness)
    assert metadata["expected"] == "a duration of a fixed length"


@pytest.mark.parametrize("conditions", [5, "polygon", ["37"]])
def test_conditions_are_a_table(conditions: Any) -> None:
    metadata = metadata_of_refusal("tick", size=1, conditions=conditions)
    assert metadata["field"] == "conditions"


@pytest.mark.parametrize(
    "counts",
    [
        None,
        True,
        {},
        {"volume": True},
        {"high_low": True, "open_close": True, "volume": True, "other": True},
        {"high_low": True, "open_close": True, "volume": "yes"},
        {"high_low": True, "open_close": None, "volume": True},
    ],
)
def test_a_condition_counts_for_three_things(counts: Any) -> None:
    metadata = metadata_of_refusal("tick", size=1, conditions={"37": counts})
    assert metadata["field"] == "conditions['37']"


@pytest.mark.parametrize("price", ["bid", "ask", "mid"])
def test_a_quotes_price_is_chosen(price: str) -> None:
    bars = algotrendy.bars(quotes(100), "tick", size=1, price=price)
    assert bars.close.tolist() == {"bid": [100], "ask": [102], "mid": [1010]}[price]


@pytest.mark.parametrize("label", ["open", "close"])
def test_a_label_is_the_time_a_bar_opened_or_closed(label: str) -> None:
    bars = algotrendy.bars(trades(100), "time", interval="1m", label=label)
    assert bars.time_ns.tolist() == [0 if label == "open" else MINUTE_NS]
    assert bars[0].time_ns == bars.time_ns[0]


@pytest.mark.parametrize(
    ("style", "source", "options"),
    [
        ("volume", "quotes", {"size": 1}),
        ("dollar", "quotes", {"size": 1}),
        ("tick_imbalance", "quotes", {"threshold": 1}),
        ("volume_imbalance", "bars", {"threshold": 1}),
        ("range", "bars", {"size": 1, "gaps": True}),
        ("volume", "bars", {"size": 1, "overshoot": "split"}),
        ("dollar", "bars", {"size": 1, "overshoot": "split"}),
        ("heikin_ashi", "trades", {}),
        ("line_break", "quotes", {}),
        ("renko", "trades", {"size": "atr(14)"}),
    ],
)
def test_a_source_that_a_style_cannot_have_is_refused(
    style: str, source: str, options: dict[str, Any]
) -> None:
    table = {"trades": trades(1), "quotes": quotes(1), "bars": small_bars(1)}[source]
    metadata = metadata_of_refusal(style, table, source=source, **options)
    assert metadata["field"] == "source"
    assert metadata["value"].startswith(source)
