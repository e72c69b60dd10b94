from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from algotrendy.agent.trips import round_trips
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.order import Side
from algotrendy.testing.agent import fill


def test_a_trade_goes_from_flat_to_flat_with_its_fees() -> None:
    fills = [
        fill(Side.BUY, "1", "100", day=1, fee="0.10"),
        fill(Side.BUY, "3", "104", day=2, fee="0.30"),
        fill(Side.SELL, "4", "110", day=3, fee="0.44"),
    ]
    [trip], held = round_trips(fills, {})
    assert (trip.side, trip.quantity, held) == (Side.BUY, Decimal(4), [])
    assert (trip.entry_price, trip.exit_price) == (Decimal(103), Decimal(110))
    assert (trip.open_time_ns, trip.close_time_ns) == (DAY_NS, 3 * DAY_NS)
    assert trip.pnl == Decimal(28) - Decimal("0.84")


def test_a_fill_through_zero_ends_one_trade_and_begins_the_next() -> None:
    fills = [
        fill(Side.BUY, "2", "100", day=1),
        fill(Side.SELL, "5", "110", day=2, fee="5"),
        fill(Side.BUY, "3", "105", day=3),
    ]
    [long, short], held = round_trips(fills, {})
    assert (long.pnl, short.pnl, held) == (Decimal(18), Decimal(12), [])
    assert (short.side, short.entry_price, short.exit_price) == (
        Side.SELL, Decimal(110), Decimal(105),
    )  # fmt: skip


def test_a_multiplier_counts_in_profit_but_not_in_prices() -> None:
    fills = [fill(Side.BUY, "1", "100", day=1), fill(Side.SELL, "1", "101", day=2)]
    [trip], _ = round_trips(fills, {"SP500": 50})
    assert (trip.pnl, trip.entry_price) == (Decimal(50), Decimal(100))


def test_what_is_still_held_is_no_finished_trade() -> None:
    assert round_trips([fill(Side.BUY, "1", "100", day=1)], {}) == ([], ["SP500"])


@given(
    st.lists(
        st.tuples(st.integers(-9, 9).filter(bool), st.integers(1, 999), st.integers(0, 9)),
        max_size=30,
    )
)
def test_the_profits_of_all_trades_are_the_cash_that_came_in(
    trades: list[tuple[int, int, int]],
) -> None:
    left = sum(quantity for quantity, _, _ in trades)
    fills = [
        fill(
            Side.BUY if quantity > 0 else Side.SELL, str(abs(quantity)), str(price),
            day=day, fee=str(fee),
        )
        for day, (quantity, price, fee) in enumerate([*trades, *([(-left, 7, 1)] if left else [])])
    ]  # fmt: skip
    finished, held = round_trips(fills, {})
    cash = sum(
        (f.quantity * f.price * (1 if f.side is Side.SELL else -1) - f.fee for f in fills),
        Decimal(0),
    )
    assert held == []
    assert abs(sum((trip.pnl for trip in finished), Decimal(0)) - cash) < Decimal("1e-20")
