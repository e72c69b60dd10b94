"""Styles of bars for the wire, as `algotrendy.bars` names them and `GetBars` takes them."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from google.protobuf.message import Message
from google.type.decimal_pb2 import Decimal as WireDecimal

from algotrendy.api.market_data.v1 import bar_style_pb2 as style_pb
from algotrendy.api.market_data.v1 import market_data_pb2
from algotrendy.api.market_data.v1.market_data_service_pb2 import GetBarsRequest
from algotrendy.bar.options import Options, decimal, duration, duration_ns, integer, refuse
from algotrendy.bar.styles import ATR, TICKS
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.enums import UNSPECIFIED
from algotrendy.rpc.time import encode_duration

_LARGEST_COUNT: Final = 2**31 - 1
_WICKS: Final[Mapping[object, style_pb.RenkoWicks.ValueType]] = {
    None: style_pb.RENKO_WICKS_UNSPECIFIED,
    False: style_pb.RENKO_WICKS_NONE,
    True: style_pb.RENKO_WICKS_AGAINST,
    "both": style_pb.RENKO_WICKS_BOTH,
}
_ANCHORS: Final = {
    "first": style_pb.RENKO_ANCHOR_FIRST,
    "floor": style_pb.RENKO_ANCHOR_FLOOR,
    "nearest": style_pb.RENKO_ANCHOR_NEAREST,
}


def encode_style(bars: object) -> GetBarsRequest:
    """Return a request for bars of a style, without its symbol and range.

    Parameters
    ----------
    bars : str, timedelta or mapping
        `"1m"`, or a style and its options, `{"style": "renko", "size": "10 ticks"}`: those of
        `algotrendy.bars` that the contract has. `source` is `"ticks"` or `"bars"`, and `bars` of
        Heikin-Ashi and line-break bars are the time bars they are of.

    Raises
    ------
    InvalidArgumentError
        For a style or an option that the contract has not; names the field.
    """
    options = _options(bars)
    style = options.take("style")
    style = "time" if style is None else style
    encode = _STYLES.get(style) if isinstance(style, str) else None
    if encode is None:
        refuse("style", style, "one of " + ", ".join(_STYLES))
    told: dict[str, Any] = {str(style): encode(options)}
    request = GetBarsRequest(
        **told,
        sessions=_text(options, "sessions", "an exchange's code such as 'XNYS'"),
        source=_word(options, "source", market_data_pb2.BarSource),
        outside=_word(options, "outside", style_pb.OutsideSessions),
        closed=_word(options, "closed", style_pb.ClosedSide),
    )
    options.finish(f"{style} bars of the service")
    return request


def _options(bars: object) -> Options:
    return Options(bars if isinstance(bars, Mapping) else {"interval": bars})


def _time(options: Options) -> style_pb.TimeBars:
    number, unit = duration("interval", options.need("interval", "a duration such as '1m'"))
    lengths = {"d": "days", "w": "weeks", "mo": "months"}
    length: dict[str, Any] = (
        {lengths[unit]: number} if unit in lengths else {"interval": encode_duration(number)}
    )
    return style_pb.TimeBars(
        **length,
        zone=_text(options, "zone", "an IANA name such as 'America/New_York'"),
        empty=_word(options, "empty", style_pb.EmptyIntervals),
    )


def _tick(options: Options) -> style_pb.TickBars:
    return style_pb.TickBars(size=integer("size", options.need("size", "a number of trades")))


def _volume(options: Options) -> style_pb.VolumeBars:
    return style_pb.VolumeBars(
        size=encode_decimal(decimal("size", options.need("size", "a volume"))),
        overshoot=_word(options, "overshoot", style_pb.Overshoot),
    )


def _dollar(options: Options) -> style_pb.DollarBars:
    return style_pb.DollarBars(
        size=encode_decimal(decimal("size", options.need("size", "an amount of quote currency"))),
        overshoot=_word(options, "overshoot", style_pb.Overshoot),
    )


def _range(options: Options) -> style_pb.RangeBars:
    return style_pb.RangeBars(
        **_distance(options.need("size", "a price or '10 ticks'")),
        trigger=_word(options, "trigger", style_pb.RangeTrigger),
        gaps=options.flag("gaps", default=False),
    )


def _renko(options: Options) -> style_pb.RenkoBars:
    wicks = options.take("wicks")
    if wicks not in tuple(_WICKS):
        refuse("wicks", wicks, "False, True or 'both'")
    return style_pb.RenkoBars(
        **_brick(options.need("size", "a price, '10 ticks', '1%' or 'atr(14, 1h)'")),
        **_anchor(options),
        reversal=_count(options, "reversal"),
        wicks=_WICKS[wicks],
        volume=_word(options, "volume", style_pb.RenkoVolume),
    )


def _brick(size: object) -> dict[str, Any]:
    atr = ATR.fullmatch(size) if isinstance(size, str) else None
    if atr is not None:
        interval = None if atr[2] is None else encode_duration(duration_ns("size", atr[2]))
        periods = _counted("size", atr[1])
        return {"size_atr": style_pb.AverageTrueRange(periods=periods, interval=interval)}
    if isinstance(size, str) and size.endswith("%"):
        return {"size_percent": encode_decimal(decimal("size", size[:-1]))}
    return _distance(size)


def _distance(size: object) -> dict[str, Any]:
    ticks = TICKS.fullmatch(size) if isinstance(size, str) else None
    if ticks is not None:
        return {"size_ticks": integer("size", ticks[1])}
    return {"size": encode_decimal(decimal("size", size))}


def _anchor(options: Options) -> dict[str, Any]:
    anchor = options.take("anchor")
    if anchor is None:
        return {}
    if isinstance(anchor, str) and anchor in _ANCHORS:
        return {"anchor_rule": _ANCHORS[anchor]}
    return {"anchor_price": encode_decimal(decimal("anchor", anchor))}


def _imbalance(options: Options) -> style_pb.ImbalanceBars:
    def number(name: str) -> float:
        value = options.take(name)
        return 0.0 if value is None else float(_positive(name, value))

    def amount(name: str) -> WireDecimal | None:
        value = options.take(name)
        return None if value is None else encode_decimal(decimal(name, value))

    return style_pb.ImbalanceBars(
        threshold=amount("threshold"),
        expected_ticks=number("expected_ticks"),
        expected_imbalance=amount("expected_imbalance"),
        span=_count(options, "span"),
        min_ticks=number("min_ticks"),
        max_ticks=number("max_ticks"),
        sign=_word(options, "sign", style_pb.ImbalanceSign),
    )


def _heikin_ashi(options: Options) -> style_pb.HeikinAshiBars:
    return style_pb.HeikinAshiBars(bars=_of(options))


def _line_break(options: Options) -> style_pb.LineBreakBars:
    return style_pb.LineBreakBars(lines=_count(options, "lines"), bars=_of(options))


def _of(options: Options) -> style_pb.TimeBars | None:
    given = options.take("bars")
    if given is None:
        return None
    own = _options(given)
    bars = _time(own)
    own.finish("the time bars of others")
    return bars


_STYLES: Final[Mapping[str, Callable[[Options], Message]]] = {
    "time": _time,
    "tick": _tick,
    "volume": _volume,
    "dollar": _dollar,
    "range": _range,
    "renko": _renko,
    "tick_imbalance": _imbalance,
    "volume_imbalance": _imbalance,
    "dollar_imbalance": _imbalance,
    "heikin_ashi": _heikin_ashi,
    "line_break": _line_break,
}


def _count(options: Options, name: str) -> int:
    value = options.take(name)
    return 0 if value is None else _counted(name, value)


def _counted(name: str, value: object) -> int:
    number = integer(name, value)
    # The wire has no more digits, and takes 0 as unset.
    if not 1 <= number <= _LARGEST_COUNT:
        refuse(name, value, f"1 to {_LARGEST_COUNT}")
    return number


def _positive(name: str, value: object) -> Decimal:
    number = decimal(name, value)
    if number <= 0:
        refuse(name, value, "a positive number")
    return number


def _text(options: Options, name: str, expected: str) -> str:
    value = options.take(name)
    if value is None:
        return ""
    if not isinstance(value, str) or not value:
        refuse(name, value, expected)
    return value


def _word(options: Options, name: str, enum: Any) -> Any:  # noqa: ANN401  # Any generated enum.
    """Return an enum's value by the library's word; unspecified where nothing was given."""
    prefix = enum.keys()[0].removesuffix(UNSPECIFIED)
    words = [each.removeprefix(prefix).lower() for each in enum.keys()[1:]]
    return enum.Value(prefix + options.choice(name, words, UNSPECIFIED).upper())
