"""The core's columns as Arrow arrays, without a copy where their memory can be shared.

Each takes the column's name, for errors, and its values.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from algotrendy.domain.money import from_units
from algotrendy.errors import InvalidArgumentError

NULL: Final = np.iinfo(np.int64).min
"""The `int64` that stands for null in the core's columns."""

Coded: TypeAlias = tuple[NDArray[Any], Sequence[str]]
"""Codes, -1 for null, and the names they stand for."""
Packed: TypeAlias = tuple[NDArray[np.int32], NDArray[np.uint8], tuple[()]]
"""Where each text begins and the last one ends, and all of it in UTF-8; nothing is null."""
Text: TypeAlias = Sequence[str | None] | Coded | Packed
Column: TypeAlias = NDArray[Any] | Text

_DIGITS: Final = 38
_TIME: Final = pa.timestamp("ns", tz="UTC")


def int64_column(name: str, values: object) -> NDArray[np.int64]:
    """Return values that are a column of `int64`; raise `InvalidArgumentError` for others."""
    array = np.asarray(values)
    if array.dtype != np.int64 or array.ndim != 1:
        raise InvalidArgumentError(
            f"{name} is {array.dtype} of {array.ndim} dimensions; expected a column of int64.",
            field=name,
            value=str(array.dtype),
        )
    return array


def rescaled(values: NDArray[np.int64], digits: NDArray[np.int64]) -> NDArray[Any]:
    """Return each unit in so many digits more; as `object` where one needs over 64 bits."""
    factors = 10**digits
    limit = np.iinfo(np.int64).max // factors
    is_null = values == NULL
    if np.all(is_null | (np.abs(np.where(is_null, 0, values)) <= limit)):
        return np.where(is_null, values, np.where(is_null, 0, values) * factors)
    exact = [
        None if null else int(value) * int(factor)
        for value, factor, null in zip(values, factors, is_null, strict=True)
    ]
    return np.array(exact, dtype=object)


def decimal_column(name: str, values: Any, scale: int) -> pa.Array:  # noqa: ANN401
    """Return units of 10^-scale as `decimal128`, whose 128 bits are the integer itself."""
    kind = pa.decimal128(_DIGITS, scale)
    if isinstance(values, np.ndarray) and values.dtype == object:
        return pa.array(
            [None if unit is None else from_units(unit, scale) for unit in values], kind
        )
    units = int64_column(name, values)
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63  # The sign, in all of the upper bits.
    return shared_array(kind, words, units == NULL)


def money_column(name: str, values: Any, scale: int) -> pa.Array:  # noqa: ANN401
    """Return amounts, given as units or as the words of each, as `decimal128`."""
    if np.shape(values)[1:] != (2,) or values.dtype != np.int64:
        return decimal_column(name, values, scale)
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.decimal128(_DIGITS, scale), len(values), [None, data], 0)


def shared_array(kind: pa.DataType, values: NDArray[Any], is_null: NDArray[np.bool_]) -> pa.Array:
    """Return values as Arrow, which shares their memory.

    `pyarrow.array` would import pandas first, which takes longer than most runs.
    """
    validity = pa.py_buffer(np.packbits(~is_null, bitorder="little")) if is_null.any() else None
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(is_null), [validity, data], int(is_null.sum()))


def time_column(name: str, values: object) -> pa.Array:
    """Return ns UTC as `timestamp[ns, UTC]`."""
    times = int64_column(name, values)
    return shared_array(_TIME, times, times == NULL)


def count_column(name: str, values: object) -> pa.Array:
    """Return counts as `int64`."""
    counts = int64_column(name, values)
    return shared_array(pa.int64(), counts, counts == NULL)


def flag_column(_name: str, values: object) -> pa.Array:
    """Return flags as `bool`."""
    flags = np.asarray(values, dtype=np.bool_)
    packed = np.packbits(flags, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(flags), [None, pa.py_buffer(packed)])


def text_column(name: str, values: Any) -> pa.Array:  # noqa: ANN401
    """Return text in any of its forms as `string`."""
    if not isinstance(values, tuple):
        return _strings(name, values)
    if values[2:] != ((),):
        return _coded(values).cast(pa.string())
    offsets, data, _ = values
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))


def _strings(name: str, values: Iterable[str | None]) -> pa.Array:
    """Return text as Arrow lays it out: one after the other, with where each begins."""
    whole = list(values)
    try:
        encoded = [b"" if text is None else text.encode() for text in whole]
    except AttributeError as error:
        raise InvalidArgumentError(
            f"{name} holds something else than text: {error}.", field=name
        ) from error
    offsets = np.zeros(len(whole) + 1, dtype=np.int32)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    is_valid = np.array([text is not None for text in whole], dtype=np.bool_)
    validity = pa.py_buffer(np.packbits(is_valid, bitorder="little"))
    data = pa.py_buffer(b"".join(encoded))
    return pa.StringArray.from_buffers(len(whole), pa.py_buffer(offsets), data, validity)


def name_column(name: str, values: Any) -> pa.Array:  # noqa: ANN401
    """Return text of which there are few, each kept once."""
    return (
        _coded(values)
        if isinstance(values, tuple)
        else text_column(name, values).dictionary_encode()
    )


def _coded(values: tuple[NDArray[Any], Sequence[str]]) -> pa.DictionaryArray:
    codes = np.asarray(values[0], dtype=np.int32)
    indices = shared_array(pa.int32(), codes, codes < 0)
    return pa.DictionaryArray.from_arrays(indices, _strings("names", values[1]))
