"""`Timestamp` and `Duration` as int64 nanoseconds; `datetime` stops at microseconds."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from algotrendy.domain.clock import SECOND_NS
from algotrendy.errors import InvalidArgumentError

_INT64 = range(-(2**63), 2**63)


def encode_time(time_ns: int) -> Timestamp:
    """Return nanoseconds since the Unix epoch, UTC, for the wire.

    Examples
    --------
    >>> encode_time(-1).seconds, encode_time(-1).nanos
    (-1, 999999999)
    """
    seconds, nanos = divmod(time_ns, SECOND_NS)
    return Timestamp(seconds=seconds, nanos=nanos)


def encode_optional_time(time_ns: int | None) -> Timestamp | None:
    """Return a time for the wire; None leaves a field unset."""
    return None if time_ns is None else encode_time(time_ns)


def encode_duration(duration_ns: int) -> Duration:
    """Return nanoseconds for the wire; seconds and nanos of one sign, as `Duration` wants them."""
    sign = -1 if duration_ns < 0 else 1
    seconds, nanos = divmod(abs(duration_ns), SECOND_NS)
    return Duration(seconds=sign * seconds, nanos=sign * nanos)


def decode_time(message: Message, field: str) -> int:
    """Return `message`'s time `field`, which must be set, in ns since the Unix epoch, UTC."""
    value = decode_optional_time(message, field)
    if value is None:
        raise InvalidArgumentError(f"{field} is missing.", field=field)
    return value


def decode_optional_time(message: Message, field: str) -> int | None:
    """Return `message`'s time `field` in ns since the Unix epoch, UTC; None where unset."""
    return _nanoseconds(message, field)


def decode_optional_duration(message: Message, field: str) -> int | None:
    """Return `message`'s duration `field` in ns; None where unset."""
    return _nanoseconds(message, field)


def _nanoseconds(message: Message, field: str) -> int | None:
    if not message.HasField(field):
        return None
    value: Timestamp | Duration = getattr(message, field)
    total = value.seconds * SECOND_NS + value.nanos
    if total not in _INT64 or abs(value.nanos) >= SECOND_NS:
        raise InvalidArgumentError(
            f"{field} must lie within 64 bits of nanoseconds (1677 to 2262 where it is a time).",
            field=field,
            seconds=str(value.seconds),
            nanos=str(value.nanos),
        )
    return total
