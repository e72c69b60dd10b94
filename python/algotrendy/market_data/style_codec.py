"""Styles of bars from the wire, and the bars made of them back on it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn, cast

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message

from algotrendy.api.market_data.v1 import (
    bar_style_pb2,
    market_data_pb2,
    market_data_service_pb2,
)
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.money import from_units
from algotrendy.errors import InvalidArgumentError
from algotrendy.market_data.bar_style import (
    DEFAULT_BAR_COUNT,
    BarSource,
    BarStyle,
    BarTerms,
    StyledBars,
    within,
)
from algotrendy.rpc.decimal import encode_decimal, parse_decimal
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.time import decode_optional_duration, decode_optional_time

_SOURCES: Final = {
    market_data_pb2.BAR_SOURCE_UNSPECIFIED: None,
    market_data_pb2.BAR_SOURCE_TICKS: BarSource.TICKS,
    market_data_pb2.BAR_SOURCE_BARS: BarSource.BARS,
}
_WIRE_SOURCES: Final = {source: wire for wire, source in _SOURCES.items() if source is not None}
_WIRE_REASONS: Final = {
    name.removeprefix("BAR_CLOSE_REASON_"): reason
    for name, reason in market_data_pb2.BarCloseReason.items()
}
_WICKS: Final = {"none": False, "against": True, "both": "both"}
_STORED: Final = ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume")

Options = dict[str, object]


def decode_terms(request: market_data_service_pb2.GetBarsRequest) -> BarTerms:
    """Return which bars are asked for."""
    if request.source not in _SOURCES:
        _refuse("source", request.source, "a source of bars")
    return BarTerms(
        symbol=request.symbol,
        start_time_ns=decode_optional_time(request, "start_time"),
        end_time_ns=decode_optional_time(request, "end_time"),
        limit=request.limit or DEFAULT_BAR_COUNT,
        style=_decode_style(request),
        source=_SOURCES[request.source],
    )


def encode_bars(bars: BarColumns | StyledBars) -> market_data_service_pb2.GetBarsResponse:
    """Return bars for the wire."""
    if isinstance(bars, StyledBars):
        return _encode_styled(bars)
    return market_data_service_pb2.GetBarsResponse(
        instrument=encode_instrument(bars.instrument),
        bars=market_data_pb2.BarColumns(
            price_scale=bars.instrument.price_scale,
            quantity_scale=bars.instrument.quantity_scale,
            **{name: getattr(bars, name).tolist() for name in _STORED},
        ),
        source=market_data_pb2.BAR_SOURCE_BARS,
    )


def _decode_style(request: market_data_service_pb2.GetBarsRequest) -> BarStyle | None:
    name = request.WhichOneof("style")
    common = {**_word(request, "outside"), **_word(request, "closed")}
    if request.sessions:
        common["sessions"] = request.sessions
    if name is None:
        given = [*common, *(["source"] if request.source else [])]
        if given:
            _refuse(given[0], getattr(request, given[0]), "a style beside it")
        return None
    message: Any = getattr(request, name)
    with within(name):
        if name in {"heikin_ashi", "line_break"}:
            return _decode_bars_of_bars(name, message, common)
        return BarStyle(name, {**_OPTIONS[name](message), **common})


def _decode_bars_of_bars(name: str, message: Any, common: Options) -> BarStyle:  # noqa: ANN401  # Two.
    options = {"lines": message.lines} if name == "line_break" and message.lines else {}
    if not message.HasField("bars"):
        return BarStyle(name, {**options, **common})
    with within("bars"):
        return BarStyle(name, options, of=BarStyle("time", {**_time(message.bars), **common}))


def _time(bars: bar_style_pb2.TimeBars) -> Options:
    options = _word(bars, "empty")
    if bars.zone:
        options["zone"] = bars.zone
    match bars.WhichOneof("length"):
        case "interval":
            options["interval"] = f"{decode_optional_duration(bars, 'interval')}ns"
        case "days":
            options["interval"] = f"{bars.days}d"
        case "weeks":
            options["interval"] = f"{bars.weeks}w"
        case "months":
            options["interval"] = f"{bars.months}mo"
    return options


def _tick(bars: bar_style_pb2.TickBars) -> Options:
    return {"size": bars.size}


def _volume(bars: bar_style_pb2.VolumeBars | bar_style_pb2.DollarBars) -> Options:
    return {**_decimal(bars, "size"), **_word(bars, "overshoot")}


def _range(bars: bar_style_pb2.RangeBars) -> Options:
    return {
        **_fixed_size(bars),
        **_word(bars, "trigger"),
        "gaps": bars.gaps,
    }


def _renko(bars: bar_style_pb2.RenkoBars) -> Options:
    options = {
        **_fixed_size(bars),
        **_word(bars, "volume"),
        **_word(bars, "anchor_rule", "anchor"),
        **_decimal(bars, "anchor_price", "anchor"),
    }
    if bars.HasField("size_percent"):
        options["size"] = f"{parse_decimal(bars.size_percent.value, 'size_percent'):f}%"
    if bars.HasField("size_atr"):
        interval_ns = decode_optional_duration(bars.size_atr, "interval")
        tail = "" if interval_ns is None else f", {interval_ns}ns"
        options["size"] = f"atr({bars.size_atr.periods}{tail})"
    if bars.reversal:
        options["reversal"] = bars.reversal
    if wicks := _word(bars, "wicks"):
        options["wicks"] = _WICKS[str(wicks["wicks"])]
    return options


def _imbalance(bars: bar_style_pb2.ImbalanceBars) -> Options:
    numbers = ("expected_ticks", "span", "min_ticks", "max_ticks")
    return {
        **_decimal(bars, "threshold"),
        **_decimal(bars, "expected_imbalance"),
        **{name: getattr(bars, name) for name in numbers if getattr(bars, name)},
        **_word(bars, "sign"),
    }


_OPTIONS: Final[Mapping[str, Any]] = {
    "time": _time,
    "tick": _tick,
    "volume": _volume,
    "dollar": _volume,
    "range": _range,
    "renko": _renko,
    "tick_imbalance": _imbalance,
    "volume_imbalance": _imbalance,
    "dollar_imbalance": _imbalance,
}


def _fixed_size(bars: bar_style_pb2.RangeBars | bar_style_pb2.RenkoBars) -> Options:
    if bars.HasField("size_ticks"):
        return {"size": f"{bars.size_ticks} ticks"}
    return _decimal(bars, "size")


def _decimal(message: Message, field: str, option: str = "") -> Options:
    """Return a decimal as text, as a person would write it; nothing where it is unset."""
    if not message.HasField(field):
        return {}
    value: Decimal = parse_decimal(getattr(message, field).value, field)
    return {option or field: f"{value:f}"}


def _word(message: Message, field: str, option: str = "") -> Options:
    """Return an enum's value as the library's word; nothing where it is unspecified."""
    number: int = getattr(message, field)
    if number == 0:
        return {}
    enum = cast("EnumDescriptor", message.DESCRIPTOR.fields_by_name[field].enum_type)
    if number not in enum.values_by_number:
        _refuse(field, number, f"a value of {enum.name}")
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return {option or field: enum.values_by_number[number].name.removeprefix(prefix).lower()}


def _refuse(field: str, value: object, expected: str) -> NoReturn:
    raise InvalidArgumentError(
        f"{field} is {value}; expected {expected}.", field=field, value=str(value)
    )


def _encode_styled(bars: StyledBars) -> market_data_service_pb2.GetBarsResponse:
    return market_data_service_pb2.GetBarsResponse(
        instrument=encode_instrument(bars.instrument),
        bars=market_data_pb2.BarColumns(
            price_scale=bars.price_scale,
            quantity_scale=bars.quantity_scale,
            **{name: column.tolist() for name, column in bars.columns.items()},
            notional=[str(units) for units in bars.notional],
            close_reason=[_WIRE_REASONS[reason] for reason in bars.close_reason],
            flags=bars.flags,
        ),
        source=_WIRE_SOURCES[bars.source],
        report=_encode_report(bars),
    )


def _encode_report(bars: StyledBars) -> market_data_pb2.BarReport:
    def amount(units: Mapping[str, int]) -> market_data_pb2.BarAmount:
        price_scale, quantity_scale = bars.instrument.price_scale, bars.instrument.quantity_scale
        return market_data_pb2.BarAmount(
            count=units["count"],
            volume=encode_decimal(from_units(units["volume"], quantity_scale)),
            notional=encode_decimal(from_units(units["notional"], price_scale + quantity_scale)),
        )

    return market_data_pb2.BarReport(
        accepted=amount(bars.report["accepted"]),
        rejected={fault: amount(units) for fault, units in bars.report["rejected"].items()},
        kept={fault: amount(units) for fault, units in bars.report["kept"].items()},
    )
