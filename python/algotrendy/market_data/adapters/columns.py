"""Columns of a file as integers: prices and quantities in units, times in nanoseconds.

Exact: no value becomes a float on its way.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from algotrendy.domain.bar import Int64Column
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.tick import Int8Column
from algotrendy.errors import DataValueError
from algotrendy.market_data.adapters.column_roles import tells_the_maker
from algotrendy.market_data.model import Rounding

# Wide enough for all that 64 bits and common sense allow: 40 digits before the point, 30 after.
_PRECISION, _SCALE = 70, 30
_DECIMAL = pa.decimal256(_PRECISION, _SCALE)
_INT64_MAX = 2**63 - 1

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$"
_CLOCK = (
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r" *(?P<zone>Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$"
)
# In the order in which they are tried: month before day, unless that is no date.
_CALENDARS = (
    r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _CLOCK,
    r"^(?P<year>(?:19|20)\d{2})(?P<month>0[1-9]|1[0-2])(?P<day>[0-2]\d|3[01])" + _CLOCK,
    r"^(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})" + _CLOCK,
    r"^(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})" + _CLOCK,
)
# Epoch numbers below each bound count seconds, milliseconds, microseconds; above, nanoseconds.
# Seconds reach the year 5138; milliseconds begin in 1973.
_EPOCH_SCALES = ((10**11, 9), (10**14, 6), (10**17, 3), (10**19, 0))
_YEARS = (1678, 2261)
# Who took the liquidity, and, in a column that tells whether the buyer waited, what that means.
_SIDES = {
    **dict.fromkeys(("buy", "b", "1", "1.0"), 1),
    **dict.fromkeys(("sell", "s", "a", "-1", "-1.0"), -1),
    **dict.fromkeys(("", "n", "none", "unknown", "0", "0.0"), 0),
}
_MAKER_SIDES = {"true": -1, "t": -1, "1": -1, "false": 1, "f": 1, "0": 1, "": 0}


@dataclass(frozen=True)
class Column:
    """One column of a file, of any Arrow type."""

    file: str
    name: str
    values: pa.Array

    def text(self) -> pa.Array:
        """Return the values as text; of floats the shortest that reads back as the same float."""
        if pa.types.is_floating(self.values.type):
            # Booleans, dates and lists are no numbers: their text is refused later, by row.
            return pc.fill_null(self.values.cast(pa.string()), "")
        try:
            text = self.values.cast(pa.string())
        except pa.ArrowException:
            text = pa.array([str(value) for value in self.values.to_pylist()])
        return pc.utf8_trim_whitespace(pc.fill_null(text, ""))

    def refuse(self, index: int, value: str, expected: str) -> NoReturn:
        """Raise the error that names the row, counted from 1 below the header, and the value."""
        raise DataValueError(
            f"{self.file}, row {index + 1}, column {self.name}: {value!r}; expected {expected}.",
            file=self.file,
            row=str(index + 1),
            column=self.name,
            value=value,
        )


def units(column: Column, step: Decimal, scale: int) -> tuple[Int64Column, Rounding]:
    """Return numbers rounded half-even to multiples of `step`, in units of 10^-scale."""
    text = column.text()
    _check(column, text, pc.match_substring_regex(text, _NUMBER), "a number")
    exact = _exact(column, text)
    rounded = pc.round_to_multiple(
        exact, multiple=pa.scalar(step, _DECIMAL), round_mode="half_to_even"
    )
    largest = pa.scalar(Decimal(_INT64_MAX).scaleb(-scale), _DECIMAL)
    _check(column, text, pc.less_equal(pc.abs(rounded), largest), "a number that fits in 64 bits")
    change = pc.max(pc.abs(pc.subtract(exact, rounded))).as_py()
    count = pc.sum(pc.not_equal(exact, rounded)).as_py()
    with localcontext(prec=_PRECISION):
        return _integers(rounded, scale), Rounding(count, change.normalize() + 0)


def sides(column: Column) -> Int8Column:
    """Return who took the liquidity: 1 a buyer, -1 a seller, 0 where the column does not tell."""
    text = pc.utf8_lower(column.text())
    meanings = _MAKER_SIDES if tells_the_maker(column.name) else _SIDES
    indices = pc.index_in(text, value_set=pa.array(meanings))
    _check(column, text, indices.is_valid(), f"one of {', '.join(filter(None, meanings))}")
    found: Int8Column = np.array(list(meanings.values()), dtype=np.int8)[np.asarray(indices)]
    return found


def times_ns(column: Column) -> Int64Column:
    """Return a column of times in ns UTC.

    Read are Arrow's times and dates, ISO 8601 and other calendar dates with or without a time of
    day and a zone, and epoch numbers in s, ms, µs or ns, told apart by their magnitude. A time
    without a zone is UTC.
    """
    kind = column.values.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _arrow_times(column)
    text = column.text()
    first = text.slice(0, 1)
    matching = [form for form in _CALENDARS if pc.match_substring_regex(first, form)[0].as_py()]
    if not matching:
        return _epoch_times(column, text)
    # 3/4/2020 is of two forms; the whole column tells which, where any day is after the 12th.
    for form in matching[:-1]:
        try:
            return _calendar_times(column, text, form)
        except DataValueError:
            continue
    return _calendar_times(column, text, matching[-1])


def _arrow_times(column: Column) -> Int64Column:
    _check(column, column.text(), column.values.is_valid(), "a time")
    try:
        return np.asarray(column.values.cast(pa.timestamp("ns")).cast(pa.int64()))
    except pa.ArrowInvalid as error:
        raise DataValueError(
            f"{column.file}, column {column.name}: a time is out of range: {error}",
            file=column.file,
            column=column.name,
        ) from error


def _calendar_times(column: Column, text: pa.Array, form: str) -> Int64Column:
    parts = pc.extract_regex(text, form)
    first = text[0].as_py()
    _check(column, text, parts.is_valid(), f"a time written like {first!r}")
    year, month, day, hour, minute, second = (
        _number_part(parts, name) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    fraction = pc.utf8_rpad(pc.struct_field(parts, "fraction"), 9, "0")
    months = (year - 1970).astype("M8[Y]").astype("M8[M]") + (month - 1)
    days = months.astype("M8[D]") + (day - 1)
    exists = (
        (year >= _YEARS[0]) & (year <= _YEARS[1]) & (month >= 1) & (month <= 12)  # noqa: PLR2004  # Months.
        & (day >= 1) & (days.astype("M8[M]") == months)
        & (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004  # A clock's.
    )  # fmt: skip
    _check(column, text, pa.array(exists), "a time that exists")
    seconds = hour * 3600 + minute * 60 + second - _zone_seconds(parts)
    nanoseconds = np.asarray(fraction.cast(pa.int64()))
    times: Int64Column = days.astype(np.int64) * DAY_NS + seconds * 1_000_000_000 + nanoseconds
    return times


def _zone_seconds(parts: pa.Array) -> Int64Column:
    zone = pc.struct_field(parts, "zone")
    digits = pc.replace_substring_regex(zone, r"[^0-9]", "")
    clock = np.asarray(pc.utf8_rpad(digits, 4, "0").cast(pa.int64()))
    sign = np.where(np.asarray(pc.starts_with(zone, "-")), -1, 1)
    seconds: Int64Column = sign * (clock // 100 * 3600 + clock % 100 * 60)
    return seconds


def _number_part(parts: pa.Array, name: str) -> Int64Column:
    return np.asarray(pc.utf8_lpad(pc.struct_field(parts, name), 1, "0").cast(pa.int64()))


def _epoch_times(column: Column, text: pa.Array) -> Int64Column:
    _check(column, text, pc.match_substring_regex(text, _NUMBER), "a time")
    largest = pc.max(pc.abs(_exact(column, text))).as_py()
    scale = next((scale for bound, scale in _EPOCH_SCALES if largest < bound), 0)
    values, _ = units(column, Decimal(1).scaleb(-scale), scale)
    return values


def _check(column: Column, text: pa.Array, good: pa.Array, expected: str) -> None:
    wrong = ~np.asarray(good, dtype=np.bool_)
    if wrong.any():
        index = int(np.argmax(wrong))
        column.refuse(index, text[index].as_py(), expected)


def _exact(column: Column, text: pa.Array) -> pa.Array:
    """Return numbers of the column as decimals, or refuse the first that has too many digits."""
    try:
        return text.cast(_DECIMAL)
    except pa.ArrowInvalid:
        # Arrow does not say which it is.
        for index in range(len(text)):
            try:
                text.slice(index, 1).cast(_DECIMAL)
            except pa.ArrowInvalid:
                expected = f"at most {_PRECISION - _SCALE} digits before the point, {_SCALE} after"
                column.refuse(index, text[index].as_py(), expected)
        raise


def _integers(values: pa.Array, scale: int) -> Int64Column:
    # A value is 256 bits in units of 10^-scale, the lowest 64 first, which hold all of it here.
    held = values.cast(pa.decimal256(_PRECISION, scale))
    words = np.frombuffer(held.buffers()[1], dtype="<i8").reshape(-1, 4)
    return words[held.offset : held.offset + len(held), 0].copy()
