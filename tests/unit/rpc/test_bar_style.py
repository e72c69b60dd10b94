"""Styles of bars that a client asks for are those that the service makes."""

from datetime import timedelta
from typing import Any

import pytest

from algotrendy.errors import InvalidArgumentError
from algotrendy.market_data.bar_style import BarSource, BarStyle
from algotrendy.market_data.style_codec import decode_terms
from algotrendy.rpc.bar_style import encode_style

MINUTE = "60000000000ns"


def renko(**options: object) -> dict[str, object]:
    return {"style": "renko", "size": "0.5", **options}


@pytest.mark.parametrize(
    ("bars", "style"),
    [
        ("1m", BarStyle("time", {"interval": MINUTE})),
        (timedelta(minutes=1), BarStyle("time", {"interval": MINUTE})),
        ("2mo", BarStyle("time", {"interval": "2mo"})),
        (
            {"interval": "1d", "zone": "America/New_York", "empty": "flat"},
            BarStyle("time", {"interval": "1d", "zone": "America/New_York", "empty": "flat"}),
        ),
        (
            {"interval": "1w", "sessions": "XNYS", "outside": "raise", "closed": "right"},
            BarStyle(
                "time",
                {"interval": "1w", "sessions": "XNYS", "outside": "raise", "closed": "right"},
            ),
        ),
        ({"style": "tick", "size": 5}, BarStyle("tick", {"size": 5})),
        (
            {"style": "volume", "size": 1.5, "overshoot": "split"},
            BarStyle("volume", {"size": "1.5", "overshoot": "split"}),
        ),
        ({"style": "dollar", "size": "1e6"}, BarStyle("dollar", {"size": "1000000"})),
        (
            {"style": "range", "size": "10 ticks", "trigger": "exceed", "gaps": True},
            BarStyle("range", {"size": "10 ticks", "trigger": "exceed", "gaps": True}),
        ),
        (renko(), BarStyle("renko", {"size": "0.5"})),
        (renko(size="1%", anchor=100), BarStyle("renko", {"size": "1%", "anchor": "100"})),
        (
            renko(size="atr(14, 1m)", anchor="first", reversal=1, wicks="both", volume="spread"),
            BarStyle(
                "renko",
                {
                    "size": f"atr(14, {MINUTE})",
                    "anchor": "first",
                    "reversal": 1,
                    "wicks": "both",
                    "volume": "spread",
                },
            ),
        ),
        (renko(size="atr(14)", wicks=True), BarStyle("renko", {"size": "atr(14)", "wicks": True})),
        (renko(wicks=False), BarStyle("renko", {"size": "0.5", "wicks": False})),
        (
            {"style": "tick_imbalance", "threshold": 5, "sign": "side"},
            BarStyle("tick_imbalance", {"threshold": "5", "sign": "side"}),
        ),
        (
            {
                "style": "volume_imbalance",
                "expected_ticks": 10,
                "expected_imbalance": "0.5",
                "span": 5,
                "min_ticks": 2,
                "max_ticks": 20,
            },
            BarStyle(
                "volume_imbalance",
                {
                    "expected_ticks": 10.0,
                    "expected_imbalance": "0.5",
                    "span": 5,
                    "min_ticks": 2.0,
                    "max_ticks": 20.0,
                },
            ),
        ),
        ({"style": "heikin_ashi"}, BarStyle("heikin_ashi")),
        (
            {"style": "line_break", "lines": 2, "bars": "1m"},
            BarStyle("line_break", {"lines": 2}, of=BarStyle("time", {"interval": MINUTE})),
        ),
    ],
    ids=str,
)
def test_a_style_arrives_as_it_was_named(bars: object, style: BarStyle) -> None:
    assert decode_terms(encode_style(bars)).style == style


def test_what_bars_are_made_of_may_be_said() -> None:
    terms = decode_terms(encode_style({"interval": "1m", "source": "bars"}))
    assert terms.source is BarSource.BARS


@pytest.mark.parametrize(
    ("bars", "field", "match"),
    [
        ("1 fortnight", "interval", "a duration such as"),
        (5, "interval", "a duration such as"),
        ({}, "interval", "interval is missing"),
        ({"style": "point_and_figure"}, "style", "one of time, tick,"),
        ({"style": ["renko"]}, "style", "one of time, tick,"),
        ({"style": "renko"}, "size", "size is missing"),
        (renko(size="big"), "size", "a number"),
        (renko(size="1.5 ticks"), "size", "a whole number"),
        (renko(size="atr(0)"), "size", "1 to"),
        (renko(wicks="some"), "wicks", "False, True or 'both'"),
        (renko(wicks=[]), "wicks", "False, True or 'both'"),
        (renko(anchor="last"), "anchor", "a number"),
        (renko(reversal=0), "reversal", "1 to"),
        (renko(reversal=2**31), "reversal", "1 to"),
        (renko(lateness="1s"), "lateness", "renko bars of the service have no option lateness"),
        ({"interval": "1m", "zone": 1}, "zone", "an IANA name"),
        ({"interval": "1m", "sessions": ""}, "sessions", "an exchange's code"),
        ({"interval": "1m", "source": "quotes"}, "source", "one of 'ticks', 'bars'"),
        ({"interval": "1m", "outside": "perhaps"}, "outside", "'drop', 'keep', 'raise'"),
        ({"style": "range", "size": 1, "gaps": 1}, "gaps", "True or False"),
        ({"style": "volume_imbalance", "min_ticks": 0}, "min_ticks", "a positive number"),
        ({"style": "line_break", "bars": {"interval": "1m", "size": 1}}, "size", "time bars"),
    ],
    ids=str,
)
def test_a_style_that_the_contract_has_not_is_refused(bars: Any, field: str, match: str) -> None:
    with pytest.raises(InvalidArgumentError, match=match) as refusal:
        encode_style(bars)
    assert refusal.value.metadata["field"] == field
