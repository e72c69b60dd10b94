"""Which column plays which part."""

import pytest

from algotrendy.errors import DataColumnsError
from algotrendy.market_data.adapters.column_roles import recognise


def test_bars_are_recognised_in_any_case_and_order() -> None:
    roles = recognise("f", ["VOLUME", "Close", "Adj Close", "low", "High", "open", "Date"], {})
    assert roles == {
        "time": "Date",
        "open": "open",
        "high": "High",
        "low": "low",
        "close": "Close",
        "volume": "VOLUME",
    }


@pytest.mark.parametrize("name", ["Open Time", "open_time", "Timestamp", "datetime", "TIME"])
def test_common_names_of_the_time_are_recognised(name: str) -> None:
    assert recognise("f", [name, "o", "h", "l", "c", "v"], {})["time"] == name


def test_bars_may_lack_a_volume() -> None:
    assert "volume" not in recognise("f", ["date", "o", "h", "l", "c"], {})


@pytest.mark.parametrize("quantity", ["qty", "size", "volume", "Quantity"])
def test_ticks_are_recognised(quantity: str) -> None:
    roles = recognise("f", ["ts", "price", quantity, "side"], {})
    assert roles == {"time": "ts", "price": "price", "quantity": quantity, "side": "side"}


def test_ticks_may_lack_a_side() -> None:
    assert "side" not in recognise("f", ["ts", "price", "qty"], {})


def test_what_the_caller_names_comes_before_what_names_tell() -> None:
    names = ["timestamp", "close", "quantity", "is_buyer_maker"]
    roles = recognise("f", names, {"price": "close"})
    assert roles == {
        "time": "timestamp",
        "price": "close",
        "quantity": "quantity",
        "side": "is_buyer_maker",
    }


@pytest.mark.parametrize(
    ("names", "given", "problem"),
    [
        (["a", "b"], {}, "no column is the time"),
        (["date", "open", "high", "low"], {}, "no column is the close"),
        (["date", "price"], {}, "no column is the quantity"),
        (["date", "timestamp", "o", "h", "l", "c"], {}, "date and timestamp could each be the"),
        (["date", "open", "open", "high", "low", "close"], {}, "open and open could each be"),
        (["date", "o", "h", "l", "c"], {"close": "last"}, "is not exactly one column"),
        (["date", "o", "h", "l", "c"], {"colour": "c"}, "colour is no role"),
    ],
)
def test_columns_that_do_not_tell_their_role_are_refused(
    names: list[str], given: dict[str, str], problem: str
) -> None:
    with pytest.raises(DataColumnsError, match=problem) as refusal:
        recognise("prices.csv", names, given)
    assert refusal.value.metadata == {"file": "prices.csv", "columns": ", ".join(names)}
