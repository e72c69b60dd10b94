"""Polygon's table of trade conditions, and the columns in which codes come."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.unit.bar.builders import (
    ALL,
    NO_LAST,
    NOTHING,
    PRICE,
    TABLE,
    VOLUME,
    prices_of,
    report,
    table_of,
    trades,
)

import algotrendy
from algotrendy import POLYGON_CONDITIONS
from algotrendy.errors import DataValueError

LISTS = [["37", "41"], [], None, ["15"]]
COLUMNS: dict[str, Any] = {
    "lists of text": pa.array(LISTS),
    "lists of integers": pa.array([[37, 41], [], None, [15]], pa.list_(pa.int32())),
    "large lists": pa.array(LISTS, pa.large_list(pa.string())),
    "text": pa.array(["37,41", "", None, "15"]),
    "text of another type": pa.array(["37 41", "", None, "15"], pa.string_view()),
    "a dictionary": pa.array(["37;41", "", None, "15"]).dictionary_encode(),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_codes_come_in_lists_and_texts(kind: str) -> None:
    table = pa.table(trades(99, 10, 11, 12, conditions=COLUMNS[kind]))
    bars = algotrendy.bars(table, "tick", size=99, conditions=POLYGON_CONDITIONS)
    assert prices_of(bars) == [10, 11, 10, 11]
    assert set(report(bars)["rejected"]) == {"unpriced", "excluded"}


OTHER_TABLES: dict[str, Any] = {
    "integers in a dict": lambda: trades(10, 99, conditions=np.array([0, 37])),
    "small integers in a dict": lambda: trades(10, 99, conditions=np.array([0, 37], np.int8)),
    "lists in a dict": lambda: trades(10, 99, conditions=np.array([None, [37, 41]], dtype=object)),
    "lists in polars": lambda: pl.DataFrame(trades(10, 99)).with_columns(
        conditions=pl.Series([[], [37, 41]])
    ),
    "lists in pandas": lambda: pd.DataFrame(trades(10, 99)).assign(conditions=[[], [37, 41]]),
    "fixed lists": lambda: pa.table(
        trades(10, 99, conditions=pa.array([[0, 0], [37, 41]], pa.list_(pa.int64(), 2)))
    ),
}


@pytest.mark.parametrize("kind", OTHER_TABLES)
def test_codes_come_in_every_kind_of_table(kind: str) -> None:
    bars = algotrendy.bars(OTHER_TABLES[kind](), "tick", size=2, conditions=POLYGON_CONDITIONS)
    assert prices_of(bars) == [10, 10, 10, 10]
    assert bars.volume.tolist() == [2]


@pytest.mark.parametrize("column", [np.array([37.0]), pa.array([[[37]]])])
def test_what_are_no_codes_is_refused(column: Any) -> None:
    table = table_of(trades(1, conditions=column))
    with pytest.raises(DataValueError) as refusal:
        algotrendy.bars(table, "tick", size=1, conditions=POLYGON_CONDITIONS)
    assert refusal.value.metadata["column"] == "conditions"


def test_the_codes_of_a_table_may_be_numbers() -> None:
    bars = algotrendy.bars(
        trades(10, 99, conditions=np.array([1, 2])),
        "tick",
        size=2,
        conditions={1: TABLE[ALL], 2: TABLE[VOLUME]},
    )
    assert prices_of(bars) == [10, 10, 10, 10]


def test_polygons_table_says_what_its_published_rules_say(oracle_data: Path) -> None:
    name = "v3_reference_conditions_asset_class=stocks.json"
    response = json.loads((oracle_data / "vendor_responses/polygon/rest" / name).read_text())
    for condition in response["results"]:
        rules = condition["update_rules"]["consolidated"]
        assert POLYGON_CONDITIONS[str(condition["id"])] == {
            name.removeprefix("updates_"): value for name, value in rules.items()
        }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0, ALL),
        (12, VOLUME),
        (14, ALL),
        (15, NOTHING),
        (16, NOTHING),
        (19, ALL),
        (22, NO_LAST),
        (29, VOLUME),
        (32, NO_LAST),
        (33, NO_LAST),
        (35, ALL),
        (37, VOLUME),
        (38, PRICE),
        (41, ALL),
        (52, VOLUME),
        (53, VOLUME),
    ],
)
def test_polygons_codes_count_for_what_the_processors_say(code: int, expected: str) -> None:
    assert POLYGON_CONDITIONS[str(code)] == TABLE[expected]


@pytest.mark.parametrize("code", ["26", "39", "40", "44", "46", "54", "56"])
def test_a_code_without_a_published_rule_is_unknown(code: str) -> None:
    with pytest.raises(DataValueError):
        algotrendy.bars(
            trades(1, conditions=np.array([code])), "tick", size=1, conditions=POLYGON_CONDITIONS
        )


def test_polygons_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        POLYGON_CONDITIONS["37"] = TABLE[ALL]  # type: ignore[index]
    with pytest.raises(TypeError):
        POLYGON_CONDITIONS["37"]["volume"] = False  # type: ignore[index]


def test_a_stream_takes_polygons_table() -> None:
    stream = algotrendy.BarStream("tick", size=2, conditions=POLYGON_CONDITIONS)
    stream.push(0, 10, 1)
    (bar,) = stream.push_many(trades(99, conditions=np.array([37])))  # type: ignore[misc]
    assert (bar.high, bar.volume) == (10, 2)
