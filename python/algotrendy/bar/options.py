"""Options by name: taken one by one, so that whatever is left over is a mistake."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn

from algotrendy.errors import InvalidArgumentError

_UNITS_NS: Final = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 7 * 86_400_000_000_000,
    # At most; months have no length.
    "mo": 31 * 86_400_000_000_000,
}
_LARGEST: Final = 2**63 - 1
_LARGEST_COUNT: Final = 2**32 - 1
_LONGEST: Final = timedelta(microseconds=_LARGEST // 1_000)
_DIGITS: Final = 28
_MAGNITUDE: Final = 60
_DURATION: Final = re.compile(r"(\d*)\s*(ns|us|ms|s|mo|m|h|d|w)")


class Options:
    """What a caller named, and what of it nobody has asked for yet."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self._left = dict(given)
        self._known: list[str] = []

    def take(self, name: str) -> object:
        """Return what was given under a name; None where nothing was."""
        self._known.append(name)
        return self._left.pop(name, None)

    def need(self, name: str, expected: str) -> object:
        """Return what was given under a name, or refuse its absence."""
        value = self.take(name)
        if value is None:
            given = ", ".join(self._left) or "none other"
            raise InvalidArgumentError(
                f"{name} is missing; expected {expected}. Options given: {given}.",
                field=name,
                value="missing",
                expected=expected,
            )
        return value

    def choice(self, name: str, words: Sequence[str], default: str) -> str:
        """Return one of some words."""
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, str) or value not in words:
            refuse(name, value, "one of " + ", ".join(map(repr, words)))
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            refuse(name, value, "True or False")
        return value

    def finish(self, what: str) -> None:
        """Refuse what nobody has asked for."""
        if self._left:
            name, value = next(iter(self._left.items()))
            known = ", ".join(sorted(set(self._known)))
            raise InvalidArgumentError(
                f"{what} have no option {name}; they have {known}.",
                field=name,
                value=str(value),
                expected=known,
            )


def refuse(field: str, value: object, expected: str) -> NoReturn:
    """Refuse an option's value."""
    shown = str(value) if isinstance(value, Decimal) else repr(value)
    raise InvalidArgumentError(
        f"{field} is {shown}; expected {expected}.",
        field=field,
        value=str(value),
        expected=expected,
    )


def decimal(field: str, value: object) -> Decimal:
    """Return a finite number exactly: a float counts as the decimal it is written as."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        refuse(field, value, "a number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        refuse(field, value, "a number")
    if not number.is_finite():
        refuse(field, value, "a finite number")
    # Beyond, arithmetic would round.
    if len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) > _MAGNITUDE:
        refuse(field, value, f"a number of at most {_DIGITS} digits")
    return number


def integer(field: str, value: object) -> int:
    """Return a whole number that 64 bits hold."""
    number = decimal(field, value)
    if number != number.to_integral_value() or abs(number) > _LARGEST:
        refuse(field, value, f"a whole number of at most {_LARGEST}")
    return int(number)


def count(field: str, value: object) -> int:
    """Return how many: a whole number that 32 bits hold."""
    number = integer(field, value)
    if not 1 <= number <= _LARGEST_COUNT:
        refuse(field, value, f"a whole number from 1 to {_LARGEST_COUNT}")
    return number


def units(field: str, number: Decimal, scale: int, *, largest: int = _LARGEST) -> int:
    """Return a positive number in units of 10^-scale, which it is a multiple of."""
    scaled = number.scaleb(scale)
    unit = Decimal(1).scaleb(-scale)
    if scaled <= 0 or scaled != scaled.to_integral_value():
        refuse(field, number, f"a positive multiple of {unit:f}")
    if scaled > largest:
        refuse(field, number, f"at most {largest * unit:f}")
    return int(scaled)


def duration(field: str, value: object) -> tuple[int, str]:
    """Return a duration: a number of nanoseconds ("ns"), days ("d"), weeks ("w"), months ("mo")."""
    expected = "a duration such as '250ms', '1m', '4h', '1d', '2w' or '1mo', below 292 years"
    if isinstance(value, timedelta) and timedelta(0) <= value <= _LONGEST:
        return value // timedelta(microseconds=1) * 1_000, "ns"
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        refuse(field, value, expected)
    count, unit = int(match[1] or 1), match[2]
    if count * _UNITS_NS[unit] > _LARGEST:
        refuse(field, value, expected)
    return (count, unit) if unit in {"d", "w", "mo"} else (count * _UNITS_NS[unit], "ns")


def duration_ns(field: str, value: object) -> int:
    """Return a duration in nanoseconds; a day is 24 hours."""
    count, unit = duration(field, value)
    if unit == "mo":
        refuse(field, value, "a duration of a fixed length")
    return count * _UNITS_NS[unit]
