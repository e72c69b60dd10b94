"""Checks of a source's rows; an error names the row, counted from 1, and the value."""

from decimal import Decimal
from typing import NoReturn

import numpy as np

from algotrendy.domain.bar import Int64Column
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import DataOrderError, DataValueError


def check_positive(file: str, column: str, units: Int64Column, scale: int) -> None:
    """Raise `DataValueError` at the first number in units of 10^-scale that is not positive."""
    if (place := first_place(units <= 0)) is not None:
        value = Decimal(int(units[place])).scaleb(-scale)
        refuse_value(file, column, place, str(value), "expected a positive number after rounding")


def check_price(file: str, column: str, units: Int64Column, instrument: Instrument) -> None:
    """Raise `DataValueError` at the first price that the instrument cannot have."""
    if not instrument.allow_negative_prices:
        check_positive(file, column, units, instrument.price_scale)


def check_order(file: str, times_ns: Int64Column, wrong: np.ndarray) -> None:
    """Raise `DataOrderError` at the first row that is wrong beside the one above it."""
    place = first_place(wrong)
    if place is None:
        return
    time, before = (str(times_ns[row].astype("M8[ns]")) for row in (place + 1, place))
    relation = "repeats" if time == before else "is before"
    raise DataOrderError(
        f"{file}, row {place + 2}: {time} {relation} the time of the row above, {before}.",
        file=file,
        row=str(place + 2),
        value=time,
        previous=before,
    )


def first_place(wrong: np.ndarray) -> int | None:
    """Return the place of the first that is wrong; None where none is."""
    return int(np.argmax(wrong)) if wrong.any() else None


def refuse_value(file: str, column: str, place: int, value: str, expected: str) -> NoReturn:
    """Raise the error that names a value, its column and the row at a place."""
    raise DataValueError(
        f"{file}, row {place + 1}, column {column}: {value}; {expected}.",
        file=file,
        row=str(place + 1),
        column=column,
        value=value,
    )
