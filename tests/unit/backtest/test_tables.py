"""The core's columns as Arrow tables: exact, in UTC, null where there is nothing."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.backtest.builders import Account, Trade, ints, result

from algotrendy.backtest.arrow_columns import NULL
from algotrendy.backtest.tables import TABLES, make_table, rows_of
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import AlgoTrendyError, ColumnLengthError, InvalidArgumentError

SPY = Instrument("SPY")
COIN = Instrument("BTC", tick_size=Decimal("0.1"), lot_size=Decimal("0.00000001"))
FILLS: dict[str, Any] = {
    "execution_id": ["e-1", "e-2"],
    "order_id": ["o-1", "o-2"],
    "symbol": ["SPY", "BTC"],
    "side": (np.array([0, 1], dtype=np.int32), ["BUY", "SELL"]),
    "quantity": ints([5, 12_345_678]),
    "price": ints([100_25, 500_001]),
    "fee": ints([7, -3]),
    "time_ns": ints([1, 1_600_000_000_000_000_000]),
    "is_maker": np.array([0, 1], dtype=np.uint8),
}


def fills(**changes: Any) -> pa.Table:
    columns = {"fills": FILLS | changes}
    return make_table("fills", columns, {"SPY": SPY, "BTC": COIN}, "USD")


def test_numbers_are_exact_at_the_finest_scale_of_their_column() -> None:
    table = fills()
    assert table["quantity"].to_pylist() == [Decimal(5), Decimal("0.12345678")]
    assert table["price"].to_pylist() == [Decimal("100.25"), Decimal("50000.1")]
    assert table["fee"].to_pylist() == [Decimal("0.07"), Decimal("-0.03")]
    assert table.schema.field("quantity").type == pa.decimal128(38, 8)


def test_a_number_that_no_int64_holds_at_its_columns_scale_is_exact() -> None:
    largest = np.iinfo(np.int64).max
    table = fills(quantity=ints([largest, 1]))
    assert table["quantity"].to_pylist() == [Decimal(largest), Decimal("0.00000001")]


def test_times_are_utc_and_lose_their_unit() -> None:
    table = fills()
    assert "time_ns" not in table.column_names
    assert table.schema.field("time").type == pa.timestamp("ns", tz="UTC")
    assert table["time"][1].as_py() == datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)


def test_the_smallest_integer_and_a_code_below_zero_are_null() -> None:
    table = fills(
        price=ints([NULL, 10]), time_ns=ints([NULL, 10]), side=(np.array([-1, 0]), ["BUY"])
    )
    rows = rows_of(table)
    assert [row["price"] for row in rows] == [None, Decimal("1.00")]
    assert [row["time"] for row in rows] == [None, 10]
    assert [row["side"] for row in rows] == [None, "BUY"]


def test_codes_and_lists_make_equal_text() -> None:
    coded = fills(symbol=(np.array([0, 1]), ["SPY", "BTC"]))
    assert coded["symbol"].to_pylist() == fills()["symbol"].to_pylist()
    assert coded["price"] == fills()["price"]


def test_profits_are_after_fees_and_in_the_instruments_currency() -> None:
    yen = Instrument("TOYOTA", currency="JPY")
    account = Account(
        {"SPY": [1] * 3}, [Trade(1, "BUY", 5, 1_00, fee=7), Trade(2, "SELL", 5, 2_00)]
    )
    columns = account.columns()
    table = make_table("positions", columns, {"SPY": SPY}, "USD")
    assert table["profit"].to_pylist() == [Decimal("4.93")]
    assert table["fees"].to_pylist() == [Decimal("0.07")]
    columns["positions"]["symbol"] = ["TOYOTA"]
    table = make_table("positions", columns, {"TOYOTA": yen}, "USD")
    assert table["profit"].to_pylist() == [Decimal(493)]


def test_an_average_price_stays_a_float() -> None:
    positions = result([100_00] * 3, [Trade(1, "BUY", 5, 100_00)]).positions
    assert positions.schema.field("open_price").type == pa.float64()
    assert positions["close_price"].to_pylist() == [None]
    assert positions["close_time"].to_pylist() == [None]


def test_a_run_without_trades_has_every_table() -> None:
    idle = result([100_00] * 3)
    lengths = {name: len(idle.table(name)) for name in TABLES}
    assert lengths == dict.fromkeys(TABLES, 0) | {"equity": 3, "exposure": 3, "costs": 3}


@pytest.mark.parametrize(
    ("changes", "error", "names"),
    [
        ({"price": ints([1])}, ColumnLengthError, "price of fills has 1 rows"),
        ({"fee": np.array([1.0, 2.0])}, InvalidArgumentError, "fee is float64 of 1 dimensions"),
        ({"symbol": ["SPY", "QQQ"]}, InvalidArgumentError, "names QQQ, which has no instrument"),
        ({"order_id": ["o-1", 2]}, InvalidArgumentError, "order_id holds something else than text"),
    ],
)
def test_columns_that_are_wrong_are_refused_by_name(
    changes: dict[str, Any], error: type[AlgoTrendyError], names: str
) -> None:
    with pytest.raises(error, match=names):
        fills(**changes)


def test_a_missing_column_is_refused_by_name() -> None:
    columns = Account({"SPY": [1, 2]}, []).columns()
    del columns["exposure"]["gross"]
    with pytest.raises(InvalidArgumentError, match="exposure has no column gross"):
        make_table("exposure", columns, {"SPY": SPY}, "USD")


def test_ids_laid_out_as_arrow_does_are_text() -> None:
    packed = (np.array([0, 3, 6], dtype=np.int32), np.frombuffer(b"o-1o-2", dtype=np.uint8), ())
    assert fills(order_id=packed)["order_id"].to_pylist() == ["o-1", "o-2"]


def test_amounts_of_two_words_are_those_of_one() -> None:
    amounts = ints([1_000_000_00, -5])
    times = {"time_ns": ints([1, 2]), "cash": amounts}
    words = np.stack([amounts, amounts >> 63], axis=1)
    tables = [
        make_table("equity", {"equity": {**times, "equity": equity}}, {}, "USD")
        for equity in (amounts, words)
    ]
    assert tables[0].equals(tables[1])
    assert tables[1]["equity"].to_pylist() == [Decimal("1000000.00"), Decimal("-0.05")]
