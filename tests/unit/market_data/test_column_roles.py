"""Which column plays which part."""

import pytest

from algotrendy.errors import DataColumnsError
from algotrendy.market_data.adapters.column_roles import recognise, recognise_quotes


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


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (
            ["Timestamp", "Bid", "Ask", "Bid Size", "ask_size", "exchange"],
            {
                "time": "Timestamp",
                "bid": "Bid",
                "ask": "Ask",
                "bid_size": "Bid Size",
                "ask_size": "ask_size",
            },
        ),
        (
            ["ts", "bid_px", "ask_px", "bid_qty"],
            {"time": "ts", "bid": "bid_px", "ask": "ask_px", "bid_size": "bid_qty"},
        ),
        (
            ["event_time", "BidPrice", "AskPrice", "BidQuantity", "AskQuantity"],
            {
                "time": "event_time",
                "bid": "BidPrice",
                "ask": "AskPrice",
                "bid_size": "BidQuantity",
                "ask_size": "AskQuantity",
            },
        ),
        (["ts_event", "bid", "offer"], {"time": "ts_event", "bid": "bid", "ask": "offer"}),
    ],
)
def test_quotes_are_recognised(names: list[str], roles: dict[str, str]) -> None:
    assert recognise_quotes("f", names, {}) == roles


def test_quotes_beside_prices_of_trades_are_quotes_where_those_are_asked_for() -> None:
    names = ["time", "price", "size", "bid", "ask"]
    assert recognise_quotes("f", names, {}) == {"time": "time", "bid": "bid", "ask": "ask"}
    assert recognise("f", names, {}) == {"time": "time", "price": "price", "quantity": "size"}


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        (["time", "bid"], {}, "no column is the ask"),
        (["bid", "ask"], {}, "no column is the time"),
        (["time", "bid", "ask", "offer"], {}, "ask and offer could each be the ask"),
        (["time", "bid", "ask"], {"side": "bid"}, "side is no role"),
        (["time", "bid", "ask"], {"bid_size": "depth"}, "'depth', given for bid_size"),
    ],
)
def test_quotes_that_are_not_told_apart_are_refused_with_the_columns_there_are(
    names: list[str], given: dict[str, str], message: str
) -> None:
    with pytest.raises(DataColumnsError, match=message) as refusal:
        recognise_quotes("f.csv", names, given)
    assert refusal.value.metadata == {"file": "f.csv", "columns": ", ".join(names)}
    assert "(time, bid, ask, bid_size, ask_size)" in refusal.value.message
