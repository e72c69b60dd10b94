"""Round trips: what was opened, closed, and came of it."""

from decimal import Decimal

from algotrendy.backtest.result import Fill
from algotrendy.backtest.trades import round_trips
from algotrendy.domain.order import Side


def fill(side: Side, quantity: int, price: str, time_ns: int, symbol: str = "SPY") -> Fill:
    return Fill(symbol, side, Decimal(quantity), Decimal(price), Decimal(1), time_ns)


def test_a_purchase_and_its_sale_are_a_trip() -> None:
    (trip,) = round_trips([fill(Side.BUY, 10, "100", 1), fill(Side.SELL, 10, "110", 2)])
    assert (trip.quantity, trip.entry_price, trip.exit_price) == (10, 100, 110)
    assert (trip.pnl, trip.fees, trip.profit_share) == (98, 2, 0.098)


def test_parts_are_averaged() -> None:
    fills = [
        fill(Side.BUY, 10, "100", 1),
        fill(Side.BUY, 30, "104", 2),
        fill(Side.SELL, 20, "110", 3),
        fill(Side.SELL, 20, "112", 4),
    ]
    (trip,) = round_trips(fills)
    assert (trip.quantity, trip.entry_price, trip.exit_price) == (40, 103, 111)
    assert (trip.entry_time_ns, trip.exit_time_ns, trip.pnl) == (1, 4, 316)


def test_a_fill_through_zero_ends_one_trip_and_starts_the_next() -> None:
    fills = [
        fill(Side.BUY, 10, "100", 1),
        fill(Side.SELL, 20, "110", 2),
        fill(Side.BUY, 10, "105", 3),
    ]
    long, short = round_trips(fills)
    assert (long.side, long.pnl, long.fees) == (Side.BUY, Decimal("98.5"), Decimal("1.5"))
    assert (short.side, short.entry_price, short.pnl) == (Side.SELL, 110, Decimal("48.5"))


def test_what_is_still_held_is_an_open_trip() -> None:
    (trip,) = round_trips([fill(Side.BUY, 10, "100", 1), fill(Side.SELL, 4, "110", 2)])
    assert (trip.pnl, trip.exit_time_ns, trip.exit_price, trip.profit_share) == (None,) * 4


def test_symbols_are_kept_apart() -> None:
    fills = [
        fill(Side.BUY, 10, "100", 1),
        fill(Side.BUY, 10, "50", 2, "QQQ"),
        fill(Side.SELL, 10, "100", 3),
    ]
    spy, qqq = round_trips(fills)
    assert (spy.symbol, spy.pnl, qqq.symbol, qqq.pnl) == ("SPY", -2, "QQQ", None)
