"""Styles and their parameters: from what a person writes to what the core takes, in units."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from algotrendy._core import check_zone
from algotrendy.bar.options import (
    Options,
    count,
    decimal,
    duration,
    duration_ns,
    integer,
    refuse,
    units,
)
from algotrendy.errors import InvalidArgumentError

_DAY_NS: Final = 86_400_000_000_000
_LARGEST_NOTIONAL: Final = 2**127 - 1
ATR: Final = re.compile(r"atr\(\s*(\d+)\s*(?:,\s*([0-9a-z]+)\s*)?\)")
TICKS: Final = re.compile(r"(\S+)\s+ticks?")

Spec = dict[str, Any]


@dataclass(frozen=True)
class Scales:
    """What numbers are in: digits after the point of bars' prices and quantities, and the tick."""

    price: int
    quantity: int
    tick_size: Decimal

    def price_units(self, field: str, value: object) -> int:
        """Return a distance in units: a price, or a number of ticks."""
        ticks = TICKS.fullmatch(value) if isinstance(value, str) else None
        if ticks is not None:
            return units(field, decimal(field, ticks[1]) * self.tick_size, self.price)
        return units(field, decimal(field, value), self.price)

    def quantity_units(self, field: str, value: object) -> int:
        """Return a quantity in units."""
        return units(field, decimal(field, value), self.quantity)

    def notional_units(self, field: str, value: object) -> int:
        """Return an amount of quote currency in units."""
        scale = self.price + self.quantity
        return units(field, decimal(field, value), scale, largest=_LARGEST_NOTIONAL)


@dataclass(frozen=True)
class Sessions:
    """Sessions as the core takes them."""

    open_times_ns: list[int]
    close_times_ns: list[int]

    def spec(self, closed: str) -> Spec:
        """Return the table for intervals closed on one side."""
        return {
            "open_times_ns": self.open_times_ns,
            "close_times_ns": self.close_times_ns,
            "closed": closed,
        }


def style_spec(
    style: str, options: Options, scales: Scales, sessions: Sessions | None, closed: str
) -> Spec:
    """Return a style as the core takes it.

    Raises
    ------
    InvalidArgumentError
        For an unknown style, and for a parameter that it cannot have; names the field.
    """
    if style == "time":
        return {"time": _time(options, sessions, closed)}
    build = _STYLES.get(style)
    if build is None:
        refuse("style", style, "one of time, " + ", ".join(_STYLES))
    return build(options, scales)


def _time(options: Options, sessions: Sessions | None, closed: str) -> Spec:
    number, unit = duration("interval", options.need("interval", "a duration such as '1m'"))
    zone = options.take("zone")
    if zone is not None:
        if not isinstance(zone, str):
            refuse("zone", zone, "an IANA name such as 'America/New_York'")
        check_zone(zone)
    day_start = options.take("day_start")
    empty = options.choice("empty", ("omit", "flat", "null"), "omit")
    return {
        "grid": _grid(number, unit, _zone(zone, day_start), sessions, closed),
        "closed": closed,
        "empty": empty,
    }


def _zone(zone: str | None, day_start: object) -> Spec | None:
    if day_start is None:
        return None if zone is None else {"name": zone}
    match = (
        re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", day_start)
        if isinstance(day_start, str)
        else None
    )
    if match is None:
        refuse("day_start", day_start, "a local time such as '17:00'")
    return {"name": zone or "UTC", "day_start_minutes": int(match[1]) * 60 + int(match[2])}


def _grid(count: int, unit: str, zone: Spec | None, sessions: Sessions | None, closed: str) -> Spec:
    if sessions is not None and (unit == "ns" or (unit, count) == ("d", 1)):
        interval_ns = count if unit == "ns" else None
        return {"in_sessions": {"interval_ns": interval_ns, "sessions": sessions.spec(closed)}}
    local = zone or {"name": "UTC"}
    if unit == "mo":
        return {"months": {"count": count, "zone": local}}
    if unit == "w":
        return {"weeks": {"count": count, "zone": local}}
    if unit == "d" and zone is not None:
        return {"days": {"count": count, "zone": zone}}
    interval_ns = count * _DAY_NS if unit == "d" else count
    if zone is not None:
        return {"in_days": {"interval_ns": interval_ns, "zone": zone}}
    return {"fixed": {"interval_ns": interval_ns, "offset_ns": 0}}


def _tick(options: Options, _scales: Scales) -> Spec:
    size = integer("size", options.need("size", "a number of trades"))
    return {"tick": {"size": size}}


def _volume(options: Options, scales: Scales) -> Spec:
    size = scales.quantity_units("size", options.need("size", "a volume"))
    return {"volume": {"size": size, "overshoot": _overshoot(options)}}


