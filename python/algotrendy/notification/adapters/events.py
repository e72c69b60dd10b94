"""The events there are, by their protobuf descriptors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from algotrendy.api.backtest.v1 import backtest_events_pb2
from algotrendy.api.ml.v1 import model_events_pb2
from algotrendy.api.risk.v1 import risk_events_pb2
from algotrendy.api.strategy.v1 import strategy_events_pb2
from algotrendy.api.trading.v1 import trading_events_pb2
from algotrendy.errors import InvalidArgumentError

# What a field that is not set, or not told, is shown as.
ABSENT: Final = "none"

_FILES: Final = (
    trading_events_pb2,
    risk_events_pb2,
    strategy_events_pb2,
    backtest_events_pb2,
    model_events_pb2,
)


class EventCatalogue:
    """See `ports.Catalogue`; the events of trading, risk, strategy, backtest and ml."""

    def __init__(self) -> None:
        self._events: Mapping[str, Descriptor] = {
            name: descriptor
            for file in _FILES
            for name, descriptor in file.DESCRIPTOR.message_types_by_name.items()
        }

    def check(self, event_type: str, paths: Sequence[str]) -> None:
        """See `ports.Catalogue`."""
        descriptor = self._events.get(event_type)
        if descriptor is None:
            raise InvalidArgumentError(
                f"event_type is {event_type[:64]!r}; expected one of "
                f"{', '.join(sorted(self._events))}.",
                field="event_type",
                value=event_type[:64],
            )
        for path in paths:
            kind = list(_fields(descriptor, path))[-1].message_type
            if kind is not None and kind.full_name not in _WORDS:
                names = ", ".join(field.name for field in kind.fields)
                raise _unknown(path, f"is made of parts; name one of them: {names}")


def value_of(event: Message, path: str) -> str:
    """Return what an event holds at a field path that was checked, for people to read."""
    value: Any = event
    for field in _fields(cast("Descriptor", event.DESCRIPTOR), path):
        if field.has_presence and not value.HasField(field.name):
            return ABSENT
        value = getattr(value, field.name)
    return _text(value, field) or ABSENT


def _fields(descriptor: Descriptor, path: str) -> Iterator[FieldDescriptor]:
    """Yield the field of every step of a path."""
    holder: Descriptor | None = descriptor
    for step in path.split("."):
        if holder is None or holder.full_name in _WORDS:
            raise _unknown(path, f"has nothing below it that is called {step}")
        field = holder.fields_by_name.get(step)
        if field is None:
            names = ", ".join(found.name for found in holder.fields)
            raise _unknown(path, f"is unknown: {holder.name} has {names}")
        if field.is_repeated:
            raise _unknown(path, f"passes through {step}, which is a list")
        holder = field.message_type
        yield field


def _unknown(path: str, why: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"The field {path} that the template names {why}.", field="template", path=path
    )


def _text(value: object, field: FieldDescriptor) -> str:
    if field.message_type is not None:
        return _WORDS[field.message_type.full_name](value)
    match value:
        case bool():
            return str(value).lower()
        case int() if field.enum_type is not None:
            return _enum_word(value, field.enum_type)
        case float():
            return f"{value:.6g}"
        case bytes():
            return value.hex()
    return "".join(character for character in str(value) if character.isprintable())


def _enum_word(value: int, enum: EnumDescriptor) -> str:
    """Return `BUY` for SIDE_BUY: what the zero value, SIDE_UNSPECIFIED, begins with is left out."""
    known = enum.values_by_number.get(value)
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return known.name.removeprefix(prefix) if known else str(value)


def _decimal_text(text: str) -> str:
    """Return a number without zeros at its end, but for the first two after the point."""
    whole, point, fraction = text.partition(".")
    return f"{whole}{point}{fraction[:2]}{fraction[2:].rstrip('0')}"


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "google.type.Decimal": lambda value: _decimal_text(str(value.value)),
    "google.protobuf.Timestamp": lambda value: str(value.ToJsonString()),
    "google.protobuf.Duration": lambda value: str(value.ToJsonString()),
}
