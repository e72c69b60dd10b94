"""When there is trading: tables of sessions, and exchanges' calendars as such tables."""

import warnings
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algotrendy._core import TickTable, check_sessions
from algotrendy.bar.options import refuse
from algotrendy.bar.styles import Sessions
from algotrendy.errors import InvalidArgumentError

# Sessions must reach beyond the data on both sides; no exchange closes for longer.
_MARGIN = timedelta(days=30)
_SOME_TIME_NS = 1_700_000_000_000_000_000

SessionTable = dict[str, NDArray[np.datetime64]]


def exchange_sessions(code: str, start: date | str, end: date | str) -> SessionTable:
    """Return an exchange's sessions, half days, holidays and clock changes included.

    Parameters
    ----------
    code : str
        ISO 10383 market identifier, such as "XNYS", or another that `exchange_calendars` knows.
    start, end : date or str
        The first and the last day, as dates or `"2024-01-31"`.

    Returns
    -------
    dict
        `open_time` and `close_time`, `datetime64[ns]`, UTC. A break at noon is part of its session.

    Raises
    ------
    InvalidArgumentError
        If the calendar is unknown or does not reach so far, or `exchange_calendars` (extra
        `calendars`) is not installed.
    """
    try:
        import exchange_calendars  # noqa: PLC0415 - It brings pandas.
    except ImportError:
        refuse("sessions", code, "the package exchange_calendars: install algotrendy[calendars]")
    try:
        with warnings.catch_warnings():
            # It reads its own tables in a way that pandas will drop.
            warnings.simplefilter("ignore")
            calendar = exchange_calendars.get_calendar(code, start=str(start), end=str(end))
    except (exchange_calendars.errors.CalendarError, ValueError) as error:
        raise InvalidArgumentError(
            f"sessions is {code!r}: {error}", field="sessions", value=code
        ) from error
    return {
        "open_time": calendar.opens.to_numpy("datetime64[ns]"),
        "close_time": calendar.closes.to_numpy("datetime64[ns]"),
    }


def days_around(first_time_ns: int, last_time_ns: int) -> tuple[date, date]:
    """Return the days between which sessions cover some data."""
    first, last = (
        datetime.fromtimestamp(time_ns // 10**9, UTC).date()
        for time_ns in (first_time_ns, last_time_ns)
    )
    return first - _MARGIN, last + _MARGIN


def sessions_of(sessions: object, table: TickTable | None) -> Sessions | None:
    """Return sessions that were named by an exchange's code or given as a table.

    A code needs to know which days: those of the data, which a stream does not know yet.
    """
    if sessions is None:
        return None
    if isinstance(sessions, str):
        sessions = exchange_sessions(sessions, *_days(table))
    opens, closes = (_column(sessions, name) for name in ("open_time", "close_time"))
    check_sessions(opens, closes)
    return Sessions(opens, closes)


def session_spec(sessions: object) -> dict[str, Any]:
    """Return a table of sessions as the core reads it, each closed on the left."""
    table = sessions_of(sessions, None)
    if table is None:
        refuse("sessions", sessions, "a table of open_time and close_time")
    return table.spec("left")


def _days(table: TickTable | None) -> tuple[date, date]:
    if table is None:
        refuse(
            "sessions",
            "a code without data",
            "a table such as exchange_sessions('XNYS', '2024-01-01', '2026-12-31')",
        )
    # Of a table without rows any day will do.
    return days_around(*(table.time_range or (_SOME_TIME_NS, _SOME_TIME_NS)))


def _column(table: Any, name: str) -> list[int]:  # noqa: ANN401 - Any table.
    expected = "an exchange's code, or a table of open_time and close_time"
    # Only pyarrow has `column_names`; its `columns` are the columns themselves.
    names = getattr(table, "column_names", getattr(table, "columns", ()))
    if name not in (table if isinstance(table, Mapping) else list(names)):
        refuse("sessions", f"{type(table).__name__} without {name}", expected)
    try:
        return _times_ns(table[name])
    except (TypeError, ValueError, OverflowError) as error:
        refuse("sessions", f"{name}: {error}", expected + ", which are times")


def _times_ns(times: object) -> list[int]:
    array = np.asarray(times)
    if array.dtype.kind not in "iM":
        # What pandas and Python make of times with a zone; NumPy has none.
        array = np.array([np.datetime64(_naive(time), "ns") for time in array])
    if array.dtype.kind == "M":
        array = array.astype("datetime64[ns]")
    return [int(time_ns) for time_ns in array.astype(np.int64)]


def _naive(time: Any) -> Any:  # noqa: ANN401
    if getattr(time, "tzinfo", None) is None:
        return time
    return time.astimezone(UTC).replace(tzinfo=None)
