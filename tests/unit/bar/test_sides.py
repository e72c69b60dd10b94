"""Who took the liquidity, in every notation."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.unit.bar.builders import table_of, trades

import algotrendy
from algotrendy.errors import DataValueError

BUYERS = ["buy", "BUY", "Buy", "b", "B"]
SELLERS = ["sell", "SELL", "Sell", "s", "S", "a", "A"]
UNKNOWN = ["n", "N", "", "unknown", "Unknown", "UNKNOWN", None]
TEXT_TYPES = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int8(), pa.string()),
    pa.dictionary(pa.uint32(), pa.large_string()),
]


def taken(column: Any, name: str = "side") -> tuple[list[int], list[int]]:
    table = table_of(trades(*[1] * len(column), **{name: column}))
    bars = algotrendy.bars(table, "tick", size=1)
    return bars.buy_volume.tolist(), bars.sell_volume.tolist()


@pytest.mark.parametrize("text", BUYERS)
def test_a_buyer_is_written_so(text: str) -> None:
    assert taken(pa.array([text])) == ([1], [0])


@pytest.mark.parametrize("text", SELLERS)
def test_a_seller_is_written_so(text: str) -> None:
    assert taken(pa.array([text])) == ([0], [1])


@pytest.mark.parametrize("text", UNKNOWN)
def test_an_unknown_side_is_written_so(text: str | None) -> None:
    assert taken(pa.array([text], pa.string())) == ([0], [0])


@pytest.mark.parametrize("kind", TEXT_TYPES, ids=str)
def test_sides_come_in_every_type_of_text(kind: pa.DataType) -> None:
    column = pa.array(["buy", "sell", "N", None]).cast(kind)
    bars = algotrendy.bars(pa.table(trades(1, 1, 1, 1, side=column)), "tick", size=1)
    assert (bars.buy_volume.tolist(), bars.sell_volume.tolist()) == ([1, 0, 0, 0], [0, 1, 0, 0])


SIDES: dict[str, Any] = {
    "NumPy int8": np.array([1, -1, 0], dtype=np.int8),
    "NumPy int8, strided": np.array([1, 9, -1, 9, 0, 9], dtype=np.int8)[::2],
    "NumPy int64": np.array([1, -1, 0]),
    "NumPy text": np.array(["B", "S", "N"]),
    "NumPy objects": np.array(["buy", "sell", None], dtype=object),
    "Arrow int8": pa.array([1, -1, 0], pa.int8()),
    "Arrow int8 with null": pa.array([1, -1, None], pa.int8()),
    "Arrow int32": pa.array([1, -1, 0], pa.int32()),
    "pandas categories": pd.Series(["B", "S", "N"], dtype="category"),
    "pandas nullable integers": pd.Series([1, -1, None], dtype="Int8"),
    "polars categories": pl.Series(["B", "S", "N"], dtype=pl.Categorical),
    "polars enumeration": pl.Series(["B", "S", "N"], dtype=pl.Enum(["B", "S", "N"])),
}


@pytest.mark.parametrize("kind", SIDES)
def test_sides_come_in_every_column(kind: str) -> None:
    column = SIDES[kind]
    table = trades(1, 1, 1)
    if kind.startswith("polars"):
        table = pl.DataFrame(table).with_columns(side=column)
    elif kind.startswith("pandas"):
        table = pd.DataFrame(table).assign(side=column)
    else:
        table = table_of(table | {"side": column})
    bars = algotrendy.bars(table, "tick", size=1)
    assert (bars.buy_volume.tolist(), bars.sell_volume.tolist()) == ([1, 0, 0], [0, 1, 0])


MAKERS: dict[str, Any] = {
    "NumPy": np.array([False, True]),
    "NumPy int8": np.array([0, 1], dtype=np.int8),
    "NumPy text": np.array(["false", "true"]),
    "Arrow": pa.array([False, True]),
    "Arrow integers": pa.array([0, 1]),
    "Arrow text": pa.array(["False", "True"]),
}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", ["is_buyer_maker", "isBuyerMaker", "buyer_maker"])
def test_a_buyer_who_was_there_before_did_not_take(kind: str, name: str) -> None:
    assert taken(MAKERS[kind], name) == ([1, 0], [0, 1])


def test_a_missing_maker_is_an_unknown_side() -> None:
    assert taken(pa.array([None, True], pa.bool_()), "is_buyer_maker") == ([0, 0], [0, 1])


@pytest.mark.parametrize("maker", [np.array([0.0]), np.array(["maybe"]), pa.array([[True]])])
def test_what_is_no_maker_is_refused(maker: Any) -> None:
    with pytest.raises(DataValueError) as refusal:
        taken(maker, "is_buyer_maker")
    assert refusal.value.metadata["column"] == "is_buyer_maker"


@pytest.mark.parametrize(
    "side",
    [
        np.array([2], dtype=np.int8),
        np.array([-2]),
        np.array([300]),
        np.array([1.0]),
        np.array(["x"]),
        np.array(["bid"]),
        pa.array([5], pa.int8()),
        pa.array([2**40]),
        pa.array(["buyer"]),
        pa.array([["buy"]]),
    ],
)
def test_what_is_no_side_is_refused(side: Any) -> None:
    with pytest.raises(DataValueError) as refusal:
        taken(side)
    assert refusal.value.metadata["column"] == "side"


def test_a_side_that_is_none_is_refused_where_it_stands() -> None:
    side = np.array([1, 2, 0], dtype=np.int8)
    with pytest.raises(DataValueError) as refusal:
        taken(side)
    assert refusal.value.metadata == {"column": "side", "index": "1", "value": "2"}


def test_volume_is_split_by_who_took_it() -> None:
    table = trades(1, 2, 3, 4, quantity=np.array([1, 2, 4, 8]), side=np.array([1, -1, 0, 1]))
    bars = algotrendy.bars(table, "tick", size=4)
    assert (bars.volume[0], bars.buy_volume[0], bars.sell_volume[0]) == (15, 9, 2)
