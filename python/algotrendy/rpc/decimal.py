"""`google.type.Decimal` as `decimal.Decimal`: exact, and bounded so that no text can be a bomb."""

import re
from decimal import Decimal

from google.protobuf.message import Message
from google.type import decimal_pb2

from algotrendy.errors import InvalidArgumentError

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_LENGTH_LIMIT = 64
# No quantity of the field is near either end, and Decimal arithmetic on 1e999 takes forever.
_EXPONENT_LIMIT = 64


def encode_decimal(value: Decimal) -> decimal_pb2.Decimal:
    """Return `value` for the wire, without an exponent.

    Examples
    --------
    >>> encode_decimal(Decimal("1E+3")).value
    '1000'
    """
    if not value.is_finite():
        raise ValueError(f"{value} is no number that the wire can carry.")
    return decimal_pb2.Decimal(value=f"{value:f}")


def encode_optional_decimal(value: Decimal | None) -> decimal_pb2.Decimal | None:
    """Return `value` for the wire; None leaves a field unset."""
    return None if value is None else encode_decimal(value)


def parse_decimal(text: str, field: str) -> Decimal:
    """Return the number that `text` writes; `field` names it in the error.

    Examples
    --------
    >>> parse_decimal("1.50", "quantity")
    Decimal('1.50')
    """
    if len(text) <= _LENGTH_LIMIT and _NUMBER.fullmatch(text):
        value = Decimal(text)
        if not value or abs(value.adjusted()) <= _EXPONENT_LIMIT:
            return value
    shown = text[:_LENGTH_LIMIT]
    raise InvalidArgumentError(
        f"{field} must be a decimal number such as 12.50, not {shown!r}.", field=field, value=shown
    )


def decode_decimal(message: Message, field: str) -> Decimal:
    """Return `message`'s decimal `field`, which must be set."""
    value = decode_optional_decimal(message, field)
    if value is None:
        raise InvalidArgumentError(f"{field} is missing.", field=field)
    return value


def decode_optional_decimal(message: Message, field: str) -> Decimal | None:
    """Return `message`'s decimal `field`, or None where it is not set."""
    if not message.HasField(field):
        return None
    return parse_decimal(getattr(message, field).value, field)
