"""Round trips: what was opened, closed, and came of it."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from algotrendy.domain.fill import Fill, round_trips
from algotrendy.domain.order import Side


def fill(
    side: Side, quantity: int, price: str, time_ns: int, symbol: str = "SPY", fee: int = 1
) -> Fill:
    return Fill(symbol, side, Decimal(quantity), Decimal(price), Decimal(fee), time_ns)


def test_a_purchase_and_its_sale_are_a_trip() -> None:
    fills = [fill(Side.BUY, 10, "100", 1), fill(Side.SELL, 10, "110", 2)]
    (trip,), held = round_trips(fills, {})
    assert (trip.side, trip.quantity, held) == (Side.BUY, 10, [])
    assert (trip.entry_price, trip.exit_price) == (100, 110)
    assert (trip.pnl, trip.fees, trip.profit_share) == (98, 2, 0.098)


def test_parts_are_averaged() -> None:
    fills = [
        fill(Side.BUY, 10, "100", 1),
        fill(Side.BUY, 30, "104", 2),
        fill(Side.SELL, 20, "110", 3),
        fill(Side.SELL, 20, "112", 4),
    ]
    (trip,), _ = round_trips(fills, {})
    assert (trip.quantity, trip.entry_price, trip.exit_price) == (40, 103, 111)
    assert (trip.entry_time_ns, trip.exit_time_ns, trip.pnl) == (1, 4, 316)


def test_a_fill_through_zero_ends_one_trip_and_begins_the_next() -> None:
    fills = [
        fill(Side.BUY, 10, "100", 1),
        fill(Side.SELL, 20, "110", 2),
        fill(Side.BUY, 10, "105", 3),
    ]
    (long, short), held = round_trips(fills, {})
    assert (long.side, long.pnl, long.fees) == (Side.BUY, Decimal("98.5"), Decimal("1.5"))
    assert (short.side, short.entry_price, short.pnl) == (Side.SELL, 110, Decimal("48.5"))
    assert (short.exit_price, held) == (105, [])


def test_what_is_still_held_is_an_open_trip() -> None:
    fills = [fill(Side.BUY, 10, "100", 1), fill(Side.SELL, 4, "110", 2)]
    finished, (trip,) = round_trips(fills, {})
    assert finished == []
    assert (trip.symbol, trip.side, trip.quantity) == ("SPY", Side.BUY, 10)
    assert (trip.entry_time_ns, trip.entry_price, trip.fees) == (1, 100, 2)


def test_symbols_are_kept_apart() -> None:
    fills = [
        fill(Side.BUY, 10, "100", 1),
        fill(Side.BUY, 10, "50", 2, "QQQ"),
        fill(Side.SELL, 10, "100", 3),
    ]
    (spy,), (qqq,) = round_trips(fills, {})
    assert (spy.symbol, spy.pnl, qqq.symbol) == ("SPY", -2, "QQQ")


def test_trips_are_told_in_the_order_in_which_they_ended() -> None:
    fills = [
        fill(Side.BUY, 1, "100", 1),
        fill(Side.BUY, 1, "50", 2, "QQQ"),
        fill(Side.SELL, 1, "51", 3, "QQQ"),
        fill(Side.SELL, 1, "101", 4),
    ]
    finished, _ = round_trips(fills, {})
    assert [trip.symbol for trip in finished] == ["QQQ", "SPY"]


def test_a_multiplier_counts_in_profit_but_not_in_prices() -> None:
    fills = [fill(Side.BUY, 1, "100", 1, fee=0), fill(Side.SELL, 1, "101", 2, fee=0)]
    (trip,), _ = round_trips(fills, {"SPY": 50})
    assert (trip.pnl, trip.entry_price, trip.profit_share) == (50, 100, 0.01)


@given(
    st.lists(
        st.tuples(st.integers(-9, 9).filter(bool), st.integers(1, 999), st.integers(0, 9)),
        max_size=30,
    )
)
def test_the_profits_of_all_trips_are_the_cash_that_came_in(
    trades: list[tuple[int, int, int]],
) -> None:
    left = sum(quantity for quantity, _, _ in trades)
    fills = [
        fill(Side.BUY if quantity > 0 else Side.SELL, abs(quantity), str(price), day, fee=fee)
        for day, (quantity, price, fee) in enumerate([*trades, *([(-left, 7, 1)] if left else [])])
    ]
    finished, held = round_trips(fills, {})
    cash = sum(
        (f.quantity * f.price * (1 if f.side is Side.SELL else -1) - f.fee for f in fills),
        Decimal(0),
    )
    assert held == []
    assert abs(sum((trip.pnl for trip in finished), Decimal(0)) - cash) < Decimal("1e-20")
