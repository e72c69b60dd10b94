"""Fingerprints: of the values, whatever held them."""

import hashlib
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from algotrendy.backtest.fingerprint import Fingerprint, columns_digest, table_digest
from algotrendy.errors import ColumnLengthError, InvalidArgumentError

COLUMNS: dict[str, Any] = {
    "close": np.array([1, 2, 3]),
    "weight": np.array([0.5, np.nan, 0.0]),
    "symbol": ["SPY", None, "QQQ"],
}


def test_a_fingerprint_is_the_one_written_down() -> None:
    column = hashlib.sha256(struct.pack("<3q", 1, 2, 3)).hexdigest()
    whole = hashlib.sha256(f'[["close","int64",3,"{column}"]]'.encode()).hexdigest()
    assert columns_digest({"close": np.array([1, 2, 3])}) == whole


def test_chunks_order_and_width_do_not_matter() -> None:
    pieces = Fingerprint()
    pieces.update({name: values[:1] for name, values in reversed(COLUMNS.items())})
    pieces.update({name: values[1:] for name, values in COLUMNS.items()})
    assert pieces.rows == 3
    assert pieces.digest() == columns_digest(COLUMNS)
    narrow = COLUMNS | {"close": COLUMNS["close"].astype(np.int16)}
    assert columns_digest(narrow) == columns_digest(COLUMNS)


def test_zeros_of_either_sign_and_every_nan_are_equal() -> None:
    quiet = np.array([0.5, np.nan, 0.0])
    other = np.array([0.5, -np.nan, -0.0])
    assert columns_digest({"x": quiet}) == columns_digest({"x": other})


@pytest.mark.parametrize(
    "changed",
    [
        {"close": np.array([1, 2, 4])},
        {"close": np.array([1.0, 2.0, 3.0])},
        {"weight": np.array([0.5, 0.0, 0.0])},
        {"symbol": ["SPY", "", "QQQ"]},
        {"symbol": ["SP", None, "YQQQ"]},
        {"extra": np.array([1, 2, 3])},
    ],
)
def test_every_other_value_type_or_column_has_another_fingerprint(changed: Any) -> None:
    assert columns_digest(COLUMNS | changed) != columns_digest(COLUMNS)


def test_columns_that_cannot_be_told_are_refused() -> None:
    fingerprint = Fingerprint()
    fingerprint.update({"close": np.array([1])})
    with pytest.raises(InvalidArgumentError, match="those before were"):
        fingerprint.update({"close": np.array([1.0])})
    with pytest.raises(ColumnLengthError):
        columns_digest({"a": np.array([1]), "b": np.array([1, 2])})
    with pytest.raises(InvalidArgumentError, match="when is datetime64"):
        columns_digest({"when": np.array([0], dtype="datetime64[ns]")})


def test_a_tables_dictionaries_and_chunks_do_not_matter() -> None:
    plain = pa.table({"side": ["BUY", None, "SELL"], "n": pa.array([1, None, 3])})
    coded = pa.concat_tables([plain.slice(0, 1), plain.slice(1)])
    coded = coded.set_column(0, "side", coded["side"].dictionary_encode())
    assert table_digest(coded) == table_digest(plain)


def test_a_null_is_no_zero_and_a_scale_no_other() -> None:
    def table(values: list[Any], kind: pa.DataType) -> str:
        return table_digest(pa.table({"x": pa.array(values).cast(kind)}))

    assert table([1, None], pa.int64()) != table([1, 0], pa.int64())
    assert table([1, 2], pa.decimal128(38, 2)) != table([1, 2], pa.decimal128(38, 3))
    assert table([1, 2], pa.decimal128(38, 2)) != table([1, 3], pa.decimal128(38, 2))
    sliced = pa.table({"x": pa.array([0, 1, 2]).cast(pa.decimal128(38, 2))}).slice(1)
    assert table_digest(sliced) == table([1, 2], pa.decimal128(38, 2))
