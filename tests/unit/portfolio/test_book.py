from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.domain.order import Side
from algotrendy.portfolio.changes import AccountOpened, CashMoved, Filled, InstrumentRegistered
from algotrendy.portfolio.holding import Holding
from algotrendy.portfolio.model import Book, value
from algotrendy.testing.portfolio import fill, opening


def book_of(*fills: Filled, cash: str = "1000") -> Book:
    opened, moved, registered = opening(cash)
    assert isinstance(opened, AccountOpened)
    assert isinstance(moved, CashMoved)
    assert isinstance(registered, InstrumentRegistered)
    book = Book(opened.portfolio_id, opened.display_name, opened.currency, 0)
    book, _ = book.after_cash(moved)
    book = book.after_registration(registered)
    for one in fills:
        book, _ = book.after_fill(one)
    return book


def held(quantity: str, *prices: str) -> Holding:
    holding = Holding("SPY")
    for price in prices:
        holding = holding.after_fill(Decimal(quantity), Decimal(price), 2)
    return holding


def test_a_fill_moves_cash_quantity_cost_and_fees() -> None:
    book = book_of(fill(4, Side.BUY, "3", "100.10", cash="699.60", fee="0.10"))
    holding = book.holdings["SPY"]
    assert (holding.quantity, holding.total_cost) == (Decimal(3), Decimal("300.30"))
    assert (book.cash, book.total_fees, book.net_deposits) == (
        Decimal("699.60"), Decimal("0.10"), Decimal(1000),
    )  # fmt: skip


def test_a_flow_of_a_fill_is_the_change_of_cash_with_its_fee() -> None:
    _, flow = book_of().after_fill(fill(4, Side.BUY, "3", "100.10", cash="699.60", fee="0.10"))
    assert (flow.cash, flow.quantity) == (Decimal("-300.40"), Decimal(3))


def test_closing_a_part_realises_its_share_of_the_cost() -> None:
    holding = held("2", "100", "103").after_fill(Decimal(-1), Decimal(110), 2)
    assert holding.realized_pnl == Decimal("8.50")
    assert (holding.quantity, holding.total_cost) == (Decimal(3), Decimal("304.50"))
    assert holding.average_price == Decimal("101.5")


def test_a_share_of_the_cost_is_rounded_half_even_and_the_rest_stays() -> None:
    holding = held("1", "0.01", "0.02", "0.02").after_fill(Decimal(-1), Decimal("0.02"), 2)
    # A third of 0.05 is 0.0166…, as cost 0.02.
    assert (holding.realized_pnl, holding.total_cost) == (Decimal("0.00"), Decimal("0.03"))


def test_a_fill_through_zero_closes_and_opens_the_other_side() -> None:
    holding = held("2", "100").after_fill(Decimal(-5), Decimal(90), 2)
    assert holding.realized_pnl == Decimal(-20)
    assert (holding.quantity, holding.total_cost) == (Decimal(-3), Decimal(-270))
    assert holding.average_price == Decimal(90)


def test_a_flat_holding_has_no_average_price_and_keeps_its_profit() -> None:
    holding = held("1", "100").after_fill(Decimal(-1), Decimal(101), 2)
    assert (holding.average_price, holding.realized_pnl) == (Decimal(0), Decimal(1))


def test_a_multiplier_counts_in_cost_and_profit_but_not_in_the_average_price() -> None:
    holding = Holding("ES", multiplier=50).after_fill(Decimal(2), Decimal("4000.25"), 2)
    assert (holding.total_cost, holding.average_price) == (Decimal(400025), Decimal("4000.25"))
    closed = holding.after_fill(Decimal(-2), Decimal(4001), 2)
    assert closed.realized_pnl == Decimal(75)


def test_a_book_is_valued_at_the_price_given_else_at_its_last_fill() -> None:
    book = book_of(fill(4, Side.BUY, "3", "100", cash="700"))
    assert value(book, {}).equity == Decimal(1000)
    valued = value(book, {"SPY": Decimal(110)})
    assert (valued.equity, valued.holdings[0].unrealized_pnl) == (Decimal(1030), Decimal(30))
    assert valued.holdings[0].weight == pytest.approx(330 / 1030)


def test_a_short_holding_counts_negative() -> None:
    book = book_of(fill(4, Side.SELL, "3", "100", cash="1300"))
    valued = value(book, {"SPY": Decimal(110)})
    assert (valued.equity, valued.holdings[0].unrealized_pnl) == (Decimal(970), Decimal(-30))


def test_closed_holdings_are_not_shown() -> None:
    bought = fill(4, Side.BUY, "3", "100", cash="700")
    sold = fill(5, Side.SELL, "3", "101", cash="1003")
    valued = value(book_of(bought, sold), {})
    assert (valued.holdings, valued.equity) == ((), Decimal(1003))


def test_a_book_without_money_has_no_weights() -> None:
    book = book_of(fill(4, Side.BUY, "10", "100", cash="0"))
    assert value(book, {"SPY": Decimal(0)}).holdings[0].weight == 0.0


@given(
    st.lists(
        st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 10_000)),
        min_size=1,
        max_size=20,
    )
)
def test_realised_and_unrealised_profit_is_all_that_trading_made(
    fills: list[tuple[int, int]],
) -> None:
    holding, cash = Holding("SPY"), Decimal(0)
    for quantity, cents in fills:
        price = Decimal(cents).scaleb(-2)
        holding = holding.after_fill(Decimal(quantity), price, 2)
        cash -= quantity * price
    last = Decimal(fills[-1][1]).scaleb(-2)
    unrealized = holding.quantity * last - holding.total_cost
    assert holding.realized_pnl + unrealized == cash + holding.quantity * last
