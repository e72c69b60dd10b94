"""Times as people write them, in nanoseconds since the Unix epoch, UTC."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from algotrendy.errors import InvalidArgumentError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_NS = 2**63 - 1
_EXPECTED = "a date, a time such as '2024-01-31T15:30:00Z', or nanoseconds since 1970, UTC"


def time_ns(field: str, value: object) -> int:
    """Return a time in nanoseconds; one without a zone is UTC, and a date its midnight.

    Raises
    ------
    InvalidArgumentError
        For what is no time, or none that 64 bits of nanoseconds hold.

    Examples
    --------
    >>> time_ns("start", "1970-01-02"), time_ns("start", "1970-01-01T02:00:00+01:00")
    (86400000000000, 3600000000000)
    """
    nanoseconds = _nanoseconds(value)
    if nanoseconds is None or abs(nanoseconds) > _LARGEST_NS:
        raise InvalidArgumentError(
            f"{field} is {value!r}; expected {_EXPECTED}.",
            field=field,
            value=repr(value),
            expected=_EXPECTED,
        )
    return nanoseconds


def optional_time_ns(field: str, value: object) -> int | None:
    """Return a time in nanoseconds, or None for None."""
    return None if value is None else time_ns(field, value)


def time_range_ns(start: object, end: object) -> tuple[int | None, int | None]:
    """Return a range's start and end in nanoseconds; None is open.

    Raises
    ------
    InvalidArgumentError
        For what is no time, and for an end that is not after the start.

    Examples
    --------
    >>> time_range_ns("1970-01-01", None)
    (0, None)
    """
    start_ns, end_ns = optional_time_ns("start", start), optional_time_ns("end", end)
    if start_ns is not None and end_ns is not None and end_ns <= start_ns:
        expected = f"a time after start, {start!r}"
        raise InvalidArgumentError(
            f"end is {end!r}; expected {expected}.",
            field="end",
            value=repr(end),
            expected=expected,
        )
    return start_ns, end_ns


def _nanoseconds(value: Any) -> int | None:  # noqa: ANN401  # Asked what it is.
    if isinstance(value, str):
        try:
            return _nanoseconds(datetime.fromisoformat(value))
        except ValueError:
            return None
    # pandas' own times have nanoseconds.
    value = getattr(value, "asm8", value)
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else int(value.astype("datetime64[ns]").astype(np.int64))
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (aware - _EPOCH) // timedelta(microseconds=1) * 1_000
    is_integer = hasattr(value, "__index__") and not isinstance(value, bool)
    return int(value) if is_integer else None