def _dollar(options: Options, scales: Scales) -> Spec:
    size = scales.notional_units("size", options.need("size", "an amount of quote currency"))
    return {"dollar": {"size": size, "overshoot": _overshoot(options)}}


def _overshoot(options: Options) -> str:
    return options.choice("overshoot", ("whole", "split"), "whole")


def _range(options: Options, scales: Scales) -> Spec:
    return {
        "range": {
            "size": scales.price_units("size", options.need("size", "a price or '10 ticks'")),
            "trigger": options.choice("trigger", ("touch", "exceed"), "touch"),
            "gaps": options.flag("gaps", default=False),
        }
    }


def _renko(options: Options, scales: Scales) -> Spec:
    return {
        "renko": {
            "size": _brick_size(options, scales),
            "anchor": _anchor(options, scales),
            "reversal": _reversal(options),
            "wicks": _wicks(options),
            "volume": options.choice("volume", ("first", "spread"), "first"),
        }
    }


def _brick_size(options: Options, scales: Scales) -> Spec:
    expected = "a price, '10 ticks', '1%' or 'atr(14, 1h)'"
    size = options.need("size", expected)
    if isinstance(size, str):
        if (match := ATR.fullmatch(size)) is not None:
            interval = None if match[2] is None else duration_ns("size", match[2])
            periods = count("size", match[1])
            return {"atr": {"periods": periods, "interval_ns": interval}}
        if size.endswith("%"):
            # The core counts shares of the price in units of 10^-18.
            return {"share": {"share": units("size", decimal("size", size[:-1]), 16)}}
    return {"fixed": {"size": scales.price_units("size", size)}}


def _anchor(options: Options, scales: Scales) -> object:
    anchor = options.take("anchor")
    if anchor in (None, "first", "floor", "nearest"):
        return anchor or "first"
    expected = "'first', 'floor', 'nearest', or a price in whole units"
    try:
        return {"price": integer("anchor", decimal("anchor", anchor).scaleb(scales.price))}
    except InvalidArgumentError:
        refuse("anchor", anchor, expected)


def _reversal(options: Options) -> str:
    reversal = options.take("reversal")
    # Tuples, because what is no option may have no hash.
    if reversal not in (None, 1, 2):
        refuse("reversal", reversal, "1 or 2 bricks")
    return "one_brick" if reversal == 1 else "two_bricks"


def _wicks(options: Options) -> str:
    wicks = options.take("wicks")
    if wicks is None or wicks is False:
        return "none"
    if wicks is True:
        return "against"
    if wicks != "both":
        refuse("wicks", wicks, "False, True or 'both'")
    return "both"


def _imbalance(measure: str) -> Callable[[Options, Scales], Spec]:
    def build(options: Options, scales: Scales) -> Spec:
        scale = {
            "ticks": 0,
            "volume": scales.quantity,
            "notional": scales.price + scales.quantity,
        }[measure]
        return {
            "imbalance": {
                "measure": measure,
                "sign": options.choice("sign", ("tick_rule", "side"), "tick_rule"),
                "threshold": _threshold(options, scale),
            }
        }

    return build


def _threshold(options: Options, scale: int) -> Spec:
    threshold = options.take("threshold")
    if threshold is not None:
        fixed = units(
            "threshold", decimal("threshold", threshold), scale, largest=_LARGEST_NOTIONAL
        )
        return {"fixed": {"threshold": fixed}}
    expected = "a number, where there is no fixed threshold"
    ticks = float(decimal("expected_ticks", options.need("expected_ticks", expected)))
    imbalance = decimal("expected_imbalance", options.need("expected_imbalance", expected))
    span, fewest, most = (options.take(name) for name in ("span", "min_ticks", "max_ticks"))
    return {
        "adaptive": {
            "expected_ticks": ticks,
            "expected_imbalance": float(imbalance.scaleb(scale)),
            "span": 20 if span is None else count("span", span),
            "min_ticks": ticks / 10 if fewest is None else float(decimal("min_ticks", fewest)),
            "max_ticks": ticks * 10 if most is None else float(decimal("max_ticks", most)),
        }
    }


def _heikin_ashi(_options: Options, _scales: Scales) -> Spec:
    return {"heikin_ashi": {}}


def _line_break(options: Options, _scales: Scales) -> Spec:
    lines = options.take("lines")
    return {"line_break": {"lines": 3 if lines is None else count("lines", lines)}}


_STYLES: Final[Mapping[str, Callable[[Options, Scales], Spec]]] = {
    "tick": _tick,
    "volume": _volume,
    "dollar": _dollar,
    "range": _range,
    "renko": _renko,
    "tick_imbalance": _imbalance("ticks"),
    "volume_imbalance": _imbalance("volume"),
    "dollar_imbalance": _imbalance("notional"),
    "heikin_ashi": _heikin_ashi,
    "line_break": _line_break,
}
