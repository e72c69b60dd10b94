"""Specs as the strategy area tells them to every area that asks."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.type import decimal_pb2

from algotrendy.api.strategy.v1 import strategy_pb2 as pb
from algotrendy.domain.strategy import (
    Distance,
    Equal,
    Fixed,
    Hold,
    Kelly,
    Notional,
    Parameter,
    Percent,
    Period,
    Schedule,
    Size,
    SizeAt,
    Stops,
    StrategySpec,
    VolatilityTarget,
    Weight,
)
from algotrendy.domain.strategy_document import as_parameter, percent_of
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import (
    decode_decimal,
    decode_optional_decimal,
    encode_decimal,
    encode_optional_decimal,
)
from algotrendy.rpc.enums import UNSPECIFIED, enum_name
from algotrendy.rpc.venue import decode_venue_terms, encode_venue_terms

_STOPS: Final = ("stop_loss", "take_profit", "trailing")


def decode_parameters(message: Struct) -> dict[str, Parameter]:
    """Return constants by name: numbers and booleans."""
    parameters: dict[str, Parameter] = {}
    for name, value in message.items():
        if not isinstance(value, bool | float):
            raise _wrong(f"parameters.{name}", value, "a number or a boolean")
        parameters[name] = as_parameter(value)
    return parameters


def encode_parameters(parameters: Mapping[str, Parameter]) -> Struct:
    """Return constants for the wire."""
    message = Struct()
    message.update(parameters)
    return message


def decode_spec(message: pb.StrategySpec) -> StrategySpec:
    """Return what a strategy is to do; what is unset has its default."""
    return StrategySpec(
        symbols=tuple(message.symbols),
        entry=message.entry or None,
        exit=message.exit or None,
        parameters=decode_parameters(message.parameters),
        features=dict(message.features),
        short_entry=message.short_entry or None,
        short_exit=message.short_exit or None,
        rank=message.rank or None,
        hold=_decode_hold(message.hold) if message.HasField("hold") else None,
        size=_decode_size(message),
        size_at=_decode_size_at(message.size_at),
        stops=_decode_stops(message.stops),
        schedule=_decode_schedule(message.schedule),
        bars=message.bars or None,
        name=message.name or None,
        costs=decode_venue_terms(message.costs) if message.HasField("costs") else None,
    )


def encode_spec(spec: StrategySpec) -> pb.StrategySpec:
    """Return a spec for the wire."""
    message = pb.StrategySpec(
        symbols=spec.symbols,
        position_weight=_position_weight(spec.size),
        entry=spec.entry or "",
        exit=spec.exit or "",
        features=spec.features,
        short_entry=spec.short_entry or "",
        short_exit=spec.short_exit or "",
        rank=spec.rank or "",
        hold=None if spec.hold is None else _encode_hold(spec.hold),
        size=_encode_size(spec.size),
        size_at=pb.SizeAt.Value(f"SIZE_AT_{spec.size_at.name}"),
        stops=None if spec.stops == Stops() else _encode_stops(spec.stops),
        schedule=None if spec.schedule == Schedule() else _encode_schedule(spec.schedule),
        bars=spec.bars or "",
        name=spec.name or "",
        costs=None if spec.costs is None else encode_venue_terms(spec.costs),
    )
    if spec.parameters:
        message.parameters.CopyFrom(encode_parameters(spec.parameters))
    return message


def _position_weight(size: Size) -> decimal_pb2.Decimal | None:
    if isinstance(size, Percent) and size.percent <= 1:
        return encode_decimal(size.percent)
    return None


def _decode_hold(message: pb.Hold) -> Hold:
    if message.HasField("fraction"):
        return Hold(fraction=decode_decimal(message, "fraction"))
    return Hold(count=message.count)


def _encode_hold(hold: Hold) -> pb.Hold:
    if hold.fraction is not None:
        return pb.Hold(fraction=encode_decimal(hold.fraction))
    return pb.Hold(count=hold.count or 0)


def _decode_size(message: pb.StrategySpec) -> Size:
    weight = decode_optional_decimal(message, "position_weight")
    size = _decode_own_size(message.size) if message.HasField("size") else None
    if weight is not None:
        return percent_of(weight, size)
    return Equal() if size is None else size


def _decode_own_size(message: pb.Size) -> Size:
    match message.WhichOneof("size"):
        case "quantity":
            return Fixed(decode_decimal(message, "quantity"))
        case "notional":
            return Notional(decode_decimal(message, "notional"))
        case "percent":
            return Percent(decode_decimal(message, "percent"))
        case "weight":
            return Weight(message.weight)
        case "volatility_target":
            return _decode_volatility_target(message.volatility_target)
        case "kelly":
            kelly = message.kelly
            fraction = decode_decimal(kelly, "fraction")
            return Kelly(fraction, kelly.window, _or(kelly, "cap", Decimal(1)))
        case _:
            raise _wrong("size", "empty", "one of its kinds")


def _decode_volatility_target(message: pb.VolatilityTarget) -> VolatilityTarget:
    return VolatilityTarget(
        annual=decode_decimal(message, "annual"),
        window=message.window,
        cap=_or(message, "cap", Decimal(1)),
        periods_per_year=_or(message, "periods_per_year", Decimal(252)),
    )


def _or(message: Message, field: str, default: Decimal) -> Decimal:
    value = decode_optional_decimal(message, field)
    return default if value is None else value


def _encode_size(size: Size) -> pb.Size | None:
    """Return a size for the wire; an equal share is what is not told."""
    message = pb.Size()
    match size:
        case Equal():
            return None
        case Fixed(quantity):
            message.quantity.CopyFrom(encode_decimal(quantity))
        case Notional(amount):
            message.notional.CopyFrom(encode_decimal(amount))
        case Percent(percent):
            message.percent.CopyFrom(encode_decimal(percent))
        case Weight(expression):
            message.weight = expression
        case VolatilityTarget():
            message.volatility_target.CopyFrom(_encode_volatility_target(size))
        case Kelly(fraction, window, cap):
            fractions = {"fraction": encode_decimal(fraction), "cap": encode_decimal(cap)}
            message.kelly.CopyFrom(pb.Kelly(**fractions, window=window))
    return message


def _encode_volatility_target(target: VolatilityTarget) -> pb.VolatilityTarget:
    return pb.VolatilityTarget(
        annual=encode_decimal(target.annual),
        window=target.window,
        cap=encode_decimal(target.cap),
        periods_per_year=encode_decimal(target.periods_per_year),
    )


def _decode_stops(message: pb.Stops) -> Stops:
    return Stops(
        stop_loss=_decode_distance(message.stop_loss, message.HasField("stop_loss")),
        take_profit=_decode_distance(message.take_profit, message.HasField("take_profit")),
        trailing=_decode_distance(message.trailing, message.HasField("trailing")),
        max_bars=message.max_bars or None,
    )


def _decode_distance(message: pb.Distance, is_set: bool) -> Distance | None:  # noqa: FBT001
    if not is_set:
        return None
    return Distance(
        percent=decode_optional_decimal(message, "percent"),
        distance=message.distance if message.HasField("distance") else None,
    )


def _encode_stops(stops: Stops) -> pb.Stops:
    distances = {name: getattr(stops, name) for name in _STOPS}
    return pb.Stops(
        **{
            name: pb.Distance(
                percent=encode_optional_decimal(value.percent), distance=value.distance
            )
            for name, value in distances.items()
            if value is not None
        },
        max_bars=stops.max_bars or 0,
    )


def _decode_size_at(value: pb.SizeAt.ValueType) -> SizeAt:
    name = enum_name(pb.SizeAt, value, "size_at")
    return SizeAt.CLOSE if name == UNSPECIFIED else SizeAt[name]


def _decode_schedule(message: pb.Schedule) -> Schedule:
    # `from` is a word of Python's.
    times = (getattr(message, "from") or None, message.until or None, message.zone or "UTC")
    if message.HasField("bars"):
        return Schedule(message.bars, *times)
    name = enum_name(pb.SchedulePeriod, message.period, "schedule.period")
    return Schedule(Period.BAR if name == UNSPECIFIED else Period[name], *times)


def _encode_schedule(schedule: Schedule) -> pb.Schedule:
    message = pb.Schedule(until=schedule.until or "", zone=schedule.zone)
    setattr(message, "from", schedule.start or "")
    if isinstance(schedule.every, Period):
        message.period = pb.SchedulePeriod.Value(f"SCHEDULE_PERIOD_{schedule.every.name}")
    else:
        message.bars = schedule.every
    return message


def _wrong(field: str, value: object, expected: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"{field} is {value}; expected {expected}.", field=field, value=str(value)
    )
