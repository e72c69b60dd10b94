"""Fingerprints: the same data has the same one, whatever held it and in however many pieces.

The convention, version 1: for each column, SHA-256 of its values as little-endian bytes (integers
as `int64`, floats as `float64` with one NaN and one zero, text as UTF-8 with its length before it);
then SHA-256 of the JSON list of `[name, type, rows, digest]` in order of the names.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from algotrendy.errors import ColumnLengthError, InvalidArgumentError

_INTEGERS: Final = "int64"
_FLOATS: Final = "float64"
_TEXT: Final = "text"


class Fingerprint:
    """Takes columns in chunks of rows, and says what they amount to.

    Examples
    --------
    >>> whole, pieces = Fingerprint(), Fingerprint()
    >>> whole.update({"close": np.array([1, 2, 3])})
    >>> pieces.update({"close": np.array([1])})
    >>> pieces.update({"close": np.array([2, 3])})
    >>> whole.digest() == pieces.digest()
    True
    """

    def __init__(self) -> None:
        self._hashes: dict[str, tuple[str, Any]] = {}
        self._rows = 0

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return self._rows

    def update(self, columns: Mapping[str, NDArray[Any] | Sequence[str | None]]) -> None:
        """Take the next rows of every column.

        Raises
        ------
        InvalidArgumentError
            If the columns are not those of the chunks before, or a type has no fingerprint.
        ColumnLengthError
            If columns differ in length.
        """
        encoded = {name: _encoded(name, values) for name, values in columns.items()}
        kinds = {name: kind for name, (kind, _, _) in encoded.items()}
        known = {name: kind for name, (kind, _) in self._hashes.items()}
        if known and kinds != known:
            raise InvalidArgumentError(
                f"The columns are {kinds}; those before were {known}.", field="columns"
            )
        lengths = {name: rows for name, (_, rows, _) in encoded.items()}
        if len(set(lengths.values())) > 1:
            raise ColumnLengthError(f"Columns differ in length: {lengths}.")
        for name, (kind, rows, data) in encoded.items():
            self._hashes.setdefault(name, (kind, hashlib.sha256()))[1].update(data)
            last = rows
        self._rows += last if encoded else 0

    def digest(self) -> str:
        """Return the fingerprint of everything taken, 64 hexadecimal digits."""
        listed = [
            [name, kind, self._rows, column.hexdigest()]
            for name, (kind, column) in sorted(self._hashes.items())
        ]
        return text_digest(json.dumps(listed, separators=(",", ":")))


def columns_digest(columns: Mapping[str, NDArray[Any] | Sequence[str | None]]) -> str:
    """Return the fingerprint of columns held whole."""
    fingerprint = Fingerprint()
    fingerprint.update(columns)
    return fingerprint.digest()


def table_digest(table: pa.Table) -> str:
    """Return the fingerprint of an Arrow table: of its values, so of no file format.

    Chunks, dictionaries and the order of columns do not matter; the scale of a decimal does. A
    column with nulls counts as its values, 0 for each null, and a column that tells which are none.
    """
    plain: dict[str, NDArray[Any] | Sequence[str | None]] = {}
    for name in table.column_names:
        plain |= _plain(name, table.column(name))
    return columns_digest(plain)


def text_digest(text: str) -> str:
    """Return SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(name: str, column: pa.ChunkedArray) -> dict[str, NDArray[Any] | Sequence[str | None]]:
    kind = column.type
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
        return {name: column.cast(pa.string()).to_pylist()}
    made: dict[str, NDArray[Any] | Sequence[str | None]] = {}
    if column.null_count:
        made[f"{name}.is_valid"] = np.asarray(pc.is_valid(column)).astype(np.int64)
        column = pc.fill_null(column.cast(kind), pa.scalar(0, pa.int64()).cast(kind))
    if pa.types.is_decimal(kind):
        words = _words(column)
        return made | {f"{name}.{kind}.low": words[:, 0], f"{name}.{kind}.high": words[:, 1]}
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.int64())
    return made | {name: column.to_numpy()}


def _words(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return the 128 bits of every decimal as two words; shape (n, 2)."""
    parts = [np.empty((0, 2), dtype=np.int64)]
    for chunk in column.chunks:
        words = np.frombuffer(chunk.buffers()[1], dtype=np.int64).reshape(-1, 2)
        parts.append(words[chunk.offset : chunk.offset + len(chunk)])
    return np.concatenate(parts)


def _encoded(name: str, values: Any) -> tuple[str, int, bytes | NDArray[Any]]:  # noqa: ANN401
    if not isinstance(values, np.ndarray):
        return _TEXT, len(values), b"".join(map(_length_and_text, values))
    if values.dtype.kind in "iub" and values.dtype.itemsize <= np.dtype(np.int64).itemsize:
        return _INTEGERS, len(values), np.ascontiguousarray(values, dtype="<i8")
    if values.dtype.kind == "f":
        # Adding zero makes -0.0 the zero that it equals; every NaN becomes the same one.
        floats = values.astype("<f8") + 0.0
        floats[np.isnan(floats)] = np.nan
        return _FLOATS, len(values), floats
    raise InvalidArgumentError(
        f"{name} is {values.dtype}; expected integers, floats or a list of text.",
        field=name,
        value=str(values.dtype),
    )


def _length_and_text(text: str | None) -> bytes:
    if text is None:
        return b"\xff" * 8  # No text is so long.
    encoded = text.encode()
    return len(encoded).to_bytes(8, "little") + encoded
